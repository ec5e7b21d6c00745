/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quantities as people write them. Pure functions; any thread.
 *
 * A number is read as an integer and a count of decimals, and scaled in 128 bits: nothing is ever
 * rounded. What the stored unit cannot hold exactly is refused, so that a rate in a file is the
 * rate that runs. The tables below serve reading and writing alike; the first row of a kind is its
 * smallest unit.
 */
#include "util/units.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/*
 * With more decimals than this nothing comes out whole: the scales below have at most 15 factors of
 * 2 or of 5, and a number whose last decimal is not 0 lacks one of the two.
 */
#define DECIMALS_MAX 18

struct unit {
	const char *name;
	enum rate_unit rate_unit;
	uint64_t scale; /* in the unit that is stored */
};

/* stored: thousandths */
static const struct unit rate_units[] = {
	{"pps", RATE_PPS, 1000},
	{"kpps", RATE_PPS, UINT64_C(1000000)},
	{"Mpps", RATE_PPS, UINT64_C(1000000000)},
	{"Gpps", RATE_PPS, UINT64_C(1000000000000)},
	{"bit", RATE_BPS, 1000},
	{"kbit", RATE_BPS, UINT64_C(1000000)},
	{"Mbit", RATE_BPS, UINT64_C(1000000000)},
	{"Gbit", RATE_BPS, UINT64_C(1000000000000)},
	{"Tbit", RATE_BPS, UINT64_C(1000000000000000)},
	{"%", RATE_PERCENT, 1000},
};
#define RATE_UNITS        (sizeof(rate_units) / sizeof(rate_units[0]))
#define PERCENT_MAX_MILLI 100000

/* stored: nanoseconds */
static const struct unit time_units[] = {
	{.name = "ns", .scale = 1},
	{.name = "us", .scale = UINT64_C(1000)},
	{.name = "ms", .scale = UINT64_C(1000000)},
	{.name = "s", .scale = UINT64_C(1000000000)},
	{.name = "m", .scale = UINT64_C(60000000000)},
	{.name = "h", .scale = UINT64_C(3600000000000)},
};
#define TIME_UNITS (sizeof(time_units) / sizeof(time_units[0]))

/* mantissa / 10^decimals */
struct decimal {
	uint64_t mantissa;
	unsigned decimals;
};

#define DIGITS "0123456789"

/* Appends the digits from at to end to value. */
static int add_digits(uint64_t *value, const char *at, const char *end)
{
	for (; at < end; at++) {
		if (__builtin_mul_overflow(*value, 10, value) ||
			__builtin_add_overflow(*value, (uint64_t)(*at - '0'), value))
			return -ERANGE;
	}
	return 0;
}

/* Reads "12" or "1.25" and moves on behind it. */
static int take_decimal(const char **text, struct decimal *number)
{
	const char *at = *text;
	const char *end = at + strspn(at, DIGITS), *last;
	struct decimal taken = {0};

	if (end == at)
		return -EINVAL;
	if (add_digits(&taken.mantissa, at, end) < 0)
		return -ERANGE;
	if (*end == '.') {
		at = end + 1;
		end = at + strspn(at, DIGITS);
		if (end == at)
			return -EINVAL;
		for (last = end; last > at && last[-1] == '0'; last--)
			; /* zeros at the end say nothing */
		if (last - at > DECIMALS_MAX)
			return -EINVAL;
		if (add_digits(&taken.mantissa, at, last) < 0)
			return -ERANGE;
		taken.decimals = (unsigned)(last - at);
	}
	*number = taken;
	*text = end;
	return 0;
}

/* number × scale, when that is a whole number. */
static int scale_decimal(const struct decimal *number, uint64_t scale, uint64_t *value)
{
	unsigned __int128 scaled = (unsigned __int128)number->mantissa * scale;
	uint64_t divisor = 1;

	for (unsigned i = 0; i < number->decimals; i++)
		divisor *= 10;
	if (scaled % divisor)
		return -EINVAL;
	scaled /= divisor;
	if (scaled > UINT64_MAX)
		return -ERANGE;
	*value = (uint64_t)scaled;
	return 0;
}

static const struct unit *find_unit(const char *name, const struct unit *units, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(units[i].name, name) == 0)
			return &units[i];
	}
	return NULL;
}

/* Reads a number and its unit; without a unit it counts in bare. */
static int parse_quantity(const char *text, const struct unit *units, size_t n, const char *bare,
	const struct unit **unit, uint64_t *value)
{
	struct decimal number;
	const struct unit *found;
	int result = take_decimal(&text, &number);

	if (result < 0)
		return result;
	found = find_unit(*text ? text : bare, units, n);
	if (!found)
		return -EINVAL;
	*unit = found;
	return scale_decimal(&number, found->scale, value);
}

int units_parse_rate(const char *text, struct rate *rate)
{
	const struct unit *unit;
	uint64_t value;
	int result;

	if (strcasecmp(text, "max") == 0) {
		*rate = (struct rate){.unit = RATE_MAX};
		return 0;
	}
	result = parse_quantity(text, rate_units, RATE_UNITS, "pps", &unit, &value);
	if (result < 0)
		return result;
	if (value == 0)
		return -EINVAL;
	if (unit->rate_unit == RATE_PERCENT && value > PERCENT_MAX_MILLI)
		return -ERANGE;
	*rate = (struct rate){.unit = unit->rate_unit, .value_milli = value};
	return 0;
}

int units_parse_time(const char *text, uint64_t *ns)
{
	const struct unit *unit;
	uint64_t value;
	int result = parse_quantity(text, time_units, TIME_UNITS, "s", &unit, &value);

	if (result < 0)
		return result;
	*ns = value;
	return 0;
}

int units_parse_u64(const char *text, uint64_t *value)
{
	const char *end = text + strspn(text, DIGITS);
	uint64_t parsed = 0;

	if (end == text || *end)
		return -EINVAL;
	if (add_digits(&parsed, text, end) < 0)
		return -ERANGE;
	*value = parsed;
	return 0;
}

int units_parse_bool(const char *text, bool *value)
{
	static const char *const words[][2] = {
		{"no", "yes"}, {"false", "true"}, {"off", "on"}, {"0", "1"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (int meaning = 0; meaning <= 1; meaning++) {
			if (strcasecmp(text, words[i][meaning]) == 0) {
				*value = meaning;
				return 0;
			}
		}
	}
	return -EINVAL;
}

/* value / scale with as many decimals as it takes; false when they do not end (minutes, hours). */
static bool format_decimal(uint64_t value, uint64_t scale, char *buffer, size_t size)
{
	uint64_t rest = value % scale;
	size_t len = (size_t)snprintf(buffer, size, "%" PRIu64, value / scale);

	if (rest)
		buffer[len++] = '.';
	for (unsigned i = 0; rest && i < DECIMALS_MAX; i++) {
		buffer[len++] = (char)('0' + rest * 10 / scale);
		rest = rest * 10 % scale;
	}
	buffer[len] = '\0';
	return rest == 0;
}

/* The shortest of all spellings; the smallest unit among equals ("1500pps", not "1.5kpps"). */
static const char *format_quantity(uint64_t value, const struct unit *units, size_t n,
	enum rate_unit kind, char *buffer, size_t size)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < n; i++) {
		char number[20 + 1 + DECIMALS_MAX + 1];
		size_t len;

		if (units[i].rate_unit != kind ||
			!format_decimal(value, units[i].scale, number, sizeof(number)))
			continue;
		len = strlen(number) + strlen(units[i].name);
		if (len < best) {
			snprintf(buffer, size, "%s%s", number, units[i].name);
			best = len;
		}
	}
	return buffer;
}

const char *units_format_rate(const struct rate *rate, char *buffer, size_t size)
{
	if (rate->unit == RATE_MAX) {
		snprintf(buffer, size, "max");
		return buffer;
	}
	return format_quantity(rate->value_milli, rate_units, RATE_UNITS, rate->unit, buffer, size);
}

const char *units_format_time(uint64_t ns, char *buffer, size_t size)
{
	return format_quantity(ns, time_units, TIME_UNITS, time_units[0].rate_unit, buffer, size);
}

const char *units_format_si(double value, char *buffer, size_t size)
{
	static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
	size_t last = sizeof(prefixes) / sizeof(prefixes[0]) - 1, i = 0;
	int decimals;

	/* 999.5 and more would print as 1000 */
	for (; fabs(value) >= 999.5 && i < last; i++)
		value /= 1000;
	if (value == 0 || fabs(value) >= 99.95)
		decimals = 0;
	else
		decimals = fabs(value) >= 9.995 ? 1 : 2;
	snprintf(buffer, size, "%.*f %s", decimals, value, prefixes[i]);
	return buffer;
}
