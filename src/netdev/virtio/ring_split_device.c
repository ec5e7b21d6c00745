/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device end of a split virtqueue (virtio 1.2 §2.7): where chains are found, and how they go
 * back. The rest is in ring_format.h.
 */
#include "netdev/virtio/ring_format.h"
#include "netdev/virtio/ring_private.h"

/* Notifications stay off: by flag, or by an event that has passed already. §2.7.10 */
static void park(struct ring_device *ring)
{
	ring->parked = ring->next;
	ring_store16(ring_avail_event(&ring->shape, ring->areas.device), ring->next - 1);
}

void ring_split_device_init(struct ring_device *ring)
{
	struct vring_used *used = ring->areas.device;

	ring_store16(&used->flags, ring->shape.event_idx ? 0 : VRING_USED_F_NO_NOTIFY);
	if (ring->shape.event_idx)
		park(ring);
}

static unsigned available(struct ring_device *ring)
{
	const struct vring_avail *avail = ring->areas.driver;
	uint16_t count = ring_acquire16(&avail->idx) - ring->next;

	if (count > ring->shape.size) {
		ring->error = "the driver's available index ran ahead of the ring";
		return 0;
	}
	return count;
}

RING_INLINE bool read_desc(
	struct ring_device *ring, struct ring_chain *chain, uint16_t index, bool write)
{
	const struct vring_desc *desc = (const struct vring_desc *)ring->areas.desc + index;

	if (__builtin_expect(index >= ring->shape.size, 0)) {
		ring->error = "a descriptor that the table does not have";
		return false;
	}
	chain->next = ring_load16(&desc->next);
	return ring_chain_set(ring, chain, ring_load64(&desc->addr), ring_load32(&desc->len),
		ring_load16(&desc->flags), write);
}

RING_INLINE bool open(struct ring_device *ring, struct ring_chain *chain, bool write)
{
	const struct vring_avail *avail = ring->areas.driver;

	chain->id = ring_load16(&avail->ring[chain->place & (ring->shape.size - 1)]);
	return read_desc(ring, chain, chain->id, write);
}

RING_INLINE bool more(struct ring_device *ring, struct ring_chain *chain, bool write)
{
	return read_desc(ring, chain, chain->next, write);
}

/*
 * An entry that says already what it should is left alone: it may still be in the driver's cache.
 * That it lies where the driver can write to it hurts nobody but the driver.
 */
RING_INLINE void flush(
	struct ring_device *ring, const struct ring_record *records, unsigned n, bool write)
{
	struct vring_used *used = ring->areas.device;
	uint16_t mask = ring->shape.size - 1;

	(void)write;
	for (unsigned i = 0; i < n; i++) {
		struct vring_used_elem *elem = &used->ring[(ring->next + i) & mask];

		if (ring_load32(&elem->id) == records[i].id &&
			ring_load32(&elem->len) == records[i].len)
			continue;
		*elem = (struct vring_used_elem){.id = records[i].id, .len = records[i].len};
	}
	ring->next += n;
	if (ring->shape.event_idx && (uint16_t)(ring->next - ring->parked) >= RING_PARK_EVERY)
		park(ring);
	ring_release16(&used->idx, ring->next);
}

static const struct ring_format split = {
	.available = available, .open = open, .more = more, .flush = flush};

unsigned ring_split_receive(struct ring_device *ring, struct pktbuf_stack *pool,
	struct pktbuf **bufs, unsigned n, struct ring_device_drops *drops)
{
	return ring_receive(&split, ring, pool, bufs, n, drops);
}

unsigned ring_split_send(struct ring_device *ring, struct pktbuf *const *bufs, unsigned n)
{
	return ring_send(&split, ring, bufs, n);
}

bool ring_split_must_call(struct ring_device *ring)
{
	struct vring_avail *avail = ring->areas.driver;

	if (!ring->shape.event_idx)
		return !(ring_load16(&avail->flags) & VRING_AVAIL_F_NO_INTERRUPT);
	return ring_passed(
		ring_load16(ring_used_event(&ring->shape, avail)), ring->next, ring->called);
}
