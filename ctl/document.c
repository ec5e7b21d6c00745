/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon says is not trusted: a name could hold the escape sequences of a terminal. Both
 * ways out therefore go through here: JSON text gets \u00XX, text for people gets \xXX.
 */
#include "ctl/document.h"

#include "ctl/memory.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

/*
 * The control character at *text: C0 and DEL are one byte, C1 (U+0080 to U+009F) are two in
 * UTF-8. Returns its length and sets *code, or 0 for anything else.
 */
static size_t control_at(const char *text, unsigned int *code)
{
	const unsigned char *c = (const unsigned char *)text;

	if (c[0] != '\0' && (c[0] < 0x20 || c[0] == 0x7f)) {
		*code = c[0];
		return 1;
	}
	if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f) {
		*code = c[1];
		return 2;
	}
	return 0;
}

/* Copies text with every control character but those in keep written as format says. */
static char *replace_controls(const char *text, const char *keep, const char *format)
{
	char *copy = memory_need(malloc(strlen(text) * 6 + 1)), *to = copy;
	unsigned int code;
	size_t len;

	while (*text) {
		len = control_at(text, &code);
		if (len == 0 || strchr(keep, *text)) {
			*to++ = *text++;
			continue;
		}
		to += sprintf(to, format, code);
		text += len;
	}
	*to = '\0';
	return copy;
}

/* cJSON prints numbers from doubles; as raw items they are printed as they came. */
static void keep_digits(cJSON *item)
{
	for (; item; item = item->next) {
		if (cJSON_IsNumber(item) && item->valuestring)
			item->type = (item->type & ~0xff) | cJSON_Raw;
		keep_digits(item->child);
	}
}

char *document_text(const cJSON *document, bool pretty)
{
	cJSON *copy = cJSON_Duplicate(document, true);
	char *text, *safe;

	keep_digits(copy);
	text = pretty ? cJSON_Print(copy) : cJSON_PrintUnformatted(copy);
	/* What is left of control characters stands in strings, or is the indentation. */
	safe = replace_controls(memory_need(text), "\n\t", "\\u%04x");
	cJSON_free(text);
	cJSON_Delete(copy);
	return safe;
}

char *document_escape(const char *text)
{
	return replace_controls(text, "", "\\x%02x");
}

static void escape_items(cJSON *item)
{
	char *text;

	for (; item; item = item->next) {
		if (cJSON_IsString(item)) {
			text = document_escape(item->valuestring);
			cJSON_free(item->valuestring);
			item->valuestring = text;
		}
		if (item->string && !(item->type & cJSON_StringIsConst)) {
			text = document_escape(item->string);
			cJSON_free(item->string);
			item->string = text;
		}
		escape_items(item->child);
	}
}

cJSON *document_for_terminal(const cJSON *document)
{
	cJSON *copy = cJSON_Duplicate(document, true);

	escape_items(copy);
	return copy;
}

const char *document_item_text(const cJSON *item)
{
	if (cJSON_IsBool(item))
		return cJSON_IsTrue(item) ? "yes" : "no";
	if (cJSON_IsString(item) || cJSON_IsRaw(item))
		return item->valuestring;
	if (cJSON_IsNumber(item) && item->valuestring)
		return json_number_text(item);
	return "-";
}

const char *document_scalar(const cJSON *object, const char *key)
{
	return document_item_text(cJSON_GetObjectItemCaseSensitive(object, key));
}

double document_number(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

uint64_t document_u64(const cJSON *object, const char *key)
{
	uint64_t value = 0;

	json_get_u64(cJSON_GetObjectItemCaseSensitive(object, key), &value);
	return value;
}

const cJSON *document_named(const cJSON *array, const char *name)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, array)
	{
		if (strcmp(document_scalar(item, "name"), name) == 0)
			return item;
	}
	return NULL;
}

static bool is_structure(const cJSON *item)
{
	return cJSON_IsObject(item) || cJSON_IsObject(item->child);
}

static void write_list(FILE *out, const cJSON *array)
{
	const cJSON *item;

	if (!array->child)
		fputs("-", out);
	cJSON_ArrayForEach(item, array)
	{
		fprintf(out, "%s%s", document_item_text(item), item->next ? ", " : "");
	}
}

static void write_pair(FILE *out, const cJSON *item, int indent, int width)
{
	const cJSON *child;
	const char *text;

	if (cJSON_IsObject(item)) {
		fprintf(out, "%*s%s\n", indent, "", item->string);
		document_write_pairs(out, item, indent + 2);
		return;
	}
	if (is_structure(item)) {
		fprintf(out, "%*s%s\n", indent, "", item->string);
		cJSON_ArrayForEach(child, item)
		{
			document_write_pairs(out, child, indent + 2);
		}
		return;
	}
	fprintf(out, "%*s%-*s  ", indent, "", width, item->string);
	text = document_item_text(item);
	if (cJSON_IsArray(item))
		write_list(out, item);
	else
		fputs(*text ? text : "-", out);
	fputc('\n', out);
}

void document_write_pairs(FILE *out, const cJSON *object, int indent)
{
	const cJSON *item;
	int width = 0;

	cJSON_ArrayForEach(item, object)
	{
		if (!is_structure(item) && (int)strlen(item->string) > width)
			width = (int)strlen(item->string);
	}
	cJSON_ArrayForEach(item, object)
	{
		write_pair(out, item, indent, width);
	}
}

void document_put(cJSON *object, const char *option, cJSON *value)
{
	char *key = memory_need(strdup(option));

	for (char *c = key; *c; c++)
		if (*c == '-')
			*c = '_';
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
	cJSON_AddItemToObject(object, key, value);
	free(key);
}
