/* SPDX-License-Identifier: BSD-2-Clause */
/* Small things with strings. Pure functions on the caller's memory; any thread. */
#include "util/text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Longer words are nobody's slip of the pen. */
#define NEAREST_LEN_MAX 63

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * Edit distance with transpositions of neighbours (optimal string alignment), row by row: the row
 * for i letters of a needs only the two rows before it.
 */
static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][NEAREST_LEN_MAX + 1];
	unsigned *before = rows[0], *previous = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		previous[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *oldest = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(row[j - 1], previous[j]) + 1;
			row[j] = least(row[j], previous[j - 1] + !same_letter(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
				same_letter(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = previous;
		previous = row;
		row = oldest;
	}
	return previous[b_len];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t n)
{
	size_t word_len = strlen(word);
	const char *nearest = NULL;
	unsigned best = NEAREST_LEN_MAX;

	if (word_len > NEAREST_LEN_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(candidates[i]);
		size_t longer = len > word_len ? len : word_len;
		unsigned distance;

		if (len > NEAREST_LEN_MAX)
			continue;
		distance = edit_distance(word, word_len, candidates[i], len);
		if (distance < best && distance * 3 <= longer) {
			best = distance;
			nearest = candidates[i];
		}
	}
	return nearest;
}

/* ASCII, whatever the locale says. */
static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool text_is_name(const char *text)
{
	size_t len = strlen(text);

	if (len >= TEXT_NAME_SIZE || !is_name_start(text[0]))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (!is_name_start(text[i]) && !strchr("_.-", text[i]))
			return false;
	}
	return true;
}

bool text_copy(char *to, size_t size, const char *text)
{
	size_t len = strlen(text);
	size_t fits = len < size ? len : size - 1;

	memmove(to, text, fits);
	to[fits] = '\0';
	return fits == len;
}

/* A text that was cut may end within a UTF-8 character: its last one goes. */
static void drop_cut_character(char *text, size_t len)
{
	while (len > 0 && ((uint8_t)text[len - 1] & 0xc0) == 0x80)
		len--;
	if (len > 0 && ((uint8_t)text[len - 1] & 0xc0) == 0xc0)
		len--;
	text[len] = '\0';
}

void text_format_line(char *to, size_t size, const char *format, va_list arguments)
{
	int len = vsnprintf(to, size, format, arguments);

	if (len < 0)
		to[0] = '\0';
	else if ((size_t)len >= size)
		drop_cut_character(to, size - 1);
	for (char *at = to; *at; at++) {
		if ((uint8_t)*at < ' ' || *at == 0x7f)
			*at = '?';
	}
}
