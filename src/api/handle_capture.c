/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capture.*: what a port receives, into a file. Both calls end later: start when every frame that
 * arrives is captured, stop when the file is closed.
 */
#include "api/handle.h"
#include "api/param.h"
#include "api/rpc.h"
#include "engine/engine.h"
#include "json/json.h"

#include <errno.h>
#include <string.h>

cJSON *capture_to_json(const struct engine_capture_info *info)
{
	cJSON *capture = cJSON_CreateObject();

	cJSON_AddStringToObject(capture, "write", info->file);
	cJSON_AddStringToObject(capture, "state", engine_capture_state_names[info->state]);
	cJSON_AddStringToObject(capture, "reason", info->reason);
	json_add_u64(capture, "frames", info->frames);
	json_add_u64(capture, "bytes", info->size);
	json_add_u64(capture, "filtered", info->filtered);
	json_add_u64(capture, "dropped", info->dropped);
	json_add_u64(capture, "missed", info->missed);
	return capture;
}

/* Answers with how the capture stands; a file that could not be written to its end is an error. */
static void capture_done(void *arg)
{
	struct rpc_call *call = arg;
	const char *port = param_string(call->params, "port");
	struct engine_port_info info;
	struct error err;
	cJSON *result;

	if (engine_port_describe(call->context->engine, port, &info, &err) != 0) {
		rpc_call_fail(call, &err);
		return;
	}
	if (info.capture.state == ENGINE_CAPTURE_FAILED) {
		error_set(&err, EIO, ERROR_INTERNAL, "write",
			"%.300s: %s; the file has the first %llu frames, %llu are missing",
			info.capture.file, info.capture.reason,
			(unsigned long long)info.capture.frames,
			(unsigned long long)info.capture.dropped);
		rpc_call_fail(call, &err);
		return;
	}
	result = capture_to_json(&info.capture);
	cJSON_AddStringToObject(result, "port", port);
	rpc_call_finish(call, result);
}

static uint64_t get_u64(const cJSON *params, const char *key)
{
	uint64_t value = 0;

	json_get_u64(cJSON_GetObjectItemCaseSensitive(params, key), &value);
	return value;
}

int handle_capture_start(struct rpc_call *call, cJSON **result, struct error *err)
{
	const struct engine_capture capture = {
		.port = param_string(call->params, "port"),
		.file = param_string(call->params, "write"),
		.filter = param_string(call->params, "filter"),
		.snaplen = get_u64(call->params, "snaplen"),
		.count = get_u64(call->params, "count"),
	};
	int rc;

	(void)result;
	if (capture.file[0] != '/') {
		error_set(err, EINVAL, ERROR_INVALID, "write", "\"%.300s\" is no whole path",
			capture.file);
		error_hint(err, "begin with /: the daemon has a directory of its own");
		return -EINVAL;
	}
	rc = engine_capture_start(call->context->engine, &capture, capture_done, call, err);
	return rc ? rc : RPC_LATER;
}

int handle_capture_stop(struct rpc_call *call, cJSON **result, struct error *err)
{
	int rc = engine_capture_stop(
		call->context->engine, param_string(call->params, "port"), capture_done, call, err);

	(void)result;
	return rc ? rc : RPC_LATER;
}
