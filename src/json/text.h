/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The letter of RFC 8259: whether bytes are one JSON text, before any library builds a tree of
 * them.
 *
 * Time grows with n log n and memory with the number of keys of the objects that are open, so a
 * hostile text of 64 KiB costs milliseconds. Pure functions.
 */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "util/error.h"

#include <stddef.h>

#define JSON_TEXT_NUMBER_MAX 63 /* characters of a number: what cJSON's own buffer takes */

/*
 * Accepts exactly one JSON text of len bytes with nothing but white space around it, at most
 * depth_max arrays and objects inside one another, and no key twice in an object; keys are compared
 * after unescaping. \u0000 is refused, because a C string would end there, and so is a byte order
 * mark. 0, -EINVAL or -ENOMEM with *err set.
 */
int json_text_check(const char *text, size_t len, unsigned depth_max, struct error *err);

/*
 * Finds the next number at or after *at in a text that json_text_check() accepted. Returns its
 * first character with its length in *number_len, and moves *at behind it; NULL when there is none.
 */
const char *json_text_next_number(const char *text, size_t len, size_t *at, size_t *number_len);

#endif
