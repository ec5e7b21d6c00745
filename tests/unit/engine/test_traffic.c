/* SPDX-License-Identifier: BSD-2-Clause */
/* engine/traffic: who is meant by a start or a stop, what is sent then, and all or nothing. */
#include "fixture.h"

#include <errno.h>
#include <string.h>

#define SOME "{\"count\": \"100\"}"

static int start_flow(const char *port, const char *flow, const char *options)
{
	struct engine_start start = {
		.ports = &port, .port_count = port != NULL, .flows = &flow, .flow_count = 1};
	cJSON *json = options ? cJSON_Parse(options) : NULL;
	int rc;

	start.options = json;
	memset(&err, 0, sizeof(err));
	rc = engine_traffic_start(engine, &start, &err);
	cJSON_Delete(json);
	return rc;
}

static bool rests(const char *name)
{
	return state_of(name) == PORT_CONFIGURED;
}

/* ---- who and what ---- */

START_TEST(a_start_means_every_port)
{
	fixture_new(3);
	flow_new("f0", "port", "p0", "count", "1000", NULL);
	flow_new("f1", "port", "p1", "count", "77", NULL);
	started(NULL, POLICY_MODE_AUTO, NULL);
	ck_assert_int_eq(state_of("p2"), PORT_RUNNING); /* it receives */
	LOOP_UNTIL(rests("p0") && rests("p1"));         /* by themselves, having sent all */
	ck_assert_uint_eq(stats_of("p0").frames_tx, 1000);
	ck_assert_uint_eq(stats_of("p0").bytes_tx, 60000);
	ck_assert_uint_eq(stats_of("p1").frames_tx, 77);
	ck_assert_uint_eq(stats_of("p2").frames_tx, 0);
	ck_assert_int_eq(state_of("p2"), PORT_RUNNING);
	stop_and_wait("p2");
	fixture_free();
}
END_TEST

START_TEST(a_port_named_twice_is_started_once)
{
	const char *names[] = {"p1", "p1"};
	struct engine_start start = {.ports = names, .port_count = 2, .mode = POLICY_MODE_TX};
	int calls = 0;

	fixture_new(2);
	flow_new("f1", "port", "p1", NULL);
	ck_assert_int_eq(engine_traffic_start(engine, &start, &err), 0);
	ck_assert_int_eq(state_of("p1"), PORT_RUNNING);
	ck_assert_int_eq(state_of("p0"), PORT_CONFIGURED);
	ck_assert_int_eq(engine_traffic_stop(engine, names, 2, count_call, &calls, &err), 0);
	LOOP_UNTIL(calls == 1);
	fixture_free();
}
END_TEST

START_TEST(named_flows_alone_are_sent)
{
	fixture_new(2);
	flow_new("f0", "port", "p0", "count", "10", NULL);
	flow_new("f1", "port", "p0", "count", "20", NULL);
	ck_assert_int_eq(start_flow("p0", "f1", NULL), 0);
	LOOP_UNTIL(rests("p0"));
	ck_assert_uint_eq(flow_stats_of("f0").frames_tx, 0);
	ck_assert_uint_eq(flow_stats_of("f1").frames_tx, 20);
	ck_assert_int_eq(start_flow("p0", "f01", NULL), -ENOENT);
	ck_assert_str_eq(err.param, "flows");
	ck_assert_str_eq(err.message, "no flow is called \"f01\"");
	ck_assert_str_eq(err.hint, "did you mean f0");
	ck_assert_int_eq(start_flow("p1", "f1", NULL), -EINVAL);
	ck_assert_str_eq(err.message, "flow f1 is not on one of the ports to start");
	fixture_free();
}
END_TEST

START_TEST(modes_say_which_way)
{
	fixture_new(1);
	flow_new("f0", NULL);
	started("p0", POLICY_MODE_AUTO, NULL);
	ck_assert(port_of("p0")->tx && !port_of("p0")->rx);
	stop_and_wait("p0");
	started("p0", POLICY_MODE_BOTH, NULL);
	ck_assert(port_of("p0")->tx && port_of("p0")->rx);
	stop_and_wait("p0");
	started("p0", POLICY_MODE_RX, NULL);
	ck_assert(!port_of("p0")->tx && port_of("p0")->rx);
	ck_assert(!flow_stats_of("f0").running);
	stop_and_wait("p0");
	ck_assert_int_eq(start("p0", POLICY_MODE_RX, SOME), -EINVAL);
	ck_assert_str_eq(err.param, "mode");
	ck_assert_int_eq(engine_flow_remove(engine, "f0", &err), 0);
	started("p0", POLICY_MODE_AUTO, NULL); /* without flows it receives */
	ck_assert(!port_of("p0")->tx && port_of("p0")->rx);
	fixture_free();
}
END_TEST

START_TEST(the_counters_begin_anew)
{
	fixture_new(1);
	flow_new("f0", "count", "10", NULL);
	for (int i = 0; i < 3; i++) {
		started("p0", POLICY_MODE_AUTO, NULL);
		LOOP_UNTIL(rests("p0"));
		ck_assert_uint_eq(stats_of("p0").frames_tx, 10);
		ck_assert_uint_eq(flow_stats_of("f0").frames_tx, 10);
		ck_assert_uint_eq(flow_stats_of("f0").frames_attempted, 10);
	}
	fixture_free();
}
END_TEST

/* ---- the flow "default" ---- */

START_TEST(options_without_a_flow_define_one)
{
	fixture_new(1);
	started("p0", POLICY_MODE_AUTO, "{\"size\": \"100\", \"count\": \"5\"}");
	LOOP_UNTIL(rests("p0"));
	ck_assert_uint_eq(stats_of("p0").frames_tx, 5);
	ck_assert_uint_eq(stats_of("p0").bytes_tx, 500);
	ck_assert_uint_eq(engine_flow_count(engine), 1);
	ck_assert_str_eq(engine_flow(engine, 0)->name, "default");
	ck_assert_str_eq(engine_flow(engine, 0)->port, "p0");
	/* the next one begins with the defaults, not with what was asked before */
	started("p0", POLICY_MODE_AUTO, "{\"count\": \"7\"}");
	LOOP_UNTIL(rests("p0"));
	ck_assert_uint_eq(stats_of("p0").frames_tx, 7);
	ck_assert_uint_eq(stats_of("p0").bytes_tx, 420);
	ck_assert_uint_eq(engine_flow_count(engine), 1);
	/* without options it is a flow like any other */
	started("p0", POLICY_MODE_AUTO, NULL);
	LOOP_UNTIL(rests("p0"));
	ck_assert_uint_eq(stats_of("p0").frames_tx, 7);
	fixture_free();
}
END_TEST

START_TEST(a_start_that_fails_defines_nothing)
{
	fixture_new(1);
	take_over("p0");
	ck_assert_int_eq(start("p0", POLICY_MODE_TX, "{\"size\": \"9000\"}"), -EINVAL);
	ck_assert_str_eq(err.param, "size");
	ck_assert_uint_eq(engine_flow_count(engine), 0);
	told.configure_rc = -EPERM;
	ck_assert_int_eq(start("p0", POLICY_MODE_TX, SOME), -EPERM);
	ck_assert_uint_eq(engine_flow_count(engine), 0);
	told.configure_rc = 0;
	ck_assert_int_eq(start("p0", POLICY_MODE_TX, "{\"sise\": \"60\"}"), -EINVAL);
	ck_assert_str_eq(err.hint, "did you mean \"size\"?");
	started("p0", POLICY_MODE_TX, SOME);
	LOOP_UNTIL(rests("p0"));
	/* and takes back what it changed */
	told.start_rc = -EIO;
	ck_assert_int_eq(start("p0", POLICY_MODE_TX, "{\"count\": \"7\"}"), -EIO);
	ck_assert_uint_eq(engine_flow_count(engine), 1);
	ck_assert_uint_eq(engine_flow(engine, 0)->count, 100);
	ck_assert_uint_eq(told.configured, told.stopped);
	fixture_free();
}
END_TEST

START_TEST(one_default_flow_serves_one_port)
{
	fixture_new(2);
	ck_assert_int_eq(start(NULL, POLICY_MODE_AUTO, SOME), -EINVAL);
	ck_assert_str_eq(err.hint, "name the port, or define flows");
	started("p0", POLICY_MODE_TX, NULL);
	ck_assert_int_eq(start("p1", POLICY_MODE_TX, SOME), -EBUSY);
	ck_assert_str_eq(err.message, "the flow default is part of a run of port p0");
	pause_and_wait("p0"); /* it is to go on there */
	ck_assert_int_eq(start("p1", POLICY_MODE_TX, SOME), -EBUSY);
	ck_assert_uint_eq(engine_flow(engine, 0)->count, 0);
	stop_and_wait("p0");
	started("p1", POLICY_MODE_TX, SOME);
	ck_assert_str_eq(engine_flow(engine, 0)->port, "p1");
	ck_assert_uint_eq(engine_flow_count(engine), 1);
	fixture_free();
}
END_TEST

/* ---- options of one run ---- */

START_TEST(options_override_flows_for_one_run)
{
	fixture_new(1);
	flow_new("f0", "size", "100", "count", "10", NULL);
	flow_new("f1", "size", "200", "count", "20", NULL);
	started("p0", POLICY_MODE_AUTO, "{\"count\": \"3\"}");
	LOOP_UNTIL(rests("p0"));
	ck_assert_uint_eq(flow_stats_of("f0").bytes_tx, 300);
	ck_assert_uint_eq(flow_stats_of("f1").bytes_tx, 600);
	ck_assert_uint_eq(engine_flow(engine, 0)->count, 10);
	started("p0", POLICY_MODE_AUTO, NULL);
	LOOP_UNTIL(rests("p0"));
	ck_assert_uint_eq(flow_stats_of("f0").frames_tx, 10);
	/* a named flow keeps its name, whatever it is */
	ck_assert_int_eq(start_flow("p0", "f1", "{\"count\": \"4\"}"), 0);
	LOOP_UNTIL(rests("p0"));
	ck_assert_uint_eq(flow_stats_of("f1").bytes_tx, 800);
	ck_assert_int_eq(start("p0", POLICY_MODE_AUTO, "{\"vlan_priority\": \"3\"}"), -EINVAL);
	ck_assert_str_eq(err.param, "vlan-priority");
	fixture_free();
}
END_TEST

/* ---- all or nothing ---- */

START_TEST(one_port_that_cannot_start_stops_all)
{
	fixture_new(3);
	take_over("p2");
	flow_new("f0", "port", "p0", "count", "10", NULL);
	flow_new("f2", "port", "p2", "count", "10", NULL);
	started(NULL, POLICY_MODE_AUTO, NULL);
	LOOP_UNTIL(rests("p0") && rests("p2"));
	stop_and_wait("p1");
	told.start_rc = -EIO;
	ck_assert_int_eq(start(NULL, POLICY_MODE_AUTO, NULL), -EIO);
	ck_assert_str_eq(err.message, "told so");
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(port_state(engine->ports[i]), PORT_CONFIGURED);
	ck_assert_ptr_null(port_of("p0")->plan);
	/* nothing was started, so nothing is cleared */
	ck_assert_uint_eq(stats_of("p0").frames_tx, 10);
	ck_assert_uint_eq(flow_stats_of("f0").frames_tx, 10);
	told.start_rc = 0;
	started(NULL, POLICY_MODE_AUTO, NULL);
	fixture_free();
}
END_TEST

START_TEST(what_runs_cannot_be_started)
{
	fixture_new(2);
	flow_new("f0", "port", "p0", NULL);
	started("p0", POLICY_MODE_AUTO, NULL);
	ck_assert_int_eq(start("p0", POLICY_MODE_AUTO, NULL), -EBUSY);
	ck_assert_int_eq(err.reason, ERROR_BUSY);
	ck_assert_str_eq(err.message, "port p0 is running");
	ck_assert_str_eq(err.hint, "pktgenctl stop p0");
	ck_assert_int_eq(start(NULL, POLICY_MODE_AUTO, NULL), -EBUSY);
	ck_assert_int_eq(state_of("p1"), PORT_CONFIGURED);
	pause_and_wait("p0");
	ck_assert_int_eq(start("p0", POLICY_MODE_AUTO, NULL), -EBUSY);
	ck_assert_str_eq(err.message, "port p0 is paused");
	fixture_free();
}
END_TEST

/* ---- stop, pause, resume ---- */

START_TEST(what_does_not_run_cannot_be_stopped)
{
	const char *names[] = {"p0", "p1"};
	int calls = 0;

	fixture_new(2);
	ck_assert_int_eq(engine_traffic_stop(engine, NULL, 0, count_call, &calls, &err), -ESRCH);
	ck_assert_int_eq(err.reason, ERROR_NOT_RUNNING);
	ck_assert_str_eq(err.message, "no port is running");
	ck_assert_int_eq(engine_traffic_pause(engine, NULL, 0, count_call, &calls, &err), -ESRCH);
	ck_assert_int_eq(engine_traffic_resume(engine, NULL, 0, &err), -ESRCH);
	ck_assert_str_eq(err.message, "no port is paused");
	started("p0", POLICY_MODE_TX, NULL);
	/* of two that are named both must run */
	ck_assert_int_eq(engine_traffic_stop(engine, names, 2, count_call, &calls, &err), -ESRCH);
	ck_assert_str_eq(err.message, "port p1 is not running");
	ck_assert_int_eq(state_of("p0"), PORT_RUNNING);
	ck_assert_int_eq(engine_traffic_resume(engine, names, 1, &err), -ESRCH);
	ck_assert_str_eq(err.message, "port p0 is not paused");
	/* of all those that do */
	ck_assert_int_eq(engine_traffic_stop(engine, NULL, 0, count_call, &calls, &err), 0);
	LOOP_UNTIL(calls == 1);
	ck_assert_int_eq(engine_traffic_stop(engine, names, 1, count_call, &calls, &err), -ESRCH);
	ck_assert_int_eq(calls, 1);
	fixture_free();
}
END_TEST

START_TEST(a_stop_is_silent_and_exact)
{
	uint64_t sent;

	fixture_new(2);
	flow_new("f0", "port", "p0", NULL);
	started(NULL, POLICY_MODE_AUTO, NULL);
	LOOP_UNTIL(stats_of("p0").frames_tx > 0);
	stop_and_wait(NULL);
	sent = stats_of("p0").frames_tx;
	ck_assert_int_eq(state_of("p0"), PORT_CONFIGURED);
	ck_assert_int_eq(state_of("p1"), PORT_CONFIGURED);
	ck_assert(!flow_stats_of("f0").running);
	ck_assert_uint_eq(flow_stats_of("f0").frames_tx, sent);
	ck_assert_uint_eq(flow_stats_of("f0").frames_attempted, sent);
	ck_assert_uint_eq(stats_of("p0").pool_free, 256);
	/* totals stay */
	ck_assert_uint_eq(stats_of("p0").frames_tx, sent);
	fixture_free();
}
END_TEST

START_TEST(a_stop_right_after_a_start_works)
{
	fixture_new(1);
	for (int i = 0; i < 50; i++) {
		started("p0", i % 2 ? POLICY_MODE_TX : POLICY_MODE_AUTO, NULL);
		stop_and_wait("p0");
		ck_assert(rests("p0"));
	}
	fixture_free();
}
END_TEST

START_TEST(a_pause_goes_on_where_it_stopped)
{
	fixture_new(1);
	take_over("p0");
	flow_new("f0", "count", "1000", NULL);
	atomic_store(&told.room, 100);
	started("p0", POLICY_MODE_AUTO, NULL);
	for (unsigned sent = 100; sent < 1000; sent += 100) {
		LOOP_UNTIL(stats_of("p0").frames_tx == sent);
		pause_and_wait("p0");
		ck_assert_int_eq(state_of("p0"), PORT_PAUSED);
		ck_assert_uint_eq(stats_of("p0").pool_free, 256);
		atomic_store(&told.room, 100);
		ck_assert_int_eq(engine_traffic_resume(engine, NULL, 0, &err), 0);
		ck_assert_int_eq(state_of("p0"), PORT_RUNNING);
	}
	LOOP_UNTIL(rests("p0"));
	ck_assert_uint_eq(stats_of("p0").frames_tx, 1000);
	ck_assert_uint_eq(flow_stats_of("f0").frames_attempted, 1000);
	ck_assert_uint_eq(told.configured, told.stopped);
	fixture_free();
}
END_TEST

START_TEST(a_paused_port_can_be_stopped)
{
	fixture_new(1);
	started("p0", POLICY_MODE_TX, NULL);
	pause_and_wait("p0");
	stop_and_wait("p0");
	ck_assert(rests("p0"));
	ck_assert_ptr_null(port_of("p0")->plan);
	ck_assert_int_eq(engine_traffic_resume(engine, NULL, 0, &err), -ESRCH);
	fixture_free();
}
END_TEST

START_TEST(a_pause_may_become_a_stop)
{
	int paused = 0, stopped = 0;

	fixture_new(1);
	started("p0", POLICY_MODE_RX, NULL);
	ck_assert_int_eq(engine_traffic_pause(engine, NULL, 0, count_call, &paused, &err), 0);
	ck_assert_int_eq(engine_traffic_stop(engine, NULL, 0, count_call, &stopped, &err), 0);
	LOOP_UNTIL(paused == 1 && stopped == 1);
	ck_assert(rests("p0"));
	fixture_free();
}
END_TEST

START_TEST(a_resume_that_fails_leaves_the_pause)
{
	fixture_new(1);
	take_over("p0");
	started("p0", POLICY_MODE_TX, SOME);
	LOOP_UNTIL(rests("p0"));
	started("p0", POLICY_MODE_TX, NULL);
	pause_and_wait("p0");
	told.configure_rc = -EIO;
	ck_assert_int_eq(engine_traffic_resume(engine, NULL, 0, &err), -EIO);
	ck_assert_int_eq(state_of("p0"), PORT_PAUSED);
	told.configure_rc = 0;
	ck_assert_int_eq(engine_traffic_resume(engine, NULL, 0, &err), 0);
	stop_and_wait("p0");
	fixture_free();
}
END_TEST

/* ---- autostart ---- */

START_TEST(flows_that_say_so_start_by_themselves)
{
	fixture_new(3);
	flow_new("f0", "port", "p0", "autostart", "yes", "count", "5", NULL);
	flow_new("f1", "port", "p0", "count", "6", NULL);
	flow_new("f2", "port", "p1", NULL);
	flow_new("f3", "port", "p2", "autostart", "yes", "rate", "50%", NULL); /* cannot */
	engine_autostart(engine);
	LOOP_UNTIL(rests("p0"));
	ck_assert_uint_eq(flow_stats_of("f0").frames_tx, 5);
	ck_assert_uint_eq(flow_stats_of("f1").frames_tx, 0);
	ck_assert_int_eq(state_of("p1"), PORT_CONFIGURED);
	ck_assert_int_eq(state_of("p2"), PORT_CONFIGURED);
	fixture_free();
}
END_TEST

UNIT_SUITE("engine/traffic", a_start_means_every_port, a_port_named_twice_is_started_once,
	named_flows_alone_are_sent, modes_say_which_way, the_counters_begin_anew,
	options_without_a_flow_define_one, a_start_that_fails_defines_nothing,
	one_default_flow_serves_one_port, options_override_flows_for_one_run,
	one_port_that_cannot_start_stops_all, what_runs_cannot_be_started,
	what_does_not_run_cannot_be_stopped, a_stop_is_silent_and_exact,
	a_stop_right_after_a_start_works, a_pause_goes_on_where_it_stopped,
	a_paused_port_can_be_stopped, a_pause_may_become_a_stop,
	a_resume_that_fails_leaves_the_pause, flows_that_say_so_start_by_themselves)
