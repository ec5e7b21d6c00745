/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 at the ends of every range, and the forms that RFC 3629 §3 forbids. */
#include "unit.h"
#include "util/utf8.h"

#include <string.h>

START_TEST(decode_takes_the_ends_of_every_length)
{
	static const struct {
		const char *text;
		size_t len;
		uint32_t point;
	} rows[] = {
		{"\x00", 1, 0},
		{"\x7f", 1, 0x7f},
		{"\xc2\x80", 2, 0x80},
		{"\xdf\xbf", 2, 0x7ff},
		{"\xe0\xa0\x80", 3, 0x800},
		{"\xed\x9f\xbf", 3, 0xd7ff},
		{"\xee\x80\x80", 3, 0xe000},
		{"\xef\xbf\xbf", 3, 0xffff},
		{"\xf0\x90\x80\x80", 4, 0x10000},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t point = UINT32_MAX;

		ck_assert_uint_eq(utf8_decode(rows[i].text, rows[i].len, &point), rows[i].len);
		ck_assert_uint_eq(point, rows[i].point);
		ck_assert_uint_eq(utf8_decode(rows[i].text, rows[i].len - 1, &point), 0);
	}
}
END_TEST

START_TEST(decode_refuses_what_is_forbidden)
{
	static const char *const rows[] = {
		"\x80",             /* continuation alone */
		"\xbf",             /* continuation alone */
		"\xc0\x80",         /* overlong NUL */
		"\xc1\xbf",         /* overlong */
		"\xe0\x9f\xbf",     /* overlong */
		"\xf0\x8f\xbf\xbf", /* overlong */
		"\xed\xa0\x80",     /* first surrogate */
		"\xed\xbf\xbf",     /* last surrogate */
		"\xf4\x90\x80\x80", /* above U+10FFFF */
		"\xf8\x88\x80\x80\x80",
		"\xff",
		"\xc2\x41", /* a letter where a continuation belongs */
		"\xe2\x82\x41",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t point = 7;

		ck_assert_uint_eq(utf8_decode(rows[i], strlen(rows[i]), &point), 0);
		ck_assert_uint_eq(point, 7);
	}
}
END_TEST

START_TEST(valid_len_stops_at_the_first_bad_byte)
{
	ck_assert_uint_eq(utf8_valid_len("", 0), 0);
	ck_assert_uint_eq(utf8_valid_len("a\xc3\xa4z", 4), 4);
	ck_assert_uint_eq(utf8_valid_len("a\xc3\xa4\xffz", 5), 3);
	ck_assert_uint_eq(utf8_valid_len("a\xc3", 2), 1);
}
END_TEST

UNIT_SUITE("util/utf8", decode_takes_the_ends_of_every_length, decode_refuses_what_is_forbidden,
	valid_len_stops_at_the_first_bad_byte)
