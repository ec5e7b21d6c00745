/* SPDX-License-Identifier: BSD-2-Clause */
/* status: one page about the daemon, put together from several answers. */
#include "ctl/command.h"
#include "ctl/ctl.h"
#include "ctl/document.h"
#include "ctl/flow.h"
#include "ctl/port.h"
#include "ctl/report.h"

#include <inttypes.h>

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void write_uptime(FILE *out, uint64_t seconds)
{
	uint64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

	if (days > 0)
		fprintf(out, "%" PRIu64 "d ", days);
	if (hours > 0)
		fprintf(out, "%" PRIu64 "h ", hours % 24);
	if (minutes > 0)
		fprintf(out, "%" PRIu64 "m ", minutes % 60);
	fprintf(out, "%" PRIu64 "s", seconds % 60);
}

static void write_ports(FILE *out, bool colour, const cJSON *ports, const cJSON *stats)
{
	static const struct table_column columns[] = {{"PORT", false}, {"LOCATION", false},
		{"STATE", false}, {"LINK", false}, REPORT_RATE_COLUMNS};
	struct table table;
	const cJSON *port;

	table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	cJSON_ArrayForEach(port, ports)
	{
		const char *name = document_scalar(port, "name");
		const char *state = document_scalar(port, "state");

		table_add(&table, TABLE_PLAIN, "%s", name);
		table_add(&table, TABLE_PLAIN, "%s", document_scalar(port, "location"));
		table_add(&table, report_state_style(state), "%s", state);
		table_add(&table, TABLE_PLAIN, "%s", document_scalar(port, "link"));
		report_add_rates(&table, document_named(stats, name), "");
	}
	table_finish(&table, out, colour);
	cJSON_ArrayForEach(port, ports)
	{
		const char *reason = cJSON_GetStringValue(member(port, "reason"));

		if (reason && *reason)
			fprintf(out, "%s: %s\n", document_scalar(port, "name"), reason);
	}
}

static void write_page(FILE *out, bool colour, const cJSON *page)
{
	const cJSON *daemon = member(page, "daemon"), *ports = member(page, "ports");
	const cJSON *flows = member(page, "flows");

	fprintf(out, "pktgend %s, process %s, up ", document_scalar(daemon, "version"),
		document_scalar(daemon, "pid"));
	write_uptime(out, document_u64(daemon, "uptime_seconds"));
	fputs("\n\n", out);
	if (ports->child)
		write_ports(out, colour, ports, member(member(page, "stats"), "ports"));
	else
		fputs("no ports; \"pktgenctl port add NAME LOCATION\" adds one\n", out);
	fputc('\n', out);
	if (flows->child)
		flow_write_list(out, colour, flows);
	else
		fputs("no flows; \"pktgenctl start --size 60\" makes one\n", out);
}

/* Moves a member of an answer (NULL: the whole of it) into the page. */
static int collect(
	struct ctl *ctl, cJSON *page, const char *key, const char *method, const char *answer_key)
{
	cJSON *answer, *part;
	int status = ctl_call(ctl, method, NULL, &answer);

	if (status != CTL_DONE)
		return status;
	part = answer_key ? cJSON_DetachItemFromObjectCaseSensitive(answer, answer_key) : answer;
	cJSON_AddItemToObject(page, key, part ? part : cJSON_CreateArray());
	if (part != answer)
		cJSON_Delete(answer);
	return CTL_DONE;
}

int status_run(struct ctl *ctl)
{
	cJSON *page = cJSON_CreateObject(), *ports;
	int status = collect(ctl, page, "daemon", "system.hello", NULL);

	if (status == CTL_DONE)
		status = port_describe_all(ctl, &ports);
	if (status == CTL_DONE) {
		cJSON_AddItemToObject(page, "ports", ports);
		status = collect(ctl, page, "flows", "flow.list", "flows");
	}
	if (status == CTL_DONE)
		status = collect(ctl, page, "stats", "stats.get", NULL);
	if (status == CTL_DONE)
		ctl->writer.ops->result(&ctl->writer, page, write_page);
	cJSON_Delete(page);
	return status;
}
