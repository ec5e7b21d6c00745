/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting and stopping: who is meant, what each port is to send, all or nothing.
 *
 * A start first gathers what is wanted of every port, then prepares all of them, and sends only
 * when every one could be prepared. Control thread.
 */
#include "engine/internal.h"
#include "util/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The ports that a request means. */
struct selection {
	struct port *ports[WIRE_PORTS_MAX];
	size_t count;
	bool has_flows; /* at least one of them */
};

static bool selection_has(const struct selection *selection, const struct port *port)
{
	for (size_t i = 0; i < selection->count; i++)
		if (selection->ports[i] == port)
			return true;
	return false;
}

/* Ports by name, each once; n 0: all. */
static int select_ports(struct engine *engine, const char *const *names, size_t n,
	struct selection *selection, struct error *err)
{
	selection->count = 0;
	if (engine->port_count == 0) {
		error_set(err, ENOENT, ERROR_NOT_FOUND, "ports", "no port is configured");
		error_hint(err, "pktgenctl port add p0 packet:eth1");
		return -ENOENT;
	}
	for (size_t i = 0; n == 0 && i < engine->port_count; i++)
		selection->ports[selection->count++] = engine->ports[i];
	for (size_t i = 0; i < n; i++) {
		struct port *port = engine_port_find(engine, names[i]);

		if (!port)
			return engine_port_unknown(engine, names[i], "ports", err);
		if (!selection_has(selection, port))
			selection->ports[selection->count++] = port;
	}
	return 0;
}

/* ---- start ---- */

/* What one port is to do, while a start is worked out. */
struct start_port {
	struct port *port;
	struct port_run_request request;
	struct flow *flows[WIRE_FLOWS_MAX];
	struct config_flow configs[WIRE_FLOWS_MAX]; /* with the options of this run */
	bool define_default; /* the flow "default" is made (anew) when all else is well */
};

static bool flow_is_named(const struct engine_start *start, const struct flow *flow)
{
	for (size_t i = 0; i < start->flow_count; i++)
		if (strcmp(start->flows[i], flow->config.name) == 0)
			return true;
	return start->flow_count == 0;
}

static void look_for_flows(
	const struct engine *engine, const struct engine_start *start, struct selection *selection)
{
	for (size_t p = 0; p < selection->count; p++)
		for (size_t i = 0; i < engine->flow_count; i++)
			selection->has_flows |=
				flow_is_named(start, engine->flows[i]) &&
				flow_is_on(engine, engine->flows[i], selection->ports[p]);
}

static int flow_names_check(const struct engine *engine, const struct engine_start *start,
	const struct selection *selection, struct error *err)
{
	for (size_t i = 0; i < start->flow_count; i++) {
		const struct flow *flow = engine_flow_find(engine, start->flows[i]);
		bool covered = false;

		if (!flow)
			return flow_unknown(engine, start->flows[i], "flows", err);
		for (size_t p = 0; p < selection->count; p++)
			covered |= flow_is_on(engine, flow, selection->ports[p]);
		if (!covered)
			return error_set(err, EINVAL, ERROR_INVALID, "flows",
				"flow %s is not on one of the ports to start", start->flows[i]);
	}
	return 0;
}

/* The flow that bare options describe. One that an earlier start made is made anew from the
 * defaults. */
static int default_flow(
	const struct engine_start *start, struct start_port *wanted, struct error *err)
{
	struct config_flow *config = &wanted->configs[0];
	int rc = 0;

	config_flow_init(config);
	text_copy(config->name, sizeof(config->name), CONFIG_DEFAULT_FLOW);
	text_copy(config->port, sizeof(config->port), wanted->port->config.name);
	if (start->options)
		rc = config_flow_set_json(config, start->options, err);
	if (rc == 0)
		rc = config_flow_check(config, err);
	wanted->define_default = true;
	wanted->request.flow_count = 1;
	return rc;
}

static bool has_options(const struct engine_start *start)
{
	return start->options != NULL;
}

/* The flows of one port. */
static void gather_flows(
	const struct engine *engine, const struct engine_start *start, struct start_port *wanted)
{
	size_t n = 0;

	for (size_t i = 0; i < engine->flow_count; i++) {
		struct flow *flow = engine->flows[i];

		if (!flow_is_on(engine, flow, wanted->port) || !flow_is_named(start, flow))
			continue;
		wanted->flows[n] = flow;
		wanted->configs[n++] = flow->config;
	}
	wanted->request.flow_count = n;
}

/* What this run wants otherwise than the flows' own settings. */
static int lay_options_over(
	const struct engine_start *start, struct start_port *wanted, struct error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < wanted->request.flow_count; i++) {
		if (has_options(start))
			rc = config_flow_set_json(&wanted->configs[i], start->options, err);
		if (rc == 0)
			rc = config_flow_check(&wanted->configs[i], err);
	}
	return rc;
}

/*
 * Whether the flow "default" is what the port is to send: sending is wanted and no port of the
 * start has any flow, or the port has only that one and it is described anew.
 */
static bool means_default(const struct engine_start *start, const struct selection *selection,
	const struct start_port *wanted)
{
	size_t n = wanted->request.flow_count;

	if (start->mode == POLICY_MODE_RX)
		return false;
	if (n == 0)
		return !selection->has_flows &&
		       (has_options(start) || start->mode != POLICY_MODE_AUTO);
	return n == 1 && has_options(start) && start->flow_count == 0 &&
	       strcmp(wanted->flows[0]->config.name, CONFIG_DEFAULT_FLOW) == 0;
}

static int default_is_free(const struct engine *engine, const struct start_port *wanted,
	const struct selection *selection, struct error *err)
{
	const struct flow *flow = engine_flow_find(engine, CONFIG_DEFAULT_FLOW);

	if (selection->count > 1) {
		error_set(err, EINVAL, ERROR_INVALID, "ports",
			"flow options without a flow describe one flow, and %zu ports are to start",
			selection->count);
		error_hint(err, "name the port, or define flows");
		return -EINVAL;
	}
	if (!flow || flow_is_on(engine, flow, wanted->port) || !flow_is_held(engine, flow))
		return 0;
	error_set(err, EBUSY, ERROR_BUSY, "ports", "the flow default is part of a run of port %s",
		flow->config.port);
	error_hint(err, "define flows with names of their own: pktgenctl flow append FILE");
	return -EBUSY;
}

static int directions(
	const struct engine_start *start, struct start_port *wanted, struct error *err)
{
	struct port_run_request *request = &wanted->request;

	if (start->mode == POLICY_MODE_RX && has_options(start))
		return error_set(err, EINVAL, ERROR_INVALID, "mode",
			"mode rx sends nothing: flow options make no sense with it");
	if (start->mode == POLICY_MODE_RX)
		request->flow_count = 0;
	request->tx = request->flow_count > 0;
	request->rx = start->mode == POLICY_MODE_RX || start->mode == POLICY_MODE_BOTH ||
		      (start->mode == POLICY_MODE_AUTO && !request->tx);
	if (request->tx || request->rx)
		return 0;
	error_set(err, EINVAL, ERROR_INVALID, "mode", "port %s has no flow to send",
		wanted->port->config.name);
	error_hint(err, "without --mode it receives");
	return -EINVAL;
}

static int default_route_check(
	const struct engine_start *start, const struct start_port *wanted, struct error *err)
{
	const char *ifname = wanted->port->info.ifname;

	if (start->force || !wanted->request.tx || ifname[0] == '\0' ||
		route_is_default(ifname) == 0)
		return 0;
	error_set(err, EPERM, ERROR_NEEDS_FORCE, "force",
		"port %s sends on %s, which carries the default route of this machine",
		wanted->port->config.name, ifname);
	error_hint(err, "--force, when you mean it");
	return -EPERM;
}

static int port_is_free(const struct port *port, struct error *err)
{
	if (port->phase == PHASE_IDLE)
		return 0;
	error_set(err, EBUSY, ERROR_BUSY, "ports", "port %s is %s", port->config.name,
		port_state_names[port_state(port)]);
	error_hint(err, "pktgenctl stop %s", port->config.name);
	return -EBUSY;
}

static int gather(struct engine *engine, const struct engine_start *start,
	const struct selection *selection, struct start_port *wanted, struct error *err)
{
	int rc = port_is_free(wanted->port, err);

	if (rc)
		return rc;
	gather_flows(engine, start, wanted);
	if (means_default(start, selection, wanted)) {
		rc = default_is_free(engine, wanted, selection, err);
		if (rc == 0)
			rc = default_flow(start, wanted, err);
	} else if (start->mode != POLICY_MODE_RX) {
		rc = lay_options_over(start, wanted, err);
	}
	if (rc == 0)
		rc = directions(start, wanted, err);
	if (rc == 0)
		rc = port_open(wanted->port, err);
	if (rc == 0)
		rc = default_route_check(start, wanted, err);
	return rc;
}

/*
 * Makes or changes the flow "default" to what was asked, and prepares its port. There is only that
 * one port then (default_is_free() saw to it), so this is also where the change is taken back.
 */
static int prepare_default(struct engine *engine, struct start_port *wanted, struct error *err)
{
	struct flow *flow = engine_flow_find(engine, CONFIG_DEFAULT_FLOW);
	struct config_flow before;
	bool is_new = !flow;
	int rc = is_new ? flow_add(engine, &wanted->configs[0], &flow, err) : 0;

	if (rc)
		return rc;
	before = flow->config;
	flow->config = wanted->configs[0];
	wanted->flows[0] = flow;
	rc = port_prepare(wanted->port, &wanted->request, err);
	if (rc && is_new)
		flow_remove(engine, flow);
	else if (rc)
		flow->config = before;
	return rc;
}

static int prepare(struct engine *engine, struct start_port *wanted, struct error *err)
{
	wanted->request.flows = wanted->flows;
	wanted->request.configs = wanted->configs;
	if (wanted->define_default)
		return prepare_default(engine, wanted, err);
	return port_prepare(wanted->port, &wanted->request, err);
}

static void log_start(const struct start_port *wanted)
{
	log_info("port %s: started, %s%s%s, %zu flow%s", wanted->port->config.name,
		wanted->request.tx ? "sending" : "",
		wanted->request.tx && wanted->request.rx ? " and " : "",
		wanted->request.rx ? "receiving" : "", wanted->request.flow_count,
		wanted->request.flow_count == 1 ? "" : "s");
}

/* Receivers first, so that nothing is sent that nobody waits for. */
static void run_all(const struct start_port *wanted, size_t n)
{
	for (int senders = 0; senders <= 1; senders++)
		for (size_t i = 0; i < n; i++)
			if (wanted[i].request.tx == senders)
				port_run(wanted[i].port);
	for (size_t i = 0; i < n; i++)
		log_start(&wanted[i]);
}

static int start_selected(struct engine *engine, const struct engine_start *start,
	const struct selection *selection, struct start_port *wanted, struct error *err)
{
	size_t prepared = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < selection->count; i++) {
		wanted[i].port = selection->ports[i];
		rc = gather(engine, start, selection, &wanted[i], err);
	}
	while (rc == 0 && prepared < selection->count) {
		rc = prepare(engine, &wanted[prepared], err);
		prepared += rc == 0;
	}
	if (rc == 0) {
		run_all(wanted, prepared);
		return 0;
	}
	while (prepared > 0)
		port_unprepare(wanted[--prepared].port);
	return rc;
}

int engine_traffic_start(struct engine *engine, const struct engine_start *start, struct error *err)
{
	struct start_port *wanted;
	struct selection selection = {0};
	int rc;

	rc = select_ports(engine, start->ports, start->port_count, &selection, err);
	if (rc == 0)
		rc = flow_names_check(engine, start, &selection, err);
	if (rc)
		return rc;
	look_for_flows(engine, start, &selection);
	wanted = calloc(selection.count, sizeof(*wanted));
	if (!wanted)
		return engine_no_memory(err);
	rc = start_selected(engine, start, &selection, wanted, err);
	free(wanted);
	return rc;
}

void engine_autostart_port(struct port *port)
{
	const struct engine *engine = port->engine;
	const char *names[WIRE_FLOWS_MAX], *name = port->config.name;
	struct engine_start start = {.ports = &name, .port_count = 1, .flows = names};
	struct error err = {0};

	for (size_t i = 0; i < engine->flow_count; i++) {
		const struct flow *flow = engine->flows[i];

		if (flow->config.autostart && flow_is_on(engine, flow, port))
			names[start.flow_count++] = flow->config.name;
	}
	port->autostart = start.flow_count > 0 && !port->dev;
	if (start.flow_count == 0 || port->autostart)
		return;
	if (engine_traffic_start(port->engine, &start, &err) != 0)
		log_error("port %s: autostart: %s%s%s", name, err.message, err.hint[0] ? "; " : "",
			err.hint);
}

void engine_autostart(struct engine *engine)
{
	for (size_t p = 0; p < engine->port_count; p++)
		engine_autostart_port(engine->ports[p]);
}

/* ---- stop, pause, resume ---- */

static bool is_running(const struct port *port)
{
	return port->phase == PHASE_RUN;
}

static bool is_started(const struct port *port)
{
	return port->phase != PHASE_IDLE;
}

static bool is_paused(const struct port *port)
{
	return port->phase == PHASE_PAUSED;
}

/* Narrows a selection to the ports that are as they must be; named ones must be, of all ports one.
 */
static int narrow(struct selection *selection, bool (*fits)(const struct port *), bool named,
	const char *what, struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < selection->count; i++) {
		struct port *port = selection->ports[i];

		if (fits(port))
			selection->ports[kept++] = port;
		else if (named)
			return error_set(err, ESRCH, ERROR_NOT_RUNNING, "ports",
				"port %s is not %s", port->config.name, what);
	}
	selection->count = kept;
	if (kept == 0)
		return error_set(err, ESRCH, ERROR_NOT_RUNNING, "ports", "no port is %s", what);
	return 0;
}

/* A capture that ends with the run is part of it: its file is complete. */
static bool has_settled(const struct port *port)
{
	return port_rests(port) && !port_capture_ends(port);
}

/* Puts every selected port on its way to rest and remembers who wants to know. */
static int halt(struct engine *engine, const struct selection *selection,
	void (*step)(struct port *), engine_done_fn *done, void *arg, struct error *err)
{
	int rc = engine_wait(
		engine, selection->ports, selection->count, has_settled, done, arg, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < selection->count; i++)
		step(selection->ports[i]);
	engine_advance(engine);
	return 0;
}

int engine_traffic_stop(struct engine *engine, const char *const *ports, size_t n,
	engine_done_fn *done, void *arg, struct error *err)
{
	struct selection selection;
	int rc = select_ports(engine, ports, n, &selection, err);

	if (rc == 0)
		rc = narrow(&selection, is_started, n > 0, "running", err);
	return rc ? rc : halt(engine, &selection, port_stop, done, arg, err);
}

int engine_traffic_pause(struct engine *engine, const char *const *ports, size_t n,
	engine_done_fn *done, void *arg, struct error *err)
{
	struct selection selection;
	int rc = select_ports(engine, ports, n, &selection, err);

	if (rc == 0)
		rc = narrow(&selection, is_running, n > 0, "running", err);
	return rc ? rc : halt(engine, &selection, port_pause, done, arg, err);
}

int engine_traffic_resume(
	struct engine *engine, const char *const *ports, size_t n, struct error *err)
{
	struct selection selection;
	size_t prepared = 0;
	int rc = select_ports(engine, ports, n, &selection, err);

	if (rc == 0)
		rc = narrow(&selection, is_paused, n > 0, "paused", err);
	while (rc == 0 && prepared < selection.count) {
		rc = port_resume_prepare(selection.ports[prepared], err);
		prepared += rc == 0;
	}
	if (rc) {
		while (prepared > 0)
			port_resume_undo(selection.ports[--prepared]);
		return rc;
	}
	for (int senders = 0; senders <= 1; senders++)
		for (size_t i = 0; i < selection.count; i++)
			if (selection.ports[i]->tx == senders)
				port_resume(selection.ports[i]);
	return 0;
}

void engine_done_cancel(struct engine *engine, void *arg)
{
	struct pending *pending;

	TAILQ_FOREACH(pending, &engine->pending, entry)
	if (pending->arg == arg)
		pending->done = NULL;
}
