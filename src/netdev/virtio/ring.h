/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtqueues, split (virtio 1.2 §2.7) and packed (§2.8), from both ends.
 *
 * A ring is three areas of memory that two parties share: the descriptor area, the driver area and
 * the device area. The driver end (ring_driver) offers buffers of ours, and gets them back in
 * whatever order the device likes; the device end (ring_device) takes what a driver in another
 * address space offers. Neither believes anything that the other party wrote: every id, index,
 * length and address is checked against what we know ourselves, and what does not fit sets
 * ring->error, after which the ring is dead until it is initialised again.
 *
 * One thread, the queue's worker, uses a ring between init and its end.
 */
#ifndef NETDEV_VIRTIO_RING_H
#define NETDEV_VIRTIO_RING_H

#include "netdev/pktbuf.h"
#include "netdev/virtio/guest.h"
#include "netdev/virtio/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What both parties agreed on. */
struct ring_shape {
	uint16_t size; /* entries, a power of two */
	bool packed;
	bool event_idx;
	bool in_order;
	/* The device is a real one or another processor's view: full barriers, §2.7.13.3 */
	bool strong_barriers;
	uint8_t header_len; /* VIRTIO_NET_HEADER_SHORT, or sizeof(struct virtio_net_header) */
	bool mergeable;     /* a received frame may be spread over several buffers */
};

/* Where the areas begin. §2.6 */
struct ring_areas {
	void *desc;
	void *driver; /* split: available ring */
	void *device; /* split: used ring */
};

/* ---- ring.c: how areas lie in one piece of memory, as legacy devices demand (§2.7.2) ---- */
/* Bytes of the piece; areas that follow each other keep align (a power of two, ≥ 16). */
size_t ring_bytes(const struct ring_shape *shape, size_t align);
void ring_layout(
	const struct ring_shape *shape, size_t align, void *memory, struct ring_areas *areas);
/* Bytes of each area, as the device end needs them to find the whole of it. §2.6, §2.8.10 */
size_t ring_desc_bytes(const struct ring_shape *shape);
size_t ring_driver_bytes(const struct ring_shape *shape);
size_t ring_device_bytes(const struct ring_shape *shape);

/* ---- the driver end: ring_driver.c dispatches; ring_split.c and ring_packed.c ---- */

/* What we remember of a descriptor and its buffer; never in shared memory. */
struct ring_slot {
	struct pktbuf *buf; /* NULL: not in flight */
	uint64_t addr;      /* split: what the descriptor says; one that fits is not rewritten */
	uint32_t len;
	uint16_t flags;
	/*
	 * By place in the ring, not by id: which id is offered there next, because it came back
	 * there last. A device that works in order gives every place the same id for ever.
	 */
	uint16_t order; /* split: bit 15: the available ring says something else there */
};

struct ring_driver {
	struct ring_shape shape;
	struct ring_areas areas;
	struct ring_slot *slots; /* shape.size of them, by descriptor id */
	uint16_t free_count;     /* descriptors */
	/* Places run freely; modulo size they are the entry, and the bit above is the packed ring's
	 * inverted wrap counter (§2.8.1). */
	uint16_t next;      /* where the next descriptor is offered */
	uint16_t used_next; /* where the next one comes back */
	uint16_t seen;      /* split: the device's used index, as last read */
	uint16_t kicked;    /* next at the last question whether to kick */
	uint16_t parked;    /* split, event_idx: used_next when interrupts were last put off */
	/* In order, a device may report a batch by its last element only (§2.7.9, §2.8.9). */
	uint16_t batch_left;
	uint32_t batch_len; /* what it wrote into the last of them */
	const char *error;  /* NULL: fine */
};

/* areas are zeroed memory; slots is the caller's array of shape->size. Notifications are off. */
void ring_driver_init(struct ring_driver *ring, const struct ring_shape *shape,
	const struct ring_areas *areas, struct ring_slot *slots);

/*
 * Offers n buffers to be read (device_writes false: header_len bytes before data, then len) or
 * written (true: header_len + room), at buf->dma - header_len. Returns how many there was room for,
 * from the front. The device sees them when this returns.
 */
unsigned ring_driver_add(
	struct ring_driver *ring, struct pktbuf *const *bufs, unsigned n, bool device_writes);

/* Takes up to n buffers back; lens[i] (NULL: not wanted) is what the device says it wrote,
 * header included, not more than was offered. */
unsigned ring_driver_take(
	struct ring_driver *ring, struct pktbuf **bufs, uint32_t *lens, unsigned n);

/* Whether the device wants to be notified of what was added since the last call. §2.7.10, §2.8.10
 */
bool ring_driver_must_kick(struct ring_driver *ring);

/* How many are the device's. */
static inline unsigned ring_driver_in_flight(const struct ring_driver *ring)
{
	return (unsigned)ring->shape.size - ring->free_count;
}

/* When the device has let go of the ring: the buffers it never gave back, in any order. */
unsigned ring_driver_drain(struct ring_driver *ring, struct pktbuf **bufs, unsigned n);

/*
 * One request of the control queue (§5.1.6.5): out_len bytes for the device to read at out, then
 * one byte for its answer at ack, as a chain of two descriptors. Device addresses. The ring must be
 * empty; wait with ring_driver_request_done().
 */
void ring_driver_request(struct ring_driver *ring, uint64_t out, uint32_t out_len, uint64_t ack);
bool ring_driver_request_done(struct ring_driver *ring);

/* ---- the device end: ring_device.c dispatches; ring_split_device.c, ring_packed_device.c ---- */

struct ring_device {
	struct ring_shape shape;
	struct ring_areas areas; /* in the peer's memory; each lies in one region as a whole */
	const struct guest *guest;
	bool count_only; /* the bytes of received frames are not wanted, only their lengths */
	/* Where the next available one is looked for and the next used one written: what is taken
	 * is given back in the same call. Runs freely, as above. */
	uint16_t next;
	uint16_t called; /* as kicked above */
	uint16_t parked;
	const char *error; /* NULL: fine */
};

/*
 * base is where to begin: split: the next available index; packed: bits 0-14 the entry, 15 the wrap
 * counter (vhost-user.rst, "Vring state"). Notifications from the driver are off.
 */
void ring_device_init(struct ring_device *ring, const struct ring_shape *shape,
	const struct ring_areas *areas, const struct guest *guest, uint32_t base);
/* The same number for GET_VRING_BASE. */
uint32_t ring_device_base(const struct ring_device *ring);

/*
 * Copies up to n frames that the driver has sent into buffers of pool and gives the driver its
 * memory back. Frames that are longer than a buffer's room, or find no buffer, count in *too_long
 * and *no_buffer.
 */
struct ring_device_drops {
	unsigned too_long, no_buffer;
};
unsigned ring_device_receive(struct ring_device *ring, struct pktbuf_stack *pool,
	struct pktbuf **bufs, unsigned n, struct ring_device_drops *drops);

/* Copies up to n frames into memory that the driver has offered; returns how many found room. */
unsigned ring_device_send(struct ring_device *ring, struct pktbuf *const *bufs, unsigned n);

/* Whether the driver wants to be notified of what was used since the last call. */
bool ring_device_must_call(struct ring_device *ring);

#endif
