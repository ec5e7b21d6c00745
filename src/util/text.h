/* SPDX-License-Identifier: BSD-2-Clause */
/* Small things with strings that several modules need. Pure functions. */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The candidate that a person most likely meant by word, for "did you mean": smallest edit
 * distance (transpositions count as one), not above a third of the longer length; NULL when
 * nothing is near. Ignores case.
 */
const char *text_nearest(const char *word, const char *const *candidates, size_t n);

/* Names of ports and flows: 1 to 31 of [A-Za-z0-9_.-], beginning with a letter or digit. */
#define TEXT_NAME_SIZE 32
bool text_is_name(const char *text);

/* Copies text, cut to fit, always NUL-terminated. Returns whether all of it fitted. */
bool text_copy(char *to, size_t size, const char *text);

/*
 * Formats one line for people, cut to fit: control characters become '?', so that nothing that a
 * peer supplied breaks the line, and the cut never leaves half a UTF-8 character.
 */
void text_format_line(char *to, size_t size, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

#endif
