/* SPDX-License-Identifier: BSD-2-Clause */
/* What the check of parameters lets through, and what it says about the rest. */
#include "api/param.h"
#include "config/wire.h"
#include "json/json.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The outcome of a check: "" or "PARAM: MESSAGE (HINT)". */
static const char *check(const char *method_name, const char *params)
{
	static char text[1024];
	struct error err = {0};
	const struct method *method = method_find(method_name, &err);
	cJSON *tree = params ? json_parse(params, strlen(params), &err) : NULL;
	int rc;

	ck_assert_msg(method && (tree || !params), "%s", err.message);
	rc = param_check(method, tree, &err);
	snprintf(text, sizeof(text), "%s: %s%s%s%s", err.param, err.message,
		err.hint[0] ? " (" : "", err.hint, err.hint[0] ? ")" : "");
	if (rc == 0)
		text[0] = '\0';
	else
		ck_assert_int_eq(rc, err.reason == ERROR_LIMIT ? -E2BIG : -EINVAL);
	cJSON_Delete(tree);
	return text;
}

START_TEST(no_parameters_are_an_empty_object)
{
	ck_assert_str_eq(check("port.list", NULL), "");
	ck_assert_str_eq(check("port.list", "{}"), "");
	ck_assert_str_eq(check("port.show", NULL), "name: this parameter is missing");
	ck_assert_str_eq(check("port.show", "{}"), "name: this parameter is missing");
}
END_TEST

START_TEST(parameters_by_position_are_refused)
{
	ck_assert_str_eq(check("port.list", "[]"),
		": parameters are given by name only (make \"params\" an object)");
	ck_assert_str_eq(check("port.show", "[\"p0\"]"),
		": parameters are given by name only (make \"params\" an object)");
}
END_TEST

START_TEST(unknown_keys_are_refused_with_a_hint)
{
	ck_assert_str_eq(check("port.list", "{\"x\":1}"),
		"x: no such parameter (this method takes no parameters)");
	ck_assert_str_eq(check("port.show", "{\"nmae\":\"p0\"}"),
		"nmae: no such parameter (did you mean \"name\"?)");
	ck_assert_str_eq(check("port.show", "{\"name\":\"p0\",\"zzzzzzzzz\":1}"),
		"zzzzzzzzz: no such parameter");
	ck_assert_str_eq(check("traffic.start", "{\"dts_mac\":\"x\"}"),
		"dts_mac: no such parameter (did you mean \"dst_mac\"?)");
	/* Exactly as spelled: neither case nor the dash of the command line. */
	ck_assert_str_eq(check("port.show", "{\"Name\":\"p0\"}"),
		"Name: no such parameter (did you mean \"name\"?)");
	ck_assert_str_eq(check("traffic.start", "{\"dst-mac\":\"x\"}"),
		"dst-mac: no such parameter (did you mean \"dst_mac\"?)");
	ck_assert_str_eq(check("port.show", "{\"\":1}"), ": no such parameter: ");
}
END_TEST

START_TEST(a_long_unknown_key_is_in_the_message)
{
	char key[128], text[256], expected[256];

	for (size_t len = 62; len <= 65; len++) {
		memset(key, 'k', len);
		key[len] = '\0';
		snprintf(text, sizeof(text), "{\"%s\":1}", key);
		if (len < sizeof(((struct error *)0)->param))
			snprintf(expected, sizeof(expected), "%s: no such parameter", key);
		else
			snprintf(expected, sizeof(expected), ": no such parameter: %s", key);
		ck_assert_str_eq(check("port.show", text), expected);
	}
}
END_TEST

START_TEST(types_are_checked)
{
	static const struct {
		const char *method, *format, *wanted;
		const char *fit, *unfit; /* lists, separated by '|' */
	} cases[] = {
		{"port.show", "{\"name\":%s}", "name: must be a string", "\"\"|\"p0\"",
			"1|true|null|[]|{}|[\"p0\"]"},
		{"flow.frame", "{\"name\":\"f\",\"n\":%s}",
			"n: must be an integer from 0 to 18446744073709551615",
			"0|1|18446744073709551615",
			"-1|1.0|1e3|18446744073709551616|\"1\"|null|true|[]"},
		{"traffic.start", "{\"force\":%s}", "force: must be true or false", "true|false",
			"1|0|\"yes\"|null|[]"},
		{"traffic.start", "{\"mode\":%s}", "mode: must be a string",
			"\"auto\"|\"tx\"|\"rx\"|\"both\"", "1|null|[\"tx\"]"},
		{"traffic.start", "{\"size\":%s}",
			"size: must be a string, a number, true or false", "60|\"60\"|true|1.5",
			"null|[]|{}|[60]"},
		{"traffic.stop", "{\"ports\":%s}", "ports: must be a list of at least one name",
			"[\"p0\"]|[\"p0\",\"p1\"]", "\"p0\"|[]|[1]|[\"p0\",1]|[null]|{}|null"},
		{"flow.set", "{\"flows\":%s}", "flows: must be a list of objects",
			"[]|[{\"name\":\"f\"}]", "{}|[1]|[{\"name\":\"f\"},1]|null"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char values[256], params[512], *rest, *value;

		snprintf(values, sizeof(values), "%s", cases[i].fit);
		for (value = strtok_r(values, "|", &rest); value;
			value = strtok_r(NULL, "|", &rest)) {
			snprintf(params, sizeof(params), cases[i].format, value);
			ck_assert_str_eq(check(cases[i].method, params), "");
		}
		snprintf(values, sizeof(values), "%s", cases[i].unfit);
		for (value = strtok_r(values, "|", &rest); value;
			value = strtok_r(NULL, "|", &rest)) {
			snprintf(params, sizeof(params), cases[i].format, value);
			ck_assert_str_eq(check(cases[i].method, params), cases[i].wanted);
		}
	}
}
END_TEST

START_TEST(choices_are_checked)
{
	ck_assert_str_eq(check("traffic.start", "{\"mode\":\"bth\"}"),
		"mode: \"bth\" is not one of the choices (did you mean \"both\"?)");
	ck_assert_str_eq(check("traffic.start", "{\"mode\":\"sideways\"}"),
		"mode: \"sideways\" is not one of the choices (one of: auto, tx, rx, both)");
	ck_assert_str_eq(check("traffic.start", "{\"mode\":\"TX\"}"),
		"mode: \"TX\" is not one of the choices (did you mean \"tx\"?)");
}
END_TEST

/* {"ports":["p","p",…]} with n of them. */
static const char *ports(size_t n)
{
	static char text[8192];

	strcpy(text, "{\"ports\":[\"p\"");
	for (size_t i = 1; i < n; i++)
		strcat(text, ",\"p\"");
	strcat(text, "]}");
	return text;
}

START_TEST(lists_have_a_limit)
{
	ck_assert_str_eq(check("traffic.stop", ports(WIRE_PORTS_MAX)), "");
	ck_assert_str_eq(
		check("traffic.stop", ports(WIRE_PORTS_MAX + 1)), "ports: has more than 64 items");
}
END_TEST

START_TEST(objects_in_lists_are_checked_with_their_place)
{
	ck_assert_str_eq(check("flow.append", "{\"flows\":[{\"name\":\"a\",\"size\":60}]}"), "");
	ck_assert_str_eq(check("flow.append", "{\"flows\":[{\"name\":\"a\"},{\"size\":60}]}"),
		"flows[1].name: this parameter is missing");
	ck_assert_str_eq(
		check("flow.append", "{\"flows\":[{\"name\":\"a\"},{\"name\":\"b\",\"siez\":60}]}"),
		"flows[1].siez: no such parameter (did you mean \"size\"?)");
	ck_assert_str_eq(
		check("flow.set", "{\"flows\":[{\"name\":1}]}"), "flows[0].name: must be a string");
	ck_assert_str_eq(check("flow.set", "{\"flows\":[{\"name\":\"a\",\"rate\":{}}]}"),
		"flows[0].rate: must be a string, a number, true or false");
}
END_TEST

START_TEST(keys_have_underscores)
{
	const struct method_param param = {.name = "pool-object-size"};
	char key[PARAM_KEY_SIZE];

	ck_assert_str_eq(param_key(&param, key), "pool_object_size");
}
END_TEST

START_TEST(values_are_read)
{
	static const char text[] = "{\"a\":\"x\",\"n\":[\"p0\",\"p1\"]}";
	const char *names[2] = {NULL, NULL};
	struct error err;
	cJSON *params = json_parse(text, strlen(text), &err);

	ck_assert_str_eq(param_string(params, "a"), "x");
	ck_assert_ptr_null(param_string(params, "A"));
	ck_assert_ptr_null(param_string(NULL, "a"));
	ck_assert_uint_eq(param_names(params, "n", names), 2);
	ck_assert_str_eq(names[0], "p0");
	ck_assert_str_eq(names[1], "p1");
	ck_assert_uint_eq(param_names(params, "none", names), 0);
	ck_assert_uint_eq(param_names(NULL, "n", names), 0);
	cJSON_Delete(params);
}
END_TEST

UNIT_SUITE("api/param", no_parameters_are_an_empty_object, parameters_by_position_are_refused,
	unknown_keys_are_refused_with_a_hint, a_long_unknown_key_is_in_the_message,
	types_are_checked, choices_are_checked, lists_have_a_limit,
	objects_in_lists_are_checked_with_their_place, keys_have_underscores, values_are_read)
