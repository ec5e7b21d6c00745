/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the value of a setting is read from text and written as text: one type for each kind of
 * value.
 *
 * A type's functions work on the struct (config_daemon, config_port, config_flow) at base; the
 * setting says where in it. Inside config only.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "util/error.h"

#include <stdbool.h>
#include <stddef.h>

#define VALUE_TEXT_SIZE 192 /* holds the text of any value */

struct setting;

/* What a value may be in JSON. */
enum value_json {
	VALUE_STRING,
	VALUE_NUMBER,  /* a number, or the same as a string */
	VALUE_BOOLEAN, /* a boolean, or the same as a string */
};

struct value_type {
	enum value_json json;
	/* 0, or -EINVAL with *err set but for its param; nothing changes on error. */
	int (*read)(const struct setting *setting, void *base, const char *text, struct error *err);
	/* Writes what read() takes; false when the setting was never given and has no text. */
	bool (*format)(const struct setting *setting, const void *base, char *text, size_t size);
};

extern const struct value_type value_name, value_word, value_location, value_endpoint;
extern const struct value_type value_number, value_boolean, value_choice, value_time, value_rate;
extern const struct value_type value_field, value_source_mac, value_ip;

#endif
