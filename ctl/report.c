/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of a stats.get document. Rates are rounded for reading, totals are exact to the last
 * digit; Mbit/s is L1. A figure that the daemon did not send is "-". Pure functions but for
 * writing.
 */
#include "ctl/report.h"

#include "ctl/document.h"
#include "util/units.h"

#include <string.h>

#define RATE_TEXT_SIZE 32
#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *state;
	enum table_style style;
} state_styles[] = {
	{"running", TABLE_GOOD},
	{"paused", TABLE_WARN},
	{"link-down", TABLE_BAD},
	{"stalled", TABLE_BAD},
	{"device-lost", TABLE_BAD},
};

enum table_style report_state_style(const char *state)
{
	for (size_t i = 0; i < COUNT(state_styles); i++)
		if (strcmp(state_styles[i].state, state) == 0)
			return state_styles[i].style;
	return TABLE_PLAIN;
}

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* "1.49 M", "640": without the blank that stands before a unit. Returns text. */
static const char *format_pps(double pps, char text[RATE_TEXT_SIZE])
{
	size_t len;

	units_format_si(pps, text, RATE_TEXT_SIZE);
	len = strlen(text);
	if (len > 0 && text[len - 1] == ' ')
		text[len - 1] = '\0';
	return text;
}

static void add_rate(
	struct table *table, const cJSON *port, const char *key, const char *suffix, bool is_bits)
{
	char name[64], text[RATE_TEXT_SIZE];

	snprintf(name, sizeof(name), "%s%s", key, suffix);
	if (!member(port, name))
		table_add(table, TABLE_PLAIN, "-");
	else if (is_bits)
		table_add(table, TABLE_PLAIN, "%.2f", document_number(port, name) / 1e6);
	else
		table_add(table, TABLE_PLAIN, "%s", format_pps(document_number(port, name), text));
}

void report_add_rates(struct table *table, const cJSON *port, const char *suffix)
{
	add_rate(table, port, "frames_tx_rate", suffix, false);
	add_rate(table, port, "tx_l1_rate_bps", suffix, true);
	add_rate(table, port, "frames_rx_rate", suffix, false);
	add_rate(table, port, "rx_l1_rate_bps", suffix, true);
}

static void write_rates(FILE *out, bool colour, const cJSON *ports, const char *suffix)
{
	static const struct table_column columns[] = {
		{"PORT", false}, {"STATE", false}, {"LINK", false}, REPORT_RATE_COLUMNS};
	struct table table;
	const cJSON *port;

	table_init(&table, columns, COUNT(columns));
	cJSON_ArrayForEach(port, ports)
	{
		const char *state = document_scalar(port, "state");

		table_add(&table, TABLE_PLAIN, "%s", document_scalar(port, "name"));
		table_add(&table, report_state_style(state), "%s", state);
		table_add(&table, TABLE_PLAIN, "%s", document_scalar(port, "link"));
		report_add_rates(&table, port, suffix);
	}
	table_finish(&table, out, colour);
}

/* Adds a member of each key, those that count what went wrong in red when they are not 0. */
static void add_counts(
	struct table *table, const cJSON *object, const char *const *keys, size_t n, size_t bad)
{
	for (size_t i = 0; i < n; i++) {
		const char *text = document_scalar(object, keys[i]);
		bool is_zero = strcmp(text, "0") == 0 || strcmp(text, "-") == 0;

		table_add(table, i >= bad && !is_zero ? TABLE_BAD : TABLE_PLAIN, "%s", text);
	}
}

static void write_port_totals(FILE *out, bool colour, const cJSON *ports)
{
	static const struct table_column columns[] = {{"PORT", false}, {"TX frames", true},
		{"TX bytes", true}, {"RX frames", true}, {"RX bytes", true}};
	static const char *const keys[] = {"frames_tx", "bytes_tx", "frames_rx", "bytes_rx"};
	struct table table;
	const cJSON *port;

	table_init(&table, columns, COUNT(columns));
	cJSON_ArrayForEach(port, ports)
	{
		table_add(&table, TABLE_PLAIN, "%s", document_scalar(port, "name"));
		add_counts(&table, port, keys, COUNT(keys), COUNT(keys));
	}
	table_finish(&table, out, colour);
}

/* "p0 dropped: tx-ring-full 12, rx-no-buffer 3": only what happened. */
static void write_drops(FILE *out, bool colour, const cJSON *port)
{
	const cJSON *drops = member(port, "drops"), *drop;
	const char *separator = " dropped: ";

	cJSON_ArrayForEach(drop, drops)
	{
		const char *count = document_scalar(drops, drop->string);

		if (strcmp(count, "0") == 0)
			continue;
		if (separator[0] == ' ')
			fprintf(out, "%s%s", colour ? table_style_text(TABLE_BAD) : "",
				document_scalar(port, "name"));
		fprintf(out, "%s%s %s", separator, drop->string, count);
		separator = ", ";
	}
	if (separator[0] == ',')
		fprintf(out, "%s\n", colour ? table_style_text(TABLE_PLAIN) : "");
}

static void write_pool(FILE *out, const cJSON *port)
{
	const cJSON *pool = member(port, "pool");

	if (document_u64(pool, "exhausted") > 0)
		fprintf(out, "%s: its pool of %s objects was empty %s times, %s are free now\n",
			document_scalar(port, "name"), document_scalar(pool, "objects"),
			document_scalar(pool, "exhausted"), document_scalar(pool, "free"));
}

static void write_flows(FILE *out, bool colour, const cJSON *flows)
{
	static const struct table_column columns[] = {{"FLOW", false}, {"PORT", false},
		{"TX frames", true}, {"TX bytes", true}, {"RX frames", true}, {"RX bytes", true},
		{"lost", true}, {"duplicate", true}, {"out of order", true}};
	static const char *const keys[] = {"frames_tx", "bytes_tx", "frames_rx", "bytes_rx", "loss",
		"duplicates", "out_of_order"};
	struct table table;
	const cJSON *flow;

	table_init(&table, columns, COUNT(columns));
	cJSON_ArrayForEach(flow, flows)
	{
		table_add(&table, TABLE_PLAIN, "%s", document_scalar(flow, "name"));
		table_add(&table, TABLE_PLAIN, "%s", document_scalar(flow, "port"));
		add_counts(&table, flow, keys, COUNT(keys), 4);
	}
	if (table.cell_count > 0)
		fputc('\n', out);
	table_finish(&table, out, colour);
}

/* A flow that was to keep a pace and stood still for longer than can be caught up with. */
static void write_slip(FILE *out, bool colour, const cJSON *flow)
{
	uint64_t slipped_ns = document_u64(flow, "slipped_ns");

	if (slipped_ns > 0)
		fprintf(out, "%s%s fell behind its schedule by %.3f s%s\n",
			colour ? table_style_text(TABLE_BAD) : "", document_scalar(flow, "name"),
			(double)slipped_ns / 1e9, colour ? table_style_text(TABLE_PLAIN) : "");
}

static void write_all(FILE *out, bool colour, const cJSON *stats, const char *suffix)
{
	const cJSON *ports = member(stats, "ports"), *port, *flow;

	if (!ports || !ports->child)
		fputs("no ports\n", out);
	else
		write_rates(out, colour, ports, suffix);
	if (ports && ports->child)
		fputc('\n', out);
	write_port_totals(out, colour, ports);
	cJSON_ArrayForEach(port, ports)
	{
		write_drops(out, colour, port);
		write_pool(out, port);
	}
	write_flows(out, colour, member(stats, "flows"));
	cJSON_ArrayForEach(flow, member(stats, "flows"))
	{
		write_slip(out, colour, flow);
	}
}

void report_stats(FILE *out, bool colour, const cJSON *stats)
{
	write_all(out, colour, stats, "");
}

void report_totals(FILE *out, bool colour, const cJSON *stats)
{
	fputs("mean rates and totals since the start\n\n", out);
	write_all(out, colour, stats, "_mean");
}
