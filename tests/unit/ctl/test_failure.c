/* SPDX-License-Identifier: BSD-2-Clause */
/* Failures: one shape for both sources, one status for each reason. */
#include "ctl/document.h"
#include "ctl/failure.h"
#include "json/json.h"
#include "unit.h"

#include <string.h>

static struct failure failure;

static int status_of(const char *error)
{
	struct error err;
	int status = failure_from_remote(&failure, json_parse(error, strlen(error), &err));

	failure_fini(&failure);
	return status;
}

START_TEST(own_failures_look_like_the_daemons)
{
	char *text;

	ck_assert_int_eq(failure_set(&failure, CTL_USAGE, "socket", "%d words", 2), CTL_USAGE);
	failure_hint(&failure, "take %d", 1);
	text = document_text(failure.document, false);
	ck_assert_str_eq(text, "{\"code\":2,\"message\":\"2 words\",\"data\":"
			       "{\"reason\":\"usage\",\"param\":\"socket\",\"hint\":\"take 1\"}}");
	free(text);
	failure_fini(&failure);
	ck_assert_int_eq(failure.status, CTL_DONE);
	ck_assert_ptr_null(failure.document);
}
END_TEST

START_TEST(reason_beats_code)
{
	ck_assert_int_eq(
		status_of("{\"code\":-32602,\"data\":{\"reason\":\"link-down\"}}"), CTL_DEVICE);
	ck_assert_int_eq(
		status_of("{\"code\":-1,\"data\":{\"reason\":\"needs-force\"}}"), CTL_REFUSED);
	ck_assert_int_eq(status_of("{\"code\":-1,\"data\":{\"reason\":\"busy\"}}"), CTL_FAILED);
}
END_TEST

START_TEST(code_decides_without_reason)
{
	ck_assert_int_eq(status_of("{\"code\":-32602}"), CTL_REFUSED);
	ck_assert_int_eq(status_of("{\"code\":-32601,\"data\":{\"reason\":\"new\"}}"), CTL_REFUSED);
	ck_assert_int_eq(status_of("{\"code\":-32603,\"data\":{\"reason\":7}}"), CTL_FAILED);
	ck_assert_int_eq(status_of("{\"code\":\"-32602\"}"), CTL_FAILED);
	ck_assert_int_eq(status_of("{}"), CTL_FAILED);
}
END_TEST

UNIT_SUITE("ctl/failure", own_failures_look_like_the_daemons, reason_beats_code,
	code_decides_without_reason)
