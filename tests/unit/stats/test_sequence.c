/* SPDX-License-Identifier: BSD-2-Clause */
/* Loss, reordering and duplicates: small cases, the edges of the window, the wrap, a random model.
 */
#include "stats/sequence.h"
#include "unit.h"

#include <string.h>

#define LEN 60

static void check(
	const struct sequence *sequence, uint64_t lost, uint64_t duplicates, uint64_t out_of_order)
{
	ck_assert_uint_eq(counter_read(&sequence->lost), lost);
	ck_assert_uint_eq(counter_read(&sequence->duplicates), duplicates);
	ck_assert_uint_eq(counter_read(&sequence->out_of_order), out_of_order);
}

static void add_range(struct sequence *sequence, uint32_t from, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		sequence_add(sequence, from + i, LEN);
}

START_TEST(all_in_order)
{
	static struct sequence sequence;

	sequence_reset(&sequence, 0);
	add_range(&sequence, 0, 5000);
	check(&sequence, 0, 0, 0);
	ck_assert_uint_eq(counter_read(&sequence.frames), 5000);
	ck_assert_uint_eq(counter_read(&sequence.bytes), 5000 * LEN);
}
END_TEST

START_TEST(the_first_ones_may_be_lost)
{
	static struct sequence sequence;

	sequence_reset(&sequence, 10);
	sequence_add(&sequence, 13, LEN);
	check(&sequence, 3, 0, 0);
	sequence_add(&sequence, 10, LEN);
	check(&sequence, 2, 0, 1);
}
END_TEST

START_TEST(a_gap_is_lost_until_it_is_filled)
{
	static struct sequence sequence;

	sequence_reset(&sequence, 0);
	add_range(&sequence, 0, 10);
	sequence_add(&sequence, 13, LEN); /* without 10, 11, 12 */
	check(&sequence, 3, 0, 0);
	sequence_add(&sequence, 11, LEN);
	check(&sequence, 2, 0, 1);
	sequence_add(&sequence, 11, LEN);
	check(&sequence, 2, 1, 1);
	sequence_add(&sequence, 10, LEN);
	sequence_add(&sequence, 12, LEN);
	check(&sequence, 0, 1, 3);
	sequence_add(&sequence, 14, LEN);
	check(&sequence, 0, 1, 3);
}
END_TEST

START_TEST(the_highest_again_is_a_duplicate)
{
	static struct sequence sequence;

	sequence_reset(&sequence, 0);
	sequence_add(&sequence, 0, LEN);
	sequence_add(&sequence, 0, LEN);
	sequence_add(&sequence, 0, LEN);
	check(&sequence, 0, 2, 0);
	ck_assert_uint_eq(counter_read(&sequence.frames), 3);
}
END_TEST

START_TEST(edges_of_the_window)
{
	static struct sequence sequence;

	sequence_reset(&sequence, 0);
	sequence_add(&sequence, SEQUENCE_WINDOW, LEN); /* the window is 1 … SEQUENCE_WINDOW */
	check(&sequence, SEQUENCE_WINDOW, 0, 0);
	sequence_add(&sequence, 1, LEN);
	check(&sequence, SEQUENCE_WINDOW - 1, 0, 1);
	sequence_add(&sequence, 1, LEN); /* oldest inside: known */
	check(&sequence, SEQUENCE_WINDOW - 1, 1, 1);
	sequence_add(&sequence, 0, LEN); /* youngest outside: believed, twice */
	sequence_add(&sequence, 0, LEN);
	check(&sequence, SEQUENCE_WINDOW - 3, 1, 3);
}
END_TEST

START_TEST(gaps_around_the_size_of_the_window)
{
	for (uint32_t gap = SEQUENCE_WINDOW - 2; gap <= SEQUENCE_WINDOW + 2; gap++) {
		static struct sequence sequence;

		sequence_reset(&sequence, 0);
		add_range(&sequence, 0, 2 * SEQUENCE_WINDOW);
		sequence_add(&sequence, 2 * SEQUENCE_WINDOW + gap, LEN);
		check(&sequence, gap, 0, 0);
		/* Bits of an older round must not pass for these. */
		add_range(&sequence, 2 * SEQUENCE_WINDOW, gap);
		check(&sequence, 0, 0, gap);
	}
}
END_TEST

START_TEST(late_ones_never_make_the_loss_negative)
{
	static struct sequence sequence;

	sequence_reset(&sequence, 0);
	add_range(&sequence, 0, 3 * SEQUENCE_WINDOW);
	sequence_add(&sequence, 0, LEN);
	check(&sequence, 0, 0, 1);
}
END_TEST

START_TEST(numbers_below_the_first_are_duplicates)
{
	static struct sequence sequence;

	sequence_reset(&sequence, 100);
	sequence_add(&sequence, 102, LEN);
	sequence_add(&sequence, 99, LEN);
	check(&sequence, 2, 1, 0);
}
END_TEST

START_TEST(wraps_at_32_bits)
{
	static struct sequence sequence;

	sequence_reset(&sequence, UINT32_MAX - 2);
	add_range(&sequence, UINT32_MAX - 2, 2);
	sequence_add(&sequence, 1, LEN); /* without UINT32_MAX and 0 */
	check(&sequence, 2, 0, 0);
	sequence_add(&sequence, UINT32_MAX, LEN);
	check(&sequence, 1, 0, 1);
	sequence_add(&sequence, UINT32_MAX, LEN);
	sequence_add(&sequence, 0, LEN);
	sequence_add(&sequence, 2, LEN);
	check(&sequence, 0, 1, 2);
}
END_TEST

START_TEST(half_of_the_numbers_are_ahead)
{
	static struct sequence sequence;

	sequence_reset(&sequence, 0);
	sequence_add(&sequence, INT32_MAX, LEN);
	check(&sequence, INT32_MAX, 0, 0);
	sequence_reset(&sequence, 0);
	sequence_add(&sequence, UINT32_C(1) << 31, LEN);
	check(&sequence, 0, 0, 1);
}
END_TEST

START_TEST(without_a_reset_the_first_frame_begins)
{
	static struct sequence sequence;

	sequence_add(&sequence, 777, LEN);
	sequence_add(&sequence, 779, LEN);
	check(&sequence, 1, 0, 0);
}
END_TEST

START_TEST(reset_forgets)
{
	static struct sequence sequence;

	sequence_reset(&sequence, 0);
	add_range(&sequence, 5, 5);
	add_range(&sequence, 5, 5);
	sequence_add(&sequence, 1, LEN);
	sequence_reset(&sequence, 0);
	check(&sequence, 0, 0, 0);
	ck_assert_uint_eq(counter_read(&sequence.frames), 0);
	ck_assert_uint_eq(counter_read(&sequence.bytes), 0);
	add_range(&sequence, 0, 10);
	check(&sequence, 0, 0, 0);
}
END_TEST

START_TEST(a_restart_is_followed_at_the_next_frame)
{
	static struct sequence sequence;

	sequence_reset(&sequence, 0);
	add_range(&sequence, 0, 10);
	sequence_add(&sequence, 12, LEN);
	ck_assert(!sequence_is_stale(&sequence));
	sequence_restart(&sequence);
	sequence_restart(&sequence);
	ck_assert(sequence_is_stale(&sequence));
	check(&sequence, 2, 0, 0); /* the reader's side changes nothing */
	sequence_add(&sequence, 1, LEN);
	ck_assert(!sequence_is_stale(&sequence));
	check(&sequence, 1, 0, 0);
	ck_assert_uint_eq(counter_read(&sequence.frames), 1);
}
END_TEST

/* A byte for each number says how often it came: the plainest model there is. */
START_TEST(agrees_with_a_model)
{
	enum { FRAMES = 200000, SPREAD = SEQUENCE_WINDOW - 1 };
	static uint8_t times[FRAMES];
	static struct sequence sequence;
	const uint32_t first = UINT32_MAX - FRAMES / 2;
	uint64_t duplicates = 0, out_of_order = 0, lost = 0;
	uint32_t highest = 0;

	srand(1);
	sequence_reset(&sequence, first);
	for (uint32_t i = 0; i < FRAMES; i++) {
		uint32_t number = i - (i >= SPREAD ? (uint32_t)rand() % SPREAD : 0);

		if (rand() % 3 == 0)
			number = i;
		/* Behind what came, not behind what was sent: else the window is too short. */
		if (highest > number && highest - number >= SEQUENCE_WINDOW)
			continue;
		if (times[number])
			duplicates++;
		else if (number < highest)
			out_of_order++;
		times[number] = 1;
		highest = number > highest ? number : highest;
		sequence_add(&sequence, first + number, LEN);
	}
	for (uint32_t i = 0; i <= highest; i++)
		lost += !times[i];
	ck_assert_uint_gt(lost, 0);
	check(&sequence, lost, duplicates, out_of_order);
}
END_TEST

UNIT_SUITE("stats/sequence", all_in_order, the_first_ones_may_be_lost,
	a_gap_is_lost_until_it_is_filled, the_highest_again_is_a_duplicate, edges_of_the_window,
	gaps_around_the_size_of_the_window, late_ones_never_make_the_loss_negative,
	numbers_below_the_first_are_duplicates, wraps_at_32_bits, half_of_the_numbers_are_ahead,
	without_a_reset_the_first_frame_begins, reset_forgets,
	a_restart_is_followed_at_the_next_frame, agrees_with_a_model)
