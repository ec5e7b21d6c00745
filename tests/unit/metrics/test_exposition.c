/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exposition text, byte for byte: snapshot.prom and snapshot.openmetrics are what a scrape of
 * the fake engine's figures must be. The version stands there as @VERSION@.
 */
#include "config.h"
#include "fake_engine.h"
#include "metrics/exposition.h"
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct process_usage usage = {
	.cpu_seconds = 1.25,
	.resident_memory_bytes = 8388608,
	.virtual_memory_bytes = 1099511627776,
	.open_fds = 17,
	.max_fds = INFINITY,
	.start_time_seconds = 1700000000.125,
	.threads = 3,
};

/* Writes and checks the length; the caller frees. */
static char *write_text(enum exposition_format format, const struct stats_snapshot *snapshot,
	const struct process_usage *process)
{
	size_t len = 0;
	char *text = exposition_write(format, snapshot, process, &len);

	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(len, strlen(text));
	return text;
}

/* The content of a file beside this one, with the version put in; the caller frees. */
static char *read_expected(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[512], line[512], *text = NULL;
	size_t len;
	FILE *in, *out = open_memstream(&text, &len);

	snprintf(path, sizeof(path), "%s/tests/unit/metrics/%s", srcdir ? srcdir : ".", name);
	in = fopen(path, "r");
	ck_assert_msg(in && out, "cannot read %s", path);
	while (fgets(line, sizeof(line), in)) {
		const char *mark = strstr(line, "@VERSION@");

		if (mark)
			fprintf(out, "%.*s" PACKAGE_VERSION "%s", (int)(mark - line), line,
				mark + strlen("@VERSION@"));
		else
			fputs(line, out);
	}
	fclose(in);
	fclose(out);
	return text;
}

static void compare(enum exposition_format format, const char *name)
{
	char *expected = read_expected(name);
	char *text = write_text(format, &fake_snapshot, &usage);

	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
}

START_TEST(prometheus_text_is_exact)
{
	compare(EXPOSITION_PROMETHEUS, "snapshot.prom");
}
END_TEST

START_TEST(openmetrics_text_is_exact)
{
	compare(EXPOSITION_OPENMETRICS, "snapshot.openmetrics");
}
END_TEST

START_TEST(nothing_but_the_version_without_ports)
{
	char *text = write_text(EXPOSITION_PROMETHEUS, &fake_empty_snapshot, NULL);

	ck_assert_str_eq(text, "# HELP pktgend_build_info The version of pktgend.\n"
			       "# TYPE pktgend_build_info gauge\n"
			       "pktgend_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	free(text);
	text = write_text(EXPOSITION_OPENMETRICS, &fake_empty_snapshot, NULL);
	ck_assert_str_eq(text, "# HELP pktgend_build The version of pktgend.\n"
			       "# TYPE pktgend_build info\n"
			       "pktgend_build_info{version=\"" PACKAGE_VERSION "\"} 1\n"
			       "# EOF\n");
	free(text);
}
END_TEST

START_TEST(label_values_are_escaped)
{
	struct stats_port port = {.name = "p0", .backend = "a\"b\\c\nd\\n"};
	struct stats_snapshot snapshot = {.port_count = 1, .ports = &port};

	for (int format = 0; format < EXPOSITION_FORMAT_COUNT; format++) {
		char *text = write_text((enum exposition_format)format, &snapshot, NULL);

		ck_assert_ptr_nonnull(strstr(text,
			"\npktgend_tx_packets_total{port=\"p0\",backend=\"a\\\"b\\\\c\\nd\\\\n\"} "
			"0\n"));
		free(text);
	}
}
END_TEST

START_TEST(a_flow_without_a_port_has_no_backend)
{
	struct stats_flow flow = {.name = "f", .metrics = true};
	struct stats_snapshot snapshot = {.flow_count = 1, .flows = &flow};
	char *text = write_text(EXPOSITION_PROMETHEUS, &snapshot, NULL);

	ck_assert_ptr_nonnull(
		strstr(text, "\npktgend_flow_tx_packets_total{port=\"\",flow=\"f\"} 0\n"));
	free(text);
}
END_TEST

START_TEST(odd_numbers_are_spelled_as_the_formats_ask)
{
	struct stats_port port = {.name = "p0", .backend = "null"};
	struct stats_snapshot snapshot = {.port_count = 1, .ports = &port};
	char *text;

	port.frames_tx_rate.last = NAN;
	port.frames_rx_rate.last = -INFINITY;
	port.seconds = INFINITY;
	text = write_text(EXPOSITION_OPENMETRICS, &snapshot, NULL);
	ck_assert_ptr_nonnull(strstr(text, "\npktgend_tx_pps{port=\"p0\",backend=\"null\"} NaN\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "\npktgend_rx_pps{port=\"p0\",backend=\"null\"} -Inf\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "\npktgend_run_seconds{port=\"p0\",backend=\"null\"} +Inf\n"));
	free(text);
}
END_TEST

UNIT_SUITE("metrics/exposition", prometheus_text_is_exact, openmetrics_text_is_exact,
	nothing_but_the_version_without_ports, label_values_are_escaped,
	a_flow_without_a_port_has_no_backend, odd_numbers_are_spelled_as_the_formats_ask)
