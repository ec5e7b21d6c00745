/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio network driver, apart from how it reaches its device.
 *
 * A transport (vhost-user, vhost-net, PCI) embeds struct virtio_driver first in its own device and
 * brings the two together:
 *
 *   open:   virtio_driver_init(); as soon as the device's features are known, at once or from
 *           service(): virtio_driver_negotiate()
 *   start:  the rings' memory exists (driver->rings_memory, netdev's pools: driver->pools_memory);
 *           transport->start() makes both known to the device, asks virtio_driver_ring() for each
 *           ring and, at once or later from service(), says virtio_driver_ready()
 *   ready:  workers use the rings
 *   stop:   transport->stop(); the device may look at the rings no longer, or not before the
 *           transport has told it so, before the next virtio_driver_ready()
 *   lost:   virtio_driver_lost(), any time: the port goes to device-lost, the engine takes the
 *           workers away, stops, closes and opens again until that works
 *
 * Control thread, but for the burst functions and transport->notify(), which are the worker's.
 * Between ready and stop, the rings belong to the workers.
 */
#ifndef NETDEV_VIRTIO_DRIVER_H
#define NETDEV_VIRTIO_DRIVER_H

#include "netdev/memory.h"
#include "netdev/netdev.h"
#include "netdev/virtio/address.h"
#include "netdev/virtio/ring.h"

#include <stdatomic.h>
#include <stdbool.h>

#define VIRTIO_QUEUE_PAIRS_MAX 16
#define VIRTIO_HEADROOM        64 /* a cache line; the header is its end */

struct virtio_driver;

struct virtio_transport_ops {
	const char *driver; /* info.driver: "vhost-user" */
	/* The device's address of our memory; va lies in rings_memory or pools_memory. Control
	 * thread. */
	uint64_t (*dma)(struct virtio_driver *driver, const void *va);
	int (*start)(struct virtio_driver *driver, struct error *err);
	void (*stop)(struct virtio_driver *driver);
	/* Tells the device about ring index. Worker. */
	void (*notify)(struct virtio_driver *driver, unsigned index);
	/* Looks whether it is still there, and at the link (virtio_driver.link_up). NULL: told by
	 * service() anyway. */
	void (*look)(struct virtio_driver *driver);
};

/* One ring of a queue pair, as its worker has it. */
struct virtio_ring {
	struct ring_driver ring;
	struct ring_slot *slots;
	unsigned index; /* §5.1.2: receiveq1 0, transmitq1 1, … */
};

struct virtio_queue {
	_Alignas(CPU_CACHELINE) struct netdev_queue queue; /* first */
	struct virtio_ring rx, tx;
	unsigned rx_wanted;     /* buffers that the device should have */
	struct pktbuf *rx_head; /* of a frame whose other buffers are still to come */
	unsigned rx_left;
	bool kick_first;        /* the device waits for a kick, whatever is in the rings */
	atomic_uintptr_t error; /* what a ring said when it broke: a constant string, or 0 */
};

enum virtio_phase { VIRTIO_WAITING, VIRTIO_READY, VIRTIO_LOST };

struct virtio_driver {
	struct netdev dev; /* first */
	const struct virtio_transport_ops *transport;
	struct virtio_options options;

	/* The transport's knowledge of the device; set before or by virtio_driver_negotiate(). */
	bool known;           /* features are negotiated */
	bool legacy;          /* no VERSION_1: driven by the rules for transitional drivers */
	bool strong_barriers; /* a device that is not another process */
	size_t ring_align;    /* of areas: legacy 4096, else 64 */
	uint64_t offered, features;
	uint8_t mac[6];
	uint16_t mtu;             /* 0: not told */
	uint16_t queue_pairs_max; /* at least 1 */
	bool link_up;
	bool has_control; /* the transport can do a control queue, if the device has */

	/* Between configure and stop. */
	struct memory rings_memory;
	const struct memory *pools_memory;
	unsigned queue_count;
	struct virtio_queue *queues[VIRTIO_QUEUE_PAIRS_MAX];
	bool promiscuous;
	struct virtio_ring control; /* used only by virtio_driver_ready() */
	bool started, live;         /* live: from virtio_driver_ready() on */
	atomic_uint phase;          /* enum virtio_phase: what workers may do */
};

/* The MAC is made from seed (an address) until the device tells its own. */
void virtio_driver_init(struct virtio_driver *driver, const struct virtio_transport_ops *transport,
	const struct virtio_options *options, const char *seed);

/*
 * Chooses driver->features among offered, by the options. 0, or -EINVAL with *err set when
 * the device lacks what we cannot do without. Never includes
 * VHOST_USER_F_PROTOCOL_FEATURES.
 */
int virtio_driver_negotiate(struct virtio_driver *driver, uint64_t offered, struct error *err);

/*
 * How many rings there are with those features and queues, the control ring included, and
 * which number the device gives the i-th of them (§5.1.2: the control queue comes after all
 * that the device has, used or not).
 */
unsigned virtio_driver_ring_count(const struct virtio_driver *driver);
unsigned virtio_driver_ring_index(const struct virtio_driver *driver, unsigned i);
/*
 * Lays out the i-th ring; device_max is the size that the device allows for it (0: no
 * limit). Fills areas (our addresses) and returns the size chosen, or 0 for a ring that
 * cannot be.
 */
uint16_t virtio_driver_ring(struct virtio_driver *driver, unsigned index, uint16_t device_max,
	struct ring_areas *areas);

/*
 * The device has the rings. Sends what the control queue is for (number of queue pairs,
 * promiscuous), which the device must answer within a moment, then lets the workers in. 0
 * or -errno with *err.
 */
int virtio_driver_ready(struct virtio_driver *driver, struct error *err);

/* The device or its peer is gone, or did what it must not; reason is for people. */
void virtio_driver_lost(struct virtio_driver *driver, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Worker side, called by virtio_driver_stop(): every buffer of the queue goes home. */
void virtio_queue_drain(struct virtio_queue *queue);

/* "VERSION_1 RING_PACKED …" into text. */
void virtio_features_name(uint64_t features, char *text, size_t size);

/* netdev_ops of every transport. */
int virtio_driver_info(struct netdev *dev, struct netdev_info *info);
int virtio_driver_link(struct netdev *dev);
int virtio_driver_configure(struct netdev *dev, const struct netdev_conf *conf, struct error *err);
int virtio_driver_start(struct netdev *dev, struct error *err);
void virtio_driver_stop(struct netdev *dev);
struct netdev_queue *virtio_driver_queue(struct netdev *dev, unsigned index);
/* driver_io.c: what workers do */
unsigned virtio_driver_tx_burst(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n);
unsigned virtio_driver_tx_reap(struct netdev_queue *queue);
unsigned virtio_driver_rx_burst(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n);

#endif
