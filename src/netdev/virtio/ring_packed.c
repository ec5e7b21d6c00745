/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver end of a packed virtqueue (virtio 1.2 §2.8). Every buffer takes one entry, but for
 * requests; ids are given out in the order in which they came back.
 *
 * The second half of an entry, with the flags, is one word and one access; the first entry of a
 * batch gets its flags last, so that the device sees all of the batch or nothing.
 */
#include "netdev/virtio/ring.h"
#include "netdev/virtio/ring_private.h"

void ring_packed_init(struct ring_driver *ring)
{
	struct vring_packed_event *event = ring->areas.driver;

	ring_store16(&event->flags, VRING_PACKED_EVENT_DISABLE);
}

static struct ring_packed_entry *entry_at(const struct ring_driver *ring, uint16_t place)
{
	struct ring_packed_entry *entries = ring->areas.desc;

	return &entries[place & (ring->shape.size - 1)];
}

/* Makes the entry visible to the device, and all that was written before. §2.8.21.1 */
static void publish(const struct ring_driver *ring, struct ring_packed_entry *entry, uint64_t word)
{
	ring_fence_device(&ring->shape);
	__atomic_store_n(&entry->word, word, __ATOMIC_RELEASE);
}

/* Describes a buffer at a place; returns the entry's second half, which is yet to be written. */
static inline uint64_t describe(struct ring_driver *ring, struct ring_packed_entry *entry,
	uint16_t place, struct pktbuf *buf, uint16_t flags)
{
	uint16_t id = ring->slots[place & (ring->shape.size - 1)].order & RING_ORDER_ID;
	struct ring_slot *slot = &ring->slots[id];
	uint32_t header_len = ring->shape.header_len;
	uint32_t len = header_len + (flags & VRING_DESC_F_WRITE ? buf->room : buf->len);

	slot->buf = buf;
	slot->len = len;
	entry->addr = buf->dma - header_len;
	return ring_packed_word(len, id, flags | ring_packed_avail(&ring->shape, place));
}

unsigned ring_packed_add(
	struct ring_driver *ring, struct pktbuf *const *bufs, unsigned n, uint16_t flags)
{
	struct ring_packed_entry *first = entry_at(ring, ring->next);
	uint64_t first_word = describe(ring, first, ring->next, bufs[0], flags);

	for (unsigned i = 1; i < n; i++) {
		uint16_t place = ring->next + i;
		struct ring_packed_entry *entry = entry_at(ring, place);

		entry->word = describe(ring, entry, place, bufs[i], flags);
	}
	publish(ring, first, first_word);
	ring->next += n;
	ring->free_count -= n;
	return n;
}

/* The entry's second half if the device has used the entry at a place. §2.8.21.3.1 */
static inline bool used_at(const struct ring_driver *ring, uint16_t place, uint64_t *word)
{
	*word = __atomic_load_n(&entry_at(ring, place)->word, __ATOMIC_ACQUIRE);
	return (ring_packed_flags(*word) & RING_PACKED_MARKS) ==
	       ring_packed_used(&ring->shape, place);
}

static unsigned take_any_order(
	struct ring_driver *ring, struct pktbuf **bufs, uint32_t *lens, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint16_t place = ring->used_next + i;
		uint64_t word;

		if (!used_at(ring, place, &word))
			return i;
		if (lens)
			lens[i] = ring_packed_len(word);
		bufs[i] = ring_slot_take(ring, place, ring_packed_id(word), lens ? &lens[i] : NULL);
		if (!bufs[i])
			return i;
	}
	return n;
}

/* §2.8.9: the entry at the batch's beginning has the id of its last buffer. */
static bool begin_batch(struct ring_driver *ring, uint16_t place, unsigned pending, bool want_len)
{
	uint64_t word;

	return used_at(ring, place, &word) &&
	       ring_batch_begin(
		       ring, place, pending, ring_packed_id(word), ring_packed_len(word), want_len);
}

static unsigned take_in_order(
	struct ring_driver *ring, struct pktbuf **bufs, uint32_t *lens, unsigned n)
{
	unsigned in_flight = ring_driver_in_flight(ring), got = 0;

	while (got < n) {
		uint16_t place = ring->used_next + got;

		if (ring->batch_left == 0 && !begin_batch(ring, place, in_flight - got, lens))
			break;
		got += ring_batch_take(ring, place, bufs + got, lens ? lens + got : NULL, n - got);
	}
	return got;
}

unsigned ring_packed_take(
	struct ring_driver *ring, struct pktbuf **bufs, uint32_t *lens, unsigned n)
{
	unsigned got = ring->shape.in_order ? take_in_order(ring, bufs, lens, n)
					    : take_any_order(ring, bufs, lens, n);

	/* Before what the device wrote into the buffers is read. */
	ring_fence_device(&ring->shape);
	return got;
}

bool ring_packed_must_kick(struct ring_driver *ring)
{
	return ring_packed_wants(&ring->shape, ring->areas.device, ring->next, ring->kicked);
}

/* A chain of two entries; the id counts in the last one. §2.8.6 */
void ring_packed_request(struct ring_driver *ring, uint64_t out, uint32_t out_len, uint64_t ack)
{
	uint16_t place = ring->next, id = place & (ring->shape.size - 1);
	struct ring_packed_entry *first = entry_at(ring, place);
	struct ring_packed_entry *last = entry_at(ring, place + 1);

	first->addr = out;
	last->addr = ack;
	last->word = ring_packed_word(
		1, id, VRING_DESC_F_WRITE | ring_packed_avail(&ring->shape, place + 1));
	publish(ring, first,
		ring_packed_word(
			out_len, id, VRING_DESC_F_NEXT | ring_packed_avail(&ring->shape, place)));
	ring->next += 2;
}

bool ring_packed_request_done(struct ring_driver *ring)
{
	uint64_t word;

	if (!used_at(ring, ring->used_next, &word))
		return false;
	if (ring_packed_id(word) != (ring->used_next & (ring->shape.size - 1))) {
		ring->error = RING_ERROR_ID;
		return false;
	}
	ring_fence_device(&ring->shape);
	ring->used_next += 2;
	return true;
}
