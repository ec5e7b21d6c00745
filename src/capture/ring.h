/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of frames between one thread that offers them and one that takes them, without a lock.
 *
 * Records lie one behind the other in a fixed piece of memory, each in one piece: what does not fit
 * before the end begins at the start again. Offering never waits: when the ring is full the frame
 * is refused, and whoever offers counts it. The control thread makes and frees a ring, when neither
 * side uses it.
 */
#ifndef CAPTURE_RING_H
#define CAPTURE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands in front of a frame's bytes. */
struct capture_record {
	uint64_t time_ns; /* CLOCK_REALTIME, when it was received */
	uint32_t len;     /* of the frame */
	uint32_t caplen;  /* of it that is kept */
};

struct capture_ring;

/*
 * size is in bytes: a power of two, and at least twice the largest record, which then always fits
 * into an empty ring. 0 or -errno.
 */
int capture_ring_new(size_t size, struct capture_ring **ring);
void capture_ring_free(struct capture_ring *ring);

/* Writer: copies a frame in. false: it is full. */
bool capture_ring_offer(
	struct capture_ring *ring, const struct capture_record *record, const uint8_t *bytes);

/* Reader: the oldest record, with its bytes right behind it, until it is dropped. NULL: empty. */
const struct capture_record *capture_ring_peek(struct capture_ring *ring);
/* Reader: done with the record that the last peek gave. */
void capture_ring_drop(struct capture_ring *ring);

#endif
