/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine/route: the default routes of a network namespace of the test's own, and that nothing is
 * sent over one by accident.
 */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void veth_new(void)
{
	netns_enter();
	netns_ip("link add name a0 type veth peer name b0");
	netns_ip("link set dev a0 up");
	netns_ip("link set dev b0 up");
}

START_TEST(an_empty_namespace_has_no_default_route)
{
	netns_enter();
	ck_assert_int_eq(route_is_default("a0"), 0);
	ck_assert_int_eq(route_is_default(""), 0);
}
END_TEST

START_TEST(the_default_route_of_ipv4_is_found)
{
	veth_new();
	netns_ip("addr add 192.0.2.1/24 dev a0");
	netns_ip("route add 0.0.0.0/1 via 192.0.2.2"); /* half of it is not it */
	netns_ip("route add 10.0.0.0/8 via 192.0.2.2");
	ck_assert_int_eq(route_is_default("a0"), 0);
	netns_ip("route add default via 192.0.2.2");
	ck_assert_int_eq(route_is_default("a0"), 1);
	ck_assert_int_eq(route_is_default("b0"), 0);
	ck_assert_int_eq(route_is_default("a"), 0);
	netns_ip("route del default");
	ck_assert_int_eq(route_is_default("a0"), 0);
}
END_TEST

START_TEST(the_default_route_of_ipv6_is_found)
{
	veth_new();
	netns_ip("-6 addr add 2001:db8::1/64 dev b0 nodad");
	netns_ip("-6 route add ::/1 via 2001:db8::2 dev b0");
	ck_assert_int_eq(route_is_default("b0"), 0);
	netns_ip("-6 route add default via 2001:db8::2 dev b0");
	ck_assert_int_eq(route_is_default("b0"), 1);
	ck_assert_int_eq(route_is_default("a0"), 0);
}
END_TEST

START_TEST(sending_over_it_needs_force)
{
	struct engine_start forced = {.mode = POLICY_MODE_TX, .force = true};
	struct config *config = config_new();

	veth_new();
	netns_ip("addr add 192.0.2.1/24 dev a0");
	netns_ip("route add default via 192.0.2.2");
	config_add_port(config, "p0", "packet:a0");
	ck_assert_int_eq(fixture_load(config), 0);
	ck_assert_int_eq(start("p0", POLICY_MODE_TX, NULL), -EPERM);
	ck_assert_int_eq(err.reason, ERROR_NEEDS_FORCE);
	ck_assert_str_eq(err.message,
		"port p0 sends on a0, which carries the default route of this machine");
	ck_assert_str_eq(err.hint, "--force, when you mean it");
	ck_assert_uint_eq(engine_flow_count(engine), 0);
	started("p0", POLICY_MODE_RX, NULL); /* listening does no harm */
	stop_and_wait("p0");
	ck_assert_int_eq(engine_traffic_start(engine, &forced, &err), 0);
	fixture_free();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {an_empty_namespace_has_no_default_route,
		the_default_route_of_ipv4_is_found, the_default_route_of_ipv6_is_found,
		sending_over_it_needs_force};
	const char *reason = netns_unavailable();

	if (reason) {
		printf("SKIP: engine/route: no network namespace: %s\n", reason);
		return NETNS_SKIPPED;
	}
	return unit_run("engine/route", tests, sizeof(tests) / sizeof(tests[0]));
}
