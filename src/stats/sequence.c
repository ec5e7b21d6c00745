/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sequence numbers of one flow as they arrive: see sequence.h for what counts as what.
 *
 * seen is a ring of bits, one for each of the SEQUENCE_WINDOW numbers below next; the bit of a
 * number is at its remainder. Invariant: the bit of a number in the window is set when the number
 * has arrived or was never waited for, so every clear bit has been counted as lost. Runs on the
 * worker that receives.
 */
#include "stats/sequence.h"

#include <assert.h>
#include <string.h>

static_assert((SEQUENCE_WINDOW & (SEQUENCE_WINDOW - 1)) == 0, "remainders must survive the wrap");

static uint32_t next_of(const struct sequence *sequence)
{
	return (uint32_t)counter_read(&sequence->next);
}

static uint64_t *word_of(struct sequence *sequence, uint32_t number)
{
	return &sequence->seen[number % SEQUENCE_WINDOW / 64];
}

static uint64_t bit_of(uint32_t number)
{
	return UINT64_C(1) << (number % 64);
}

/* Begins at first: numbers below it are not waited for. */
static void begin(struct sequence *sequence, uint32_t first)
{
	memset(sequence->seen, 0xff, sizeof(sequence->seen));
	counter_set(&sequence->first, first);
	counter_set(&sequence->next, first);
	sequence->started = true;
}

void sequence_reset(struct sequence *sequence, uint32_t first)
{
	counter_set(&sequence->frames, 0);
	counter_set(&sequence->bytes, 0);
	counter_set(&sequence->lost, 0);
	counter_set(&sequence->duplicates, 0);
	counter_set(&sequence->out_of_order, 0);
	begin(sequence, first);
}

/* The number is ahead numbers above the one that was expected: those between are lost until seen.
 */
static void advance(struct sequence *sequence, uint32_t number, uint32_t ahead)
{
	counter_add(&sequence->lost, ahead);
	if (ahead >= SEQUENCE_WINDOW)
		memset(sequence->seen, 0, sizeof(sequence->seen));
	else
		for (uint32_t missing = next_of(sequence); missing != number; missing++)
			*word_of(sequence, missing) &= ~bit_of(missing);
	*word_of(sequence, number) |= bit_of(number);
	counter_set(&sequence->next, (uint32_t)(number + 1));
}

/* The number is below the highest that was seen, or equal to it. */
static void look_back(struct sequence *sequence, uint32_t number)
{
	uint32_t behind = next_of(sequence) - 1 - number;
	uint64_t lost = counter_read(&sequence->lost);

	if (behind < SEQUENCE_WINDOW) {
		if (*word_of(sequence, number) & bit_of(number)) {
			counter_add(&sequence->duplicates, 1);
			return;
		}
		*word_of(sequence, number) |= bit_of(number);
	}
	counter_add(&sequence->out_of_order, 1);
	if (lost > 0)
		counter_set(&sequence->lost, lost - 1);
}

static void follow_restart(struct sequence *sequence)
{
	unsigned wanted = atomic_load_explicit(&sequence->wanted, memory_order_relaxed);

	sequence_reset(sequence, 0);
	atomic_store_explicit(&sequence->epoch, wanted, memory_order_release);
}

void sequence_add(struct sequence *sequence, uint32_t number, uint32_t len_bytes)
{
	uint32_t ahead;

	if (sequence_is_stale(sequence))
		follow_restart(sequence);
	if (!sequence->started)
		begin(sequence, number);
	counter_add(&sequence->frames, 1);
	counter_add(&sequence->bytes, len_bytes);
	ahead = number - next_of(sequence);
	/* RFC 1982 §3.2: below half of the number space is ahead, the rest is behind. */
	if (ahead < UINT32_C(1) << 31)
		advance(sequence, number, ahead);
	else
		look_back(sequence, number);
}
