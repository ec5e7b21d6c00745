/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON-RPC 2.0: requests are taken apart, checked against the method table, run and answered.
 *
 * A message counts its open calls, plus one while it is being taken apart, so that a call that ends
 * at once does not answer a batch of which half has not been looked at. Each call owns its own part
 * of the parsed text: what a batch carries beside a deferred call is not kept. Answers are printed
 * as they come, and a batch whose answers have grown too long runs no further calls. Nothing here
 * depends on how a peer is connected; the sections cited are those of the JSON-RPC 2.0
 * specification.
 */
#include "api/rpc.h"

#include "api/method.h"
#include "api/param.h"
#include "config/wire.h"
#include "engine/engine.h"
#include "json/json.h"
#include "util/log.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

struct rpc_message {
	LIST_ENTRY(rpc_message) link;
	struct rpc_peer *peer;
	struct evbuffer *answer;
	bool batch;
	size_t open;
	LIST_HEAD(, rpc_call) calls;
};

/* The codes of the specification come from the place that finds the fault; the others from the
 * reason. */
static int code_of(const struct error *err)
{
	if (err->reason == ERROR_INVALID)
		return WIRE_RPC_INVALID_PARAMS;
	return WIRE_RPC_SERVER_FIRST - (int)err->reason;
}

static cJSON *error_to_json(int code, const struct error *err)
{
	cJSON *error = cJSON_CreateObject();
	cJSON *data;

	cJSON_AddNumberToObject(error, "code", code);
	cJSON_AddStringToObject(error, "message", err->message);
	data = cJSON_AddObjectToObject(error, "data");
	cJSON_AddStringToObject(data, "reason", error_reason_name(err->reason));
	cJSON_AddStringToObject(data, "param", err->param);
	cJSON_AddStringToObject(data, "hint", err->hint);
	return error;
}

/* The same id that the request had, a number with all of its digits (§5). */
static void add_id(cJSON *answer, const cJSON *id)
{
	if (cJSON_IsNumber(id))
		cJSON_AddRawToObject(answer, "id", json_number_text(id));
	else if (cJSON_IsString(id))
		cJSON_AddStringToObject(answer, "id", id->valuestring);
	else
		cJSON_AddNullToObject(answer, "id");
}

/* Prints {"jsonrpc", member: value, "id"}; takes value. */
static void print_answer(struct evbuffer *to, const char *member, cJSON *value, const cJSON *id)
{
	cJSON *answer = cJSON_CreateObject();
	char *text;

	cJSON_AddStringToObject(answer, "jsonrpc", "2.0");
	if (!cJSON_AddItemToObject(answer, member, value))
		cJSON_Delete(value);
	add_id(answer, id);
	text = cJSON_PrintUnformatted(answer);
	if (!text || evbuffer_add(to, text, strlen(text)))
		log_error("no memory for an answer on the control socket");
	cJSON_free(text);
	cJSON_Delete(answer);
}

void rpc_refuse(struct evbuffer *to, const struct error *err)
{
	print_answer(to, "error", error_to_json(code_of(err), err), NULL);
	evbuffer_add(to, "\n", 1);
}

static struct rpc_message *message_new(struct rpc_peer *peer)
{
	struct rpc_message *message = calloc(1, sizeof(*message));

	if (!message)
		return NULL;
	message->answer = evbuffer_new();
	if (!message->answer) {
		free(message);
		return NULL;
	}
	message->peer = peer;
	message->open = 1;
	LIST_INSERT_HEAD(&peer->messages, message, link);
	peer->message_count++;
	return message;
}

static void message_free(struct rpc_message *message)
{
	LIST_REMOVE(message, link);
	message->peer->message_count--;
	evbuffer_free(message->answer);
	free(message);
}

/* One call less is open; the last one sends the answer. */
static void message_release(struct rpc_message *message)
{
	struct rpc_peer *peer = message->peer;

	if (--message->open > 0)
		return;
	if (evbuffer_get_length(message->answer) > 0) {
		if (message->batch)
			evbuffer_add(message->answer, "]", 1);
		evbuffer_add(message->answer, "\n", 1);
	}
	peer->answer(peer->arg, message->answer);
	message_free(message);
}

/* Adds one answer to its message; takes value. */
static void message_answer(
	struct rpc_message *message, const char *member, cJSON *value, const cJSON *id)
{
	if (message->batch)
		evbuffer_add(message->answer, evbuffer_get_length(message->answer) ? "," : "[", 1);
	print_answer(message->answer, member, value, id);
}

static void call_free(struct rpc_call *call)
{
	LIST_REMOVE(call, link);
	cJSON_Delete(call->request);
	free(call);
}

static void call_end(struct rpc_call *call, const char *member, cJSON *value)
{
	struct rpc_message *message = call->message;

	if (call->silent)
		cJSON_Delete(value);
	else
		message_answer(message, member, value, call->id);
	call_free(call);
	message_release(message);
}

static void call_fail(struct rpc_call *call, int code, const struct error *err)
{
	call_end(call, "error", error_to_json(code, err));
}

void rpc_call_fail(struct rpc_call *call, const struct error *err)
{
	call_fail(call, code_of(err), err);
}

void rpc_call_finish(struct rpc_call *call, cJSON *result)
{
	struct error err;

	if (result) {
		call_end(call, "result", result);
		return;
	}
	error_set(&err, ENOMEM, ERROR_INTERNAL, NULL, "no memory for the result");
	call_fail(call, WIRE_RPC_INTERNAL_ERROR, &err);
}

/* Members beyond those of §4 are refused: a slip in "params" must not start all ports. */
static int check_members(const cJSON *request, struct error *err)
{
	static const char *const known[] = {"jsonrpc", "method", "params", "id"};
	const size_t n = sizeof(known) / sizeof(known[0]);
	const cJSON *member;

	cJSON_ArrayForEach(member, request)
	{
		const char *nearest;
		size_t i = 0;

		while (i < n && strcmp(known[i], member->string))
			i++;
		if (i < n)
			continue;
		error_set(err, EINVAL, ERROR_INVALID, NULL, "a request has no member \"%s\"",
			member->string);
		nearest = text_nearest(member->string, known, n);
		if (nearest)
			error_hint(err, "did you mean \"%s\"?", nearest);
		return -EINVAL;
	}
	return 0;
}

/* Fills call from its request (§4). An id that is right is echoed even when the rest is wrong. */
static int call_take_apart(struct rpc_call *call, struct error *err)
{
	const cJSON *request = call->request;
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(request, "jsonrpc");
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(request, "id");
	const cJSON *params = cJSON_GetObjectItemCaseSensitive(request, "params");

	if (!cJSON_IsObject(request))
		return error_set(err, EINVAL, ERROR_INVALID, NULL, "a request is an object");
	if (cJSON_IsString(id) || cJSON_IsNumber(id))
		call->id = id;
	else if (id && !cJSON_IsNull(id))
		return error_set(err, EINVAL, ERROR_INVALID, NULL,
			"\"id\" must be a string, a number or null");
	if (!cJSON_IsString(version) || strcmp(version->valuestring, "2.0"))
		return error_set(err, EINVAL, ERROR_INVALID, NULL, "\"jsonrpc\" must be \"2.0\"");
	if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(request, "method")))
		return error_set(err, EINVAL, ERROR_INVALID, NULL, "\"method\" must be a string");
	if (params && !cJSON_IsObject(params) && !cJSON_IsArray(params))
		return error_set(err, EINVAL, ERROR_INVALID, NULL,
			"\"params\" must be an object or an array");
	if (check_members(request, err))
		return -EINVAL;
	call->params = params;
	call->silent = !id;
	return 0;
}

static void log_change(const struct rpc_call *call, const struct method *method)
{
	const struct rpc_peer *peer = call->message->peer;

	if (method->access == METHOD_CHANGE)
		log_info("%s called by uid %lu, pid %ld", method->name, (unsigned long)peer->uid,
			(long)peer->pid);
}

static void call_run(struct rpc_call *call)
{
	const char *name = cJSON_GetObjectItemCaseSensitive(call->request, "method")->valuestring;
	const struct method *method;
	cJSON *result = NULL;
	struct error err;
	int rc;

	method = method_find(name, &err);
	if (!method) {
		call_fail(call, WIRE_RPC_METHOD_NOT_FOUND, &err);
		return;
	}
	if (param_check(method, call->params, &err)) {
		rpc_call_fail(call, &err);
		return;
	}
	log_change(call, method);
	rc = method->handle(call, &result, &err);
	if (rc == RPC_LATER)
		return; /* and call may be gone */
	if (rc)
		rpc_call_fail(call, &err);
	else
		rpc_call_finish(call, result);
}

/* Takes request. */
static void message_dispatch(struct rpc_message *message, cJSON *request)
{
	struct rpc_call *call = calloc(1, sizeof(*call));
	struct error err;

	if (!call) {
		log_error("no memory for a call on the control socket");
		cJSON_Delete(request);
		return;
	}
	call->message = message;
	call->context = message->peer->context;
	call->request = request;
	LIST_INSERT_HEAD(&message->calls, call, link);
	message->open++;
	if (call_take_apart(call, &err)) {
		call_fail(call, WIRE_RPC_INVALID_REQUEST, &err);
	} else if (evbuffer_get_length(message->answer) > RPC_ANSWER_MAX) {
		error_set(&err, E2BIG, ERROR_LIMIT, NULL,
			"the answers to this batch are too long already");
		error_hint(&err, "send fewer calls in a batch");
		rpc_call_fail(call, &err);
	} else {
		call_run(call);
	}
}

static void message_fail(struct rpc_message *message, int code, const struct error *err)
{
	message_answer(message, "error", error_to_json(code, err), NULL);
}

/* §6. Takes batch. */
static void message_dispatch_batch(struct rpc_message *message, cJSON *batch)
{
	int n = cJSON_GetArraySize(batch);
	struct error err;

	if (n == 0) {
		error_set(&err, EINVAL, ERROR_INVALID, NULL, "a batch needs at least one call");
		message_fail(message, WIRE_RPC_INVALID_REQUEST, &err);
	} else if (n > WIRE_BATCH_MAX) {
		error_set(&err, E2BIG, ERROR_LIMIT, NULL,
			"%d calls are too many for a batch, at most %d are allowed", n,
			WIRE_BATCH_MAX);
		message_fail(message, code_of(&err), &err);
	} else {
		message->batch = true;
		while (n-- > 0)
			message_dispatch(message, cJSON_DetachItemFromArray(batch, 0));
	}
	cJSON_Delete(batch);
}

void rpc_receive(struct rpc_peer *peer, const char *text, size_t len)
{
	struct rpc_message *message = message_new(peer);
	struct error err;
	cJSON *tree;

	if (!message) {
		log_error("no memory for a message on the control socket");
		return;
	}
	tree = json_parse(text, len, &err);
	if (!tree)
		message_fail(message, WIRE_RPC_PARSE_ERROR, &err);
	else if (cJSON_IsArray(tree))
		message_dispatch_batch(message, tree);
	else
		message_dispatch(message, tree);
	message_release(message);
}

void rpc_peer_fini(struct rpc_peer *peer)
{
	while (!LIST_EMPTY(&peer->messages)) {
		struct rpc_message *message = LIST_FIRST(&peer->messages);

		while (!LIST_EMPTY(&message->calls)) {
			struct rpc_call *call = LIST_FIRST(&message->calls);

			engine_done_cancel(peer->context->engine, call);
			call_free(call);
		}
		message_free(message);
	}
}
