/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine/link_monitor: links that come, go and change in a network namespace of the test's own, and
 * what a port makes of it.
 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

static void changed(void *arg)
{
	++*(int *)arg;
}

START_TEST(every_change_of_a_link_is_told)
{
	struct link_monitor *monitor;
	int calls = 0, before;

	netns_enter();
	fixture_new(0); /* for its loop */
	ck_assert_int_eq(link_monitor_new(base, changed, &calls, &monitor), 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(calls, 0);
	netns_ip("link add name a0 type veth peer name b0");
	LOOP_UNTIL(calls > 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	before = calls;
	netns_ip("link set dev a0 up");
	LOOP_UNTIL(calls > before);
	event_base_loop(base, EVLOOP_NONBLOCK);
	before = calls;
	netns_ip("link del dev a0");
	LOOP_UNTIL(calls > before);
	link_monitor_free(monitor);
	link_monitor_free(NULL);
	fixture_free();
}
END_TEST

START_TEST(many_changes_do_not_stop_it)
{
	struct link_monitor *monitor;
	int calls = 0, before;

	netns_enter();
	fixture_new(0);
	ck_assert_int_eq(link_monitor_new(base, changed, &calls, &monitor), 0);
	netns_ip("link add name a0 type veth peer name b0");
	/* more messages than the socket holds: the kernel drops some and says so */
	netns_ip("-batch - <<.\n$(i=0; while [ $i -lt 500 ]; do echo link set dev a0 alias "
		 "x$i; i=$((i+1)); done)\n.");
	LOOP_UNTIL(calls > 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	before = calls;
	netns_ip("link set dev a0 up");
	LOOP_UNTIL(calls > before);
	link_monitor_free(monitor);
	fixture_free();
}
END_TEST

START_TEST(a_port_follows_its_interface)
{
	struct config *config = config_new();

	netns_enter();
	config_add_port(config, "p0", "packet:a0");
	ck_assert_int_eq(fixture_load(config), 0);
	ck_assert_int_eq(state_of("p0"), PORT_UNPROBED);
	netns_ip("link add name a0 type veth peer name b0");
	LOOP_UNTIL(state_of("p0") == PORT_CONFIGURED);
	ck_assert_int_eq(stats_of("p0").link, PORT_LINK_IS_DOWN);
	netns_ip("link set dev b0 up");
	netns_ip("link set dev a0 up");
	LOOP_UNTIL(stats_of("p0").link == PORT_LINK_IS_UP);
	started("p0", POLICY_MODE_TX, "{\"rate\": \"1000pps\"}");
	LOOP_UNTIL(stats_of("p0").frames_tx > 0);
	netns_ip("link set dev b0 down");
	LOOP_UNTIL(state_of("p0") == PORT_LINK_DOWN);
	netns_ip("link set dev b0 up");
	LOOP_UNTIL(state_of("p0") == PORT_RUNNING);
	netns_ip("link del dev a0");
	LOOP_UNTIL(state_of("p0") == PORT_DEVICE_LOST);
	LOOP_UNTIL(!port_of("p0")->dev);
	netns_ip("link add name a0 type veth peer name b0");
	netns_ip("link set dev b0 up");
	netns_ip("link set dev a0 up");
	LOOP_UNTIL(state_of("p0") == PORT_RUNNING);
	{
		uint64_t before = stats_of("p0").frames_tx;

		LOOP_UNTIL(stats_of("p0").frames_tx > before);
	}
	stop_and_wait("p0");
	fixture_free();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_change_of_a_link_is_told, many_changes_do_not_stop_it,
		a_port_follows_its_interface};
	const char *reason = netns_unavailable();

	if (reason) {
		printf("SKIP: engine/link_monitor: no network namespace: %s\n", reason);
		return NETNS_SKIPPED;
	}
	return unit_run("engine/link_monitor", tests, sizeof(tests) / sizeof(tests[0]));
}
