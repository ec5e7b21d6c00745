/* SPDX-License-Identifier: BSD-2-Clause */
/* util/units: exact or refused. */
#include "unit.h"
#include "util/units.h"

#include <errno.h>
#include <inttypes.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

START_TEST(rates_are_exact)
{
	static const struct {
		const char *text;
		enum rate_unit unit;
		uint64_t milli;
	} cases[] = {
		{"max", RATE_MAX, 0},
		{"1", RATE_PPS, 1000},
		{"1pps", RATE_PPS, 1000},
		{"0.5pps", RATE_PPS, 500},
		{"0.001pps", RATE_PPS, 1},
		{"0.0010000000000000000000000000pps", RATE_PPS, 1},
		{"000001.5", RATE_PPS, 1500},
		{"100kpps", RATE_PPS, 100000000},
		{"100KPPS", RATE_PPS, 100000000},
		{"1.5Mpps", RATE_PPS, 1500000000},
		{"1.5mpps", RATE_PPS, 1500000000},
		{"0.000000001Mpps", RATE_PPS, 1},
		{"14.880952Mpps", RATE_PPS, 14880952000},
		{"2Gpps", RATE_PPS, 2000000000000},
		{"1bit", RATE_BPS, 1000},
		{"64kbit", RATE_BPS, 64000000},
		{"2.5Gbit", RATE_BPS, 2500000000000},
		{"100mbit", RATE_BPS, 100000000000},
		{"1.6Tbit", RATE_BPS, 1600000000000000},
		{"18446744073709551.615bit", RATE_BPS, UINT64_MAX},
		{"18446.744073709551615Tbit", RATE_BPS, UINT64_MAX},
		{"50%", RATE_PERCENT, 50000},
		{"100%", RATE_PERCENT, 100000},
		{"0.001%", RATE_PERCENT, 1},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rate rate = {RATE_PERCENT, 77};

		ck_assert_msg(units_parse_rate(cases[i].text, &rate) == 0, "%s", cases[i].text);
		ck_assert_msg(rate.unit == cases[i].unit, "%s", cases[i].text);
		ck_assert_msg(rate.value_milli == cases[i].milli, "%s gave %" PRIu64, cases[i].text,
			rate.value_milli);
	}
}
END_TEST

START_TEST(bad_rates_are_refused_untouched)
{
	static const struct {
		const char *text;
		int result;
	} cases[] = {
		{"", -EINVAL},
		{" 1pps", -EINVAL},
		{"1 pps", -EINVAL},
		{"1pps ", -EINVAL},
		{"+1pps", -EINVAL},
		{"-1pps", -EINVAL},
		{"pps", -EINVAL},
		{"%", -EINVAL},
		{".5pps", -EINVAL},
		{"5.pps", -EINVAL},
		{"1.2.3pps", -EINVAL},
		{"1e6", -EINVAL},
		{"0x10pps", -EINVAL},
		{"1pp", -EINVAL},
		{"1bit/s", -EINVAL},
		{"1Mbps", -EINVAL},
		{"1kmax", -EINVAL},
		{"max ", -EINVAL},
		{"nan", -EINVAL},
		{"0", -EINVAL},
		{"0pps", -EINVAL},
		{"0.000Mpps", -EINVAL},
		{"0.0001pps", -EINVAL},
		{"0.0000000001Mpps", -EINVAL},
		{"0.33333333333333333333333333Mpps", -EINVAL},
		{"1.0000000000000000000000000000000000000001Mpps", -EINVAL},
		{"101%", -ERANGE},
		{"100.001%", -ERANGE},
		{"18446744073709551.616pps", -ERANGE},
		{"18446744073709551615pps", -ERANGE},
		{"18446744073709551616pps", -ERANGE},
		{"99999999999999999999999999999999999999999pps", -ERANGE},
		{"20000Tbit", -ERANGE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rate rate = {RATE_PERCENT, 77};
		int result = units_parse_rate(cases[i].text, &rate);

		ck_assert_msg(result == cases[i].result, "\"%s\" gave %d", cases[i].text, result);
		ck_assert(rate.unit == RATE_PERCENT && rate.value_milli == 77);
	}
}
END_TEST

START_TEST(times_are_exact)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} cases[] = {
		{"0", 0},
		{"0s", 0},
		{"10", 10000000000},
		{"10s", 10000000000},
		{"1.5ms", 1500000},
		{"100us", 100000},
		{"250ns", 250},
		{"2m", 120000000000},
		{"1h", 3600000000000},
		{"0.5h", 1800000000000},
		{"0.000000000005h", 18},
		{"0.00000000005m", 3},
		{"0.000000001s", 1},
		{"18446744073.709551615s", UINT64_MAX},
		{"18446744073709551615ns", UINT64_MAX},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t ns = 77;

		ck_assert_msg(units_parse_time(cases[i].text, &ns) == 0, "%s", cases[i].text);
		ck_assert_msg(ns == cases[i].ns, "%s gave %" PRIu64, cases[i].text, ns);
	}
}
END_TEST

START_TEST(bad_times_are_refused_untouched)
{
	static const struct {
		const char *text;
		int result;
	} cases[] = {
		{"", -EINVAL},
		{"s", -EINVAL},
		{"-1s", -EINVAL},
		{"1 s", -EINVAL},
		{"10sec", -EINVAL},
		{"1d", -EINVAL},
		{"0.5ns", -EINVAL},
		{"0.0000000001s", -EINVAL},
		{"18446744073.709551616s", -ERANGE},
		{"18446744073709551616ns", -ERANGE},
		{"5124096h", -ERANGE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t ns = 77;
		int result = units_parse_time(cases[i].text, &ns);

		ck_assert_msg(result == cases[i].result, "\"%s\" gave %d", cases[i].text, result);
		ck_assert_uint_eq(ns, 77);
	}
}
END_TEST

START_TEST(integers_reach_two_to_the_64)
{
	uint64_t value = 77;

	ck_assert_int_eq(units_parse_u64("18446744073709551616", &value), -ERANGE);
	ck_assert_int_eq(units_parse_u64("18446744073709551620", &value), -ERANGE);
	ck_assert_int_eq(units_parse_u64("99999999999999999999", &value), -ERANGE);
	ck_assert_int_eq(units_parse_u64("", &value), -EINVAL);
	ck_assert_int_eq(units_parse_u64("-1", &value), -EINVAL);
	ck_assert_int_eq(units_parse_u64("+1", &value), -EINVAL);
	ck_assert_int_eq(units_parse_u64(" 1", &value), -EINVAL);
	ck_assert_int_eq(units_parse_u64("1 ", &value), -EINVAL);
	ck_assert_int_eq(units_parse_u64("1.0", &value), -EINVAL);
	ck_assert_uint_eq(value, 77);
	ck_assert_int_eq(units_parse_u64("18446744073709551615", &value), 0);
	ck_assert_uint_eq(value, UINT64_MAX);
	ck_assert_int_eq(units_parse_u64("9007199254740993", &value), 0);
	ck_assert_uint_eq(value, 9007199254740993);
	ck_assert_int_eq(units_parse_u64("00", &value), 0);
	ck_assert_uint_eq(value, 0);
}
END_TEST

START_TEST(booleans_are_words)
{
	const char *const yes[] = {"yes", "true", "on", "1", "YES"};
	const char *const no[] = {"no", "false", "off", "0", "Off"};
	const char *const bad[] = {"", "y", "2", "yes ", "maybe"};
	bool value;

	for (size_t i = 0; i < COUNT(yes); i++) {
		value = false;
		ck_assert_int_eq(units_parse_bool(yes[i], &value), 0);
		ck_assert(value);
	}
	for (size_t i = 0; i < COUNT(no); i++) {
		ck_assert_int_eq(units_parse_bool(no[i], &value), 0);
		ck_assert(!value);
		value = true;
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_int_eq(units_parse_bool(bad[i], &value), -EINVAL);
	ck_assert(value);
}
END_TEST

START_TEST(formatted_rates_read_back)
{
	/* the shortest of all spellings; each reads back as itself */
	const char *const texts[] = {"max", "1pps", "0.5pps", "0.001pps", "999pps", "1kpps",
		"1500pps", "100kpps", "1.5Mpps", "14880952pps", "14.8Mpps", "1Gpps", "1bit",
		"64kbit", "100Mbit", "2.5Gbit", "1.6Tbit", "18446744073709551.615bit", "50%",
		"0.001%", "100%", "1234.567pps"};
	char buffer[64];

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct rate rate;

		ck_assert_int_eq(units_parse_rate(texts[i], &rate), 0);
		ck_assert_str_eq(units_format_rate(&rate, buffer, sizeof(buffer)), texts[i]);
	}
}
END_TEST

START_TEST(formatted_times_read_back)
{
	const char *const texts[] = {"0s", "1ns", "250ns", "100us", "1.5ms", "1.5s", "10s", "90s",
		"1m", "90m", "1h", "24h", "18446744073709551615ns"};
	char buffer[64];

	for (size_t i = 0; i < COUNT(texts); i++) {
		uint64_t ns;

		ck_assert_int_eq(units_parse_time(texts[i], &ns), 0);
		ck_assert_str_eq(units_format_time(ns, buffer, sizeof(buffer)), texts[i]);
	}
}
END_TEST

START_TEST(si_has_three_figures)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{0, "0 "},
		{0.5, "0.50 "},
		{1, "1.00 "},
		{9.994, "9.99 "},
		{9.996, "10.0 "},
		{99.94, "99.9 "},
		{99.96, "100 "},
		{999.4, "999 "},
		{999.6, "1.00 k"},
		{1000, "1.00 k"},
		{1640000, "1.64 M"},
		{16.4e6, "16.4 M"},
		{164e6, "164 M"},
		{999.9e6, "1.00 G"},
		{2.5e12, "2.50 T"},
		{1.8446744073709552e19, "18.4 E"},
		{-1640, "-1.64 k"},
	};
	char buffer[64];

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_str_eq(
			units_format_si(cases[i].value, buffer, sizeof(buffer)), cases[i].text);
}
END_TEST

UNIT_SUITE("util/units", rates_are_exact, bad_rates_are_refused_untouched, times_are_exact,
	bad_times_are_refused_untouched, integers_reach_two_to_the_64, booleans_are_words,
	formatted_rates_read_back, formatted_times_read_back, si_has_three_figures)
