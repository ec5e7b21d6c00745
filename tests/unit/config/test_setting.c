/* SPDX-License-Identifier: BSD-2-Clause */
/* Every setting from its text: ends of ranges, wrong input, the words that a person reads. */
#include "config/config.h"
#include "config/setting.h"
#include "config/wire.h"
#include "unit.h"
#include "util/cpu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct config_daemon daemon_config;
static struct config_port port;
static struct config_flow flow;
static struct error err;

static void reset(void)
{
	config_daemon_init(&daemon_config);
	config_port_init(&port);
	config_flow_init(&flow);
	memset(&err, 0, sizeof(err));
}

static void set_flow(const char *key, const char *value)
{
	ck_assert_msg(config_flow_set(&flow, key, value, &err) == 0, "%s = %s: %s", key, value,
		err.message);
}

static void set_port(const char *key, const char *value)
{
	ck_assert_msg(config_port_set(&port, key, value, &err) == 0, "%s = %s: %s", key, value,
		err.message);
}

static void expect_error(int rc, const char *param, const char *message, const char *hint)
{
	ck_assert_int_eq(rc, -EINVAL);
	ck_assert_int_eq(err.reason, ERROR_INVALID);
	ck_assert_str_eq(err.param, param);
	ck_assert_str_eq(err.message, message);
	ck_assert_str_eq(err.hint, hint);
}

/* Refused, with these words, and nothing has changed. */
static void refuse_flow(const char *key, const char *value, const char *message, const char *hint)
{
	struct config_flow before;

	memcpy(&before, &flow, sizeof(flow));
	expect_error(config_flow_set(&flow, key, value, &err), key, message, hint);
	ck_assert_mem_eq(&before, &flow, sizeof(flow));
}

static void refuse_port(const char *key, const char *value, const char *message, const char *hint)
{
	struct config_port before;

	memcpy(&before, &port, sizeof(port));
	expect_error(config_port_set(&port, key, value, &err), key, message, hint);
	ck_assert_mem_eq(&before, &port, sizeof(port));
}

static void refuse_daemon(const char *key, const char *value, const char *message, const char *hint)
{
	struct config_daemon before;

	memcpy(&before, &daemon_config, sizeof(before));
	expect_error(config_daemon_set(&daemon_config, key, value, &err), key, message, hint);
	ck_assert_mem_eq(&before, &daemon_config, sizeof(before));
}

START_TEST(rows_are_the_options_of_wire_h)
{
#define KEY(id, key, placeholder, help) key,
	static const char *const flow_keys[] = {WIRE_FLOW_OPTIONS(KEY)};
	static const char *const port_keys[] = {WIRE_PORT_OPTIONS(KEY)};

	for (size_t i = 0; i < sizeof(flow_keys) / sizeof(flow_keys[0]); i++)
		ck_assert_str_eq(setting_flow_table.rows[i + 3].key, flow_keys[i]);
	for (size_t i = 0; i < sizeof(port_keys) / sizeof(port_keys[0]); i++)
		ck_assert_str_eq(setting_port_table.rows[i + 2].key, port_keys[i]);
}
END_TEST

START_TEST(keys_take_either_spelling)
{
	reset();
	set_flow("dst-port", "7");
	ck_assert_uint_eq(flow.frame.dst_port.first, 7);
	set_flow("dst_port", "8");
	ck_assert_uint_eq(flow.frame.dst_port.first, 8);
	set_port("pool-object_size", "4096");
	ck_assert_uint_eq(port.pool_object_size, 4096);
}
END_TEST

START_TEST(unknown_keys_get_a_hint_in_the_callers_spelling)
{
	reset();
	refuse_flow("sice", "60", "no such setting of a flow", "did you mean \"size\"?");
	refuse_flow("dst-mca", "x", "no such setting of a flow", "did you mean \"dst-mac\"?");
	refuse_flow("dst_mca", "x", "no such setting of a flow", "did you mean \"dst_mac\"?");
	refuse_flow("colour", "red", "no such setting of a flow", "");
	refuse_flow("", "red", "no such setting of a flow", "");
	refuse_flow("siz", "60", "no such setting of a flow", "did you mean \"size\"?");
	refuse_flow("sizes", "60", "no such setting of a flow", "did you mean \"size\"?");
	refuse_flow("Size", "60", "no such setting of a flow", "did you mean \"size\"?");
	refuse_port("queue", "1", "no such setting of a port", "did you mean \"queues\"?");
	refuse_daemon("sokcet", "x", "no such setting of the daemon", "did you mean \"socket\"?");
}
END_TEST

START_TEST(empty_values_are_missing)
{
	reset();
	refuse_flow("size", "", "a value is missing", "");
	refuse_port("location", "", "a value is missing", "");
	refuse_daemon("group", "", "a value is missing", "");
}
END_TEST

START_TEST(sizes_have_ends)
{
	reset();
	set_flow("size", "60");
	ck_assert_uint_eq(flow.frame.size, 60);
	set_flow("size", "65549");
	ck_assert_uint_eq(flow.frame.size, 65549);
	refuse_flow("size", "59", "\"59\" is not a whole number from 60 to 65549", "");
	refuse_flow("size", "65550", "\"65550\" is not a whole number from 60 to 65549", "");
	refuse_flow(
		"size", "4294967356", "\"4294967356\" is not a whole number from 60 to 65549", "");
	refuse_flow("size", "60 ", "\"60 \" is not a whole number from 60 to 65549", "");
	refuse_flow("size", "-60", "\"-60\" is not a whole number from 60 to 65549", "");
}
END_TEST

START_TEST(small_numbers_have_ends)
{
	static const struct {
		const char *key, *low, *high, *below, *above, *message;
	} rows[] = {
		{"vlan-priority", "0", "7", "-1", "8", "from 0 to 7"},
		{"vlan", "1", "4094", "0", "4095", "from 1 to 4094 or none"},
		{"ttl", "1", "255", "0", "256", "from 1 to 255"},
		{"dscp", "0", "63", "", "64", "from 0 to 63"},
		{"burst", "1", "512", "0", "513", "from 1 to 512"},
		{"count", "1", "18446744073709551615", "0", "18446744073709551616",
			"from 1 to 18446744073709551615"},
	};

	reset();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char message[128];

		set_flow(rows[i].key, rows[i].low);
		set_flow(rows[i].key, rows[i].high);
		snprintf(message, sizeof(message), "\"%s\" is not a whole number %s", rows[i].above,
			rows[i].message);
		refuse_flow(rows[i].key, rows[i].above, message, "");
		ck_assert_int_eq(config_flow_set(&flow, rows[i].key, rows[i].below, &err), -EINVAL);
	}
	ck_assert_int_eq(flow.frame.vlan, 4094);
	ck_assert_uint_eq(flow.frame.vlan_priority, 7);
	ck_assert_uint_eq(flow.frame.ttl, 255);
	ck_assert_uint_eq(flow.frame.dscp, 63);
	ck_assert_uint_eq(flow.burst, 512);
	ck_assert_uint_eq(flow.count, UINT64_MAX);
	set_flow("vlan", "none");
	ck_assert_int_eq(flow.frame.vlan, FRAME_NO_VLAN);
}
END_TEST

START_TEST(numbers_do_not_spill_into_their_neighbours)
{
	reset();
	flow.frame.ip_version = 0x55555555;
	set_flow("vlan-priority", "7");
	ck_assert_int_eq(flow.frame.ip_version, 0x55555555);
	ck_assert_int_eq(flow.frame.vlan, FRAME_NO_VLAN);
	set_flow("ttl", "255");
	ck_assert_uint_eq(flow.frame.dscp, 0);
	set_port("cpu", "auto");
	ck_assert_uint_eq(port.queues, 1);
}
END_TEST

START_TEST(fields_take_ranges)
{
	reset();
	set_flow("dst-mac", "02:00:00:00:00:0b");
	ck_assert_uint_eq(flow.frame.dst_mac.first, UINT64_C(0x02000000000b));
	ck_assert(!flow.src_mac_set);
	set_flow("src-mac", "02:00:00:00:00:01-02:00:00:00:00:04");
	ck_assert(flow.src_mac_set);
	ck_assert_int_eq(flow.frame.src_mac.kind, FIELD_INCREMENT);
	set_flow("src-port", "random(1024-2047,7)");
	ck_assert_int_eq(flow.frame.src_port.kind, FIELD_RANDOM);
	ck_assert_uint_eq(flow.frame.src_port.seed, 7);
	refuse_flow("dst-mac", "02:00", "\"02:00\" is not a MAC address",
		"write 02:00:00:00:00:01, 02:00:00:00:00:01-02:00:00:00:00:09 or "
		"random(02:00:00:00:00:01-02:00:00:00:00:09,1)");
	ck_assert_int_eq(config_flow_set(&flow, "dst_port", "65536", &err), -EINVAL);
	ck_assert_str_eq(err.param, "dst_port");
}
END_TEST

START_TEST(a_bad_source_mac_does_not_count_as_given)
{
	reset();
	ck_assert_int_eq(config_flow_set(&flow, "src-mac", "x", &err), -EINVAL);
	ck_assert(!flow.src_mac_set);
}
END_TEST

START_TEST(the_other_ip_follows_the_version)
{
	const uint64_t benchmark = UINT64_C(0x2001000200000000);

	reset();
	set_flow("dst-ip", "2001:db8::1");
	ck_assert_int_eq(flow.frame.ip_version, 6);
	ck_assert_uint_eq(flow.frame.src_ip.hi, benchmark);
	ck_assert_uint_eq(flow.frame.src_ip.first, 1);
	ck_assert_uint_eq(flow.frame.src_ip.last, 1);
	reset();
	set_flow("src-ip", "2001:db8::1-2001:db8::5");
	ck_assert_int_eq(flow.frame.ip_version, 6);
	ck_assert_uint_eq(flow.frame.dst_ip.hi, benchmark);
	ck_assert_uint_eq(flow.frame.dst_ip.first, 2);
	ck_assert_uint_eq(flow.frame.dst_ip.last, 2);
	/* back to IPv4 */
	set_flow("src-ip", "10.0.0.1");
	ck_assert_int_eq(flow.frame.ip_version, 4);
	ck_assert_uint_eq(flow.frame.dst_ip.hi, 0);
	ck_assert_uint_eq(flow.frame.dst_ip.first, 0xc6130001);
	/* both given: what was given stays */
	set_flow("dst-ip", "10.0.0.2");
	set_flow("src-ip", "10.0.0.3");
	ck_assert_uint_eq(flow.frame.dst_ip.first, 0x0a000002);
}
END_TEST

START_TEST(a_flow_changes_its_ip_version_in_two_steps)
{
	reset();
	set_flow("src-ip", "10.0.0.1");
	set_flow("dst-ip", "10.0.0.2");
	set_flow("src-ip", "2001:db8::1");
	set_flow("dst-ip", "2001:db8::2");
	ck_assert_int_eq(flow.frame.ip_version, 6);
	ck_assert_uint_eq(flow.frame.src_ip.hi, UINT64_C(0x20010db800000000));
	ck_assert_uint_eq(flow.frame.dst_ip.first, 2);
}
END_TEST

START_TEST(names_of_hosts_are_no_addresses)
{
	reset();
	ck_assert_int_eq(config_flow_set(&flow, "src-ip", "localhost", &err), -EINVAL);
	ck_assert_str_eq(err.message, "\"localhost\" is not an IPv4 address");
	ck_assert_int_eq(config_flow_set(&flow, "src_ip", "2001:db8::g", &err), -EINVAL);
	ck_assert_str_eq(err.message, "\"2001:db8::g\" is not an IPv6 address");
	ck_assert_str_eq(err.param, "src_ip");
	ck_assert_int_eq(flow.src_ip_version, 0);
	ck_assert_int_eq(flow.frame.ip_version, 4);
}
END_TEST

START_TEST(rates_and_times)
{
	reset();
	set_flow("rate", "100kpps");
	ck_assert_int_eq(flow.rate.unit, RATE_PPS);
	ck_assert_uint_eq(flow.rate.value_milli, 100000000);
	set_flow("rate", "max");
	ck_assert_int_eq(flow.rate.unit, RATE_MAX);
	set_flow("duration", "1500ms");
	ck_assert_uint_eq(flow.duration_ns, 1500000000);
	refuse_flow("rate", "fast", "\"fast\" is not a rate", "write 100kpps, 1.5Gbit, 50% or max");
	refuse_flow("rate", "0", "\"0\" is not a rate", "write 100kpps, 1.5Gbit, 50% or max");
	refuse_flow("duration", "0", "\"0\" is not a time above 0", "write 10s, 1500ms or 2m");
	refuse_flow(
		"duration", "soon", "\"soon\" is not a time above 0", "write 10s, 1500ms or 2m");
	ck_assert_int_eq(config_daemon_set(&daemon_config, "status-interval", "0", &err), 0);
	ck_assert_uint_eq(daemon_config.status_interval_ns, 0);
	refuse_daemon("status-interval", "-1s", "\"-1s\" is not a time", "write 10s, 1500ms or 2m");
}
END_TEST

START_TEST(choices_and_booleans)
{
	reset();
	set_flow("build", "zerocopy");
	ck_assert_int_eq(flow.build, POLICY_BUILD_ZEROCOPY);
	set_flow("alloc", "heap");
	ck_assert_int_eq(flow.alloc, POLICY_ALLOC_HEAP);
	set_flow("on-full", "drop");
	ck_assert_int_eq(flow.on_full, POLICY_ON_FULL_DROP);
	set_flow("rate-layer", "l2");
	ck_assert_int_eq(flow.rate_layer, CONFIG_RATE_L2);
	set_flow("metrics", "yes");
	ck_assert(flow.metrics);
	set_flow("metrics", "off");
	ck_assert(!flow.metrics);
	refuse_flow("build", "cpoy", "\"cpoy\" is not generate, copy or zerocopy",
		"did you mean \"copy\"?");
	refuse_flow("on-full", "explode", "\"explode\" is not retry or drop", "");
	refuse_flow("rate-layer", "l3", "\"l3\" is not l1 or l2", "");
	refuse_flow("autostart", "maybe", "\"maybe\" is neither yes nor no", "");
}
END_TEST

START_TEST(names_and_words)
{
	char text[CONFIG_LOCATION_SIZE + 1];

	reset();
	set_flow("name", "a23456789.123456789_123456789-1");
	refuse_flow("name", "a23456789.123456789_123456789-12",
		"\"a23456789.123456789_123456789-12\" is not a name",
		"1 to 31 of A-Z a-z 0-9 _ . -, beginning with a letter or digit");
	refuse_flow("port", "p 0", "\"p 0\" is not a name",
		"1 to 31 of A-Z a-z 0-9 _ . -, beginning with a letter or digit");
	memset(text, 'x', sizeof(text));
	text[CONFIG_LOCATION_SIZE - 1] = '\0';
	set_port("location", text);
	ck_assert_str_eq(port.location, text);
	text[CONFIG_LOCATION_SIZE - 1] = 'x';
	text[CONFIG_LOCATION_SIZE] = '\0';
	refuse_port("location", text, "the value is longer than 159 bytes", "");
	refuse_port(
		"location", "packet: eth0", "\"packet: eth0\" is not one word without blanks", "");
	refuse_port(
		"location", "packet:\teth0", "\"packet:?eth0\" is not one word without blanks", "");
}
END_TEST

START_TEST(ports_have_settings)
{
	reset();
	set_port("cpu", "0");
	ck_assert_int_eq(port.cpu, 0);
	set_port("cpu", "auto");
	ck_assert_int_eq(port.cpu, CPU_AUTO);
	set_port("queues", "16");
	set_port("pool-objects", "1048576");
	set_port("pool-object-size", "131072");
	set_port("promiscuous", "no");
	set_port("rate-limit", "1Mpps");
	ck_assert_uint_eq(port.queues, 16);
	ck_assert_uint_eq(port.pool_objects, 1048576);
	ck_assert_uint_eq(port.pool_object_size, 131072);
	ck_assert(!port.promiscuous);
	ck_assert_uint_eq(port.rate_limit.value_milli, 1000000000);
	refuse_port("cpu", "1024", "\"1024\" is not a whole number from 0 to 1023 or auto", "");
	refuse_port("queues", "17", "\"17\" is not a whole number from 1 to 16", "");
	refuse_port("queues", "0", "\"0\" is not a whole number from 1 to 16", "");
	refuse_port("pool-objects", "63", "\"63\" is not a whole number from 64 to 1048576", "");
	refuse_port("pool-object-size", "2047",
		"\"2047\" is not a whole number from 2048 to 131072", "");
}
END_TEST

START_TEST(metrics_addresses)
{
	static const char *const good[] = {"127.0.0.1:1", "0.0.0.0:65535", "[::1]:10478",
		"[2001:db8:1111:2222:3333:4444:5555:6666]:65535"};
	static const char *const bad[] = {"10478", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536",
		"localhost:80", "::1:80", "[::1]", "[::1:80", "[127.0.0.1]:80", ":80", "[]:80",
		"[:80", "127.0.0.1:80 ", "127.0.0.1:+80"};

	reset();
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(config_daemon_set(&daemon_config, "metrics", good[i], &err), 0);
		ck_assert_str_eq(daemon_config.metrics, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char message[128];

		snprintf(message, sizeof(message), "\"%s\" is not an address with a port", bad[i]);
		refuse_daemon(
			"metrics", bad[i], message, "write 127.0.0.1:10478, [::1]:10478 or none");
	}
	ck_assert_int_eq(config_daemon_set(&daemon_config, "metrics", "none", &err), 0);
	ck_assert_str_eq(daemon_config.metrics, "");
}
END_TEST

START_TEST(paths_fit_a_socket_address)
{
	char path[109];

	reset();
	memset(path, '/', sizeof(path));
	path[107] = '\0';
	ck_assert_int_eq(config_daemon_set(&daemon_config, "socket", path, &err), 0);
	path[107] = '/';
	path[108] = '\0';
	refuse_daemon("socket", path, "the value is longer than 107 bytes", "");
	ck_assert_int_eq(config_daemon_set(&daemon_config, "group", "pktgend", &err), 0);
	ck_assert_str_eq(daemon_config.group, "pktgend");
}
END_TEST

START_TEST(long_values_make_whole_messages)
{
	static char value[4096];

	reset();
	memset(value, 0xc3, sizeof(value) - 1);
	for (size_t i = 1; i < sizeof(value) - 1; i += 2)
		value[i] = (char)0xa4;
	ck_assert_int_eq(config_flow_set(&flow, value, "1", &err), -EINVAL);
	ck_assert_uint_lt(strlen(err.param), sizeof(err.param));
	ck_assert_int_eq(config_flow_set(&flow, "size", value, &err), -EINVAL);
	ck_assert_uint_lt(strlen(err.message), sizeof(err.message));
	ck_assert_int_eq(config_flow_set(&flow, "dst-ip", value, &err), -EINVAL);
}
END_TEST

UNIT_SUITE("config/setting", rows_are_the_options_of_wire_h, keys_take_either_spelling,
	unknown_keys_get_a_hint_in_the_callers_spelling, empty_values_are_missing, sizes_have_ends,
	small_numbers_have_ends, numbers_do_not_spill_into_their_neighbours, fields_take_ranges,
	a_bad_source_mac_does_not_count_as_given, the_other_ip_follows_the_version,
	a_flow_changes_its_ip_version_in_two_steps, names_of_hosts_are_no_addresses,
	rates_and_times, choices_and_booleans, names_and_words, ports_have_settings,
	metrics_addresses, paths_fit_a_socket_address, long_values_make_whole_messages)
