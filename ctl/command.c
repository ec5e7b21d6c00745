/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands, and how a command is found in it by the words that the user typed. */
#include "ctl/command.h"

#include "ctl/memory.h"
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_BIT(status) (1u << (status))

/* What any command that asks the daemon may end with. */
#define EXITS_ASK \
	(EXIT_BIT(CTL_DONE) | EXIT_BIT(CTL_FAILED) | EXIT_BIT(CTL_USAGE) | \
		EXIT_BIT(CTL_UNREACHABLE) | EXIT_BIT(CTL_NOT_PERMITTED) | EXIT_BIT(CTL_REFUSED))
#define EXITS_RUNNING (EXITS_ASK | EXIT_BIT(CTL_NOT_RUNNING))
#define EXITS_DEVICE  (EXITS_ASK | EXIT_BIT(CTL_DEVICE))
#define EXITS_ALL     (EXITS_RUNNING | EXITS_DEVICE)

const struct command commands[] = {
	{"start", "[PORT...] [OPTION...]",
		"start traffic; options and no flow set: makes the flow \"default\"",
		traffic_start_options, 0, -1, EXITS_DEVICE, traffic_run_start},
	{"stop", "[PORT...]", "stop traffic and show the totals, which stay until the next start",
		NULL, 0, -1, EXITS_ALL, traffic_run_stop},
	{"pause", "[PORT...]", "stop sending, to go on later with the next frame", NULL, 0, -1,
		EXITS_ALL, traffic_run_pause},
	{"resume", "[PORT...]", "go on after a pause", NULL, 0, -1, EXITS_ALL, traffic_run_resume},
	{"status", "", "a page about the daemon, its ports and its flows", NULL, 0, 0, EXITS_ASK,
		status_run},
	{"stats", "[PORT...] [OPTION...]", "counters and rates", stats_options, 0, -1, EXITS_ASK,
		stats_run},
	{"top", "[PORT...] [OPTION...]", "counters and rates, drawn anew each second; q ends",
		stats_top_options, 0, -1, EXITS_ASK, stats_run_top},
	{"port list", "", "the ports", NULL, 0, 0, EXITS_ASK, port_run_list},
	{"port show", "[NAME]", "all about a port, or about each", NULL, 0, 1, EXITS_ASK,
		port_run_show},
	{"port add", "NAME LOCATION [KEY=VALUE...] [OPTION...]",
		"add a port; KEY is an option's name without --", port_add_options, 2, -1,
		EXITS_DEVICE, port_run_add},
	{"port remove", "NAME", "remove a port", NULL, 1, 1, EXITS_ASK, port_run_remove},
	{"probe", "LOCATION", "what a location (BACKEND:ADDRESS) can do; ends with 7 if nothing",
		NULL, 1, 1, EXITS_DEVICE, port_run_probe},
	{"flow list", "", "the flows", NULL, 0, 0, EXITS_ASK, flow_run_list},
	{"flow show", "[NAME]", "all settings of a flow, or of each", NULL, 0, 1, EXITS_ASK,
		flow_run_show},
	{"flow set", "FILE", "replace all flows by those of a JSON file; - is standard input", NULL,
		1, 1, EXITS_ASK, flow_run_set},
	{"flow append", "FILE", "add the flows of a JSON file", NULL, 1, 1, EXITS_ASK,
		flow_run_append},
	{"flow remove", "NAME", "remove a flow", NULL, 1, 1, EXITS_ASK, flow_run_remove},
	{"frame", "FLOW [N]", "frame number N of a flow, byte for byte; the first is 0", NULL, 1, 2,
		EXITS_ASK, frame_run},
	{"capture start", "PORT --write FILE [OPTION...]",
		"write what a port receives to a file; at rest, it receives for this",
		capture_start_options, 1, 1, EXITS_DEVICE, capture_run_start},
	{"capture stop", "PORT", "end a capture and show the totals", NULL, 1, 1, EXITS_ALL,
		capture_run_stop},
	{"call", "METHOD [JSON]", "call any method of the control socket", NULL, 1, 2, EXITS_ALL,
		call_run},
	{"version", "", "the versions of pktgenctl and of the daemon", NULL, 0, 0,
		EXITS_ASK & ~EXIT_BIT(CTL_REFUSED), help_run_version},
	{"help", "[COMMAND]", "this page, or all about a command", NULL, 0, 2,
		EXIT_BIT(CTL_DONE) | EXIT_BIT(CTL_USAGE), help_run},
};
const size_t command_count = sizeof(commands) / sizeof(commands[0]);

const struct args_option command_globals[] = {
	{"socket", 's', ARGS_LOCAL, "SOCKET", "the daemon's socket; also PKTGEND_SOCKET"},
	{"json", 0, ARGS_LOCAL, NULL, "results and errors as JSON on standard output"},
	{"no-color", 0, ARGS_LOCAL, NULL, "no colours; also NO_COLOR"},
	{"timeout", 0, ARGS_LOCAL, "TIME", "wait for each answer no longer than this; 10s"},
	{"help", 'h', ARGS_LOCAL, NULL, "what the command does and takes"},
	{"version", 0, ARGS_LOCAL, NULL, "the version of pktgenctl, without asking the daemon"},
	{0},
};

/* The part of a command's name that stands before the last word: "port" in "port add". */
static size_t group_len(const struct command *command)
{
	const char *blank = strchr(command->name, ' ');

	return blank ? (size_t)(blank - command->name) : 0;
}

static bool in_group(const struct command *command, const char *group)
{
	size_t len = group_len(command);

	return len == strlen(group) && strncmp(command->name, group, len) == 0;
}

static const char *last_word(const struct command *command)
{
	size_t len = group_len(command);

	return command->name + (len ? len + 1 : 0);
}

const struct command *command_find(const char *group, const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (in_group(&commands[i], group) && strcmp(last_word(&commands[i]), name) == 0)
			return &commands[i];
	return NULL;
}

bool command_is_group(const char *word)
{
	for (size_t i = 0; i < command_count; i++)
		if (*word && in_group(&commands[i], word))
			return true;
	return false;
}

/* What may stand where word stands: commands of the group, at the top the groups as well. */
static size_t list_candidates(const char *group, const char **names, char groups[][32])
{
	size_t n = 0;

	for (size_t i = 0; i < command_count; i++) {
		if (in_group(&commands[i], group)) {
			names[n++] = last_word(&commands[i]);
		} else if (!*group) {
			snprintf(groups[i], sizeof(groups[i]), "%.*s", (int)group_len(&commands[i]),
				commands[i].name);
			names[n++] = groups[i];
		}
	}
	return n;
}

int command_refuse(const char *group, const char *word, struct failure *failure)
{
	const char *names[sizeof(commands) / sizeof(commands[0])], *nearest;
	char groups[sizeof(commands) / sizeof(commands[0])][32];
	const char *blank = *group ? " " : "";

	failure_set(failure, CTL_USAGE, NULL, "there is no command \"%s%s%s\"", group, blank, word);
	nearest = text_nearest(word, names, list_candidates(group, names, groups));
	if (nearest)
		failure_hint(failure, "did you mean \"%s%s%s\"?", group, blank, nearest);
	else
		failure_hint(failure, "\"pktgenctl help\" lists the commands");
	return CTL_USAGE;
}

char *command_usage(const struct command *command)
{
	const char *blank = command && *command->usage ? " " : "";
	char *text;
	int len;

	if (command)
		len = asprintf(&text, "pktgenctl %s%s%s", command->name, blank, command->usage);
	else
		len = asprintf(&text, "pktgenctl [-s SOCKET] [--json] [--no-color] COMMAND ...");
	return len < 0 ? memory_need(NULL) : text;
}
