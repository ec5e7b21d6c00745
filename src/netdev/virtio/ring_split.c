/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver end of a split virtqueue (virtio 1.2 §2.7). A descriptor's id is its index in the
 * table; every buffer takes one descriptor, but for requests.
 *
 * The device reads descriptors and available entries on another processor: whatever says already
 * what it should is left alone, so that the line stays in both caches. Steady traffic of prepared
 * frames to a device that works in order then writes nothing but the available index.
 */
#include "netdev/virtio/ring.h"
#include "netdev/virtio/ring_private.h"

/* Interrupts stay off: by flag, or by an event that has passed already. §2.7.7, §2.7.10 */
static void park(struct ring_driver *ring)
{
	ring->parked = ring->used_next;
	ring_store16(ring_used_event(&ring->shape, ring->areas.driver), ring->used_next - 1);
}

void ring_split_init(struct ring_driver *ring)
{
	struct vring_avail *avail = ring->areas.driver;

	if (ring->shape.event_idx)
		park(ring);
	else
		ring_store16(&avail->flags, VRING_AVAIL_F_NO_INTERRUPT);
}

/* The id that is next at a place, which the available ring then says too. */
static inline uint16_t offer_id(struct ring_slot *slot, uint16_t *entry)
{
	if (__builtin_expect(slot->order & RING_ORDER_STALE, 0)) {
		slot->order &= RING_ORDER_ID;
		ring_store16(entry, slot->order);
	}
	return slot->order;
}

static inline void describe(struct ring_slot *slot, struct vring_desc *desc, uint64_t addr,
	uint32_t len, uint16_t flags)
{
	if (slot->addr == addr && slot->len == len && slot->flags == flags)
		return;
	slot->addr = addr;
	slot->len = len;
	slot->flags = flags;
	*desc = (struct vring_desc){.addr = addr, .len = len, .flags = flags};
}

static void publish(struct ring_driver *ring, unsigned n)
{
	struct vring_avail *avail = ring->areas.driver;

	ring->next += n;
	ring_fence_device(&ring->shape);
	ring_release16(&avail->idx, ring->next);
}

unsigned ring_split_add(
	struct ring_driver *ring, struct pktbuf *const *bufs, unsigned n, uint16_t flags)
{
	struct vring_desc *descs = ring->areas.desc;
	struct vring_avail *avail = ring->areas.driver;
	struct ring_slot *slots = ring->slots;
	uint16_t mask = ring->shape.size - 1, next = ring->next;
	uint32_t header_len = ring->shape.header_len;

	for (unsigned i = 0; i < n; i++) {
		uint16_t place = (next + i) & mask;
		uint16_t id = offer_id(&slots[place], &avail->ring[place]);
		struct pktbuf *buf = bufs[i];
		uint32_t len = flags & VRING_DESC_F_WRITE ? buf->room : buf->len;

		slots[id].buf = buf;
		describe(&slots[id], &descs[id], buf->dma - header_len, header_len + len, flags);
	}
	ring->free_count -= n;
	publish(ring, n);
	return n;
}

/* How many the device has given back, at least n if there are so many. §2.7.8 */
static unsigned look(struct ring_driver *ring, unsigned n)
{
	struct vring_used *used = ring->areas.device;
	uint16_t pending = ring->seen - ring->used_next;

	if (pending >= n)
		return pending;
	ring->seen = ring_acquire16(&used->idx);
	ring_fence_device(&ring->shape);
	pending = ring->seen - ring->used_next;
	if (pending > ring_driver_in_flight(ring)) {
		ring->error = RING_ERROR_INDEX;
		return 0;
	}
	return pending;
}

static unsigned take_any_order(
	struct ring_driver *ring, struct pktbuf **bufs, uint32_t *lens, unsigned n)
{
	const struct vring_used *used = ring->areas.device;
	uint16_t mask = ring->shape.size - 1, next = ring->used_next;

	for (unsigned i = 0; i < n; i++) {
		const struct vring_used_elem *elem = &used->ring[(next + i) & mask];
		uint32_t id = ring_load32(&elem->id);

		if (lens)
			lens[i] = ring_load32(&elem->len);
		bufs[i] = ring_slot_take(ring, next + i, id, lens ? &lens[i] : NULL);
		if (!bufs[i])
			return i;
	}
	return n;
}

/* §2.7.9. Where lengths don't matter, the used index alone says which buffers came back. */
static bool begin_batch(struct ring_driver *ring, uint16_t place, unsigned pending, bool want_len)
{
	const struct vring_used *used = ring->areas.device;
	const struct vring_used_elem *elem = &used->ring[place & (ring->shape.size - 1)];

	if (want_len)
		return ring_batch_begin(ring, place, pending, ring_load32(&elem->id),
			ring_load32(&elem->len), true);
	ring->batch_left = pending;
	return true;
}

static unsigned take_in_order(struct ring_driver *ring, struct pktbuf **bufs, uint32_t *lens,
	unsigned n, unsigned pending)
{
	unsigned got = 0;

	while (got < n) {
		uint16_t place = ring->used_next + got;

		if (ring->batch_left == 0 && !begin_batch(ring, place, pending - got, lens))
			break;
		got += ring_batch_take(ring, place, bufs + got, lens ? lens + got : NULL, n - got);
	}
	return got;
}

unsigned ring_split_take(struct ring_driver *ring, struct pktbuf **bufs, uint32_t *lens, unsigned n)
{
	unsigned pending = look(ring, n);

	if (ring->shape.event_idx && (uint16_t)(ring->used_next - ring->parked) >= RING_PARK_EVERY)
		park(ring);
	if (n > pending)
		n = pending;
	return ring->shape.in_order ? take_in_order(ring, bufs, lens, n, pending)
				    : take_any_order(ring, bufs, lens, n);
}

bool ring_split_must_kick(struct ring_driver *ring)
{
	struct vring_used *used = ring->areas.device;

	if (!ring->shape.event_idx)
		return !(ring_load16(&used->flags) & VRING_USED_F_NO_NOTIFY);
	return ring_passed(
		ring_load16(ring_avail_event(&ring->shape, used)), ring->next, ring->kicked);
}

/* A ring of requests uses descriptors in pairs, in ring order as IN_ORDER wants it. §2.7.9 */
static uint16_t request_head(const struct ring_driver *ring, uint16_t place)
{
	return (uint16_t)(2 * place) & (ring->shape.size - 1);
}

void ring_split_request(struct ring_driver *ring, uint64_t out, uint32_t out_len, uint64_t ack)
{
	struct vring_desc *descs = ring->areas.desc;
	struct vring_avail *avail = ring->areas.driver;
	uint16_t head = request_head(ring, ring->next);

	descs[head] = (struct vring_desc){
		.addr = out, .len = out_len, .flags = VRING_DESC_F_NEXT, .next = head + 1};
	descs[head + 1] = (struct vring_desc){.addr = ack, .len = 1, .flags = VRING_DESC_F_WRITE};
	ring_store16(&avail->ring[ring->next & (ring->shape.size - 1)], head);
	publish(ring, 1);
}

bool ring_split_request_done(struct ring_driver *ring)
{
	const struct vring_used *used = ring->areas.device;
	uint16_t place = ring->used_next;

	if (look(ring, 1) == 0)
		return false;
	if (ring_load32(&used->ring[place & (ring->shape.size - 1)].id) !=
		request_head(ring, place)) {
		ring->error = RING_ERROR_ID;
		return false;
	}
	ring->used_next++;
	return true;
}
