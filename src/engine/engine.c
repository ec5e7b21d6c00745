/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine's own life: made from a configuration, moved on by what workers and the kernel report,
 * taken down in order.
 *
 * Workers wake it through one eventfd; while a port is on its way to rest a timer looks after it
 * every millisecond; when links come, go or change, every port looks at its own. Control thread.
 */
#include "engine/internal.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/units.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* How long engine_free() waits for workers, a millisecond each. */
#define FREE_ROUNDS_MAX 1500

static const struct timeval tick_interval = {.tv_usec = 1000};

int engine_no_memory(struct error *err)
{
	return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
}

/*
 * Strikes off the ports that are so far: whoever waits does not wait for their next run, and they
 * may be removed.
 */
static void strike_off(struct pending *pending)
{
	size_t left = 0;

	for (size_t i = 0; i < pending->port_count; i++)
		if (!pending->is_over(pending->ports[i]))
			pending->ports[left++] = pending->ports[i];
	pending->port_count = left;
}

static struct pending *pending_over(const struct engine *engine)
{
	struct pending *pending;

	TAILQ_FOREACH(pending, &engine->pending, entry)
	if (pending->port_count == 0)
		break;
	return pending;
}

/* Whoever is told may stop, start, remove and cancel at once: so the list is looked at anew. */
static void answer_pending(struct engine *engine)
{
	struct pending *pending;

	TAILQ_FOREACH(pending, &engine->pending, entry)
	strike_off(pending);
	while ((pending = pending_over(engine))) {
		TAILQ_REMOVE(&engine->pending, pending, entry);
		if (pending->done)
			pending->done(pending->arg);
		free(pending);
	}
}

int engine_wait(struct engine *engine, struct port *const *ports, size_t n,
	bool (*is_over)(const struct port *port), engine_done_fn *done, void *arg,
	struct error *err)
{
	struct pending *pending = calloc(1, sizeof(*pending));

	if (!pending)
		return engine_no_memory(err);
	pending->is_over = is_over;
	pending->done = done;
	pending->arg = arg;
	pending->port_count = n;
	memcpy(pending->ports, ports, n * sizeof(pending->ports[0]));
	TAILQ_INSERT_TAIL(&engine->pending, pending, entry);
	return 0;
}

static void log_stopped(const struct port *port)
{
	struct port_totals totals;

	port_totals(port, &totals);
	log_info("port %s: %s, %llu frames sent, %llu received", port->config.name,
		port->phase == PHASE_PAUSED ? "paused"
		: port->phase == PHASE_LOST ? "device lost"
					    : "stopped",
		(unsigned long long)totals.frames_tx, (unsigned long long)totals.frames_rx);
}

/* Moves all ports on as far as they go; true when one needs to be looked at again soon. */
static bool ports_advance(struct engine *engine)
{
	bool again = false;

	for (size_t i = 0; i < engine->port_count; i++) {
		struct port *port = engine->ports[i];
		bool rested = port_rests(port);

		again |= port_advance(port);
		again |= port_capture_advance(port);
		if (rested || !port_rests(port))
			continue;
		log_stopped(port);
		if (!port->dev && port->ops->is_interface) /* it may have come back meanwhile */
			port_refresh(port);
	}
	return again;
}

void engine_advance(struct engine *engine)
{
	bool again = ports_advance(engine);

	answer_pending(engine);
	if (again && !evtimer_pending(engine->tick, NULL))
		evtimer_add(engine->tick, &tick_interval);
}

static void on_notify(evutil_socket_t fd, short what, void *arg)
{
	uint64_t count;
	ssize_t got = read(fd, &count, sizeof(count));

	(void)got;
	(void)what;
	engine_advance(arg);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	engine_advance(arg);
}

static void on_links_changed(void *arg)
{
	struct engine *engine = arg;

	/* Receivers first: two ends of a link often come back together. */
	for (int senders = 0; senders <= 1; senders++)
		for (size_t i = 0; i < engine->port_count; i++)
			if (engine->ports[i]->tx == senders)
				port_refresh(engine->ports[i]);
	engine_advance(engine);
}

static bool is_looked_for(const struct port *port)
{
	return !port->dev && !port->ops->is_interface && port_rests(port);
}

void engine_look(struct engine *engine)
{
	static const struct timeval soon = {.tv_usec = 100000};

	if (!evtimer_pending(engine->look, NULL))
		evtimer_add(engine->look, &soon);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct engine *engine = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < engine->port_count; i++) {
		struct port *port = engine->ports[i];

		if (!is_looked_for(port))
			continue;
		if (clock_now_ns() >= port->retry_ns)
			port_refresh(port);
		if (is_looked_for(port))
			engine_look(engine);
	}
	engine_advance(engine);
}

/* "p0: tx 1.23 Mpps 827 Mbit/s, rx 0 pps 0 bit/s" for each port that runs. */
static void on_status(evutil_socket_t fd, short what, void *arg)
{
	struct stats_snapshot *snapshot = engine_snapshot(arg);
	char tx_pps[32], rx_pps[32];

	(void)fd;
	(void)what;
	for (size_t i = 0; snapshot && i < snapshot->port_count; i++) {
		const struct stats_port *port = &snapshot->ports[i];

		if (port_rests(((struct engine *)arg)->ports[i]))
			continue;
		log_info("port %s: %s, tx %spps %.1f Mbit/s, rx %spps %.1f Mbit/s", port->name,
			port_state_names[port->state],
			units_format_si(port->frames_tx_rate.last, tx_pps, sizeof(tx_pps)),
			port->tx_l1_rate_bps.last / 1e6,
			units_format_si(port->frames_rx_rate.last, rx_pps, sizeof(rx_pps)),
			port->rx_l1_rate_bps.last / 1e6);
	}
	engine_snapshot_free(snapshot);
}

static int events_new(struct engine *engine, struct error *err)
{
	uint64_t interval_ns = engine->daemon.status_interval_ns;
	struct timeval interval = {.tv_sec = (time_t)(interval_ns / NS_PER_S),
		.tv_usec = (suseconds_t)(interval_ns % NS_PER_S / NS_PER_US)};
	int rc;

	engine->notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine->notify_fd < 0)
		return error_set(
			err, errno, ERROR_INTERNAL, NULL, "no eventfd: %s", strerror(errno));
	engine->notify =
		event_new(engine->base, engine->notify_fd, EV_READ | EV_PERSIST, on_notify, engine);
	engine->tick = evtimer_new(engine->base, on_tick, engine);
	engine->look = evtimer_new(engine->base, on_look, engine);
	engine->status = event_new(engine->base, -1, EV_PERSIST, on_status, engine);
	if (!engine->notify || !engine->tick || !engine->look || !engine->status ||
		event_add(engine->notify, NULL) != 0)
		return engine_no_memory(err);
	if (interval_ns > 0)
		event_add(engine->status, &interval);
	rc = link_monitor_new(engine->base, on_links_changed, engine, &engine->links);
	if (rc)
		return error_set(err, -rc, ERROR_INTERNAL, NULL, "no rtnetlink: %s", strerror(-rc));
	return 0;
}

/* Opens the device if it can; a port without one waits. */
static void port_open_or_wait(struct port *port)
{
	struct error err = {0};

	if (port_open(port, &err) != 0)
		log_warning("port %s: %s%s%s", port->config.name, err.message,
			err.hint[0] ? "; " : "", err.hint);
}

static int load(struct engine *engine, const struct config *config, struct error *err)
{
	struct flow *flow;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < config->port_count; i++) {
		rc = port_new(engine, &config->ports[i], &engine->ports[i], err);
		if (rc == 0) {
			engine->port_count++;
			port_open_or_wait(engine->ports[i]);
		}
	}
	for (size_t i = 0; rc == 0 && i < config->flow_count; i++)
		rc = flow_add(engine, &config->flows[i], &flow, err);
	return rc;
}

int engine_new(struct event_base *base, const struct config *config, struct engine **engine,
	struct error *err)
{
	struct engine *new = calloc(1, sizeof(*new));
	int rc;

	if (!new)
		return engine_no_memory(err);
	new->base = base;
	new->daemon = config->daemon;
	new->notify_fd = -1;
	TAILQ_INIT(&new->pending);
	rc = events_new(new, err);
	if (rc == 0)
		rc = load(new, config, err);
	if (rc) {
		engine_free(new);
		return rc;
	}
	*engine = new;
	return 0;
}

/* The loop has ended: bring every port to rest from here. Bounded. */
static void ports_stop(struct engine *engine)
{
	bool again = true;

	for (size_t i = 0; i < engine->port_count; i++)
		port_stop(engine->ports[i]);
	for (int round = 0; round < FREE_ROUNDS_MAX && again; round++) {
		again = ports_advance(engine);
		for (size_t i = 0; i < engine->port_count; i++) {
			if (!port_rests(engine->ports[i]))
				port_serve(engine->ports[i]); /* its worker may hang */
			again |= port_capture_ends(engine->ports[i]);
		}
		if (again)
			poll(NULL, 0, 1);
	}
}

void engine_free(struct engine *engine)
{
	struct pending *pending;

	if (!engine)
		return;
	while ((pending = TAILQ_FIRST(&engine->pending))) {
		TAILQ_REMOVE(&engine->pending, pending, entry);
		free(pending);
	}
	ports_stop(engine);
	link_monitor_free(engine->links);
	while (engine->port_count > 0)
		port_free(engine->ports[--engine->port_count]);
	while (engine->flow_count > 0)
		flow_remove(engine, engine->flows[0]);
	if (engine->notify)
		event_free(engine->notify);
	if (engine->tick)
		event_free(engine->tick);
	if (engine->look)
		event_free(engine->look);
	if (engine->status)
		event_free(engine->status);
	if (engine->notify_fd >= 0)
		close(engine->notify_fd);
	free(engine);
}

/* ---- ports by name ---- */

struct port *engine_port_find(const struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->port_count; i++)
		if (strcmp(engine->ports[i]->config.name, name) == 0)
			return engine->ports[i];
	return NULL;
}

int engine_port_unknown(
	const struct engine *engine, const char *name, const char *param, struct error *err)
{
	const char *names[WIRE_PORTS_MAX], *near;

	for (size_t i = 0; i < engine->port_count; i++)
		names[i] = engine->ports[i]->config.name;
	near = text_nearest(name, names, engine->port_count);
	error_set(err, ENOENT, ERROR_NOT_FOUND, param, "no port is called \"%.64s\"", name);
	if (near)
		error_hint(err, "did you mean %s", near);
	else
		error_hint(err, "pktgenctl port list shows the ports");
	return -ENOENT;
}

size_t engine_port_count(const struct engine *engine)
{
	return engine->port_count;
}

const char *engine_port_name(const struct engine *engine, size_t index)
{
	return index < engine->port_count ? engine->ports[index]->config.name : NULL;
}

int engine_port_describe(
	struct engine *engine, const char *name, struct engine_port_info *info, struct error *err)
{
	struct port *port = engine_port_find(engine, name);

	if (!port)
		return engine_port_unknown(engine, name, "name", err);
	if (port->dev) /* a peer may have come or gone: what it says is of now */
		port->dev->ops->info(port->dev, &port->info);
	*info = (struct engine_port_info){
		.config = port->config,
		.state = port_state(port),
		.link = port->link,
		.has_device = port->dev != NULL,
		.mtu = port->info.mtu,
		.frame_max = port->info.frame_max,
		.speed_mbps = port->info.speed_mbps,
		.queues_max = port->info.queues_max,
		.align = port->info.align,
		.headroom = port->info.headroom,
	};
	memcpy(info->mac, port->info.mac, sizeof(info->mac));
	text_copy(info->reason, sizeof(info->reason), port_reason(port));
	text_copy(info->driver, sizeof(info->driver), port->info.driver);
	text_copy(info->features, sizeof(info->features), port->info.features);
	for (unsigned i = 0; i < port->config.queues; i++)
		info->cpus[i] = port->queues[i].cpu;
	port_capture_describe(port, &info->capture);
	return 0;
}

/* A port that is added by hand must work now: else it is not added. */
int engine_port_add(struct engine *engine, const struct config_port *config, struct error *err)
{
	struct port *port;
	int rc;

	if (engine_port_find(engine, config->name))
		return error_set(err, EEXIST, ERROR_EXISTS, "name", "there is a port %s already",
			config->name);
	if (engine->port_count == WIRE_PORTS_MAX)
		return error_set(err, E2BIG, ERROR_LIMIT, "name",
			"there are %d ports, the most there can be", WIRE_PORTS_MAX);
	rc = config_port_check(config, err);
	if (rc == 0)
		rc = port_new(engine, config, &port, err);
	if (rc)
		return rc;
	rc = port_open(port, err);
	if (rc) {
		port_free(port);
		return rc;
	}
	engine->ports[engine->port_count++] = port;
	return 0;
}

int engine_port_remove(struct engine *engine, const char *name, struct error *err)
{
	struct port *port = engine_port_find(engine, name);
	size_t index = 0;

	if (!port)
		return engine_port_unknown(engine, name, "name", err);
	if (port->phase != PHASE_IDLE) {
		error_set(err, EBUSY, ERROR_BUSY, "name", "port %s is %s", name,
			port_state_names[port_state(port)]);
		error_hint(err, "pktgenctl stop %s", name);
		return -EBUSY;
	}
	if (port->capture.capture)
		return error_set(err, EBUSY, ERROR_BUSY, "name",
			"the capture of port %s is being written to %s", name,
			port->capture.info.file);
	for (size_t i = 0; i < engine->flow_count; i++) {
		if (strcmp(engine->flows[i]->config.port, name) != 0)
			continue;
		error_set(err, EBUSY, ERROR_BUSY, "name", "flow %s is on port %s",
			engine->flows[i]->config.name, name);
		error_hint(err, "pktgenctl flow remove %s", engine->flows[i]->config.name);
		return -EBUSY;
	}
	while (engine->ports[index] != port)
		index++;
	engine->port_count--;
	memmove(&engine->ports[index], &engine->ports[index + 1],
		(engine->port_count - index) * sizeof(engine->ports[0]));
	port_free(port);
	return 0;
}

size_t engine_backends(const char *const **names)
{
	static const char *list[8];

	for (size_t i = 0; i < netdev_backend_count; i++)
		list[i] = netdev_backends[i]->backend;
	*names = list;
	return netdev_backend_count;
}

int engine_probe(const char *location, struct engine_probe *probe, struct error *err)
{
	struct netdev_probe found = {0};
	const struct netdev_ops *ops;
	const char *address;
	int rc = netdev_resolve(location, &ops, &address, err);

	if (rc)
		return rc;
	ops->probe(address, &found);
	probe->usable = found.usable;
	text_copy(probe->text, sizeof(probe->text), found.text);
	return 0;
}

bool engine_ready(const struct engine *engine)
{
	for (size_t i = 0; i < engine->port_count; i++)
		if (!engine->ports[i]->dev)
			return false;
	return true;
}
