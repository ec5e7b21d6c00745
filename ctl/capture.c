/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capture start|stop. The daemon writes the file, so it is told the whole path: a relative one is
 * meant from where pktgenctl was called.
 */
#include "ctl/command.h"
#include "ctl/ctl.h"
#include "ctl/document.h"
#include "ctl/memory.h"
#include "json/json.h"
#include "util/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct args_option capture_start_options[] = {
	{"write", 0, ARGS_LOCAL, "FILE", "the file, overwritten: pcapng, or pcap for NAME.pcap"},
	{"filter", 0, ARGS_STRING, "EXPR", "which frames, as for tcpdump; see pcap-filter(7)"},
	{"snaplen", 0, ARGS_LOCAL, "N", "keep N bytes of each frame; default, and 0: all"},
	{"count", 0, ARGS_LOCAL, "N", "end after N frames; default, and 0: never"},
	{0},
};

static const char *option_value(const struct ctl *ctl, const char *name)
{
	const struct args_given *given = args_find(&ctl->args, name);

	return given ? given->value : NULL;
}

/* CTL_DONE, or what was reported. */
static int put_number(struct ctl *ctl, cJSON *params, const char *name)
{
	const char *text = option_value(ctl, name);
	uint64_t value;

	if (!text)
		return CTL_DONE;
	if (units_parse_u64(text, &value))
		return ctl_fail_usage(ctl, "--%s: \"%s\" is no number", name, text);
	json_add_u64(params, name, value);
	return CTL_DONE;
}

static int put_path(struct ctl *ctl, cJSON *params)
{
	const char *file = option_value(ctl, "write");
	char *directory, *path;

	if (!file || !*file)
		return ctl_fail_usage(ctl, "--write FILE is missing");
	if (strcmp(file, "-") == 0)
		return ctl_fail_usage(
			ctl, "--write: the daemon writes the file, so it cannot be our output");
	if (*file == '/') {
		cJSON_AddStringToObject(params, "write", file);
		return CTL_DONE;
	}
	directory = getcwd(NULL, 0);
	if (!directory)
		return ctl_fail_usage(
			ctl, "--write: the directory that \"%s\" is in: %s", file, strerror(errno));
	if (asprintf(&path, "%s/%s", directory, file) < 0)
		path = memory_need(NULL);
	cJSON_AddStringToObject(params, "write", path);
	free(path);
	free(directory);
	return CTL_DONE;
}

static cJSON *port_params(const struct ctl *ctl)
{
	cJSON *params = cJSON_CreateObject();

	cJSON_AddStringToObject(params, "port", ctl->args.words[0]);
	args_to_params(&ctl->args, params);
	return params;
}

static void write_started(FILE *out, bool colour, const cJSON *result)
{
	(void)colour;
	fprintf(out, "capturing what %s receives into %s\n", document_scalar(result, "port"),
		document_scalar(result, "write"));
}

static void write_totals(FILE *out, bool colour, const cJSON *result)
{
	(void)colour;
	fprintf(out, "%s: %s frames, %s bytes; %s filtered out, %s dropped, %s missed\n",
		document_scalar(result, "write"), document_scalar(result, "frames"),
		document_scalar(result, "bytes"), document_scalar(result, "filtered"),
		document_scalar(result, "dropped"), document_scalar(result, "missed"));
}

int capture_run_start(struct ctl *ctl)
{
	cJSON *params = port_params(ctl);
	int status = put_path(ctl, params);

	if (status == CTL_DONE)
		status = put_number(ctl, params, "snaplen");
	if (status == CTL_DONE)
		status = put_number(ctl, params, "count");
	if (status == CTL_DONE)
		return ctl_show(ctl, "capture.start", params, write_started);
	cJSON_Delete(params);
	return status;
}

int capture_run_stop(struct ctl *ctl)
{
	return ctl_show(ctl, "capture.stop", port_params(ctl), write_totals);
}
