/* SPDX-License-Identifier: BSD-2-Clause */
/* system.* and rpc.*: what the daemon says about itself. */
#include "api/discover.h"
#include "api/handle.h"
#include "api/rpc.h"
#include "config.h"
#include "config/wire.h"
#include "engine/engine.h"
#include "json/json.h"
#include "util/clock.h"

#include <string.h>
#include <unistd.h>

static void add_limits(cJSON *hello)
{
	static const struct {
		const char *key;
		uint64_t value;
	} limits[] = {
		{"frame_bytes", WIRE_FRAME_MAX},
		{"depth", JSON_DEPTH_MAX},
		{"connections", WIRE_CONNECTIONS_MAX},
		{"batch", WIRE_BATCH_MAX},
		{"ports", WIRE_PORTS_MAX},
		{"flows", WIRE_FLOWS_MAX},
	};
	cJSON *object = cJSON_AddObjectToObject(hello, "limits");

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		json_add_u64(object, limits[i].key, limits[i].value);
}

/* The nouns of the method table, each once; the methods of a noun stand together. */
static void add_capabilities(cJSON *hello)
{
	cJSON *list = cJSON_AddArrayToObject(hello, "capabilities");
	char last[32] = "";

	for (size_t i = 0; i < method_count; i++) {
		char noun[sizeof(last)];

		text_copy(noun, sizeof(noun), methods[i].name);
		noun[strcspn(noun, ".")] = '\0';
		if (strcmp(noun, last) == 0)
			continue;
		cJSON_AddItemToArray(list, cJSON_CreateString(noun));
		memcpy(last, noun, sizeof(last));
	}
}

int handle_system_hello(struct rpc_call *call, cJSON **result, struct error *err)
{
	const uint64_t up_ns = clock_now_ns() - call->context->started_ns;
	const char *const *backends;
	const size_t backend_count = engine_backends(&backends);
	cJSON *hello = cJSON_CreateObject();

	(void)err;
	cJSON_AddStringToObject(hello, "name", PACKAGE_NAME);
	cJSON_AddStringToObject(hello, "version", PACKAGE_VERSION);
	json_add_u64(hello, "pid", (uint64_t)getpid());
	json_add_u64(hello, "uptime_seconds", up_ns / NS_PER_S);
	add_limits(hello);
	cJSON_AddItemToObject(
		hello, "backends", cJSON_CreateStringArray(backends, (int)backend_count));
	add_capabilities(hello);
	*result = hello;
	return 0;
}

int handle_rpc_discover(struct rpc_call *call, cJSON **result, struct error *err)
{
	(void)call;
	(void)err;
	*result = discover_document();
	return 0;
}
