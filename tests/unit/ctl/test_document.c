/* SPDX-License-Identifier: BSD-2-Clause */
/* Documents: digits survive, terminals are safe. */
#include "ctl/document.h"
#include "json/json.h"
#include "unit.h"

#include <string.h>

static cJSON *parse(const char *text)
{
	struct error err;
	cJSON *document = json_parse(text, strlen(text), &err);

	ck_assert_msg(document != NULL, "%s", err.message);
	return document;
}

static void assert_text(const char *json, const char *expected)
{
	cJSON *document = parse(json);
	char *text = document_text(document, false);

	ck_assert_str_eq(text, expected);
	free(text);
	cJSON_Delete(document);
}

START_TEST(numbers_keep_their_digits)
{
	assert_text("18446744073709551615", "18446744073709551615");
	assert_text(
		"{\"a\":[9007199254740993,-0,1.50,1e3]}", "{\"a\":[9007199254740993,-0,1.50,1e3]}");
}
END_TEST

START_TEST(text_has_no_control_characters)
{
	assert_text("[\"\\u001b\\n\"]", "[\"\\u001b\\n\"]");
	/* DEL and U+009B come raw, U+00A0 and U+1F600 are left alone. */
	assert_text("[\"\x7f\xc2\x9b\xc2\xa0\xf0\x9f\x98\x80\"]",
		"[\"\\u007f\\u009b\xc2\xa0\xf0\x9f\x98\x80\"]");
}
END_TEST

START_TEST(text_leaves_the_document_alone)
{
	cJSON *document = parse("{\"n\":18446744073709551615}");

	free(document_text(document, true));
	ck_assert(cJSON_IsNumber(document->child));
	ck_assert_uint_eq(document_u64(document, "n"), UINT64_MAX);
	cJSON_Delete(document);
}
END_TEST

START_TEST(terminal_copy_is_safe_in_keys_and_strings)
{
	cJSON *document = parse("{\"\\u001b[m\":{\"a\":[\"x\\ny\\u0085\"]}}");
	cJSON *safe = document_for_terminal(document);

	ck_assert_str_eq(safe->child->string, "\\x1b[m");
	ck_assert_str_eq(safe->child->child->child->valuestring, "x\\x0ay\\x85");
	ck_assert_str_eq(document->child->string, "\033[m");
	cJSON_Delete(safe);
	cJSON_Delete(document);
}
END_TEST

START_TEST(scalars_are_text)
{
	cJSON *document =
		parse("{\"s\":\"x\",\"n\":1.50,\"t\":true,\"f\":false,\"z\":null,\"a\":[]}");

	ck_assert_str_eq(document_scalar(document, "s"), "x");
	ck_assert_str_eq(document_scalar(document, "n"), "1.50");
	ck_assert_str_eq(document_scalar(document, "t"), "yes");
	ck_assert_str_eq(document_scalar(document, "f"), "no");
	ck_assert_str_eq(document_scalar(document, "z"), "-");
	ck_assert_str_eq(document_scalar(document, "a"), "-");
	ck_assert_str_eq(document_scalar(document, "none"), "-");
	ck_assert_str_eq(document_scalar(NULL, "none"), "-");
	ck_assert_double_eq(document_number(document, "n"), 1.5);
	ck_assert_double_eq(document_number(document, "s"), 0);
	ck_assert_uint_eq(document_u64(document, "n"), 0);
	cJSON_Delete(document);
}
END_TEST

START_TEST(pairs_are_aligned)
{
	cJSON *document =
		parse("{\"a\":1,\"e\":\"\",\"long\":[1,2],\"none\":[],\"in\":{\"k\":\"v\"},"
		      "\"rows\":[{\"r\":1},{\"r\":2}]}");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	document_write_pairs(out, document, 0);
	fclose(out);
	ck_assert_str_eq(
		text, "a     1\ne     -\nlong  1, 2\nnone  -\nin\n  k  v\nrows\n  r  1\n  r  2\n");
	free(text);
	cJSON_Delete(document);
}
END_TEST

START_TEST(put_spells_keys_and_replaces)
{
	cJSON *object = cJSON_CreateObject();
	char *text;

	document_put(object, "dst-mac", cJSON_CreateString("a"));
	document_put(object, "dst_mac", cJSON_CreateString("b"));
	text = document_text(object, false);
	ck_assert_str_eq(text, "{\"dst_mac\":\"b\"}");
	free(text);
	cJSON_Delete(object);
}
END_TEST

UNIT_SUITE("ctl/document", numbers_keep_their_digits, text_has_no_control_characters,
	text_leaves_the_document_alone, terminal_copy_is_safe_in_keys_and_strings, scalars_are_text,
	pairs_are_aligned, put_spells_keys_and_replaces)
