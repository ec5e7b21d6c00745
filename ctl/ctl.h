/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command has at hand: its words and options, the writer, the daemon.
 *
 * Functions return an exit status (failure.h). "Reports" means that the writer has said it already,
 * so that a handler only passes the status on.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "ctl/args.h"
#include "ctl/client.h"
#include "ctl/failure.h"
#include "ctl/writer.h"

#include <cjson/cJSON.h>
#include <stdint.h>

struct command;

struct ctl {
	struct writer writer;
	const char *socket_path;
	const struct command *command; /* that runs; NULL until it is known */
	struct args args;              /* its words and every option */
	struct client client;          /* connected by the first call */
};

/* From the environment and the defaults. */
void ctl_init(struct ctl *ctl);
void ctl_fini(struct ctl *ctl);

/* Reports a failure and empties it. Returns its status. */
int ctl_fail(struct ctl *ctl, struct failure *failure);

/* Reports wrong usage, with the line of usage of the command. Returns CTL_USAGE. */
int ctl_fail_usage(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Tells people something (not programs). */
void ctl_note(const struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* client_call() that connects first if need be. Does not report. */
int ctl_try(struct ctl *ctl, const char *method, cJSON *params, cJSON **result,
	struct failure *failure);

/* The same, and reports. */
int ctl_call(struct ctl *ctl, const char *method, cJSON *params, cJSON **result);

/* Calls, and writes the result. */
int ctl_show(struct ctl *ctl, const char *method, cJSON *params, writer_text_fn *text);

/* {"name": the command's first word}. */
cJSON *ctl_params_name(const struct ctl *ctl);

/* The options, and the words as "ports" if there are any. */
cJSON *ctl_params_ports(const struct ctl *ctl);

#endif
