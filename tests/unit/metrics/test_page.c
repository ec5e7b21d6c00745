/* SPDX-License-Identifier: BSD-2-Clause */
/* What each path answers, without HTTP around it. */
#include "fake_engine.h"
#include "metrics/page.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define PLAIN "text/plain; charset=utf-8"

static struct page make(struct engine *engine, const char *path, const char *accept)
{
	struct page page;

	ck_assert_int_eq(page_make(engine, path, accept, &page), 0);
	ck_assert_uint_eq(page.len, strlen(page.body));
	return page;
}

/* Compares a plain page whole. */
static void check_plain(struct engine *engine, const char *path, unsigned status, const char *body)
{
	struct page page = make(engine, path, NULL);

	ck_assert_uint_eq(page.status, status);
	ck_assert_str_eq(page.content_type, PLAIN);
	ck_assert_str_eq(page.body, body);
	free(page.body);
}

START_TEST(health_is_ok_whatever_the_ports_do)
{
	struct engine engine = {.snapshot = &fake_snapshot, .ready = false, .reason = ""};

	check_plain(&engine, "/healthz", 200, "ok\n");
}
END_TEST

START_TEST(ready_when_the_engine_is)
{
	struct engine engine = {.snapshot = &fake_snapshot, .ready = true, .reason = ""};

	check_plain(&engine, "/readyz", 200, "ok\n");
}
END_TEST

START_TEST(unready_says_which_port_and_why)
{
	struct engine engine = {
		.snapshot = &fake_snapshot, .ready = false, .reason = "no interface \"eth9\""};

	check_plain(
		&engine, "/readyz", 503, "not ready\nport p1 is unprobed: no interface \"eth9\"\n");
	engine.reason = "";
	check_plain(&engine, "/readyz", 503, "not ready\nport p1 is unprobed\n");
}
END_TEST

START_TEST(unknown_paths_say_what_there_is)
{
	static const char *const paths[] = {
		"", "/metric", "/metrics/", "//", "/healthz ", "metrics"};
	struct engine engine = {.snapshot = &fake_snapshot};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		check_plain(&engine, paths[i], 404,
			"not found; there are /, /metrics, /healthz and /readyz\n");
}
END_TEST

START_TEST(metrics_speak_the_format_that_was_asked_for)
{
	struct engine engine = {.snapshot = &fake_snapshot};
	struct page page = make(&engine, "/metrics", NULL);

	ck_assert_uint_eq(page.status, 200);
	ck_assert_str_eq(page.content_type, "text/plain; version=0.0.4; charset=utf-8");
	ck_assert_ptr_nonnull(strstr(page.body, "\nprocess_open_fds "));
	ck_assert_ptr_null(strstr(page.body, "# EOF"));
	free(page.body);
	page = make(&engine, "/metrics", "application/openmetrics-text");
	ck_assert_str_eq(
		page.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
	ck_assert_str_eq(page.body + page.len - 6, "# EOF\n");
	free(page.body);
}
END_TEST

START_TEST(landing_page_lists_ports_and_links)
{
	struct engine engine = {.snapshot = &fake_snapshot};
	struct page page = make(&engine, "/", NULL);

	ck_assert_uint_eq(page.status, 200);
	ck_assert_str_eq(page.content_type, "text/html; charset=utf-8");
	ck_assert_ptr_nonnull(strstr(page.body,
		"<tr><td class=\"name\">p0</td><td class=\"location\">packet:eth1</td>"
		"<td class=\"up\">running</td><td class=\"link\">up</td>"
		"<td class=\"number\">100000</td><td class=\"number\">0</td>"
		"<td class=\"number\">18446744073709551615</td><td "
		"class=\"number\">7</td></tr>\n"));
	ck_assert_ptr_nonnull(strstr(
		page.body, "<td class=\"down\">unprobed</td><td class=\"link\">unknown</td>"));
	ck_assert_ptr_nonnull(strstr(page.body, "href=\"/metrics\""));
	ck_assert_ptr_nonnull(strstr(page.body, "href=\"/healthz\""));
	ck_assert_ptr_nonnull(strstr(page.body, "href=\"/readyz\""));
	free(page.body);
}
END_TEST

START_TEST(landing_page_escapes_what_users_name)
{
	struct stats_port port = {
		.name = "p0", .backend = "vhost-user", .location = "vhost-user:/run/<script>&amp;"};
	struct stats_snapshot snapshot = {.port_count = 1, .ports = &port};
	struct engine engine = {.snapshot = &snapshot};
	struct page page = make(&engine, "/", NULL);

	ck_assert_ptr_null(strstr(page.body, "<script"));
	ck_assert_ptr_nonnull(strstr(page.body, "/run/&lt;script>&amp;amp;</td>"));
	free(page.body);
}
END_TEST

START_TEST(landing_page_without_ports)
{
	struct engine engine = {.snapshot = &fake_empty_snapshot};
	struct page page = make(&engine, "/", NULL);

	ck_assert_ptr_nonnull(strstr(page.body, "<p>No ports are configured.</p>"));
	ck_assert_ptr_null(strstr(page.body, "<table>"));
	free(page.body);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
	struct engine engine = {.snapshot = NULL};
	struct page page = {.status = 7};

	ck_assert_int_eq(page_make(&engine, "/metrics", NULL, &page), -ENOMEM);
	ck_assert_int_eq(page_make(&engine, "/", NULL, &page), -ENOMEM);
	ck_assert_uint_eq(page.status, 7);
}
END_TEST

UNIT_SUITE("metrics/page", health_is_ok_whatever_the_ports_do, ready_when_the_engine_is,
	unready_says_which_port_and_why, unknown_paths_say_what_there_is,
	metrics_speak_the_format_that_was_asked_for, landing_page_lists_ports_and_links,
	landing_page_escapes_what_users_name, landing_page_without_ports, no_memory_is_an_error)
