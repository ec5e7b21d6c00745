/* SPDX-License-Identifier: BSD-2-Clause */
/* The method table itself, and what each of its methods answers over the fake engine. */
#include "api/method.h"
#include "api/param.h"
#include "client.h"
#include "json/json.h"
#include "unit.h"
#include "util/clock.h"

#include <unistd.h>

/* What interface.md promises, and so what a client may call. */
static const char *const promised[] = {"system.hello", "rpc.discover", "port.list", "port.show",
	"port.add", "port.remove", "port.probe", "flow.list", "flow.set", "flow.append",
	"flow.remove", "flow.frame", "traffic.start", "traffic.stop", "traffic.pause",
	"traffic.resume", "capture.start", "capture.stop", "stats.get"};

START_TEST(every_method_is_there_once)
{
	struct error err;

	ck_assert_uint_eq(method_count, sizeof(promised) / sizeof(promised[0]));
	for (size_t i = 0; i < method_count; i++) {
		ck_assert_ptr_nonnull(method_find(promised[i], &err));
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(methods[i].name, methods[j].name);
	}
}
END_TEST

static void check_rows(const struct method_param *params, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char key[PARAM_KEY_SIZE];

		ck_assert_uint_lt(strlen(params[i].name), PARAM_KEY_SIZE);
		ck_assert_uint_gt(strlen(params[i].help), 0);
		ck_assert_uint_eq(params[i].type == PARAM_NAMES || params[i].type == PARAM_OBJECTS,
			params[i].max > 0);
		ck_assert_uint_eq(params[i].type == PARAM_CHOICE, params[i].choice_count > 0);
		ck_assert_uint_eq(params[i].type == PARAM_OBJECTS, params[i].member_count > 0);
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(param_key(&params[i], key), params[j].name);
		check_rows(params[i].members, params[i].member_count);
	}
}

START_TEST(rows_are_complete)
{
	for (size_t i = 0; i < method_count; i++) {
		ck_assert_uint_gt(strlen(methods[i].help), 0);
		ck_assert_uint_gt(strlen(methods[i].result), 0);
		ck_assert_ptr_nonnull(methods[i].handle);
		ck_assert_uint_eq(!methods[i].params, methods[i].param_count == 0);
		check_rows(methods[i].params, methods[i].param_count);
	}
}
END_TEST

START_TEST(what_changes_things_says_so)
{
	for (size_t i = 0; i < method_count; i++) {
		const char *verb = strchr(methods[i].name, '.') + 1;
		bool reads = !strcmp(verb, "hello") || !strcmp(verb, "discover") ||
			     !strcmp(verb, "list") || !strcmp(verb, "show") ||
			     !strcmp(verb, "probe") || !strcmp(verb, "frame") ||
			     !strcmp(verb, "get");

		ck_assert_int_eq(methods[i].access == METHOD_READ, reads);
	}
}
END_TEST

/* The result, or the error, of one call, without what is the same in all of them. */
static const char *call(struct client *client, const char *method, const char *params)
{
	static char text[1 << 17], answer[1 << 17];
	char *end;

	snprintf(text, sizeof(text),
		"{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s,\"id\":1}", method, params);
	client_send(client, text);
	client_take(client, answer, sizeof(answer));
	end = strstr(answer, ",\"id\":1}\n");
	ck_assert_msg(end != NULL, "%s", answer);
	*end = '\0';
	return strchr(answer, ',') + 1;
}

START_TEST(system_hello)
{
	struct client *client = client_new(0);
	char expected[1024];

	client->context.started_ns = clock_now_ns() - 90 * NS_PER_S;
	snprintf(expected, sizeof(expected), ",\"pid\":%d,\"uptime_seconds\":90,", (int)getpid());
	ck_assert_ptr_nonnull(strstr(call(client, "system.hello", "{}"), expected));
	ck_assert_ptr_nonnull(strstr(call(client, "system.hello", "{}"),
		"\"limits\":{\"frame_bytes\":65536,\"depth\":32,\"connections\":64,\"batch\":32,"
		"\"ports\":64,\"flows\":256},\"backends\":[\"packet\",\"null\"],\"capabilities\":["
		"\"system\",\"rpc\",\"port\",\"flow\",\"traffic\",\"capture\",\"stats\"]}"));
	client_free(client);
}
END_TEST

START_TEST(port_list_and_show)
{
	struct client *client = client_new(2);

	ck_assert_str_eq(call(client, "port.list", "{}"),
		"\"result\":{\"ports\":[{\"name\":\"p0\",\"location\":\"null:\",\"state\":"
		"\"configured\",\"link\":\"up\"},{\"name\":\"p1\",\"location\":\"null:\",\"state\":"
		"\"configured\",\"link\":\"up\"}]}");
	ck_assert_ptr_nonnull(strstr(call(client, "port.show", "{\"name\":\"p0\"}"),
		"\"device\":{\"driver\":\"fake\",\"mac\":\"02:00:00:00:00:0a\",\"mtu\":1500,"
		"\"frame_max\":1514,\"speed_mbps\":0,\"queues_max\":1,\"align\":64,\"headroom\":0,"
		"\"features\":\"none\",\"cpus\":[3]}"));
	ck_assert_ptr_nonnull(strstr(call(client, "port.show", "{\"name\":\"p1\"}"),
		"\"link\":\"up\",\"reason\":\"because\",\"settings\":{\"name\":\"p1\","));
	ck_assert_ptr_null(strstr(call(client, "port.show", "{\"name\":\"p1\"}"), "device\""));
	ck_assert_ptr_nonnull(
		strstr(call(client, "port.show", "{\"name\":\"p2\"}"), "\"reason\":\"not-found\""));
	client_free(client);
}
END_TEST

START_TEST(port_add_and_remove)
{
	struct client *client = client_new(0);

	ck_assert_str_eq(call(client, "port.add",
				 "{\"name\":\"n\",\"location\":\"null:\",\"pool_objects\":2048,"
				 "\"promiscuous\":true,\"cpu\":\"auto\"}"),
		"\"result\":{\"name\":\"n\"}");
	ck_assert_uint_eq(client->engine.ports[0].pool_objects, 2048);
	ck_assert(client->engine.ports[0].promiscuous);
	ck_assert_str_eq(
		call(client, "port.remove", "{\"name\":\"n\"}"), "\"result\":{\"name\":\"n\"}");
	ck_assert_uint_eq(client->engine.port_count, 0);

	/* Nothing reaches the engine that the settings do not take. */
	client->engine.adds = 0;
	ck_assert_ptr_nonnull(strstr(call(client, "port.add",
					     "{\"name\":\"n\",\"location\":\"null:\","
					     "\"pool_objects\":1}"),
		"\"param\":\"pool_objects\""));
	ck_assert_ptr_nonnull(
		strstr(call(client, "port.add", "{\"name\":\"-n\",\"location\":\"null:\"}"),
			"\"code\":-32602"));
	ck_assert_ptr_nonnull(strstr(call(client, "port.add",
					     "{\"name\":\"n\",\"location\":\"null:\","
					     "\"rate_limit\":\"x\"}"),
		"\"param\":\"rate_limit\""));
	ck_assert_uint_eq(client->engine.adds, 0);
	client_free(client);
}
END_TEST

START_TEST(port_probe)
{
	struct client *client = client_new(0);

	ck_assert_str_eq(call(client, "port.probe", "{\"location\":\"null:\"}"),
		"\"result\":{\"location\":\"null:\",\"usable\":true,"
		"\"findings\":[\"one: yes\",\"two: no\"]}");
	ck_assert_ptr_nonnull(
		strstr(call(client, "port.probe", "{\"location\":\"bad:\"}"), "\"code\":-32602"));
	client_free(client);
}
END_TEST

START_TEST(flow_set_append_list_and_remove)
{
	struct client *client = client_new(2);

	ck_assert_str_eq(
		call(client, "flow.append", "{\"flows\":[{\"name\":\"a\",\"size\":\"128\"}]}"),
		"\"result\":{\"flows\":[\"a\"]}");
	ck_assert_uint_eq(client->engine.flow_count, 3);
	ck_assert_str_eq(call(client, "flow.set",
				 "{\"flows\":[{\"name\":\"b\",\"count\":"
				 "18446744073709551615},{\"name\":\"c\"}]}"),
		"\"result\":{\"flows\":[\"b\",\"c\"]}");
	ck_assert_uint_eq(client->engine.flow_count, 2);
	ck_assert_uint_eq(client->engine.flows[0].count, UINT64_MAX);
	ck_assert_ptr_nonnull(
		strstr(call(client, "flow.list", "{}"), "\"result\":{\"flows\":[{\"name\":\"b\","));
	ck_assert_ptr_nonnull(
		strstr(call(client, "flow.list", "{}"), "\"count\":18446744073709551615"));
	ck_assert_str_eq(
		call(client, "flow.remove", "{\"name\":\"b\"}"), "\"result\":{\"name\":\"b\"}");
	ck_assert_ptr_nonnull(strstr(
		call(client, "flow.remove", "{\"name\":\"b\"}"), "\"reason\":\"not-found\""));
	ck_assert_uint_eq(client->engine.flow_count, 1);
	client_free(client);
}
END_TEST

START_TEST(flow_set_is_all_or_nothing)
{
	struct client *client = client_new(1);

	ck_assert_ptr_nonnull(
		strstr(call(client, "flow.set",
			       "{\"flows\":[{\"name\":\"a\"},{\"name\":\"b\",\"size\":1}]}"),
			"\"param\":\"flows[1].size\""));
	ck_assert_ptr_nonnull(strstr(call(client, "flow.set",
					     "{\"flows\":[{\"name\":\"a\",\"src_ip\":\"10.0.0.1\","
					     "\"dst_ip\":\"2001:2::1\"}]}"),
		"\"param\":\"flows[0].dst_ip\""));
	ck_assert_uint_eq(client->engine.sets, 0);
	client_free(client);
}
END_TEST

START_TEST(flow_frame)
{
	struct client *client = client_new(1);

	ck_assert_str_eq(call(client, "flow.frame", "{\"name\":\"f0\",\"n\":18446744073709551615}"),
		"\"result\":{\"name\":\"f0\",\"n\":18446744073709551615,\"length\":3,"
		"\"hex\":\"0fa0ff\"}");
	ck_assert_str_eq(call(client, "flow.frame", "{\"name\":\"f0\"}"),
		"\"result\":{\"name\":\"f0\",\"n\":0,\"length\":3,\"hex\":\"0fa000\"}");
	ck_assert_ptr_nonnull(strstr(call(client, "flow.frame", "{\"name\":\"f1\"}"), "not-found"));
	client_free(client);
}
END_TEST

START_TEST(traffic_start_hands_everything_on)
{
	struct client *client = client_new(2);

	ck_assert_str_eq(call(client, "traffic.start", "{}"),
		"\"result\":{\"ports\":[\"p0\",\"p1\"]}"); /* all of them */
	ck_assert_str_eq(client->engine.start, "ports= flows= mode=auto force=0 options=none");
	ck_assert_str_eq(call(client, "traffic.start",
				 "{\"ports\":[\"p0\",\"p1\"],\"flows\":[\"f1\"],\"mode\":\"both\","
				 "\"force\":true,\"size\":60,\"dst_mac\":\"x\"}"),
		"\"result\":{\"ports\":[\"p0\",\"p1\"]}");
	ck_assert_str_eq(client->engine.start, "ports=p0,p1 flows=f1 mode=both force=1 "
					       "options={\"size\":60,\"dst_mac\":\"x\"}");
	ck_assert_str_eq(call(client, "traffic.start", "{\"force\":false}"),
		"\"result\":{\"ports\":[\"p0\",\"p1\"]}");
	ck_assert_str_eq(client->engine.start, "ports= flows= mode=auto force=0 options=none");
	ck_assert_uint_eq(client->engine.starts, 3);

	ck_assert_ptr_nonnull(strstr(call(client, "traffic.start", "{\"name\":\"x\"}"), "-32602"));
	ck_assert_ptr_nonnull(strstr(call(client, "traffic.start", "{\"ports\":[]}"), "-32602"));
	ck_assert_uint_eq(client->engine.starts, 3);
	client_free(client);
}
END_TEST

START_TEST(traffic_stop_and_pause_answer_with_the_ports_that_were_named)
{
	static const char *const ends[] = {"traffic.stop", "traffic.pause"};
	struct client *client = client_new(2);

	client->engine.running = client->engine.ends_at_once = true;
	for (size_t i = 0; i < 2; i++) {
		ck_assert_ptr_nonnull(
			strstr(call(client, ends[i], "{}"), "{\"name\":\"p0\",\"location\""));
		ck_assert_ptr_nonnull(strstr(call(client, ends[i], "{\"ports\":[\"p1\"]}"),
			"\"ports\":[{\"name\":\"p1\",\"location\""));
	}
	ck_assert_ptr_nonnull(strstr(
		call(client, "traffic.stop", "{\"ports\":[\"p9\"]}"), "\"reason\":\"not-found\""));
	client->engine.running = false;
	ck_assert_ptr_nonnull(
		strstr(call(client, "traffic.pause", "{}"), "\"reason\":\"not-running\""));
	ck_assert_str_eq(call(client, "traffic.resume", "{}"), "\"result\":{}");
	client_free(client);
}
END_TEST

#define CAPTURE(state) \
	"\"write\":\"/tmp/a.pcapng\",\"state\":\"" state \
	"\",\"reason\":\"it is so\",\"frames\":3," \
	"\"bytes\":1000,\"filtered\":4,\"dropped\":5,\"missed\":6"

START_TEST(capture_start_hands_everything_on)
{
	struct client *client = client_new(1);

	client->engine.capture_state = ENGINE_CAPTURE_RUNNING;
	ck_assert_str_eq(
		call(client, "capture.start", "{\"port\":\"p0\",\"write\":\"/tmp/a.pcapng\"}"),
		"\"result\":{" CAPTURE("running") ",\"port\":\"p0\"}");
	ck_assert_str_eq(
		client->engine.start, "port=p0 file=/tmp/a.pcapng filter=- snaplen=0 count=0");
	call(client, "capture.start",
		"{\"port\":\"p0\",\"write\":\"/a\",\"filter\":\"udp\",\"snaplen\":64,"
		"\"count\":18446744073709551615}");
	ck_assert_str_eq(client->engine.start,
		"port=p0 file=/a filter=udp snaplen=64 count=18446744073709551615");
	ck_assert_uint_eq(client->engine.captures, 2);
	client_free(client);
}
END_TEST

START_TEST(capture_start_refuses)
{
	struct client *client = client_new(1);

	ck_assert_ptr_nonnull(strstr(call(client, "capture.start", "{\"port\":\"p0\"}"), "-32602"));
	ck_assert_ptr_nonnull(
		strstr(call(client, "capture.start", "{\"write\":\"/a\"}"), "-32602"));
	ck_assert_ptr_nonnull(strstr(
		call(client, "capture.start", "{\"port\":\"p0\",\"write\":\"/a\",\"count\":-1}"),
		"-32602"));
	ck_assert_ptr_nonnull(
		strstr(call(client, "capture.start", "{\"port\":\"p0\",\"write\":\"a\"}"),
			"\"reason\":\"invalid\",\"param\":\"write\",\"hint\":\"begin with /"));
	ck_assert_ptr_nonnull(strstr(
		call(client, "capture.start", "{\"port\":\"p7\",\"write\":\"/a\"}"), "not-found"));
	ck_assert_uint_eq(client->engine.captures, 0);
	client_free(client);
}
END_TEST

START_TEST(capture_stop_tells_the_totals_or_the_failure)
{
	struct client *client = client_new(1);

	client->engine.running = client->engine.ends_at_once = true;
	ck_assert_ptr_null(strstr(call(client, "port.show", "{\"name\":\"p0\"}"), "capture"));
	client->engine.capture_state = ENGINE_CAPTURE_ENDED;
	ck_assert_str_eq(call(client, "capture.stop", "{\"port\":\"p0\"}"),
		"\"result\":{" CAPTURE("ended") ",\"port\":\"p0\"}");
	client->engine.capture_state = ENGINE_CAPTURE_FAILED;
	ck_assert_ptr_nonnull(strstr(call(client, "capture.stop", "{\"port\":\"p0\"}"),
		"\"message\":\"/tmp/a.pcapng: it is so; the file has the first 3 frames, 5 are "
		"missing\",\"data\":{\"reason\":\"internal\",\"param\":\"write\""));
	ck_assert_ptr_nonnull(strstr(call(client, "port.show", "{\"name\":\"p0\"}"),
		"\"capture\":{" CAPTURE("failed") "}"));
	client_free(client);
}
END_TEST

UNIT_SUITE("api/method", every_method_is_there_once, rows_are_complete, what_changes_things_says_so,
	system_hello, port_list_and_show, port_add_and_remove, port_probe,
	flow_set_append_list_and_remove, flow_set_is_all_or_nothing, flow_frame,
	traffic_start_hands_everything_on,
	traffic_stop_and_pause_answer_with_the_ports_that_were_named,
	capture_start_hands_everything_on, capture_start_refuses,
	capture_stop_tells_the_totals_or_the_failure)
