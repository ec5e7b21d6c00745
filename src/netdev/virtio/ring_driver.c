/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver end of a ring, whatever its format: sends each call to the format's own functions, and
 * keeps the batches of devices that work in order.
 *
 * A ring that has an error takes nothing and gives nothing but drain().
 */
#include "netdev/virtio/ring.h"
#include "netdev/virtio/ring_private.h"

#include <assert.h>
#include <string.h>

void ring_driver_init(struct ring_driver *ring, const struct ring_shape *shape,
	const struct ring_areas *areas, struct ring_slot *slots)
{
	assert(shape->size && (shape->size & (shape->size - 1)) == 0);
	assert(shape->size <= VRING_SIZE_MAX);
	memset(ring, 0, sizeof(*ring));
	ring->shape = *shape;
	ring->areas = *areas;
	ring->slots = slots;
	ring->free_count = shape->size;
	for (uint16_t i = 0; i < shape->size; i++)
		slots[i] = (struct ring_slot){.order = i | RING_ORDER_STALE};
	if (shape->packed)
		ring_packed_init(ring);
	else
		ring_split_init(ring);
}

unsigned ring_driver_add(
	struct ring_driver *ring, struct pktbuf *const *bufs, unsigned n, bool device_writes)
{
	uint16_t flags = device_writes ? VRING_DESC_F_WRITE : 0;

	if (n > ring->free_count)
		n = ring->free_count;
	if (n == 0 || ring->error)
		return 0;
	return ring->shape.packed ? ring_packed_add(ring, bufs, n, flags)
				  : ring_split_add(ring, bufs, n, flags);
}

unsigned ring_driver_take(
	struct ring_driver *ring, struct pktbuf **bufs, uint32_t *lens, unsigned n)
{
	unsigned in_flight = ring_driver_in_flight(ring);

	if (n > in_flight)
		n = in_flight;
	if (n == 0 || ring->error)
		return 0;
	n = ring->shape.packed ? ring_packed_take(ring, bufs, lens, n)
			       : ring_split_take(ring, bufs, lens, n);
	ring->used_next += n;
	ring->free_count += n;
	return n;
}

bool ring_driver_must_kick(struct ring_driver *ring)
{
	bool wanted;

	if (ring->kicked == ring->next || ring->error)
		return false;
	/* What was added must be seen before what the device wants is read: a store, then a load,
	 * which x86 reorders too. §2.7.13.3.1 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	wanted = ring->shape.packed ? ring_packed_must_kick(ring) : ring_split_must_kick(ring);
	ring->kicked = ring->next;
	return wanted;
}

unsigned ring_driver_drain(struct ring_driver *ring, struct pktbuf **bufs, unsigned n)
{
	unsigned got = 0;

	for (unsigned i = 0; i < ring->shape.size && got < n; i++) {
		if (!ring->slots[i].buf)
			continue;
		bufs[got++] = ring->slots[i].buf;
		ring->slots[i].buf = NULL;
	}
	ring->free_count += got;
	return got;
}

void ring_driver_request(struct ring_driver *ring, uint64_t out, uint32_t out_len, uint64_t ack)
{
	assert(ring_driver_in_flight(ring) == 0);
	if (ring->shape.packed)
		ring_packed_request(ring, out, out_len, ack);
	else
		ring_split_request(ring, out, out_len, ack);
	ring->free_count -= 2;
}

bool ring_driver_request_done(struct ring_driver *ring)
{
	bool done;

	if (ring_driver_in_flight(ring) == 0 || ring->error)
		return false;
	done = ring->shape.packed ? ring_packed_request_done(ring) : ring_split_request_done(ring);
	if (done)
		ring->free_count += 2;
	return done;
}

/* In order, a descriptor's place is its id: slots[].order never changes. */
bool ring_batch_begin(struct ring_driver *ring, uint16_t place, unsigned pending, uint32_t id,
	uint32_t len, bool check_len)
{
	uint16_t distance = (uint16_t)(id - place) & (ring->shape.size - 1);

	if (id >= ring->shape.size || distance >= pending) {
		ring->error = RING_ERROR_ID;
		return false;
	}
	if (check_len && len > ring->slots[id].len) {
		ring->error = RING_ERROR_LEN;
		return false;
	}
	ring->batch_left = distance + 1;
	ring->batch_len = len;
	return true;
}

/* Those before the last were used completely. §2.7.9, §2.8.9 */
unsigned ring_batch_take(
	struct ring_driver *ring, uint16_t place, struct pktbuf **bufs, uint32_t *lens, unsigned n)
{
	struct ring_slot *slots = ring->slots;
	uint16_t mask = ring->shape.size - 1;

	if (n > ring->batch_left)
		n = ring->batch_left;
	for (unsigned i = 0; i < n; i++) {
		struct ring_slot *slot = &slots[(place + i) & mask];

		bufs[i] = slot->buf;
		slot->buf = NULL;
		if (lens)
			lens[i] = i + 1 == ring->batch_left ? ring->batch_len : slot->len;
	}
	ring->batch_left -= n;
	return n;
}
