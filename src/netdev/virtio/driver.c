/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio network driver's control side: features, rings, the control queue, start and stop.
 *
 * Each ring has a place of its own in one mapping, whose size is a power of two and at least a
 * page, so that no ring crosses a huge page. Control thread.
 */
#include "netdev/virtio/driver.h"

#include "util/clock.h"
#include "util/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MTU_UNKNOWN  9216 /* taken for a device that tells none: buffers limit frames, not we */
#define FRAME_OVER   18   /* Ethernet and VLAN headers */
#define RING_PLACE   1024 /* entries that there is room for, unless more are asked for */
#define RING_PAGE    4096
#define CONTROL_SIZE 64
/* The device must answer a control request within this time. */
#define CONTROL_MAX_NS (NS_PER_S / 10)

static const struct {
	uint64_t bit;
	const char *name;
} feature_names[] = {
	{VIRTIO_NET_F_MTU, "MTU"},
	{VIRTIO_NET_F_MAC, "MAC"},
	{VIRTIO_NET_F_MRG_RXBUF, "MRG_RXBUF"},
	{VIRTIO_NET_F_STATUS, "STATUS"},
	{VIRTIO_NET_F_CTRL_VQ, "CTRL_VQ"},
	{VIRTIO_NET_F_CTRL_RX, "CTRL_RX"},
	{VIRTIO_NET_F_MQ, "MQ"},
	{VIRTIO_F_ANY_LAYOUT, "ANY_LAYOUT"},
	{VIRTIO_F_EVENT_IDX, "EVENT_IDX"},
	{VIRTIO_F_VERSION_1, "VERSION_1"},
	{VIRTIO_F_ACCESS_PLATFORM, "ACCESS_PLATFORM"},
	{VIRTIO_F_RING_PACKED, "RING_PACKED"},
	{VIRTIO_F_IN_ORDER, "IN_ORDER"},
	{VIRTIO_F_ORDER_PLATFORM, "ORDER_PLATFORM"},
};

void virtio_features_name(uint64_t features, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(feature_names) / sizeof(feature_names[0]); i++) {
		if (!(features & feature_names[i].bit) || used >= size)
			continue;
		used += (size_t)snprintf(
			text + used, size - used, "%s%s", used ? " " : "", feature_names[i].name);
	}
}

void virtio_driver_init(struct virtio_driver *driver, const struct virtio_transport_ops *transport,
	const struct virtio_options *options, const char *seed)
{
	driver->transport = transport;
	driver->options = *options;
	driver->ring_align = CPU_CACHELINE;
	driver->queue_pairs_max = 1;
	driver->rings_memory.fd = -1;
	virtio_mac_make(seed, 0x70, driver->mac);
}

/* ---- features ---- */

static uint64_t features_wanted(const struct virtio_driver *driver, uint64_t offered)
{
	uint64_t wanted = VIRTIO_NET_F_MTU | VIRTIO_NET_F_MAC | VIRTIO_NET_F_MRG_RXBUF |
			  VIRTIO_NET_F_STATUS | VIRTIO_F_EVENT_IDX;

	if (!(offered & VIRTIO_F_VERSION_1)) /* §6.3: what legacy devices know of */
		return wanted | VIRTIO_F_ANY_LAYOUT |
		       (driver->has_control ? VIRTIO_NET_F_CTRL_VQ | VIRTIO_NET_F_CTRL_RX |
						      VIRTIO_NET_F_MQ
					    : 0);
	wanted |= VIRTIO_F_VERSION_1 | VIRTIO_F_IN_ORDER | VIRTIO_NET_F_MQ;
	if (driver->options.packed != VIRTIO_OFF)
		wanted |= VIRTIO_F_RING_PACKED;
	if (driver->has_control)
		wanted |= VIRTIO_NET_F_CTRL_VQ | VIRTIO_NET_F_CTRL_RX;
	if (driver->strong_barriers) /* another process needs no IOMMU and sees our order */
		wanted |= VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_ORDER_PLATFORM;
	return wanted;
}

int virtio_driver_negotiate(struct virtio_driver *driver, uint64_t offered, struct error *err)
{
	uint64_t features = offered & features_wanted(driver, offered);

	if (!(features & (VIRTIO_F_VERSION_1 | VIRTIO_F_ANY_LAYOUT)))
		return error_set(err, EINVAL, ERROR_UNSUPPORTED, "location",
			"the device is from before virtio 1.0 and lacks ANY_LAYOUT: it wants each "
			"frame in pieces");
	if (driver->options.packed == VIRTIO_ON && !(features & VIRTIO_F_RING_PACKED)) {
		error_set(err, EINVAL, ERROR_UNSUPPORTED, "location",
			"the device does not offer packed rings");
		error_hint(err, "leave packed=on away");
		return -EINVAL;
	}
	if (!(features & VIRTIO_NET_F_CTRL_VQ) && driver->has_control) /* §5.1.3.1 */
		features &= ~(VIRTIO_NET_F_CTRL_RX | VIRTIO_NET_F_MQ);
	driver->offered = offered;
	driver->features = features;
	driver->legacy = !(features & VIRTIO_F_VERSION_1);
	driver->known = true;
	return 0;
}

/* ---- rings ---- */

unsigned virtio_driver_ring_count(const struct virtio_driver *driver)
{
	return driver->queue_count * 2 + !!(driver->features & VIRTIO_NET_F_CTRL_VQ);
}

unsigned virtio_driver_ring_index(const struct virtio_driver *driver, unsigned i)
{
	if (i < driver->queue_count * 2)
		return i;
	return driver->features & VIRTIO_NET_F_MQ ? driver->queue_pairs_max * 2 : 2;
}

static struct virtio_ring *ring_get(struct virtio_driver *driver, unsigned i)
{
	struct virtio_queue *queue;

	if (i >= driver->queue_count * 2)
		return &driver->control;
	queue = driver->queues[i / 2];
	return i % 2 == 0 ? &queue->rx : &queue->tx;
}

/* Bytes that each ring has to itself. */
static size_t ring_place(const struct virtio_driver *driver)
{
	struct ring_shape shape = {.size = RING_PLACE};
	size_t place = RING_PAGE;

	if (driver->options.queue_size > shape.size)
		shape.size = driver->options.queue_size;
	while (place < ring_bytes(&shape, RING_PAGE))
		place *= 2;
	return place;
}

static uint16_t ring_size(const struct virtio_driver *driver, unsigned i, uint16_t device_max)
{
	uint16_t size =
		driver->options.queue_size ? driver->options.queue_size : VRING_SIZE_DEFAULT;

	if (i >= driver->queue_count * 2)
		size = CONTROL_SIZE;
	if (device_max && driver->legacy) /* §2.7.2: its size cannot be changed */
		size = device_max;
	while (device_max && size > device_max)
		size /= 2;
	return size;
}

uint16_t virtio_driver_ring(
	struct virtio_driver *driver, unsigned i, uint16_t device_max, struct ring_areas *areas)
{
	uint64_t features = driver->features;
	const struct ring_shape shape = {
		.size = ring_size(driver, i, device_max),
		.packed = features & VIRTIO_F_RING_PACKED,
		.event_idx = features & VIRTIO_F_EVENT_IDX,
		.in_order = features & VIRTIO_F_IN_ORDER,
		.strong_barriers = driver->strong_barriers,
		.header_len = features & (VIRTIO_F_VERSION_1 | VIRTIO_NET_F_MRG_RXBUF)
				      ? sizeof(struct virtio_net_header)
				      : VIRTIO_NET_HEADER_SHORT,
		.mergeable = features & VIRTIO_NET_F_MRG_RXBUF,
	};
	struct virtio_ring *ring = ring_get(driver, i);
	size_t place = ring_place(driver);

	if (shape.size < VRING_SIZE_MIN || (shape.size & (shape.size - 1)) ||
		ring_bytes(&shape, driver->ring_align) > place)
		return 0;
	free(ring->slots);
	ring->slots = calloc(shape.size, sizeof(*ring->slots));
	if (!ring->slots)
		return 0;
	ring->index = virtio_driver_ring_index(driver, i);
	ring_layout(&shape, driver->ring_align, driver->rings_memory.base + i * place, areas);
	ring_driver_init(&ring->ring, &shape, areas, ring->slots);
	return shape.size;
}

/* ---- the control queue ---- */

/* One command with a value (§5.1.6.5); the bytes lie behind the last ring. */
static int control(struct virtio_driver *driver, uint8_t class, uint8_t command, const void *value,
	uint32_t len, struct error *err)
{
	uint8_t *bytes =
		driver->rings_memory.base + virtio_driver_ring_count(driver) * ring_place(driver);
	uint64_t address = driver->transport->dma(driver, bytes), deadline_ns;
	volatile uint8_t *ack = bytes + CONTROL_SIZE - 1;

	bytes[0] = class;
	bytes[1] = command;
	memcpy(bytes + 2, value, len);
	*ack = 0xff;
	ring_driver_request(&driver->control.ring, address, 2 + len, address + CONTROL_SIZE - 1);
	driver->transport->notify(driver, driver->control.index);
	deadline_ns = clock_now_ns() + CONTROL_MAX_NS;
	while (!ring_driver_request_done(&driver->control.ring)) {
		if (driver->control.ring.error || clock_now_ns() > deadline_ns)
			return error_set(err, ETIMEDOUT, ERROR_DEVICE, NULL,
				"the device does not answer on its control queue");
		cpu_relax();
	}
	return *ack == VIRTIO_NET_OK
		       ? 0
		       : error_set(err, EIO, ERROR_DEVICE, NULL,
				 "the device refuses control request %u.%u", class, command);
}

static int control_all(struct virtio_driver *driver, struct error *err)
{
	uint16_t pairs = (uint16_t)driver->queue_count;
	uint8_t on = driver->promiscuous;
	int rc = 0;

	if (!(driver->features & VIRTIO_NET_F_CTRL_VQ))
		return 0;
	if (driver->features & VIRTIO_NET_F_MQ)
		rc = control(driver, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, &pairs,
			sizeof(pairs), err);
	if (rc == 0 && (driver->features & VIRTIO_NET_F_CTRL_RX))
		rc = control(driver, VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, &on,
			sizeof(on), err);
	return rc;
}

/* ---- ready, lost, link ---- */

/* What workers may do follows from what we know. */
static void phase_update(struct virtio_driver *driver)
{
	unsigned phase = atomic_load_explicit(&driver->phase, memory_order_relaxed);

	if (phase != VIRTIO_LOST)
		atomic_store_explicit(&driver->phase,
			driver->live && driver->link_up ? VIRTIO_READY : VIRTIO_WAITING,
			memory_order_release);
}

/*
 * Where the device finds each buffer, with a header of zeros in front of it. Done when the device
 * has let go of what it had before, and when all buffers are in their pools, which workers leave
 * alone until they are let in.
 */
static void buffers_prepare(struct virtio_driver *driver)
{
	for (unsigned i = 0; i < driver->queue_count; i++) {
		const struct pktbuf_stack *pool = driver->queues[i]->queue.pool;

		for (uint32_t b = 0; b < pool->count; b++) {
			struct pktbuf *buf = pool->slots[b];

			buf->dma = driver->transport->dma(driver, buf->data);
			memset(buf->data - sizeof(struct virtio_net_header), 0,
				sizeof(struct virtio_net_header));
		}
	}
}

int virtio_driver_ready(struct virtio_driver *driver, struct error *err)
{
	int rc = control_all(driver, err);

	if (rc)
		return rc;
	buffers_prepare(driver);
	driver->live = true;
	phase_update(driver);
	return 0;
}

void virtio_driver_lost(struct virtio_driver *driver, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(driver->dev.reason, sizeof(driver->dev.reason), format, args);
	va_end(args);
	atomic_store_explicit(&driver->phase, VIRTIO_LOST, memory_order_release);
}

int virtio_driver_link(struct netdev *dev)
{
	struct virtio_driver *driver = (struct virtio_driver *)dev;

	if (driver->transport->look)
		driver->transport->look(driver);
	for (unsigned i = 0; i < driver->queue_count; i++) {
		uintptr_t error =
			atomic_load_explicit(&driver->queues[i]->error, memory_order_relaxed);

		if (error)
			virtio_driver_lost(driver, "the peer broke the rules of ring pair %u: %s",
				i, (const char *)error);
	}
	phase_update(driver);
	if (atomic_load_explicit(&driver->phase, memory_order_relaxed) == VIRTIO_LOST)
		return -ENODEV;
	return driver->started ? driver->live && driver->link_up : driver->known && driver->link_up;
}

static uint16_t ring_size_now(const struct virtio_driver *driver)
{
	return driver->live ? driver->queues[0]->tx.ring.shape.size : 0;
}

static void describe(const struct virtio_driver *driver, char *text, size_t size)
{
	char features[160];

	if (!driver->known) {
		snprintf(text, size, "no peer yet: nothing is negotiated");
		return;
	}
	virtio_features_name(driver->features, features, sizeof(features));
	snprintf(text, size, "%s rings",
		driver->features & VIRTIO_F_RING_PACKED ? "packed" : "split");
	if (ring_size_now(driver))
		snprintf(text + strlen(text), size - strlen(text), " of %u", ring_size_now(driver));
	snprintf(text + strlen(text), size - strlen(text), "; negotiated: %s", features);
}

int virtio_driver_info(struct netdev *dev, struct netdev_info *info)
{
	const struct virtio_driver *driver = (struct virtio_driver *)dev;
	uint32_t mtu = driver->mtu ? driver->mtu : MTU_UNKNOWN;

	*info = (struct netdev_info){
		.mtu = mtu,
		.frame_max = mtu + FRAME_OVER,
		/* before there is a peer: what we could, so that a port can be made */
		.queues_max = driver->known ? driver->queue_pairs_max : VIRTIO_QUEUE_PAIRS_MAX,
		.align = CPU_CACHELINE,
		.headroom = VIRTIO_HEADROOM,
		.in_place = true,
	};
	memcpy(info->mac, driver->mac, sizeof(info->mac));
	text_copy(info->driver, sizeof(info->driver), driver->transport->driver);
	describe(driver, info->features, sizeof(info->features));
	return 0;
}

/* ---- configure, start, stop ---- */

static int queue_new(struct virtio_driver *driver, unsigned index, const struct netdev_conf *conf)
{
	struct virtio_queue *queue = aligned_alloc(CPU_CACHELINE, sizeof(*queue));
	struct pktbuf_stack *pool = conf->pools[index];

	if (!queue)
		return -ENOMEM;
	*queue = (struct virtio_queue){
		.queue = {.dev = &driver->dev,
			.index = index,
			.counters = conf->counters[index],
			.pool = pool,
			.polled = true},
		.rx_wanted = pool->capacity / 2, /* a flow may want the rest */
	};
	driver->queues[index] = queue;
	driver->queue_count = index + 1;
	return 0;
}

int virtio_driver_configure(struct netdev *dev, const struct netdev_conf *conf, struct error *err)
{
	struct virtio_driver *driver = (struct virtio_driver *)dev;
	unsigned rings = conf->queues * 2 + 1;
	int rc;

	rc = memory_map(rings * ring_place(driver) + CONTROL_SIZE, &driver->rings_memory);
	for (unsigned i = 0; rc == 0 && i < conf->queues; i++)
		rc = queue_new(driver, i, conf);
	if (rc) {
		virtio_driver_stop(dev);
		return error_set(err, -rc, ERROR_INTERNAL, NULL, "no memory for %u rings", rings);
	}
	driver->pools_memory = conf->memory;
	driver->promiscuous = conf->promiscuous;
	return 0;
}

int virtio_driver_start(struct netdev *dev, struct error *err)
{
	struct virtio_driver *driver = (struct virtio_driver *)dev;

	driver->started = true;
	driver->live = false;
	atomic_store_explicit(&driver->phase, VIRTIO_WAITING, memory_order_relaxed);
	return driver->transport->start(driver, err);
}

void virtio_driver_stop(struct netdev *dev)
{
	struct virtio_driver *driver = (struct virtio_driver *)dev;

	if (driver->started)
		driver->transport->stop(driver);
	for (unsigned i = 0; i < driver->queue_count; i++) {
		struct virtio_queue *queue = driver->queues[i];

		if (driver->live)
			virtio_queue_drain(queue);
		free(queue->rx.slots);
		free(queue->tx.slots);
		free(queue);
	}
	free(driver->control.slots);
	driver->control.slots = NULL;
	driver->started = driver->live = false;
	driver->queue_count = 0;
	if (atomic_load_explicit(&driver->phase, memory_order_relaxed) != VIRTIO_LOST)
		atomic_store_explicit(&driver->phase, VIRTIO_WAITING, memory_order_relaxed);
	memory_unmap(&driver->rings_memory);
}

struct netdev_queue *virtio_driver_queue(struct netdev *dev, unsigned index)
{
	return &((struct virtio_driver *)dev)->queues[index]->queue;
}
