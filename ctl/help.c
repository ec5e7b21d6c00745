/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Help pages are documents like all others, made from the table of commands: --json prints them for
 * programs that complete command lines.
 */
#include "ctl/help.h"

#include "config.h"
#include "ctl/document.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

static void add_options(cJSON *document, const char *key, const struct args_option *option)
{
	cJSON *options = cJSON_AddArrayToObject(document, key), *row;

	for (; option && option->name; option++) {
		row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "name", option->name);
		if (option->letter)
			cJSON_AddStringToObject(row, "letter", (char[]){option->letter, '\0'});
		if (option->placeholder)
			cJSON_AddStringToObject(row, "value", option->placeholder);
		cJSON_AddStringToObject(row, "help", option->help);
		cJSON_AddItemToArray(options, row);
	}
}

static void add_exits(cJSON *document, unsigned int exits)
{
	cJSON *list = cJSON_AddArrayToObject(document, "exits"), *row;

	for (int status = 0; status < CTL_EXIT_COUNT; status++) {
		if (!(exits & (1u << status)))
			continue;
		row = cJSON_CreateObject();
		json_add_u64(row, "status", (uint64_t)status);
		cJSON_AddStringToObject(row, "meaning", ctl_exit_meanings[status]);
		cJSON_AddItemToArray(list, row);
	}
}

static cJSON *command_document(const struct command *command)
{
	cJSON *document = cJSON_CreateObject();
	char *usage = command_usage(command);

	cJSON_AddStringToObject(document, "name", command->name);
	cJSON_AddStringToObject(document, "usage", usage);
	cJSON_AddStringToObject(document, "help", command->help);
	add_options(document, "options", command->options);
	add_options(document, "global_options", command_globals);
	add_exits(document, command->exits);
	free(usage);
	return document;
}

/* Every command, or those of a group. */
static cJSON *overview_document(const char *group)
{
	cJSON *document = cJSON_CreateObject(), *list, *row;
	char *usage = command_usage(NULL);
	size_t len = strlen(group);

	cJSON_AddStringToObject(document, "usage", usage);
	free(usage);
	list = cJSON_AddArrayToObject(document, "commands");
	for (size_t i = 0; i < command_count; i++) {
		if (len && (strncmp(commands[i].name, group, len) || commands[i].name[len] != ' '))
			continue;
		row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "name", commands[i].name);
		cJSON_AddStringToObject(row, "arguments", commands[i].usage);
		cJSON_AddStringToObject(row, "help", commands[i].help);
		cJSON_AddItemToArray(list, row);
	}
	add_options(document, "global_options", command_globals);
	add_exits(document, (1u << CTL_EXIT_COUNT) - 1);
	return document;
}

static const cJSON *member(const cJSON *document, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(document, key);
}

static void write_options(FILE *out, const char *title, const cJSON *options)
{
	const cJSON *row;
	char text[64];

	if (!options || !options->child)
		return;
	fprintf(out, "\n%s:\n", title);
	cJSON_ArrayForEach(row, options)
	{
		const char *value = member(row, "value") ? document_scalar(row, "value") : "";
		const char *letter = member(row, "letter") ? document_scalar(row, "letter") : "";

		snprintf(text, sizeof(text), "%s%s%s--%s %s", *letter ? "-" : "    ", letter,
			*letter ? ", " : "", document_scalar(row, "name"), value);
		fprintf(out, "  %-28s %s\n", text, document_scalar(row, "help"));
	}
}

static void write_exits(FILE *out, const cJSON *exits)
{
	const cJSON *row;

	fputs("\nExit status:\n", out);
	cJSON_ArrayForEach(row, exits)
	{
		fprintf(out, "  %s  %s\n", document_scalar(row, "status"),
			document_scalar(row, "meaning"));
	}
}

static void write_command(FILE *out, bool colour, const cJSON *document)
{
	(void)colour;
	fprintf(out, "usage: %s\n\n%s: %s\n", document_scalar(document, "usage"),
		document_scalar(document, "name"), document_scalar(document, "help"));
	write_options(out, "Options", member(document, "options"));
	write_options(out, "Options of every command", member(document, "global_options"));
	write_exits(out, member(document, "exits"));
}

static void write_overview(FILE *out, bool colour, const cJSON *document)
{
	const cJSON *row;
	char text[96];

	(void)colour;
	fprintf(out, "usage: %s\n\nCommands (\"pktgenctl COMMAND --help\" tells more):\n",
		document_scalar(document, "usage"));
	cJSON_ArrayForEach(row, member(document, "commands"))
	{
		snprintf(text, sizeof(text), "%s %s", document_scalar(row, "name"),
			document_scalar(row, "arguments"));
		if (strlen(text) > 28)
			fprintf(out, "  %s\n  %-28s %s\n", text, "", document_scalar(row, "help"));
		else
			fprintf(out, "  %-28s %s\n", text, document_scalar(row, "help"));
	}
	write_options(out, "Options of every command", member(document, "global_options"));
	write_exits(out, member(document, "exits"));
}

int help_show(struct ctl *ctl, const char *group, const struct command *command)
{
	cJSON *document = command ? command_document(command) : overview_document(group);

	ctl->writer.ops->result(&ctl->writer, document, command ? write_command : write_overview);
	cJSON_Delete(document);
	return CTL_DONE;
}

int help_refuse_nothing(struct ctl *ctl, const char *group)
{
	cJSON *document;

	if (*group)
		return ctl_fail_usage(ctl,
			"%s needs a command of its own; \"pktgenctl help %s\" lists them", group,
			group);
	if (ctl->writer.ops->is_json)
		return ctl_fail_usage(ctl, "a command is missing");
	document = overview_document(group);
	write_overview(stderr, false, document);
	cJSON_Delete(document);
	return CTL_USAGE;
}

int help_run(struct ctl *ctl)
{
	struct failure failure = {0};
	const char *group = "", *word = ctl->args.words[0];
	const struct command *command = NULL;

	if (ctl->args.word_count > 0 && command_is_group(word)) {
		group = word;
		word = ctl->args.words[1];
	} else if (ctl->args.word_count > 1) {
		word = ctl->args.words[1];
		group = ctl->args.words[0];
	}
	if (word)
		command = command_find(group, word);
	if (!word || command)
		return help_show(ctl, group, command);
	command_refuse(group, word, &failure);
	return ctl_fail(ctl, &failure);
}

static void write_versions(FILE *out, bool colour, const cJSON *document)
{
	(void)colour;
	document_write_pairs(out, document, 0);
}

static cJSON *own_version(void)
{
	cJSON *document = cJSON_CreateObject();

	cJSON_AddStringToObject(document, "pktgenctl", PACKAGE_VERSION);
	return document;
}

int help_show_own_version(struct ctl *ctl)
{
	cJSON *document = own_version();

	ctl->writer.ops->result(&ctl->writer, document, write_versions);
	cJSON_Delete(document);
	return CTL_DONE;
}

/* Without a daemon our own version is still told, in JSON in the same document as the error. */
int help_run_version(struct ctl *ctl)
{
	struct failure failure = {0};
	cJSON *document = own_version(), *hello = NULL;
	int status = ctl_try(ctl, "system.hello", NULL, &hello, &failure);

	if (status == CTL_DONE)
		cJSON_AddStringToObject(document, "pktgend", document_scalar(hello, "version"));
	else if (ctl->writer.ops->is_json)
		cJSON_AddItemToObject(document, "error", cJSON_Duplicate(failure.document, true));
	ctl->writer.ops->result(&ctl->writer, document, write_versions);
	if (status != CTL_DONE && !ctl->writer.ops->is_json)
		ctl_fail(ctl, &failure);
	failure_fini(&failure);
	cJSON_Delete(hello);
	cJSON_Delete(document);
	return status;
}
