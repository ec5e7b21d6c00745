/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The measurement signature: the last 16 bytes of the frame when a flow measures.
 *
 *   magic+version 2 | flow 2 | sequence 4 | transmit time 8 (ns of CLOCK_MONOTONIC)
 *
 * Big-endian. Trailing, so that a receiver finds it without parsing headers; the UDP checksum
 * covers it. A receiver believes a signature only when the magic fits: foreign frames carry it by
 * chance once in 65536. Pure functions.
 */
#ifndef PACKET_SIGNATURE_H
#define PACKET_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_LEN   16
#define SIGNATURE_MAGIC 0xa751 /* the lowest nibble is the version */

struct signature {
	uint16_t flow;     /* number of the flow, from 1 */
	uint32_t sequence; /* lower 32 bits of the frame's N */
	uint64_t time_ns;
};

/* Writes the 16 bytes at to. */
void signature_write(const struct signature *signature, uint8_t *to);

/* Reads the signature of a frame; false when there is none. */
bool signature_read(const uint8_t *frame, size_t len, struct signature *signature);

#endif
