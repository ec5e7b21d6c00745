/* SPDX-License-Identifier: BSD-2-Clause */
/* engine/port_run: a run from start to rest, with a device that can be told to misbehave. */
#include "fixture.h"

#include <errno.h>
#include <string.h>

static bool rests(const char *name)
{
	return port_rests(port_of(name));
}

/* p0 sends to p1 through the test's device. */
static void two_ports(void)
{
	fixture_new(2);
	take_over("p0");
	take_over("p1");
	atomic_store(&told.deliver, true);
	flow_new("f0", "port", "p0", "metrics", "yes", NULL);
}

/*
 * Whatever has left p0 when both are stopped is in p1's figures: p1 drains after p0 is silent.
 */
START_TEST(nothing_on_its_way_is_lost_at_the_stop)
{
	two_ports();
	for (int i = 0; i < 10; i++) {
		started(NULL, POLICY_MODE_AUTO, NULL);
		LOOP_UNTIL(stats_of("p1").frames_rx > 0);
		stop_and_wait(NULL);
		ck_assert_uint_gt(stats_of("p0").frames_tx, 0);
		ck_assert_uint_eq(stats_of("p1").frames_rx, stats_of("p0").frames_tx);
		ck_assert_uint_eq(stats_of("p1").bytes_rx, stats_of("p0").bytes_tx);
		ck_assert_uint_eq(flow_stats_of("f0").frames_rx, stats_of("p0").frames_tx);
		ck_assert_uint_eq(flow_stats_of("f0").loss, 0);
		ck_assert_uint_eq(flow_stats_of("f0").duplicates, 0);
		ck_assert_uint_eq(flow_stats_of("f0").out_of_order, 0);
	}
	fixture_free();
}
END_TEST

START_TEST(pauses_lose_nothing_either)
{
	two_ports();
	started(NULL, POLICY_MODE_AUTO, NULL);
	for (int i = 0; i < 10; i++) {
		uint64_t before = stats_of("p1").frames_rx;

		LOOP_UNTIL(stats_of("p1").frames_rx > before);
		pause_and_wait(NULL);
		ck_assert_int_eq(state_of("p0"), PORT_PAUSED);
		ck_assert_uint_eq(stats_of("p1").frames_rx, stats_of("p0").frames_tx);
		ck_assert_uint_eq(flow_stats_of("f0").loss, 0);
		ck_assert_int_eq(engine_traffic_resume(engine, NULL, 0, &err), 0);
	}
	stop_and_wait(NULL);
	ck_assert_uint_eq(flow_stats_of("f0").frames_rx, flow_stats_of("f0").frames_tx);
	ck_assert_uint_eq(flow_stats_of("f0").loss + flow_stats_of("f0").duplicates, 0);
	fixture_free();
}
END_TEST

/* A receiver that starts in the middle of a flow, even a paused one, misses only what comes. */
START_TEST(a_late_receiver_counts_from_where_it_came_in)
{
	two_ports();
	started(NULL, POLICY_MODE_AUTO, NULL);
	LOOP_UNTIL(stats_of("p1").frames_rx > 0);
	pause_and_wait("p0");
	stop_and_wait("p1");
	started("p1", POLICY_MODE_RX, NULL);
	ck_assert_uint_eq(stats_of("p1").frames_rx, 0);
	ck_assert_int_eq(engine_traffic_resume(engine, NULL, 0, &err), 0);
	LOOP_UNTIL(flow_stats_of("f0").frames_rx > 0);
	ck_assert_uint_eq(flow_stats_of("f0").loss, 0);
	stop_and_wait(NULL);
	ck_assert_uint_eq(flow_stats_of("f0").loss, 0);
	fixture_free();
}
END_TEST

START_TEST(a_receiver_that_goes_on_sees_each_run_anew)
{
	two_ports();
	ck_assert_int_eq(engine_flow_remove(engine, "f0", &err), 0);
	flow_new("f0", "port", "p0", "metrics", "yes", "count", "100", NULL);
	started("p1", POLICY_MODE_RX, NULL);
	for (uint64_t i = 1; i <= 3; i++) {
		started("p0", POLICY_MODE_AUTO, NULL);
		LOOP_UNTIL(rests("p0") && stats_of("p1").frames_rx == i * 100);
		ck_assert_uint_eq(flow_stats_of("f0").frames_rx, 100);
		ck_assert_uint_eq(flow_stats_of("f0").loss, 0);
	}
	fixture_free();
}
END_TEST

START_TEST(what_was_dropped_is_lost)
{
	two_ports();
	atomic_store(&told.deliver, true);
	started("p1", POLICY_MODE_RX, NULL);
	atomic_store(&told.room, 70);
	started("p0", POLICY_MODE_AUTO, "{\"count\": \"100\", \"on_full\": \"drop\"}");
	LOOP_UNTIL(rests("p0") && stats_of("p1").frames_rx == 70);
	ck_assert_uint_eq(stats_of("p0").frames_tx, 70);
	ck_assert_uint_eq(stats_of("p0").drops[DROP_TX_RING_FULL], 30);
	ck_assert_uint_eq(flow_stats_of("f0").frames_attempted, 100);
	ck_assert_uint_eq(flow_stats_of("f0").frames_rx, 70);
	ck_assert_uint_eq(flow_stats_of("f0").loss, 30);
	fixture_free();
}
END_TEST

/* A receiver does not begin to count quiet time before all senders that stop with it are silent. */
START_TEST(who_receives_waits_for_who_sends)
{
	int calls = 0;

	fixture_new(2);
	started("p1", POLICY_MODE_RX, NULL);
	port_of("p0")->phase = PHASE_QUIETING; /* its worker, asleep, will never say that it is */
	ck_assert_int_eq(engine_traffic_stop(engine, NULL, 0, count_call, &calls, &err), 0);
	LOOP_UNTIL(port_of("p1")->phase == PHASE_SILENT);
	for (int i = 0; i < 50; i++) {
		event_base_loop(base, EVLOOP_ONCE);
		ck_assert_int_eq(port_of("p1")->phase, PHASE_SILENT);
	}
	port_of("p0")->phase = PHASE_IDLE;
	LOOP_UNTIL(calls == 1);
	fixture_free();
}
END_TEST

/* ---- faults ---- */

START_TEST(a_device_that_refuses_ends_the_run)
{
	fixture_new(1);
	take_over("p0");
	atomic_store(&told.fault, EMSGSIZE);
	started("p0", POLICY_MODE_TX, NULL);
	LOOP_UNTIL(rests("p0"));
	ck_assert_int_eq(state_of("p0"), PORT_CONFIGURED);
	ck_assert_str_eq(port_of("p0")->reason, "the device refused to send: Message too long");
	ck_assert_uint_eq(told.configured, told.stopped);
	atomic_store(&told.fault, 0);
	started("p0", POLICY_MODE_TX, NULL); /* a new start is a new chance */
	ck_assert_str_eq(port_of("p0")->reason, "");
	LOOP_UNTIL(stats_of("p0").frames_tx > 0);
	stop_and_wait("p0");
	fixture_free();
}
END_TEST

START_TEST(a_link_that_is_down_can_be_stopped)
{
	fixture_new(1);
	take_over("p0");
	atomic_store(&told.fault, ENETDOWN);
	started("p0", POLICY_MODE_TX, NULL);
	LOOP_UNTIL(worker_fault(port_of("p0")->queues[0].worker) == ENETDOWN);
	ck_assert_int_eq(port_of("p0")->phase, PHASE_RUN);
	stop_and_wait("p0");
	ck_assert_int_eq(state_of("p0"), PORT_CONFIGURED);
	ck_assert_uint_eq(stats_of("p0").frames_tx, 0);
	ck_assert_uint_eq(stats_of("p0").pool_free, 256);
	fixture_free();
}
END_TEST

START_TEST(a_device_lost_on_the_way_to_rest_is_closed)
{
	int calls = 0;

	fixture_new(1);
	take_over("p0");
	started("p0", POLICY_MODE_BOTH, NULL);
	LOOP_UNTIL(stats_of("p0").frames_tx > 0);
	ck_assert_int_eq(engine_traffic_stop(engine, NULL, 0, count_call, &calls, &err), 0);
	told.link = told.open_rc = -ENODEV;
	port_refresh(port_of("p0"));
	ck_assert_int_eq(state_of("p0"), PORT_DEVICE_LOST);
	LOOP_UNTIL(calls == 1);
	ck_assert_int_eq(state_of("p0"), PORT_UNPROBED);
	ck_assert_uint_eq(told.closed, 1);
	fixture_free();
}
END_TEST

START_TEST(several_queues_share_the_flows)
{
	struct config *config = config_new();

	config_add_port(config, "p0", "null:")->queues = 3;
	for (int i = 0; i < 5; i++)
		config_add_flow(config, (const char *[]){"a", "b", "c", "d", "e"}[i], "count",
			(const char *[]){"10", "20", "30", "40", "50"}[i], NULL);
	ck_assert_int_eq(fixture_load(config), 0);
	started("p0", POLICY_MODE_AUTO, NULL);
	LOOP_UNTIL(rests("p0"));
	ck_assert_uint_eq(stats_of("p0").frames_tx, 150);
	ck_assert_uint_eq(counter_read(&port_of("p0")->queues[0].counters->frames_tx), 10 + 40);
	ck_assert_uint_eq(counter_read(&port_of("p0")->queues[1].counters->frames_tx), 20 + 50);
	ck_assert_uint_eq(counter_read(&port_of("p0")->queues[2].counters->frames_tx), 30);
	ck_assert_uint_eq(stats_of("p0").pool_objects, 768);
	ck_assert_uint_eq(stats_of("p0").pool_free, 768);
	fixture_free();
}
END_TEST

UNIT_SUITE("engine/port_run", nothing_on_its_way_is_lost_at_the_stop, pauses_lose_nothing_either,
	a_late_receiver_counts_from_where_it_came_in, a_receiver_that_goes_on_sees_each_run_anew,
	what_was_dropped_is_lost, who_receives_waits_for_who_sends,
	a_device_that_refuses_ends_the_run, a_link_that_is_down_can_be_stopped,
	a_device_lost_on_the_way_to_rest_is_closed, several_queues_share_the_flows)
