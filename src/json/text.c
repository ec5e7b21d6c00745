/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A recursive-descent scanner for RFC 8259 that builds nothing.
 *
 * The recursion is bounded by depth_max. The keys of all objects that are open lie on one stack,
 * those of the innermost on top; when an object closes, its keys are sorted and neighbours
 * compared, so that duplicates cost n log n however the keys were chosen (a hash table could be
 * flooded).
 */
#include "json/text.h"

#include "util/utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A key between its quotes, still escaped. */
struct key {
	const char *text;
	size_t len;
};

struct scan {
	const char *text;
	size_t len, at;
	unsigned depth, depth_max;
	struct key *keys;
	size_t key_count, key_room;
	struct error *err;
};

static int scan_value(struct scan *scan);

static int fail(struct scan *scan, size_t at, const char *what)
{
	return error_set(
		scan->err, EINVAL, ERROR_INVALID, NULL, "bad JSON at byte %zu: %s", at, what);
}

/* The next byte, or 0 at the end; a byte 0 in the text is no part of any token either. */
static char peek(const struct scan *scan)
{
	return scan->at < scan->len ? scan->text[scan->at] : '\0';
}

static bool accept(struct scan *scan, char c)
{
	if (scan->at == scan->len || scan->text[scan->at] != c)
		return false;
	scan->at++;
	return true;
}

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->len && memchr(" \t\n\r", scan->text[scan->at], 4))
		scan->at++;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The four digits of \uXXXX; UINT32_MAX when they are not all there. */
static uint32_t decode_hex4(const char *text, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t value = 0;

	if (len < 4)
		return UINT32_MAX;
	for (int i = 0; i < 4; i++) {
		char c = text[i] >= 'A' && text[i] <= 'F' ? text[i] + ('a' - 'A') : text[i];
		const char *digit = memchr(digits, c, 16);

		if (!digit)
			return UINT32_MAX;
		value = value << 4 | (uint32_t)(digit - digits);
	}
	return value;
}

/* \uXXXX, or a pair of them (§7); text begins with the backslash. Bytes read, or 0 with *why set.
 */
static size_t decode_unicode(const char *text, size_t len, uint32_t *point, const char **why)
{
	uint32_t high = decode_hex4(text + 2, len - 2), low;

	if (high == UINT32_MAX) {
		*why = "\\u needs four hexadecimal digits";
		return 0;
	}
	if (high == 0) {
		*why = "\\u0000 is not accepted";
		return 0;
	}
	*point = high;
	if (high < 0xd800 || high > 0xdfff)
		return 6;
	low = len >= 8 && text[6] == '\\' && text[7] == 'u' ? decode_hex4(text + 8, len - 8) : 0;
	if (high > 0xdbff || low < 0xdc00 || low > 0xdfff) {
		*why = "half of a surrogate pair";
		return 0;
	}
	*point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

/* One character inside a string, escaped or not. Bytes read, or 0 with *why set. */
static size_t decode_char(const char *text, size_t len, uint32_t *point, const char **why)
{
	static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *escape;
	size_t n;

	if (text[0] != '\\') {
		n = utf8_decode(text, len, point);
		*why = "invalid UTF-8";
		if (n == 1 && *point < 0x20) {
			*why = "a control character in a string must be escaped";
			n = 0;
		}
		return n;
	}
	if (len >= 2 && text[1] == 'u')
		return decode_unicode(text, len, point, why);
	escape = len >= 2 ? memchr(escapes, text[1], sizeof(escapes) - 1) : NULL;
	if (!escape) {
		*why = "unknown escape in a string";
		return 0;
	}
	*point = (uint8_t)meanings[escape - escapes];
	return 2;
}

/* Accepts a string; *content is what stands between its quotes. */
static int scan_string(struct scan *scan, struct key *content)
{
	const size_t start = scan->at++;

	while (scan->at < scan->len && scan->text[scan->at] != '"') {
		const char *why;
		uint32_t point;
		size_t n = decode_char(scan->text + scan->at, scan->len - scan->at, &point, &why);

		if (n == 0)
			return fail(scan, scan->at, why);
		scan->at += n;
	}
	if (!accept(scan, '"'))
		return fail(scan, start, "a string is not closed");
	content->text = scan->text + start + 1;
	content->len = scan->at - start - 2;
	return 0;
}

static bool accept_digits(struct scan *scan)
{
	const size_t start = scan->at;

	while (is_digit(peek(scan)))
		scan->at++;
	return scan->at > start;
}

/* §6: minus, int, frac, exp. */
static int scan_number(struct scan *scan)
{
	const size_t start = scan->at;

	accept(scan, '-');
	if (!accept(scan, '0') && !accept_digits(scan))
		return fail(scan, scan->at, "a digit is missing in a number");
	if (is_digit(peek(scan)))
		return fail(scan, start, "a number begins with 0");
	if (accept(scan, '.') && !accept_digits(scan))
		return fail(scan, scan->at, "a digit is missing after the decimal point");
	if (accept(scan, 'e') || accept(scan, 'E')) {
		if (!accept(scan, '+'))
			accept(scan, '-');
		if (!accept_digits(scan))
			return fail(scan, scan->at, "a digit is missing in an exponent");
	}
	if (scan->at - start > JSON_TEXT_NUMBER_MAX)
		return fail(scan, start, "a number has more than 63 characters");
	return 0;
}

static int scan_literal(struct scan *scan)
{
	static const char *const literals[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
		const size_t n = strlen(literals[i]);

		if (scan->len - scan->at >= n && !memcmp(scan->text + scan->at, literals[i], n)) {
			scan->at += n;
			return 0;
		}
	}
	return fail(scan, scan->at,
		scan->at < scan->len ? "a value is expected" : "a value is missing");
}

static int scan_array(struct scan *scan)
{
	const size_t start = scan->at++;
	int rc;

	skip_space(scan);
	if (accept(scan, ']'))
		return 0;
	do {
		rc = scan_value(scan);
		if (rc)
			return rc;
	} while (accept(scan, ','));
	if (accept(scan, ']'))
		return 0;
	if (scan->at == scan->len)
		return fail(scan, start, "an array is not closed");
	return fail(scan, scan->at, "\",\" or \"]\" is expected");
}

static int push_key(struct scan *scan, const struct key *key)
{
	if (scan->key_count == scan->key_room) {
		size_t room = scan->key_room ? scan->key_room * 2 : 32;
		struct key *keys = reallocarray(scan->keys, room, sizeof(*keys));

		if (!keys)
			return error_set(scan->err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
		scan->keys = keys;
		scan->key_room = room;
	}
	scan->keys[scan->key_count++] = *key;
	return 0;
}

/* By their characters, after unescaping; both are valid. */
static int compare_content(const struct key *a, const struct key *b)
{
	size_t i = 0, j = 0;

	while (i < a->len && j < b->len) {
		const char *why;
		uint32_t x, y;

		i += decode_char(a->text + i, a->len - i, &x, &why);
		j += decode_char(b->text + j, b->len - j, &y, &why);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (i < a->len) - (j < b->len);
}

/* Equal keys stay in the order of the text, so that the later one can be named. */
static int compare_keys(const void *left, const void *right)
{
	const struct key *a = left, *b = right;
	int order = compare_content(a, b);

	return order ? order : (a->text > b->text) - (a->text < b->text);
}

/* Takes the keys from base on off the stack; the first one that repeats another is an error. */
static int pop_keys(struct scan *scan, size_t base)
{
	const size_t n = scan->key_count - base;
	const char *again = NULL;

	if (n > 1)
		qsort(scan->keys + base, n, sizeof(struct key), compare_keys);
	for (size_t i = base + 1; i < scan->key_count; i++) {
		const struct key *key = &scan->keys[i];

		if (compare_content(key - 1, key) == 0 && (!again || key->text < again))
			again = key->text;
	}
	scan->key_count = base;
	if (again)
		return fail(
			scan, (size_t)(again - scan->text) - 1, "a key occurs twice in an object");
	return 0;
}

static int scan_member(struct scan *scan)
{
	struct key key;
	int rc;

	skip_space(scan);
	if (scan->at == scan->len || peek(scan) != '"')
		return fail(scan, scan->at, "a key in quotes is expected");
	rc = scan_string(scan, &key);
	if (!rc)
		rc = push_key(scan, &key);
	if (rc)
		return rc;
	skip_space(scan);
	if (!accept(scan, ':'))
		return fail(scan, scan->at, "\":\" is expected");
	return scan_value(scan);
}

static int scan_object(struct scan *scan)
{
	const size_t start = scan->at++, base = scan->key_count;
	int rc;

	skip_space(scan);
	if (accept(scan, '}'))
		return 0;
	do {
		rc = scan_member(scan);
		if (rc)
			return rc;
	} while (accept(scan, ','));
	if (accept(scan, '}'))
		return pop_keys(scan, base);
	if (scan->at == scan->len)
		return fail(scan, start, "an object is not closed");
	return fail(scan, scan->at, "\",\" or \"}\" is expected");
}

static int scan_container(struct scan *scan)
{
	int rc;

	if (scan->depth == scan->depth_max)
		return error_set(scan->err, EINVAL, ERROR_INVALID, NULL,
			"bad JSON at byte %zu: nested deeper than %u levels", scan->at,
			scan->depth_max);
	scan->depth++;
	rc = peek(scan) == '{' ? scan_object(scan) : scan_array(scan);
	scan->depth--;
	return rc;
}

/* A value with the white space around it. */
static int scan_value(struct scan *scan)
{
	struct key content;
	int rc;

	skip_space(scan);
	if (peek(scan) == '{' || peek(scan) == '[')
		rc = scan_container(scan);
	else if (peek(scan) == '"')
		rc = scan_string(scan, &content);
	else if (peek(scan) == '-' || is_digit(peek(scan)))
		rc = scan_number(scan);
	else
		rc = scan_literal(scan);
	skip_space(scan);
	return rc;
}

int json_text_check(const char *text, size_t len, unsigned depth_max, struct error *err)
{
	struct scan scan = {.text = text, .len = len, .depth_max = depth_max, .err = err};
	int rc = scan_value(&scan);

	if (!rc && scan.at < len)
		rc = fail(&scan, scan.at, "text after the end of the value");
	free(scan.keys);
	return rc;
}

const char *json_text_next_number(const char *text, size_t len, size_t *at, size_t *number_len)
{
	bool in_string = false;

	for (size_t i = *at; i < len; i++) {
		if (text[i] == '"')
			in_string = !in_string;
		else if (in_string && text[i] == '\\')
			i++;
		else if (!in_string && (text[i] == '-' || is_digit(text[i]))) {
			size_t end = i;

			while (end < len && (is_digit(text[end]) || memchr("+-.eE", text[end], 5)))
				end++;
			*at = end;
			*number_len = end - i;
			return text + i;
		}
	}
	return NULL;
}
