/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two tables: what the exit statuses mean, and which status each reason of the daemon's leads to.
 * Owned by whoever declared the struct failure.
 */
#include "ctl/failure.h"

#include "config/wire.h"
#include "ctl/memory.h"
#include "json/json.h"
#include "util/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *const ctl_exit_meanings[CTL_EXIT_COUNT] = {
	[CTL_DONE] = "done",
	[CTL_FAILED] = "failed",
	[CTL_USAGE] = "usage",
	[CTL_UNREACHABLE] = "daemon not reachable",
	[CTL_NOT_PERMITTED] = "not permitted",
	[CTL_REFUSED] = "the daemon refused the parameters",
	[CTL_NOT_RUNNING] = "not running",
	[CTL_DEVICE] = "link or device fault",
};

/* The reason in the document of a fault that pktgenctl found. */
static const char *const local_reasons[CTL_EXIT_COUNT] = {
	[CTL_DONE] = "none",
	[CTL_FAILED] = "failed",
	[CTL_USAGE] = "usage",
	[CTL_UNREACHABLE] = "unreachable",
	[CTL_NOT_PERMITTED] = "not-permitted",
	[CTL_REFUSED] = "invalid",
	[CTL_NOT_RUNNING] = "not-running",
	[CTL_DEVICE] = "device",
};

static const enum ctl_exit reason_status[] = {
	[ERROR_NONE] = CTL_FAILED,
	[ERROR_INVALID] = CTL_REFUSED,
	[ERROR_NOT_FOUND] = CTL_REFUSED,
	[ERROR_EXISTS] = CTL_REFUSED,
	[ERROR_BUSY] = CTL_FAILED,
	[ERROR_NOT_RUNNING] = CTL_NOT_RUNNING,
	[ERROR_NOT_PERMITTED] = CTL_NOT_PERMITTED,
	[ERROR_NEEDS_FORCE] = CTL_REFUSED,
	[ERROR_UNSUPPORTED] = CTL_REFUSED,
	[ERROR_LINK_DOWN] = CTL_DEVICE,
	[ERROR_DEVICE] = CTL_DEVICE,
	[ERROR_LIMIT] = CTL_REFUSED,
	[ERROR_INTERNAL] = CTL_FAILED,
};
static_assert(sizeof(reason_status) / sizeof(reason_status[0]) == ERROR_REASON_COUNT,
	"each reason has its exit status");

int failure_set(
	struct failure *failure, enum ctl_exit status, const char *param, const char *format, ...)
{
	cJSON *data;
	char *message;
	va_list args;

	va_start(args, format);
	message = memory_format(format, args);
	va_end(args);
	failure->status = status;
	failure->document = cJSON_CreateObject();
	json_add_u64(failure->document, "code", status);
	cJSON_AddStringToObject(failure->document, "message", message);
	data = cJSON_AddObjectToObject(failure->document, "data");
	cJSON_AddStringToObject(data, "reason", local_reasons[status]);
	if (param)
		cJSON_AddStringToObject(data, "param", param);
	free(message);
	return status;
}

void failure_hint(struct failure *failure, const char *format, ...)
{
	cJSON *data = cJSON_GetObjectItemCaseSensitive(failure->document, "data");
	char *hint;
	va_list args;

	va_start(args, format);
	hint = memory_format(format, args);
	va_end(args);
	cJSON_AddStringToObject(data, "hint", hint);
	free(hint);
}

const char *failure_data(const cJSON *document, const char *key)
{
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(document, "data");
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(data, key));

	return text ? text : "";
}

/* Errors of the protocol itself may come without a reason. */
static enum ctl_exit status_of_code(const cJSON *code)
{
	if (cJSON_IsNumber(code) && (code->valueint == WIRE_RPC_INVALID_PARAMS ||
					    code->valueint == WIRE_RPC_METHOD_NOT_FOUND))
		return CTL_REFUSED;
	return CTL_FAILED;
}

int failure_from_remote(struct failure *failure, cJSON *error)
{
	enum error_reason reason = error_reason_from_name(failure_data(error, "reason"));

	failure->document = error;
	failure->status = reason == ERROR_NONE
				  ? status_of_code(cJSON_GetObjectItemCaseSensitive(error, "code"))
				  : reason_status[reason];
	return failure->status;
}

void failure_fini(struct failure *failure)
{
	cJSON_Delete(failure->document);
	*failure = (struct failure){.status = CTL_DONE};
}
