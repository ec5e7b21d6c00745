/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device end of a ring, but for what differs between split and packed, which a struct
 * ring_format says. ring_split_device.c and ring_packed_device.c each make their own receive and
 * send of this: everything is inlined, so that a constant format costs no indirect call.
 *
 * Chains are taken some at a time, so that their memory is on its way into the cache while the
 * first are copied. Nothing that the driver sees changes until flush(), which alone moves
 * ring->next: a frame that does not find enough room leaves no trace.
 *
 * The driver is hostile: a descriptor is read once, into a struct ring_chain, and checked there; a
 * chain has at most as many descriptors as the ring; memory is what guest_at() says.
 */
#ifndef NETDEV_VIRTIO_RING_FORMAT_H
#define NETDEV_VIRTIO_RING_FORMAT_H

#include "netdev/virtio/ring_private.h"

#include <string.h>

#define RING_INLINE static inline __attribute__((always_inline))

/* Chains that are looked at ahead, and buffers that one frame may be spread over. */
#define RING_AHEAD       32
#define RING_RECORDS_MAX 64

/* A chain as far as it was read: the descriptor that is its turn. */
struct ring_chain {
	uint8_t *at; /* its memory, checked */
	uint32_t len;
	uint16_t flags;
	uint16_t next;    /* split: the index of the next one */
	uint16_t place;   /* of the chain's beginning in the ring */
	uint16_t entries; /* read so far, this one included */
	uint16_t id;      /* what goes back to the driver; packed: known at the chain's end */
};

/* A chain that is done with. */
struct ring_record {
	uint32_t len; /* bytes written */
	uint16_t id, entries;
};

struct ring_format {
	bool packed;
	/* How many chains there are at most; errors set ring->error and give 0. */
	unsigned (*available)(struct ring_device *ring);
	/* The first descriptor of the chain at chain->place. False: there is none, or an error. */
	bool (*open)(struct ring_device *ring, struct ring_chain *chain, bool write);
	/* The next descriptor of a chain that has one. False: an error. */
	bool (*more)(struct ring_device *ring, struct ring_chain *chain, bool write);
	/* Gives n chains back, in the order in which they lie in the ring. */
	void (*flush)(struct ring_device *ring, const struct ring_record *records, unsigned n,
		bool write);
};

/* Checks a descriptor and makes it the chain's current one. */
RING_INLINE bool ring_chain_set(struct ring_device *ring, struct ring_chain *chain, uint64_t addr,
	uint32_t len, uint16_t flags, bool write)
{
	if (__builtin_expect(flags & VRING_DESC_F_INDIRECT, 0)) {
		ring->error = "an indirect descriptor, which was not agreed on";
		return false;
	}
	if (__builtin_expect(!(flags & VRING_DESC_F_WRITE) == write, 0)) {
		ring->error = write ? "a receive buffer is not writable"
				    : "a frame to send lies in a writable buffer";
		return false;
	}
	chain->at = guest_at(ring->guest, addr, len);
	if (__builtin_expect(!chain->at, 0)) {
		ring->error = "a descriptor points outside the shared memory";
		return false;
	}
	chain->len = len;
	chain->flags = flags;
	return true;
}

RING_INLINE bool ring_chain_more(const struct ring_format *format, struct ring_device *ring,
	struct ring_chain *chain, bool write)
{
	if (chain->entries == ring->shape.size) {
		ring->error = "a chain has more descriptors than the ring";
		return false;
	}
	chain->entries++;
	return format->more(ring, chain, write);
}

/* Reads the rest of a chain, of which only the number matters. */
RING_INLINE bool ring_chain_finish(const struct ring_format *format, struct ring_device *ring,
	struct ring_chain *chain, bool write)
{
	while (__builtin_expect(chain->flags & VRING_DESC_F_NEXT, 0)) {
		if (!ring_chain_more(format, ring, chain, write))
			return false;
	}
	return true;
}

/*
 * One call's work on a ring. The ring and the pool are worked on in copies, which no store into a
 * frame can change: the compiler keeps them in registers.
 */
struct ring_pass {
	struct ring_device ring;
	unsigned left;         /* chains that may still be opened */
	unsigned count, taken; /* of chains */
	unsigned done;         /* of records */
	struct ring_chain chains[RING_AHEAD];
	struct ring_record records[RING_RECORDS_MAX];
};

RING_INLINE void ring_pass_begin(struct ring_pass *pass, const struct ring_format *format,
	struct ring_device *ring, unsigned n)
{
	unsigned available = format->available(ring);

	pass->ring = *ring;
	pass->left = n < available ? n : available;
	pass->count = pass->taken = pass->done = 0;
}

/* Opens the chains behind those that were taken. */
RING_INLINE void ring_pass_fill(
	struct ring_pass *pass, const struct ring_format *format, bool write)
{
	uint16_t place = pass->ring.next;
	unsigned n = pass->left < RING_AHEAD ? pass->left : RING_AHEAD, i = 0;

	if (pass->count) {
		const struct ring_chain *last = &pass->chains[pass->count - 1];

		place = last->place + (format->packed ? last->entries : 1);
	}
	while (i < n) {
		struct ring_chain *chain = &pass->chains[i];

		chain->place = place++;
		chain->entries = 1;
		if (!format->open(&pass->ring, chain, write))
			break;
		if (write)
			__builtin_prefetch(chain->at, 1);
		else if (!pass->ring.count_only)
			__builtin_prefetch(chain->at + pass->ring.shape.header_len);
		i++;
		/* Where the next one begins is known when this one has been read. */
		if (format->packed && chain->flags & VRING_DESC_F_NEXT)
			break;
	}
	pass->left = i < n ? 0 : pass->left - i;
	pass->count = i;
	pass->taken = 0;
}

RING_INLINE struct ring_chain *ring_pass_next(
	struct ring_pass *pass, const struct ring_format *format, bool write)
{
	if (pass->taken == pass->count) {
		if (pass->left == 0)
			return NULL;
		ring_pass_fill(pass, format, write);
		if (pass->count == 0)
			return NULL;
	}
	return &pass->chains[pass->taken++];
}

RING_INLINE void ring_pass_flush(
	struct ring_pass *pass, const struct ring_format *format, bool write)
{
	if (pass->done)
		format->flush(&pass->ring, pass->records, pass->done, write);
	pass->done = 0;
}

RING_INLINE void ring_pass_record(
	struct ring_pass *pass, const struct ring_chain *chain, uint32_t len)
{
	pass->records[pass->done++] =
		(struct ring_record){.len = len, .id = chain->id, .entries = chain->entries};
}

/* memcpy() for lengths that are mostly those of small frames. */
RING_INLINE void ring_copy(uint8_t *restrict to, const uint8_t *restrict from, uint32_t len)
{
	if (len - 32 <= 32) { /* 32 to 64: two halves that overlap */
		memcpy(to, from, 16);
		memcpy(to + 16, from + 16, 16);
		memcpy(to + len - 32, from + len - 32, 16);
		memcpy(to + len - 16, from + len - 16, 16);
		return;
	}
	memcpy(to, from, len);
}

/* ---- receive: the driver's frames come here ---- */

/* Copies a frame of any layout to buf, as far as there is room. Its length, or -1: an error. */
RING_INLINE int64_t ring_gather(const struct ring_format *format, struct ring_device *ring,
	struct ring_chain *chain, struct pktbuf *buf)
{
	uint32_t header = ring->shape.header_len;
	uint64_t len = 0;

	for (;;) {
		uint32_t cut = chain->len < header ? chain->len : header;
		uint32_t rest = chain->len - cut;

		header -= cut;
		if (buf && len + rest <= buf->room)
			memcpy(buf->data + len, chain->at + cut, rest);
		len += rest;
		if (!(chain->flags & VRING_DESC_F_NEXT))
			break;
		if (!ring_chain_more(format, ring, chain, false))
			return -1;
	}
	if (len == 0) {
		ring->error = "a frame has no byte behind its header";
		return -1;
	}
	return (int64_t)len;
}

/* The same, quick for a frame in one descriptor. §5.1.6.2 */
RING_INLINE int64_t ring_get_frame(const struct ring_format *format, struct ring_device *ring,
	struct ring_chain *chain, struct pktbuf *buf)
{
	uint32_t header = ring->shape.header_len, len = chain->len - header;

	if (__builtin_expect(chain->flags & VRING_DESC_F_NEXT || chain->len <= header, 0))
		return ring_gather(format, ring, chain, buf);
	if (buf && len <= buf->room)
		ring_copy(buf->data, chain->at + header, len);
	return len;
}

RING_INLINE unsigned ring_receive(const struct ring_format *format, struct ring_device *ring,
	struct pktbuf_stack *pool, struct pktbuf **bufs, unsigned n,
	struct ring_device_drops *drops)
{
	struct pktbuf_stack free = *pool;
	struct ring_pass pass;
	struct ring_chain *chain;
	unsigned got = 0;

	ring_pass_begin(&pass, format, ring, n);
	while ((chain = ring_pass_next(&pass, format, false))) {
		struct pktbuf *buf = free.count ? free.slots[free.count - 1] : NULL;
		int64_t len =
			ring_get_frame(format, &pass.ring, chain, ring->count_only ? NULL : buf);

		if (len < 0)
			break;
		if (pass.done == RING_RECORDS_MAX)
			ring_pass_flush(&pass, format, false);
		ring_pass_record(&pass, chain, 0);
		if (!buf) {
			drops->no_buffer++;
		} else if (len > buf->room) {
			drops->too_long++;
		} else {
			free.count--;
			buf->len = (uint32_t)len;
			bufs[got++] = buf;
		}
	}
	ring_pass_flush(&pass, format, false);
	*ring = pass.ring;
	pool->count = free.count;
	return got;
}

/* ---- send: our frames go there ---- */

/* A frame on its way into buffers: header and data as one row of bytes. */
struct ring_outgoing {
	const struct pktbuf *buf;
	uint32_t header_len;
	uint32_t done;
	uint16_t buffers;
	uint8_t *num_buffers[2]; /* where the header's field came to lie, if it has one */
};

/* Fills one descriptor's memory; returns how much of it. */
static inline uint32_t ring_scatter(struct ring_outgoing *out, uint8_t *at, uint32_t len)
{
	uint32_t header = 0, data;

	for (; header < len && out->done < out->header_len; header++, out->done++) {
		if (out->done >= VIRTIO_NET_HEADER_SHORT)
			out->num_buffers[out->done - VIRTIO_NET_HEADER_SHORT] = at + header;
		at[header] = 0;
	}
	data = out->buf->len + out->header_len - out->done;
	if (data > len - header)
		data = len - header;
	if (data)
		memcpy(at + header, out->buf->data + out->done - out->header_len, data);
	out->done += data;
	return header + data;
}

/* Fills one chain. False: an error. */
RING_INLINE bool ring_fill_chain(struct ring_pass *pass, const struct ring_format *format,
	struct ring_chain *chain, struct ring_outgoing *out)
{
	uint32_t len = ring_scatter(out, chain->at, chain->len);

	while (chain->flags & VRING_DESC_F_NEXT) {
		if (!ring_chain_more(format, &pass->ring, chain, true))
			return false;
		len += ring_scatter(out, chain->at, chain->len);
	}
	ring_pass_record(pass, chain, len);
	out->buffers++;
	return true;
}

/* A frame over as many descriptors and buffers as it takes. §5.1.6.4 */
RING_INLINE bool ring_put_spread(struct ring_pass *pass, const struct ring_format *format,
	struct ring_chain *chain, const struct pktbuf *buf)
{
	struct ring_outgoing out = {.buf = buf, .header_len = pass->ring.shape.header_len};

	ring_pass_flush(pass, format, true);
	for (;;) {
		if (!ring_fill_chain(pass, format, chain, &out))
			break;
		if (out.done == out.header_len + buf->len) {
			if (out.num_buffers[1]) {
				*out.num_buffers[0] = (uint8_t)out.buffers;
				*out.num_buffers[1] = (uint8_t)(out.buffers >> 8);
			}
			return true;
		}
		if (!pass->ring.shape.mergeable || pass->done == RING_RECORDS_MAX) {
			pass->ring.error =
				pass->ring.shape.mergeable
					? "a frame would fill more than 64 receive buffers"
					: "a receive buffer is too small for a frame";
			break;
		}
		chain = ring_pass_next(pass, format, true);
		if (!chain)
			break;
	}
	pass->done = 0;
	return false;
}

/* One frame into the chain, and those behind it if need be. False: no room, or an error. */
RING_INLINE bool ring_put_frame(struct ring_pass *pass, const struct ring_format *format,
	struct ring_chain *chain, const struct pktbuf *buf)
{
	uint32_t header = pass->ring.shape.header_len;

	if (__builtin_expect(chain->len < header + buf->len, 0))
		return ring_put_spread(pass, format, chain, buf);
	if (header == sizeof(struct virtio_net_header)) {
		const struct virtio_net_header one = {.num_buffers = 1};

		memcpy(chain->at, &one, sizeof(one));
	} else {
		memset(chain->at, 0, VIRTIO_NET_HEADER_SHORT);
	}
	ring_copy(chain->at + header, buf->data, buf->len);
	if (!ring_chain_finish(format, &pass->ring, chain, true))
		return false;
	if (pass->done == RING_RECORDS_MAX)
		ring_pass_flush(pass, format, true);
	ring_pass_record(pass, chain, header + buf->len);
	return true;
}

RING_INLINE unsigned ring_send(const struct ring_format *format, struct ring_device *ring,
	struct pktbuf *const *bufs, unsigned n)
{
	struct ring_pass pass;
	unsigned sent = 0;

	ring_pass_begin(&pass, format, ring, UINT16_MAX);
	while (sent < n) {
		struct ring_chain *chain = ring_pass_next(&pass, format, true);

		if (!chain || !ring_put_frame(&pass, format, chain, bufs[sent]))
			break;
		sent++;
	}
	ring_pass_flush(&pass, format, true);
	*ring = pass.ring;
	return sent;
}

#endif
