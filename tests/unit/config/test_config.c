/* SPDX-License-Identifier: BSD-2-Clause */
/* Defaults, and what must hold between settings. */
#include "config/config.h"
#include "config/wire.h"
#include "unit.h"
#include "util/cpu.h"

#include <errno.h>
#include <string.h>

static struct config_port port;
static struct config_flow flow;
static struct error err;

static void reset(void)
{
	config_port_init(&port);
	config_flow_init(&flow);
	memset(&err, 0, sizeof(err));
	ck_assert_int_eq(config_port_set(&port, "name", "p0", &err), 0);
	ck_assert_int_eq(config_port_set(&port, "location", "null:", &err), 0);
	ck_assert_int_eq(config_flow_set(&flow, "name", "f0", &err), 0);
}

static void set(const char *key, const char *value)
{
	ck_assert_int_eq(config_flow_set(&flow, key, value, &err), 0);
}

static void expect_bad_flow(const char *param, const char *message, const char *hint)
{
	ck_assert_int_eq(config_flow_check(&flow, &err), -EINVAL);
	ck_assert_int_eq(err.reason, ERROR_INVALID);
	ck_assert_str_eq(err.param, param);
	ck_assert_str_eq(err.message, message);
	ck_assert_str_eq(err.hint, hint);
}

START_TEST(defaults)
{
	struct config *config = config_new();

	reset();
	ck_assert_str_eq(config->daemon.socket, WIRE_SOCKET_DEFAULT);
	ck_assert_str_eq(config->daemon.group, "");
	ck_assert_str_eq(config->daemon.metrics, "127.0.0.1:10478");
	ck_assert_uint_eq(config->daemon.status_interval_ns, UINT64_C(10000000000));
	ck_assert_uint_eq(config->port_count, 0);
	ck_assert_uint_eq(config->flow_count, 0);
	config_free(config);
	config_free(NULL);
	ck_assert_int_eq(port.cpu, CPU_AUTO);
	ck_assert_uint_eq(port.queues, 1);
	ck_assert_uint_eq(port.pool_objects, 1024);
	ck_assert_uint_eq(port.pool_object_size, 2048);
	ck_assert(port.promiscuous);
	ck_assert_int_eq(port.rate_limit.unit, RATE_MAX);
	ck_assert_str_eq(flow.port, "");
	ck_assert_uint_eq(flow.frame.size, 60);
	ck_assert_int_eq(flow.frame.ip_version, 4);
	ck_assert_int_eq(flow.frame.vlan, FRAME_NO_VLAN);
	ck_assert_uint_eq(flow.frame.ttl, 64);
	ck_assert(!flow.src_mac_set && !flow.metrics && !flow.autostart);
	ck_assert_int_eq(flow.rate.unit, RATE_MAX);
	ck_assert_int_eq(flow.rate_layer, CONFIG_RATE_L1);
	ck_assert_uint_eq(flow.count, 0);
	ck_assert_uint_eq(flow.duration_ns, 0);
	ck_assert_uint_eq(flow.burst, 64);
	ck_assert_int_eq(flow.build, POLICY_BUILD_COPY);
	ck_assert_int_eq(flow.alloc, POLICY_ALLOC_POOL);
	ck_assert_int_eq(flow.on_full, POLICY_ON_FULL_RETRY);
	ck_assert_int_eq(config_port_check(&port, &err), 0);
	ck_assert_int_eq(config_flow_check(&flow, &err), 0);
}
END_TEST

START_TEST(names_and_locations_are_needed)
{
	reset();
	port.location[0] = '\0';
	ck_assert_int_eq(config_port_check(&port, &err), -EINVAL);
	ck_assert_str_eq(err.param, "location");
	ck_assert_str_eq(err.message, "this setting is missing");
	ck_assert_str_eq(err.hint, "say where the port is, such as packet:eth0");
	port.name[0] = '\0';
	ck_assert_int_eq(config_port_check(&port, &err), -EINVAL);
	ck_assert_str_eq(err.param, "name");
	flow.name[0] = '\0';
	expect_bad_flow("name", "this setting is missing", "every flow has a name, such as f0");
}
END_TEST

START_TEST(both_ends_have_one_ip_version)
{
	reset();
	set("src-ip", "10.0.0.1");
	set("dst-ip", "2001:db8::1");
	expect_bad_flow("dst-ip", "src-ip is IPv4 but dst-ip is IPv6",
		"give both in the same version, or leave one out");
	set("src-ip", "2001:db8::2");
	set("size", "62");
	ck_assert_int_eq(config_flow_check(&flow, &err), 0);
	set("dst-ip", "10.0.0.1");
	expect_bad_flow("dst-ip", "src-ip is IPv6 but dst-ip is IPv4",
		"give both in the same version, or leave one out");
	reset();
	set("dst-ip", "2001:db8::1");
	set("size", "62");
	ck_assert_int_eq(config_flow_check(&flow, &err), 0);
}
END_TEST

START_TEST(a_priority_needs_a_tag)
{
	reset();
	set("vlan-priority", "0");
	ck_assert_int_eq(config_flow_check(&flow, &err), 0);
	set("vlan-priority", "1");
	expect_bad_flow("vlan-priority", "there is no VLAN tag to carry it", "give a vlan as well");
	set("vlan", "1");
	ck_assert_int_eq(config_flow_check(&flow, &err), 0);
}
END_TEST

/* Ethernet 14, IPv4 20 or IPv6 40, UDP 8, VLAN 4, signature 16 */
START_TEST(the_signature_needs_room)
{
	reset();
	set("metrics", "yes");
	ck_assert_int_eq(config_flow_check(&flow, &err), 0);
	set("vlan", "5");
	ck_assert_int_eq(config_flow_check(&flow, &err), -EINVAL);
	ck_assert_str_eq(err.param, "size");
	set("size", "62");
	ck_assert_int_eq(config_flow_check(&flow, &err), 0);
	set("dst-ip", "2001:db8::1");
	set("size", "81");
	ck_assert_int_eq(config_flow_check(&flow, &err), -EINVAL);
	set("size", "82");
	ck_assert_int_eq(config_flow_check(&flow, &err), 0);
	ck_assert(!flow.frame.signature);
}
END_TEST

UNIT_SUITE("config/config", defaults, names_and_locations_are_needed, both_ends_have_one_ip_version,
	a_priority_needs_a_tag, the_signature_needs_room)
