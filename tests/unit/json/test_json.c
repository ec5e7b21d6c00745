/* SPDX-License-Identifier: BSD-2-Clause */
/* Trees with exact numbers, and nothing that cJSON would let pass. */
#include "json/json.h"
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static cJSON *parse(const char *text)
{
	struct error err = {0};
	cJSON *tree = json_parse(text, strlen(text), &err);

	ck_assert_msg(tree != NULL, "%s: %s", text, err.message);
	return tree;
}

START_TEST(numbers_are_exact)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t value;
	} rows[] = {
		{"0", 0, 0},
		{"9007199254740993", 0, UINT64_C(9007199254740993)},
		{"18446744073709551615", 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0},
		{"-1", -EINVAL, 0},
		{"-0", -EINVAL, 0},
		{"1.0", -EINVAL, 0},
		{"1e3", -EINVAL, 0},
		{"\"1\"", -EINVAL, 0},
		{"true", -EINVAL, 0},
		{"null", -EINVAL, 0},
		{"[1]", -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cJSON *tree = parse(rows[i].text);
		uint64_t value = 0;

		ck_assert_int_eq(json_get_u64(tree, &value), rows[i].rc);
		ck_assert_uint_eq(value, rows[i].value);
		cJSON_Delete(tree);
	}
}
END_TEST

START_TEST(every_number_keeps_its_own_text)
{
	cJSON *tree = parse("{\"a\":[1,{\"9\":2.50},\"7\"],\"b\":-3e+2,\"c\":{\"d\":[[4]]}}");
	cJSON *a = cJSON_GetObjectItemCaseSensitive(tree, "a");
	cJSON *c = cJSON_GetObjectItemCaseSensitive(tree, "c");
	cJSON *d = cJSON_GetObjectItemCaseSensitive(c, "d");

	ck_assert_str_eq(json_number_text(cJSON_GetArrayItem(a, 0)), "1");
	ck_assert_str_eq(json_number_text(cJSON_GetArrayItem(a, 1)->child), "2.50");
	ck_assert_ptr_null(json_number_text(cJSON_GetArrayItem(a, 2)));
	ck_assert_str_eq(json_number_text(cJSON_GetObjectItemCaseSensitive(tree, "b")), "-3e+2");
	ck_assert_str_eq(json_number_text(d->child->child), "4");
	ck_assert_ptr_null(json_number_text(tree));
	ck_assert_ptr_null(json_number_text(NULL));
	cJSON_Delete(tree);
}
END_TEST

START_TEST(a_copy_keeps_the_digits)
{
	cJSON *tree = parse("[18446744073709551615]"), *copy = cJSON_Duplicate(tree, true);
	uint64_t value;

	cJSON_Delete(tree);
	ck_assert_int_eq(json_get_u64(copy->child, &value), 0);
	ck_assert_uint_eq(value, UINT64_MAX);
	cJSON_Delete(copy);
}
END_TEST

START_TEST(added_numbers_are_printed_with_all_digits)
{
	cJSON *object = cJSON_CreateObject(), *array = cJSON_AddArrayToObject(object, "list");
	uint64_t value;
	char *text;

	ck_assert_ptr_nonnull(json_add_u64(array, NULL, 0));
	ck_assert_ptr_nonnull(json_add_u64(array, NULL, UINT64_MAX));
	ck_assert_ptr_nonnull(json_add_u64(object, "n", UINT64_C(9007199254740993)));
	ck_assert_int_eq(json_get_u64(array->child, &value), 0);
	ck_assert_uint_eq(value, 0);
	text = cJSON_PrintUnformatted(object);
	ck_assert_str_eq(text, "{\"list\":[0,18446744073709551615],\"n\":9007199254740993}");
	cJSON_free(text);
	cJSON_Delete(object);
}
END_TEST

START_TEST(only_len_bytes_are_read)
{
	struct error err;
	cJSON *tree = json_parse("[1]garbage", 3, &err);

	ck_assert_ptr_nonnull(tree);
	ck_assert_int_eq(cJSON_GetArraySize(tree), 1);
	cJSON_Delete(tree);
}
END_TEST

START_TEST(what_cjson_tolerates_is_refused)
{
	static const char *const texts[] = {"01", "1.", "[1] x", "\"\n\"", "\"\xff\"",
		"{\"a\":1,\"a\":2}", "\"\\u0000\"", "", "\xef\xbb\xbf[]"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error err = {0};

		ck_assert_ptr_null(json_parse(texts[i], strlen(texts[i]), &err));
		ck_assert_int_eq(err.reason, ERROR_INVALID);
		ck_assert_msg(
			strncmp(err.message, "bad JSON at byte ", 17) == 0, "%s", err.message);
	}
}
END_TEST

START_TEST(the_longest_number_survives_cjson)
{
	char text[64];
	cJSON *tree;

	memset(text, '9', 63);
	text[63] = '\0';
	tree = parse(text);
	ck_assert_str_eq(json_number_text(tree), text);
	cJSON_Delete(tree);
}
END_TEST

UNIT_SUITE("json/json", numbers_are_exact, every_number_keeps_its_own_text, a_copy_keeps_the_digits,
	added_numbers_are_printed_with_all_digits, only_len_bytes_are_read,
	what_cjson_tolerates_is_refused, the_longest_number_survives_cjson)
