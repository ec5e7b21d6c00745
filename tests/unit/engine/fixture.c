/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine that tests drive, and the device that they command. */
#include "fixture.h"

#include "netdev/backends.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct event_base *base;
struct engine *engine;
struct error err;
struct told told;

static struct event *ticker;

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void *grow(void *array, size_t count, size_t size)
{
	array = realloc(array, (count + 1) * size);
	ck_assert_ptr_nonnull(array);
	return array;
}

struct config_port *config_add_port(struct config *config, const char *name, const char *location)
{
	struct config_port *port;

	config->ports = grow(config->ports, config->port_count, sizeof(*config->ports));
	port = &config->ports[config->port_count++];
	config_port_init(port);
	text_copy(port->name, sizeof(port->name), name);
	text_copy(port->location, sizeof(port->location), location);
	port->pool_objects = 256;
	return port;
}

static struct config_flow flow_va(const char *name, va_list args)
{
	struct config_flow flow;
	const char *key;

	config_flow_init(&flow);
	text_copy(flow.name, sizeof(flow.name), name);
	while ((key = va_arg(args, const char *)))
		ck_assert_msg(config_flow_set(&flow, key, va_arg(args, const char *), &err) == 0,
			"%s: %s", key, err.message);
	return flow;
}

struct config_flow flow_of(const char *name, ...)
{
	struct config_flow flow;
	va_list args;

	va_start(args, name);
	flow = flow_va(name, args);
	va_end(args);
	return flow;
}

struct config_flow *config_add_flow(struct config *config, const char *name, ...)
{
	va_list args;

	config->flows = grow(config->flows, config->flow_count, sizeof(*config->flows));
	va_start(args, name);
	config->flows[config->flow_count] = flow_va(name, args);
	va_end(args);
	return &config->flows[config->flow_count++];
}

void flow_new(const char *name, ...)
{
	struct config_flow flow;
	va_list args;

	va_start(args, name);
	flow = flow_va(name, args);
	va_end(args);
	ck_assert_msg(engine_flow_append(engine, &flow, 1, &err) == 0, "%s", err.message);
}

int fixture_load(struct config *config)
{
	static const struct timeval interval = {.tv_usec = 1000};
	int rc;

	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	ticker = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	ck_assert_int_eq(event_add(ticker, &interval), 0);
	engine = NULL;
	rc = engine_new(base, config, &engine, &err);
	config_free(config);
	return rc;
}

void fixture_new(unsigned n)
{
	struct config *config = config_new();
	char name[16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		config_add_port(config, name, "null:");
	}
	ck_assert_msg(fixture_load(config) == 0, "%s", err.message);
}

void fixture_free(void)
{
	engine_free(engine);
	engine = NULL;
	event_free(ticker);
	event_base_free(base);
}

int start(const char *port, enum policy_mode mode, const char *options)
{
	struct engine_start start = {.ports = &port, .port_count = port != NULL, .mode = mode};
	cJSON *json = options ? cJSON_Parse(options) : NULL;
	int rc;

	ck_assert(!options || json);
	start.options = json;
	memset(&err, 0, sizeof(err));
	rc = engine_traffic_start(engine, &start, &err);
	cJSON_Delete(json);
	return rc;
}

void count_call(void *arg)
{
	++*(int *)arg;
}

void stop_and_wait(const char *port)
{
	int calls = 0;

	ck_assert_msg(
		engine_traffic_stop(engine, &port, port != NULL, count_call, &calls, &err) == 0,
		"%s", err.message);
	LOOP_UNTIL(calls == 1);
}

void pause_and_wait(const char *port)
{
	int calls = 0;

	ck_assert_msg(
		engine_traffic_pause(engine, &port, port != NULL, count_call, &calls, &err) == 0,
		"%s", err.message);
	LOOP_UNTIL(calls == 1);
}

struct port *port_of(const char *name)
{
	struct port *port = engine_port_find(engine, name);

	ck_assert_ptr_nonnull(port);
	return port;
}

struct flow *flow_named(const char *name)
{
	struct flow *flow = engine_flow_find(engine, name);

	ck_assert_ptr_nonnull(flow);
	return flow;
}

struct stats_port stats_of(const char *name)
{
	struct stats_snapshot *snapshot = engine_snapshot(engine);
	struct stats_port found = {.name = ""};

	for (size_t i = 0; i < snapshot->port_count; i++)
		if (strcmp(snapshot->ports[i].name, name) == 0)
			found = snapshot->ports[i];
	ck_assert_str_eq(found.name, name);
	engine_snapshot_free(snapshot);
	return found;
}

struct stats_flow flow_stats_of(const char *name)
{
	struct stats_snapshot *snapshot = engine_snapshot(engine);
	struct stats_flow found = {.name = ""};

	for (size_t i = 0; i < snapshot->flow_count; i++)
		if (strcmp(snapshot->flows[i].name, name) == 0)
			found = snapshot->flows[i];
	ck_assert_str_eq(found.name, name);
	engine_snapshot_free(snapshot);
	return found;
}

/* ---- the device: frames go from one worker to another through a ring ---- */

#define WIRE_SLOTS 1024

static struct netdev_ops told_ops;
static struct {
	atomic_uint head, tail; /* written by who sends, by who receives */
	uint8_t frames[WIRE_SLOTS][FRAME_SIZE_MIN];
} wire;

static bool wire_put(const struct pktbuf *buf)
{
	unsigned head = atomic_load(&wire.head);

	if (head - atomic_load(&wire.tail) == WIRE_SLOTS || buf->len != FRAME_SIZE_MIN)
		return false;
	memcpy(wire.frames[head % WIRE_SLOTS], buf->data, FRAME_SIZE_MIN);
	atomic_store(&wire.head, head + 1);
	return true;
}

static unsigned told_tx_burst(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n)
{
	unsigned room = atomic_load(&told.room), accepted = 0;
	int fault = atomic_load(&told.fault);

	while (!fault && accepted < n && accepted < room &&
		(!atomic_load(&told.deliver) || wire_put(bufs[accepted])))
		accepted++;
	if (room != UINT_MAX)
		atomic_fetch_sub(&told.room, accepted);
	if (accepted < n)
		queue->fault = fault ? fault : ENOBUFS;
	netdev_tx_complete(queue, bufs, accepted);
	return accepted;
}

static unsigned told_rx_burst(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n)
{
	unsigned tail = atomic_load(&wire.tail), there = atomic_load(&wire.head) - tail;

	n = pktbuf_stack_pop(queue->pool, bufs, n < there ? n : there);
	for (unsigned i = 0; i < n; i++) {
		memcpy(bufs[i]->data, wire.frames[(tail + i) % WIRE_SLOTS], FRAME_SIZE_MIN);
		bufs[i]->len = FRAME_SIZE_MIN;
	}
	atomic_store(&wire.tail, tail + n);
	return n;
}

static int told_open(const char *address, struct netdev **dev, struct error *error)
{
	int rc;

	if (told.open_rc)
		return error_set(error, -told.open_rc, ERROR_DEVICE, "location", "told so");
	rc = netdev_null_ops.open(address, dev, error);
	(*dev)->ops = &told_ops;
	told.opened++;
	return rc;
}

static void told_close(struct netdev *dev)
{
	told.closed++;
	netdev_null_ops.close(dev);
}

static int told_info(struct netdev *dev, struct netdev_info *info)
{
	int rc = netdev_null_ops.info(dev, info);

	info->frame_max = told.frame_max;
	return rc;
}

static int told_link(struct netdev *dev)
{
	if (told.reason)
		text_copy(dev->reason, sizeof(dev->reason), told.reason);
	return told.link;
}

static int told_service_fd(struct netdev *dev)
{
	(void)dev;
	return told.service_fd;
}

static void told_service(struct netdev *dev)
{
	uint64_t calls;

	(void)dev;
	ck_assert_int_eq(read(told.service_fd, &calls, sizeof(calls)), sizeof(calls));
	told.served++;
}

void told_call(void)
{
	uint64_t one = 1;

	ck_assert_int_eq(write(told.service_fd, &one, sizeof(one)), sizeof(one));
}

static int told_configure(struct netdev *dev, const struct netdev_conf *conf, struct error *error)
{
	if (told.configure_rc)
		return error_set(error, -told.configure_rc, ERROR_DEVICE, NULL, "told so");
	told.configured++;
	return netdev_null_ops.configure(dev, conf, error);
}

static int told_start(struct netdev *dev, struct error *error)
{
	(void)dev;
	if (told.start_rc)
		return error_set(error, -told.start_rc, ERROR_DEVICE, NULL, "told so");
	return 0;
}

static void told_stop(struct netdev *dev)
{
	(void)dev;
	told.stopped++;
}

void take_over(const char *name)
{
	struct port *port = port_of(name);

	ck_assert(port_rests(port));
	told_ops = netdev_null_ops;
	told_ops.backend = "told";
	told_ops.is_interface = true;
	told_ops.open = told_open;
	told_ops.close = told_close;
	told_ops.info = told_info;
	told_ops.link = told_link;
	told_ops.configure = told_configure;
	told_ops.start = told_start;
	told_ops.stop = told_stop;
	told_ops.tx_burst = told_tx_burst;
	told_ops.rx_burst = told_rx_burst;
	memset(&told, 0, sizeof(told));
	told.link = 1;
	told.service_fd = -1;
	told.frame_max = FRAME_SIZE_DEFAULT;
	atomic_store(&told.room, UINT_MAX);
	port->ops = &told_ops;
	port->dev->ops = &told_ops;
}

/* The device that is there is not watched: the port opens it again, by itself. */
void take_over_alive(const char *name)
{
	struct port *port = port_of(name);

	take_over(name);
	told.service_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_ge(told.service_fd, 0);
	told_ops.is_interface = false;
	told_ops.service_fd = told_service_fd;
	told_ops.service = told_service;
	port_close(port);
	LOOP_UNTIL(port->dev);
	ck_assert_uint_eq(told.opened, 1);
}
