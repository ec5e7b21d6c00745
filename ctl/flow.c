/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flow list|show|set|append|remove. A file of flows is checked to be JSON before anything is sent;
 * what it means is for the daemon to check.
 */
#include "ctl/flow.h"

#include "config/wire.h"
#include "ctl/command.h"
#include "ctl/ctl.h"
#include "ctl/document.h"
#include "ctl/memory.h"
#include "ctl/table.h"
#include "json/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

void flow_write_list(FILE *out, bool colour, const cJSON *flows)
{
	static const struct table_column columns[] = {{"FLOW", false}, {"PORT", false},
		{"SIZE", true}, {"RATE", true}, {"COUNT", true}, {"DURATION", true}, {"TO", false}};
	static const char *const keys[] = {"name", "port", "size", "rate", "count", "duration"};
	struct table table;
	const cJSON *flow;

	table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	cJSON_ArrayForEach(flow, flows)
	{
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			table_add(&table, TABLE_PLAIN, "%s", document_scalar(flow, keys[i]));
		table_add(&table, TABLE_PLAIN, "%s",
			document_scalar(flow, member(flow, "dst_ip") ? "dst_ip" : "dst_mac"));
	}
	table_finish(&table, out, colour);
}

static void write_list(FILE *out, bool colour, const cJSON *result)
{
	flow_write_list(out, colour, member(result, "flows"));
}

int flow_run_list(struct ctl *ctl)
{
	return ctl_show(ctl, "flow.list", NULL, write_list);
}

static void write_flow(FILE *out, bool colour, const cJSON *flow)
{
	(void)colour;
	document_write_pairs(out, flow, 0);
}

static void write_flows(FILE *out, bool colour, const cJSON *result)
{
	const cJSON *flow;

	cJSON_ArrayForEach(flow, member(result, "flows"))
	{
		write_flow(out, colour, flow);
		if (flow->next)
			fputc('\n', out);
	}
}

int flow_run_show(struct ctl *ctl)
{
	const char *name = ctl->args.words[0];
	struct failure failure = {0};
	const cJSON *flow;
	cJSON *result;
	int status;

	if (!name)
		return ctl_show(ctl, "flow.list", NULL, write_flows);
	status = ctl_call(ctl, "flow.list", NULL, &result);
	if (status != CTL_DONE)
		return status;
	flow = document_named(member(result, "flows"), name);
	if (flow) {
		ctl->writer.ops->result(&ctl->writer, flow, write_flow);
	} else {
		failure_set(&failure, CTL_REFUSED, NULL, "there is no flow \"%s\"", name);
		status = ctl_fail(ctl, &failure);
	}
	cJSON_Delete(result);
	return status;
}

/* Reads all of a stream, but no more than can be sent in one request. NULL with *failure set. */
static char *read_stream(FILE *in, const char *path, size_t *len, struct failure *failure)
{
	char *text = memory_need(malloc(WIRE_FRAME_MAX));

	*len = fread(text, 1, WIRE_FRAME_MAX, in);
	if (ferror(in))
		failure_set(failure, CTL_FAILED, NULL, "%s: %s", path, strerror(errno));
	else if (*len == WIRE_FRAME_MAX)
		failure_set(failure, CTL_FAILED, NULL,
			"%s: a file of flows has fewer than %d bytes", path, WIRE_FRAME_MAX);
	else
		return text;
	free(text);
	return NULL;
}

/* The same for a file by its name; "-" is standard input. */
static char *read_file(const char *path, size_t *len, struct failure *failure)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *in = is_stdin ? stdin : fopen(path, "re");
	char *text;

	if (!in) {
		failure_set(failure, CTL_FAILED, NULL, "%s: %s", path, strerror(errno));
		return NULL;
	}
	text = read_stream(in, path, len, failure);
	if (!is_stdin)
		fclose(in);
	return text;
}

/* {"flows": […]}, a bare array of flows, and a single flow are all taken. */
static cJSON *flows_to_params(cJSON *document)
{
	cJSON *params;

	if (cJSON_IsObject(document) && member(document, "flows"))
		return document;
	params = cJSON_CreateObject();
	if (cJSON_IsObject(document))
		cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "flows"), document);
	else
		cJSON_AddItemToObject(params, "flows", document);
	return params;
}

static int parse_file(const char *path, cJSON **params, struct failure *failure)
{
	struct error err = {0};
	cJSON *document;
	size_t len = 0;
	char *text = read_file(path, &len, failure);

	if (!text)
		return failure->status;
	document = json_parse(text, len, &err);
	free(text);
	if (!document)
		return failure_set(failure, CTL_FAILED, NULL, "%s: %s", path, err.message);
	if (!cJSON_IsObject(document) && !cJSON_IsArray(document)) {
		cJSON_Delete(document);
		return failure_set(
			failure, CTL_FAILED, NULL, "%s: flows are a JSON object or array", path);
	}
	*params = flows_to_params(document);
	return CTL_DONE;
}

static int send_file(struct ctl *ctl, const char *method)
{
	struct failure failure = {0};
	cJSON *params;

	if (parse_file(ctl->args.words[0], &params, &failure) != CTL_DONE)
		return ctl_fail(ctl, &failure);
	return ctl_show(ctl, method, params, NULL);
}

int flow_run_set(struct ctl *ctl)
{
	return send_file(ctl, "flow.set");
}

int flow_run_append(struct ctl *ctl)
{
	return send_file(ctl, "flow.append");
}

int flow_run_remove(struct ctl *ctl)
{
	return ctl_show(ctl, "flow.remove", ctl_params_name(ctl), NULL);
}
