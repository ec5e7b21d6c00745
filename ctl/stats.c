/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stats [--watch] and top: one loop that asks, shows, and waits for the time, a key or a signal.
 *
 * Signals come through descriptors (interrupt.h), so every way out of the loop passes the place
 * where the terminal is restored.
 */
#include "ctl/command.h"
#include "ctl/ctl.h"
#include "ctl/document.h"
#include "ctl/interrupt.h"
#include "ctl/memory.h"
#include "ctl/report.h"
#include "ctl/screen.h"
#include "util/clock.h"
#include "util/units.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_MIN_NS (10 * NS_PER_MS)

static const char flow_help[] = "show this flow only; may be repeated";

const struct args_option stats_options[] = {
	{"flow", 0, ARGS_LIST, "NAME", flow_help},
	{"watch", 0, ARGS_LOCAL, "[T]", "again every T (1s) until Ctrl-C; with --json a line each"},
	{0},
};

const struct args_option stats_top_options[] = {
	{"flow", 0, ARGS_LIST, "NAME", flow_help},
	{0},
};

struct view {
	struct ctl *ctl;
	cJSON *params;        /* of stats.get */
	uint64_t interval_ns; /* between two looks */
	int end_fd;           /* signals that end it */
	int page_fd;          /* signals that concern the page: size, suspend; -1: no page */
	bool is_page;         /* drawn in place on a terminal */
	struct screen screen;
	cJSON *stats; /* as shown last */
};

/* Blocks that follow one another have an empty line between them. */
static void write_block(FILE *out, bool colour, const cJSON *stats)
{
	report_stats(out, colour, stats);
	fputc('\n', out);
}

static void draw_page(const struct view *view)
{
	const struct writer *writer = &view->ctl->writer;
	cJSON *safe = document_for_terminal(view->stats);
	char *page = NULL, *path = document_escape(view->ctl->socket_path), clock[16];
	time_t now = time(NULL);
	struct tm local;
	size_t size;
	FILE *out = memory_need(open_memstream(&page, &size));

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &local));
	fprintf(out, "q: quit  %s  pktgend at %s\n\n", clock, path);
	report_stats(out, writer->colour, safe);
	fclose(out);
	screen_draw(memory_need(page));
	free(page);
	free(path);
	cJSON_Delete(safe);
}

static int look(struct view *view, struct failure *failure)
{
	cJSON *stats;
	int status = ctl_try(
		view->ctl, "stats.get", cJSON_Duplicate(view->params, true), &stats, failure);

	if (status != CTL_DONE)
		return status;
	cJSON_Delete(view->stats);
	view->stats = stats;
	return CTL_DONE;
}

static void show(const struct view *view)
{
	const struct writer *writer = &view->ctl->writer;

	if (view->is_page)
		draw_page(view);
	else
		writer->ops->result(writer, view->stats, write_block);
}

/* A key: whether it means the end. */
static bool take_key(struct view *view)
{
	char key;

	if (read(STDIN_FILENO, &key, 1) != 1) {
		view->screen.has_keys = false; /* the terminal is gone */
		return false;
	}
	return key == 'q' || key == 'Q';
}

/* A signal about the page: draws it for the new size, or lets the shell take over for a while. */
static void take_page_signal(struct view *view)
{
	if (interrupt_take(view->page_fd) == SIGTSTP) {
		screen_leave(&view->screen);
		raise(SIGSTOP);
		screen_enter(&view->screen);
	}
	show(view);
}

/* Waits until it is time to look again (true), or the end (false). */
static bool wait_for_turn(struct view *view, uint64_t until_ns)
{
	for (;;) {
		const int fds[] = {view->end_fd, view->page_fd,
			view->is_page && view->screen.has_keys ? STDIN_FILENO : -1};

		switch (interrupt_wait(fds, 3, until_ns)) {
		case 0:
			return false;
		case 1:
			take_page_signal(view);
			break;
		case 2:
			if (take_key(view))
				return false;
			break;
		default:
			if (clock_now_ns() >= until_ns)
				return true;
		}
	}
}

/* Looks and shows until a signal, a key or a failure. */
static int run_loop(struct view *view, struct failure *failure)
{
	uint64_t next_ns = clock_now_ns(), now_ns;

	do {
		if (look(view, failure) != CTL_DONE)
			return failure->status;
		show(view);
		now_ns = clock_now_ns();
		next_ns =
			next_ns + view->interval_ns > now_ns ? next_ns + view->interval_ns : now_ns;
	} while (wait_for_turn(view, next_ns));
	return CTL_DONE;
}

/* The totals so far, after Ctrl-C or q. */
static int finish(struct view *view, bool interrupted, struct failure *failure)
{
	const struct writer *writer = &view->ctl->writer;

	if (interrupted)
		ctl_note(view->ctl, "interrupted");
	if (look(view, failure) != CTL_DONE)
		return failure->status;
	writer->ops->result(writer, view->stats, report_totals);
	return CTL_DONE;
}

static int run_view(struct view *view)
{
	struct failure failure = {0};
	bool interrupted;
	int status;

	view->end_fd = interrupt_open_end();
	view->page_fd = -1;
	view->ctl->client.interrupt_fd = view->end_fd;
	if (view->is_page) {
		view->page_fd = interrupt_open((const int[]){SIGWINCH, SIGTSTP, 0});
		screen_enter(&view->screen);
	}
	status = run_loop(view, &failure);
	if (view->is_page)
		screen_leave(&view->screen);
	interrupted = interrupt_take(view->end_fd) != 0;
	if (status == CTL_DONE || interrupted) {
		failure_fini(&failure);
		status = finish(view, interrupted, &failure);
	}
	if (status != CTL_DONE)
		ctl_fail(view->ctl, &failure);
	cJSON_Delete(view->stats);
	cJSON_Delete(view->params);
	return status;
}

int stats_run(struct ctl *ctl)
{
	const struct args_given *watch = args_find(&ctl->args, "watch");
	struct view view = {.ctl = ctl, .interval_ns = NS_PER_S};

	if (watch && watch->value &&
		(units_parse_time(watch->value, &view.interval_ns) ||
			view.interval_ns < INTERVAL_MIN_NS))
		return ctl_fail_usage(
			ctl, "--watch: \"%s\" is not a time from 10ms up", watch->value);
	if (!watch)
		return ctl_show(ctl, "stats.get", ctl_params_ports(ctl), report_stats);
	view.params = ctl_params_ports(ctl);
	return run_view(&view);
}

int stats_run_top(struct ctl *ctl)
{
	struct view view = {.ctl = ctl,
		.interval_ns = NS_PER_S,
		.params = ctl_params_ports(ctl),
		.is_page = !ctl->writer.ops->is_json && isatty(STDOUT_FILENO)};

	return run_view(&view);
}
