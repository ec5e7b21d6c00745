/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktgenctl: steers the daemon over its control socket.
 *
 * The command line is read in two or three steps: global options up to the command, for a group
 * ("port") up to the command in it, then all the rest. What a command does is in the file of its
 * group.
 */
#include "ctl/command.h"
#include "ctl/ctl.h"
#include "ctl/help.h"
#include "ctl/memory.h"
#include "util/units.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --json counts from the start, so that an error in the words before it comes as JSON as well. */
static bool wants_json(char **argv)
{
	for (; *argv && strcmp(*argv, "--") != 0; argv++)
		if (strcmp(*argv, "--json") == 0)
			return true;
	return false;
}

/* Global options take effect as they are read. */
static int apply_globals(struct ctl *ctl, struct failure *failure)
{
	const struct args_given *given;

	if (args_find(&ctl->args, "json"))
		ctl->writer.ops = &writer_json;
	if (args_find(&ctl->args, "no-color"))
		ctl->writer.colour = false;
	given = args_find(&ctl->args, "socket");
	if (given)
		ctl->socket_path = given->value;
	given = args_find(&ctl->args, "timeout");
	if (given && (units_parse_time(given->value, &ctl->client.timeout_ns) ||
			     ctl->client.timeout_ns == 0))
		return failure_set(failure, CTL_USAGE, "timeout", "\"%s\" is not a time like 10s",
			given->value);
	return CTL_DONE;
}

/* Reads options after argv[0] and leaves the other words in ctl->args. */
static int read_words(struct ctl *ctl, int argc, char **argv, struct failure *failure)
{
	const struct args_option *own = ctl->command ? ctl->command->options : NULL;
	int status = args_parse(
		&ctl->args, argc, argv, command_globals, own, ctl->command == NULL, failure);

	return status == CTL_DONE ? apply_globals(ctl, failure) : status;
}

static int check_words(const struct ctl *ctl, struct failure *failure)
{
	const struct command *command = ctl->command;

	if (ctl->args.word_count < command->words_min)
		return failure_set(failure, CTL_USAGE, NULL, "%s needs %s", command->name,
			command->words_min == 1 ? "an argument" : "two arguments");
	if (command->words_max >= 0 && ctl->args.word_count > command->words_max)
		return failure_set(failure, CTL_USAGE, NULL, "%s: \"%s\" is one argument too many",
			command->name, ctl->args.words[command->words_max]);
	return CTL_DONE;
}

/* Finds the command; *group stays "" unless the words begin with one. */
static int read_command(
	struct ctl *ctl, int argc, char **argv, const char **group, struct failure *failure)
{
	struct args *args = &ctl->args;
	int status = read_words(ctl, argc, argv, failure);

	if (status == CTL_DONE && args->word_count > 0 && command_is_group(args->words[0])) {
		*group = args->words[0];
		status = read_words(ctl, args->word_count, args->words, failure);
	}
	if (status != CTL_DONE || args->word_count == 0)
		return status;
	ctl->command = command_find(*group, args->words[0]);
	if (!ctl->command)
		return command_refuse(*group, args->words[0], failure);
	return read_words(ctl, args->word_count, args->words, failure);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct failure failure = {0};
	const char *group = "";
	int status = read_command(ctl, argc, argv, &group, &failure);

	if (status != CTL_DONE)
		return ctl_fail(ctl, &failure);
	if (args_find(&ctl->args, "help"))
		return help_show(ctl, group, ctl->command);
	if (args_find(&ctl->args, "version"))
		return help_show_own_version(ctl);
	if (!ctl->command)
		return help_refuse_nothing(ctl, group);
	if (check_words(ctl, &failure) != CTL_DONE)
		return ctl_fail(ctl, &failure);
	return ctl->command->run(ctl);
}

int main(int argc, char **argv)
{
	struct ctl ctl;
	int status;

	memory_init();
	ctl_init(&ctl);
	if (wants_json(argv))
		ctl.writer.ops = &writer_json;
	status = run(&ctl, argc, argv);
	ctl_fini(&ctl);
	if ((ferror(stdout) || fclose(stdout) != 0) && status == CTL_DONE) {
		fprintf(stderr, "pktgenctl: standard output: %s\n", strerror(errno));
		status = CTL_FAILED;
	}
	return status;
}
