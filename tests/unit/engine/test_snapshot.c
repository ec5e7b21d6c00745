/* SPDX-License-Identifier: BSD-2-Clause */
/* engine/snapshot: from counters to figures, with the counters and the clock in the test's hand. */
#include "fixture.h"

#include <string.h>

START_TEST(figures_are_sums_over_the_queues)
{
	struct config *config = config_new();
	struct stats_port stats;

	config_add_port(config, "p0", "null:")->queues = 2;
	ck_assert_int_eq(fixture_load(config), 0);
	for (unsigned q = 0; q < 2; q++) {
		struct queue_counters *counters = port_of("p0")->queues[q].counters;

		counter_set(&counters->frames_tx, 10 + q);
		counter_set(&counters->bytes_tx, 1000 + q);
		counter_set(&counters->frames_rx, 20 + q);
		counter_set(&counters->bytes_rx, 2000 + q);
		counter_set(&counters->backpressure, 5 + q);
		counter_set(&counters->pool_exhausted, 7 + q);
		for (unsigned i = 0; i < DROP_REASON_COUNT; i++)
			counter_set(&counters->drops[i], 100 * (i + 1) + q);
	}
	stats = stats_of("p0");
	ck_assert_str_eq(stats.backend, "null");
	ck_assert_str_eq(stats.location, "null:");
	ck_assert_int_eq(stats.state, PORT_CONFIGURED);
	ck_assert_int_eq(stats.link, PORT_LINK_IS_UP);
	ck_assert_uint_eq(stats.frames_tx, 21);
	ck_assert_uint_eq(stats.bytes_tx, 2001);
	ck_assert_uint_eq(stats.frames_rx, 41);
	ck_assert_uint_eq(stats.bytes_rx, 4001);
	ck_assert_uint_eq(stats.backpressure, 11);
	ck_assert_uint_eq(stats.pool_exhausted, 15);
	ck_assert_uint_eq(stats.pool_objects, 512);
	ck_assert_uint_eq(stats.pool_free, 512);
	for (unsigned i = 0; i < DROP_REASON_COUNT; i++)
		ck_assert_uint_eq(stats.drops[i], 200 * (i + 1) + 1);
	ck_assert(stats.seconds == 0);
	ck_assert(stats.frames_tx_rate.mean == 0 && stats.frames_tx_rate.last == 0);
	fixture_free();
}
END_TEST

START_TEST(rates_are_of_the_last_second_and_of_the_run)
{
	struct stats_port stats;
	struct port *port;

	fixture_new(1);
	started("p0", POLICY_MODE_RX, NULL);
	stop_and_wait("p0");
	port = port_of("p0");
	/* a run of ten seconds, of which the last full one is known */
	port->started_ns = 1 * NS_PER_S;
	port->ended_ns = 11 * NS_PER_S;
	counter_set(&port->queues[0].counters->frames_tx, 1000);
	counter_set(&port->queues[0].counters->bytes_tx, 60000);
	counter_set(&port->queues[0].counters->frames_rx, 500);
	counter_set(&port->queues[0].counters->bytes_rx, 50000);
	port->before = (struct port_totals){.time_ns = 9 * NS_PER_S};
	port->sampled = (struct port_totals){.time_ns = 9 * NS_PER_S + NS_PER_S / 2,
		.frames_tx = 200,
		.bytes_tx = 12000,
		.frames_rx = 10,
		.bytes_rx = 1000};
	stats = stats_of("p0");
	ck_assert_double_eq_tol(stats.seconds, 10, 1e-9);
	ck_assert_double_eq_tol(stats.frames_tx_rate.mean, 100, 1e-9);
	ck_assert_double_eq_tol(stats.tx_l2_rate_bps.mean, 48000, 1e-6);
	ck_assert_double_eq_tol(stats.tx_l1_rate_bps.mean, 100 * 84 * 8, 1e-6);
	ck_assert_double_eq_tol(stats.frames_rx_rate.mean, 50, 1e-9);
	ck_assert_double_eq_tol(stats.rx_l1_rate_bps.mean, 50 * 124 * 8, 1e-6);
	ck_assert(stats.frames_tx_rate.last == 0); /* at rest nothing moves */
	port->phase = PHASE_RUN;
	stats = stats_of("p0");
	port->phase = PHASE_IDLE;
	ck_assert_double_eq_tol(stats.frames_tx_rate.last, 400, 1e-9);
	ck_assert_double_eq_tol(stats.tx_l2_rate_bps.last, 400 * 60 * 8, 1e-6);
	ck_assert_double_eq_tol(stats.tx_l1_rate_bps.last, 400 * 84 * 8, 1e-6);
	ck_assert_double_eq_tol(stats.frames_rx_rate.last, 20, 1e-9);
	ck_assert_double_eq_tol(stats.rx_l2_rate_bps.last, 16000, 1e-6);
	ck_assert_double_eq_tol(stats.rx_l1_rate_bps.last, 20 * 124 * 8, 1e-6);
	fixture_free();
}
END_TEST

START_TEST(a_pause_does_not_count_as_running)
{
	struct port *port;
	double before;

	fixture_new(1);
	started("p0", POLICY_MODE_TX, NULL);
	pause_and_wait("p0");
	port = port_of("p0");
	before = stats_of("p0").seconds;
	ck_assert(stats_of("p0").seconds == before);
	/* as if it had been paused for an hour */
	port->started_ns -= 3600 * NS_PER_S;
	port->ended_ns -= 3600 * NS_PER_S;
	ck_assert_int_eq(engine_traffic_resume(engine, NULL, 0, &err), 0);
	ck_assert_double_lt(stats_of("p0").seconds, 60);
	fixture_free();
}
END_TEST

START_TEST(the_second_is_sampled_while_it_runs)
{
	fixture_new(1);
	started("p0", POLICY_MODE_TX, "{\"rate\": \"1000pps\"}");
	LOOP_UNTIL(stats_of("p0").frames_tx_rate.last > 0);
	ck_assert_double_eq_tol(
		stats_of("p0").tx_l1_rate_bps.last, stats_of("p0").frames_tx_rate.last * 84 * 8, 1);
	stop_and_wait("p0");
	ck_assert(stats_of("p0").frames_tx_rate.last == 0);
	ck_assert(stats_of("p0").frames_tx_rate.mean > 0);
	fixture_free();
}
END_TEST

/* ---- stalls ---- */

/* A quarter of a second, less what a timer may come early, passes for a port that is looked at,
 * with so many rounds and refusals in it. */
static void time_passes(struct port *port, uint64_t rounds, uint64_t refusals, uint64_t frames)
{
	struct queue_counters *counters = port->queues[0].counters;

	counter_add(&counters->rounds, rounds);
	counter_add(&counters->backpressure, refusals);
	counter_add(&counters->frames_tx, frames);
	port->progress_ns -= NS_PER_S / 4 - NS_PER_S / 100;
	port_sample(port);
}

START_TEST(a_device_that_takes_nothing_is_stalled)
{
	struct port *port;

	fixture_new(1);
	started("p0", POLICY_MODE_RX, NULL);
	stop_and_wait("p0");
	port = port_of("p0");
	port->progress_ns = clock_now_ns();
	time_passes(port, 10, 5, 7);
	ck_assert(!port->stalled);
	time_passes(port, 10, 5, 0);
	time_passes(port, 10, 5, 0);
	ck_assert(!port->stalled); /* not yet */
	time_passes(port, 10, 5, 0);
	ck_assert(port->stalled);
	ck_assert_str_eq(port->reason, "the device takes no frames");
	port->phase = PHASE_RUN;
	ck_assert_int_eq(port_state(port), PORT_STALLED);
	port->phase = PHASE_IDLE;
	time_passes(port, 10, 5, 1);
	ck_assert(!port->stalled);
	ck_assert_str_eq(port->reason, "");
	time_passes(port, 10, 0, 0); /* nothing was due: that is no stall */
	time_passes(port, 10, 0, 0);
	time_passes(port, 10, 0, 0);
	time_passes(port, 10, 0, 0);
	ck_assert(!port->stalled);
	counter_set(&port->queues[0].counters->in_flight, 3); /* but nothing comes back */
	for (int i = 0; i < 3; i++)
		time_passes(port, 10, 0, 0);
	ck_assert(port->stalled);
	ck_assert_str_eq(port->reason, "the device does not complete the frames that it has");
	fixture_free();
}
END_TEST

START_TEST(a_link_that_is_down_is_no_stall)
{
	struct port *port;

	fixture_new(1);
	started("p0", POLICY_MODE_RX, NULL);
	stop_and_wait("p0");
	port = port_of("p0");
	port->progress_ns = clock_now_ns();
	port->link = PORT_LINK_IS_DOWN;
	for (int i = 0; i < 4; i++)
		time_passes(port, 10, 5, 0);
	ck_assert(!port->stalled);
	ck_assert_str_eq(port->reason, ""); /* the device has a better one */
	port->link = PORT_LINK_IS_UP;
	for (int i = 0; i < 3; i++) {
		ck_assert(!port->stalled);
		time_passes(port, 10, 5, 0);
	}
	ck_assert(port->stalled);
	fixture_free();
}
END_TEST

START_TEST(a_worker_that_does_not_move_is_stalled)
{
	struct port *port;

	fixture_new(1);
	started("p0", POLICY_MODE_RX, NULL);
	stop_and_wait("p0");
	port = port_of("p0");
	port->progress_ns = clock_now_ns();
	time_passes(port, 1, 0, 0);
	for (int i = 0; i < 3; i++)
		time_passes(port, 0, 0, 0);
	ck_assert(port->stalled);
	ck_assert_str_eq(port->reason, "the worker does not get its processor");
	fixture_free();
}
END_TEST

/* ---- flows ---- */

START_TEST(a_flow_is_shown_with_its_port)
{
	fixture_new(1);
	flow_new("f0", NULL);
	flow_new("f1", "port", "p0", "metrics", "yes", NULL);
	ck_assert_str_eq(flow_stats_of("f0").port, "p0"); /* the only one there is */
	ck_assert_str_eq(flow_stats_of("f1").port, "p0");
	ck_assert(!flow_stats_of("f0").metrics);
	ck_assert(flow_stats_of("f1").metrics);
	started("p0", POLICY_MODE_AUTO, "{\"metrics\": \"yes\"}");
	ck_assert(flow_stats_of("f0").metrics); /* for this run */
	ck_assert(flow_stats_of("f0").running);
	pause_and_wait("p0");
	ck_assert(!flow_stats_of("f0").running);
	fixture_free();
}
END_TEST

START_TEST(losses_are_judged_by_who_sent)
{
	struct sequence *sequence;
	struct stats_flow stats;

	fixture_new(2);
	flow_new("f0", "port", "p0", "metrics", "yes", NULL);
	started("p1", POLICY_MODE_RX, NULL);
	stop_and_wait("p1");
	sequence = &port_of("p1")->queues[0].sequences[flow_named("f0")->number];
	counter_set(&flow_named("f0")->counters->attempted, 10);
	counter_set(&flow_named("f0")->counters->frames, 9);
	counter_set(&flow_named("f0")->counters->bytes, 540);
	counter_set(&flow_named("f0")->counters->slipped_ns, 3);
	ck_assert_uint_eq(flow_stats_of("f0").loss, 0); /* nothing came: nobody listened */
	sequence_add(sequence, 0, 60);
	sequence_add(sequence, 3, 60);
	sequence_add(sequence, 2, 60);
	sequence_add(sequence, 2, 60);
	stats = flow_stats_of("f0");
	ck_assert_uint_eq(stats.frames_tx, 9);
	ck_assert_uint_eq(stats.bytes_tx, 540);
	ck_assert_uint_eq(stats.frames_attempted, 10);
	ck_assert_uint_eq(stats.slipped_ns, 3);
	ck_assert_uint_eq(stats.frames_rx, 4);
	ck_assert_uint_eq(stats.bytes_rx, 240);
	ck_assert_uint_eq(stats.duplicates, 1);
	ck_assert_uint_eq(stats.out_of_order, 1);
	/* 1 is missing, and the sender knows of 4 … 9 as well */
	ck_assert_uint_eq(stats.loss, 7);
	/* of those since this receiver began */
	counter_set(&sequence->first, 5);
	ck_assert_uint_eq(flow_stats_of("f0").loss, 2);
	fixture_free();
}
END_TEST

START_TEST(a_snapshot_of_nothing_is_empty)
{
	struct stats_snapshot *snapshot;

	fixture_new(0);
	snapshot = engine_snapshot(engine);
	ck_assert_ptr_nonnull(snapshot);
	ck_assert_uint_eq(snapshot->port_count, 0);
	ck_assert_uint_eq(snapshot->flow_count, 0);
	ck_assert_uint_gt(snapshot->time_ns, 0);
	engine_snapshot_free(snapshot);
	engine_snapshot_free(NULL);
	fixture_free();
}
END_TEST

UNIT_SUITE("engine/snapshot", figures_are_sums_over_the_queues,
	rates_are_of_the_last_second_and_of_the_run, a_pause_does_not_count_as_running,
	the_second_is_sampled_while_it_runs, a_device_that_takes_nothing_is_stalled,
	a_link_that_is_down_is_no_stall, a_worker_that_does_not_move_is_stalled,
	a_flow_is_shown_with_its_port, losses_are_judged_by_who_sent,
	a_snapshot_of_nothing_is_empty)
