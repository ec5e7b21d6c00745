/* SPDX-License-Identifier: BSD-2-Clause */
/* packet/field: the three forms, exact at both ends, and errors that say what to type. */
#include "packet/field.h"
#include "unit.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct field parse(enum field_type type, const char *text)
{
	struct field field;
	struct error err;

	ck_assert_msg(
		field_parse(type, text, &field, "dst-ip", &err) == 0, "%s: %s", text, err.message);
	return field;
}

START_TEST(forms_are_read)
{
	static const struct {
		enum field_type type;
		const char *text;
		struct field field;
	} cases[] = {
		{FIELD_IPV4, "10.0.0.1", {FIELD_FIXED, 0, 0x0a000001, 0x0a000001, 0}},
		{FIELD_IPV4, "10.0.0.1-10.0.0.9", {FIELD_INCREMENT, 0, 0x0a000001, 0x0a000009, 0}},
		{FIELD_IPV4, "0.0.0.0-255.255.255.255", {FIELD_INCREMENT, 0, 0, 0xffffffff, 0}},
		{FIELD_IPV4, "random(10.0.0.1-10.0.0.9,42)",
			{FIELD_RANDOM, 0, 0x0a000001, 0x0a000009, 42}},
		{FIELD_IPV4, "random(10.0.0.1-10.0.0.9)",
			{FIELD_RANDOM, 0, 0x0a000001, 0x0a000009, 0}},
		{FIELD_IPV4, " random( 10.0.0.1 - 10.0.0.9 , 18446744073709551615 ) ",
			{FIELD_RANDOM, 0, 0x0a000001, 0x0a000009, UINT64_MAX}},
		{FIELD_IPV4, "10.0.0.1-10.0.0.1", {FIELD_FIXED, 0, 0x0a000001, 0x0a000001, 0}},
		{FIELD_IPV4, "random(10.0.0.1-10.0.0.1,42)",
			{FIELD_FIXED, 0, 0x0a000001, 0x0a000001, 0}},
		{FIELD_MAC, "02:00:00:00:00:0b",
			{FIELD_FIXED, 0, 0x02000000000b, 0x02000000000b, 0}},
		{FIELD_MAC, "02-00-00-00-00-0b",
			{FIELD_FIXED, 0, 0x02000000000b, 0x02000000000b, 0}},
		{FIELD_MAC, "02:00:00:00:00:00-02:00:ff:ff:ff:ff",
			{FIELD_INCREMENT, 0, 0x020000000000, 0x0200ffffffff, 0}},
		{FIELD_MAC, "random(00:00:00:00:00:00-ff:ff:ff:ff:ff:ff,1)",
			{FIELD_RANDOM, 0, 0, 0xffffffffffff, 1}},
		{FIELD_U16, "0", {FIELD_FIXED, 0, 0, 0, 0}},
		{FIELD_U16, "0-65535", {FIELD_INCREMENT, 0, 0, 65535, 0}},
		{FIELD_U16, "random(1024-65535,7)", {FIELD_RANDOM, 0, 1024, 65535, 7}},
		{FIELD_IPV6, "2001:db8::1", {FIELD_FIXED, 0x20010db800000000, 1, 1, 0}},
		{FIELD_IPV6, "2001:db8::-2001:db8::ffff:ffff:ffff:ffff",
			{FIELD_INCREMENT, 0x20010db800000000, 0, UINT64_MAX, 0}},
		{FIELD_IPV6, "random(fe80::1-fe80::9,3)",
			{FIELD_RANDOM, 0xfe80000000000000, 1, 9, 3}},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct field *expected = &cases[i].field;
		struct field field = parse(cases[i].type, cases[i].text);

		ck_assert_msg(field.kind == expected->kind && field.hi == expected->hi &&
				      field.first == expected->first &&
				      field.last == expected->last && field.seed == expected->seed,
			"%s", cases[i].text);
	}
}
END_TEST

START_TEST(errors_name_the_place_and_the_remedy)
{
	static const char ip_hint[] =
		"write 10.0.0.1, 10.0.0.1-10.0.0.9 or random(10.0.0.1-10.0.0.9,1)";
	static const struct {
		enum field_type type;
		const char *text, *message, *hint;
	} cases[] = {
		{FIELD_IPV4, "10.0.0.300", "\"10.0.0.300\" is not an IPv4 address", ip_hint},
		{FIELD_IPV4, "", "\"\" is not an IPv4 address", ip_hint},
		{FIELD_IPV4, "-10.0.0.1", "\"\" is not an IPv4 address", ip_hint},
		{FIELD_IPV4, "10.0.0.1-", "\"\" is not an IPv4 address", ip_hint},
		{FIELD_IPV4, "10.0.0.1-9", "\"9\" is not an IPv4 address", ip_hint},
		{FIELD_IPV4, "10.0.0.1-10.0.0.2-10.0.0.3",
			"\"10.0.0.2-10.0.0.3\" is not an IPv4 address", ip_hint},
		{FIELD_IPV4, "::1", "\"::1\" is not an IPv4 address", ip_hint},
		{FIELD_IPV4, "10.0.0.1\n", "\"10.0.0.1?\" is not an IPv4 address", ip_hint},
		{FIELD_IPV4, "10.0.0.9 - 10.0.0.1",
			"the range ends at 10.0.0.1, below its start 10.0.0.9",
			"write the lower end first: 10.0.0.1-10.0.0.9"},
		{FIELD_IPV4, "random(10.0.0.9-10.0.0.1,1)",
			"the range ends at 10.0.0.1, below its start 10.0.0.9",
			"write the lower end first: 10.0.0.1-10.0.0.9"},
		{FIELD_IPV4, "random(10.0.0.1-10.0.0.9,x)",
			"the seed \"x\" is not a number from 0 to 18446744073709551615",
			"any whole number will do: random(10.0.0.1-10.0.0.9,1)"},
		{FIELD_IPV4, "random(10.0.0.1-10.0.0.9,18446744073709551616)",
			"the seed \"18446744073709551616\" is not a number from 0 to "
			"18446744073709551615",
			"any whole number will do: random(10.0.0.1-10.0.0.9,1)"},
		{FIELD_IPV4, "random(10.0.0.1,4)",
			"\"random(10.0.0.1,4)\" is not of the form random(A-B,seed)",
			"write random(10.0.0.1-10.0.0.9,1)"},
		{FIELD_IPV4, "random(10.0.0.1-10.0.0.9",
			"\"random(10.0.0.1-10.0.0.9\" is not of the form random(A-B,seed)",
			"write random(10.0.0.1-10.0.0.9,1)"},
		{FIELD_IPV4, "random(", "\"random(\" is not of the form random(A-B,seed)",
			"write random(10.0.0.1-10.0.0.9,1)"},
		{FIELD_U16, "65536", "\"65536\" is not a number from 0 to 65535",
			"write 1024, 1024-2047 or random(1024-2047,1)"},
		{FIELD_U16, "1-99999999999999999999",
			"\"99999999999999999999\" is not a number from 0 to 65535",
			"write 1024, 1024-2047 or random(1024-2047,1)"},
		{FIELD_MAC, "02-00-00-00-00-01-02-00-00-00-00-09", "\"02\" is not a MAC address",
			"write 02:00:00:00:00:01, 02:00:00:00:00:01-02:00:00:00:00:09 or "
			"random(02:00:00:00:00:01-02:00:00:00:00:09,1)"},
		{FIELD_IPV6, "2001:db8::1-2001:db9::9",
			"the ends of the range 2001:db8::1-2001:db9::9 differ in the upper 64 bits",
			"give both ends the same first four groups"},
		{FIELD_IPV6, "10.0.0.1", "\"10.0.0.1\" is not an IPv6 address",
			"write 2001:db8::1, 2001:db8::1-2001:db8::9 or "
			"random(2001:db8::1-2001:db8::9,1)"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct field field = {.first = 77};
		struct error err;

		ck_assert_msg(field_parse(cases[i].type, cases[i].text, &field, "dst-ip", &err) ==
				      -EINVAL,
			"%s", cases[i].text);
		ck_assert_str_eq(err.message, cases[i].message);
		ck_assert_str_eq(err.hint, cases[i].hint);
		ck_assert_str_eq(err.param, "dst-ip");
		ck_assert_int_eq(err.reason, ERROR_INVALID);
		ck_assert_uint_eq(field.first, 77);
	}
}
END_TEST

START_TEST(long_texts_are_refused)
{
	char text[5000];
	struct field field;
	struct error err;

	memset(text, '1', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(field_parse(FIELD_U16, text, &field, "src-port", &err), -EINVAL);
	ck_assert_str_eq(err.message, "the value is longer than 127 characters");
	ck_assert_str_eq(err.hint, "write one address, port or range");
	ck_assert_str_eq(err.param, "src-port");
}
END_TEST

START_TEST(formatted_fields_read_back)
{
	static const struct {
		enum field_type type;
		const char *text;
	} cases[] = {
		{FIELD_IPV4, "10.0.0.1"},
		{FIELD_IPV4, "10.0.0.1-10.0.0.9"},
		{FIELD_IPV4, "random(10.0.0.1-10.0.0.9,42)"},
		{FIELD_MAC, "02:00:00:00:00:0b"},
		{FIELD_MAC, "02:00:00:00:00:0b-02:00:00:00:00:ff"},
		{FIELD_U16, "random(0-65535,0)"},
		{FIELD_IPV6, "2001:db8::1"},
		{FIELD_IPV6, "random(2001:db8:1111:2222:1111:1111:1111:1111-"
			     "2001:db8:1111:2222:ffff:ffff:ffff:ffff,18446744073709551615)"},
	};
	char buffer[128];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct field field = parse(cases[i].type, cases[i].text);

		ck_assert_str_eq(
			field_format(cases[i].type, &field, buffer, sizeof(buffer)), cases[i].text);
	}
}
END_TEST

START_TEST(ranges_are_exact_at_both_ends)
{
	struct field field = parse(FIELD_IPV4, "10.0.0.1-10.0.0.9");

	for (uint64_t n = 0; n < 100; n++)
		ck_assert_uint_eq(field_value(&field, n), 0x0a000001 + n % 9);
	field = parse(FIELD_U16, "1000-1255"); /* 256 values: a mask instead of a division */
	for (uint64_t n = 0; n < 1000; n++)
		ck_assert_uint_eq(field_value(&field, n), 1000 + n % 256);
	field = parse(FIELD_U16, "0-65535");
	ck_assert_uint_eq(field_value(&field, 65535), 65535);
	ck_assert_uint_eq(field_value(&field, 65536), 0);
	field = parse(FIELD_U16, "7");
	ck_assert_uint_eq(field_value(&field, UINT64_MAX), 7);
}
END_TEST

START_TEST(ranges_hold_at_large_n)
{
	struct field field = parse(FIELD_U16, "10-19");
	struct field all = {.kind = FIELD_INCREMENT, .first = 0, .last = UINT64_MAX};
	struct field most = {.kind = FIELD_INCREMENT, .first = 1, .last = UINT64_MAX};

	ck_assert_uint_eq(field_value(&field, UINT64_C(1) << 32), 10 + (UINT64_C(1) << 32) % 10);
	ck_assert_uint_eq(field_value(&field, UINT64_MAX), 10 + 5);
	/* 2^64 values: the count itself does not fit */
	ck_assert_uint_eq(field_value(&all, 0), 0);
	ck_assert_uint_eq(field_value(&all, UINT64_MAX), UINT64_MAX);
	ck_assert_uint_eq(field_value(&most, UINT64_MAX - 1), UINT64_MAX);
	ck_assert_uint_eq(field_value(&most, UINT64_MAX), 1);
}
END_TEST

START_TEST(the_hash_is_splitmix64)
{
	/* the published generator's first outputs for state 0 */
	ck_assert_uint_eq(field_hash(0, 0), 0xe220a8397b1dcdaf);
	ck_assert_uint_eq(field_hash(0, 1), 0x6e789e6aa1b965f4);
	ck_assert_uint_eq(field_hash(0, 2), 0x06c45d188009454f);
	ck_assert_uint_ne(field_hash(1, 0), field_hash(0, 0));
}
END_TEST

START_TEST(random_is_the_hash_modulo_the_count)
{
	static const struct {
		uint64_t first, last;
	} ranges[] = {{0, 9}, {5, 260}, {1, 3}, {0, UINT64_MAX}, {1, UINT64_MAX},
		{0, UINT64_MAX - 2}, {0, 0xffffffff}};

	for (size_t i = 0; i < COUNT(ranges); i++) {
		struct field field = {FIELD_RANDOM, 0, ranges[i].first, ranges[i].last, 42};
		uint64_t count = field.last - field.first + 1;

		for (uint64_t n = 0; n < 1000; n++) {
			uint64_t hash = field_hash(42, n);

			ck_assert_uint_eq(field_value(&field, n),
				field.first + (count ? hash % count : hash));
		}
	}
}
END_TEST

START_TEST(random_reaches_both_ends_and_nothing_else)
{
	struct field field = parse(FIELD_U16, "random(100-109,7)");
	unsigned seen[10] = {0};

	for (uint64_t n = 0; n < 10000; n++) {
		uint64_t value = field_value(&field, n);

		ck_assert(value >= 100 && value <= 109);
		seen[value - 100]++;
	}
	for (unsigned i = 0; i < 10; i++)
		ck_assert_msg(seen[i] > 850 && seen[i] < 1150, "%u came %u times", i, seen[i]);
}
END_TEST

UNIT_SUITE("packet/field", forms_are_read, errors_name_the_place_and_the_remedy,
	long_texts_are_refused, formatted_fields_read_back, ranges_are_exact_at_both_ends,
	ranges_hold_at_large_n, the_hash_is_splitmix64, random_is_the_hash_modulo_the_count,
	random_reaches_both_ends_and_nothing_else)
