/* SPDX-License-Identifier: BSD-2-Clause */
/* engine/engine: its life, its ports by name, and what a location can do. */
#include "fixture.h"

#include <errno.h>
#include <string.h>

static struct config_port port_config(const char *name, const char *location)
{
	struct config_port port;

	config_port_init(&port);
	text_copy(port.name, sizeof(port.name), name);
	text_copy(port.location, sizeof(port.location), location);
	return port;
}

static int add(const char *name, const char *location)
{
	struct config_port port = port_config(name, location);

	memset(&err, 0, sizeof(err));
	return engine_port_add(engine, &port, &err);
}

/* ---- life ---- */

START_TEST(an_empty_configuration_is_an_engine)
{
	fixture_new(0);
	ck_assert_uint_eq(engine_port_count(engine), 0);
	ck_assert_uint_eq(engine_flow_count(engine), 0);
	ck_assert(engine_ready(engine));
	ck_assert_int_eq(start(NULL, POLICY_MODE_AUTO, NULL), -ENOENT);
	ck_assert_str_eq(err.message, "no port is configured");
	fixture_free();
	engine_free(NULL);
}
END_TEST

START_TEST(ports_and_flows_come_from_the_configuration)
{
	struct config *config = config_new();

	config_add_port(config, "left", "null:")->queues = 2;
	config_add_port(config, "right", "null:");
	config_add_flow(config, "f0", "port", "left", NULL);
	config_add_flow(config, "f1", "port", "right", NULL);
	ck_assert_int_eq(fixture_load(config), 0);
	ck_assert_uint_eq(engine_port_count(engine), 2);
	ck_assert_str_eq(engine_port_name(engine, 0), "left");
	ck_assert_str_eq(engine_port_name(engine, 1), "right");
	ck_assert_ptr_null(engine_port_name(engine, 2));
	ck_assert_uint_eq(engine_flow_count(engine), 2);
	ck_assert_str_eq(engine_flow(engine, 1)->name, "f1");
	ck_assert_ptr_null(engine_flow(engine, 2));
	ck_assert(engine_ready(engine));
	fixture_free();
}
END_TEST

START_TEST(a_port_without_its_device_waits)
{
	struct config *config = config_new();
	struct engine_port_info info;

	config_add_port(config, "p0", "packet:no-such-if");
	config_add_port(config, "p1", "null:");
	ck_assert_int_eq(fixture_load(config), 0);
	ck_assert(!engine_ready(engine));
	ck_assert_int_eq(engine_port_describe(engine, "p0", &info, &err), 0);
	ck_assert_int_eq(info.state, PORT_UNPROBED);
	ck_assert_int_eq(info.link, PORT_LINK_UNKNOWN);
	ck_assert(!info.has_device);
	ck_assert_str_ne(info.reason, "");
	ck_assert_int_lt(start("p0", POLICY_MODE_TX, NULL), 0);
	ck_assert_uint_eq(engine_flow_count(engine), 0);
	started("p1", POLICY_MODE_TX, NULL); /* the other one works */
	fixture_free();
}
END_TEST

START_TEST(an_impossible_port_is_no_engine)
{
	struct config *config = config_new();

	config_add_port(config, "p0", "null:");
	config_add_port(config, "p1", "zebra:x");
	ck_assert_int_eq(fixture_load(config), -EINVAL);
	ck_assert_ptr_null(engine);
	ck_assert_str_eq(err.message, "no backend is called \"zebra\"");
	fixture_free();
	config = config_new();
	config_add_port(config, "p0", "null:")->cpu = CPU_MAX - 1;
	ck_assert_int_eq(fixture_load(config), -EINVAL);
	ck_assert_str_eq(err.param, "cpu");
	fixture_free();
}
END_TEST

START_TEST(it_can_go_while_everything_runs)
{
	int calls = 0;

	fixture_new(3);
	flow_new("f0", "port", "p0", NULL);
	flow_new("f1", "port", "p1", "metrics", "yes", NULL);
	started(NULL, POLICY_MODE_AUTO, NULL);
	LOOP_UNTIL(stats_of("p0").frames_tx > 0 && stats_of("p1").frames_tx > 0);
	ck_assert_int_eq(engine_traffic_stop(engine, NULL, 0, count_call, &calls, &err), 0);
	fixture_free();
	/* right after a start, before any worker has looked */
	fixture_new(3);
	started(NULL, POLICY_MODE_RX, NULL);
	fixture_free();
	/* and paused */
	fixture_new(1);
	started("p0", POLICY_MODE_TX, NULL);
	pause_and_wait("p0");
	fixture_free();
}
END_TEST

/* ---- ports ---- */

START_TEST(a_port_is_described)
{
	struct engine_port_info info;

	fixture_new(1);
	ck_assert_int_eq(engine_port_describe(engine, "p0", &info, &err), 0);
	ck_assert_str_eq(info.config.name, "p0");
	ck_assert_str_eq(info.config.location, "null:");
	ck_assert_int_eq(info.state, PORT_CONFIGURED);
	ck_assert_int_eq(info.link, PORT_LINK_IS_UP);
	ck_assert(info.has_device);
	ck_assert_str_eq(info.reason, "");
	ck_assert_str_eq(info.driver, "null");
	ck_assert_mem_eq(info.mac, "\x02\0\0\0\0\x02", 6);
	ck_assert_uint_eq(info.frame_max, FRAME_SIZE_MAX);
	ck_assert_uint_eq(info.queues_max, 16);
	ck_assert_int_ge(info.cpus[0], 0);
	fixture_free();
}
END_TEST

START_TEST(an_unknown_port_is_said_to_be_so)
{
	struct engine_port_info info;
	const char *name = "p01";

	fixture_new(2);
	ck_assert_int_eq(engine_port_describe(engine, "p01", &info, &err), -ENOENT);
	ck_assert_int_eq(err.reason, ERROR_NOT_FOUND);
	ck_assert_str_eq(err.message, "no port is called \"p01\"");
	ck_assert_str_eq(err.hint, "did you mean p0");
	ck_assert_int_eq(engine_port_remove(engine, "zebra", &err), -ENOENT);
	ck_assert_str_eq(err.hint, "pktgenctl port list shows the ports");
	ck_assert_int_eq(start("p01", POLICY_MODE_TX, NULL), -ENOENT);
	ck_assert_str_eq(err.hint, "did you mean p0");
	ck_assert_int_eq(engine_traffic_stop(engine, &name, 1, count_call, NULL, &err), -ENOENT);
	ck_assert_int_eq(engine_traffic_pause(engine, &name, 1, count_call, NULL, &err), -ENOENT);
	ck_assert_int_eq(engine_traffic_resume(engine, &name, 1, &err), -ENOENT);
	fixture_free();
}
END_TEST

START_TEST(ports_come_and_go)
{
	fixture_new(2);
	ck_assert_int_eq(add("p2", "null:"), 0);
	ck_assert_uint_eq(engine_port_count(engine), 3);
	started("p2", POLICY_MODE_TX, "{\"count\": \"10\"}");
	LOOP_UNTIL(state_of("p2") == PORT_CONFIGURED);
	ck_assert_uint_eq(stats_of("p2").frames_tx, 10);
	ck_assert_int_eq(engine_port_remove(engine, "p0", &err), 0);
	ck_assert_str_eq(engine_port_name(engine, 0), "p1");
	ck_assert_str_eq(engine_port_name(engine, 1), "p2");
	ck_assert_uint_eq(engine_port_count(engine), 2);
	ck_assert_int_eq(add("p0", "null:"), 0);
	ck_assert_str_eq(engine_port_name(engine, 2), "p0");
	fixture_free();
}
END_TEST

START_TEST(a_port_that_cannot_be_is_not_added)
{
	struct config_port port;

	fixture_new(1);
	ck_assert_int_eq(add("p0", "null:"), -EEXIST);
	ck_assert_int_eq(err.reason, ERROR_EXISTS);
	ck_assert_int_lt(add("p1", "packet:no-such-if"), 0);
	ck_assert_str_eq(err.param, "location");
	ck_assert_int_eq(add("p1", "nul:"), -EINVAL);
	ck_assert_str_eq(err.hint, "did you mean null:");
	ck_assert_int_eq(add("", "null:"), -EINVAL);
	ck_assert_int_eq(add("p1", ""), -EINVAL);
	port = port_config("p1", "null:");
	port.cpu = CPU_MAX - 1;
	ck_assert_int_eq(engine_port_add(engine, &port, &err), -EINVAL);
	ck_assert_str_eq(err.param, "cpu");
	ck_assert_uint_eq(engine_port_count(engine), 1);
	fixture_free();
}
END_TEST

START_TEST(there_is_a_most_of_ports)
{
	char name[16];

	fixture_new(0);
	for (int i = 0; i < WIRE_PORTS_MAX; i++) {
		struct config_port port;

		snprintf(name, sizeof(name), "p%d", i);
		port = port_config(name, "null:");
		port.pool_objects = 64;
		ck_assert_int_eq(engine_port_add(engine, &port, &err), 0);
	}
	ck_assert_int_eq(add("more", "null:"), -E2BIG);
	ck_assert_int_eq(err.reason, ERROR_LIMIT);
	ck_assert_str_eq(err.message, "there are 64 ports, the most there can be");
	fixture_free();
}
END_TEST

START_TEST(a_port_in_use_stays)
{
	fixture_new(2);
	started("p0", POLICY_MODE_TX, NULL);
	ck_assert_int_eq(engine_port_remove(engine, "p0", &err), -EBUSY);
	ck_assert_int_eq(err.reason, ERROR_BUSY);
	ck_assert_str_eq(err.message, "port p0 is running");
	ck_assert_str_eq(err.hint, "pktgenctl stop p0");
	pause_and_wait("p0");
	ck_assert_int_eq(engine_port_remove(engine, "p0", &err), -EBUSY);
	ck_assert_str_eq(err.message, "port p0 is paused");
	stop_and_wait("p0");
	ck_assert_int_eq(engine_port_remove(engine, "p0", &err), -EBUSY);
	ck_assert_str_eq(err.message, "flow default is on port p0");
	ck_assert_str_eq(err.hint, "pktgenctl flow remove default");
	ck_assert_int_eq(engine_flow_remove(engine, "default", &err), 0);
	ck_assert_int_eq(engine_port_remove(engine, "p0", &err), 0);
	fixture_free();
}
END_TEST

/* ---- who waits ---- */

/*
 * p0 is at rest long before p1, which waits for frames on their way. Neither its going nor its next
 * start has to do with who waits for the stop of both.
 */
START_TEST(a_port_at_rest_is_not_waited_for_again)
{
	const char *names[] = {"p0", "p1"};
	int calls = 0;

	fixture_new(2);
	started("p0", POLICY_MODE_TX, NULL);
	started("p1", POLICY_MODE_RX, NULL);
	ck_assert_int_eq(engine_traffic_stop(engine, names, 2, count_call, &calls, &err), 0);
	LOOP_UNTIL(state_of("p0") == PORT_CONFIGURED);
	ck_assert_int_eq(calls, 0);
	ck_assert_int_ne(state_of("p1"), PORT_CONFIGURED);
	started("p0", POLICY_MODE_TX, NULL);
	LOOP_UNTIL(calls == 1);
	ck_assert_int_eq(state_of("p0"), PORT_RUNNING);
	fixture_free();
}
END_TEST

START_TEST(a_port_at_rest_may_go_before_the_answer)
{
	const char *names[] = {"p0", "p1"};
	int calls = 0;

	fixture_new(2);
	started("p0", POLICY_MODE_RX, NULL);
	stop_and_wait("p0");
	flow_new("f0", "port", "p0", NULL);
	started("p0", POLICY_MODE_TX, NULL);
	started("p1", POLICY_MODE_RX, NULL);
	ck_assert_int_eq(engine_traffic_stop(engine, names, 2, count_call, &calls, &err), 0);
	LOOP_UNTIL(state_of("p0") == PORT_CONFIGURED);
	ck_assert_int_eq(calls, 0);
	ck_assert_int_eq(engine_flow_remove(engine, "f0", &err), 0);
	ck_assert_int_eq(engine_port_remove(engine, "p0", &err), 0);
	LOOP_UNTIL(calls == 1);
	fixture_free();
}
END_TEST

static int answers;

/* Stops the ports that are named, and counts. */
static void stop_next(void *arg)
{
	const char *name = arg;

	answers++;
	if (state_of(name) == PORT_CONFIGURED)
		return;
	ck_assert_int_eq(engine_traffic_stop(engine, &name, 1, count_call, &answers, &err), 0);
}

START_TEST(an_answer_may_ask_again)
{
	const char *p0 = "p0";

	fixture_new(2);
	answers = 0;
	started("p0", POLICY_MODE_TX, NULL);
	started("p1", POLICY_MODE_RX, NULL);
	pause_and_wait("p1");
	/* three wait for p0; each answer stops p1, which is done at once: it only paused */
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(engine_traffic_stop(engine, &p0, 1, stop_next, "p1", &err), 0);
	LOOP_UNTIL(answers == 4);
	ck_assert_ptr_null(TAILQ_FIRST(&engine->pending));
	fixture_free();
}
END_TEST

START_TEST(a_cancelled_answer_does_not_come)
{
	int kept = 0, cancelled = 0;

	fixture_new(1);
	started("p0", POLICY_MODE_RX, NULL);
	ck_assert_int_eq(engine_traffic_stop(engine, NULL, 0, count_call, &kept, &err), 0);
	ck_assert_int_eq(engine_traffic_stop(engine, NULL, 0, count_call, &cancelled, &err), 0);
	engine_done_cancel(engine, &cancelled);
	LOOP_UNTIL(kept == 1);
	ck_assert_ptr_null(TAILQ_FIRST(&engine->pending));
	ck_assert_int_eq(cancelled, 0);
	fixture_free();
}
END_TEST

/* ---- locations ---- */

START_TEST(backends_and_locations_are_told)
{
	struct engine_probe probe;
	const char *const *names;

	fixture_new(0);
	ck_assert_uint_eq(engine_backends(&names), netdev_backend_count);
	for (size_t i = 0; i < netdev_backend_count; i++)
		ck_assert_str_eq(names[i], netdev_backends[i]->backend);
	ck_assert_int_eq(engine_probe("null:", &probe, &err), 0);
	ck_assert(probe.usable);
	ck_assert_str_eq(probe.text, "null: takes every frame and frees it; nothing is received\n");
	ck_assert_int_eq(engine_probe("packet:no-such-if", &probe, &err), 0);
	ck_assert(!probe.usable);
	ck_assert_str_ne(probe.text, "");
	ck_assert_int_eq(engine_probe("nul:", &probe, &err), -EINVAL);
	fixture_free();
}
END_TEST

UNIT_SUITE("engine/engine", an_empty_configuration_is_an_engine,
	ports_and_flows_come_from_the_configuration, a_port_without_its_device_waits,
	an_impossible_port_is_no_engine, it_can_go_while_everything_runs, a_port_is_described,
	an_unknown_port_is_said_to_be_so, ports_come_and_go, a_port_that_cannot_be_is_not_added,
	there_is_a_most_of_ports, a_port_in_use_stays, a_port_at_rest_is_not_waited_for_again,
	a_port_at_rest_may_go_before_the_answer, an_answer_may_ask_again,
	a_cancelled_answer_does_not_come, backends_and_locations_are_told)
