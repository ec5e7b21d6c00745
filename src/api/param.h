/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters against their tables, and out of a request that fits them. Pure functions. */
#ifndef API_PARAM_H
#define API_PARAM_H

#include "api/method.h"

#define PARAM_KEY_SIZE 32

/*
 * Checks everything that the tables say: unknown and missing parameters, types, choices, lengths.
 * params is what the request holds, NULL when it holds none. 0 or -errno with *err set; its param
 * is a path
 * ("flows[2].size").
 */
int param_check(const struct method *method, const cJSON *params, struct error *err);

/* The JSON key of a parameter: its name with '_' for '-'. Returns key. */
const char *param_key(const struct method_param *param, char key[PARAM_KEY_SIZE]);

/* Spells the setting that err blames as a JSON key, whatever the module that checked it calls it.
 */
void param_blame(struct error *err);

/* The text of a string parameter, NULL when it was not given. */
const char *param_string(const cJSON *params, const char *key);

/*
 * Fills names from a list of names; returns how many, 0 when it was not given. names has room for
 * as many as the table allows, and holds as long as params.
 */
size_t param_names(const cJSON *params, const char *key, const char **names);

#endif
