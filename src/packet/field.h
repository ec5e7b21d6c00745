/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A header field that may change from frame to frame, as the user wrote it: one value, a range
 * "A-B" that counts up and starts again after B, or "random(A-B,seed)". Both ends are included.
 *
 * Values are numbers in host order; a MAC address is its 48 bits, an IPv6 address its lower 64 bits
 * with the upper 64, which the ends of a range must share, in hi.
 */
#ifndef PACKET_FIELD_H
#define PACKET_FIELD_H

#include "util/error.h"

#include <stddef.h>
#include <stdint.h>

enum field_kind { FIELD_FIXED, FIELD_INCREMENT, FIELD_RANDOM };

enum field_type { FIELD_MAC, FIELD_IPV4, FIELD_IPV6, FIELD_U16 };

struct field {
	enum field_kind kind;
	uint64_t hi;    /* IPv6: upper 64 bits of every value; else 0 */
	uint64_t first; /* the value, or the lowest of the range */
	uint64_t last;  /* the highest, included; equal to first for FIELD_FIXED */
	uint64_t seed;  /* FIELD_RANDOM */
};

/*
 * Reads one of the three forms. param names the field in the error ("dst-ip"). The seed may be left
 * out of random(A-B): it is then 0. A > B is an error. Returns 0 or -EINVAL with *err set.
 */
int field_parse(enum field_type type, const char *text, struct field *field, const char *param,
	struct error *err);

/* The text that field_parse() would read back as *field. Returns buffer; 128 bytes hold any. */
const char *field_format(
	enum field_type type, const struct field *field, char *buffer, size_t size);

/* The value (lower 64 bits) that frame n carries. Pure: the same for every thread and backend. */
uint64_t field_value(const struct field *field, uint64_t n);

/* The mixing function behind FIELD_RANDOM: SplitMix64's finaliser over seed and n. */
static inline uint64_t field_hash(uint64_t seed, uint64_t n)
{
	uint64_t z = seed * UINT64_C(0xd1342543de82ef95) + (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

#endif
