/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks for stats.get five times a second. The traffic is over when no port that was started is
 * active any more, or when those that are only receive while every flow has been sent: these would
 receive for ever, and are stopped, which also brings in the frames still on their way. A device
 * that goes away ends it as well: the daemon would go on when it is back, with nobody waiting.
 */
#include "ctl/wait.h"

#include "ctl/document.h"
#include "ctl/interrupt.h"
#include "ctl/memory.h"
#include "ctl/report.h"
#include "util/clock.h"
#include "util/units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_NS    (200 * NS_PER_MS)
#define STOP_TRIES 5

struct wait {
	struct ctl *ctl;
	cJSON *params; /* {"ports": […]} that were started; empty: all */
	int end_fd;
	bool has_sent;   /* a flow was seen that was sent, or is being sent */
	bool is_running; /* at the last look, a port was still active */
	bool is_shown;   /* the line of progress is on the terminal */
	char *lost;      /* the port whose device went away, or NULL */
};

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* Traffic that stands still, and goes on when it can. */
static bool is_held(const char *state)
{
	static const char *const states[] = {"paused", "link-down", "stalled"};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return false;
}

/* Whether a flow of the port is being sent. */
static bool is_sending(struct wait *wait, const cJSON *stats, const char *port)
{
	const cJSON *flow;
	bool sending = false;

	cJSON_ArrayForEach(flow, member(stats, "flows"))
	{
		if (strcmp(document_scalar(flow, "port"), port) != 0)
			continue;
		if (cJSON_IsTrue(member(flow, "running")))
			wait->has_sent = sending = true;
		else if (document_u64(flow, "frames_tx") > 0)
			wait->has_sent = true;
	}
	return sending;
}

static bool is_lost(const char *state)
{
	return strcmp(state, "device-lost") == 0;
}

/* Traffic that is going on, or would by itself sooner or later. */
static bool is_active(const char *state)
{
	return strcmp(state, "running") == 0 || is_held(state) || is_lost(state);
}

/* Judges a look at the traffic, and keeps in *wait what it shows. */
static bool is_over(struct wait *wait, const cJSON *stats)
{
	const cJSON *port;
	bool sending = false;

	wait->is_running = false;
	cJSON_ArrayForEach(port, member(stats, "ports"))
	{
		const char *state = document_scalar(port, "state");
		const char *name = document_scalar(port, "name");

		if (!is_active(state) || (is_lost(state) && wait->lost))
			continue;
		wait->is_running = true;
		if (is_lost(state))
			wait->lost = memory_need(strdup(name));
		else if (is_sending(wait, stats, name) || is_held(state))
			sending = true;
	}
	return !wait->is_running || wait->lost || (wait->has_sent && !sending);
}

static void clear_progress(struct wait *wait)
{
	if (wait->is_shown)
		fputs("\r\033[K", stderr);
	wait->is_shown = false;
}

static void show_progress(struct wait *wait, const cJSON *stats)
{
	double tx_pps = 0, tx_bps = 0, rx_pps = 0;
	uint64_t tx = 0, rx = 0;
	char tx_text[32], rx_text[32];
	const cJSON *port;

	if (wait->ctl->writer.ops->is_json || !isatty(STDERR_FILENO))
		return;
	cJSON_ArrayForEach(port, member(stats, "ports"))
	{
		tx += document_u64(port, "frames_tx");
		rx += document_u64(port, "frames_rx");
		tx_pps += document_number(port, "frames_tx_rate");
		tx_bps += document_number(port, "tx_l1_rate_bps");
		rx_pps += document_number(port, "frames_rx_rate");
	}
	clear_progress(wait);
	fprintf(stderr, "sent %" PRIu64 " (%spps, %.2f Mbit/s), received %" PRIu64 " (%spps)", tx,
		units_format_si(tx_pps, tx_text, sizeof(tx_text)), tx_bps / 1e6, rx,
		units_format_si(rx_pps, rx_text, sizeof(rx_text)));
	wait->is_shown = true;
}

/* Replaces *stats by a new look. */
static int look_again(struct wait *wait, cJSON **stats, struct failure *failure)
{
	cJSON_Delete(*stats);
	*stats = NULL;
	return ctl_try(wait->ctl, "stats.get", cJSON_Duplicate(wait->params, true), stats, failure);
}

/* Looks until it is over. *interrupted: a signal came first. Reports. */
static int watch_traffic(struct wait *wait, cJSON **stats, bool *interrupted)
{
	struct failure failure = {0};

	for (;;) {
		if (interrupt_take(wait->end_fd)) {
			failure_fini(&failure);
			*interrupted = true;
			return CTL_DONE;
		}
		if (failure.status != CTL_DONE) {
			clear_progress(wait);
			return ctl_fail(wait->ctl, &failure);
		}
		if (look_again(wait, stats, &failure) != CTL_DONE)
			continue;
		if (is_over(wait, *stats))
			return CTL_DONE;
		show_progress(wait, *stats);
		interrupt_wait(&wait->end_fd, 1, clock_now_ns() + POLL_NS);
	}
}

/* {"ports": […]} that were active at the last look; what was started when there was none. */
static cJSON *active_params(const struct wait *wait, const cJSON *stats)
{
	const cJSON *port;
	cJSON *params, *ports;

	if (!stats)
		return cJSON_Duplicate(wait->params, true);
	params = cJSON_CreateObject();
	ports = cJSON_AddArrayToObject(params, "ports");
	cJSON_ArrayForEach(port, member(stats, "ports"))
	{
		const char *name = document_scalar(port, "name");

		if (is_active(document_scalar(port, "state")))
			cJSON_AddItemToArray(ports, cJSON_CreateString(name));
	}
	return params;
}

/*
 * Stops what is still running, for totals that are final. A port may end by itself between look and
 * stop, which the daemon refuses then for all of them: so look and try again. Reports.
 */
static int stop_traffic(struct wait *wait, cJSON **stats)
{
	struct failure failure = {0};
	int status = CTL_DONE;
	cJSON *stopped;

	for (int i = 0; i < STOP_TRIES && (!*stats || wait->is_running); i++) {
		stopped = NULL;
		status = ctl_try(
			wait->ctl, "traffic.stop", active_params(wait, *stats), &stopped, &failure);
		cJSON_Delete(stopped);
		if (status == CTL_NOT_RUNNING)
			failure_fini(&failure);
		else if (status != CTL_DONE)
			break;
		status = look_again(wait, stats, &failure);
		if (status != CTL_DONE)
			break;
		is_over(wait, *stats);
	}
	return status == CTL_DONE ? CTL_DONE : ctl_fail(wait->ctl, &failure);
}

/* Writes the totals, with how it ended for those that do not read messages. */
static int write_totals(const struct wait *wait, cJSON *stats, bool interrupted)
{
	const struct writer *writer = &wait->ctl->writer;

	cJSON_AddBoolToObject(stats, "interrupted", interrupted);
	if (wait->lost)
		cJSON_AddStringToObject(stats, "device_lost", wait->lost);
	writer->ops->result(writer, stats, report_totals);
	if (wait->lost)
		return CTL_DEVICE;
	return interrupted ? CTL_FAILED : CTL_DONE;
}

int wait_for_end(struct ctl *ctl, const cJSON *started, int end_fd)
{
	struct wait wait = {.ctl = ctl, .params = cJSON_CreateObject(), .end_fd = end_fd};
	const cJSON *ports = member(started, "ports");
	bool interrupted = false;
	cJSON *stats = NULL;
	int status;

	if (cJSON_IsArray(ports))
		cJSON_AddItemToObject(wait.params, "ports", cJSON_Duplicate(ports, true));
	ctl->client.interrupt_fd = end_fd;
	status = watch_traffic(&wait, &stats, &interrupted);
	ctl->client.interrupt_fd =
		-1; /* the stop below is short: a second signal must not spoil it */
	clear_progress(&wait);
	if (interrupted)
		ctl_note(ctl, "interrupted: stopping the traffic");
	else if (wait.lost)
		ctl_note(ctl, "%s: its device went away: stopping the traffic", wait.lost);
	if (status == CTL_DONE)
		status = stop_traffic(&wait, &stats);
	if (status == CTL_DONE)
		status = write_totals(&wait, stats, interrupted);
	free(wait.lost);
	cJSON_Delete(stats);
	cJSON_Delete(wait.params);
	return status;
}
