/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cJSON between a strict door and exact numbers.
 *
 * text.c has accepted a text before cJSON sees it, so both read the same tokens in the same order:
 * the n-th number of the text belongs to the n-th number item of the tree. Its digits go into
 * valuestring, which cJSON leaves NULL for numbers and frees in cJSON_Delete(). Numbers go out as
 * raw items: cJSON would round them to a double.
 */
#include "json/json.h"

#include "json/text.h"
#include "util/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The text of a JSON value on its way into the tree. */
struct source {
	const char *text;
	size_t len, at;
};

/* cJSON frees what it finds in valuestring with its own hook. */
static char *copy_text(const char *text, size_t len)
{
	char *copy = cJSON_malloc(len + 1);

	if (copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

/* Walks the tree in the order of the text; its depth is bounded by JSON_DEPTH_MAX. */
static int keep_numbers(cJSON *item, struct source *source)
{
	cJSON *child;

	if (cJSON_IsNumber(item)) {
		size_t len = 0;
		const char *number =
			json_text_next_number(source->text, source->len, &source->at, &len);

		item->valuestring = number ? copy_text(number, len) : NULL;
		return item->valuestring ? 0 : -ENOMEM;
	}
	cJSON_ArrayForEach(child, item) if (keep_numbers(child, source)) return -ENOMEM;
	return 0;
}

cJSON *json_parse(const char *text, size_t len, struct error *err)
{
	struct source source = {.text = text, .len = len};
	cJSON *tree;

	if (json_text_check(text, len, JSON_DEPTH_MAX, err))
		return NULL;
	tree = cJSON_ParseWithLength(text, len);
	if (tree && keep_numbers(tree, &source) == 0)
		return tree;
	error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	cJSON_Delete(tree);
	return NULL;
}

const char *json_number_text(const cJSON *item)
{
	return cJSON_IsNumber(item) || cJSON_IsRaw(item) ? item->valuestring : NULL;
}

int json_get_u64(const cJSON *item, uint64_t *value)
{
	const char *text = json_number_text(item);

	return text ? units_parse_u64(text, value) : -EINVAL;
}

cJSON *json_add_u64(cJSON *parent, const char *key, uint64_t value)
{
	char text[24];
	cJSON *item;

	snprintf(text, sizeof(text), "%" PRIu64, value);
	if (key)
		return cJSON_AddRawToObject(parent, key, text);
	item = cJSON_CreateRaw(text);
	if (cJSON_AddItemToArray(parent, item))
		return item;
	cJSON_Delete(item);
	return NULL;
}
