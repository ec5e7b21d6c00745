/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exposition text: one family (# HELP, # TYPE, samples) for each row of the metric table.
 *
 * Both formats are one: OpenMetrics 1.0.0 names a family without the suffix of its samples (_total,
 * _info), knows the type "info" and ends with "# EOF". HELP texts are our own and need no escape;
 * label values do. Pure functions.
 */
#include "metrics/exposition.h"

#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the text goes. */
struct writer {
	FILE *out;
	enum exposition_format format;
};

/* The labels of a subject; NULL is left out. */
struct labels {
	const char *flow, *port, *backend;
};

struct type {
	const char *prometheus, *openmetrics;
	const char *suffix; /* that OpenMetrics keeps for the samples */
};
static const struct type type_counter = {"counter", "counter", "_total"};
static const struct type type_gauge = {"gauge", "gauge", ""};
static const struct type type_info = {"gauge", "info", "_info"};

static const struct type *const kind_types[] = {
	[STATS_COUNTER] = &type_counter,
	[STATS_GAUGE] = &type_gauge,
	[STATS_GAUGE_RATE] = &type_gauge,
	[STATS_GAUGE_SECONDS] = &type_gauge,
	[STATS_COUNTER_DROPS] = &type_counter,
	[STATS_GAUGE_UP] = &type_gauge,
	[STATS_GAUGE_STATE] = &type_gauge,
};

static void write_head(
	const struct writer *writer, const char *name, const struct type *type, const char *help)
{
	bool open = writer->format == EXPOSITION_OPENMETRICS;
	int len = (int)(strlen(name) - (open ? strlen(type->suffix) : 0));

	fprintf(writer->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", len, name, help, len, name,
		open ? type->openmetrics : type->prometheus);
}

/* Writes name="value" after what has been written of a label set; nothing when value is NULL. */
static void write_label(FILE *out, char *separator, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(out, "%c%s=\"", *separator, name);
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*value == '\\' || *value == '"')
			fputc('\\', out);
		fputc(*value, out);
	}
	fputc('"', out);
	*separator = ',';
}

/* Writes a sample up to its value. extra is one more label, or NULL. */
static void write_labels(FILE *out, const char *name, const struct labels *labels,
	const char *extra, const char *extra_value)
{
	char separator = '{';

	fputs(name, out);
	write_label(out, &separator, "port", labels->port);
	write_label(out, &separator, "backend", labels->backend);
	write_label(out, &separator, "flow", labels->flow);
	if (extra)
		write_label(out, &separator, extra, extra_value);
	fputs(separator == ',' ? "} " : " ", out);
}

/* C's own "inf" is not the formats' "+Inf". */
static void write_double(FILE *out, double value)
{
	if (isinf(value))
		fputs(value > 0 ? "+Inf\n" : "-Inf\n", out);
	else if (isnan(value))
		fputs("NaN\n", out);
	else
		fprintf(out, "%.15g\n", value);
}

/* Whole numbers stay exact up to 2^64-1. */
static void write_u64(FILE *out, uint64_t value, double scale)
{
	if (scale == 1)
		fprintf(out, "%" PRIu64 "\n", value);
	else
		write_double(out, (double)value * scale);
}

/* The samples of one kind that has several for each subject, told apart by one more label. */
static void write_drops(FILE *out, const struct stats_metric *metric, const uint64_t *drops,
	const struct labels *labels)
{
	for (size_t i = 0; i < DROP_REASON_COUNT; i++) {
		write_labels(out, metric->name, labels, "reason", drop_reason_names[i]);
		write_u64(out, drops[i], metric->scale);
	}
}

static void write_states(FILE *out, const struct stats_metric *metric, enum port_state state,
	const struct labels *labels)
{
	for (size_t i = 0; i < PORT_STATE_COUNT; i++) {
		write_labels(out, metric->name, labels, "state", port_state_names[i]);
		write_u64(out, i == state, metric->scale);
	}
}

static void write_samples(FILE *out, const struct stats_metric *metric, const void *subject,
	const struct labels *labels)
{
	const void *member = (const char *)subject + metric->offset;

	if (metric->kind == STATS_COUNTER_DROPS) {
		write_drops(out, metric, member, labels);
		return;
	}
	if (metric->kind == STATS_GAUGE_STATE) {
		write_states(out, metric, *(const enum port_state *)member, labels);
		return;
	}
	write_labels(out, metric->name, labels, NULL, NULL);
	if (metric->kind == STATS_GAUGE_RATE)
		write_double(out, stats_metric_rate(metric, subject)->last * metric->scale);
	else if (metric->kind == STATS_GAUGE_SECONDS)
		write_double(out, *(const double *)member * metric->scale);
	else if (metric->kind == STATS_GAUGE_UP)
		write_u64(out, stats_port_is_up(subject), metric->scale);
	else
		write_u64(out, stats_metric_u64(metric, subject), metric->scale);
}

static const char *backend_of(const struct stats_snapshot *snapshot, const char *port)
{
	for (size_t i = 0; i < snapshot->port_count; i++)
		if (strcmp(snapshot->ports[i].name, port) == 0)
			return snapshot->ports[i].backend;
	return NULL;
}

static void write_port_family(const struct writer *writer, const struct stats_metric *metric,
	const struct stats_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->port_count; i++) {
		const struct stats_port *port = &snapshot->ports[i];
		struct labels labels = {.port = port->name, .backend = port->backend};

		if (i == 0)
			write_head(writer, metric->name, kind_types[metric->kind], metric->help);
		write_samples(writer->out, metric, port, &labels);
	}
}

/* Only flows that measure: the label "flow" must not grow with whatever somebody sends. */
static void write_flow_family(const struct writer *writer, const struct stats_metric *metric,
	const struct stats_snapshot *snapshot)
{
	bool begun = false;

	for (size_t i = 0; i < snapshot->flow_count; i++) {
		const struct stats_flow *flow = &snapshot->flows[i];
		struct labels labels = {.flow = flow->name,
			.port = flow->port,
			.backend = backend_of(snapshot, flow->port)};

		if (!flow->metrics)
			continue;
		if (!begun)
			write_head(writer, metric->name, kind_types[metric->kind], metric->help);
		begun = true;
		write_samples(writer->out, metric, flow, &labels);
	}
}

static void write_build_info(const struct writer *writer)
{
	char separator = '{';

	write_head(writer, "pktgend_build_info", &type_info, "The version of pktgend.");
	fputs("pktgend_build_info", writer->out);
	write_label(writer->out, &separator, "version", PACKAGE_VERSION);
	fputs("} 1\n", writer->out);
}

/* The figures that every exporter has, under the names that every exporter gives them. */
static void write_process(const struct writer *writer, const struct process_usage *usage)
{
	const struct {
		const char *name;
		const struct type *type;
		double value;
		const char *help;
	} rows[] = {
		{"process_cpu_seconds_total", &type_counter, usage->cpu_seconds,
			"User and system CPU time of all threads in seconds."},
		{"process_resident_memory_bytes", &type_gauge, usage->resident_memory_bytes,
			"Resident memory in bytes."},
		{"process_virtual_memory_bytes", &type_gauge, usage->virtual_memory_bytes,
			"Virtual memory in bytes."},
		{"process_open_fds", &type_gauge, usage->open_fds, "Open file descriptors."},
		{"process_max_fds", &type_gauge, usage->max_fds,
			"Most file descriptors that may be open."},
		{"process_start_time_seconds", &type_gauge, usage->start_time_seconds,
			"When the process started, in seconds since 1970."},
		{"process_threads", &type_gauge, usage->threads, "Threads of the process."},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_head(writer, rows[i].name, rows[i].type, rows[i].help);
		fprintf(writer->out, "%s ", rows[i].name);
		write_double(writer->out, rows[i].value);
	}
}

char *exposition_write(enum exposition_format format, const struct stats_snapshot *snapshot,
	const struct process_usage *process, size_t *len)
{
	char *text = NULL;
	struct writer writer = {.out = open_memstream(&text, len), .format = format};
	bool failed;

	if (!writer.out)
		return NULL;
	for (size_t i = 0; i < stats_metric_count; i++) {
		if (!stats_metrics[i].name)
			continue;
		if (stats_metrics[i].scope == STATS_PORT)
			write_port_family(&writer, &stats_metrics[i], snapshot);
		else
			write_flow_family(&writer, &stats_metrics[i], snapshot);
	}
	write_build_info(&writer);
	if (process)
		write_process(&writer, process);
	if (format == EXPOSITION_OPENMETRICS)
		fputs("# EOF\n", writer.out);
	failed = ferror(writer.out);
	if (fclose(writer.out) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
