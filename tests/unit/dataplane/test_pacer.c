/* SPDX-License-Identifier: BSD-2-Clause */
/* dataplane/pacer: every departure of the schedule, to the nanosecond. */
#include "dataplane/pacer.h"
#include "unit.h"
#include "util/clock.h"

#define START UINT64_C(5000000000)

/* Departure i of gap num/den, as the contract says it. */
static uint64_t departure(uint64_t i, uint64_t num, uint64_t den)
{
	return START + (uint64_t)((unsigned __int128)i * num / den);
}

static void check_schedule(uint64_t num, uint64_t den, uint64_t frames)
{
	struct pacer pacer;

	pacer_init(&pacer, num, den, START);
	for (uint64_t i = 0; i < frames; i++) {
		ck_assert_uint_eq(pacer.next_ns, departure(i, num, den));
		pacer_advance(&pacer, 1);
	}
}

START_TEST(departures_are_exact_for_ever)
{
	check_schedule(NS_PER_S, 3, 10000);
	check_schedule(NS_PER_S, 14880952, 100000);
	check_schedule(NS_PER_S * 1000, 1, 100);
	check_schedule(2, 3, 1000); /* several in a nanosecond */
	check_schedule(1, UINT64_MAX / 2, 1000);
	check_schedule(UINT64_MAX / 2 - 1, UINT64_MAX / 2, 100000);
	check_schedule(UINT64_MAX / 2, UINT64_MAX / 2 - 1, 100000);
}
END_TEST

START_TEST(many_steps_are_the_same_as_one_by_one)
{
	struct pacer pacer;

	pacer_init(&pacer, NS_PER_S, 7, START);
	pacer_advance(&pacer, 0);
	ck_assert_uint_eq(pacer.next_ns, START);
	pacer_advance(&pacer, 700000);
	ck_assert_uint_eq(pacer.next_ns, START + 100000 * NS_PER_S);
}
END_TEST

START_TEST(a_frame_is_due_from_its_departure_on)
{
	struct pacer pacer;

	pacer_init(&pacer, 100, 1, START);
	ck_assert_uint_eq(pacer_due(&pacer, START - 1, 10), 0);
	ck_assert_uint_eq(pacer_due(&pacer, START, 10), 1);
	ck_assert_uint_eq(pacer_due(&pacer, START + 99, 10), 1);
	ck_assert_uint_eq(pacer_due(&pacer, START + 100, 10), 2);
	ck_assert_uint_eq(pacer_due(&pacer, START + 899, 10), 9);
	ck_assert_uint_eq(pacer_due(&pacer, START + 900, 10), 10);
	ck_assert_uint_eq(pacer_due(&pacer, START + 1000000, 10), 10);
	ck_assert_uint_eq(pacer_due(&pacer, START + 1000000, 0), 0);
	ck_assert_uint_eq(pacer.next_ns, START); /* asking moves nothing */
	pacer_advance(&pacer, 10);
	ck_assert_uint_eq(pacer_due(&pacer, START + 999, 10), 0);
}
END_TEST

START_TEST(without_a_gap_all_are_due)
{
	struct pacer pacer;

	pacer_init(&pacer, 0, 1, START);
	ck_assert_uint_eq(pacer_due(&pacer, START, 512), 512);
	pacer_advance(&pacer, 512);
	ck_assert_uint_eq(pacer_due(&pacer, START, 512), 512);
	ck_assert_uint_eq(pacer_slip(&pacer, START + NS_PER_S), 0);
}
END_TEST

START_TEST(frames_can_be_put_back)
{
	struct pacer pacer, before;

	pacer_init(&pacer, NS_PER_S, 14880952, START);
	for (unsigned i = 0; i < 1000; i++) {
		before = pacer;
		pacer_advance(&pacer, i);
		pacer_retreat(&pacer, i);
		ck_assert_uint_eq(pacer.next_ns, before.next_ns);
		ck_assert_uint_eq(pacer.part, before.part);
		pacer_advance(&pacer, 1);
	}
	pacer_init(&pacer, 0, 1, START);
	pacer_retreat(&pacer, 5);
	ck_assert_uint_eq(pacer.next_ns, START);
}
END_TEST

START_TEST(a_late_frame_does_not_move_the_others)
{
	struct pacer pacer;

	pacer_init(&pacer, 1000, 1, START);
	ck_assert_uint_eq(pacer_slip(&pacer, START + PACER_CATCH_UP_NS), 0);
	ck_assert_uint_eq(pacer_due(&pacer, START + 5500, 2), 2);
	pacer_advance(&pacer, 2);
	ck_assert_uint_eq(pacer.next_ns, START + 2000);
}
END_TEST

START_TEST(after_a_standstill_the_schedule_moves)
{
	const uint64_t late = PACER_CATCH_UP_NS + 1;
	struct pacer pacer;

	pacer_init(&pacer, 1000, 1, START);
	ck_assert_uint_eq(pacer_slip(&pacer, START - 1), 0); /* not due yet */
	ck_assert_uint_eq(pacer_slip(&pacer, START + late), late);
	ck_assert_uint_eq(pacer.next_ns, START + late);
	ck_assert_uint_eq(pacer_due(&pacer, START + late, 10), 1);
	ck_assert_uint_eq(pacer_slip(&pacer, START + late), 0);
}
END_TEST

UNIT_SUITE("dataplane/pacer", departures_are_exact_for_ever, many_steps_are_the_same_as_one_by_one,
	a_frame_is_due_from_its_departure_on, without_a_gap_all_are_due, frames_can_be_put_back,
	a_late_frame_does_not_move_the_others, after_a_standstill_the_schedule_moves)
