/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one place that compares what a peer sent with what the tables allow.
 *
 * Handlers rely on it: a parameter that is there has its type. Unknown keys come first, because a
 * required one that seems to be missing is often one that was misspelled.
 */
#include "api/param.h"

#include "json/json.h"
#include "util/text.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Members of one object: the parameters, or an object in a list of them. */
struct members {
	const struct method_param *table;
	size_t count;
	const char *path; /* before the key: "", or "flows[2]." */
};

/* As error.param. Own keys fit; what a peer made up may not, and is told in the message then. */
#define PATH_SIZE sizeof(((struct error *)0)->param)

static int check_members(const struct members *members, const cJSON *object, struct error *err);

static char *replace_dashes(char *text)
{
	for (char *at = strchr(text, '-'); at; at = strchr(at, '-'))
		*at = '_';
	return text;
}

const char *param_key(const struct method_param *param, char key[PARAM_KEY_SIZE])
{
	text_copy(key, PARAM_KEY_SIZE, param->name);
	return replace_dashes(key);
}

void param_blame(struct error *err)
{
	replace_dashes(err->param);
}

static char *make_path(const struct members *members, const char *key, char path[PATH_SIZE])
{
	if (snprintf(path, PATH_SIZE, "%s%s", members->path, key) >= (int)PATH_SIZE)
		path[0] = '\0';
	return path;
}

static bool is_string(const cJSON *value)
{
	return cJSON_IsString(value);
}

static bool is_u64(const cJSON *value)
{
	uint64_t number;

	return json_get_u64(value, &number) == 0;
}

static bool is_bool(const cJSON *value)
{
	return cJSON_IsBool(value);
}

static bool is_setting(const cJSON *value)
{
	return cJSON_IsString(value) || cJSON_IsNumber(value) || cJSON_IsBool(value);
}

static bool is_list_of(const cJSON *value, bool (*is)(const cJSON *))
{
	const cJSON *item;

	cJSON_ArrayForEach(item, value)
	{
		if (!is(item))
			return false;
	}
	return cJSON_IsArray(value) && value->child;
}

static bool is_names(const cJSON *value)
{
	return is_list_of(value, is_string);
}

static bool is_object(const cJSON *value)
{
	return cJSON_IsObject(value);
}

static bool is_objects(const cJSON *value)
{
	return cJSON_IsArray(value) && (!value->child || is_list_of(value, is_object));
}

static const struct {
	bool (*fits)(const cJSON *value);
	const char *what;
} types[] = {
	[PARAM_STRING] = {is_string, "a string"},
	[PARAM_U64] = {is_u64, "an integer from 0 to 18446744073709551615"},
	[PARAM_BOOL] = {is_bool, "true or false"},
	[PARAM_CHOICE] = {is_string, "a string"},
	[PARAM_SETTING] = {is_setting, "a string, a number, true or false"},
	[PARAM_NAMES] = {is_names, "a list of at least one name"},
	[PARAM_OBJECTS] = {is_objects, "a list of objects"},
};
static_assert(sizeof(types) / sizeof(types[0]) == PARAM_TYPE_COUNT, "every type has its check");

static int check_choice(
	const struct method_param *param, const cJSON *value, const char *path, struct error *err)
{
	const char *nearest;

	for (size_t i = 0; i < param->choice_count; i++) {
		if (strcmp(param->choices[i], value->valuestring) == 0)
			return 0;
	}
	error_set(err, EINVAL, ERROR_INVALID, path, "\"%s\" is not one of the choices",
		value->valuestring);
	nearest = text_nearest(value->valuestring, param->choices, param->choice_count);
	if (nearest) {
		error_hint(err, "did you mean \"%s\"?", nearest);
	} else {
		char all[128] = "";

		for (size_t i = 0; i < param->choice_count; i++) {
			size_t len = strlen(all);

			snprintf(all + len, sizeof(all) - len, "%s%s", i ? ", " : "",
				param->choices[i]);
		}
		error_hint(err, "one of: %s", all);
	}
	return -EINVAL;
}

static int check_objects(const struct method_param *param, const cJSON *list, struct error *err)
{
	const cJSON *object;
	size_t index = 0;

	cJSON_ArrayForEach(object, list)
	{
		char path[PATH_SIZE];
		const struct members members = {param->members, param->member_count, path};
		int rc;

		snprintf(path, sizeof(path), "%s[%zu].", param->name, index++);
		rc = check_members(&members, object, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int check_value(
	const struct method_param *param, const cJSON *value, const char *path, struct error *err)
{
	if (!types[param->type].fits(value))
		return error_set(
			err, EINVAL, ERROR_INVALID, path, "must be %s", types[param->type].what);
	if (param->max && (size_t)cJSON_GetArraySize(value) > param->max)
		return error_set(
			err, E2BIG, ERROR_LIMIT, path, "has more than %zu items", param->max);
	if (param->type == PARAM_CHOICE)
		return check_choice(param, value, path, err);
	if (param->type == PARAM_OBJECTS)
		return check_objects(param, value, err);
	return 0;
}

static const struct method_param *find(const struct members *members, const char *key)
{
	char own[PARAM_KEY_SIZE];

	for (size_t i = 0; i < members->count; i++)
		if (strcmp(param_key(&members->table[i], own), key) == 0)
			return &members->table[i];
	return NULL;
}

#define NAMES_MAX 64

static int fail_unknown(const struct members *members, const char *key, struct error *err)
{
	char keys[NAMES_MAX][PARAM_KEY_SIZE], path[PATH_SIZE];
	const char *candidates[NAMES_MAX], *nearest;

	assert(members->count <= NAMES_MAX);
	make_path(members, key, path);
	if (path[0])
		error_set(err, EINVAL, ERROR_INVALID, path, "no such parameter");
	else
		error_set(err, EINVAL, ERROR_INVALID, NULL, "no such parameter: %s", key);
	for (size_t i = 0; i < members->count; i++)
		candidates[i] = param_key(&members->table[i], keys[i]);
	nearest = text_nearest(key, candidates, members->count);
	if (nearest)
		error_hint(err, "did you mean \"%s\"?", nearest);
	else if (members->count == 0)
		error_hint(err, "this method takes no parameters");
	return -EINVAL;
}

static int check_members(const struct members *members, const cJSON *object, struct error *err)
{
	char key[PARAM_KEY_SIZE], path[PATH_SIZE];
	const cJSON *value;

	cJSON_ArrayForEach(value, object)
	{
		const struct method_param *param = find(members, value->string);
		int rc;

		if (!param)
			return fail_unknown(members, value->string, err);
		rc = check_value(param, value, make_path(members, value->string, path), err);
		if (rc)
			return rc;
	}
	for (size_t i = 0; i < members->count; i++) {
		param_key(&members->table[i], key);
		if (!members->table[i].required || cJSON_GetObjectItemCaseSensitive(object, key))
			continue;
		make_path(members, key, path);
		return error_set(err, EINVAL, ERROR_INVALID, path, "this parameter is missing");
	}
	return 0;
}

int param_check(const struct method *method, const cJSON *params, struct error *err)
{
	const struct members members = {method->params, method->param_count, ""};

	if (cJSON_IsArray(params)) {
		error_set(err, EINVAL, ERROR_INVALID, NULL, "parameters are given by name only");
		error_hint(err, "make \"params\" an object");
		return -EINVAL;
	}
	return check_members(&members, params, err);
}

const char *param_string(const cJSON *params, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(params, key));
}

size_t param_names(const cJSON *params, const char *key, const char **names)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(params, key), *item;
	size_t n = 0;

	cJSON_ArrayForEach(item, list)
	{
		names[n++] = item->valuestring;
	}
	return n;
}
