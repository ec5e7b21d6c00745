/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: every form of an option, and what is refused. */
#include "ctl/args.h"
#include "ctl/document.h"
#include "unit.h"

#include <string.h>

static const struct args_option globals[] = {
	{"socket", 's', ARGS_LOCAL, "PATH", ""},
	{"json", 0, ARGS_LOCAL, NULL, ""},
	{0},
};

static const struct args_option own[] = {
	{"dst-mac", 0, ARGS_STRING, "MAC", ""},
	{"rate", 0, ARGS_STRING, "R", ""},
	{"rate-layer", 0, ARGS_STRING, "L", ""},
	{"flow", 0, ARGS_LIST, "NAME", ""},
	{"force", 0, ARGS_TRUE, NULL, ""},
	{"watch", 0, ARGS_LOCAL, "[T]", ""},
	{0},
};

static struct args args;
static struct failure failure;

/* argv[0] and then the words; they stay where they are for args.words. */
#define PARSE(leading, ...) \
	parse(leading, (sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)) + 1, \
		(char *[]){"program", __VA_ARGS__, NULL})

static int parse(bool leading, size_t argc, char **argv)
{
	memset(&args, 0, sizeof(args));
	return args_parse(&args, (int)argc, argv, globals, own, leading, &failure);
}

static const char *value(const char *name)
{
	const struct args_given *given = args_find(&args, name);

	return given ? given->value : NULL;
}

static void assert_refused(int status, const char *message, const char *hint)
{
	ck_assert_int_eq(status, CTL_USAGE);
	ck_assert_str_eq(document_scalar(failure.document, "message"), message);
	ck_assert_str_eq(failure_data(failure.document, "hint"), hint);
	failure_fini(&failure);
}

START_TEST(options_in_every_form_and_place)
{
	char *words[] = {"program", "p0", "--rate", "1", "-sx", "p1", "--dst-mac=2", "--force",
		"--", "--json", NULL};

	ck_assert_int_eq(parse(false, 10, words), CTL_DONE);
	ck_assert_str_eq(value("rate"), "1");
	ck_assert_str_eq(value("socket"), "x");
	ck_assert_str_eq(value("dst-mac"), "2");
	ck_assert(args_find(&args, "force") && !value("force"));
	ck_assert(!args_find(&args, "json"));
	ck_assert_int_eq(args.word_count, 3);
	ck_assert_str_eq(args.words[0], "p0");
	ck_assert_str_eq(args.words[1], "p1");
	ck_assert_str_eq(args.words[2], "--json");
	ck_assert_ptr_null(args.words[3]);
}
END_TEST

START_TEST(leading_stops_at_the_first_word)
{
	char *words[] = {"program", "--json", "start", "--rate", "1", NULL};

	ck_assert_int_eq(parse(true, 5, words), CTL_DONE);
	ck_assert(args_find(&args, "json") && !args_find(&args, "rate"));
	ck_assert_int_eq(args.word_count, 3);
	ck_assert_str_eq(args.words[0], "start");
}
END_TEST

START_TEST(optional_value_is_the_next_word_if_a_digit_begins_it)
{
	char *with[] = {"program", "p0", "--watch", "2s", "p1", NULL};
	char *without[] = {"program", "--watch", "p0", NULL};

	ck_assert_int_eq(parse(false, 5, with), CTL_DONE);
	ck_assert_str_eq(value("watch"), "2s");
	ck_assert_int_eq(args.word_count, 2);
	ck_assert_str_eq(args.words[0], "p0");
	ck_assert_str_eq(args.words[1], "p1");
	ck_assert_int_eq(parse(false, 3, without), CTL_DONE);
	ck_assert(args_find(&args, "watch") && !value("watch"));
	ck_assert_str_eq(args.words[0], "p0");
	ck_assert_int_eq(PARSE(false, "--watch=x"), CTL_DONE);
	ck_assert_str_eq(value("watch"), "x");
	ck_assert_int_eq(PARSE(false, "--watch"), CTL_DONE);
	ck_assert_ptr_null(value("watch"));
}
END_TEST

START_TEST(refusals_say_what_is_wrong)
{
	assert_refused(PARSE(false, "--rat-layer", "l1"), "unknown option --rat-layer",
		"did you mean --rate-layer?");
	assert_refused(PARSE(false, "--nothing=1"), "unknown option --nothing", "");
	assert_refused(PARSE(false, "--ra"), "--ra is ambiguous", "");
	assert_refused(PARSE(false, "--rate"), "--rate needs a value", "");
	assert_refused(PARSE(false, "-s"), "-s needs a value", "");
	assert_refused(PARSE(false, "--force=1"), "--force takes no value", "");
	assert_refused(PARSE(false, "-x"), "unknown option -x", "");
}
END_TEST

START_TEST(an_exact_name_is_not_ambiguous)
{
	ck_assert_int_eq(PARSE(false, "--rate", "1"), CTL_DONE);
	ck_assert_str_eq(value("rate"), "1");
}
END_TEST

START_TEST(too_many_options)
{
	char *words[ARGS_OPTIONS_MAX + 3] = {"program"};

	for (int i = 1; i <= ARGS_OPTIONS_MAX + 1; i++)
		words[i] = "--json";
	ck_assert_int_eq(parse(false, ARGS_OPTIONS_MAX + 1, words), CTL_DONE);
	assert_refused(parse(false, ARGS_OPTIONS_MAX + 2, words), "too many options", "");
}
END_TEST

START_TEST(params_follow_the_rows)
{
	cJSON *params = cJSON_CreateObject();
	char *text;

	ck_assert_int_eq(PARSE(false, "--flow", "a", "--rate", "1", "--flow", "b", "--force",
				 "--json", "--rate", "0002", "--dst-mac", "x", "--watch"),
		CTL_DONE);
	args_to_params(&args, params);
	text = document_text(params, false);
	ck_assert_str_eq(text, "{\"flows\":[\"a\",\"b\"],\"force\":true,\"rate\":\"0002\","
			       "\"dst_mac\":\"x\"}");
	free(text);
	cJSON_Delete(params);
}
END_TEST

UNIT_SUITE("ctl/args", options_in_every_form_and_place, leading_stops_at_the_first_word,
	optional_value_is_the_next_word_if_a_digit_begins_it, refusals_say_what_is_wrong,
	an_exact_name_is_not_ambiguous, too_many_options, params_follow_the_rows)
