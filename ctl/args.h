/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: options by tables, in any order with other words, as getopt_long(3) reads them.
 */
#ifndef CTL_ARGS_H
#define CTL_ARGS_H

#include "ctl/failure.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define ARGS_OPTIONS_MAX 64 /* given, and per table */

/* What becomes of an option's value in the parameters of a request. */
enum args_use {
	ARGS_LOCAL,  /* nothing: pktgenctl's own */
	ARGS_STRING, /* "name": "value", as typed: the daemon reads and checks it */
	ARGS_TRUE,   /* "name": true */
	ARGS_LIST,   /* "names": ["value", …], the option may be repeated */
};

/* A row of an option table; a row without a name ends the table. */
struct args_option {
	const char *name;
	char letter; /* 0: none */
	enum args_use use;
	const char *placeholder; /* of the value; NULL: takes none; "[T]": may be left out */
	const char *help;
};

struct args_given {
	const struct args_option *option;
	const char *value; /* NULL: none */
};

struct args {
	struct args_given given[ARGS_OPTIONS_MAX];
	size_t given_count;
	char **words; /* the rest of argv, in order; ends with NULL */
	int word_count;
};

/*
 * Reads the options after argv[0] that are in one of the tables (command may be NULL), adds them to
 * *args, and leaves the other words there. With leading, stops at the first word that is no option.
 * argv is reordered and must outlive *args. Returns CTL_DONE or CTL_USAGE with *failure set.
 */
int args_parse(struct args *args, int argc, char **argv, const struct args_option *globals,
	const struct args_option *command, bool leading, struct failure *failure);

/* The last time that an option was given, or NULL. */
const struct args_given *args_find(const struct args *args, const char *name);

/* Adds what was given to the parameters of a request, each option as its row says. */
void args_to_params(const struct args *args, cJSON *params);

#endif
