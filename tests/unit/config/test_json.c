/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows and ports through JSON: there and back again, and what is refused on the way. */
#include "config/config.h"
#include "json/json.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static struct error err;

static cJSON *parse(const char *text)
{
	cJSON *tree = json_parse(text, strlen(text), &err);

	ck_assert_msg(tree != NULL, "%s: %s", text, err.message);
	return tree;
}

static int flow_from(const char *text, struct config_flow *flow)
{
	cJSON *object = parse(text);
	int rc = config_flow_set_json(flow, object, &err);

	cJSON_Delete(object);
	return rc;
}

static void refuse_flow(const char *text, const char *param, const char *message, const char *hint)
{
	struct config_flow flow, before;

	config_flow_init(&flow);
	memcpy(&before, &flow, sizeof(flow));
	ck_assert_int_eq(flow_from(text, &flow), -EINVAL);
	ck_assert_int_eq(err.reason, ERROR_INVALID);
	ck_assert_str_eq(err.param, param);
	ck_assert_str_eq(err.message, message);
	ck_assert_str_eq(err.hint, hint);
	ck_assert_mem_eq(&before, &flow, sizeof(flow));
}

static void expect_same_field(const struct field *a, const struct field *b)
{
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_uint_eq(a->hi, b->hi);
	ck_assert_uint_eq(a->first, b->first);
	ck_assert_uint_eq(a->last, b->last);
	ck_assert_uint_eq(a->seed, b->seed);
}

static void expect_same_rate(const struct rate *a, const struct rate *b)
{
	ck_assert_int_eq(a->unit, b->unit);
	ck_assert_uint_eq(a->value_milli, b->value_milli);
}

static void expect_same_frame(const struct frame_spec *a, const struct frame_spec *b)
{
	ck_assert_uint_eq(a->size, b->size);
	expect_same_field(&a->dst_mac, &b->dst_mac);
	expect_same_field(&a->src_mac, &b->src_mac);
	ck_assert_int_eq(a->vlan, b->vlan);
	ck_assert_uint_eq(a->vlan_priority, b->vlan_priority);
	ck_assert_int_eq(a->ip_version, b->ip_version);
	expect_same_field(&a->src_ip, &b->src_ip);
	expect_same_field(&a->dst_ip, &b->dst_ip);
	ck_assert_uint_eq(a->ttl, b->ttl);
	ck_assert_uint_eq(a->dscp, b->dscp);
	expect_same_field(&a->src_port, &b->src_port);
	expect_same_field(&a->dst_port, &b->dst_port);
	ck_assert_int_eq(a->signature, b->signature);
	ck_assert_uint_eq(a->flow, b->flow);
}

static void expect_same_flow(const struct config_flow *a, const struct config_flow *b)
{
	ck_assert_str_eq(a->name, b->name);
	ck_assert_str_eq(a->port, b->port);
	expect_same_frame(&a->frame, &b->frame);
	ck_assert_int_eq(a->src_mac_set, b->src_mac_set);
	ck_assert_int_eq(a->src_ip_version, b->src_ip_version);
	ck_assert_int_eq(a->dst_ip_version, b->dst_ip_version);
	ck_assert_int_eq(a->metrics, b->metrics);
	ck_assert_int_eq(a->autostart, b->autostart);
	expect_same_rate(&a->rate, &b->rate);
	ck_assert_int_eq(a->rate_layer, b->rate_layer);
	ck_assert_uint_eq(a->count, b->count);
	ck_assert_uint_eq(a->duration_ns, b->duration_ns);
	ck_assert_uint_eq(a->burst, b->burst);
	ck_assert_int_eq(a->build, b->build);
	ck_assert_int_eq(a->alloc, b->alloc);
	ck_assert_int_eq(a->on_full, b->on_full);
}

/* Through the tree itself, and through its text. */
static void expect_flow_comes_back(const struct config_flow *flow)
{
	cJSON *object = config_flow_to_json(flow), *parsed;
	char *text = cJSON_PrintUnformatted(object);
	struct config_flow back;

	config_flow_init(&back);
	ck_assert_msg(config_flow_set_json(&back, object, &err) == 0, "%s: %s: %s", text, err.param,
		err.message);
	expect_same_flow(flow, &back);
	config_flow_init(&back);
	parsed = parse(text);
	ck_assert_int_eq(config_flow_set_json(&back, parsed, &err), 0);
	expect_same_flow(flow, &back);
	cJSON_Delete(parsed);
	cJSON_Delete(object);
	cJSON_free(text);
}

START_TEST(every_setting_of_a_flow_comes_back)
{
	static const char *const rows[][2] = {
		{"name", "f0"},
		{"port", "p0"},
		{"autostart", "yes"},
		{"size", "65549"},
		{"dst-mac", "random(02:00:00:00:00:01-02:00:00:00:ff:ff,9)"},
		{"src-mac", "02:00:00:00:00:01-02:00:00:00:00:07"},
		{"vlan", "4094"},
		{"vlan", "none"},
		{"vlan-priority", "7"},
		{"src-ip", "10.0.0.1-10.0.0.9"},
		{"src-ip", "2001:db8::1"},
		{"dst-ip", "random(10.0.0.1-10.0.0.9,18446744073709551615)"},
		{"dst-ip", "2001:db8::1-2001:db8::ffff:ffff:ffff:ffff"},
		{"ttl", "1"},
		{"dscp", "63"},
		{"src-port", "0-65535"},
		{"dst-port", "random(1-2,3)"},
		{"metrics", "yes"},
		{"rate", "1.5Gbit"},
		{"rate", "33.333%"},
		{"rate", "0.001pps"},
		{"rate-layer", "l2"},
		{"count", "18446744073709551615"},
		{"count", "9007199254740993"},
		{"duration", "1ns"},
		{"duration", "18446744073709551615ns"},
		{"burst", "512"},
		{"build", "zerocopy"},
		{"alloc", "heap"},
		{"on-full", "drop"},
	};
	struct config_flow one, all;

	config_flow_init(&all);
	expect_flow_comes_back(&all);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		config_flow_init(&one);
		ck_assert_int_eq(config_flow_set(&one, rows[i][0], rows[i][1], &err), 0);
		ck_assert_int_eq(config_flow_set(&all, rows[i][0], rows[i][1], &err), 0);
		expect_flow_comes_back(&one);
	}
	expect_flow_comes_back(&all);
}
END_TEST

START_TEST(every_setting_of_a_port_comes_back)
{
	static const char *const rows[][2] = {{"name", "p0"}, {"location", "packet:eth0"},
		{"cpu", "3"}, {"queues", "4"}, {"pool-objects", "64"}, {"pool-object-size", "4096"},
		{"promiscuous", "no"}, {"rate-limit", "1Mpps"}};
	struct config_port port, back;
	cJSON *object;

	config_port_init(&port);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(config_port_set(&port, rows[i][0], rows[i][1], &err), 0);
		config_port_init(&back);
		object = config_port_to_json(&port);
		ck_assert_int_eq(config_port_set_json(&back, object, &err), 0);
		cJSON_Delete(object);
		ck_assert_str_eq(port.name, back.name);
		ck_assert_str_eq(port.location, back.location);
		ck_assert_int_eq(port.cpu, back.cpu);
		ck_assert_uint_eq(port.queues, back.queues);
		ck_assert_uint_eq(port.pool_objects, back.pool_objects);
		ck_assert_uint_eq(port.pool_object_size, back.pool_object_size);
		ck_assert_int_eq(port.promiscuous, back.promiscuous);
		expect_same_rate(&port.rate_limit, &back.rate_limit);
	}
}
END_TEST

START_TEST(json_has_the_types_that_people_expect)
{
	struct config_flow flow;
	struct config_port port;
	cJSON *object;
	char *text;

	config_flow_init(&flow);
	config_flow_set(&flow, "name", "f0", &err);
	config_flow_set(&flow, "rate", "100kpps", &err);
	config_flow_set(&flow, "count", "9007199254740993", &err);
	object = config_flow_to_json(&flow);
	text = cJSON_PrintUnformatted(object);
	ck_assert_str_eq(text,
		"{\"name\":\"f0\",\"autostart\":false,\"size\":60,"
		"\"dst_mac\":\"02:00:00:00:00:01\",\"vlan\":\"none\",\"vlan_priority\":0,"
		"\"ttl\":64,\"dscp\":0,\"src_port\":49152,\"dst_port\":9,\"metrics\":false,"
		"\"rate\":\"100kpps\",\"rate_layer\":\"l1\",\"count\":9007199254740993,"
		"\"burst\":64,\"build\":\"copy\",\"alloc\":\"pool\",\"on_full\":\"retry\"}");
	cJSON_free(text);
	cJSON_Delete(object);
	config_port_init(&port);
	object = config_port_to_json(&port);
	text = cJSON_PrintUnformatted(object);
	ck_assert_str_eq(text,
		"{\"cpu\":\"auto\",\"queues\":1,\"pool_objects\":1024,\"pool_object_size\":2048,"
		"\"promiscuous\":true,\"rate_limit\":\"max\"}");
	cJSON_free(text);
	cJSON_Delete(object);
}
END_TEST

START_TEST(values_may_be_strings_numbers_or_booleans)
{
	struct config_flow flow;

	config_flow_init(&flow);
	ck_assert_int_eq(flow_from("{\"size\":64,\"burst\":\"32\",\"rate\":1000,\"duration\":1.5,"
				   "\"metrics\":true,\"autostart\":\"yes\",\"vlan\":7,"
				   "\"src_port\":1024,\"dst-port\":\"1-9\",\"build\":\"generate\"}",
				 &flow),
		0);
	ck_assert_uint_eq(flow.frame.size, 64);
	ck_assert_uint_eq(flow.burst, 32);
	ck_assert_int_eq(flow.rate.unit, RATE_PPS);
	ck_assert_uint_eq(flow.rate.value_milli, 1000000);
	ck_assert_uint_eq(flow.duration_ns, 1500000000);
	ck_assert(flow.metrics && flow.autostart);
	ck_assert_int_eq(flow.frame.vlan, 7);
	ck_assert_uint_eq(flow.frame.src_port.first, 1024);
	ck_assert_uint_eq(flow.frame.dst_port.last, 9);
	ck_assert_int_eq(flow.build, POLICY_BUILD_GENERATE);
	ck_assert_int_eq(flow_from("{\"metrics\":false}", &flow), 0);
	ck_assert(!flow.metrics);
	ck_assert_uint_eq(flow.frame.size, 64);
	ck_assert_int_eq(flow_from("{}", &flow), 0);
}
END_TEST

START_TEST(wrong_types_are_refused)
{
	refuse_flow("{\"size\":true}", "size", "the value must be a number or a string", "");
	refuse_flow("{\"size\":null}", "size", "the value must be a number or a string", "");
	refuse_flow("{\"size\":[60]}", "size", "the value must be a number or a string", "");
	refuse_flow("{\"size\":{}}", "size", "the value must be a number or a string", "");
	refuse_flow("{\"metrics\":1}", "metrics", "the value must be a boolean or a string", "");
	refuse_flow("{\"name\":5}", "name", "the value must be a string", "");
	refuse_flow("{\"build\":0}", "build", "the value must be a string", "");
	refuse_flow("{\"src_ip\":10}", "src_ip", "the value must be a string", "");
	refuse_flow("[]", "", "a flow must be a JSON object", "");
	refuse_flow("\"size\"", "", "a flow must be a JSON object", "");
	refuse_flow("null", "", "a flow must be a JSON object", "");
}
END_TEST

START_TEST(bad_members_change_nothing)
{
	refuse_flow("{\"size\":64,\"burts\":5}", "burts", "no such setting of a flow",
		"did you mean \"burst\"?");
	refuse_flow("{\"size\":64,\"dst_mca\":5}", "dst_mca", "no such setting of a flow",
		"did you mean \"dst_mac\"?");
	refuse_flow("{\"size\":64,\"burst\":0}", "burst",
		"\"0\" is not a whole number from 1 to 512", "");
	refuse_flow(
		"{\"size\":60.0}", "size", "\"60.0\" is not a whole number from 60 to 65549", "");
	refuse_flow("{\"size\":1e2}", "size", "\"1e2\" is not a whole number from 60 to 65549", "");
	refuse_flow("{\"size\":-60}", "size", "\"-60\" is not a whole number from 60 to 65549", "");
	refuse_flow("{\"size\":\"\"}", "size", "a value is missing", "");
	refuse_flow("{\"count\":18446744073709551616}", "count",
		"\"18446744073709551616\" is not a whole number from 1 to 18446744073709551615",
		"");
	refuse_flow("{\"dst_port\":1,\"dst-port\":2}", "dst-port", "given twice", "");
	refuse_flow("{\"name\":\"a\\nb\"}", "name", "\"a?b\" is not a name",
		"1 to 31 of A-Z a-z 0-9 _ . -, beginning with a letter or digit");
}
END_TEST

START_TEST(a_bad_port_changes_nothing)
{
	cJSON *object = parse("{\"name\":\"p0\",\"location\":\"null:\",\"queues\":99}");
	struct config_port port;

	config_port_init(&port);
	ck_assert_int_eq(config_port_set_json(&port, object, &err), -EINVAL);
	ck_assert_str_eq(err.param, "queues");
	ck_assert_str_eq(port.name, "");
	ck_assert_str_eq(port.location, "");
	cJSON_Delete(object);
	object = parse("7");
	ck_assert_int_eq(config_port_set_json(&port, object, &err), -EINVAL);
	ck_assert_str_eq(err.message, "a port must be a JSON object");
	cJSON_Delete(object);
}
END_TEST

UNIT_SUITE("config/json", every_setting_of_a_flow_comes_back, every_setting_of_a_port_comes_back,
	json_has_the_types_that_people_expect, values_may_be_strings_numbers_or_booleans,
	wrong_types_are_refused, bad_members_change_nothing, a_bad_port_changes_nothing)
