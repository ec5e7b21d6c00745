/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of settings: what a section of the file, or a JSON object, may say. Constant data;
 * inside config only.
 */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include "config/value.h"
#include "packet/field.h"
#include "util/error.h"

#include <stddef.h>
#include <stdint.h>

#define SETTING_ROWS_MAX 64 /* of one table: a bit each in a uint64_t */

struct setting {
	const char *key; /* spelled with '-' */
	const struct value_type *type;
	size_t offset, size;      /* of the member */
	uint64_t min, max;        /* numbers and times; a number below min was never given */
	const char *word;         /* numbers: the word that stands for -1, or NULL */
	const char *const *names; /* choices: max + 1 names */
	enum field_type field;
};

struct setting_table {
	const char *what; /* "a flow": whose settings */
	const struct setting *rows;
	size_t count;
};

extern const struct setting_table setting_daemon_table, setting_port_table, setting_flow_table;

/* The row of that key, spelled with '-' or '_'. NULL with *err set when there is none. */
const struct setting *setting_find(
	const struct setting_table *table, const char *key, struct error *err);

/* Reads text into the member; key, as the caller spelled it, is for *err. 0 or -EINVAL. */
int setting_read(const struct setting *setting, void *base, const char *key, const char *text,
	struct error *err);

#endif
