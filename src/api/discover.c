/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rpc.discover: the tables of method.c as an OpenRPC document, with a JSON Schema for each
 * parameter.
 *
 * The schemas say what param.c checks, from the same rows. Pure functions.
 */
#include "api/discover.h"

#include "api/method.h"
#include "api/param.h"
#include "config.h"
#include "json/json.h"

#include <assert.h>
#include <stdint.h>

static cJSON *param_schema(const struct method_param *param);

static void schema_string(cJSON *schema, const struct method_param *param)
{
	(void)param;
	cJSON_AddStringToObject(schema, "type", "string");
}

static void schema_u64(cJSON *schema, const struct method_param *param)
{
	(void)param;
	cJSON_AddStringToObject(schema, "type", "integer");
	json_add_u64(schema, "minimum", 0);
	json_add_u64(schema, "maximum", UINT64_MAX);
}

static void schema_bool(cJSON *schema, const struct method_param *param)
{
	(void)param;
	cJSON_AddStringToObject(schema, "type", "boolean");
}

static void schema_choice(cJSON *schema, const struct method_param *param)
{
	cJSON_AddStringToObject(schema, "type", "string");
	cJSON_AddItemToObject(
		schema, "enum", cJSON_CreateStringArray(param->choices, (int)param->choice_count));
}

static void schema_setting(cJSON *schema, const struct method_param *param)
{
	static const char *const types[] = {"string", "number", "boolean"};

	(void)param;
	cJSON_AddItemToObject(schema, "type", cJSON_CreateStringArray(types, 3));
}

/* A list; returns the schema of its items. */
static cJSON *schema_list(cJSON *schema, const struct method_param *param)
{
	cJSON_AddStringToObject(schema, "type", "array");
	json_add_u64(schema, "minItems", 1);
	json_add_u64(schema, "maxItems", param->max);
	return cJSON_AddObjectToObject(schema, "items");
}

static void schema_names(cJSON *schema, const struct method_param *param)
{
	schema_string(schema_list(schema, param), param);
}

static void schema_objects(cJSON *schema, const struct method_param *param)
{
	cJSON *items = schema_list(schema, param), *properties, *required;
	char key[PARAM_KEY_SIZE];

	cJSON_AddStringToObject(items, "type", "object");
	cJSON_AddFalseToObject(items, "additionalProperties");
	required = cJSON_AddArrayToObject(items, "required");
	properties = cJSON_AddObjectToObject(items, "properties");
	for (size_t i = 0; i < param->member_count; i++) {
		const struct method_param *member = &param->members[i];
		cJSON *schema_of_member = param_schema(member);

		cJSON_AddStringToObject(schema_of_member, "description", member->help);
		cJSON_AddItemToObject(properties, param_key(member, key), schema_of_member);
		if (member->required)
			cJSON_AddItemToArray(required, cJSON_CreateString(key));
	}
}

static void (*const schemas[])(cJSON *schema, const struct method_param *param) = {
	[PARAM_STRING] = schema_string,
	[PARAM_U64] = schema_u64,
	[PARAM_BOOL] = schema_bool,
	[PARAM_CHOICE] = schema_choice,
	[PARAM_SETTING] = schema_setting,
	[PARAM_NAMES] = schema_names,
	[PARAM_OBJECTS] = schema_objects,
};
static_assert(
	sizeof(schemas) / sizeof(schemas[0]) == PARAM_TYPE_COUNT, "every type has its schema");

static cJSON *param_schema(const struct method_param *param)
{
	cJSON *schema = cJSON_CreateObject();

	schemas[param->type](schema, param);
	return schema;
}

static cJSON *param_to_json(const struct method_param *param)
{
	cJSON *object = cJSON_CreateObject();
	char key[PARAM_KEY_SIZE];

	cJSON_AddStringToObject(object, "name", param_key(param, key));
	cJSON_AddStringToObject(object, "description", param->help);
	cJSON_AddBoolToObject(object, "required", param->required);
	cJSON_AddItemToObject(object, "schema", param_schema(param));
	return object;
}

static cJSON *method_to_json(const struct method *method)
{
	cJSON *object = cJSON_CreateObject(), *params, *result;

	cJSON_AddStringToObject(object, "name", method->name);
	cJSON_AddStringToObject(object, "summary", method->help);
	cJSON_AddStringToObject(object, "paramStructure", "by-name");
	cJSON_AddStringToObject(
		object, "x-access", method->access == METHOD_CHANGE ? "change" : "read");
	params = cJSON_AddArrayToObject(object, "params");
	for (size_t i = 0; i < method->param_count; i++)
		cJSON_AddItemToArray(params, param_to_json(&method->params[i]));
	result = cJSON_AddObjectToObject(object, "result");
	cJSON_AddStringToObject(result, "name", "result");
	cJSON_AddStringToObject(result, "description", method->result);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(result, "schema"), "type", "object");
	return object;
}

cJSON *discover_document(void)
{
	cJSON *document = cJSON_CreateObject(), *info, *list;

	cJSON_AddStringToObject(document, "openrpc", "1.2.6");
	info = cJSON_AddObjectToObject(document, "info");
	cJSON_AddStringToObject(info, "title", PACKAGE_NAME);
	cJSON_AddStringToObject(info, "version", PACKAGE_VERSION);
	list = cJSON_AddArrayToObject(document, "methods");
	for (size_t i = 0; i < method_count; i++)
		cJSON_AddItemToArray(list, method_to_json(&methods[i]));
	return document;
}
