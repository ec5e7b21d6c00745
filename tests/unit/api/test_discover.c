/* SPDX-License-Identifier: BSD-2-Clause */
/* The OpenRPC document against the tables that it is made from. */
#include "api/discover.h"
#include "api/method.h"
#include "api/param.h"
#include "config/wire.h"
#include "json/json.h"
#include "unit.h"

#include <string.h>

static const cJSON *get(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	ck_assert_msg(item != NULL, "no %s", key);
	return item;
}

/* As a client sees it: printed and parsed. */
static cJSON *document_over_the_wire(void)
{
	cJSON *made = discover_document(), *read;
	char *text = cJSON_PrintUnformatted(made);
	struct error err;

	ck_assert_uint_lt(strlen(text), WIRE_FRAME_MAX);
	read = json_parse(text, strlen(text), &err);
	ck_assert_msg(read != NULL, "%s", err.message);
	cJSON_free(text);
	cJSON_Delete(made);
	return read;
}

static void check_param(const cJSON *object, const struct method_param *param)
{
	char key[PARAM_KEY_SIZE];

	ck_assert_str_eq(get(object, "name")->valuestring, param_key(param, key));
	ck_assert_str_eq(get(object, "description")->valuestring, param->help);
	ck_assert_int_eq(cJSON_IsTrue(get(object, "required")), param->required);
	ck_assert(cJSON_IsObject(get(object, "schema")));
	get(get(object, "schema"), "type");
}

START_TEST(every_method_and_parameter_is_named)
{
	cJSON *document = document_over_the_wire();
	const cJSON *list = get(document, "methods");

	ck_assert_str_eq(get(document, "openrpc")->valuestring, "1.2.6");
	ck_assert_str_eq(get(get(document, "info"), "title")->valuestring, "pktgend");
	ck_assert_int_eq(cJSON_GetArraySize(list), (int)method_count);
	for (size_t i = 0; i < method_count; i++) {
		const cJSON *object = cJSON_GetArrayItem(list, (int)i);
		const cJSON *params = get(object, "params");

		ck_assert_str_eq(get(object, "name")->valuestring, methods[i].name);
		ck_assert_str_eq(get(object, "paramStructure")->valuestring, "by-name");
		ck_assert_str_eq(get(get(object, "result"), "name")->valuestring, "result");
		get(get(object, "result"), "schema");
		ck_assert_int_eq(cJSON_GetArraySize(params), (int)methods[i].param_count);
		for (size_t j = 0; j < methods[i].param_count; j++)
			check_param(cJSON_GetArrayItem(params, (int)j), &methods[i].params[j]);
	}
	cJSON_Delete(document);
}
END_TEST

/* The schema of one parameter, printed. */
static void check_schema(
	const cJSON *document, const char *method, const char *param, const char *expected)
{
	const cJSON *object, *candidate;

	cJSON_ArrayForEach(object, get(document, "methods"))
	{
		if (strcmp(get(object, "name")->valuestring, method))
			continue;
		cJSON_ArrayForEach(candidate, get(object, "params"))
		{
			char *text;

			if (strcmp(get(candidate, "name")->valuestring, param))
				continue;
			text = cJSON_PrintUnformatted(get(candidate, "schema"));
			ck_assert_str_eq(text, expected);
			cJSON_free(text);
			return;
		}
	}
	ck_abort_msg("no %s of %s", param, method);
}

START_TEST(schemas_say_what_is_checked)
{
	cJSON *document = discover_document();

	check_schema(document, "port.show", "name", "{\"type\":\"string\"}");
	check_schema(document, "flow.frame", "n",
		"{\"type\":\"integer\",\"minimum\":0,\"maximum\":18446744073709551615}");
	check_schema(document, "traffic.start", "force", "{\"type\":\"boolean\"}");
	check_schema(document, "traffic.start", "mode",
		"{\"type\":\"string\",\"enum\":[\"auto\",\"tx\",\"rx\",\"both\"]}");
	check_schema(document, "traffic.start", "dst_mac",
		"{\"type\":[\"string\",\"number\",\"boolean\"]}");
	check_schema(document, "traffic.stop", "ports",
		"{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,\"items\":{\"type\":\"string\"}"
		"}");
	cJSON_Delete(document);
}
END_TEST

START_TEST(flows_are_described_member_by_member)
{
	cJSON *document = document_over_the_wire();
	const cJSON *object, *items = NULL;

	cJSON_ArrayForEach(object, get(document, "methods"))
	{
		if (strcmp(get(object, "name")->valuestring, "flow.set") == 0)
			items = get(get(get(object, "params")->child, "schema"), "items");
	}
	ck_assert(cJSON_IsFalse(get(items, "additionalProperties")));
	ck_assert_int_eq(cJSON_GetArraySize(get(items, "required")), 1);
	ck_assert_str_eq(get(items, "required")->child->valuestring, "name");
	get(get(items, "properties"), "name");
	get(get(items, "properties"), "on_full");
	ck_assert_str_eq(get(get(get(items, "properties"), "ttl"), "description")->valuestring,
		"time to live, or hop limit");
	cJSON_Delete(document);
}
END_TEST

UNIT_SUITE("api/discover", every_method_and_parameter_is_named, schemas_say_what_is_checked,
	flows_are_described_member_by_member)
