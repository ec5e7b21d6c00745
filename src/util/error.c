/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filling a struct error, and the names of the reasons as the control socket spells them.
 *
 * The texts may quote what a peer sent, or the error that is being replaced: a new error is put
 * together apart, by text_format_line(), and then takes the place of the old one as a whole.
 */
#include "util/error.h"

#include "util/text.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

static const char *const reason_names[] = {
	[ERROR_NONE] = "none",
	[ERROR_INVALID] = "invalid",
	[ERROR_NOT_FOUND] = "not-found",
	[ERROR_EXISTS] = "exists",
	[ERROR_BUSY] = "busy",
	[ERROR_NOT_RUNNING] = "not-running",
	[ERROR_NOT_PERMITTED] = "not-permitted",
	[ERROR_NEEDS_FORCE] = "needs-force",
	[ERROR_UNSUPPORTED] = "unsupported",
	[ERROR_LINK_DOWN] = "link-down",
	[ERROR_DEVICE] = "device",
	[ERROR_LIMIT] = "limit",
	[ERROR_INTERNAL] = "internal",
};
static_assert(sizeof(reason_names) / sizeof(reason_names[0]) == ERROR_REASON_COUNT,
	"every reason has a name");

int error_set(struct error *err, int err_no, enum error_reason reason, const char *param,
	const char *format, ...)
{
	struct error new = {.reason = reason};
	va_list arguments;

	text_copy(new.param, sizeof(new.param), param ? param : "");
	va_start(arguments, format);
	text_format_line(new.message, sizeof(new.message), format, arguments);
	va_end(arguments);
	*err = new;
	return -err_no;
}

void error_hint(struct error *err, const char *format, ...)
{
	char hint[sizeof(err->hint)];
	va_list arguments;

	va_start(arguments, format);
	text_format_line(hint, sizeof(hint), format, arguments);
	va_end(arguments);
	memcpy(err->hint, hint, sizeof(hint));
}

const char *error_reason_name(enum error_reason reason)
{
	assert(reason < ERROR_REASON_COUNT);
	return reason_names[reason];
}

enum error_reason error_reason_from_name(const char *name)
{
	for (unsigned reason = 0; reason < ERROR_REASON_COUNT; reason++) {
		if (strcmp(reason_names[reason], name) == 0)
			return (enum error_reason)reason;
	}
	return ERROR_NONE;
}
