/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * getopt_long() driven by our tables, with messages of our own. It may be called several times, for
 * the words before the command and for those after it: each call starts getopt afresh.
 */
#include "ctl/args.h"

#include "ctl/document.h"
#include "ctl/memory.h"
#include "util/text.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* getopt_long() answers this plus the index of a long option. */
#define LONG_FIRST 256

/* The two tables as getopt_long() wants them, and as names for "did you mean". */
struct parser {
	const struct args_option *rows[ARGS_OPTIONS_MAX];
	const char *names[ARGS_OPTIONS_MAX];
	struct option longs[ARGS_OPTIONS_MAX + 1];
	char letters[2 * ARGS_OPTIONS_MAX + 3];
	size_t count;
};

static int argument_kind(const struct args_option *row)
{
	if (!row->placeholder)
		return no_argument;
	return row->placeholder[0] == '[' ? optional_argument : required_argument;
}

static void parser_add(struct parser *parser, const struct args_option *row)
{
	char letter[3] = "";

	for (; row && row->name && parser->count < ARGS_OPTIONS_MAX; row++) {
		parser->longs[parser->count] = (struct option){
			row->name, argument_kind(row), NULL, LONG_FIRST + (int)parser->count};
		parser->names[parser->count] = row->name;
		parser->rows[parser->count++] = row;
		if (row->letter) {
			letter[0] = row->letter;
			letter[1] = row->placeholder ? ':' : '\0';
			strcat(parser->letters, letter);
		}
	}
}

static const struct args_option *parser_row(const struct parser *parser, int answer)
{
	if (answer >= LONG_FIRST)
		return parser->rows[answer - LONG_FIRST];
	for (size_t i = 0; i < parser->count; i++)
		if (parser->rows[i]->letter == answer)
			return parser->rows[i];
	return NULL;
}

static int refuse(
	const struct parser *parser, int answer, const char *word, struct failure *failure)
{
	char name[64] = "";
	const char *nearest;

	if (answer == ':')
		return failure_set(failure, CTL_USAGE, NULL, "%s needs a value", word);
	if (optopt >= LONG_FIRST)
		return failure_set(failure, CTL_USAGE, NULL, "--%s takes no value",
			parser->rows[optopt - LONG_FIRST]->name);
	if (optopt)
		return failure_set(failure, CTL_USAGE, NULL, "unknown option -%c", optopt);
	sscanf(word, "--%63[^=]", name);
	for (size_t i = 0; *name && i < parser->count; i++)
		if (strncmp(parser->names[i], name, strlen(name)) == 0)
			return failure_set(failure, CTL_USAGE, NULL, "--%s is ambiguous", name);
	failure_set(failure, CTL_USAGE, NULL, "unknown option --%s", name);
	nearest = text_nearest(name, parser->names, parser->count);
	if (nearest)
		failure_hint(failure, "did you mean --%s?", nearest);
	return CTL_USAGE;
}

/* A value that may be left out is the next word if that begins with a digit: "--watch 2s". */
static const char *value_of(const struct args_option *row, int argc, char **argv)
{
	if (!optarg && row->placeholder && optind < argc && isdigit((unsigned char)argv[optind][0]))
		return argv[optind++];
	return optarg;
}

int args_parse(struct args *args, int argc, char **argv, const struct args_option *globals,
	const struct args_option *command, bool leading, struct failure *failure)
{
	struct parser parser = {.letters = ""};
	const struct args_option *row;
	int answer;

	strcpy(parser.letters, leading ? "+:" : ":");
	parser_add(&parser, globals);
	parser_add(&parser, command);
	optind = 0;
	opterr = 0;
	while ((answer = getopt_long(argc, argv, parser.letters, parser.longs, NULL)) != -1) {
		row = parser_row(&parser, answer);
		if (!row)
			return refuse(&parser, answer, argv[optind - 1], failure);
		if (args->given_count == ARGS_OPTIONS_MAX)
			return failure_set(failure, CTL_USAGE, NULL, "too many options");
		args->given[args->given_count++] =
			(struct args_given){row, value_of(row, argc, argv)};
	}
	args->words = argv + optind;
	args->word_count = argc - optind;
	return CTL_DONE;
}

const struct args_given *args_find(const struct args *args, const char *name)
{
	for (size_t i = args->given_count; i-- > 0;)
		if (strcmp(args->given[i].option->name, name) == 0)
			return &args->given[i];
	return NULL;
}

/* "--flow a --flow b" is "flows": ["a", "b"]. */
static void add_to_list(cJSON *params, const char *name, const char *value)
{
	char key[64];
	cJSON *list;

	snprintf(key, sizeof(key), "%ss", name);
	list = cJSON_GetObjectItemCaseSensitive(params, key);
	if (!list)
		list = cJSON_AddArrayToObject(params, key);
	cJSON_AddItemToArray(list, cJSON_CreateString(value));
}

void args_to_params(const struct args *args, cJSON *params)
{
	for (size_t i = 0; i < args->given_count; i++) {
		const struct args_option *option = args->given[i].option;
		const char *value = args->given[i].value;

		if (option->use == ARGS_STRING)
			document_put(params, option->name, cJSON_CreateString(value));
		else if (option->use == ARGS_TRUE)
			document_put(params, option->name, cJSON_CreateTrue());
		else if (option->use == ARGS_LIST)
			add_to_list(params, option->name, value);
	}
}
