/* SPDX-License-Identifier: BSD-2-Clause */
/* Configurations as values: their defaults, and what must hold between settings. Control thread. */
#include "config/config.h"

#include "config/wire.h"
#include "util/cpu.h"

#include <errno.h>
#include <stdlib.h>

void config_daemon_init(struct config_daemon *daemon)
{
	*daemon = (struct config_daemon){
		.socket = WIRE_SOCKET_DEFAULT,
		.metrics = WIRE_METRICS_DEFAULT,
		.status_interval_ns = UINT64_C(10000000000),
	};
}

void config_port_init(struct config_port *port)
{
	*port = (struct config_port){
		.cpu = CPU_AUTO,
		.queues = 1,
		.pool_objects = 1024,
		.pool_object_size = 2048,
		.promiscuous = true,
		.rate_limit.unit = RATE_MAX,
	};
}

void config_flow_init(struct config_flow *flow)
{
	*flow = (struct config_flow){
		.rate.unit = RATE_MAX,
		.rate_layer = CONFIG_RATE_L1,
		.burst = 64,
		.build = POLICY_BUILD_COPY,
		.alloc = POLICY_ALLOC_POOL,
		.on_full = POLICY_ON_FULL_RETRY,
	};
	frame_spec_init(&flow->frame);
}

static int refuse_missing(struct error *err, const char *param, const char *hint)
{
	error_set(err, EINVAL, ERROR_INVALID, param, "this setting is missing");
	error_hint(err, "%s", hint);
	return -EINVAL;
}

int config_port_check(const struct config_port *port, struct error *err)
{
	if (!port->name[0])
		return refuse_missing(err, "name", "every port has a name, such as p0");
	if (!port->location[0])
		return refuse_missing(
			err, "location", "say where the port is, such as packet:eth0");
	return 0;
}

static int check_versions(const struct config_flow *flow, struct error *err)
{
	if (!flow->src_ip_version || !flow->dst_ip_version ||
		flow->src_ip_version == flow->dst_ip_version)
		return 0;
	error_set(err, EINVAL, ERROR_INVALID, "dst-ip", "src-ip is IPv%d but dst-ip is IPv%d",
		flow->src_ip_version, flow->dst_ip_version);
	error_hint(err, "give both in the same version, or leave one out");
	return -EINVAL;
}

int config_flow_check(const struct config_flow *flow, struct error *err)
{
	struct frame_spec spec = flow->frame;
	int rc;

	if (!flow->name[0])
		return refuse_missing(err, "name", "every flow has a name, such as f0");
	rc = check_versions(flow, err);
	if (rc)
		return rc;
	if (spec.vlan_priority && spec.vlan == FRAME_NO_VLAN) {
		error_set(err, EINVAL, ERROR_INVALID, "vlan-priority",
			"there is no VLAN tag to carry it");
		error_hint(err, "give a vlan as well");
		return -EINVAL;
	}
	spec.signature = flow->metrics;
	return frame_spec_check(&spec, err);
}

struct config *config_new(void)
{
	struct config *config = calloc(1, sizeof(*config));

	if (config)
		config_daemon_init(&config->daemon);
	return config;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	free(config->ports);
	free(config->flows);
	free(config);
}

void config_report_fini(struct config_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		free(report->lines[i]);
	free(report->lines);
	*report = (struct config_report){0};
}
