/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON with cJSON, made strict and exact.
 *
 * cJSON keeps numbers as doubles and accepts texts that RFC 8259 forbids. json_parse() checks the
 * text first (grammar of numbers, UTF-8, escapes, control characters, depth, duplicate keys,
 * trailing text) and keeps the digits of every number in the item's valuestring, so that
 * json_get_u64() is exact to 2^64-1; json_add_u64() writes all digits. Used by config, api and
 * pktgenctl; control thread only.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include "util/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 32

/*
 * Parses exactly len bytes. Returns NULL with *err set (its message names the byte offset) when
 * they are not one JSON text. The caller frees the tree with cJSON_Delete().
 */
cJSON *json_parse(const char *text, size_t len, struct error *err);

/* The exact value of an integer item from 0 to 2^64-1. 0, -EINVAL (no such number) or -ERANGE. */
int json_get_u64(const cJSON *item, uint64_t *value);

/* The text of a number item as it was sent. */
const char *json_number_text(const cJSON *item);

/* Adds "key": value with all digits; key NULL appends to an array. Returns the item or NULL. */
cJSON *json_add_u64(cJSON *parent, const char *key, uint64_t value);

#endif
