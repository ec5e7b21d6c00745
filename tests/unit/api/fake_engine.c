/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake_engine.h. A snapshot has numbers that a double cannot hold, so that rounding is seen. */
#include "fake_engine.h"

#include "util/netaddr.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fake_engine_init(struct engine *engine, size_t ports)
{
	*engine = (struct engine){.port_count = ports, .flow_count = ports};
	for (size_t i = 0; i < ports; i++) {
		struct config_port *port = &engine->ports[i];
		struct config_flow *flow = &engine->flows[i];

		config_port_init(port);
		snprintf(port->name, sizeof(port->name), "p%zu", i);
		text_copy(port->location, sizeof(port->location), "null:");
		config_flow_init(flow);
		snprintf(flow->name, sizeof(flow->name), "f%zu", i);
		text_copy(flow->port, sizeof(flow->port), port->name);
	}
}

void fake_engine_complete(struct engine *engine)
{
	while (engine->waiter_count > 0) {
		size_t last = --engine->waiter_count;

		engine->waiters[last].done(engine->waiters[last].arg);
	}
}

static int outcome(const struct engine *engine, struct error *err)
{
	return engine->fails ? error_set(err, EIO, ERROR_DEVICE, "ports", "%s", engine->fails) : 0;
}

static int find_port(const struct engine *engine, const char *name, struct error *err)
{
	for (size_t i = 0; i < engine->port_count; i++) {
		if (strcmp(engine->ports[i].name, name) == 0)
			return (int)i;
	}
	return error_set(err, ENOENT, ERROR_NOT_FOUND, "name", "there is no port \"%s\"", name);
}

static int find_flow(const struct engine *engine, const char *name, struct error *err)
{
	for (size_t i = 0; i < engine->flow_count; i++) {
		if (strcmp(engine->flows[i].name, name) == 0)
			return (int)i;
	}
	return error_set(err, ENOENT, ERROR_NOT_FOUND, "name", "there is no flow \"%s\"", name);
}

size_t engine_port_count(const struct engine *engine)
{
	return engine->port_count;
}

const char *engine_port_name(const struct engine *engine, size_t index)
{
	return index < engine->port_count ? engine->ports[index].name : NULL;
}

int engine_port_describe(
	struct engine *engine, const char *name, struct engine_port_info *info, struct error *err)
{
	int index = find_port(engine, name, err);

	if (index < 0)
		return index;
	*info = (struct engine_port_info){
		.config = engine->ports[index],
		.state = PORT_CONFIGURED,
		.link = PORT_LINK_IS_UP,
		.reason = "because",
		.has_device = index == 0, /* only the first one */
		.driver = "fake",
		.mtu = 1500,
		.frame_max = 1514,
		.queues_max = 1,
		.align = 64,
		.features = "none",
		.cpus = {3},
		.capture = {engine->capture_state, "/tmp/a.pcapng", "it is so", 3, 1000, 4, 5, 6},
	};
	netaddr_parse_mac("02:00:00:00:00:0a", info->mac);
	return 0;
}

int engine_port_add(struct engine *engine, const struct config_port *port, struct error *err)
{
	int rc = outcome(engine, err);

	engine->adds++;
	if (!rc && engine->port_count == WIRE_PORTS_MAX)
		rc = error_set(err, ENOSPC, ERROR_LIMIT, NULL, "too many ports");
	if (!rc)
		engine->ports[engine->port_count++] = *port;
	return rc;
}

int engine_port_remove(struct engine *engine, const char *name, struct error *err)
{
	int index = find_port(engine, name, err);

	if (index < 0)
		return index;
	engine->port_count--;
	memmove(&engine->ports[index], &engine->ports[index + 1],
		(engine->port_count - (size_t)index) * sizeof(engine->ports[0]));
	return 0;
}

size_t engine_backends(const char *const **names)
{
	static const char *const backends[] = {"packet", "null"};

	*names = backends;
	return 2;
}

int engine_probe(const char *location, struct engine_probe *probe, struct error *err)
{
	if (strcmp(location, "null:"))
		return error_set(err, EINVAL, ERROR_INVALID, "location", "no such backend");
	probe->usable = true;
	text_copy(probe->text, sizeof(probe->text), "one: yes\ntwo: no\n");
	return 0;
}

size_t engine_flow_count(const struct engine *engine)
{
	return engine->flow_count;
}

const struct config_flow *engine_flow(const struct engine *engine, size_t index)
{
	return index < engine->flow_count ? &engine->flows[index] : NULL;
}

int engine_flow_append(
	struct engine *engine, const struct config_flow *flows, size_t n, struct error *err)
{
	int rc = outcome(engine, err);

	engine->sets++;
	if (!rc && engine->flow_count + n > WIRE_FLOWS_MAX)
		rc = error_set(err, ENOSPC, ERROR_LIMIT, NULL, "too many flows");
	for (size_t i = 0; i < n && !rc; i++)
		engine->flows[engine->flow_count++] = flows[i];
	return rc;
}

int engine_flow_set(
	struct engine *engine, const struct config_flow *flows, size_t n, struct error *err)
{
	int rc = outcome(engine, err);

	if (rc)
		return rc;
	engine->flow_count = 0;
	return engine_flow_append(engine, flows, n, err);
}

int engine_flow_remove(struct engine *engine, const char *name, struct error *err)
{
	int index = find_flow(engine, name, err);

	if (index < 0)
		return index;
	engine->flow_count--;
	memmove(&engine->flows[index], &engine->flows[index + 1],
		(engine->flow_count - (size_t)index) * sizeof(engine->flows[0]));
	return 0;
}

int engine_frame(struct engine *engine, const char *flow, uint64_t n, uint8_t **bytes, size_t *len,
	struct error *err)
{
	int index = find_flow(engine, flow, err);

	if (index < 0)
		return index;
	*bytes = malloc(3);
	assert(*bytes);
	(*bytes)[0] = 0x0f;
	(*bytes)[1] = 0xa0;
	(*bytes)[2] = (uint8_t)n;
	*len = 3;
	return 0;
}

static void append_names(struct engine *engine, const char *key, const char *const *names, size_t n)
{
	char *text = engine->start;

	strncat(text, key, sizeof(engine->start) - strlen(text) - 1);
	for (size_t i = 0; i < n; i++) {
		strncat(text, i ? "," : "", sizeof(engine->start) - strlen(text) - 1);
		strncat(text, names[i], sizeof(engine->start) - strlen(text) - 1);
	}
}

int engine_traffic_start(struct engine *engine, const struct engine_start *start, struct error *err)
{
	char *options = start->options ? cJSON_PrintUnformatted(start->options) : NULL;
	char rest[256];
	int rc = outcome(engine, err);

	engine->starts++;
	engine->running = !rc;
	engine->start[0] = '\0';
	append_names(engine, "ports=", start->ports, start->port_count);
	append_names(engine, " flows=", start->flows, start->flow_count);
	snprintf(rest, sizeof(rest), " mode=%s force=%d options=%s", policy_mode_names[start->mode],
		start->force, options ? options : "none");
	strncat(engine->start, rest, sizeof(engine->start) - strlen(engine->start) - 1);
	cJSON_free(options);
	return rc;
}

int engine_traffic_stop(struct engine *engine, const char *const *ports, size_t n,
	engine_done_fn *done, void *arg, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		int index = find_port(engine, ports[i], err);

		if (index < 0)
			return index;
	}
	if (!engine->running)
		return error_set(err, ESRCH, ERROR_NOT_RUNNING, NULL, "nothing is running");
	engine->ends++;
	if (engine->ends_at_once) {
		done(arg);
		return 0;
	}
	assert(engine->waiter_count < FAKE_WAITERS_MAX);
	engine->waiters[engine->waiter_count].done = done;
	engine->waiters[engine->waiter_count++].arg = arg;
	return 0;
}

int engine_traffic_pause(struct engine *engine, const char *const *ports, size_t n,
	engine_done_fn *done, void *arg, struct error *err)
{
	return engine_traffic_stop(engine, ports, n, done, arg, err);
}

int engine_traffic_resume(
	struct engine *engine, const char *const *ports, size_t n, struct error *err)
{
	(void)ports;
	(void)n;
	engine->resumes++;
	return outcome(engine, err);
}

const char *const engine_capture_state_names[] = {"none", "running", "closing", "ended", "failed"};

int engine_capture_start(struct engine *engine, const struct engine_capture *capture,
	engine_done_fn *done, void *arg, struct error *err)
{
	int index = find_port(engine, capture->port, err), rc = outcome(engine, err);

	if (index < 0 || rc)
		return index < 0 ? index : rc;
	engine->captures++;
	snprintf(engine->start, sizeof(engine->start),
		"port=%s file=%s filter=%s snaplen=%llu count=%llu", capture->port, capture->file,
		capture->filter ? capture->filter : "-", (unsigned long long)capture->snaplen,
		(unsigned long long)capture->count);
	done(arg);
	return 0;
}

int engine_capture_stop(
	struct engine *engine, const char *port, engine_done_fn *done, void *arg, struct error *err)
{
	return engine_traffic_stop(engine, &port, 1, done, arg, err);
}

void engine_done_cancel(struct engine *engine, void *arg)
{
	engine->cancels++;
	for (size_t i = 0; i < engine->waiter_count; i++) {
		if (engine->waiters[i].arg == arg)
			engine->waiters[i--] = engine->waiters[--engine->waiter_count];
	}
}

struct stats_snapshot *engine_snapshot(struct engine *engine)
{
	struct stats_snapshot *snapshot = calloc(1, sizeof(*snapshot));

	assert(snapshot);
	engine->snapshots++;
	snapshot->time_ns = UINT64_MAX;
	snapshot->port_count = engine->port_count;
	snapshot->ports = calloc(engine->port_count + 1, sizeof(*snapshot->ports));
	snapshot->flow_count = engine->flow_count;
	snapshot->flows = calloc(engine->flow_count + 1, sizeof(*snapshot->flows));
	for (size_t i = 0; i < engine->port_count; i++) {
		struct stats_port *port = &snapshot->ports[i];

		text_copy(port->name, sizeof(port->name), engine->ports[i].name);
		port->backend = "null";
		port->location = engine->ports[i].location;
		port->state = PORT_RUNNING;
		port->frames_tx = UINT64_C(9007199254740993);
		port->frames_tx_rate = (struct stats_rate){1.5, 2.25};
		port->drops[DROP_TX_ERROR] = 7;
		port->pool_objects = 1024;
	}
	for (size_t i = 0; i < engine->flow_count; i++) {
		struct stats_flow *flow = &snapshot->flows[i];

		text_copy(flow->name, sizeof(flow->name), engine->flows[i].name);
		text_copy(flow->port, sizeof(flow->port), engine->flows[i].port);
		flow->metrics = engine->flows[i].metrics;
		flow->loss = 5;
	}
	return snapshot;
}

void engine_snapshot_free(struct stats_snapshot *snapshot)
{
	free(snapshot->ports);
	free(snapshot->flows);
	free(snapshot);
}
