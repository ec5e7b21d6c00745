/* SPDX-License-Identifier: BSD-2-Clause */
/* util/error: what reaches the person who asked. */
#include "unit.h"
#include "util/error.h"

#include <errno.h>
#include <string.h>

START_TEST(set_fills_everything_and_returns_the_errno)
{
	struct error err;

	memset(&err, 'x', sizeof(err));
	ck_assert_int_eq(
		error_set(&err, EBUSY, ERROR_BUSY, "port", "port %s is running", "p0"), -EBUSY);
	ck_assert_int_eq(err.reason, ERROR_BUSY);
	ck_assert_str_eq(err.param, "port");
	ck_assert_str_eq(err.message, "port p0 is running");
	ck_assert_str_eq(err.hint, "");
	error_hint(&err, "stop %s first", "p0");
	ck_assert_str_eq(err.hint, "stop p0 first");
	ck_assert_str_eq(err.message, "port p0 is running");
}
END_TEST

START_TEST(set_takes_no_param_and_drops_the_old_hint)
{
	struct error err = {.param = "old", .hint = "old"};

	error_set(&err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	ck_assert_str_eq(err.param, "");
	ck_assert_str_eq(err.hint, "");
}
END_TEST

START_TEST(set_may_quote_the_error_it_replaces)
{
	struct error err;

	error_set(&err, EINVAL, ERROR_INVALID, "size", "too small");
	error_set(&err, EINVAL, err.reason, err.param, "flow f: %s", err.message);
	ck_assert_str_eq(err.param, "size");
	ck_assert_str_eq(err.message, "flow f: too small");
}
END_TEST

START_TEST(long_texts_are_cut_and_stay_one_line)
{
	char text[2000];
	struct error err;

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text[1] = '\n';
	error_set(&err, EINVAL, ERROR_INVALID, text, "%s", text);
	error_hint(&err, "%s", text);
	ck_assert_uint_eq(strlen(err.param), sizeof(err.param) - 1);
	ck_assert_uint_eq(strlen(err.message), sizeof(err.message) - 1);
	ck_assert_uint_eq(strlen(err.hint), sizeof(err.hint) - 1);
	ck_assert(strncmp(err.message, "a?aa", 4) == 0);
}
END_TEST

START_TEST(reasons_and_names_agree_both_ways)
{
	for (unsigned i = 0; i < ERROR_REASON_COUNT; i++)
		ck_assert_uint_eq(error_reason_from_name(error_reason_name(i)), i);
	ck_assert_str_eq(error_reason_name(ERROR_INVALID), "invalid");
	ck_assert_str_eq(error_reason_name(ERROR_NOT_FOUND), "not-found");
	ck_assert_str_eq(error_reason_name(ERROR_LINK_DOWN), "link-down");
	ck_assert_int_eq(error_reason_from_name("nonsense"), ERROR_NONE);
	ck_assert_int_eq(error_reason_from_name(""), ERROR_NONE);
}
END_TEST

UNIT_SUITE("util/error", set_fills_everything_and_returns_the_errno,
	set_takes_no_param_and_drops_the_old_hint, set_may_quote_the_error_it_replaces,
	long_texts_are_cut_and_stay_one_line, reasons_and_names_agree_both_ways)
