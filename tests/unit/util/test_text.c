/* SPDX-License-Identifier: BSD-2-Clause */
/* util/text: near words, names, lines that fit. */
#include "unit.h"
#include "util/text.h"

#include <string.h>

static const char *const options[] = {"size", "rate", "rate-limit", "dst-mac", "src-mac", "count"};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

static const char *nearest(const char *word)
{
	return text_nearest(word, options, OPTIONS);
}

START_TEST(nearest_finds_what_was_meant)
{
	ck_assert_str_eq(nearest("size"), "size");
	ck_assert_str_eq(nearest("SIZE"), "size");
	ck_assert_str_eq(nearest("szie"), "size"); /* a transposition counts once: 1 of 4 */
	ck_assert_str_eq(nearest("rates"), "rate");
	ck_assert_str_eq(nearest("dts-mac"), "dst-mac");
	ck_assert_str_eq(nearest("dst_mac"), "dst-mac");
	ck_assert_str_eq(nearest("ratelimt"), "rate-limit"); /* 2 of 10 */
	ck_assert_str_eq(nearest("src-mac"), "src-mac");     /* not its neighbour at distance 2 */
}
END_TEST

START_TEST(nearest_stops_at_a_third)
{
	const char *const six[] = {"abcdef"};

	ck_assert_str_eq(text_nearest("abcdxy", six, 1), "abcdef"); /* 2 of 6 */
	ck_assert_ptr_null(text_nearest("abcxyz", six, 1));         /* 3 of 6 */
	ck_assert_str_eq(text_nearest("abcd", six, 1), "abcdef");
	ck_assert_ptr_null(text_nearest("abc", six, 1));
	ck_assert_ptr_null(nearest("xyzzy"));
	ck_assert_ptr_null(nearest(""));
	ck_assert_ptr_null(text_nearest("size", options, 0));
}
END_TEST

START_TEST(nearest_survives_long_words)
{
	char word[100000], limit[64];
	const char *const long_options[] = {word, limit};

	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	memset(limit, 'a', sizeof(limit) - 1);
	limit[sizeof(limit) - 1] = '\0';
	ck_assert_ptr_null(nearest(word));
	ck_assert_ptr_eq(text_nearest(limit, long_options, 2), limit);
}
END_TEST

START_TEST(names_are_checked_at_their_ends)
{
	const char *const good[] = {"p", "0", "p0", "A.b_c-9", "0123456789012345678901234567890"};
	const char *const bad[] = {"", ".p", "-p", "_p", "p 0", "p/0", "p\n", "\xc3\xa4",
		"p\xc3\xa4", "01234567890123456789012345678901"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_msg(text_is_name(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!text_is_name(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(copy_says_whether_it_fitted)
{
	char to[4] = "xxx";

	ck_assert(text_copy(to, sizeof(to), "abc"));
	ck_assert_str_eq(to, "abc");
	ck_assert(!text_copy(to, sizeof(to), "abcd"));
	ck_assert_str_eq(to, "abc");
	ck_assert(!text_copy(to, 1, "a"));
	ck_assert_str_eq(to, "");
	ck_assert(text_copy(to, sizeof(to), ""));
}
END_TEST

static void format_line(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void format_line(char *to, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_format_line(to, size, format, arguments);
	va_end(arguments);
}

START_TEST(lines_keep_no_control_characters)
{
	char to[32];

	format_line(to, sizeof(to), "a%sb", "\n\r\t\x1b\x7f");
	ck_assert_str_eq(to, "a?????b");
	format_line(to, sizeof(to), "%s", "\xc3\xa4 \xe2\x82\xac");
	ck_assert_str_eq(to, "\xc3\xa4 \xe2\x82\xac");
}
END_TEST

START_TEST(lines_end_at_a_whole_character)
{
	char to[8];

	format_line(to, sizeof(to), "%s", "1234567");
	ck_assert_str_eq(to, "1234567");
	format_line(to, sizeof(to), "%s", "12345678");
	ck_assert_str_eq(to, "1234567");
	format_line(to, sizeof(to), "%s", "123456\xc3\xa4"); /* 8 bytes: half a letter */
	ck_assert_str_eq(to, "123456");
	format_line(to, sizeof(to), "%s", "12345\xe2\x82\xac");
	ck_assert_str_eq(to, "12345");
	format_line(to, sizeof(to), "%s", "1234\xe2\x82\xac"); /* fits */
	ck_assert_str_eq(to, "1234\xe2\x82\xac");
	format_line(to, sizeof(to), "%s", "\x80\x80\x80\x80\x80\x80\x80\x80\x80");
	ck_assert_str_eq(to, "");
}
END_TEST

UNIT_SUITE("util/text", nearest_finds_what_was_meant, nearest_stops_at_a_third,
	nearest_survives_long_words, names_are_checked_at_their_ends, copy_says_whether_it_fitted,
	lines_keep_no_control_characters, lines_end_at_a_whole_character)
