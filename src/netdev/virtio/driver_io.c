/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio network driver's workers' side: frames into the transmit ring, completions and
 * received frames out of the rings.
 *
 * A buffer's header stays zero while it is free or ours: no offload is asked for, and none is
 * negotiated that would let the device write other things than num_buffers. Completions are taken
 * in only when the ring has no room for the next burst, or when there is nothing to send: each look
 * costs a cache line that the device is writing to.
 */
#include "netdev/virtio/driver.h"

#include <errno.h>

#define BATCH 64

/* 0, or what keeps the worker away from the rings. */
static int fault_now(const struct virtio_driver *driver)
{
	switch (atomic_load_explicit(
		&((struct virtio_driver *)driver)->phase, memory_order_acquire)) {
	case VIRTIO_READY:
		return 0;
	case VIRTIO_LOST:
		return ENODEV;
	default:
		return ENETDOWN;
	}
}

/* The control thread learns of it by the fault, and reads the reason. */
static void ring_broken(struct virtio_queue *queue, const char *error)
{
	atomic_store_explicit(&queue->error, (uintptr_t)error, memory_order_relaxed);
	queue->queue.fault = ENODEV;
}

static void kick(struct virtio_queue *queue, struct virtio_ring *ring)
{
	struct virtio_driver *driver = (struct virtio_driver *)queue->queue.dev;

	if (ring_driver_must_kick(&ring->ring))
		driver->transport->notify(driver, ring->index);
}

static void kick_first(struct virtio_queue *queue)
{
	struct virtio_driver *driver = (struct virtio_driver *)queue->queue.dev;

	queue->kick_first = false;
	driver->transport->notify(driver, queue->rx.index);
	driver->transport->notify(driver, queue->tx.index);
}

/* ---- transmit ---- */

static void complete(struct virtio_queue *queue)
{
	struct pktbuf *bufs[BATCH];
	unsigned n;

	do {
		n = ring_driver_take(&queue->tx.ring, bufs, NULL, BATCH);
		netdev_tx_complete(&queue->queue, bufs, n);
	} while (n == BATCH);
	if (queue->tx.ring.error)
		ring_broken(queue, queue->tx.ring.error);
}

unsigned virtio_driver_tx_burst(struct netdev_queue *netdev_queue, struct pktbuf **bufs, unsigned n)
{
	struct virtio_queue *queue = (struct virtio_queue *)netdev_queue;
	struct ring_driver *ring = &queue->tx.ring;
	unsigned accepted;

	netdev_queue->fault = fault_now((struct virtio_driver *)netdev_queue->dev);
	if (netdev_queue->fault)
		return 0;
	if (queue->kick_first)
		kick_first(queue);
	if (ring->free_count < n && !ring->error)
		complete(queue);
	if (ring->error) { /* perhaps found by the last look at completions */
		ring_broken(queue, ring->error);
		return 0;
	}
	accepted = ring_driver_add(ring, bufs, n, false);
	if (accepted < n)
		netdev_queue->fault = ENOBUFS;
	if (accepted > 0)
		kick(queue, &queue->tx);
	return accepted;
}

unsigned virtio_driver_tx_reap(struct netdev_queue *netdev_queue)
{
	struct virtio_queue *queue = (struct virtio_queue *)netdev_queue;

	if (fault_now((struct virtio_driver *)netdev_queue->dev))
		return 0;
	if (!queue->tx.ring.error)
		complete(queue);
	return ring_driver_in_flight(&queue->tx.ring);
}

/* ---- receive ---- */

/* Lets the device have as many buffers as it should have. */
static void refill(struct virtio_queue *queue)
{
	struct ring_driver *ring = &queue->rx.ring;
	unsigned wanted = queue->rx_wanted < ring->shape.size ? queue->rx_wanted : ring->shape.size;
	struct pktbuf *bufs[BATCH];
	unsigned missing, n;

	while (ring_driver_in_flight(ring) < wanted) {
		missing = wanted - ring_driver_in_flight(ring);
		n = pktbuf_stack_pop(queue->queue.pool, bufs, missing < BATCH ? missing : BATCH);
		if (n == 0) {
			counter_add(&queue->queue.counters->pool_exhausted, 1);
			return;
		}
		ring_driver_add(ring, bufs, n, true);
		kick(queue, &queue->rx);
	}
}

/* The first buffer of a frame: how many buffers it has, and what the header hides. */
static bool frame_begin(struct virtio_queue *queue, struct pktbuf *buf, uint32_t len)
{
	const struct ring_shape *shape = &queue->rx.ring.shape;
	struct virtio_net_header *header =
		(struct virtio_net_header *)(buf->data - shape->header_len);
	uint16_t count = shape->mergeable ? *(volatile uint16_t *)&header->num_buffers : 1;

	memset(header, 0, shape->header_len);
	if (len < shape->header_len || count == 0 || count > shape->size)
		return false;
	buf->len = len - shape->header_len;
	queue->rx_head = buf;
	queue->rx_left = count - 1u;
	return true;
}

/* A further buffer, which begins without a header (§5.1.6.4). The frame is too long when it does
 * not fit into its first one. */
static void frame_append(struct virtio_queue *queue, struct pktbuf *buf, uint32_t len)
{
	uint32_t header_len = queue->rx.ring.shape.header_len;
	struct pktbuf *head = queue->rx_head;
	uint8_t *bytes = buf->data - header_len;

	queue->rx_left--;
	if (head && len <= head->room - head->len) {
		memcpy(head->data + head->len, bytes, len);
		head->len += len;
	} else if (head) {
		counter_add(&queue->queue.counters->drops[DROP_RX_TOO_LONG], 1);
		pktbuf_free(head);
		queue->rx_head = NULL;
	}
	memset(bytes, 0, header_len);
	pktbuf_free(buf);
}

/* Makes frames of n used buffers; those that are whole go to the front of bufs. */
static unsigned frames_of(
	struct virtio_queue *queue, struct pktbuf **bufs, const uint32_t *lens, unsigned n)
{
	unsigned whole = 0;

	for (unsigned i = 0; i < n; i++) {
		if (queue->rx_left > 0) {
			frame_append(queue, bufs[i], lens[i]);
		} else if (!frame_begin(queue, bufs[i], lens[i])) {
			queue->rx.ring.error = "a received frame has no sound header";
			pktbuf_free(bufs[i]);
			continue;
		}
		if (queue->rx_left > 0 || !queue->rx_head)
			continue;
		bufs[whole++] = queue->rx_head;
		queue->rx_head = NULL;
	}
	return whole;
}

unsigned virtio_driver_rx_burst(struct netdev_queue *netdev_queue, struct pktbuf **bufs, unsigned n)
{
	struct virtio_queue *queue = (struct virtio_queue *)netdev_queue;
	struct ring_driver *ring = &queue->rx.ring;
	uint32_t lens[BATCH];

	netdev_queue->fault = fault_now((struct virtio_driver *)netdev_queue->dev);
	if (netdev_queue->fault)
		return 0;
	if (queue->kick_first)
		kick_first(queue);
	n = ring_driver_take(ring, bufs, lens, n < BATCH ? n : BATCH);
	n = frames_of(queue, bufs, lens, n);
	if (ring->error)
		ring_broken(queue, ring->error);
	else
		refill(queue);
	return n;
}

/* ---- the end ---- */

static void ring_empty(struct ring_driver *ring, struct virtio_queue *queue, bool count)
{
	struct pktbuf *bufs[BATCH];
	unsigned n;

	while ((n = ring_driver_drain(ring, bufs, BATCH)) > 0) {
		if (count)
			counter_add(&queue->queue.counters->drops[DROP_TX_UNFINISHED], n);
		for (unsigned i = 0; i < n; i++)
			pktbuf_free(bufs[i]);
	}
}

void virtio_queue_drain(struct virtio_queue *queue)
{
	if (!queue->tx.ring.error)
		complete(queue);
	ring_empty(&queue->tx.ring, queue, true);
	if (queue->rx_head)
		pktbuf_free(queue->rx_head);
	queue->rx_head = NULL;
	ring_empty(&queue->rx.ring, queue, false);
}
