/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dataplane/run: which frames leave, when, how often, and what is counted, with the clock in the
 * test's hand.
 */
#include "run_fixture.h"

#include <errno.h>

/* ---- how many ---- */

/* One way to make frames, on a device that takes three of eight. */
static void check_way(enum policy_build build, enum policy_alloc alloc, uint64_t count)
{
	struct plan *plan = fake_plan(1);
	struct run *run;

	fake_netdev_init(&fake, 64);
	plan->flows[0].build = build;
	plan->flows[0].alloc = alloc;
	plan->flows[0].count = count;
	atomic_store(&fake.per_call, 3);
	run = fake_run(&fake, plan);
	run_begin(run, START);
	run_out(run, START);
	ck_assert_uint_eq(fake.taken, count);
	ck_assert_uint_eq(fake.wrong, 0);
	ck_assert_uint_eq(fake.skipped, 0);
	ck_assert_uint_eq(frames_of(0), count);
	ck_assert_uint_eq(counter_read(&fake.flow_counters[0].bytes), count * 60);
	ck_assert_uint_eq(counter_read(&fake.counters.frames_tx), count);
	ck_assert_uint_eq(counter_read(&fake.counters.bytes_tx), count * 60);
	ck_assert_uint_eq(attempted_of(0), count);
	ck_assert_uint_eq(all_drops(), 0);
	ck_assert_uint_eq(step(run, 0, START), 0); /* nothing more, ever */
	ck_assert_uint_eq(run_next_ns(run), UINT64_MAX);
	end(run, plan);
}

START_TEST(every_way_to_make_frames_sends_each_once)
{
	for (int build = 0; build < POLICY_BUILD_COUNT; build++)
		for (int alloc = 0; alloc < POLICY_ALLOC_COUNT; alloc++) {
			check_way(build, alloc, 1);
			check_way(build, alloc, 8);
			check_way(build, alloc, 1001);
		}
}
END_TEST

START_TEST(a_burst_is_offered_in_one_call)
{
	struct plan *plan = fake_plan(1);
	struct run *run;

	fake_netdev_init(&fake, 64);
	plan->flows[0].count = 20;
	run = fake_run(&fake, plan);
	run_begin(run, START);
	ck_assert_uint_eq(step(run, 0, START), 8);
	ck_assert_uint_eq(step(run, 0, START), 8);
	ck_assert(!run_finished(run));
	ck_assert_uint_eq(step(run, 0, START), 4);
	ck_assert_uint_eq(fake.tx_calls, 3);
	ck_assert_uint_eq(step(run, 0, START), 0);
	ck_assert(run_finished(run));
	ck_assert_uint_eq(fake.tx_calls, 3);
	ck_assert_uint_eq(counter_read(&fake.counters.backpressure), 0);
	end(run, plan);
}
END_TEST

START_TEST(retry_offers_the_same_frames_again)
{
	struct plan *plan = fake_plan(1);
	struct run *run;

	fake_netdev_init(&fake, 64);
	run = fake_run(&fake, plan);
	run_begin(run, START);
	atomic_store(&fake.room, 3);
	ck_assert_uint_eq(step(run, 0, START), 3);
	ck_assert_int_eq(fake.queue.fault, ENOBUFS);
	ck_assert_uint_eq(run_next_ns(run), 0); /* frames wait: at once */
	ck_assert_uint_eq(step(run, 0, START), 0);
	ck_assert_uint_eq(step(run, 0, START), 0);
	ck_assert_uint_eq(attempted_of(0), 3);
	atomic_store(&fake.room, FAKE_ALL);
	ck_assert_uint_eq(step(run, 0, START), 5); /* what is left of the burst, then the next */
	ck_assert_int_eq(fake.queue.fault, 0);
	ck_assert_uint_eq(step(run, 0, START), 8);
	ck_assert_uint_eq(attempted_of(0), 16);
	ck_assert_uint_eq(counter_read(&fake.counters.backpressure), 3);
	ck_assert_uint_eq(fake.wrong + fake.skipped, 0);
	ck_assert_uint_eq(all_drops(), 0);
	end(run, plan);
}
END_TEST

START_TEST(drop_counts_what_is_not_taken_and_goes_on)
{
	struct plan *plan = fake_plan(1);
	struct run *run;

	fake_netdev_init(&fake, 64);
	plan->flows[0].on_full = POLICY_ON_FULL_DROP;
	plan->flows[0].count = 80;
	atomic_store(&fake.per_call, 3);
	run = fake_run(&fake, plan);
	run_begin(run, START);
	ck_assert_uint_eq(step(run, 0, START), 8);
	ck_assert_uint_eq(drops(DROP_TX_RING_FULL), 5);
	run_out(run, START);
	ck_assert_uint_eq(fake.taken, 30);
	ck_assert_uint_eq(frames_of(0), 30);
	ck_assert_uint_eq(drops(DROP_TX_RING_FULL), 50);
	ck_assert_uint_eq(all_drops(), 50);
	ck_assert_uint_eq(attempted_of(0), 80);
	ck_assert_uint_eq(fake.skipped, 45); /* the last five have no frame behind them */
	ck_assert_uint_eq(fake.wrong, 0);
	end(run, plan);
}
END_TEST

START_TEST(a_drop_has_the_devices_reason)
{
	static const struct {
		int fault;
		enum drop_reason reason;
	} reasons[] = {
		{ENOBUFS, DROP_TX_RING_FULL},
		{ENETDOWN, DROP_TX_LINK_DOWN},
		{ENODEV, DROP_TX_DEVICE_LOST},
		{EIO, DROP_TX_ERROR},
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct plan *plan = fake_plan(1);
		struct run *run;

		fake_netdev_init(&fake, 64);
		plan->flows[0].on_full = POLICY_ON_FULL_DROP;
		run = fake_run(&fake, plan);
		run_begin(run, START);
		atomic_store(&fake.fault, reasons[i].fault);
		ck_assert_uint_eq(step(run, 0, START), 8);
		ck_assert_int_eq(fake.queue.fault, reasons[i].fault);
		ck_assert_uint_eq(drops(reasons[i].reason), 8);
		ck_assert_uint_eq(all_drops(), 8);
		end(run, plan);
	}
}
END_TEST

/* ---- when ---- */

static struct run *paced_run(struct plan *plan, uint64_t gap_ns)
{
	plan->flows[0].gap_num = gap_ns;
	fake_netdev_init(&fake, 64);
	return fake_run(&fake, plan);
}

START_TEST(a_paced_flow_sends_what_is_due)
{
	struct plan *plan = fake_plan(1);
	struct run *run = paced_run(plan, 1000);

	run_begin(run, START);
	ck_assert_uint_eq(run_next_ns(run), START);
	ck_assert_uint_eq(step(run, 0, START), 1);
	ck_assert_uint_eq(run_next_ns(run), START + 1000);
	ck_assert_uint_eq(step(run, 0, START + 999), 0);
	ck_assert_uint_eq(step(run, 0, START + 1000), 1);
	ck_assert_uint_eq(step(run, 0, START + 4500), 3);
	ck_assert_uint_eq(step(run, 0, START + 100000), 8); /* a burst is the most */
	ck_assert_uint_eq(step(run, 0, START + 100000), 8);
	ck_assert_uint_eq(fake.taken, 21);
	end(run, plan);
}
END_TEST

START_TEST(drops_take_their_place_in_the_schedule)
{
	struct plan *plan = fake_plan(1);
	struct run *run = paced_run(plan, 1000);

	plan->flows[0].on_full = POLICY_ON_FULL_DROP;
	atomic_store(&fake.room, 2);
	run_begin(run, START);
	ck_assert_uint_eq(step(run, 0, START + 3000), 4);
	ck_assert_uint_eq(drops(DROP_TX_RING_FULL), 2);
	ck_assert_uint_eq(run_next_ns(run), START + 4000);
	end(run, plan);
}
END_TEST

START_TEST(a_standstill_is_counted_and_not_caught_up)
{
	struct plan *plan = fake_plan(1);
	struct run *run = paced_run(plan, NS_PER_MS);

	run_begin(run, START);
	ck_assert_uint_eq(step(run, 0, START), 1);
	ck_assert_uint_eq(step(run, 0, START + 10 * NS_PER_S), 1);
	ck_assert_uint_eq(
		counter_read(&fake.flow_counters[0].slipped_ns), 10 * NS_PER_S - NS_PER_MS);
	ck_assert_uint_eq(run_next_ns(run), START + 10 * NS_PER_S + NS_PER_MS);
	end(run, plan);
}
END_TEST

START_TEST(an_unpaced_flow_ends_with_its_duration)
{
	struct plan *plan = fake_plan(1);
	struct run *run;

	fake_netdev_init(&fake, 64);
	plan->flows[0].duration_ns = NS_PER_S;
	run = fake_run(&fake, plan);
	run_begin(run, START);
	ck_assert_uint_eq(step(run, 0, START + NS_PER_S - 1), 8);
	atomic_store(&fake.room, 5);
	ck_assert_uint_eq(step(run, 0, START + NS_PER_S - 1), 5);
	ck_assert(!run_finished(run));
	atomic_store(&fake.room, FAKE_ALL);
	/* its time is over: the three that wait are not sent any more, and do not count as tried */
	ck_assert_uint_eq(step(run, 0, START + NS_PER_S), 0);
	ck_assert(run_finished(run));
	ck_assert_uint_eq(fake.taken, 13);
	ck_assert_uint_eq(attempted_of(0), 13);
	ck_assert_uint_eq(run->flows[0].next_n, 13);
	end(run, plan);
}
END_TEST

START_TEST(a_paced_flow_may_be_a_little_late)
{
	struct plan *plan = fake_plan(1);
	struct run *run = paced_run(plan, 250 * NS_PER_MS);

	plan->flows[0].duration_ns = NS_PER_S;
	plan->flows[0].count = 4; /* as the plan works it out */
	run_begin(run, START);
	for (uint64_t i = 0; i < 3; i++)
		ck_assert_uint_eq(step(run, 0, START + i * 250 * NS_PER_MS), 1);
	/* the fourth, due at 0.75 s, could not leave before the end */
	atomic_store(&fake.room, 0);
	ck_assert_uint_eq(step(run, 0, START + 750 * NS_PER_MS), 0);
	ck_assert_uint_eq(step(run, 0, START + NS_PER_S), 0);
	ck_assert(!run_finished(run));
	atomic_store(&fake.room, FAKE_ALL);
	ck_assert_uint_eq(step(run, 0, START + NS_PER_S + 50 * NS_PER_MS), 1);
	ck_assert_uint_eq(step(run, 0, START + NS_PER_S + 50 * NS_PER_MS), 0);
	ck_assert(run_finished(run));
	ck_assert_uint_eq(frames_of(0), 4);
	end(run, plan);
}
END_TEST

START_TEST(but_not_for_ever)
{
	struct plan *plan = fake_plan(1);
	struct run *run = paced_run(plan, 250 * NS_PER_MS);

	plan->flows[0].duration_ns = NS_PER_S;
	atomic_store(&fake.room, 0);
	run_begin(run, START);
	step(run, 0, START);
	step(run, 0, START + NS_PER_S + 100 * NS_PER_MS);
	ck_assert(!run_finished(run));
	step(run, 0, START + NS_PER_S + 100 * NS_PER_MS + 1);
	ck_assert(run_finished(run));
	ck_assert_uint_eq(attempted_of(0), 0);
	end(run, plan);
}
END_TEST

START_TEST(the_ends_of_time_do_not_wrap)
{
	struct plan *plan = fake_plan(1);
	struct run *run;

	fake_netdev_init(&fake, 64);
	plan->flows[0].duration_ns = UINT64_MAX - 1;
	run = fake_run(&fake, plan);
	run_begin(run, START);
	ck_assert_uint_eq(step(run, 0, START + 1), 8);
	run_end(run, START + 1);
	run_begin(run, START + NS_PER_S);
	ck_assert_uint_eq(step(run, 0, START + NS_PER_S), 8);
	end(run, plan);
}
END_TEST

/* ---- pause and resume ---- */

START_TEST(a_pause_shifts_the_schedule_and_the_end)
{
	struct plan *plan = fake_plan(1);
	struct run *run = paced_run(plan, 1000);

	plan->flows[0].duration_ns = 10000;
	run_begin(run, START);
	ck_assert_uint_eq(step(run, 0, START + 4000), 5);
	run_end(run, START + 4200);
	run_begin(run, START + 60 * NS_PER_S);
	/* 800 ns were missing to the next departure */
	ck_assert_uint_eq(run_next_ns(run), START + 60 * NS_PER_S + 800);
	ck_assert_uint_eq(step(run, 0, START + 60 * NS_PER_S + 799), 0);
	ck_assert_uint_eq(step(run, 0, START + 60 * NS_PER_S + 800), 1);
	ck_assert_uint_eq(run->flows[0].end_ns, START + 60 * NS_PER_S + 5800);
	ck_assert_uint_eq(counter_read(&fake.flow_counters[0].slipped_ns), 0);
	end(run, plan);
}
END_TEST

/* Frames that were made but not taken lose their buffers when the run rests, not their numbers. */
static void check_release(enum policy_build build, enum policy_alloc alloc)
{
	struct plan *plan = fake_plan(1);
	struct run *run;

	fake_netdev_init(&fake, 64);
	plan->flows[0].build = build;
	plan->flows[0].alloc = alloc;
	plan->flows[0].count = 20;
	run = fake_run(&fake, plan);
	run_begin(run, START);
	atomic_store(&fake.room, 3);
	ck_assert_uint_eq(step(run, 0, START), 3);
	run_end(run, START);
	run_release(run);
	ck_assert_uint_eq(fake.memory.pool.free.count, 64);
	atomic_store(&fake.room, FAKE_ALL);
	run_begin(run, START + NS_PER_S);
	run_out(run, START + NS_PER_S);
	ck_assert_uint_eq(frames_of(0), 20);
	ck_assert_uint_eq(attempted_of(0), 20);
	ck_assert_uint_eq(fake.wrong + fake.skipped, 0);
	end(run, plan);
}

START_TEST(no_frame_is_lost_over_a_pause)
{
	check_release(POLICY_BUILD_COPY, POLICY_ALLOC_POOL);
	check_release(POLICY_BUILD_ZEROCOPY, POLICY_ALLOC_POOL);
	check_release(POLICY_BUILD_GENERATE, POLICY_ALLOC_HEAP);
}
END_TEST

START_TEST(released_frames_keep_their_departures)
{
	struct plan *plan = fake_plan(1);
	struct run *run = paced_run(plan, NS_PER_S);

	plan->flows[0].gap_den = 3000000; /* 333⅓ ns */
	atomic_store(&fake.room, 0);
	run_begin(run, START);
	ck_assert_uint_eq(step(run, 0, START + 1700), 0); /* six are due */
	run_end(run, START + 1700);
	run_release(run);
	ck_assert_uint_eq(run->flows[0].next_n, 0);
	ck_assert_uint_eq(run->flows[0].pacer.next_ns, START);
	/* as late as they were, no later: the pause does not count */
	atomic_store(&fake.room, FAKE_ALL);
	run_begin(run, START + NS_PER_S);
	ck_assert_uint_eq(run_next_ns(run), START + NS_PER_S - 1700);
	ck_assert_uint_eq(step(run, 0, START + NS_PER_S), 6);
	end(run, plan);
}
END_TEST

/* ---- devices that send by themselves ---- */

START_TEST(a_self_driven_device_gets_jobs)
{
	struct plan *plan = fake_plan(1);
	struct run *run = paced_run(plan, 1000);

	fake_netdev_drive_itself(&fake);
	plan->flows[0].count = 12;
	run_begin(run, START);
	ck_assert_uint_eq(step(run, 0, START + 4000), 5);
	ck_assert_uint_eq(fake.budget, 5);
	ck_assert_ptr_eq(fake.job.frame, plan->flows[0].frame);
	ck_assert_uint_eq(fake.job.first, 0);
	ck_assert_uint_eq(fake.job.count, 12);
	ck_assert_uint_eq(fake.job.start_ns, START);
	ck_assert_uint_eq(fake.job.gap_num_ns, 1000);
	ck_assert_uint_eq(fake.job.gap_den, 1);
	ck_assert_ptr_eq(fake.job.account, &fake.flow_counters[0]);
	atomic_store(&fake.per_call, 1);
	ck_assert_uint_eq(step(run, 0, START + 6000), 1);
	ck_assert_uint_eq(fake.job.first, 5);
	ck_assert_uint_eq(fake.job.count, 7);
	ck_assert_uint_eq(fake.job.start_ns, START + 5000);
	atomic_store(&fake.per_call, FAKE_ALL);
	run_out(run, START + 20000);
	ck_assert_uint_eq(fake.taken, 12);
	ck_assert_uint_eq(frames_of(0), 12);
	ck_assert_uint_eq(attempted_of(0), 12);
	ck_assert_uint_eq(fake.memory.pool.free.count, 64); /* it needs no buffers */
	end(run, plan);
}
END_TEST

START_TEST(a_self_driven_device_may_fail)
{
	struct plan *plan = fake_plan(1);
	struct run *run;

	fake_netdev_init(&fake, 64);
	fake_netdev_drive_itself(&fake);
	run = fake_run(&fake, plan);
	run_begin(run, START);
	atomic_store(&fake.fault, ENETDOWN);
	ck_assert_uint_eq(step(run, 0, START), 0);
	ck_assert_int_eq(fake.queue.fault, ENETDOWN);
	atomic_store(&fake.fault, 0);
	ck_assert_uint_eq(step(run, 0, START), 8);
	ck_assert_int_eq(fake.queue.fault, 0);
	ck_assert_uint_eq(fake.job.first, 0);
	end(run, plan);
}
END_TEST

UNIT_SUITE("dataplane/run", every_way_to_make_frames_sends_each_once,
	a_burst_is_offered_in_one_call, retry_offers_the_same_frames_again,
	drop_counts_what_is_not_taken_and_goes_on, a_drop_has_the_devices_reason,
	a_paced_flow_sends_what_is_due, drops_take_their_place_in_the_schedule,
	a_standstill_is_counted_and_not_caught_up, an_unpaced_flow_ends_with_its_duration,
	a_paced_flow_may_be_a_little_late, but_not_for_ever, the_ends_of_time_do_not_wrap,
	a_pause_shifts_the_schedule_and_the_end, no_frame_is_lost_over_a_pause,
	released_frames_keep_their_departures, a_self_driven_device_gets_jobs,
	a_self_driven_device_may_fail)
