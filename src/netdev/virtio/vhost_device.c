/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vhost-user with role=device: the peer (a guest behind QEMU, DPDK's virtio-user) is the driver and
 * brings the memory and the rings; frames are copied into its receive rings and out of its transmit
 * rings.
 *
 * The control thread talks to the peer and owns the back end, the workers own rings. A message may
 * change rings and memory while frames move, so every queue has a gate: a worker is inside for the
 * time of one burst, the control thread closes it, waits until nobody is inside, changes things and
 * opens it again. A worker never waits: before a closed gate the link is down.
 *
 * Where a ring goes on is handed back to the back end whenever the gates close; so runs begin and
 * end without the peer's knowledge, and what it sends in between waits in its rings.
 *
 * Calls are writes to a descriptor that the peer made and can make block. A worker that it caught
 * that way is freed by reading from it, and the peer is sent away.
 */
#include "netdev/virtio/driver.h"
#include "netdev/virtio/vhost_back.h"
#include "netdev/virtio/vhost_endpoint.h"
#include "netdev/virtio/vhost_event.h"
#include "netdev/virtio/vhost_user.h"
#include "util/clock.h"
#include "util/text.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MTU_DEFAULT      1500
#define ETHERNET_HEADER  14
#define VLAN_TAG         4
#define MESSAGES_AT_ONCE 64 /* then others get their turn */
#define STUCK_NS         (500 * NS_PER_MS)

struct device_ring {
	struct ring_device ring;
	bool usable; /* the rest is set up, and nothing is wrong */
	int call_fd; /* the back end's */
	uint32_t frame_max;
};

struct device_queue {
	_Alignas(CPU_CACHELINE) struct netdev_queue queue; /* first */
	atomic_bool busy, open;                            /* the gate */
	struct device_ring to_peer, from_peer;
	uint64_t rounds; /* of the worker, when the control thread looked last */
};

struct vhost_device {
	struct netdev dev; /* first */
	struct vhost_endpoint endpoint;
	struct vhost_back back;
	uint8_t mac[6];
	bool link_up;
	char fault[128]; /* what the last peer did that it must not; "": nothing */
	/* A worker says that something is wrong: a constant string, then a write to event_fd. */
	atomic_uintptr_t error;
	int event_fd;
	/* Between configure and stop. */
	bool started, tx, rx;
	unsigned queue_count;
	struct device_queue queues[VHOST_BACK_PAIRS_MAX];
};

/* ---- the gate ---- */

static bool gate_enter(struct device_queue *queue)
{
	atomic_store(&queue->busy, true);
	if (atomic_load(&queue->open))
		return true;
	atomic_store_explicit(&queue->busy, false, memory_order_release);
	return false;
}

static void gate_leave(struct device_queue *queue)
{
	atomic_store_explicit(&queue->busy, false, memory_order_release);
}

/* Frees whoever hangs in a call. */
static void call_free(struct vhost_device *device, const struct device_ring *ring)
{
	if (!ring->usable || !vhost_event_blocks(ring->call_fd))
		return;
	vhost_event_drain(ring->call_fd);
	atomic_store(&device->error, (uintptr_t) "its call descriptor blocks");
}

/* A worker that is inside for longer than a burst takes hangs in a call, or has no processor, which
 * is not the peer's fault. */
static void queue_free(struct vhost_device *device, struct device_queue *queue)
{
	call_free(device, &queue->to_peer);
	call_free(device, &queue->from_peer);
}

static void gate_close(struct vhost_device *device, struct device_queue *queue)
{
	uint64_t since_ns = clock_now_ns();

	atomic_store(&queue->open, false);
	while (atomic_load(&queue->busy)) {
		sched_yield();
		if (clock_now_ns() - since_ns > STUCK_NS)
			queue_free(device, queue);
	}
}

/* ---- control: rings ---- */

static void ring_close(struct vhost_device *device, struct device_ring *ring, unsigned index)
{
	if (ring->usable)
		device->back.rings[index].base = ring_device_base(&ring->ring);
	ring->usable = false;
}

/* No worker uses a ring or the peer's memory after that. */
static void rings_close(struct vhost_device *device)
{
	for (unsigned i = 0; i < device->queue_count; i++) {
		struct device_queue *queue = &device->queues[i];

		gate_close(device, queue);
		ring_close(device, &queue->to_peer, 2 * i);
		ring_close(device, &queue->from_peer, 2 * i + 1);
	}
}

static uint32_t mtu(const struct vhost_back *back)
{
	return back->mtu ? back->mtu : MTU_DEFAULT;
}

/* Without mergeable buffers, drivers offer buffers of the MTU's size. */
static uint32_t frame_max(const struct vhost_back *back)
{
	bool limited = back->features && !(back->features & VIRTIO_NET_F_MRG_RXBUF);

	return limited ? mtu(back) + ETHERNET_HEADER : FRAME_SIZE_MAX;
}

static void ring_open(struct vhost_device *device, struct device_ring *ring, unsigned index)
{
	struct ring_shape shape;
	struct ring_areas areas;

	ring->usable = vhost_back_ring(&device->back, index, &shape, &areas);
	if (!ring->usable)
		return;
	ring->call_fd = device->back.rings[index].call_fd;
	ring->frame_max = frame_max(&device->back) + VLAN_TAG;
	ring_device_init(
		&ring->ring, &shape, &areas, &device->back.guest, device->back.rings[index].base);
}

/* Lets the workers in again, where there is something to do. */
static void rings_open(struct vhost_device *device)
{
	for (unsigned i = 0; device->started && i < device->queue_count; i++) {
		struct device_queue *queue = &device->queues[i];

		if (device->tx)
			ring_open(device, &queue->to_peer, 2 * i);
		if (device->rx)
			ring_open(device, &queue->from_peer, 2 * i + 1);
		atomic_store(&queue->open, queue->to_peer.usable || queue->from_peer.usable);
	}
}

/* ---- control: the peer ---- */

static bool is_connected(const struct vhost_device *device)
{
	return device->endpoint.connection.fd >= 0;
}

/* Queue pairs that the peer has started and enabled. */
static unsigned pairs_up(const struct vhost_device *device)
{
	unsigned up = 0;

	for (unsigned i = 0; i < device->back.pairs; i++) {
		struct ring_shape shape;
		struct ring_areas areas;

		up += vhost_back_ring(&device->back, 2 * i, &shape, &areas) &&
		      vhost_back_ring(&device->back, 2 * i + 1, &shape, &areas);
	}
	return up;
}

static void state_update(struct vhost_device *device)
{
	char *reason = device->dev.reason;
	const size_t size = sizeof(device->dev.reason);

	device->link_up = is_connected(device) && pairs_up(device) > 0;
	if (device->link_up)
		reason[0] = '\0';
	else if (is_connected(device))
		snprintf(reason, size, "the peer at %.100s has not started its rings",
			device->endpoint.path);
	else if (device->fault[0])
		snprintf(reason, size, "the peer broke the protocol: %s", device->fault);
	else
		vhost_endpoint_reason(&device->endpoint, reason, size);
}

/* The peer has gone, or goes; format (NULL: nothing) is what it did that it must not. */
static void peer_lose(struct vhost_device *device, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void peer_lose(struct vhost_device *device, const char *format, ...)
{
	va_list arguments;

	if (format) {
		va_start(arguments, format);
		text_format_line(device->fault, sizeof(device->fault), format, arguments);
		va_end(arguments);
	}
	rings_close(device);
	atomic_store(&device->error, 0); /* it was about this peer */
	vhost_back_fini(&device->back);
	vhost_back_init(&device->back, VHOST_BACK_PAIRS_MAX);
	vhost_endpoint_disconnect(&device->endpoint);
}

/* Looks after workers every now and then, while there are any. */
static void watch_workers(struct vhost_device *device)
{
	if (is_connected(device) && device->started)
		vhost_endpoint_timer(&device->endpoint, STUCK_NS);
}

/* One message; false when the peer is no longer there. */
static bool message_handle(struct vhost_device *device, const struct vhost_message *message,
	int *fds, unsigned fd_count)
{
	bool disturbs = vhost_back_disturbs(message->request);
	struct vhost_message reply;
	int rc;

	if (disturbs)
		rings_close(device);
	rc = vhost_back_handle(&device->back, message, fds, fd_count, &reply);
	if (rc < 0) {
		peer_lose(device, "%s", device->back.reason);
		return false;
	}
	if (disturbs)
		rings_open(device);
	if (rc > 0 && vhost_message_send(&device->endpoint.connection, &reply, NULL, 0) != 0) {
		peer_lose(device, "it reads no replies");
		return false;
	}
	return true;
}

static void messages_take(struct vhost_device *device)
{
	for (unsigned i = 0; i < MESSAGES_AT_ONCE && is_connected(device); i++) {
		struct vhost_message message;
		int fds[VHOST_USER_FDS_MAX], rc;
		unsigned fd_count;

		rc = vhost_message_receive(&device->endpoint.connection, &message, fds, &fd_count);
		if (rc == 0)
			return;
		if (rc == 1) {
			if (!message_handle(device, &message, fds, fd_count))
				return;
		} else if (rc == -EPROTO) {
			peer_lose(device, "what it sends is no vhost-user message");
		} else {
			peer_lose(device, NULL);
		}
	}
}

/* Workers that are where they were at the last look hang. */
static void workers_free(struct vhost_device *device)
{
	for (unsigned i = 0; i < device->queue_count; i++) {
		struct device_queue *queue = &device->queues[i];
		uint64_t rounds = counter_read(&queue->queue.counters->rounds);

		if (atomic_load(&queue->busy) && rounds == queue->rounds)
			queue_free(device, queue);
		queue->rounds = rounds;
	}
}

/* What workers found wrong. */
static void errors_take(struct vhost_device *device)
{
	const char *error;
	uint64_t count;

	if (read(device->event_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	error = (const char *)atomic_load(&device->error);
	if (error)
		peer_lose(device, "%s", error);
}

static void vhost_device_service(struct netdev *dev)
{
	struct vhost_device *device = (struct vhost_device *)dev;

	if (vhost_endpoint_service(&device->endpoint)) {
		device->fault[0] = '\0';
		watch_workers(device);
	}
	messages_take(device);
	/* The timer of an endpoint without a peer is the endpoint's. */
	if (is_connected(device) && vhost_endpoint_expired(&device->endpoint)) {
		workers_free(device);
		watch_workers(device);
	}
	errors_take(device);
	state_update(device);
}

static int vhost_device_service_fd(struct netdev *dev)
{
	return ((struct vhost_device *)dev)->endpoint.epoll_fd;
}

/* ---- worker ---- */

static void ring_call(struct device_ring *ring)
{
	uint64_t one = 1;

	if (ring_device_must_call(&ring->ring) && ring->call_fd >= 0 &&
		write(ring->call_fd, &one, sizeof(one)) < 0)
		return; /* it has been called often enough */
}

/* What comes after a burst: a call, or, when the peer broke the rules, word to the control thread.
 */
static int ring_finish(struct vhost_device *device, struct device_ring *ring)
{
	uintptr_t none = 0;
	uint64_t one = 1;

	if (!ring->ring.error) {
		ring_call(ring);
		return 0;
	}
	ring->usable = false;
	if (atomic_compare_exchange_strong(&device->error, &none, (uintptr_t)ring->ring.error) &&
		write(device->event_fd, &one, sizeof(one)) < 0)
		return ENETDOWN; /* the counter is full: the control thread is awake already */
	return ENETDOWN;
}

/* How many frames, from the front, are not too long for the peer: that would not be its fault. */
static unsigned frames_fit(const struct device_ring *ring, struct pktbuf *const *bufs, unsigned n)
{
	if (ring->ring.shape.mergeable)
		return n;
	for (unsigned i = 0; i < n; i++)
		if (bufs[i]->len > ring->frame_max)
			return i;
	return n;
}

static unsigned vhost_device_tx_burst(struct netdev_queue *base, struct pktbuf **bufs, unsigned n)
{
	struct device_queue *queue = (struct device_queue *)base;
	struct device_ring *ring = &queue->to_peer;
	unsigned sent = 0;

	base->fault = ENETDOWN;
	if (!gate_enter(queue))
		return 0;
	if (ring->usable) {
		unsigned fit = frames_fit(ring, bufs, n);

		sent = ring_device_send(&ring->ring, bufs, fit);
		base->fault = ring_finish((struct vhost_device *)base->dev, ring);
		if (sent < n && base->fault == 0)
			base->fault = sent < fit ? ENOBUFS : EMSGSIZE;
	}
	gate_leave(queue);
	netdev_tx_complete(base, bufs, sent);
	return sent;
}

static void drops_count(struct netdev_queue *queue, const struct ring_device_drops *drops)
{
	struct queue_counters *counters = queue->counters;

	counter_add(&counters->drops[DROP_RX_TOO_LONG], drops->too_long);
	counter_add(&counters->drops[DROP_RX_NO_BUFFER], drops->no_buffer);
	counter_add(&counters->pool_exhausted, drops->no_buffer > 0);
}

static unsigned vhost_device_rx_burst(struct netdev_queue *base, struct pktbuf **bufs, unsigned n)
{
	struct device_queue *queue = (struct device_queue *)base;
	struct device_ring *ring = &queue->from_peer;
	struct ring_device_drops drops = {0};
	unsigned got = 0;

	base->fault = ENETDOWN;
	if (!gate_enter(queue))
		return 0;
	if (ring->usable) {
		ring->ring.count_only = base->count_only;
		got = ring_device_receive(&ring->ring, base->pool, bufs, n, &drops);
		base->fault = ring_finish((struct vhost_device *)base->dev, ring);
	}
	gate_leave(queue);
	if (drops.too_long + drops.no_buffer > 0)
		drops_count(base, &drops);
	return got;
}

/* ---- control: the device ---- */

static void features_describe(const struct vhost_device *device, char *text, size_t size)
{
	uint64_t features = device->back.features & ~VHOST_USER_F_PROTOCOL_FEATURES;
	unsigned up = pairs_up(device);
	char names[160];

	if (!is_connected(device) || features == 0) {
		snprintf(text, size, "frames are copied into and out of a peer's rings; %s",
			is_connected(device) ? "nothing is negotiated yet" : "no peer");
		return;
	}
	virtio_features_name(features, names, sizeof(names));
	snprintf(text, size, "%s; %u queue pair%s up, rings of %u/%u, %u memory region%s", names,
		up, up == 1 ? "" : "s", device->back.rings[0].size, device->back.rings[1].size,
		device->back.guest.count, device->back.guest.count == 1 ? "" : "s");
}

static int vhost_device_info(struct netdev *dev, struct netdev_info *info)
{
	const struct vhost_device *device = (struct vhost_device *)dev;
	const struct vhost_back *back = &device->back;

	*info = (struct netdev_info){
		.mtu = mtu(back),
		.frame_max = frame_max(back),
		.queues_max = VHOST_BACK_PAIRS_MAX,
		.align = 1,
	};
	memcpy(info->mac, device->mac, sizeof(info->mac));
	text_copy(info->driver, sizeof(info->driver), "vhost-user");
	features_describe(device, info->features, sizeof(info->features));
	return 0;
}

static int vhost_device_link(struct netdev *dev)
{
	return ((struct vhost_device *)dev)->link_up;
}

static int vhost_device_configure(
	struct netdev *dev, const struct netdev_conf *conf, struct error *err)
{
	struct vhost_device *device = (struct vhost_device *)dev;

	(void)err;
	for (unsigned i = 0; i < conf->queues; i++)
		device->queues[i] = (struct device_queue){
			.queue = {.dev = dev,
				.index = i,
				.counters = conf->counters[i],
				.pool = conf->pools[i],
				.polled = true},
		};
	device->queue_count = conf->queues;
	device->tx = conf->tx;
	device->rx = conf->rx;
	return 0;
}

static int vhost_device_start(struct netdev *dev, struct error *err)
{
	struct vhost_device *device = (struct vhost_device *)dev;

	(void)err;
	device->started = true;
	rings_open(device);
	watch_workers(device);
	return 0;
}

static void vhost_device_stop(struct netdev *dev)
{
	struct vhost_device *device = (struct vhost_device *)dev;

	rings_close(device);
	device->started = false;
	device->queue_count = 0;
}

static void vhost_device_close(struct netdev *dev)
{
	struct vhost_device *device = (struct vhost_device *)dev;

	vhost_endpoint_close(&device->endpoint);
	vhost_back_fini(&device->back);
	close(device->event_fd);
	free(device);
}

static struct netdev_queue *vhost_device_queue(struct netdev *dev, unsigned index)
{
	return &((struct vhost_device *)dev)->queues[index].queue;
}

static const struct netdev_ops vhost_device_ops = {
	.backend = "vhost-user",
	.info = vhost_device_info,
	.link = vhost_device_link,
	.configure = vhost_device_configure,
	.start = vhost_device_start,
	.stop = vhost_device_stop,
	.close = vhost_device_close,
	.queue = vhost_device_queue,
	.tx_burst = vhost_device_tx_burst,
	.rx_burst = vhost_device_rx_burst,
	.service_fd = vhost_device_service_fd,
	.service = vhost_device_service,
};

int vhost_device_open(const struct virtio_options *options, struct netdev **dev, struct error *err)
{
	struct vhost_device *device = aligned_alloc(CPU_CACHELINE,
		(sizeof(*device) + CPU_CACHELINE - 1) / CPU_CACHELINE * CPU_CACHELINE);
	int rc;

	if (!device)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	memset(device, 0, sizeof(*device));
	device->dev.ops = &vhost_device_ops;
	vhost_back_init(&device->back, VHOST_BACK_PAIRS_MAX);
	virtio_mac_make(options->address, 0x71, device->mac);
	device->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (device->event_fd < 0) {
		rc = error_set(err, errno, ERROR_INTERNAL, NULL, "vhost-user: %s", strerror(errno));
		goto no_event;
	}
	rc = vhost_endpoint_open(&device->endpoint, options, err);
	if (rc != 0)
		goto no_endpoint;
	rc = vhost_endpoint_watch(&device->endpoint, device->event_fd);
	if (rc != 0) {
		error_set(err, -rc, ERROR_INTERNAL, NULL, "vhost-user: %s", strerror(-rc));
		goto no_watch;
	}
	state_update(device);
	*dev = &device->dev;
	return 0;
no_watch:
	vhost_endpoint_close(&device->endpoint);
no_endpoint:
	close(device->event_fd);
no_event:
	free(device);
	return rc;
}
