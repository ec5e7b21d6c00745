/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * traffic.*: start, stop, pause, resume.
 *
 * stop and pause end later, when the engine says that the counters are final; the call itself is
 * the argument that the engine keeps, and rpc.c takes it back (engine_done_cancel) when its peer
 * goes away first.
 */
#include "api/handle.h"
#include "api/param.h"
#include "api/rpc.h"
#include "config/wire.h"
#include "engine/engine.h"

/* What of a start is a setting of flows: all but these. A new object, or NULL when nothing is left.
 */
static cJSON *get_options(const cJSON *params)
{
	static const char *const own[] = {"ports", "flows", "mode", "force"};
	cJSON *options = cJSON_Duplicate(params, true);

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(options, own[i]);
	if (options && !options->child) {
		cJSON_Delete(options);
		options = NULL;
	}
	return options;
}

static enum policy_mode get_mode(const cJSON *params)
{
	const char *name = param_string(params, "mode");

	if (!name)
		return POLICY_MODE_AUTO;
	return (enum policy_mode)policy_from_name(policy_mode_names, POLICY_MODE_COUNT, name);
}

/* The ports that were asked for: all of them when none was named. */
static cJSON *ports_to_json(const struct engine *engine, const cJSON *params)
{
	const cJSON *named = cJSON_GetObjectItemCaseSensitive(params, "ports");
	cJSON *object = cJSON_CreateObject(), *ports;
	const char *name;

	if (named) {
		cJSON_AddItemToObject(object, "ports", cJSON_Duplicate(named, true));
		return object;
	}
	ports = cJSON_AddArrayToObject(object, "ports");
	for (size_t i = 0; (name = engine_port_name(engine, i)); i++)
		cJSON_AddItemToArray(ports, cJSON_CreateString(name));
	return object;
}

int handle_traffic_start(struct rpc_call *call, cJSON **result, struct error *err)
{
	const char *ports[WIRE_PORTS_MAX], *flows[WIRE_FLOWS_MAX];
	cJSON *options = get_options(call->params);
	const struct engine_start start = {
		.ports = ports,
		.port_count = param_names(call->params, "ports", ports),
		.flows = flows,
		.flow_count = param_names(call->params, "flows", flows),
		.mode = get_mode(call->params),
		.force = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(call->params, "force")),
		.options = options,
	};
	int rc = engine_traffic_start(call->context->engine, &start, err);

	cJSON_Delete(options);
	if (rc)
		param_blame(err);
	else
		*result = ports_to_json(call->context->engine, call->params);
	return rc;
}

static void traffic_done(void *arg)
{
	struct rpc_call *call = arg;
	struct error err;
	cJSON *result;

	if (handle_stats_get(call, &result, &err))
		rpc_call_fail(call, &err);
	else
		rpc_call_finish(call, result);
}

typedef int end_fn(struct engine *engine, const char *const *ports, size_t n, engine_done_fn *done,
	void *arg, struct error *err);

/* The parameters of stop and pause are a part of those of stats.get, which gives the answer. */
static int end_traffic(struct rpc_call *call, end_fn *end, struct error *err)
{
	const char *ports[WIRE_PORTS_MAX];
	const size_t n = param_names(call->params, "ports", ports);
	int rc = end(call->context->engine, ports, n, traffic_done, call, err);

	return rc ? rc : RPC_LATER;
}

int handle_traffic_stop(struct rpc_call *call, cJSON **result, struct error *err)
{
	(void)result;
	return end_traffic(call, engine_traffic_stop, err);
}

int handle_traffic_pause(struct rpc_call *call, cJSON **result, struct error *err)
{
	(void)result;
	return end_traffic(call, engine_traffic_pause, err);
}

int handle_traffic_resume(struct rpc_call *call, cJSON **result, struct error *err)
{
	const char *ports[WIRE_PORTS_MAX];
	const size_t n = param_names(call->params, "ports", ports);
	int rc = engine_traffic_resume(call->context->engine, ports, n, err);

	if (!rc)
		*result = cJSON_CreateObject();
	return rc;
}
