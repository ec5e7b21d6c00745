/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows: settings with a number and counters of their own. A flow does nothing until a run of its
 * port takes it up; while one does, it cannot be changed. Control thread.
 */
#include "engine/internal.h"
#include "util/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct flow *engine_flow_find(const struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->flow_count; i++)
		if (strcmp(engine->flows[i]->config.name, name) == 0)
			return engine->flows[i];
	return NULL;
}

/* A flow without a port belongs to the only one there is. */
bool flow_is_on(const struct engine *engine, const struct flow *flow, const struct port *port)
{
	if (flow->config.port[0] == '\0')
		return engine->port_count == 1;
	return strcmp(flow->config.port, port->config.name) == 0;
}

/* The port whose run has the flow, NULL when none has. */
static const struct port *flow_holder(const struct engine *engine, const struct flow *flow)
{
	for (size_t p = 0; p < engine->port_count; p++) {
		const struct port *port = engine->ports[p];

		for (unsigned i = 0; port->plan && i < port->plan->flow_count; i++)
			if (port->flows[i] == flow)
				return port;
	}
	return NULL;
}

bool flow_is_held(const struct engine *engine, const struct flow *flow)
{
	return flow_holder(engine, flow) != NULL;
}

bool flow_is_running(const struct engine *engine, const struct flow *flow)
{
	const struct port *holder = flow_holder(engine, flow);

	return holder && !port_rests(holder);
}

static uint16_t number_unused(const struct engine *engine)
{
	for (uint16_t number = 1;; number++) {
		bool used = false;

		for (size_t i = 0; i < engine->flow_count; i++)
			used |= engine->flows[i]->number == number;
		if (!used)
			return number;
	}
}

int flow_add(struct engine *engine, const struct config_flow *config, struct flow **flow,
	struct error *err)
{
	struct flow *new;

	if (engine->flow_count == WIRE_FLOWS_MAX)
		return error_set(err, E2BIG, ERROR_LIMIT, "flows",
			"there are %d flows, the most there can be", WIRE_FLOWS_MAX);
	new = calloc(1, sizeof(*new));
	if (!new)
		return engine_no_memory(err);
	new->counters = aligned_alloc(CPU_CACHELINE, sizeof(*new->counters));
	if (!new->counters) {
		free(new);
		return engine_no_memory(err);
	}
	memset(new->counters, 0, sizeof(*new->counters));
	new->config = *config;
	new->metrics = config->metrics;
	new->number = number_unused(engine);
	receivers_restart(engine, new->number);
	engine->flows[engine->flow_count++] = new;
	flows_note_measured(engine);
	*flow = new;
	return 0;
}

void flows_note_measured(struct engine *engine)
{
	bool measuring = false;

	for (size_t i = 0; i < engine->flow_count; i++)
		measuring |= engine->flows[i]->metrics;
	atomic_store_explicit(&engine->measuring, measuring, memory_order_relaxed);
}

void flow_remove(struct engine *engine, struct flow *flow)
{
	size_t index = 0;

	while (engine->flows[index] != flow)
		index++;
	engine->flow_count--;
	memmove(&engine->flows[index], &engine->flows[index + 1],
		(engine->flow_count - index) * sizeof(engine->flows[0]));
	free(flow->counters);
	free(flow);
	flows_note_measured(engine);
}

static void flows_cut(struct engine *engine, size_t count)
{
	while (engine->flow_count > count)
		flow_remove(engine, engine->flows[engine->flow_count - 1]);
}

static int flow_check(
	const struct engine *engine, const struct config_flow *flow, struct error *err)
{
	if (!text_is_name(flow->name))
		return error_set(err, EINVAL, ERROR_INVALID, "name", "a flow needs a name");
	if (flow->port[0] != '\0' && !engine_port_find(engine, flow->port))
		return engine_port_unknown(engine, flow->port, "port", err);
	if (flow->port[0] == '\0' && engine->port_count > 1) {
		error_set(err, EINVAL, ERROR_INVALID, "port",
			"flow %s names no port, and there are %zu", flow->name, engine->port_count);
		error_hint(err, "add \"port\"");
		return -EINVAL;
	}
	return config_flow_check(flow, err);
}

/* Names among the new flows that stand twice. */
static int names_check(const struct config_flow *flows, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(flows[i].name, flows[j].name) == 0)
				return error_set(err, EEXIST, ERROR_EXISTS, "name",
					"two flows are called %s", flows[i].name);
	return 0;
}

static int held_error(const struct flow *flow, struct error *err)
{
	error_set(err, EBUSY, ERROR_BUSY, "name", "flow %s is part of a run", flow->config.name);
	error_hint(err, "stop its port first");
	return -EBUSY;
}

int engine_flow_append(
	struct engine *engine, const struct config_flow *flows, size_t n, struct error *err)
{
	size_t before = engine->flow_count;
	struct flow *flow;
	int rc;

	rc = names_check(flows, n, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (engine_flow_find(engine, flows[i].name)) {
			rc = error_set(err, EEXIST, ERROR_EXISTS, "name",
				"there is a flow %s already", flows[i].name);
			error_hint(
				err, "flow remove %s, or flow set to replace all", flows[i].name);
		} else {
			rc = flow_check(engine, &flows[i], err);
		}
	}
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = flow_add(engine, &flows[i], &flow, err);
	if (rc)
		flows_cut(engine, before);
	return rc;
}

int engine_flow_set(
	struct engine *engine, const struct config_flow *flows, size_t n, struct error *err)
{
	struct flow *flow;
	int rc = names_check(flows, n, err);

	if (rc == 0 && n > WIRE_FLOWS_MAX)
		rc = error_set(
			err, E2BIG, ERROR_LIMIT, "flows", "at most %d flows", WIRE_FLOWS_MAX);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = flow_check(engine, &flows[i], err);
	for (size_t i = 0; rc == 0 && i < engine->flow_count; i++)
		if (flow_is_held(engine, engine->flows[i]))
			rc = held_error(engine->flows[i], err);
	if (rc)
		return rc;
	flows_cut(engine, 0);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = flow_add(engine, &flows[i], &flow, err);
	return rc;
}

int flow_unknown(
	const struct engine *engine, const char *name, const char *param, struct error *err)
{
	const char *names[WIRE_FLOWS_MAX], *near;

	for (size_t i = 0; i < engine->flow_count; i++)
		names[i] = engine->flows[i]->config.name;
	near = text_nearest(name, names, engine->flow_count);
	error_set(err, ENOENT, ERROR_NOT_FOUND, param, "no flow is called \"%.64s\"", name);
	if (near)
		error_hint(err, "did you mean %s", near);
	else
		error_hint(err, "pktgenctl flow list shows the flows");
	return -ENOENT;
}

int engine_flow_remove(struct engine *engine, const char *name, struct error *err)
{
	struct flow *flow = engine_flow_find(engine, name);

	if (!flow)
		return flow_unknown(engine, name, "name", err);
	if (flow_is_held(engine, flow))
		return held_error(flow, err);
	flow_remove(engine, flow);
	return 0;
}

size_t engine_flow_count(const struct engine *engine)
{
	return engine->flow_count;
}

const struct config_flow *engine_flow(const struct engine *engine, size_t index)
{
	return index < engine->flow_count ? &engine->flows[index]->config : NULL;
}

int engine_frame(struct engine *engine, const char *name, uint64_t n, uint8_t **bytes, size_t *len,
	struct error *err)
{
	struct flow *flow = engine_flow_find(engine, name);
	struct frame_template *template;
	struct plan_request request;
	struct plan_port facts = {.name = "", .frame_max = FRAME_SIZE_MAX, .queues = 1};
	int rc;

	if (!flow)
		return flow_unknown(engine, name, "name", err);
	for (size_t i = 0; i < engine->port_count; i++)
		if (flow_is_on(engine, flow, engine->ports[i]))
			port_facts(engine->ports[i], &facts);
	request = (struct plan_request){&flow->config, flow->number};
	rc = plan_frame(&facts, &request, &template, err);
	if (rc)
		return rc;
	*bytes = malloc(template->len);
	if (*bytes) {
		frame_copy(template, n, 0, *bytes);
		*len = template->len;
	} else {
		rc = engine_no_memory(err);
	}
	frame_template_free(template);
	return rc;
}
