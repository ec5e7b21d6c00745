/* SPDX-License-Identifier: BSD-2-Clause */
/* dataplane/run: where the buffers of a run's frames come from, and that all go back. */
#include "run_fixture.h"

#include <errno.h>

START_TEST(retry_waits_for_buffers)
{
	struct plan *plan = fake_plan(1);
	struct run *run;

	fake_netdev_init(&fake, 5);
	plan->flows[0].count = 12;
	atomic_store(&fake.hold, true);
	run = fake_run(&fake, plan);
	run_begin(run, START);
	ck_assert_uint_eq(step(run, 0, START), 5);
	ck_assert_uint_eq(step(run, 0, START), 0);
	ck_assert_uint_eq(counter_read(&fake.counters.pool_exhausted), 2);
	ck_assert_uint_eq(frames_of(0), 0); /* taken is not completed */
	ck_assert_uint_eq(attempted_of(0), 5);
	atomic_store(&fake.release, 2);
	ck_assert_uint_eq(fake.ops.tx_reap(&fake.queue), 3);
	ck_assert_uint_eq(step(run, 0, START), 2);
	atomic_store(&fake.release, 5);
	ck_assert_uint_eq(fake.ops.tx_reap(&fake.queue), 0);
	ck_assert_uint_eq(step(run, 0, START), 5);
	atomic_store(&fake.release, 5);
	ck_assert_uint_eq(fake.ops.tx_reap(&fake.queue), 0);
	ck_assert_uint_eq(frames_of(0), 12);
	ck_assert_uint_eq(all_drops(), 0);
	ck_assert_uint_eq(fake.wrong + fake.skipped, 0);
	end(run, plan);
}
END_TEST

START_TEST(drop_counts_frames_without_a_buffer)
{
	struct plan *plan = fake_plan(1);
	struct run *run;

	fake_netdev_init(&fake, 5);
	plan->flows[0].on_full = POLICY_ON_FULL_DROP;
	plan->flows[0].count = 24;
	atomic_store(&fake.hold, true);
	run = fake_run(&fake, plan);
	run_begin(run, START);
	ck_assert_uint_eq(step(run, 0, START), 8);
	ck_assert_uint_eq(drops(DROP_TX_NO_BUFFER), 3);
	ck_assert_uint_eq(step(run, 0, START), 8); /* no buffer at all */
	ck_assert_uint_eq(drops(DROP_TX_NO_BUFFER), 11);
	atomic_store(&fake.release, 5);
	fake.ops.tx_reap(&fake.queue);
	ck_assert_uint_eq(step(run, 0, START), 8);
	ck_assert_uint_eq(step(run, 0, START), 0);
	ck_assert(run_finished(run));
	atomic_store(&fake.release, 5);
	fake.ops.tx_reap(&fake.queue);
	ck_assert_uint_eq(frames_of(0), 10);
	ck_assert_uint_eq(attempted_of(0), 24);
	ck_assert_uint_eq(all_drops(), 14);
	ck_assert_uint_eq(fake.skipped, 11);
	ck_assert_uint_eq(counter_read(&fake.counters.pool_exhausted), 3);
	end(run, plan);
}
END_TEST

/* The device may have it many times at once: also more often than the pool has buffers left. */
START_TEST(a_frame_in_which_nothing_varies_takes_one_buffer)
{
	struct plan *plan = fake_plan(1);
	struct frame_spec spec;
	struct error err;
	struct run *run;

	frame_spec_init(&spec);
	frame_template_free(plan->flows[0].frame);
	ck_assert_int_eq(frame_template_new(&spec, &plan->flows[0].frame, &err), 0);
	ck_assert(plan->flows[0].frame->constant);
	plan->flows[0].build = POLICY_BUILD_ZEROCOPY;
	fake_netdev_init(&fake, 24);
	atomic_store(&fake.hold, true);
	run = fake_run(&fake, plan);
	run_begin(run, START);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(step(run, 0, START), 8);
	ck_assert_uint_eq(fake.memory.pool.free.count, 23);
	ck_assert_uint_eq(step(run, 0, START), 0); /* as many at once as the pool has objects */
	ck_assert_uint_eq(counter_read(&fake.counters.pool_exhausted), 1);
	for (int i = 1; i < 24; i++)
		ck_assert_ptr_eq(fake.held[i], fake.held[0]);
	ck_assert_mem_eq(fake.held[0]->data, plan->flows[0].frame->bytes, spec.size);
	atomic_store(&fake.release, 24);
	ck_assert_uint_eq(fake.ops.tx_reap(&fake.queue), 0);
	ck_assert_uint_eq(frames_of(0), 24);
	run_release(run);
	ck_assert_uint_eq(fake.memory.pool.free.count, 24);
	ck_assert_uint_eq(step(run, 0, START), 8); /* and again, after a pause */
	atomic_store(&fake.release, 8);
	fake.ops.tx_reap(&fake.queue);
	ck_assert_uint_eq(fake.memory.pool.free.count, 23);
	end(run, plan);
}
END_TEST

START_TEST(flows_do_not_mix_up_their_prepared_buffers)
{
	struct plan *plan = fake_plan(3);
	struct run *run;

	fake_netdev_init(&fake, 40);
	plan->flows[0].build = POLICY_BUILD_ZEROCOPY;
	plan->flows[1].build = POLICY_BUILD_ZEROCOPY;
	plan->flows[2].build = POLICY_BUILD_COPY;
	for (int i = 0; i < 3; i++)
		plan->flows[i].count = 500 + (unsigned)i;
	plan->flows[1].burst = 3;
	run = fake_run(&fake, plan);
	run_begin(run, START);
	run_out(run, START);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(frames_of(i), 500 + i);
	ck_assert_uint_eq(fake.wrong + fake.skipped, 0);
	ck_assert_uint_eq(fake.memory.pool.free.count, 40 - 8 - 3); /* the prepared ones are kept */
	run_release(run);
	for (unsigned i = 0; i < 40; i++)
		ck_assert_ptr_eq(fake.memory.pool.free.slots[i]->home, &fake.memory.pool.free);
	end(run, plan);
}
END_TEST

START_TEST(a_run_has_the_flows_of_its_queue)
{
	struct plan *plan = fake_plan(4);
	struct run *run;

	fake_netdev_init(&fake, 64);
	for (unsigned i = 0; i < 4; i++) {
		plan->flows[i].count = 10 + i;
		plan->flows[i].queue = i % 2;
	}
	run = fake_run(&fake, plan);
	ck_assert_uint_eq(run->flow_count, 2);
	run_begin(run, START);
	run_out(run, START);
	ck_assert_uint_eq(frames_of(0), 10);
	ck_assert_uint_eq(frames_of(1), 0);
	ck_assert_uint_eq(frames_of(2), 12);
	ck_assert_uint_eq(frames_of(3), 0);
	end(run, plan);
}
END_TEST

START_TEST(a_run_without_flows_has_finished)
{
	struct plan *plan = fake_plan(0);
	struct run *run;

	fake_netdev_init(&fake, 64);
	run = fake_run(&fake, plan);
	run_begin(run, START);
	ck_assert(run_finished(run));
	ck_assert_uint_eq(run_next_ns(run), UINT64_MAX);
	end(run, plan);
}
END_TEST

/* A peer that is not there may still hold buffers of the last run. */
START_TEST(nothing_is_written_before_the_peer_is_there)
{
	struct plan *plan = fake_plan(1);
	struct run *run;

	fake_netdev_init(&fake, 24);
	fake.queue.polled = true;
	atomic_store(&fake.fault, ENETDOWN);
	run = fake_run(&fake, plan);
	run_begin(run, START);
	ck_assert_uint_eq(step(run, 0, START), 0);
	ck_assert_int_eq(fake.queue.fault, ENETDOWN);
	ck_assert_uint_eq(fake.memory.pool.free.count, 24);
	ck_assert_uint_eq(attempted_of(0), 0);
	plan->flows[0].on_full = POLICY_ON_FULL_DROP;
	ck_assert_uint_eq(step(run, 0, START), 8);
	ck_assert_uint_eq(drops(DROP_TX_LINK_DOWN), 8);
	ck_assert_uint_eq(attempted_of(0), 8);
	atomic_store(&fake.fault, 0);
	ck_assert_uint_eq(step(run, 0, START), 8);
	ck_assert_uint_eq(fake.skipped, 8); /* the numbers of those that were dropped */
	ck_assert_uint_eq(fake.wrong, 0);
	end(run, plan);
}
END_TEST

UNIT_SUITE("dataplane/run_buffers", nothing_is_written_before_the_peer_is_there,
	retry_waits_for_buffers, drop_counts_frames_without_a_buffer,
	a_frame_in_which_nothing_varies_takes_one_buffer,
	flows_do_not_mix_up_their_prepared_buffers, a_run_has_the_flows_of_its_queue,
	a_run_without_flows_has_finished)
