/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port: its settings, its workers, and its device as it comes and goes.
 *
 * Workers live as long as the port, asleep while nothing runs. Pools live while the device is open.
 * What happens between start and stop is port_run.c's. Control thread.
 */
#include "engine/internal.h"
#include "util/clock.h"
#include "util/cpu.h"
#include "util/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* When a device is looked for that is not there, and one that is there but cannot be used. */
#define LOOK_SOON_NS (NS_PER_S / 10)
#define LOOK_LATE_NS (2 * NS_PER_S)

/* More than the workers of other ports on one CPU. */
#define OWN_WEIGHT 4096

/* How many workers sit on each CPU. */
static void cpus_used(const struct engine *engine, unsigned used[CPU_MAX])
{
	memset(used, 0, CPU_MAX * sizeof(*used));
	for (size_t p = 0; p < engine->port_count; p++)
		for (unsigned q = 0; q < engine->ports[p]->config.queues; q++)
			used[engine->ports[p]->queues[q].cpu % CPU_MAX]++;
}

/*
 * The queues of one port run together: they take different CPUs while there are any, and mind the
 * workers of other ports, which may be idle, after that.
 */
static int cpu_for_queue(
	const struct port *port, unsigned index, const unsigned *used, char *why, size_t why_size)
{
	int wanted = port->config.cpu, cpu;
	unsigned crowded[CPU_MAX];

	if (wanted != CPU_AUTO) /* the first was given: the others take the next ones */
		return cpu_choose(wanted + (int)index, used, CPU_MAX, why, why_size);
	memcpy(crowded, used, sizeof(crowded));
	for (unsigned i = 0; i < index; i++)
		crowded[port->queues[i].cpu % CPU_MAX] += OWN_WEIGHT;
	cpu = cpu_choose(wanted, crowded, CPU_MAX, why, why_size);
	if (cpu < 0 || crowded[cpu % CPU_MAX] < OWN_WEIGHT)
		return cpu;
	return cpu_choose(wanted, used, CPU_MAX, why, why_size);
}

static int queue_init(struct port *port, unsigned index, unsigned used[CPU_MAX], struct error *err)
{
	struct port_queue *queue = &port->queues[index];
	char why[160];
	int rc;

	rc = cpu_for_queue(port, index, used, why, sizeof(why));
	if (rc < 0)
		return error_set(
			err, -rc, ERROR_INVALID, "cpu", "port %s: %s", port->config.name, why);
	queue->cpu = rc;
	used[rc % CPU_MAX]++;
	queue->counters = aligned_alloc(CPU_CACHELINE, sizeof(*queue->counters));
	if (!queue->counters)
		return engine_no_memory(err);
	memset(queue->counters, 0, sizeof(*queue->counters));
	rc = worker_new((unsigned)queue->cpu, port->engine->notify_fd, &queue->worker);
	if (rc)
		return error_set(err, -rc, ERROR_INTERNAL, NULL, "port %s: no worker on CPU %d: %s",
			port->config.name, queue->cpu, strerror(-rc));
	log_info("port %s: worker %u on %s", port->config.name, index, why);
	return 0;
}

static void on_sample(evutil_socket_t fd, short what, void *arg)
{
	struct port *port = arg;

	(void)fd;
	(void)what;
	port_sample(port);
	engine_advance(port->engine); /* the device may have been found gone */
}

int port_new(struct engine *engine, const struct config_port *config, struct port **port,
	struct error *err)
{
	struct port *new = calloc(1, sizeof(*new));
	unsigned used[CPU_MAX];
	int rc;

	if (!new)
		return engine_no_memory(err);
	new->engine = engine;
	new->config = *config;
	rc = netdev_resolve(new->config.location, &new->ops, &new->address, err);
	if (rc)
		goto fail;
	rc = -ENOMEM;
	new->sample = event_new(engine->base, -1, EV_PERSIST, on_sample, new);
	if (!new->sample) {
		engine_no_memory(err);
		goto fail;
	}
	cpus_used(engine, used);
	for (unsigned i = 0; i < config->queues; i++) {
		rc = queue_init(new, i, used, err);
		if (rc)
			goto fail;
	}
	*port = new;
	return 0;
fail:
	port_free(new);
	return rc;
}

void port_free(struct port *port)
{
	/* Workers first: when they are joined, nothing uses the rest any more, whatever the phase.
	 */
	for (unsigned i = 0; i < port->config.queues; i++)
		worker_free(port->queues[i].worker);
	port_run_abandon(port);
	port_capture_abandon(port);
	port_close(port);
	for (unsigned i = 0; i < port->config.queues; i++) {
		free(port->queues[i].counters);
		free(port->queues[i].sequences);
	}
	if (port->sample)
		event_free(port->sample);
	free(port);
}

/* The pools have the shape that the device asks for, one behind the other in one mapping. */
static int pools_init(struct port *port, struct error *err)
{
	const struct config_port *config = &port->config;
	const struct mempool_shape shape = {config->pool_objects, config->pool_object_size,
		port->info.align, port->info.headroom};
	size_t size = mempool_memory_size(&shape);
	int rc;

	rc = memory_map(size * config->queues, &port->memory);
	for (unsigned i = 0; rc == 0 && i < config->queues; i++) {
		rc = mempool_init(&port->queues[i].pool, &shape, port->memory.base + i * size);
		counter_set(&port->queues[i].counters->pool_free, config->pool_objects);
	}
	return rc ? error_set(err, -rc, ERROR_INTERNAL, "pool-objects",
			    "port %s: no memory for %u packet buffers of %u bytes", config->name,
			    config->pool_objects, config->pool_object_size)
		  : 0;
}

static void log_opened(const struct port *port)
{
	const struct netdev_info *info = &port->info;
	const uint8_t *mac = info->mac;

	log_info("port %s at %s: driver %s, MAC %02x:%02x:%02x:%02x:%02x:%02x, MTU %u, %u of %u "
		 "queue "
		 "pairs, alignment %u, headroom %u, link %s, pool %u objects of %u bytes%s",
		port->config.name, port->config.location, info->driver, mac[0], mac[1], mac[2],
		mac[3], mac[4], mac[5], info->mtu, port->config.queues, info->queues_max,
		info->align, info->headroom, port_link_names[port->link], port->config.pool_objects,
		port->config.pool_object_size,
		port->memory.page_size == MEMORY_PAGE_SIZE ? " on huge pages" : "");
	log_info("port %s: %s", port->config.name, info->features);
}

static int device_ask(struct port *port, struct error *err)
{
	int rc = port->dev->ops->info(port->dev, &port->info);

	return rc ? error_set(err, -rc, ERROR_DEVICE, "location",
			    "%s: the device does not tell its facts: %s", port->config.location,
			    strerror(-rc))
		  : 0;
}

static int device_open(struct port *port, struct error *err)
{
	int rc = port->ops->open(port->address, &port->dev, err);

	if (rc == 0)
		rc = device_ask(port, err);
	if (rc)
		return rc;
	if (port->config.queues > port->info.queues_max)
		return error_set(err, EINVAL, ERROR_INVALID, "queues",
			"%s has %u queue pairs, not %u", port->config.location,
			port->info.queues_max, port->config.queues);
	return pools_init(port, err);
}

void port_serve(struct port *port)
{
	if (!port->service)
		return;
	port->dev->ops->service(port->dev);
	port_refresh(port);
}

static void on_service(evutil_socket_t fd, short what, void *arg)
{
	struct port *port = arg;

	(void)fd;
	(void)what;
	port_serve(port);
	engine_advance(port->engine);
}

static int service_watch(struct port *port, struct error *err)
{
	const struct netdev_ops *ops = port->dev->ops;

	if (!ops->service_fd)
		return 0;
	port->service = event_new(port->engine->base, ops->service_fd(port->dev),
		EV_READ | EV_PERSIST, on_service, port);
	return port->service && event_add(port->service, NULL) == 0 ? 0 : engine_no_memory(err);
}

/* Nobody tells when a device that is no interface can be opened again. */
static void port_look_later(struct port *port, uint64_t ns)
{
	if (!port->ops || port->ops->is_interface)
		return;
	port->retry_ns = clock_now_ns() + ns;
	engine_look(port->engine);
}

/* What was wrong before is over when the link is up. */
static void link_set(struct port *port, enum port_link link)
{
	port->link = link;
	if (link == PORT_LINK_IS_UP && !port->stalled)
		port->reason[0] = '\0';
}

int port_open(struct port *port, struct error *err)
{
	int rc, link;

	if (port->dev)
		return device_ask(port, err); /* its MTU or speed may be another by now */
	rc = device_open(port, err);
	if (rc == 0)
		rc = service_watch(port, err);
	if (rc) {
		port_close(port);
		port_look_later(port, rc == -ENODEV ? LOOK_SOON_NS : LOOK_LATE_NS);
		text_copy(port->reason, sizeof(port->reason), err->message);
		return rc;
	}
	link = port->dev->ops->link(port->dev);
	port->reason[0] = '\0';
	link_set(port, link > 0 ? PORT_LINK_IS_UP : PORT_LINK_IS_DOWN);
	log_opened(port);
	return 0;
}

void port_close(struct port *port)
{
	if (port->service)
		event_free(port->service);
	port->service = NULL;
	if (port->dev)
		port->dev->ops->close(port->dev);
	port->dev = NULL;
	port->link = PORT_LINK_UNKNOWN;
	for (unsigned i = 0; i < port->config.queues; i++)
		mempool_fini(&port->queues[i].pool);
	memory_unmap(&port->memory);
	port_look_later(port, LOOK_SOON_NS);
}

static void device_look_for(struct port *port)
{
	struct error err = {0};

	if (port_open(port, &err) != 0)
		return;
	if (port->autostart)
		engine_autostart_port(port);
	if (port->phase != PHASE_LOST)
		return;
	if (port_resume_prepare(port, &err) != 0) {
		log_error("port %s: is back, but cannot go on: %s", port->config.name, err.message);
		port_close(port);
		port_look_later(port, LOOK_LATE_NS);
		return;
	}
	port_resume(port);
	log_info("port %s: is back and goes on", port->config.name);
}

/* The device is not the one that was opened any more, or cannot be used as it is. */
static void device_gone(struct port *port)
{
	char reason[sizeof(port->reason)];

	text_copy(reason, sizeof(reason),
		port->dev->reason[0] ? port->dev->reason
				     : "the device is gone; the port waits for its return");
	log_warning("port %s: %s: %s", port->config.name, port->config.location, reason);
	port->link = PORT_LINK_UNKNOWN;
	if (!port_rests(port)) {
		text_copy(port->reason, sizeof(port->reason), reason);
		port->lost = true;
		return;
	}
	port_close(port);
	device_look_for(port); /* another one may have its name already */
	text_copy(port->reason, sizeof(port->reason), port->dev ? "" : reason);
}

void port_refresh(struct port *port)
{
	enum port_link link;
	int rc;

	if (!port->dev) {
		device_look_for(port);
		return;
	}
	rc = port->dev->ops->link(port->dev);
	if (rc < 0) {
		if (!port->lost)
			device_gone(port);
		return;
	}
	link = rc ? PORT_LINK_IS_UP : PORT_LINK_IS_DOWN;
	if (link != port->link)
		log_info("port %s: link %s%s%s", port->config.name, port_link_names[link],
			port->dev->reason[0] ? ": " : "", port->dev->reason);
	link_set(port, link);
}

const char *port_reason(const struct port *port)
{
	if (port->reason[0] == '\0' && port->dev && port->link == PORT_LINK_IS_DOWN)
		return port->dev->reason;
	return port->reason;
}

void port_facts(const struct port *port, struct plan_port *facts)
{
	const struct config_port *config = &port->config;

	*facts = (struct plan_port){
		.name = config->name,
		.frame_max = port->dev ? port->info.frame_max : FRAME_SIZE_MAX,
		.buffer_room = mempool_room(config->pool_object_size,
			port->info.align ? port->info.align : 1, port->info.headroom),
		.buffers = config->pool_objects,
		.speed_mbps = port->info.speed_mbps,
		.queues = config->queues,
		.rate_limit = config->rate_limit,
		.in_place = port->info.in_place,
	};
	memcpy(facts->mac, port->info.mac, sizeof(facts->mac));
}

enum port_state port_state(const struct port *port)
{
	if (port->phase == PHASE_LOST || port->lost)
		return PORT_DEVICE_LOST;
	if (!port->dev)
		return PORT_UNPROBED;
	if (port->phase == PHASE_PAUSED)
		return PORT_PAUSED;
	if (port->phase == PHASE_IDLE)
		return PORT_CONFIGURED;
	if (port->link == PORT_LINK_IS_DOWN)
		return PORT_LINK_DOWN;
	return port->stalled ? PORT_STALLED : PORT_RUNNING;
}
