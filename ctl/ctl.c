/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls, reports, and the parameters that several commands share. One struct ctl per run, owned by
 * main. */
#include "ctl/ctl.h"

#include "config/wire.h"
#include "ctl/command.h"
#include "ctl/memory.h"
#include "util/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_NS (10 * NS_PER_S)

void ctl_init(struct ctl *ctl)
{
	const char *path = getenv("PKTGEND_SOCKET"), *no_color = getenv("NO_COLOR");

	*ctl = (struct ctl){.socket_path = path && *path ? path : WIRE_SOCKET_DEFAULT};
	ctl->writer.ops = &writer_text;
	ctl->writer.colour = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	client_init(&ctl->client, TIMEOUT_NS);
}

void ctl_fini(struct ctl *ctl)
{
	client_close(&ctl->client);
}

/* The option that was given and stands for a parameter, "--size" or "--flow" for "flows"; or NULL.
 */
static const char *option_of(const struct ctl *ctl, const char *param, char *text, size_t size)
{
	const struct args_given *given;
	size_t len;

	snprintf(text, size, "--%s", param);
	for (char *c = text; *c; c++)
		if (*c == '_')
			*c = '-';
	if (args_find(&ctl->args, text + 2))
		return text;
	len = strlen(text);
	if (text[len - 1] == 's')
		text[len - 1] = '\0';
	given = args_find(&ctl->args, text + 2);
	return given && given->option->use == ARGS_LIST ? text : NULL;
}

/*
 * What to put before the message: the parameter to blame, as the user typed it. NULL when the
 * message says enough: other reasons than a bad value name the port or the flow.
 */
static const char *blamed(const struct ctl *ctl, const cJSON *document, char *text, size_t size)
{
	const char *param = failure_data(document, "param"), *option;

	if (!*param)
		return NULL;
	option = option_of(ctl, param, text, size);
	if (option)
		return option;
	return strcmp(failure_data(document, "reason"), "invalid") == 0 ? param : NULL;
}

/* Wrong usage is told with the line of usage. */
static void add_usage(const struct ctl *ctl, struct failure *failure)
{
	cJSON *data = cJSON_GetObjectItemCaseSensitive(failure->document, "data");
	char *usage = command_usage(ctl->command);

	cJSON_AddStringToObject(data, "usage", usage);
	free(usage);
}

int ctl_fail(struct ctl *ctl, struct failure *failure)
{
	int status = failure->status;
	char text[80];

	if (status == CTL_USAGE)
		add_usage(ctl, failure);
	ctl->writer.ops->error(&ctl->writer, blamed(ctl, failure->document, text, sizeof(text)),
		failure->document);
	failure_fini(failure);
	return status;
}

int ctl_fail_usage(struct ctl *ctl, const char *format, ...)
{
	struct failure failure = {0};
	char *message;
	va_list args;

	va_start(args, format);
	message = memory_format(format, args);
	va_end(args);
	failure_set(&failure, CTL_USAGE, NULL, "%s", message);
	free(message);
	return ctl_fail(ctl, &failure);
}

void ctl_note(const struct ctl *ctl, const char *format, ...)
{
	char *message;
	va_list args;

	va_start(args, format);
	message = memory_format(format, args);
	va_end(args);
	ctl->writer.ops->note(&ctl->writer, message);
	free(message);
}

int ctl_try(
	struct ctl *ctl, const char *method, cJSON *params, cJSON **result, struct failure *failure)
{
	int status = CTL_DONE;

	if (ctl->client.fd < 0)
		status = client_open(&ctl->client, ctl->socket_path, failure);
	if (status == CTL_DONE)
		return client_call(&ctl->client, method, params, result, failure);
	cJSON_Delete(params);
	return status;
}

int ctl_call(struct ctl *ctl, const char *method, cJSON *params, cJSON **result)
{
	struct failure failure = {0};

	if (ctl_try(ctl, method, params, result, &failure) == CTL_DONE)
		return CTL_DONE;
	return ctl_fail(ctl, &failure);
}

int ctl_show(struct ctl *ctl, const char *method, cJSON *params, writer_text_fn *text)
{
	cJSON *result;
	int status = ctl_call(ctl, method, params, &result);

	if (status == CTL_DONE) {
		ctl->writer.ops->result(&ctl->writer, result, text);
		cJSON_Delete(result);
	}
	return status;
}

cJSON *ctl_params_name(const struct ctl *ctl)
{
	cJSON *params = cJSON_CreateObject();

	cJSON_AddStringToObject(params, "name", ctl->args.words[0]);
	return params;
}

cJSON *ctl_params_ports(const struct ctl *ctl)
{
	cJSON *params = cJSON_CreateObject(), *ports;

	args_to_params(&ctl->args, params);
	if (ctl->args.word_count > 0) {
		ports = cJSON_AddArrayToObject(params, "ports");
		for (int i = 0; i < ctl->args.word_count; i++)
			cJSON_AddItemToArray(ports, cJSON_CreateString(ctl->args.words[i]));
	}
	return params;
}
