/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device end of a packed virtqueue (virtio 1.2 §2.8): where chains are found, and how they go
 * back. The rest is in ring_format.h.
 */
#include "netdev/virtio/ring_format.h"
#include "netdev/virtio/ring_private.h"

void ring_packed_device_init(struct ring_device *ring)
{
	struct vring_packed_event *event = ring->areas.device;

	ring_store16(&event->flags, VRING_PACKED_EVENT_DISABLE);
}

static struct ring_packed_entry *entry_at(const struct ring_device *ring, uint16_t place)
{
	struct ring_packed_entry *entries = ring->areas.desc;

	return &entries[place & (ring->shape.size - 1)];
}

/* Every entry says for itself whether it is available. */
static unsigned available(struct ring_device *ring)
{
	return ring->shape.size;
}

RING_INLINE bool set(struct ring_device *ring, struct ring_chain *chain,
	const struct ring_packed_entry *entry, uint64_t word, bool write)
{
	chain->id = ring_packed_id(word);
	return ring_chain_set(ring, chain, ring_load64(&entry->addr), ring_packed_len(word),
		ring_packed_flags(word), write);
}

RING_INLINE bool open(struct ring_device *ring, struct ring_chain *chain, bool write)
{
	const struct ring_packed_entry *entry = entry_at(ring, chain->place);
	uint64_t word = __atomic_load_n(&entry->word, __ATOMIC_ACQUIRE);

	if ((ring_packed_flags(word) & RING_PACKED_MARKS) !=
		ring_packed_avail(&ring->shape, chain->place))
		return false;
	return set(ring, chain, entry, word, write);
}

/* The driver made the chain's first entry available last: the others are there. §2.8.21.1 */
RING_INLINE bool more(struct ring_device *ring, struct ring_chain *chain, bool write)
{
	const struct ring_packed_entry *entry = entry_at(ring, chain->place + chain->entries - 1);

	return set(ring, chain, entry, ring_load64(&entry->word), write);
}

RING_INLINE uint64_t used_word(
	const struct ring_device *ring, const struct ring_record *record, uint16_t place)
{
	uint16_t flags = ring_packed_used(&ring->shape, place);

	return ring_packed_word(
		record->len, record->id, record->len ? flags | VRING_DESC_F_WRITE : flags);
}

/*
 * The first entry last, so that the driver sees all of them. In order, frames that were read need
 * but one entry, with the id of the last (§2.8.9); for those that were written the driver needs
 * each length.
 */
RING_INLINE void flush(
	struct ring_device *ring, const struct ring_record *records, unsigned n, bool write)
{
	bool each = write || !ring->shape.in_order;
	struct ring_packed_entry *first = entry_at(ring, ring->next);
	uint64_t first_word = used_word(ring, &records[each ? 0 : n - 1], ring->next);
	uint16_t place = ring->next + records[0].entries;

	for (unsigned i = 1; i < n; i++) {
		if (each)
			entry_at(ring, place)->word = used_word(ring, &records[i], place);
		place += records[i].entries;
	}
	__atomic_store_n(&first->word, first_word, __ATOMIC_RELEASE);
	ring->next = place;
}

static const struct ring_format packed = {
	.packed = true, .available = available, .open = open, .more = more, .flush = flush};

unsigned ring_packed_receive(struct ring_device *ring, struct pktbuf_stack *pool,
	struct pktbuf **bufs, unsigned n, struct ring_device_drops *drops)
{
	return ring_receive(&packed, ring, pool, bufs, n, drops);
}

unsigned ring_packed_send(struct ring_device *ring, struct pktbuf *const *bufs, unsigned n)
{
	return ring_send(&packed, ring, bufs, n);
}

bool ring_packed_must_call(struct ring_device *ring)
{
	return ring_packed_wants(&ring->shape, ring->areas.driver, ring->next, ring->called);
}
