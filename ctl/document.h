/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON documents on their way to a person or a script: exact text, safe text, and the reading of
 * members that may be absent. Pure functions.
 */
#ifndef CTL_DOCUMENT_H
#define CTL_DOCUMENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The text of a document, numbers digit for digit as they came, no control character in it but
 * the line ends of pretty. The caller frees it.
 */
char *document_text(const cJSON *document, bool pretty);

/* A copy in which no string and no key can steer a terminal. The caller deletes it. */
cJSON *document_for_terminal(const cJSON *document);

/* The same for a plain string. The caller frees it. */
char *document_escape(const char *text);

/* The text of a scalar as people read it; "-" for anything else. */
const char *document_item_text(const cJSON *item);

/* Members of an object: the text of a scalar ("-" when absent), a number (0 when absent). */
const char *document_scalar(const cJSON *object, const char *key);
double document_number(const cJSON *object, const char *key);
uint64_t document_u64(const cJSON *object, const char *key);

/* The element of an array of objects whose "name" is name, or NULL. */
const cJSON *document_named(const cJSON *array, const char *name);

/* Writes an object as aligned "key  value" lines, objects inside it indented. */
void document_write_pairs(FILE *out, const cJSON *object, int indent);

/* Adds "key" to an object with '_' for '-', as JSON keys are spelled; replaces one that is there.
 */
void document_put(cJSON *object, const char *option, cJSON *value);

#endif
