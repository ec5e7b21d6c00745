/* SPDX-License-Identifier: BSD-2-Clause */
/* flow.*: descriptions of frames to send. */
#include "api/handle.h"
#include "api/param.h"
#include "api/rpc.h"
#include "engine/engine.h"
#include "json/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int handle_flow_list(struct rpc_call *call, cJSON **result, struct error *err)
{
	cJSON *object = cJSON_CreateObject(), *flows = cJSON_AddArrayToObject(object, "flows");
	const struct config_flow *flow;

	(void)err;
	for (size_t i = 0; (flow = engine_flow(call->context->engine, i)); i++)
		cJSON_AddItemToArray(flows, config_flow_to_json(flow));
	*result = object;
	return 0;
}

/* An error of one setting, told as an error of the whole list: "size" becomes "flows[2].size". */
static void locate_error(struct error *err, size_t index)
{
	char path[sizeof(err->param)];

	param_blame(err);
	if (snprintf(path, sizeof(path), "flows[%zu]%s%s", index, err->param[0] ? "." : "",
		    err->param) < (int)sizeof(path))
		text_copy(err->param, sizeof(err->param), path);
}

static int read_flow(struct config_flow *flow, const cJSON *object, struct error *err)
{
	int rc;

	config_flow_init(flow);
	rc = config_flow_set_json(flow, object, err);
	return rc ? rc : config_flow_check(flow, err);
}

typedef int give_fn(
	struct engine *engine, const struct config_flow *flows, size_t n, struct error *err);

static cJSON *names_to_json(const struct config_flow *flows, size_t n)
{
	cJSON *object = cJSON_CreateObject(), *names = cJSON_AddArrayToObject(object, "flows");

	for (size_t i = 0; i < n; i++)
		cJSON_AddItemToArray(names, cJSON_CreateString(flows[i].name));
	return object;
}

static int give_flows(struct rpc_call *call, give_fn *give, cJSON **result, struct error *err)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(call->params, "flows"), *object;
	struct config_flow *flows;
	size_t n = 0;
	int rc;

	flows = calloc((size_t)cJSON_GetArraySize(list), sizeof(*flows));
	if (!flows)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "no memory for the flows");
	cJSON_ArrayForEach(object, list)
	{
		rc = read_flow(&flows[n], object, err);
		if (rc) {
			locate_error(err, n);
			goto out;
		}
		n++;
	}
	rc = give(call->context->engine, flows, n, err);
	if (!rc)
		*result = names_to_json(flows, n);
out:
	free(flows);
	return rc;
}

int handle_flow_set(struct rpc_call *call, cJSON **result, struct error *err)
{
	return give_flows(call, engine_flow_set, result, err);
}

int handle_flow_append(struct rpc_call *call, cJSON **result, struct error *err)
{
	return give_flows(call, engine_flow_append, result, err);
}

int handle_flow_remove(struct rpc_call *call, cJSON **result, struct error *err)
{
	const char *name = param_string(call->params, "name");
	int rc = engine_flow_remove(call->context->engine, name, err);

	if (rc)
		return rc;
	*result = cJSON_CreateObject();
	cJSON_AddStringToObject(*result, "name", name);
	return 0;
}

static cJSON *hex_to_json(const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = malloc(2 * len + 1);
	cJSON *item;

	if (!hex)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[2 * len] = '\0';
	item = cJSON_CreateString(hex);
	free(hex);
	return item;
}

int handle_flow_frame(struct rpc_call *call, cJSON **result, struct error *err)
{
	const char *name = param_string(call->params, "name");
	uint8_t *bytes;
	uint64_t n = 0;
	size_t len;
	int rc;

	json_get_u64(cJSON_GetObjectItemCaseSensitive(call->params, "n"), &n);
	rc = engine_frame(call->context->engine, name, n, &bytes, &len, err);
	if (rc)
		return rc;
	*result = cJSON_CreateObject();
	cJSON_AddStringToObject(*result, "name", name);
	json_add_u64(*result, "n", n);
	json_add_u64(*result, "length", len);
	cJSON_AddItemToObject(*result, "hex", hex_to_json(bytes, len));
	free(bytes);
	return 0;
}
