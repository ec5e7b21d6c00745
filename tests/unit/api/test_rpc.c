/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of JSON-RPC 2.0, byte for byte where a client may compare bytes; batches; deferred
 * calls. */
#include "api/rpc.h"
#include "client.h"
#include "json/json.h"
#include "unit.h"

#define OK(id)    "{\"jsonrpc\":\"2.0\",\"result\":{},\"id\":" id "}"
#define RESUME    "\"jsonrpc\":\"2.0\",\"method\":\"traffic.resume\""
#define STOP      "\"jsonrpc\":\"2.0\",\"method\":\"traffic.stop\""
#define CODE(n)   "\"error\":{\"code\":" #n ","
#define REASON(s) "\"reason\":\"" s "\""

/* §7: calls and notifications. */
START_TEST(call_is_answered_on_one_line)
{
	struct client *client = client_new(1);
	client_expect(client, "{" RESUME ",\"id\":1}", OK("1") "\n");
	client_expect(client, " {\"id\":2 , \"params\":{}, " RESUME "}\r", OK("2") "\n");
	client_free(client);
}
END_TEST

START_TEST(notification_runs_and_is_not_answered)
{
	struct client *client = client_new(1);
	client_expect(client, "{" RESUME "}", "");
	ck_assert_uint_eq(client->engine.resumes, 1);
	client_expect(client, "{\"jsonrpc\":\"2.0\",\"method\":\"foobar\"}", "");
	client_expect(client, "{" RESUME ",\"params\":{\"bad\":1}}", "");
	client_expect(client, "{" RESUME ",\"params\":[1]}", "");
	ck_assert_uint_eq(client->engine.resumes, 1);
	ck_assert_uint_eq(client->done, 4);
	ck_assert_uint_eq(client->peer.message_count, 0);
	client_free(client);
}
END_TEST

/* §5: the id of the answer is that of the request. */
START_TEST(id_is_echoed_exactly)
{
	struct client *client = client_new(1);
	static const char *const ids[] = {"0", "-1", "18446744073709551615", "9007199254740993",
		"123456789012345678901234567890", "1.50", "1e3", "-0", "\"\"", "\"a\\\"b\"",
		"\"\xc3\xa9\"", "\"\\u0001\"", "null"};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char request[256], answer[256];

		snprintf(request, sizeof(request), "{" RESUME ",\"id\":%s}", ids[i]);
		snprintf(answer, sizeof(answer), OK("%s") "\n", ids[i]);
		client_expect(client, request, answer);
	}
	client_free(client);
}
END_TEST

START_TEST(id_of_another_type_is_an_invalid_request)
{
	struct client *client = client_new(1);
	static const char *const ids[] = {"true", "false", "[]", "[1]", "{}", "{\"a\":1}"};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char request[256];

		snprintf(request, sizeof(request), "{" RESUME ",\"id\":%s}", ids[i]);
		client_expect(client, request,
			"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,"
			"\"message\":\"\\\"id\\\" must be a string, a number or null\","
			"\"data\":{\"reason\":\"invalid\",\"param\":\"\",\"hint\":\"\"}},"
			"\"id\":null}\n");
	}
	ck_assert_uint_eq(client->engine.resumes, 0);
	client_free(client);
}
END_TEST

START_TEST(unknown_method)
{
	struct client *client = client_new(1);
	client_expect(client, "{\"jsonrpc\":\"2.0\",\"method\":\"foobar\",\"id\":\"1\"}",
		"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32601,"
		"\"message\":\"there is no method \\\"foobar\\\"\",\"data\":{\"reason\":"
		"\"not-found\",\"param\":\"\",\"hint\":\"rpc.discover lists all methods\"}},"
		"\"id\":\"1\"}\n");
	client_expect_part(client, "{\"jsonrpc\":\"2.0\",\"method\":\"trafic.resume\",\"id\":1}",
		"did you mean \\\"traffic.resume\\\"?");
	/* Names are compared exactly. */
	client_expect_part(client, "{\"jsonrpc\":\"2.0\",\"method\":\"Traffic.Resume\",\"id\":1}",
		CODE(-32601));
	client_expect_part(client, "{\"jsonrpc\":\"2.0\",\"method\":\"\",\"id\":1}", CODE(-32601));
	client_free(client);
}
END_TEST

START_TEST(text_that_is_no_json)
{
	struct client *client = client_new(1);
	static const char *const texts[] = {"", " ", "{", "}", "nul", "\"",
		"{\"jsonrpc\": \"2.0\", \"method\": \"foobar, \"params\": \"bar\", \"baz]",
		"[{" RESUME ",\"id\":1},{\"jsonrpc\":\"2.0\",\"method\"", "{" RESUME ",\"id\":01}",
		"{" RESUME ",\"id\":1}{" RESUME ",\"id\":2}", "{" RESUME ",\"id\":1,\"id\":2}",
		"{" RESUME ",\"id\":\"\xff\"}", "{" RESUME ",\"id\":\"\\u0000\"}", "\xff\xfe\x01"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		client_expect_part(client, texts[i], CODE(-32700) "\"message\":\"bad JSON at byte");
		client_expect_part(client, texts[i], ",\"id\":null}\n");
	}
	ck_assert_uint_eq(client->engine.resumes, 0);
	client_free(client);
}
END_TEST

START_TEST(json_that_is_no_request)
{
	struct client *client = client_new(1);
	static const char *const texts[] = {"1", "\"x\"", "null", "true", "{}", "{\"foo\":\"boo\"}",
		"{\"jsonrpc\":\"2.0\",\"method\":1,\"params\":\"bar\"}", "{\"jsonrpc\":\"2.0\"}",
		"{\"method\":\"traffic.resume\"}",
		"{\"jsonrpc\":2.0,\"method\":\"traffic.resume\"}",
		"{\"jsonrpc\":\"1.0\",\"method\":\"traffic.resume\"}",
		"{\"JSONRPC\":\"2.0\",\"method\":\"traffic.resume\"}",
		"{\"jsonrpc\":\"2.0\",\"Method\":\"traffic.resume\"}", "{" RESUME ",\"params\":1}",
		"{" RESUME ",\"params\":null}", "{" RESUME ",\"params\":\"bar\"}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		client_expect_part(client, texts[i], CODE(-32600));
		client_expect_part(client, texts[i], ",\"id\":null}\n");
	}
	/* An id that can be told is echoed. */
	client_expect_part(client, "{\"jsonrpc\":\"2.0\",\"id\":7}", "},\"id\":7}\n");
	ck_assert_uint_eq(client->engine.resumes, 0);
	client_free(client);
}
END_TEST

START_TEST(misspelled_member_is_refused)
{
	struct client *client = client_new(1);
	client_expect(client, "{" RESUME ",\"parms\":{\"ports\":[\"p0\"]},\"id\":1}",
		"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,"
		"\"message\":\"a request has no member \\\"parms\\\"\",\"data\":{\"reason\":"
		"\"invalid\",\"param\":\"\",\"hint\":\"did you mean "
		"\\\"params\\\"?\"}},\"id\":1}\n");
	ck_assert_uint_eq(client->engine.resumes, 0);
	client_free(client);
}
END_TEST

START_TEST(bad_parameters)
{
	struct client *client = client_new(1);
	client_expect(client, "{" RESUME ",\"params\":[\"p0\"],\"id\":1}",
		"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602,"
		"\"message\":\"parameters are given by name "
		"only\",\"data\":{\"reason\":\"invalid\","
		"\"param\":\"\",\"hint\":\"make \\\"params\\\" an object\"}},\"id\":1}\n");
	client_expect_part(client, "{" RESUME ",\"params\":[],\"id\":1}", CODE(-32602));
	client_expect(client, "{" RESUME ",\"params\":{\"port\":\"p0\"},\"id\":1}",
		"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602,\"message\":\"no such parameter\","
		"\"data\":{\"reason\":\"invalid\",\"param\":\"port\","
		"\"hint\":\"did you mean \\\"ports\\\"?\"}},\"id\":1}\n");
	ck_assert_uint_eq(client->engine.resumes, 0);
	client_free(client);
}
END_TEST

START_TEST(own_errors_have_the_code_of_their_reason)
{
	struct client *client = client_new(1);
	client->engine.fails = "the device is on fire";
	client_expect(client, "{" RESUME ",\"id\":1}",
		"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32010,"
		"\"message\":\"the device is on fire\",\"data\":{\"reason\":\"device\","
		"\"param\":\"ports\",\"hint\":\"\"}},\"id\":1}\n");
	client_expect_part(client, "{" STOP ",\"id\":1}", CODE(-32005));
	ck_assert_int_eq(ERROR_DEVICE, 10);
	ck_assert_int_eq(ERROR_NOT_RUNNING, 5);
	client_free(client);
}
END_TEST

/* Names of any length and kind come back in texts that are cut: the line must stay one JSON text.
 */
START_TEST(answers_are_json_whatever_is_quoted)
{
	struct client *client = client_new(1);
	static const char *const units[] = {
		"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\xa7", "\\n", "\\u0007", "\\\""};
	static char text[20000], answer[4096];

	for (size_t i = 0; i < 3 * sizeof(units) / sizeof(units[0]); i++) {
		static const char *const shapes[] = {
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"",
			"{" RESUME ",\"id\":1,\"params\":{\"",
			"{" RESUME ",\"id\":1,\"",
		};
		static const char *const ends[] = {"\"}", "\":1}}", "\":1}"};

		for (size_t len = 1; len < 600; len += 1 + len / 40) {
			struct error err;
			cJSON *tree;

			text[0] = '\0';
			strcat(text, shapes[i % 3]);
			for (size_t n = 0; n < len; n++)
				strcat(text, units[i / 3]);
			strcat(text, ends[i % 3]);
			client_send(client, text);
			client_take(client, answer, sizeof(answer));
			ck_assert_ptr_eq(strchr(answer, '\n'), answer + strlen(answer) - 1);
			tree = json_parse(answer, strlen(answer), &err);
			ck_assert_msg(tree != NULL, "%s: %s", err.message, answer);
			cJSON_Delete(tree);
		}
	}
	client_free(client);
}
END_TEST

/* §6 */
START_TEST(batch_is_answered_as_one_array)
{
	struct client *client = client_new(1);
	client_expect(client, "[{" RESUME ",\"id\":1},{" RESUME ",\"id\":2}]",
		"[" OK("1") "," OK("2") "]\n");
	client_expect(client, "[{" RESUME ",\"id\":1}]", "[" OK("1") "]\n");
	client_expect(client, "[{" RESUME "},{" RESUME ",\"id\":\"x\"},{" RESUME "}]",
		"[" OK("\"x\"") "]\n");
	ck_assert_uint_eq(client->engine.resumes, 6);
	client_free(client);
}
END_TEST

START_TEST(batch_of_notifications_is_not_answered)
{
	struct client *client = client_new(1);
	client_expect(client, "[{" RESUME "},{" RESUME "}]", "");
	ck_assert_uint_eq(client->engine.resumes, 2);
	ck_assert_uint_eq(client->done, 1);
	client_free(client);
}
END_TEST

START_TEST(empty_batch_is_one_error)
{
	struct client *client = client_new(1);
	client_expect(client, "[]",
		"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,"
		"\"message\":\"a batch needs at least one call\",\"data\":{\"reason\":\"invalid\","
		"\"param\":\"\",\"hint\":\"\"}},\"id\":null}\n");
	client_free(client);
}
END_TEST

START_TEST(batch_of_nonsense_is_an_error_for_each)
{
	struct client *client = client_new(1);
#define NO_OBJECT \
	"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600," \
	"\"message\":\"a request is an object\",\"data\":{\"reason\":\"invalid\"," \
	"\"param\":\"\",\"hint\":\"\"}},\"id\":null}"
	client_expect(client, "[1]", "[" NO_OBJECT "]\n");
	client_expect(client, "[1,\"2\",[3]]", "[" NO_OBJECT "," NO_OBJECT "," NO_OBJECT "]\n");
	client_expect(client, "[[],{" RESUME ",\"id\":1}]", "[" NO_OBJECT "," OK("1") "]\n");
	client_free(client);
}
END_TEST

/* A batch of n notifications that resume, and one call. */
static void send_batch(struct client *client, size_t n)
{
	static char text[8192];

	strcpy(text, "[");
	for (size_t i = 0; i < n; i++)
		strcat(text, "{" RESUME "},");
	strcat(text, "{" RESUME ",\"id\":1}]");
	client_send(client, text);
}

START_TEST(batch_has_a_limit)
{
	struct client *client = client_new(1);
	char answer[1024];

	send_batch(client, WIRE_BATCH_MAX - 1);
	ck_assert_str_eq(client_take(client, answer, sizeof(answer)), "[" OK("1") "]\n");
	ck_assert_uint_eq(client->engine.resumes, WIRE_BATCH_MAX);

	send_batch(client, WIRE_BATCH_MAX);
	client_take(client, answer, sizeof(answer));
	ck_assert_ptr_nonnull(strstr(answer,
		"{\"jsonrpc\":\"2.0\"," CODE(-32011) "\"message\":\"33 calls are too many for a "
						     "batch, at most 32 are allowed\""));
	ck_assert_uint_eq(client->engine.resumes, WIRE_BATCH_MAX);
	client_free(client);
}
END_TEST

START_TEST(batch_with_long_answers_is_cut_short)
{
	struct client *client = client_new(WIRE_PORTS_MAX);
	static char text[4 * RPC_ANSWER_MAX];
	unsigned before;
	size_t len;

	strcpy(text, "[");
	for (int i = 0; i < WIRE_BATCH_MAX - 1; i++)
		strcat(text, "{\"jsonrpc\":\"2.0\",\"method\":\"stats.get\",\"id\":1},");
	strcat(text, "{" RESUME "}]");
	client_send(client, text);
	len = evbuffer_get_length(client->answers);
	before = client->engine.snapshots;
	ck_assert_uint_gt(len, RPC_ANSWER_MAX);
	ck_assert_uint_lt(len, RPC_ANSWER_MAX + 100000);
	ck_assert_uint_lt(before, WIRE_BATCH_MAX - 1);
	ck_assert_uint_eq(client->engine.resumes, 0);
	client_take(client, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "the answers to this batch are too long already"));
	ck_assert_str_eq(text + strlen(text) - 3, "}]\n");
	client_free(client);
}
END_TEST

START_TEST(nesting_has_a_limit)
{
	struct client *client = client_new(1);
	char text[256] = "";

	for (int i = 0; i < JSON_DEPTH_MAX + 1; i++)
		strcat(text, "[");
	for (int i = 0; i < JSON_DEPTH_MAX + 1; i++)
		strcat(text, "]");
	client_expect_part(client, text, CODE(-32700));
	/* One level less is JSON, if no request. */
	memmove(text, text + 1, strlen(text));
	text[strlen(text) - 1] = '\0';
	client_expect_part(client, text, CODE(-32600));
	client_free(client);
}
END_TEST

START_TEST(deferred_call_is_answered_when_it_is_done)
{
	struct client *client = client_new(1);
	char answer[4096];

	client->engine.running = true;
	client_expect(client, "{" STOP ",\"id\":1}", "");
	ck_assert_uint_eq(client->peer.message_count, 1);
	client_expect(client, "{" RESUME ",\"id\":2}", OK("2") "\n"); /* overtakes */
	fake_engine_complete(&client->engine);
	client_take(client, answer, sizeof(answer));
	ck_assert_ptr_eq(strstr(answer, "{\"jsonrpc\":\"2.0\",\"result\":{\"time_ns\":"), answer);
	ck_assert_ptr_nonnull(strstr(answer, "\"frames_tx\":9007199254740993"));
	ck_assert_ptr_nonnull(strstr(answer, "},\"id\":1}\n"));
	ck_assert_uint_eq(client->peer.message_count, 0);
	ck_assert_uint_eq(client->engine.cancels, 0);
	client_free(client);
}
END_TEST

START_TEST(deferred_call_may_be_done_at_once)
{
	struct client *client = client_new(1);
	client->engine.running = true;
	client->engine.ends_at_once = true;
	client_expect_part(client, "{" STOP ",\"id\":1}", "},\"id\":1}\n");
	client_expect_part(client, "[{" STOP ",\"id\":1},{" STOP ",\"id\":2}]", "},\"id\":2}]\n");
	client_expect(client, "{" STOP "}", "");
	ck_assert_uint_eq(client->peer.message_count, 0);
	ck_assert_uint_eq(client->engine.ends, 4);
	client_free(client);
}
END_TEST

START_TEST(deferred_notification_is_not_answered)
{
	struct client *client = client_new(1);
	client->engine.running = true;
	client_expect(client, "{" STOP "}", "");
	ck_assert_uint_eq(client->peer.message_count, 1);
	fake_engine_complete(&client->engine);
	ck_assert_uint_eq(client->peer.message_count, 0);
	ck_assert_uint_eq(client->done, 1);
	ck_assert_uint_eq(evbuffer_get_length(client->answers), 0);
	client_free(client);
}
END_TEST

START_TEST(batch_waits_for_all_of_its_calls)
{
	struct client *client = client_new(1);
	struct error err;
	char answer[16384];
	cJSON *tree;

	client->engine.running = true;
	client_expect(client, "[{" STOP ",\"id\":1},{" RESUME ",\"id\":2},{" STOP "},1]", "");
	client->engine.waiter_count--; /* the silent one, a moment later */
	client->engine.waiters[1].done(client->engine.waiters[1].arg);
	client_expect(client, "{" RESUME ",\"id\":3}", OK("3") "\n");
	fake_engine_complete(&client->engine);
	client_take(client, answer, sizeof(answer));
	tree = json_parse(answer, strlen(answer), &err);
	ck_assert_int_eq(cJSON_GetArraySize(tree), 3);
	cJSON_Delete(tree);
	ck_assert_uint_eq(client->peer.message_count, 0);
	client_free(client);
}
END_TEST

START_TEST(deferred_call_may_fail_at_its_end)
{
	struct client *client = client_new(1);
	client->engine.running = true;
	client_expect(client, "{" STOP ",\"params\":{\"ports\":[\"p0\"]},\"id\":1}", "");
	client->engine.port_count = 0; /* removed meanwhile */
	fake_engine_complete(&client->engine);
	client_expect_part(client, "{" RESUME "}", CODE(-32002));
	client_free(client);
}
END_TEST

START_TEST(peer_that_goes_away_is_forgotten)
{
	struct client *client = client_new(1);
	client->engine.running = true;
	client_expect(client, "[{" STOP ",\"id\":1},{" STOP "},{" RESUME ",\"id\":2}]", "");
	client_expect(client, "{" STOP ",\"id\":2}", "");
	ck_assert_uint_eq(client->engine.waiter_count, 3);
	rpc_peer_fini(&client->peer);
	ck_assert_uint_eq(client->engine.cancels, 3);
	ck_assert_uint_eq(client->engine.waiter_count, 0);
	ck_assert_uint_eq(client->peer.message_count, 0);
	ck_assert_uint_eq(client->done, 0);
	client_free(client);
}
END_TEST

START_TEST(refusal_is_one_line)
{
	struct client *client = client_new(1);
	struct error err;
	char line[1024];

	error_set(&err, EMFILE, ERROR_LIMIT, NULL, "enough");
	rpc_refuse(client->answers, &err);
	ck_assert_str_eq(client_take(client, line, sizeof(line)),
		"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32011,\"message\":\"enough\",\"data\":{"
		"\"reason\":\"limit\",\"param\":\"\",\"hint\":\"\"}},\"id\":null}\n");
	client_free(client);
}
END_TEST

UNIT_SUITE("api/rpc", call_is_answered_on_one_line, notification_runs_and_is_not_answered,
	id_is_echoed_exactly, id_of_another_type_is_an_invalid_request, unknown_method,
	text_that_is_no_json, json_that_is_no_request, misspelled_member_is_refused, bad_parameters,
	own_errors_have_the_code_of_their_reason, answers_are_json_whatever_is_quoted,
	batch_is_answered_as_one_array, batch_of_notifications_is_not_answered,
	empty_batch_is_one_error, batch_of_nonsense_is_an_error_for_each, batch_has_a_limit,
	batch_with_long_answers_is_cut_short, nesting_has_a_limit,
	deferred_call_is_answered_when_it_is_done, deferred_call_may_be_done_at_once,
	deferred_notification_is_not_answered, batch_waits_for_all_of_its_calls,
	deferred_call_may_fail_at_its_end, peer_that_goes_away_is_forgotten, refusal_is_one_line)
