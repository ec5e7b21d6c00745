/* SPDX-License-Identifier: BSD-2-Clause */
/* dataplane/worker: what comes in, how it is followed, and when a port counts as quiet. */
#include "worker_fixture.h"

#include <errno.h>

START_TEST(a_final_fault_ends_a_drain)
{
	struct worker_job job = {.rx = true, .drain = true, .queue = &fake.queue};

	setup();
	atomic_store(&fake.rx_fault, ENODEV);
	post(&job);
	WAIT_UNTIL(worker_flags(worker) == (WORKER_TX_QUIET | WORKER_RX_QUIET));
	ck_assert_int_eq(worker_fault(worker), ENODEV);
	teardown(NULL, NULL);
}
END_TEST

START_TEST(what_comes_in_is_counted_and_followed)
{
	struct sequence *sequences =
		aligned_alloc(_Alignof(struct sequence), 2 * sizeof(*sequences));
	struct worker_job job = {.rx = true, .queue = &fake.queue, .sequence_count = 2};

	ck_assert_ptr_nonnull(sequences);
	memset(sequences, 0, 2 * sizeof(*sequences));
	setup();
	job.sequences = sequences;
	atomic_store(&fake.incoming, 1000);
	post(&job);
	WAIT_UNTIL(counter_read(&fake.counters.frames_rx) == 1000);
	go_to_sleep();
	ck_assert_uint_eq(counter_read(&fake.counters.bytes_rx), 60000);
	ck_assert_uint_eq(counter_read(&sequences[1].frames), 1000);
	ck_assert_uint_eq(counter_read(&sequences[1].bytes), 60000);
	ck_assert_uint_eq(counter_read(&sequences[1].lost), 0);
	ck_assert_uint_eq(counter_read(&sequences[0].frames), 0);
	teardown(NULL, NULL);
	free(sequences);
}
END_TEST

/* The frames' bytes may not be there at all then. */
START_TEST(what_nobody_measures_is_only_counted)
{
	struct sequence *sequences =
		aligned_alloc(_Alignof(struct sequence), 2 * sizeof(*sequences));
	struct worker_job job = {.rx = true, .queue = &fake.queue, .sequence_count = 2};
	atomic_bool measuring = false;

	ck_assert_ptr_nonnull(sequences);
	memset(sequences, 0, 2 * sizeof(*sequences));
	setup();
	job.sequences = sequences;
	job.measuring = &measuring;
	atomic_store(&fake.incoming, 100);
	post(&job);
	WAIT_UNTIL(counter_read(&fake.counters.frames_rx) == 100);
	ck_assert_uint_eq(counter_read(&sequences[1].frames), 0);
	atomic_store(&measuring, true); /* in mid-run: a flow has been started */
	atomic_store(&fake.incoming, 50);
	WAIT_UNTIL(counter_read(&fake.counters.frames_rx) == 150);
	go_to_sleep();
	ck_assert(!fake.queue.count_only);
	ck_assert_uint_ge(counter_read(&sequences[1].frames), 1);
	teardown(NULL, NULL);
	free(sequences);
}
END_TEST

START_TEST(foreign_flow_numbers_are_only_counted)
{
	struct sequence *sequence = aligned_alloc(_Alignof(struct sequence), sizeof(*sequence));
	struct worker_job job = {.rx = true, .queue = &fake.queue, .sequence_count = 1};

	ck_assert_ptr_nonnull(sequence);
	memset(sequence, 0, sizeof(*sequence));
	setup();
	job.sequences = sequence; /* [0] alone; the frames say 1 */
	atomic_store(&fake.incoming, 10);
	post(&job);
	WAIT_UNTIL(counter_read(&fake.counters.frames_rx) == 10);
	ck_assert_uint_eq(counter_read(&sequence->frames), 0);
	teardown(NULL, NULL);
	free(sequence);
}
END_TEST

START_TEST(a_drain_waits_for_quiet)
{
	struct worker_job job = {.rx = true, .drain = true, .queue = &fake.queue};
	uint64_t posted_ns;

	setup();
	atomic_store(&fake.incoming, 10);
	posted_ns = clock_now_ns();
	post(&job);
	WAIT_UNTIL(worker_flags(worker) & WORKER_RX_QUIET);
	ck_assert_uint_ge(clock_now_ns() - posted_ns, WORKER_QUIET_NS);
	ck_assert_uint_eq(counter_read(&fake.counters.frames_rx), 10);
	teardown(NULL, NULL);
}
END_TEST

START_TEST(a_drain_that_never_is_quiet_ends)
{
	struct worker_job job = {.rx = true, .drain = true, .queue = &fake.queue};
	uint64_t posted_ns;

	setup();
	atomic_store(&fake.incoming, FAKE_ALL);
	posted_ns = clock_now_ns();
	post(&job);
	WAIT_UNTIL(worker_flags(worker) & WORKER_RX_QUIET);
	ck_assert_uint_ge(clock_now_ns() - posted_ns, WORKER_DRAIN_MAX_NS);
	ck_assert_uint_gt(counter_read(&fake.counters.frames_rx), 0);
	teardown(NULL, NULL);
}
END_TEST

START_TEST(without_reception_a_drain_is_over_at_once)
{
	struct worker_job job = {.drain = true, .queue = &fake.queue};

	setup();
	post(&job);
	WAIT_UNTIL(worker_flags(worker) == (WORKER_TX_QUIET | WORKER_RX_QUIET));
	teardown(NULL, NULL);
}
END_TEST

/* Sending must not wait with its completions until nothing comes in any more. */
START_TEST(completions_come_in_while_frames_do)
{
	struct plan *plan;
	struct worker_job job;
	struct run *run;

	setup();
	plan = fake_plan(1);
	plan->flows[0].count = 20;
	atomic_store(&fake.hold, true);
	atomic_store(&fake.release, 20);
	atomic_store(&fake.incoming, FAKE_ALL);
	run = fake_run(&fake, plan);
	job = tx_job(run);
	job.rx = true;
	post(&job);
	WAIT_UNTIL(frames(0) == 20);
	WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
	ck_assert_uint_gt(counter_read(&fake.counters.frames_rx), 0);
	teardown(run, plan);
}
END_TEST

UNIT_SUITE("dataplane/worker_rx", a_final_fault_ends_a_drain, what_comes_in_is_counted_and_followed,
	what_nobody_measures_is_only_counted, foreign_flow_numbers_are_only_counted,
	a_drain_waits_for_quiet, a_drain_that_never_is_quiet_ends,
	without_reception_a_drain_is_over_at_once, completions_come_in_while_frames_do)
