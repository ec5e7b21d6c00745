/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows and ports as flat JSON objects. A member's value becomes the text that the file would have,
 * so that the same readers judge it. Numbers are taken from their own digits (json.h), never from a
 * double.
 */
#include "json/json.h"

#include "config/config.h"
#include "config/setting.h"

#include <errno.h>
#include <string.h>

/* The text of a member's value, or NULL when a setting of this type takes no such value. */
static const char *value_text(const struct setting *setting, const cJSON *member)
{
	if (cJSON_IsString(member))
		return member->valuestring;
	if (cJSON_IsBool(member) && setting->type->json == VALUE_BOOLEAN)
		return cJSON_IsTrue(member) ? "yes" : "no";
	return setting->type->json == VALUE_NUMBER ? json_number_text(member) : NULL;
}

static int set_member(const struct setting_table *table, void *base, const cJSON *member,
	uint64_t *seen, struct error *err)
{
	static const char *const wanted[] = {
		[VALUE_STRING] = "a string",
		[VALUE_NUMBER] = "a number or a string",
		[VALUE_BOOLEAN] = "a boolean or a string",
	};
	const struct setting *setting = setting_find(table, member->string, err);
	const char *text;
	uint64_t bit;

	if (!setting)
		return -EINVAL;
	bit = UINT64_C(1) << (setting - table->rows);
	if (*seen & bit)
		return error_set(err, EINVAL, ERROR_INVALID, member->string, "given twice");
	*seen |= bit;
	text = value_text(setting, member);
	if (!text)
		return error_set(err, EINVAL, ERROR_INVALID, member->string, "the value must be %s",
			wanted[setting->type->json]);
	return setting_read(setting, base, member->string, text, err);
}

static int set_members(
	const struct setting_table *table, void *base, const cJSON *object, struct error *err)
{
	const cJSON *member;
	uint64_t seen = 0;
	int rc;

	if (!cJSON_IsObject(object))
		return error_set(
			err, EINVAL, ERROR_INVALID, NULL, "%s must be a JSON object", table->what);
	cJSON_ArrayForEach(member, object)
	{
		rc = set_member(table, base, member, &seen, err);
		if (rc)
			return rc;
	}
	return 0;
}

int config_flow_set_json(struct config_flow *flow, const cJSON *object, struct error *err)
{
	struct config_flow changed = *flow;
	int rc = set_members(&setting_flow_table, &changed, object, err);

	if (!rc)
		*flow = changed;
	return rc;
}

int config_port_set_json(struct config_port *port, const cJSON *object, struct error *err)
{
	struct config_port changed = *port;
	int rc = set_members(&setting_port_table, &changed, object, err);

	if (!rc)
		*port = changed;
	return rc;
}

static cJSON *add_member(cJSON *object, const struct setting *setting, const char *text)
{
	char key[VALUE_TEXT_SIZE];

	text_copy(key, sizeof(key), setting->key);
	for (char *at = key; *at; at++)
		*at = *at == '-' ? '_' : *at;
	if (setting->type->json == VALUE_BOOLEAN)
		return cJSON_AddBoolToObject(object, key, strcmp(text, "yes") == 0);
	if (setting->type->json == VALUE_NUMBER && !text[strspn(text, "0123456789")])
		return cJSON_AddRawToObject(object, key, text);
	return cJSON_AddStringToObject(object, key, text);
}

static cJSON *to_json(const struct setting_table *table, const void *base)
{
	cJSON *object = cJSON_CreateObject();
	char text[VALUE_TEXT_SIZE];

	for (size_t i = 0; object && i < table->count; i++) {
		const struct setting *setting = &table->rows[i];

		if (!setting->type->format(setting, base, text, sizeof(text)))
			continue;
		if (!add_member(object, setting, text)) {
			cJSON_Delete(object);
			object = NULL;
		}
	}
	return object;
}

cJSON *config_flow_to_json(const struct config_flow *flow)
{
	return to_json(&setting_flow_table, flow);
}

cJSON *config_port_to_json(const struct config_port *port)
{
	return to_json(&setting_port_table, port);
}
