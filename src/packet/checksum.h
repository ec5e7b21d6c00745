/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum (RFC 1071), in parts: sums that are added up, folded and complemented. */
#ifndef PACKET_CHECKSUM_H
#define PACKET_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds the big-endian 16-bit words of data; an odd last byte counts as its word's high byte. */
uint64_t checksum_add(uint64_t sum, const void *data, size_t len);

/*
 * The sum that a big-endian number of width bytes adds when its first byte stands at offset bytes
 * from the start of the summed data: an odd end swaps the bytes of the sum (RFC 1071 §2 B). Bytes
 * above width are 0.
 */
static inline uint32_t checksum_of_value(uint64_t value, unsigned offset, unsigned width)
{
	uint32_t sum = (uint32_t)(value >> 48) + (uint32_t)(value >> 32 & 0xffff) +
		       (uint32_t)(value >> 16 & 0xffff) + (uint32_t)(value & 0xffff);

	if ((offset + width) & 1) {
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xff) << 8 | sum >> 8;
	}
	return sum;
}

/* Folds a sum to 16 bits and complements it: the checksum, in host order. */
static inline uint16_t checksum_finish(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

#endif
