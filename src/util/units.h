/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quantities as people write them: "1.5Mpps", "10Gbit", "50%", "10s", "18446744073709551615".
 *
 * Parsers take the whole string or nothing: trailing text, signs, empty strings and overflow are
 * -EINVAL or -ERANGE and leave the out-parameter alone. Decimal fractions are exact to the unit
 * that is stored. Pure functions.
 */
#ifndef UTIL_UNITS_H
#define UTIL_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that a frame costs on the wire beside itself: 8 preamble+SFD, 4 FCS, 12 gap. */
#define L1_OVERHEAD_BYTES 24

enum rate_unit {
	RATE_MAX,     /* as fast as it goes */
	RATE_PPS,     /* frames per second */
	RATE_BPS,     /* bits per second; whether L1 or L2 is said beside it */
	RATE_PERCENT, /* of the line rate */
};

struct rate {
	enum rate_unit unit;
	uint64_t value_milli; /* thousandths of the unit: 1.5 pps is 1500. 0 for RATE_MAX */
};

/*
 * "max", or a number > 0 with pps kpps Mpps Gpps, bit kbit Mbit Gbit Tbit, or % (up to 100). A bare
 * number is pps. Units in any case: there is no milli.
 */
int units_parse_rate(const char *text, struct rate *rate);

/* A number with ns us ms s m h; a bare number is seconds. */
int units_parse_time(const char *text, uint64_t *ns);

/* Digits only, up to 2^64-1. */
int units_parse_u64(const char *text, uint64_t *value);

/* yes/no, true/false, on/off, 1/0. */
int units_parse_bool(const char *text, bool *value);

/* The shortest exact form of a rate, as units_parse_rate() reads it ("100kpps"). Returns buffer. */
const char *units_format_rate(const struct rate *rate, char *buffer, size_t size);

/* The shortest exact form of a time ("90s", "1.5ms"). Returns buffer. */
const char *units_format_time(uint64_t ns, char *buffer, size_t size);

/*
 * Three significant figures and an SI prefix, for people, made to stand before a unit:
 * "1.64 M" and "pps", "12.0 " and "pps", "0 ". Returns buffer.
 */
const char *units_format_si(double value, char *buffer, size_t size);

#endif
