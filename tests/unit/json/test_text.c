/* SPDX-License-Identifier: BSD-2-Clause */
/* The grammar of RFC 8259, rule by rule; what is refused is refused at the right byte. */
#include "json/text.h"
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DEPTH_MAX 32

static int check(const char *text, size_t len, struct error *err)
{
	/* A copy of the exact size: reading beyond it is caught by the sanitizer. */
	char *copy = malloc(len ? len : 1);
	int rc;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	rc = json_text_check(copy, len, DEPTH_MAX, err);
	free(copy);
	return rc;
}

static void expect_good(const char *text)
{
	struct error err = {0};

	ck_assert_msg(check(text, strlen(text), &err) == 0, "%s: %s", text, err.message);
}

static void expect_bad_bytes(const char *text, size_t len, const char *message)
{
	struct error err = {0};

	ck_assert_msg(check(text, len, &err) == -EINVAL, "accepted: %s", text);
	ck_assert_int_eq(err.reason, ERROR_INVALID);
	ck_assert_str_eq(err.message, message);
}

static void expect_bad(const char *text, const char *message)
{
	expect_bad_bytes(text, strlen(text), message);
}

START_TEST(good_texts_pass)
{
	static const char *const texts[] = {
		"null",
		" \t\r\n true \n",
		"false",
		"0",
		"-0",
		"10",
		"-0.5e+10",
		"1E-2",
		"1e9",
		"18446744073709551615",
		"\"\"",
		"[]",
		"[ ]",
		"{}",
		"{ }",
		"[1,[2,[3]],{\"a\":[]}]",
		"{\"a\":1,\"b\":{\"a\":1},\"c\":[{\"a\":1},{\"a\":1}]}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\uD834\\udd1e\\uFFFF\"",
		"\"\x7f \xc3\xa4 \xed\x9f\xbf \xf4\x8f\xbf\xbf\"",
		"{\"\":1,\"a\":2,\"A\":3}",
		"{\"a\":1,\"aa\":2,\"a\\u0062\":3}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_good(texts[i]);
}
END_TEST

START_TEST(bad_structure_is_refused)
{
	expect_bad("", "bad JSON at byte 0: a value is missing");
	expect_bad("  ", "bad JSON at byte 2: a value is missing");
	expect_bad("nul", "bad JSON at byte 0: a value is expected");
	expect_bad("True", "bad JSON at byte 0: a value is expected");
	expect_bad("'a'", "bad JSON at byte 0: a value is expected");
	expect_bad("NaN", "bad JSON at byte 0: a value is expected");
	expect_bad("nullx", "bad JSON at byte 4: text after the end of the value");
	expect_bad("1 2", "bad JSON at byte 2: text after the end of the value");
	expect_bad("{}}", "bad JSON at byte 2: text after the end of the value");
	expect_bad("[", "bad JSON at byte 1: a value is missing");
	expect_bad(" [1", "bad JSON at byte 1: an array is not closed");
	expect_bad("[1,]", "bad JSON at byte 3: a value is expected");
	expect_bad("[1 2]", "bad JSON at byte 3: \",\" or \"]\" is expected");
	expect_bad("[1}", "bad JSON at byte 2: \",\" or \"]\" is expected");
	expect_bad("{", "bad JSON at byte 1: a key in quotes is expected");
	expect_bad("{\"a\":1", "bad JSON at byte 0: an object is not closed");
	expect_bad("{\"a\":1,}", "bad JSON at byte 7: a key in quotes is expected");
	expect_bad("{a:1}", "bad JSON at byte 1: a key in quotes is expected");
	expect_bad("{\"a\" 1}", "bad JSON at byte 5: \":\" is expected");
	expect_bad("{\"a\":}", "bad JSON at byte 5: a value is expected");
	expect_bad("{\"a\":1]", "bad JSON at byte 6: \",\" or \"}\" is expected");
	expect_bad("\xef\xbb\xbfnull", "bad JSON at byte 0: a value is expected");
	expect_bad("1 // one", "bad JSON at byte 2: text after the end of the value");
	expect_bad_bytes("1\0", 2, "bad JSON at byte 1: text after the end of the value");
	expect_bad_bytes("\0", 1, "bad JSON at byte 0: a value is expected");
	expect_bad_bytes("[\0]", 3, "bad JSON at byte 1: a value is expected");
	expect_bad("\f1", "bad JSON at byte 0: a value is expected");
}
END_TEST

START_TEST(bad_numbers_are_refused)
{
	expect_bad("01", "bad JSON at byte 0: a number begins with 0");
	expect_bad("[-012]", "bad JSON at byte 1: a number begins with 0");
	expect_bad("-", "bad JSON at byte 1: a digit is missing in a number");
	expect_bad("+1", "bad JSON at byte 0: a value is expected");
	expect_bad(".5", "bad JSON at byte 0: a value is expected");
	expect_bad("1.", "bad JSON at byte 2: a digit is missing after the decimal point");
	expect_bad("1.e1", "bad JSON at byte 2: a digit is missing after the decimal point");
	expect_bad("1e", "bad JSON at byte 2: a digit is missing in an exponent");
	expect_bad("1e+-1", "bad JSON at byte 3: a digit is missing in an exponent");
	expect_bad("0x10", "bad JSON at byte 1: text after the end of the value");
	expect_bad("--1", "bad JSON at byte 1: a digit is missing in a number");
	expect_bad("-Infinity", "bad JSON at byte 1: a digit is missing in a number");
}
END_TEST

START_TEST(numbers_have_a_greatest_length)
{
	char digits[JSON_TEXT_NUMBER_MAX + 2];

	memset(digits, '1', sizeof(digits));
	digits[JSON_TEXT_NUMBER_MAX] = '\0';
	expect_good(digits);
	digits[JSON_TEXT_NUMBER_MAX] = '1';
	digits[JSON_TEXT_NUMBER_MAX + 1] = '\0';
	expect_bad(digits, "bad JSON at byte 0: a number has more than 63 characters");
}
END_TEST

START_TEST(bad_strings_are_refused)
{
	expect_bad("\"", "bad JSON at byte 0: a string is not closed");
	expect_bad("[\"abc]", "bad JSON at byte 1: a string is not closed");
	expect_bad("\"a\\\"", "bad JSON at byte 0: a string is not closed");
	expect_bad(
		"\"a\nb\"", "bad JSON at byte 2: a control character in a string must be escaped");
	expect_bad(
		"\"\x1f\"", "bad JSON at byte 1: a control character in a string must be escaped");
	expect_bad_bytes(
		"\"\0\"", 3, "bad JSON at byte 1: a control character in a string must be escaped");
	expect_bad("\"\\", "bad JSON at byte 1: unknown escape in a string");
	expect_bad("\"\\x\"", "bad JSON at byte 1: unknown escape in a string");
	expect_bad("\"\\'\"", "bad JSON at byte 1: unknown escape in a string");
	expect_bad("\"\\u12g4\"", "bad JSON at byte 1: \\u needs four hexadecimal digits");
	expect_bad("\"\\u123", "bad JSON at byte 1: \\u needs four hexadecimal digits");
	expect_bad("\"\\u", "bad JSON at byte 1: \\u needs four hexadecimal digits");
	expect_bad_bytes(
		"\"\\u12\0004\"", 8, "bad JSON at byte 1: \\u needs four hexadecimal digits");
	expect_bad("\"\\u0000\"", "bad JSON at byte 1: \\u0000 is not accepted");
	expect_bad("\"\\ud800\"", "bad JSON at byte 1: half of a surrogate pair");
	expect_bad("\"\\ud800x\\udc00\"", "bad JSON at byte 1: half of a surrogate pair");
	expect_bad("\"\\ud800\\u0041\"", "bad JSON at byte 1: half of a surrogate pair");
	expect_bad("\"\\ud800\\ud800\"", "bad JSON at byte 1: half of a surrogate pair");
	expect_bad("\"\\udc00\"", "bad JSON at byte 1: half of a surrogate pair");
	expect_bad("\"\\udfff\\udc00\"", "bad JSON at byte 1: half of a surrogate pair");
	expect_bad("\"\\ud800\\udc0", "bad JSON at byte 1: half of a surrogate pair");
	expect_bad("\"a\xff\"", "bad JSON at byte 2: invalid UTF-8");
	expect_bad("\"\xc0\x80\"", "bad JSON at byte 1: invalid UTF-8");
	expect_bad("\"\xed\xa0\x80\"", "bad JSON at byte 1: invalid UTF-8");
	expect_bad("\"\xc3\"", "bad JSON at byte 1: invalid UTF-8");
	expect_bad("\"\xe2\x82", "bad JSON at byte 1: invalid UTF-8");
}
END_TEST

START_TEST(depth_is_bounded)
{
	char text[2 * DEPTH_MAX + 3];

	memset(text, '[', DEPTH_MAX);
	memset(text + DEPTH_MAX, ']', DEPTH_MAX);
	text[2 * DEPTH_MAX] = '\0';
	expect_good(text);
	memset(text, '[', DEPTH_MAX + 1);
	memset(text + DEPTH_MAX + 1, ']', DEPTH_MAX + 1);
	text[2 * DEPTH_MAX + 2] = '\0';
	expect_bad(text, "bad JSON at byte 32: nested deeper than 32 levels");
	expect_bad("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{\"a\":1",
		"bad JSON at byte 32: nested deeper than 32 levels");
}
END_TEST

START_TEST(duplicate_keys_are_refused)
{
	expect_bad("{\"a\":1,\"a\":2}", "bad JSON at byte 7: a key occurs twice in an object");
	expect_bad("{\"\":1,\"\":2}", "bad JSON at byte 6: a key occurs twice in an object");
	expect_bad("{\"z\":0,\"z\":1,\"a\":2,\"a\":3}",
		"bad JSON at byte 7: a key occurs twice in an object");
	expect_bad("{\"a\":1,\"b\":{\"x\":1,\"y\":2},\"a\":2}",
		"bad JSON at byte 25: a key occurs twice in an object");
	expect_bad("[{\"b\":[{\"a\":1,\"a\":1}]}]",
		"bad JSON at byte 14: a key occurs twice in an object");
}
END_TEST

START_TEST(keys_are_compared_after_unescaping)
{
	expect_bad(
		"{\"a\":1,\"\\u0061\":2}", "bad JSON at byte 7: a key occurs twice in an object");
	expect_bad(
		"{\"\\n\":1,\"\\u000A\":2}", "bad JSON at byte 8: a key occurs twice in an object");
	expect_bad("{\"\\/\":1,\"/\":2}", "bad JSON at byte 8: a key occurs twice in an object");
	expect_bad("{\"\\ud834\\udd1e\":1,\"\xf0\x9d\x84\x9e\":2}",
		"bad JSON at byte 18: a key occurs twice in an object");
	expect_good("{\"\\\\u0061\":1,\"a\":2}");
}
END_TEST

/* Objects of 64 KiB: milliseconds where comparing each with each would take half a minute. */
static double seconds_for(const char *text, size_t len, int expected)
{
	struct timespec begin, end;
	struct error err;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	ck_assert_int_eq(json_text_check(text, len, DEPTH_MAX, &err), expected);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	return (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
}

START_TEST(hostile_texts_are_cheap)
{
	static char text[65536 + 32];
	size_t len = 0;

	/* many short keys, the last one twice */
	text[len++] = '{';
	for (unsigned i = 0; len < 65536 - 16; i++)
		len += (size_t)sprintf(text + len, "\"%x\":0,", i);
	len += (size_t)sprintf(text + len, "\"0\":0}");
	ck_assert(seconds_for(text, len, -EINVAL) < 0.5);
	/* fewer keys that differ only at their ends, escaped all over */
	len = 0;
	text[len++] = '{';
	for (unsigned i = 0; len < 65536 - 512; i++)
		len += (size_t)sprintf(text + len,
			"\"\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061%x\":0,", i);
	len += (size_t)sprintf(text + len, "\"0\":0}");
	ck_assert(seconds_for(text, len, 0) < 0.5);
	/* nothing but opening brackets */
	memset(text, '[', 65536);
	ck_assert(seconds_for(text, 65536, -EINVAL) < 0.5);
}
END_TEST

START_TEST(next_number_finds_each_in_order)
{
	static const char text[] =
		"{\"1\":-1.5e+3,\"a\\\"2\\\\\":[0,\"3\",18446744073709551615],\"t\":true}";
	static const char *const expected[] = {"-1.5e+3", "0", "18446744073709551615"};
	size_t at = 0, len = 0;
	const char *number;

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		number = json_text_next_number(text, strlen(text), &at, &len);
		ck_assert_ptr_nonnull(number);
		ck_assert_uint_eq(len, strlen(expected[i]));
		ck_assert_mem_eq(number, expected[i], len);
	}
	ck_assert_ptr_null(json_text_next_number(text, strlen(text), &at, &len));
}
END_TEST

UNIT_SUITE("json/text", good_texts_pass, bad_structure_is_refused, bad_numbers_are_refused,
	numbers_have_a_greatest_length, bad_strings_are_refused, depth_is_bounded,
	duplicate_keys_are_refused, keys_are_compared_after_unescaping, hostile_texts_are_cheap,
	next_number_finds_each_in_order)
