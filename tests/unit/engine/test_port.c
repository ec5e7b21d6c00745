/* SPDX-License-Identifier: BSD-2-Clause */
/* engine/port: a port and its device as it comes and goes. */
#include "fixture.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define reason_of(name) port_reason(port_of(name))

START_TEST(workers_spread_over_the_processors)
{
	unsigned on[CPU_MAX] = {0}, most = 0, least = UINT32_MAX;
	struct config *config = config_new();
	cpu_set_t cpus;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	config_add_port(config, "p0", "null:")->queues = 3;
	config_add_port(config, "p1", "null:")->queues = (uint32_t)(CPU_COUNT(&cpus) * 2 - 1) % 13;
	ck_assert_int_eq(fixture_load(config), 0);
	for (size_t p = 0; p < 2; p++)
		for (unsigned q = 0; q < engine->ports[p]->config.queues; q++)
			on[engine->ports[p]->queues[q].cpu]++;
	for (int cpu = 0; cpu < CPU_MAX; cpu++) {
		if (!CPU_ISSET(cpu, &cpus)) {
			ck_assert_uint_eq(on[cpu], 0);
			continue;
		}
		most = on[cpu] > most ? on[cpu] : most;
		least = on[cpu] < least ? on[cpu] : least;
	}
	ck_assert_uint_le(most - least, 1);
	fixture_free();
}
END_TEST

START_TEST(more_queues_than_the_device_has_are_refused)
{
	struct config_port config;

	fixture_new(0);
	config_port_init(&config);
	strcpy(config.name, "p0");
	strcpy(config.location, "null:");
	config.queues = 16;
	ck_assert_int_eq(engine_port_add(engine, &config, &err), 0);
	take_over("p0");
	port_close(port_of("p0"));
	told.open_rc = -EBUSY;
	ck_assert_int_eq(start("p0", POLICY_MODE_TX, NULL), -EBUSY);
	ck_assert_str_eq(reason_of("p0"), "told so");
	ck_assert_int_eq(state_of("p0"), PORT_UNPROBED);
	told.open_rc = 0;
	started("p0", POLICY_MODE_RX, NULL);
	ck_assert_str_eq(reason_of("p0"), "");
	stop_and_wait("p0");
	fixture_free();
}
END_TEST

START_TEST(the_link_is_looked_at)
{
	fixture_new(1);
	take_over("p0");
	started("p0", POLICY_MODE_TX, NULL);
	told.link = 0;
	port_refresh(port_of("p0"));
	ck_assert_int_eq(state_of("p0"), PORT_LINK_DOWN);
	ck_assert_int_eq(stats_of("p0").link, PORT_LINK_IS_DOWN);
	told.link = 1;
	LOOP_UNTIL(state_of("p0") == PORT_RUNNING); /* it is looked at once a second */
	told.link = 0;
	stop_and_wait("p0");
	ck_assert_int_eq(state_of("p0"), PORT_CONFIGURED);
	fixture_free();
}
END_TEST

/* The MTU may have changed since the device was opened. */
START_TEST(each_start_asks_for_the_facts_anew)
{
	fixture_new(1);
	take_over("p0");
	ck_assert_int_eq(start("p0", POLICY_MODE_TX, "{\"size\": \"1515\"}"), -EINVAL);
	ck_assert_str_eq(err.hint, "at most 1514, or raise the interface's MTU");
	told.frame_max = 1600;
	started("p0", POLICY_MODE_TX, "{\"size\": \"1515\", \"count\": \"1\"}");
	LOOP_UNTIL(state_of("p0") == PORT_CONFIGURED);
	told.frame_max = 1000;
	ck_assert_int_eq(start("p0", POLICY_MODE_AUTO, NULL), -EINVAL);
	ck_assert_str_eq(err.hint, "at most 1000, or raise the interface's MTU");
	fixture_free();
}
END_TEST

START_TEST(an_idle_port_takes_a_new_device_of_that_name_at_once)
{
	fixture_new(1);
	take_over("p0");
	told.link = -ENODEV; /* the old one is gone, and open() finds the new one */
	port_refresh(port_of("p0"));
	ck_assert_int_eq(state_of("p0"), PORT_CONFIGURED);
	ck_assert_uint_eq(told.closed, 1);
	ck_assert_uint_eq(told.opened, 1);
	ck_assert_str_eq(reason_of("p0"), "");
	fixture_free();
}
END_TEST

START_TEST(an_idle_port_loses_and_finds_its_device)
{
	fixture_new(1);
	take_over("p0");
	told.link = told.open_rc = -ENODEV;
	port_refresh(port_of("p0"));
	ck_assert_int_eq(state_of("p0"), PORT_UNPROBED);
	ck_assert_uint_eq(told.closed, 1);
	ck_assert(!engine_ready(engine));
	ck_assert_str_eq(reason_of("p0"), "the device is gone; the port waits for its return");
	port_refresh(port_of("p0"));
	ck_assert_str_eq(reason_of("p0"), "told so");
	told.open_rc = 0;
	told.link = 1;
	port_refresh(port_of("p0"));
	ck_assert_int_eq(state_of("p0"), PORT_CONFIGURED);
	ck_assert_uint_eq(told.opened, 1);
	ck_assert_str_eq(reason_of("p0"), "");
	ck_assert(engine_ready(engine));
	fixture_free();
}
END_TEST

START_TEST(a_run_survives_the_loss_of_its_device)
{
	fixture_new(1);
	take_over("p0");
	flow_new("f0", "count", "1000", NULL);
	atomic_store(&told.room, 300);
	started("p0", POLICY_MODE_AUTO, NULL);
	LOOP_UNTIL(stats_of("p0").frames_tx == 300);
	told.link = -ENODEV;
	told.open_rc = -ENODEV;
	port_refresh(port_of("p0"));
	LOOP_UNTIL(state_of("p0") == PORT_DEVICE_LOST && told.closed == 1);
	ck_assert_int_eq(engine_flow_remove(engine, "f0", &err), -EBUSY);
	port_refresh(port_of("p0")); /* not back yet */
	ck_assert_int_eq(state_of("p0"), PORT_DEVICE_LOST);
	told.link = 1;
	told.open_rc = 0;
	told.configure_rc = -ENETDOWN; /* back, but not ready */
	port_refresh(port_of("p0"));
	ck_assert_int_eq(state_of("p0"), PORT_DEVICE_LOST);
	told.configure_rc = 0;
	atomic_store(&told.room, UINT32_MAX);
	port_refresh(port_of("p0")); /* ready now */
	LOOP_UNTIL(state_of("p0") == PORT_CONFIGURED);
	ck_assert_uint_eq(stats_of("p0").frames_tx, 1000);
	ck_assert_uint_eq(flow_stats_of("f0").frames_attempted, 1000);
	fixture_free();
}
END_TEST

START_TEST(a_lost_port_can_be_stopped)
{
	int calls = 0;

	fixture_new(1);
	take_over("p0");
	started("p0", POLICY_MODE_TX, NULL);
	told.open_rc = -ENODEV;
	atomic_store(&told.fault, ENODEV); /* this time the worker finds out */
	LOOP_UNTIL(told.closed == 1);
	ck_assert_int_eq(state_of("p0"), PORT_DEVICE_LOST);
	ck_assert_int_eq(engine_traffic_pause(engine, NULL, 0, count_call, &calls, &err), -ESRCH);
	stop_and_wait("p0");
	ck_assert_int_eq(state_of("p0"), PORT_UNPROBED);
	ck_assert_int_eq(engine_flow_remove(engine, "default", &err), 0);
	fixture_free();
}
END_TEST

START_TEST(a_device_that_calls_is_served)
{
	fixture_new(1);
	take_over_alive("p0");
	told.link = 0;
	told.reason = "nobody is there";
	told_call();
	LOOP_UNTIL(port_of("p0")->link == PORT_LINK_IS_DOWN);
	ck_assert_uint_eq(told.served, 1);
	ck_assert_str_eq(reason_of("p0"), "nobody is there");
	ck_assert_int_eq(state_of("p0"), PORT_CONFIGURED);
	told.link = 1;
	told.reason = "";
	told_call();
	LOOP_UNTIL(port_of("p0")->link == PORT_LINK_IS_UP);
	ck_assert_str_eq(reason_of("p0"), "");
	fixture_free();
	close(told.service_fd);
}
END_TEST

/* No message of the kernel tells when such a device can be had again. */
START_TEST(a_device_that_calls_is_looked_for_by_time)
{
	fixture_new(1);
	take_over_alive("p0");
	flow_new("f0", "count", "1000", NULL);
	atomic_store(&told.room, 300);
	started("p0", POLICY_MODE_AUTO, NULL);
	LOOP_UNTIL(stats_of("p0").frames_tx == 300);
	told.link = told.open_rc = -ENODEV;
	told.reason = "the peer hung up";
	told_call();
	LOOP_UNTIL(state_of("p0") == PORT_DEVICE_LOST && told.closed == 2);
	ck_assert_str_eq(reason_of("p0"), "the peer hung up");
	told.link = 1;
	told.open_rc = 0;
	told.reason = "";
	atomic_store(&told.room, UINT32_MAX);
	LOOP_UNTIL(state_of("p0") == PORT_CONFIGURED);
	ck_assert_uint_eq(stats_of("p0").frames_tx, 1000);
	ck_assert_str_eq(reason_of("p0"), "");
	fixture_free();
	close(told.service_fd);
}
END_TEST

START_TEST(a_running_port_may_be_freed)
{
	fixture_new(1);
	take_over("p0");
	started("p0", POLICY_MODE_BOTH, NULL);
	LOOP_UNTIL(stats_of("p0").frames_tx > 0);
	engine->port_count = 0;
	port_free(engine->ports[0]);
	ck_assert_uint_eq(told.configured, told.stopped);
	ck_assert_uint_eq(told.closed, 1);
	fixture_free();
}
END_TEST

UNIT_SUITE("engine/port", workers_spread_over_the_processors,
	more_queues_than_the_device_has_are_refused, the_link_is_looked_at,
	each_start_asks_for_the_facts_anew, an_idle_port_takes_a_new_device_of_that_name_at_once,
	an_idle_port_loses_and_finds_its_device, a_run_survives_the_loss_of_its_device,
	a_lost_port_can_be_stopped, a_device_that_calls_is_served,
	a_device_that_calls_is_looked_for_by_time, a_running_port_may_be_freed)
