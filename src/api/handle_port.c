/* SPDX-License-Identifier: BSD-2-Clause */
/* port.*: the attachments to networks. */
#include "api/handle.h"
#include "api/param.h"
#include "api/rpc.h"
#include "engine/engine.h"
#include "json/json.h"
#include "util/netaddr.h"

#include <string.h>

static cJSON *summary_to_json(const struct engine_port_info *info)
{
	cJSON *port = cJSON_CreateObject();

	cJSON_AddStringToObject(port, "name", info->config.name);
	cJSON_AddStringToObject(port, "location", info->config.location);
	cJSON_AddStringToObject(port, "state", port_state_names[info->state]);
	cJSON_AddStringToObject(port, "link", port_link_names[info->link]);
	return port;
}

static cJSON *name_to_json(const cJSON *params)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", param_string(params, "name"));
	return object;
}

int handle_port_list(struct rpc_call *call, cJSON **result, struct error *err)
{
	struct engine *engine = call->context->engine;
	cJSON *object = cJSON_CreateObject(), *ports = cJSON_AddArrayToObject(object, "ports");
	const char *name;

	for (size_t i = 0; (name = engine_port_name(engine, i)); i++) {
		struct engine_port_info info;
		int rc = engine_port_describe(engine, name, &info, err);

		if (rc) {
			cJSON_Delete(object);
			return rc;
		}
		cJSON_AddItemToArray(ports, summary_to_json(&info));
	}
	*result = object;
	return 0;
}

static cJSON *device_to_json(const struct engine_port_info *info)
{
	cJSON *device = cJSON_CreateObject(), *cpus;
	char mac[NETADDR_TEXT_LEN];

	cJSON_AddStringToObject(device, "driver", info->driver);
	cJSON_AddStringToObject(device, "mac", netaddr_format_mac(info->mac, mac, sizeof(mac)));
	json_add_u64(device, "mtu", info->mtu);
	json_add_u64(device, "frame_max", info->frame_max);
	json_add_u64(device, "speed_mbps", info->speed_mbps);
	json_add_u64(device, "queues_max", info->queues_max);
	json_add_u64(device, "align", info->align);
	json_add_u64(device, "headroom", info->headroom);
	cJSON_AddStringToObject(device, "features", info->features);
	cpus = cJSON_AddArrayToObject(device, "cpus");
	for (uint32_t i = 0; i < info->config.queues && i < CONFIG_QUEUES_MAX; i++)
		cJSON_AddItemToArray(cpus, cJSON_CreateNumber(info->cpus[i]));
	return device;
}

int handle_port_show(struct rpc_call *call, cJSON **result, struct error *err)
{
	struct engine_port_info info;
	cJSON *port;
	int rc;

	rc = engine_port_describe(
		call->context->engine, param_string(call->params, "name"), &info, err);
	if (rc)
		return rc;
	port = summary_to_json(&info);
	cJSON_AddStringToObject(port, "reason", info.reason);
	cJSON_AddItemToObject(port, "settings", config_port_to_json(&info.config));
	if (info.has_device)
		cJSON_AddItemToObject(port, "device", device_to_json(&info));
	if (info.capture.state != ENGINE_CAPTURE_NONE)
		cJSON_AddItemToObject(port, "capture", capture_to_json(&info.capture));
	*result = port;
	return 0;
}

int handle_port_add(struct rpc_call *call, cJSON **result, struct error *err)
{
	struct config_port port;
	int rc;

	config_port_init(&port);
	rc = config_port_set_json(&port, call->params, err);
	if (!rc)
		rc = config_port_check(&port, err);
	if (!rc)
		rc = engine_port_add(call->context->engine, &port, err);
	if (rc)
		param_blame(err);
	else
		*result = name_to_json(call->params);
	return rc;
}

int handle_port_remove(struct rpc_call *call, cJSON **result, struct error *err)
{
	int rc = engine_port_remove(call->context->engine, param_string(call->params, "name"), err);

	if (!rc)
		*result = name_to_json(call->params);
	return rc;
}

int handle_port_probe(struct rpc_call *call, cJSON **result, struct error *err)
{
	const char *location = param_string(call->params, "location");
	cJSON *object, *findings;
	struct engine_probe probe;
	char *rest, *line;
	int rc;

	rc = engine_probe(location, &probe, err);
	if (rc)
		return rc;
	object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "location", location);
	cJSON_AddBoolToObject(object, "usable", probe.usable);
	findings = cJSON_AddArrayToObject(object, "findings");
	for (line = strtok_r(probe.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		cJSON_AddItemToArray(findings, cJSON_CreateString(line));
	*result = object;
	return 0;
}
