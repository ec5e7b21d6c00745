/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loss, reordering and duplicates of one flow, from the sequence numbers as they arrive.
 *
 * A window of bits remembers the last SEQUENCE_WINDOW numbers. A number ahead of the highest opens
 * a gap, which counts as lost at once; a late frame that fills the gap takes its loss back and
 * counts as out of order (RFC 4737 §3: it arrives after a higher number); a number seen already is
 * a duplicate. A frame later than the window cannot be told from a duplicate: it counts as out of
 * order and takes its loss back. Sequence numbers are 32 bits and wrap; comparisons are by distance
 * (RFC 1982). Numbers below the first are not waited for: within the window they count as
 * duplicates. One writer, the worker that receives; counters may be read from any thread.
 */
#ifndef STATS_SEQUENCE_H
#define STATS_SEQUENCE_H

#include "stats/counter.h"

#include <stdbool.h>
#include <stdint.h>

#define SEQUENCE_WINDOW 1024 /* a power of two */

struct sequence {
	_Alignas(CPU_CACHELINE) struct counter frames; /* with this flow's signature */
	struct counter bytes;
	struct counter lost; /* missing now: falls when a late frame comes */
	struct counter duplicates;
	struct counter out_of_order;
	struct counter first; /* the number it begins at */
	struct counter next;  /* the highest number seen + 1 */
	/* The control thread asks for a fresh start by raising wanted; the worker follows. */
	atomic_uint wanted, epoch;
	bool started; /* false in a zeroed struct: whatever arrives first is the first */
	uint64_t seen[SEQUENCE_WINDOW / 64];
};

/* Forgets everything. The next number is expected to be first. */
void sequence_reset(struct sequence *sequence, uint32_t first);

/*
 * Control thread: the flow begins again at 0. Its figures count as 0 from now on; the worker
 * forgets the old ones when the first frame of the new run arrives.
 */
static inline void sequence_restart(struct sequence *sequence)
{
	atomic_fetch_add_explicit(&sequence->wanted, 1, memory_order_relaxed);
}

/* Readers: whether the figures are of the run before sequence_restart(). */
static inline bool sequence_is_stale(const struct sequence *sequence)
{
	struct sequence *mine = (struct sequence *)sequence;

	return atomic_load_explicit(&mine->epoch, memory_order_acquire) !=
	       atomic_load_explicit(&mine->wanted, memory_order_relaxed);
}

/* Takes one received frame. */
void sequence_add(struct sequence *sequence, uint32_t number, uint32_t len_bytes);

#endif
