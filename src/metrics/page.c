/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages and the table of their paths.
 *
 * Each page is written into a memory stream from what engine says at that moment; nothing is kept
 * between requests. Control thread.
 */
#include "metrics/page.h"

#include "config.h"
#include "engine/engine.h"
#include "metrics/exposition.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN "text/plain; charset=utf-8"

/* Writes the body and sets status and content type where they are not 200 and plain text. */
typedef int page_fn(FILE *out, struct engine *engine, struct page *page);

static void write_html(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			fputc(*text, out);
	}
}

static void write_cell(FILE *out, const char *class, const char *text)
{
	fprintf(out, "<td class=\"%s\">", class);
	write_html(out, text);
	fputs("</td>", out);
}

static const char landing_head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n<title>pktgend</title>\n<style>\n"
	":root{color-scheme:light dark}\n"
	"body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\n"
	"table{border-collapse:collapse;width:100%}\n"
	"th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8884}\n"
	".number{text-align:right;font-variant-numeric:tabular-nums}\n"
	".up{color:#2a9d4a}.down{color:#d1422f}small{color:#888}\n"
	"</style>\n</head>\n<body>\n<h1>pktgend <small>" PACKAGE_VERSION "</small></h1>\n"
	"<p><a href=\"/metrics\">metrics</a> · <a href=\"/healthz\">health</a> · "
	"<a href=\"/readyz\">readiness</a></p>\n";

static const char landing_ports[] =
	"<table>\n<tr><th>port</th><th>location</th><th>state</th><th>link</th>"
	"<th class=\"number\">sent/s</th><th class=\"number\">received/s</th>"
	"<th class=\"number\">sent</th><th class=\"number\">received</th></tr>\n";

static void write_landing_port(FILE *out, const struct stats_port *port)
{
	fputs("<tr>", out);
	write_cell(out, "name", port->name);
	write_cell(out, "location", port->location);
	write_cell(out, stats_port_is_up(port) ? "up" : "down", port_state_names[port->state]);
	write_cell(out, "link", port_link_names[port->link]);
	fprintf(out,
		"<td class=\"number\">%.0f</td><td class=\"number\">%.0f</td>"
		"<td class=\"number\">%" PRIu64 "</td><td class=\"number\">%" PRIu64 "</td></tr>\n",
		port->frames_tx_rate.last, port->frames_rx_rate.last, port->frames_tx,
		port->frames_rx);
}

static int write_landing(FILE *out, struct engine *engine, struct page *page)
{
	struct stats_snapshot *snapshot = engine_snapshot(engine);

	if (!snapshot)
		return -ENOMEM;
	page->content_type = "text/html; charset=utf-8";
	fputs(landing_head, out);
	if (snapshot->port_count > 0) {
		fputs(landing_ports, out);
		for (size_t i = 0; i < snapshot->port_count; i++)
			write_landing_port(out, &snapshot->ports[i]);
		fputs("</table>\n", out);
	} else {
		fputs("<p>No ports are configured.</p>\n", out);
	}
	fputs("</body>\n</html>\n", out);
	engine_snapshot_free(snapshot);
	return 0;
}

/* The loop that answers is the loop that must live. */
static int write_health(FILE *out, struct engine *engine, struct page *page)
{
	(void)engine;
	(void)page;
	fputs("ok\n", out);
	return 0;
}

/* A line for each port that is not open. */
static void write_unready_ports(FILE *out, struct engine *engine)
{
	const char *name;

	for (size_t i = 0; (name = engine_port_name(engine, i)); i++) {
		struct engine_port_info info;
		struct error err;

		if (engine_port_describe(engine, name, &info, &err))
			continue;
		if (info.state != PORT_UNPROBED && info.state != PORT_UNCONFIGURED &&
			info.state != PORT_DEVICE_LOST)
			continue;
		fprintf(out, "port %s is %s%s%s\n", name, port_state_names[info.state],
			info.reason[0] ? ": " : "", info.reason);
	}
}

static int write_readiness(FILE *out, struct engine *engine, struct page *page)
{
	if (engine_ready(engine)) {
		fputs("ok\n", out);
		return 0;
	}
	page->status = 503;
	fputs("not ready\n", out);
	write_unready_ports(out, engine);
	return 0;
}

static int write_not_found(FILE *out, struct engine *engine, struct page *page)
{
	(void)engine;
	page->status = 404;
	fputs("not found; there are /, /metrics, /healthz and /readyz\n", out);
	return 0;
}

static const struct {
	const char *path;
	page_fn *write;
} pages[] = {
	{"/", write_landing},
	{"/healthz", write_health},
	{"/readyz", write_readiness},
};

static int make_metrics(struct engine *engine, const char *accept, struct page *page)
{
	enum exposition_format format = accept_choose(accept);
	struct stats_snapshot *snapshot = engine_snapshot(engine);
	struct process_usage usage;
	bool has_usage = process_usage_read(&usage) == 0;
	size_t len;
	char *body;

	if (!snapshot)
		return -ENOMEM;
	body = exposition_write(format, snapshot, has_usage ? &usage : NULL, &len);
	engine_snapshot_free(snapshot);
	if (!body)
		return -ENOMEM;
	*page = (struct page){200, exposition_content_types[format], body, len};
	return 0;
}

int page_make(struct engine *engine, const char *path, const char *accept, struct page *page)
{
	page_fn *write = write_not_found;
	struct page made = {.status = 200, .content_type = PLAIN};
	FILE *out;
	int err;

	if (strcmp(path, "/metrics") == 0)
		return make_metrics(engine, accept, page);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (strcmp(path, pages[i].path) == 0)
			write = pages[i].write;
	out = open_memstream(&made.body, &made.len);
	if (!out)
		return -ENOMEM;
	err = write(out, engine, &made);
	if (fclose(out))
		err = -ENOMEM;
	if (err)
		free(made.body);
	else
		*page = made;
	return err;
}
