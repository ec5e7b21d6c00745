/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the ring share: how memory that another party changes at any time is read and
 * written, and the arithmetic of notifications. Nobody else includes this.
 *
 * Each read of shared memory is one load into a local variable; what is checked is the local.
 */
#ifndef NETDEV_VIRTIO_RING_PRIVATE_H
#define NETDEV_VIRTIO_RING_PRIVATE_H

#include "netdev/virtio/ring.h"

/* Of ring_slot.order. */
#define RING_ORDER_STALE 0x8000
#define RING_ORDER_ID    0x7fff

/* Parked event indices are pushed on before the other party's index can come around to them. */
#define RING_PARK_EVERY 0x4000

static inline uint16_t ring_load16(const uint16_t *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static inline uint32_t ring_load32(const uint32_t *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static inline uint64_t ring_load64(const uint64_t *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static inline uint16_t ring_acquire16(const uint16_t *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static inline void ring_store16(uint16_t *at, uint16_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELAXED);
}

static inline void ring_release16(uint16_t *at, uint16_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

/* A real device may see another order than processors do among themselves. §2.7.13.3 */
static inline void ring_fence_device(const struct ring_shape *shape)
{
	if (shape->strong_barriers)
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* ---- packed: the second half of a descriptor as one word, so that flags come with the rest ----
 */

struct ring_packed_entry {
	uint64_t addr;
	uint64_t word;
} __attribute__((may_alias));
static_assert(sizeof(struct ring_packed_entry) == sizeof(struct vring_packed_desc), "same memory");

static inline uint64_t ring_packed_word(uint32_t len, uint16_t id, uint16_t flags)
{
	return len | (uint64_t)id << 32 | (uint64_t)flags << 48;
}

static inline uint32_t ring_packed_len(uint64_t word)
{
	return (uint32_t)word;
}

static inline uint16_t ring_packed_id(uint64_t word)
{
	return (uint16_t)(word >> 32);
}

static inline uint16_t ring_packed_flags(uint64_t word)
{
	return (uint16_t)(word >> 48);
}

static inline bool ring_packed_wrap(const struct ring_shape *shape, uint16_t place)
{
	return !(place & shape->size);
}

/* The flags of an available descriptor at a place: AVAIL as the wrap counter, USED not. §2.8.1 */
static inline uint16_t ring_packed_avail(const struct ring_shape *shape, uint16_t place)
{
	return ring_packed_wrap(shape, place) ? VRING_PACKED_DESC_F_AVAIL
					      : VRING_PACKED_DESC_F_USED;
}

/* And of a used one: both as the wrap counter. */
static inline uint16_t ring_packed_used(const struct ring_shape *shape, uint16_t place)
{
	return ring_packed_wrap(shape, place) ? VRING_PACKED_DESC_F_AVAIL | VRING_PACKED_DESC_F_USED
					      : 0;
}

#define RING_PACKED_MARKS (VRING_PACKED_DESC_F_AVAIL | VRING_PACKED_DESC_F_USED)

/* ---- notifications ---- */

/* used_event and avail_event, behind the ring's last entry. §2.7.6, §2.7.8 */
static inline uint16_t *ring_used_event(const struct ring_shape *shape, struct vring_avail *avail)
{
	return &avail->ring[shape->size];
}

static inline uint16_t *ring_avail_event(const struct ring_shape *shape, struct vring_used *used)
{
	return (uint16_t *)&used->ring[shape->size];
}

/* Whether the step from old to next passed what the other party waits for. §2.7.10 */
static inline bool ring_passed(uint16_t event, uint16_t next, uint16_t old)
{
	return (uint16_t)(next - event - 1) < (uint16_t)(next - old);
}

/* What the other party's event suppression structure says about that step. §2.8.10 */
bool ring_packed_wants(const struct ring_shape *shape, const struct vring_packed_event *event,
	uint16_t next, uint16_t old);

/* ---- the formats ---- */

void ring_split_init(struct ring_driver *ring);
unsigned ring_split_add(
	struct ring_driver *ring, struct pktbuf *const *bufs, unsigned n, uint16_t flags);
unsigned ring_split_take(
	struct ring_driver *ring, struct pktbuf **bufs, uint32_t *lens, unsigned n);
bool ring_split_must_kick(struct ring_driver *ring);
void ring_split_request(struct ring_driver *ring, uint64_t out, uint32_t out_len, uint64_t ack);
bool ring_split_request_done(struct ring_driver *ring);

void ring_packed_init(struct ring_driver *ring);
unsigned ring_packed_add(
	struct ring_driver *ring, struct pktbuf *const *bufs, unsigned n, uint16_t flags);
unsigned ring_packed_take(
	struct ring_driver *ring, struct pktbuf **bufs, uint32_t *lens, unsigned n);
bool ring_packed_must_kick(struct ring_driver *ring);
void ring_packed_request(struct ring_driver *ring, uint64_t out, uint32_t out_len, uint64_t ack);
bool ring_packed_request_done(struct ring_driver *ring);

void ring_split_device_init(struct ring_device *ring);
unsigned ring_split_receive(struct ring_device *ring, struct pktbuf_stack *pool,
	struct pktbuf **bufs, unsigned n, struct ring_device_drops *drops);
unsigned ring_split_send(struct ring_device *ring, struct pktbuf *const *bufs, unsigned n);
bool ring_split_must_call(struct ring_device *ring);

void ring_packed_device_init(struct ring_device *ring);
unsigned ring_packed_receive(struct ring_device *ring, struct pktbuf_stack *pool,
	struct pktbuf **bufs, unsigned n, struct ring_device_drops *drops);
unsigned ring_packed_send(struct ring_device *ring, struct pktbuf *const *bufs, unsigned n);
bool ring_packed_must_call(struct ring_device *ring);

/* What a driver end says of a device that breaks the rules. */
#define RING_ERROR_ID    "the device returned a buffer that it did not have"
#define RING_ERROR_LEN   "the device wrote more than a buffer holds"
#define RING_ERROR_INDEX "the device's used index ran ahead of the buffers that it has"

/*
 * A device that works in order reported a batch from place on that ends with that id, which must be
 * among the next pending ones. check_len: the length is of interest. False: ring->error is set.
 */
bool ring_batch_begin(struct ring_driver *ring, uint16_t place, unsigned pending, uint32_t id,
	uint32_t len, bool check_len);
/* Takes up to n buffers of the batch, from place on. */
unsigned ring_batch_take(
	struct ring_driver *ring, uint16_t place, struct pktbuf **bufs, uint32_t *lens, unsigned n);

/* The buffer with that id comes back at a place; len: NULL or what was written into it. */
static inline struct pktbuf *ring_slot_take(
	struct ring_driver *ring, uint16_t place, uint32_t id, const uint32_t *len)
{
	struct ring_slot *slots = ring->slots;
	struct ring_slot *slot = &slots[place & (ring->shape.size - 1)];
	struct pktbuf *buf;

	if (__builtin_expect(id >= ring->shape.size || !slots[id].buf, 0)) {
		ring->error = RING_ERROR_ID;
		return NULL;
	}
	if (len && __builtin_expect(*len > slots[id].len, 0)) {
		ring->error = RING_ERROR_LEN;
		return NULL;
	}
	if (__builtin_expect((slot->order & RING_ORDER_ID) != id, 0))
		slot->order = (uint16_t)id | RING_ORDER_STALE;
	buf = slots[id].buf;
	slots[id].buf = NULL;
	return buf;
}

#endif
