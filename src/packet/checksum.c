/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum over bytes. Pure; any thread. */
#include "packet/checksum.h"

#include <endian.h>
#include <string.h>

/*
 * Takes two words at a time: 2^16 is 1 in ones' complement arithmetic, so that folding puts the
 * upper word of each pair where it belongs. 64 bits cannot overflow below 2^34 bytes.
 */
uint64_t checksum_add(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *at = data;
	uint32_t pair;

	for (; len >= sizeof(pair); at += sizeof(pair), len -= sizeof(pair)) {
		memcpy(&pair, at, sizeof(pair));
		sum += be32toh(pair);
	}
	if (len) {
		pair = 0;
		memcpy(&pair, at, len);
		sum += be32toh(pair);
	}
	return sum;
}
