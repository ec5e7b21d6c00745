/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands is sound, and commands are found in it. */
#include "ctl/command.h"
#include "ctl/document.h"
#include "unit.h"

#include <string.h>

START_TEST(rows_are_complete_and_unique)
{
	for (size_t i = 0; i < command_count; i++) {
		const struct command *command = &commands[i];

		ck_assert(command->name && command->usage && command->help && command->run);
		ck_assert_msg(command->exits & (1u << CTL_DONE), "%s", command->name);
		ck_assert_msg(command->exits & (1u << CTL_USAGE), "%s", command->name);
		ck_assert_uint_lt(command->exits, 1u << CTL_EXIT_COUNT);
		ck_assert(command->words_max < 0 || command->words_min <= command->words_max);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(command->name, commands[k].name);
	}
}
END_TEST

START_TEST(no_option_hides_a_global_one)
{
	for (size_t i = 0; i < command_count; i++)
		for (const struct args_option *own = commands[i].options; own && own->name; own++)
			for (const struct args_option *all = command_globals; all->name; all++)
				ck_assert_str_ne(own->name, all->name);
}
END_TEST

START_TEST(commands_are_found_by_group_and_name)
{
	ck_assert_str_eq(command_find("", "start")->name, "start");
	ck_assert_str_eq(command_find("port", "add")->name, "port add");
	ck_assert_str_eq(command_find("flow", "set")->name, "flow set");
	ck_assert_ptr_null(command_find("", "port"));
	ck_assert_ptr_null(command_find("", "add"));
	ck_assert_ptr_null(command_find("", "port add"));
	ck_assert_ptr_null(command_find("por", "add"));
	ck_assert_ptr_null(command_find("port", ""));
	ck_assert(command_is_group("port") && command_is_group("flow"));
	ck_assert(!command_is_group("") && !command_is_group("start") && !command_is_group("por"));
}
END_TEST

static void assert_hint(const char *group, const char *word, const char *hint)
{
	struct failure failure = {0};

	ck_assert_int_eq(command_refuse(group, word, &failure), CTL_USAGE);
	ck_assert_str_eq(failure_data(failure.document, "hint"), hint);
	failure_fini(&failure);
}

START_TEST(did_you_mean)
{
	assert_hint("", "strat", "did you mean \"start\"?");
	assert_hint("", "flwo", "did you mean \"flow\"?");
	assert_hint("flow", "lst", "did you mean \"flow list\"?");
	assert_hint("port", "frobnicate", "\"pktgenctl help\" lists the commands");
}
END_TEST

START_TEST(usage_is_one_line)
{
	char *own = command_usage(command_find("flow", "list")), *all = command_usage(NULL);

	ck_assert_str_eq(own, "pktgenctl flow list");
	ck_assert_ptr_null(strchr(all, '\n'));
	free(own);
	free(all);
}
END_TEST

UNIT_SUITE("ctl/command", rows_are_complete_and_unique, no_option_hides_a_global_one,
	commands_are_found_by_group_and_name, did_you_mean, usage_is_one_line)
