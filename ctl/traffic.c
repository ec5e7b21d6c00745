/* SPDX-License-Identifier: BSD-2-Clause */
/* start, stop, pause, resume. The flow options come from the one list in config/wire.h. */
#include "config/wire.h"
#include "ctl/command.h"
#include "ctl/ctl.h"
#include "ctl/document.h"
#include "ctl/interrupt.h"
#include "ctl/report.h"
#include "ctl/wait.h"

#define OPTION_ROW(id, name, placeholder, help) {name, 0, ARGS_STRING, placeholder, help},

const struct args_option traffic_start_options[] = {
	/* clang-format off: an X-macro does not look like rows to it */
	WIRE_FLOW_OPTIONS(OPTION_ROW)
	/* clang-format on */
	{"flow", 0, ARGS_LIST, "NAME", "send this flow only; may be repeated"},
	{"mode", 0, ARGS_STRING, "MODE", "tx, rx or both; auto: tx where there are flows, else rx"},
	{"force", 0, ARGS_TRUE, NULL, "send even on the interface of the default route"},
	{"wait", 0, ARGS_LOCAL, NULL,
		"wait until all is sent, stop what only receives, show the totals"},
	{0},
};

static void write_started(FILE *out, bool colour, const cJSON *result)
{
	const cJSON *ports = cJSON_GetObjectItemCaseSensitive(result, "ports"), *port;

	(void)colour;
	if (!ports || !ports->child)
		return;
	fputs("started", out);
	cJSON_ArrayForEach(port, ports)
	{
		fprintf(out, " %s", document_item_text(port));
	}
	fputc('\n', out);
}

static void write_resumed(FILE *out, bool colour, const cJSON *result)
{
	(void)colour;
	(void)result;
	fputs("resumed\n", out);
}

int traffic_run_start(struct ctl *ctl)
{
	cJSON *params = ctl_params_ports(ctl), *started;
	int status, end_fd;

	if (!args_find(&ctl->args, "wait"))
		return ctl_show(ctl, "traffic.start", params, write_started);
	/* From here on Ctrl-C must stop what was started, even if it comes before the answer. */
	end_fd = interrupt_open_end();
	status = ctl_call(ctl, "traffic.start", params, &started);
	if (status != CTL_DONE)
		return status;
	status = wait_for_end(ctl, started, end_fd);
	cJSON_Delete(started);
	return status;
}

int traffic_run_stop(struct ctl *ctl)
{
	return ctl_show(ctl, "traffic.stop", ctl_params_ports(ctl), report_totals);
}

int traffic_run_pause(struct ctl *ctl)
{
	return ctl_show(ctl, "traffic.pause", ctl_params_ports(ctl), report_totals);
}

int traffic_run_resume(struct ctl *ctl)
{
	return ctl_show(ctl, "traffic.resume", ctl_params_ports(ctl), write_resumed);
}
