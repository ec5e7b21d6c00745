/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dataplane/worker: jobs handed to a real thread that drives a fake device. Meant to be run under
 * the thread sanitizer as well. Reception has a file of its own, test_worker_rx.c.
 */
#include "worker_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

/* ---- life ---- */

START_TEST(a_worker_begins_and_ends_asleep)
{
	setup();
	ck_assert(worker_adopted(worker));
	ck_assert_uint_eq(worker_flags(worker), 0);
	ck_assert_int_eq(worker_fault(worker), 0);
	worker_free(worker); /* without ever having had a job */
	worker_free(NULL);
	close(notify_fd);
	fake_netdev_fini(&fake);
}
END_TEST

START_TEST(a_worker_sits_on_its_processor)
{
	cpu_set_t cpus;

	setup();
	ck_assert_int_eq(pthread_getaffinity_np(worker->thread, sizeof(cpus), &cpus), 0);
	ck_assert_int_eq(CPU_COUNT(&cpus), 1);
	ck_assert(CPU_ISSET(own_cpu(), &cpus));
	teardown(NULL, NULL);
}
END_TEST

START_TEST(a_processor_that_is_not_there_is_an_error)
{
	struct worker *untouched = (struct worker *)&fake, *none = untouched;

	ck_assert_int_lt(worker_new(CPU_MAX - 1, -1, &none), 0);
	ck_assert_ptr_eq(none, untouched);
}
END_TEST

/* A wake-up that came too late for its job must not keep the worker from sleeping. */
START_TEST(a_late_wakeup_is_taken)
{
	struct pollfd wake = {.events = POLLIN};
	uint64_t one = 1;

	setup();
	go_to_sleep();
	ck_assert_int_eq(write(worker->wake_fd, &one, sizeof(one)), sizeof(one));
	wake.fd = worker->wake_fd;
	WAIT_UNTIL(poll(&wake, 1, 0) == 0);
	teardown(NULL, NULL);
}
END_TEST

/* ---- transmit ---- */

START_TEST(a_count_is_sent_exactly)
{
	struct plan *plan;
	struct worker_job job;
	struct run *run;

	setup();
	plan = fake_plan(2);
	plan->flows[0].count = 1000;
	plan->flows[1].count = 33;
	atomic_store(&fake.per_call, 3);
	run = fake_run(&fake, plan);
	job = tx_job(run);
	post(&job);
	WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
	ck_assert_uint_eq(worker_flags(worker), WORKER_TX_QUIET);
	ck_assert_uint_ge(notified(), 1);
	ck_assert_uint_eq(frames(0), 1000);
	ck_assert_uint_eq(frames(1), 33);
	ck_assert_uint_eq(fake.wrong + fake.skipped, 0);
	ck_assert_uint_eq(counter_read(&fake.counters.frames_tx), 1033);
	teardown(run, plan);
}
END_TEST

START_TEST(quiet_waits_for_completions)
{
	struct plan *plan;
	struct worker_job job;
	uint64_t rounds;
	struct run *run;

	setup();
	plan = fake_plan(1);
	plan->flows[0].count = 20;
	atomic_store(&fake.hold, true);
	run = fake_run(&fake, plan);
	job = tx_job(run);
	post(&job);
	WAIT_UNTIL(fake.taken == 20);
	atomic_store(&fake.release, 19);
	WAIT_UNTIL(frames(0) == 19);
	rounds = counter_read(&fake.counters.rounds);
	WAIT_UNTIL(counter_read(&fake.counters.rounds) > rounds + 3);
	ck_assert_uint_eq(worker_flags(worker), 0);
	atomic_store(&fake.release, 1);
	WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
	ck_assert_uint_eq(frames(0), 20);
	teardown(run, plan);
}
END_TEST

START_TEST(waiting_for_completions_is_bounded)
{
	struct plan *plan;
	struct worker_job job, quiet = {.queue = &fake.queue};
	uint64_t posted_ns;
	struct run *run;

	setup();
	plan = fake_plan(1);
	atomic_store(&fake.hold, true);
	run = fake_run(&fake, plan);
	job = tx_job(run);
	post(&job);
	WAIT_UNTIL(fake.held_count > 0);
	posted_ns = clock_now_ns();
	post(&quiet);
	WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
	ck_assert_uint_ge(clock_now_ns() - posted_ns, WORKER_DRAIN_MAX_NS);
	ck_assert_uint_gt(fake.held_count, 0);
	go_to_sleep();
	atomic_store(&fake.release, FAKE_ALL / 2);
	fake.ops.tx_reap(&fake.queue);
	teardown(run, plan);
}
END_TEST

START_TEST(a_pause_costs_no_frame)
{
	struct worker_job jobs[2];
	struct plan *plan;
	struct run *run;

	setup();
	plan = fake_plan(1);
	plan->flows[0].build = POLICY_BUILD_ZEROCOPY;
	plan->flows[0].count = 5000;
	atomic_store(&fake.per_call, 3);
	run = fake_run(&fake, plan);
	for (unsigned i = 0; i < 50; i++) {
		uint32_t before = fake.taken;

		atomic_store(&fake.room, 50);
		jobs[0] = tx_job(run);
		post(&jobs[0]);
		WAIT_UNTIL(fake.taken == before + 50);
		jobs[1] = (struct worker_job){.queue = &fake.queue};
		post(&jobs[1]);
		WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
		ck_assert_uint_eq(fake.taken, before + 50);
		if (i % 2) { /* as a port does: */
			go_to_sleep();
			run_release(run);
		}
	}
	atomic_store(&fake.room, FAKE_ALL);
	jobs[0] = tx_job(run);
	post(&jobs[0]);
	WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
	ck_assert_uint_eq(frames(0), 5000);
	ck_assert_uint_eq(fake.wrong + fake.skipped, 0);
	teardown(run, plan);
}
END_TEST

START_TEST(a_paced_flow_takes_its_time)
{
	struct plan *plan;
	struct worker_job job;
	uint64_t begun_ns;
	struct run *run;

	setup();
	plan = fake_plan(1);
	plan->flows[0].count = 11;
	plan->flows[0].gap_num = 20 * NS_PER_MS;
	run = fake_run(&fake, plan);
	job = tx_job(run);
	begun_ns = clock_now_ns();
	post(&job);
	WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
	/* the eleventh leaves 200 ms after the first, and not before */
	ck_assert_uint_ge(clock_now_ns() - begun_ns, 200 * NS_PER_MS);
	ck_assert_uint_eq(frames(0), 11);
	teardown(run, plan);
}
END_TEST

START_TEST(a_pause_shifts_the_schedule)
{
	struct plan *plan;
	struct worker_job jobs[2];
	struct run *run;

	setup();
	plan = fake_plan(1);
	plan->flows[0].count = 3;
	plan->flows[0].gap_num = 50 * NS_PER_MS;
	run = fake_run(&fake, plan);
	jobs[0] = tx_job(run);
	post(&jobs[0]);
	WAIT_UNTIL(fake.taken == 1);
	go_to_sleep();
	ck_assert_uint_gt(run->ended_ns, 0);
	jobs[1] = tx_job(run);
	post(&jobs[1]);
	WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
	ck_assert_uint_eq(frames(0), 3);
	teardown(run, plan);
}
END_TEST

START_TEST(a_self_driven_device_is_driven)
{
	struct plan *plan;
	struct worker_job job;
	struct run *run;

	setup();
	fake_netdev_drive_itself(&fake);
	plan = fake_plan(1);
	plan->flows[0].count = 1001;
	atomic_store(&fake.per_call, 5);
	run = fake_run(&fake, plan);
	job = tx_job(run);
	post(&job);
	WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
	ck_assert_uint_eq(fake.taken, 1001);
	ck_assert_uint_eq(frames(0), 1001);
	teardown(run, plan);
}
END_TEST

/* ---- faults ---- */

START_TEST(backpressure_is_no_fault)
{
	struct plan *plan;
	struct worker_job job;
	struct run *run;

	setup();
	plan = fake_plan(1);
	plan->flows[0].count = 100;
	atomic_store(&fake.room, 10);
	run = fake_run(&fake, plan);
	job = tx_job(run);
	post(&job);
	WAIT_UNTIL(counter_read(&fake.counters.backpressure) > 100);
	ck_assert_int_eq(worker_fault(worker), 0);
	atomic_store(&fake.room, FAKE_ALL);
	WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
	ck_assert_uint_eq(frames(0), 100);
	teardown(run, plan);
}
END_TEST

START_TEST(a_link_that_comes_back_is_used_again)
{
	struct plan *plan;
	struct worker_job job;
	struct run *run;
	unsigned calls;

	setup();
	plan = fake_plan(2);
	plan->flows[0].count = plan->flows[1].count = 500;
	atomic_store(&fake.fault, ENETDOWN);
	run = fake_run(&fake, plan);
	job = tx_job(run);
	post(&job);
	WAIT_UNTIL(worker_fault(worker) == ENETDOWN);
	ck_assert_uint_ge(notified(), 1);
	calls = fake.tx_calls;
	WAIT_UNTIL(fake.tx_calls > calls + 2); /* it is tried again and again */
	ck_assert_uint_eq(worker_flags(worker), 0);
	atomic_store(&fake.fault, 0);
	WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
	ck_assert_int_eq(worker_fault(worker), 0);
	ck_assert_uint_eq(frames(0), 500);
	ck_assert_uint_eq(frames(1), 500);
	ck_assert_uint_eq(fake.wrong + fake.skipped, 0);
	teardown(run, plan);
}
END_TEST

static void check_final(int fault)
{
	struct worker_job job, again;
	struct plan *plan;
	struct run *run;
	unsigned calls;
	uint64_t rounds;

	setup();
	plan = fake_plan(1);
	atomic_store(&fake.fault, fault);
	run = fake_run(&fake, plan);
	job = tx_job(run);
	post(&job);
	WAIT_UNTIL(worker_fault(worker) == fault);
	WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
	calls = fake.tx_calls;
	rounds = counter_read(&fake.counters.rounds);
	WAIT_UNTIL(counter_read(&fake.counters.rounds) > rounds + 3);
	ck_assert_uint_eq(fake.tx_calls, calls); /* left alone */
	atomic_store(&fake.fault, 0);
	again = tx_job(run); /* until the next job, which knows nothing of it */
	post(&again);
	WAIT_UNTIL(frames(0) > 0);
	ck_assert_int_eq(worker_fault(worker), 0);
	ck_assert_uint_eq(fake.wrong + fake.skipped, 0);
	teardown(run, plan);
}

START_TEST(a_lost_device_is_left_alone)
{
	check_final(ENODEV);
	check_final(EIO);
}
END_TEST

START_TEST(flags_begin_anew_with_each_job)
{
	struct worker_job drain = {.drain = true, .queue = &fake.queue}, job;
	struct plan *plan;
	struct run *run;

	setup();
	plan = fake_plan(1); /* without end: nothing is quiet then */
	run = fake_run(&fake, plan);
	post(&drain);
	WAIT_UNTIL(worker_flags(worker) == (WORKER_TX_QUIET | WORKER_RX_QUIET));
	job = tx_job(run);
	post(&job);
	ck_assert_uint_eq(worker_flags(worker), 0);
	WAIT_UNTIL(fake.taken > 0);
	ck_assert_uint_eq(worker_flags(worker), 0);
	teardown(run, plan);
}
END_TEST

START_TEST(the_gauge_shows_the_free_buffers)
{
	struct plan *plan;
	struct worker_job job;
	struct run *run;

	setup();
	plan = fake_plan(1);
	plan->flows[0].count = 20;
	atomic_store(&fake.hold, true);
	run = fake_run(&fake, plan);
	job = tx_job(run);
	post(&job);
	WAIT_UNTIL(counter_read(&fake.counters.pool_free) == 44);
	atomic_store(&fake.release, 20);
	WAIT_UNTIL(counter_read(&fake.counters.pool_free) == 64);
	teardown(run, plan);
}
END_TEST

/* ---- hand-off ---- */

#define JOBS 1000

/*
 * Jobs in quick succession, each with a run of its own that is freed as soon as a later job has
 * been adopted: whatever the worker still touched the sanitizers would see.
 */
START_TEST(what_an_older_job_named_may_go)
{
	struct worker_job *job = NULL, *before = NULL;
	struct run *run = NULL, *run_before = NULL;
	struct plan *plan;

	setup();
	plan = fake_plan(1);
	plan->flows[0].burst = 1;
	for (unsigned i = 0; i < JOBS; i++) {
		job = malloc(sizeof(*job));
		ck_assert_ptr_nonnull(job);
		*job = (struct worker_job){.sleep = true};
		post(job);
		free(before);
		run_free(run_before);
		before = job;
		fake.next[1] = 0; /* the worker sleeps, and each run begins at frame 0 */
		run = fake_run(&fake, plan);
		job = malloc(sizeof(*job));
		ck_assert_ptr_nonnull(job);
		*job = tx_job(run);
		post(job);
		free(before);
		before = job;
		run_before = run;
	}
	WAIT_UNTIL(fake.taken > 0);
	go_to_sleep();
	free(before);
	ck_assert_uint_eq(fake.wrong, 0);
	teardown(run, plan);
}
END_TEST

/* Posts that overtake each other: only the newest counts, and it is adopted in the end. */
START_TEST(the_newest_of_many_jobs_wins)
{
	static struct worker_job jobs[JOBS];
	struct plan *plan;
	struct run *run;

	setup();
	plan = fake_plan(1);
	plan->flows[0].count = 100;
	run = fake_run(&fake, plan);
	for (unsigned i = 0; i < JOBS; i++) {
		jobs[i] = (struct worker_job){.sleep = true};
		if (i + 1 == JOBS)
			jobs[i] = tx_job(run);
		worker_post(worker, &jobs[i]);
		ck_assert_uint_eq(jobs[i].message.generation, i + 1);
		ck_assert_int_eq(worker_fault(worker), 0);
	}
	WAIT_UNTIL(worker_adopted(worker));
	WAIT_UNTIL(worker_flags(worker) & WORKER_TX_QUIET);
	ck_assert_uint_eq(frames(0), 100);
	teardown(run, plan);
}
END_TEST

UNIT_SUITE("dataplane/worker", a_worker_begins_and_ends_asleep, a_worker_sits_on_its_processor,
	a_processor_that_is_not_there_is_an_error, a_late_wakeup_is_taken, a_count_is_sent_exactly,
	quiet_waits_for_completions, waiting_for_completions_is_bounded, a_pause_costs_no_frame,
	a_paced_flow_takes_its_time, a_pause_shifts_the_schedule, a_self_driven_device_is_driven,
	backpressure_is_no_fault, a_link_that_comes_back_is_used_again, a_lost_device_is_left_alone,
	flags_begin_anew_with_each_job, the_gauge_shows_the_free_buffers,
	what_an_older_job_named_may_go, the_newest_of_many_jobs_wins)
