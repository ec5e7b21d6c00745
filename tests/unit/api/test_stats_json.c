/* SPDX-License-Identifier: BSD-2-Clause */
/* The document of a snapshot: every row of the table, exact numbers, filters. */
#include "api/stats_json.h"
#include "fake_engine.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct engine engine;

static cJSON *document(const struct stats_json_filter *filter)
{
	struct stats_snapshot *snapshot = engine_snapshot(&engine);
	struct error err;
	cJSON *made;
	int rc = stats_json_new(snapshot, filter, &made, &err);

	ck_assert_msg(rc == 0, "%s", err.message);
	engine_snapshot_free(snapshot);
	return made;
}

/* The names of the ports and flows in a document: "p0,p1/f0". */
static const char *names(const struct stats_json_filter *filter)
{
	cJSON *made = document(filter);
	static char text[256];
	const cJSON *item;

	text[0] = '\0';
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(made, "ports"))
	{
		strcat(text, cJSON_GetObjectItemCaseSensitive(item, "name")->valuestring);
		strcat(text, item->next ? "," : "");
	}
	strcat(text, "/");
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(made, "flows"))
	{
		strcat(text, cJSON_GetObjectItemCaseSensitive(item, "name")->valuestring);
		strcat(text, item->next ? "," : "");
	}
	cJSON_Delete(made);
	return text;
}

START_TEST(every_row_of_the_table_is_there)
{
	const struct stats_json_filter all = {0};
	cJSON *made, *first[2];

	fake_engine_init(&engine, 1);
	engine.flows[0].metrics = true;
	made = document(&all);
	first[STATS_PORT] = cJSON_GetObjectItemCaseSensitive(made, "ports")->child;
	first[STATS_FLOW] = cJSON_GetObjectItemCaseSensitive(made, "flows")->child;
	for (size_t i = 0; i < stats_metric_count; i++) {
		const struct stats_metric *metric = &stats_metrics[i];
		const cJSON *object = first[metric->scope];
		char key[64];

		if (!metric->json_key)
			continue;
		if (metric->json_group)
			object = cJSON_GetObjectItemCaseSensitive(object, metric->json_group);
		ck_assert_msg(cJSON_GetObjectItemCaseSensitive(object, metric->json_key) != NULL,
			"no %s", metric->json_key);
		snprintf(key, sizeof(key), "%s_mean", metric->json_key);
		ck_assert_int_eq(cJSON_GetObjectItemCaseSensitive(object, key) != NULL,
			metric->kind == STATS_GAUGE_RATE);
	}
	cJSON_Delete(made);
}
END_TEST

START_TEST(a_port_in_full)
{
	static const char *const parts[] = {"{\"time_ns\":18446744073709551615,\"ports\":[{",
		"\"name\":\"p0\",\"location\":\"null:\",\"state\":\"running\",",
		"\"link\":\"unknown\",", "\"frames_tx\":9007199254740993,",
		"\"frames_tx_rate\":1.5,\"frames_tx_rate_mean\":2.25,",
		"\"drops\":{\"tx-ring-full\":0,", ",\"tx-error\":7,", "\"rx-too-long\":0}",
		"\"pool\":{\"objects\":1024,\"free\":0,\"exhausted\":0}",
		"\"flows\":[{\"name\":\"f0\",\"port\":\"p0\",\"running\":false,\"frames_tx\":0,"};
	const struct stats_json_filter all = {0};
	cJSON *made;
	char *text;

	fake_engine_init(&engine, 1);
	made = document(&all);
	text = cJSON_PrintUnformatted(made);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		ck_assert_msg(strstr(text, parts[i]) != NULL, "no %s in %s", parts[i], text);
	cJSON_free(text);
	cJSON_Delete(made);
}
END_TEST

START_TEST(what_needs_a_signature_is_not_made_up)
{
	const struct stats_json_filter all = {0};
	cJSON *made;

	fake_engine_init(&engine, 2);
	engine.flows[1].metrics = true;
	made = document(&all);
	ck_assert_ptr_null(cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(made, "flows")->child, "loss"));
	ck_assert_str_eq(
		cJSON_GetObjectItemCaseSensitive(
			cJSON_GetObjectItemCaseSensitive(made, "flows")->child->next, "loss")
			->valuestring,
		"5");
	cJSON_Delete(made);
}
END_TEST

START_TEST(filters)
{
	const char *const p1[] = {"p1"}, *const p20[] = {"p2", "p0"}, *const f1[] = {"f1"};

	fake_engine_init(&engine, 3);
	ck_assert_str_eq(names(&(struct stats_json_filter){0}), "p0,p1,p2/f0,f1,f2");
	ck_assert_str_eq(names(&(struct stats_json_filter){.ports = p1, .port_count = 1}), "p1/f1");
	ck_assert_str_eq(
		names(&(struct stats_json_filter){.ports = p20, .port_count = 2}), "p0,p2/f0,f2");
	ck_assert_str_eq(
		names(&(struct stats_json_filter){.flows = f1, .flow_count = 1}), "p0,p1,p2/f1");
	ck_assert_str_eq(names(&(struct stats_json_filter){
				 .ports = p20, .port_count = 2, .flows = f1, .flow_count = 1}),
		"p0,p2/");
}
END_TEST

START_TEST(unknown_names_are_errors)
{
	const char *const some[] = {"p0", "nothing"};
	const struct stats_json_filter ports = {.ports = some, .port_count = 2};
	const struct stats_json_filter flows = {.flows = some + 1, .flow_count = 1};
	struct stats_snapshot *snapshot;
	cJSON *made = NULL;
	struct error err;

	fake_engine_init(&engine, 1);
	snapshot = engine_snapshot(&engine);
	ck_assert_int_eq(stats_json_new(snapshot, &ports, &made, &err), -ENOENT);
	ck_assert_int_eq(err.reason, ERROR_NOT_FOUND);
	ck_assert_str_eq(err.param, "ports");
	ck_assert_str_eq(err.message, "no port is called \"nothing\"");
	ck_assert_int_eq(stats_json_new(snapshot, &flows, &made, &err), -ENOENT);
	ck_assert_str_eq(err.param, "flows");
	ck_assert_ptr_null(made);
	engine_snapshot_free(snapshot);
}
END_TEST

UNIT_SUITE("api/stats_json", every_row_of_the_table_is_there, a_port_in_full,
	what_needs_a_signature_is_not_made_up, filters, unknown_names_are_errors)
