/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be called: one table of methods, each with the table of its parameters.
 *
 * Requests are checked against these tables before a handler sees them (param.h), and rpc.discover
 * prints them (discover.h): what is not in a table does not exist. Constant data; any thread.
 */
#ifndef API_METHOD_H
#define API_METHOD_H

#include "util/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* What a handler returns, beside 0 and -errno: the call ends later, and may already have. */
#define RPC_LATER 1

struct rpc_call;

enum param_type {
	PARAM_STRING,
	PARAM_U64,
	PARAM_BOOL,
	PARAM_CHOICE,  /* one of the strings in choices */
	PARAM_SETTING, /* text, number or boolean: config/ reads it */
	PARAM_NAMES,   /* 1 to max strings */
	PARAM_OBJECTS, /* 1 to max objects, each with the members of the table members */
	PARAM_TYPE_COUNT
};

/* One parameter, or one member of an object in a parameter. */
struct method_param {
	const char *name; /* as an option is spelled ("dst-mac"); the JSON key has '_' for '-' */
	enum param_type type;
	bool required;
	size_t max; /* of lists */
	const char *const *choices;
	size_t choice_count;
	const struct method_param *members;
	size_t member_count;
	const char *help;
};

enum method_access { METHOD_READ, METHOD_CHANGE };

/*
 * Runs a call whose parameters fit the table. 0 with a new *result, -errno with *err set, or
 * RPC_LATER when rpc_call_finish() or rpc_call_fail() ends the call: in this case the call must not
 * be touched any more.
 */
typedef int method_handle_fn(struct rpc_call *call, cJSON **result, struct error *err);

struct method {
	const char *name;
	method_handle_fn *handle;
	enum method_access access;
	const struct method_param *params;
	size_t param_count;
	const char *help;
	const char *result; /* for people */
};

extern const struct method methods[];
extern const size_t method_count;

/* The method of that name; NULL with *err set when there is none. */
const struct method *method_find(const char *name, struct error *err);

#endif
