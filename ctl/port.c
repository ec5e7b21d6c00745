/* SPDX-License-Identifier: BSD-2-Clause */
/* port list|show|add|remove, probe. The options of "port add" come from config/wire.h's one list.
 */
#include "ctl/port.h"

#include "config/wire.h"
#include "ctl/command.h"
#include "ctl/document.h"
#include "ctl/memory.h"
#include "ctl/report.h"

#include <stdlib.h>
#include <string.h>

#define OPTION_ROW(id, name, placeholder, help) {name, 0, ARGS_STRING, placeholder, help},

const struct args_option port_add_options[] = {
	/* clang-format off: an X-macro does not look like rows to it */
	WIRE_PORT_OPTIONS(OPTION_ROW)
	/* clang-format on */
	{0},
};

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void write_list(FILE *out, bool colour, const cJSON *result)
{
	static const struct table_column columns[] = {
		{"PORT", false}, {"LOCATION", false}, {"STATE", false}, {"LINK", false}};
	struct table table;
	const cJSON *port;

	table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	cJSON_ArrayForEach(port, member(result, "ports"))
	{
		const char *state = document_scalar(port, "state");

		table_add(&table, TABLE_PLAIN, "%s", document_scalar(port, "name"));
		table_add(&table, TABLE_PLAIN, "%s", document_scalar(port, "location"));
		table_add(&table, report_state_style(state), "%s", state);
		table_add(&table, TABLE_PLAIN, "%s", document_scalar(port, "link"));
	}
	table_finish(&table, out, colour);
}

int port_run_list(struct ctl *ctl)
{
	return ctl_show(ctl, "port.list", NULL, write_list);
}

int port_describe_all(struct ctl *ctl, cJSON **ports)
{
	cJSON *list, *params, *shown, *all;
	const cJSON *port;
	int status = ctl_call(ctl, "port.list", NULL, &list);

	if (status != CTL_DONE)
		return status;
	all = cJSON_CreateArray();
	cJSON_ArrayForEach(port, member(list, "ports"))
	{
		params = cJSON_CreateObject();
		cJSON_AddStringToObject(params, "name", document_scalar(port, "name"));
		status = ctl_call(ctl, "port.show", params, &shown);
		if (status != CTL_DONE)
			break;
		cJSON_AddItemToArray(all, shown);
	}
	cJSON_Delete(list);
	if (status == CTL_DONE)
		*ports = all;
	else
		cJSON_Delete(all);
	return status;
}

static void write_port(FILE *out, bool colour, const cJSON *port)
{
	(void)colour;
	document_write_pairs(out, port, 0);
}

static void write_ports(FILE *out, bool colour, const cJSON *result)
{
	const cJSON *port;

	cJSON_ArrayForEach(port, member(result, "ports"))
	{
		write_port(out, colour, port);
		if (port->next)
			fputc('\n', out);
	}
}

int port_run_show(struct ctl *ctl)
{
	cJSON *result, *ports;
	int status;

	if (ctl->args.word_count > 0)
		return ctl_show(ctl, "port.show", ctl_params_name(ctl), write_port);
	status = port_describe_all(ctl, &ports);
	if (status != CTL_DONE)
		return status;
	result = cJSON_CreateObject();
	cJSON_AddItemToObject(result, "ports", ports);
	ctl->writer.ops->result(&ctl->writer, result, write_ports);
	cJSON_Delete(result);
	return CTL_DONE;
}

/* "queues=2" is --queues 2. */
static bool put_pair(cJSON *params, const char *word)
{
	const char *equals = strchr(word, '=');
	char *key;

	if (!equals || equals == word)
		return false;
	key = memory_need(strndup(word, (size_t)(equals - word)));
	document_put(params, key, cJSON_CreateString(equals + 1));
	free(key);
	return true;
}

int port_run_add(struct ctl *ctl)
{
	cJSON *params = ctl_params_name(ctl);

	cJSON_AddStringToObject(params, "location", ctl->args.words[1]);
	args_to_params(&ctl->args, params);
	for (int i = 2; i < ctl->args.word_count; i++) {
		if (put_pair(params, ctl->args.words[i]))
			continue;
		cJSON_Delete(params);
		return ctl_fail_usage(ctl, "\"%s\" is not KEY=VALUE", ctl->args.words[i]);
	}
	return ctl_show(ctl, "port.add", params, NULL);
}

int port_run_remove(struct ctl *ctl)
{
	return ctl_show(ctl, "port.remove", ctl_params_name(ctl), NULL);
}

static void write_probe(FILE *out, bool colour, const cJSON *probe)
{
	bool usable = cJSON_IsTrue(member(probe, "usable"));
	const cJSON *finding;

	fprintf(out, "%s: %s%s%s\n", document_scalar(probe, "location"),
		colour ? table_style_text(usable ? TABLE_GOOD : TABLE_BAD) : "",
		usable ? "usable" : "not usable", colour ? table_style_text(TABLE_PLAIN) : "");
	cJSON_ArrayForEach(finding, member(probe, "findings"))
	{
		fprintf(out, "  %s\n", document_item_text(finding));
	}
}

/* What cannot be used is a device fault to a script that only looks at the exit status. */
int port_run_probe(struct ctl *ctl)
{
	cJSON *params = cJSON_CreateObject(), *probe;
	int status;

	cJSON_AddStringToObject(params, "location", ctl->args.words[0]);
	status = ctl_call(ctl, "port.probe", params, &probe);
	if (status != CTL_DONE)
		return status;
	ctl->writer.ops->result(&ctl->writer, probe, write_probe);
	status = cJSON_IsTrue(member(probe, "usable")) ? CTL_DONE : CTL_DEVICE;
	cJSON_Delete(probe);
	return status;
}
