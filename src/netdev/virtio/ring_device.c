/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device end of a ring, whatever its format: refuses what cannot be a ring and sends each call
 * to the format's own functions.
 */
#include "netdev/virtio/ring.h"
#include "netdev/virtio/ring_private.h"

#include <string.h>

#define BROKEN "the peer took away memory that it had shared"

/* What the peer said of its ring may be anything. §2.7, §2.8: alignments */
static const char *look_at(const struct ring_shape *shape, const struct ring_areas *areas)
{
	uintptr_t event_mask = shape->packed ? 3 : 1, used_mask = 3;

	if (shape->size == 0 || shape->size > VRING_SIZE_MAX ||
		(shape->size & (shape->size - 1)) != 0)
		return "a ring's size is not a power of two up to 32768";
	if ((uintptr_t)areas->desc & 15 || (uintptr_t)areas->driver & event_mask ||
		(uintptr_t)areas->device & used_mask)
		return "an area of a ring is not aligned";
	return NULL;
}

void ring_device_init(struct ring_device *ring, const struct ring_shape *shape,
	const struct ring_areas *areas, const struct guest *guest, uint32_t base)
{
	memset(ring, 0, sizeof(*ring));
	ring->shape = *shape;
	ring->areas = *areas;
	ring->guest = guest;
	ring->error = look_at(shape, areas);
	if (ring->error)
		return;
	ring->next = (uint16_t)base;
	if (shape->packed) {
		ring->next = (base & 0x7fff) | (base & 0x8000 ? 0 : shape->size);
		if ((base & 0x7fff) >= shape->size)
			ring->error = "a ring is to begin behind its last entry";
	}
	ring->called = ring->next;
	if (ring->error)
		return;
	if (shape->packed)
		ring_packed_device_init(ring);
	else
		ring_split_device_init(ring);
}

/* Packed: available in the lower half, used in the upper; nothing is in between. */
uint32_t ring_device_base(const struct ring_device *ring)
{
	uint32_t half;

	if (!ring->shape.packed)
		return ring->next;
	half = (ring->next & (ring->shape.size - 1)) |
	       (ring_packed_wrap(&ring->shape, ring->next) ? 0x8000 : 0);
	return half | half << 16;
}

unsigned ring_device_receive(struct ring_device *ring, struct pktbuf_stack *pool,
	struct pktbuf **bufs, unsigned n, struct ring_device_drops *drops)
{
	if (n == 0 || ring->error)
		return 0;
	n = ring->shape.packed ? ring_packed_receive(ring, pool, bufs, n, drops)
			       : ring_split_receive(ring, pool, bufs, n, drops);
	if (!guest_broken(ring->guest))
		return n;
	ring->error = BROKEN;
	while (n > 0)
		pktbuf_free(bufs[--n]);
	return 0;
}

unsigned ring_device_send(struct ring_device *ring, struct pktbuf *const *bufs, unsigned n)
{
	if (n == 0 || ring->error)
		return 0;
	n = ring->shape.packed ? ring_packed_send(ring, bufs, n) : ring_split_send(ring, bufs, n);
	if (!guest_broken(ring->guest))
		return n;
	ring->error = BROKEN;
	return 0;
}

bool ring_device_must_call(struct ring_device *ring)
{
	bool wanted;

	if (ring->called == ring->next || ring->error)
		return false;
	/* What was used must be seen before what the driver wants is read. §2.7.13.3.1 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	wanted = ring->shape.packed ? ring_packed_must_call(ring) : ring_split_must_call(ring);
	ring->called = ring->next;
	return wanted;
}
