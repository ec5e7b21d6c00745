/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of commands: what each is called, what it takes, what it may end with, and who does it.
 * A command is one row here and one handler in the file of its group.
 */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include "ctl/args.h"
#include "ctl/ctl.h"

#include <cjson/cJSON.h>
#include <stddef.h>

struct command {
	const char *name;                  /* "start"; "port add": a group and a command of it */
	const char *usage;                 /* its words, as --help shows them */
	const char *help;                  /* one line */
	const struct args_option *options; /* NULL: the global ones only */
	int words_min, words_max;          /* words_max -1: any number */
	unsigned int exits;                /* bit n: may end with exit status n */
	int (*run)(struct ctl *ctl);
};

extern const struct command commands[];
extern const size_t command_count;

/* Options that every command takes, before and after its name. */
extern const struct args_option command_globals[];

/* The command of that name, or NULL. group "": a command that is in no group. */
const struct command *command_find(const char *group, const char *name);

/* Whether commands of that group exist. */
bool command_is_group(const char *word);

/*
 * Sets *failure to say that there is no such command (group "": at the top), with "did you mean".
 * Returns CTL_USAGE.
 */
int command_refuse(const char *group, const char *word, struct failure *failure);

/* The line of usage; of pktgenctl itself when command is NULL. The caller frees it. */
char *command_usage(const struct command *command);

/* Handlers, by file. */
int traffic_run_start(struct ctl *ctl);
int traffic_run_stop(struct ctl *ctl);
int traffic_run_pause(struct ctl *ctl);
int traffic_run_resume(struct ctl *ctl);
int status_run(struct ctl *ctl);
int stats_run(struct ctl *ctl);
int stats_run_top(struct ctl *ctl);
int port_run_list(struct ctl *ctl);
int port_run_show(struct ctl *ctl);
int port_run_add(struct ctl *ctl);
int port_run_remove(struct ctl *ctl);
int port_run_probe(struct ctl *ctl);
int flow_run_list(struct ctl *ctl);
int flow_run_show(struct ctl *ctl);
int flow_run_set(struct ctl *ctl);
int flow_run_append(struct ctl *ctl);
int flow_run_remove(struct ctl *ctl);
int frame_run(struct ctl *ctl);
int capture_run_start(struct ctl *ctl);
int capture_run_stop(struct ctl *ctl);
int call_run(struct ctl *ctl);
int help_run(struct ctl *ctl);
int help_run_version(struct ctl *ctl);

/* Option tables, by file. */
extern const struct args_option traffic_start_options[];
extern const struct args_option stats_options[];
extern const struct args_option stats_top_options[];
extern const struct args_option port_add_options[];
extern const struct args_option capture_start_options[];

#endif
