/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The capture of a port: begun, attached to its workers, detached, closed.
 *
 * It lives beside the port's run. While the port receives, post() in port_run.c puts the capture's
 * sources into the workers' jobs; when the capture has ended, the next job is without them, and
 * when all workers have adopted that, the writer is told to finish. A pause or a lost device leaves
 * it as it is; the end of the run ends it. port_capture_advance() moves it on, one condition and
 * one action each, as port_advance() does for the run; no step waits. Control thread.
 */
#include "engine/internal.h"
#include "util/clock.h"
#include "util/log.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

const char *const engine_capture_state_names[] = {
	[ENGINE_CAPTURE_NONE] = "none",
	[ENGINE_CAPTURE_RUNNING] = "running",
	[ENGINE_CAPTURE_CLOSING] = "closing",
	[ENGINE_CAPTURE_ENDED] = "ended",
	[ENGINE_CAPTURE_FAILED] = "failed",
};
static_assert(sizeof(engine_capture_state_names) / sizeof(char *) == ENGINE_CAPTURE_STATE_COUNT,
	"a name each");
static_assert(sizeof(((struct engine_capture_info *)0)->file) == CAPTURE_PATH_SIZE, "any path");

static bool is_on(const struct port_capture *capture)
{
	return capture->capture && !capture->detached;
}

struct capture_source *port_capture_source(const struct port *port, unsigned queue)
{
	return is_on(&port->capture) ? capture_source(port->capture.capture, queue) : NULL;
}

bool port_capture_ends(const struct port *port)
{
	return port->capture.capture && port->capture.ending;
}

/* Whether workers offer frames to it, or will as soon as the port goes on. */
static bool has_begun(const struct port *port)
{
	return !is_on(&port->capture) || port->phase != PHASE_RUN ||
	       (port->capture.attached && port_workers_adopted(port));
}

static bool has_ended(const struct port *port)
{
	return !port->capture.capture;
}

/* Frames that the device could not give us. */
static uint64_t lost_by_device(const struct port *port)
{
	static const enum drop_reason reasons[] = {
		DROP_RX_RING_FULL, DROP_RX_NO_BUFFER, DROP_RX_TOO_LONG};
	uint64_t lost = 0;

	for (unsigned i = 0; i < port->config.queues; i++)
		for (unsigned r = 0; r < sizeof(reasons) / sizeof(reasons[0]); r++)
			lost += counter_read(&port->queues[i].counters->drops[reasons[r]]);
	return lost;
}

static void capture_end(struct port *port, const char *reason)
{
	struct port_capture *capture = &port->capture;

	if (capture->ending)
		return;
	capture->ending = true;
	capture->ending_ns = clock_now_ns();
	capture->info.state = ENGINE_CAPTURE_CLOSING;
	text_copy(capture->info.reason, sizeof(capture->info.reason), reason);
	if (capture->own_run && port->phase != PHASE_IDLE)
		port_stop(port);
}

/* ---- start ---- */

static int port_can_capture(const struct port *port, struct error *err)
{
	const char *name = port->config.name;

	if (port->capture.capture) {
		error_set(err, EBUSY, ERROR_BUSY, "port", "port %s is captured into %s already",
			name, port->capture.info.file);
		error_hint(err, "pktgenctl capture stop %s", name);
		return -EBUSY;
	}
	if (port->phase == PHASE_IDLE)
		return 0;
	if (port->phase != PHASE_RUN && !port_rests(port)) {
		error_set(err, EBUSY, ERROR_BUSY, "port", "port %s is about to stop", name);
		error_hint(err, "try again");
		return -EBUSY;
	}
	if (port->rx)
		return 0;
	error_set(err, EBUSY, ERROR_BUSY, "port",
		"port %s only sends, and a capture is of what a port receives", name);
	error_hint(err, "pktgenctl stop %s, then pktgenctl start %s --mode both", name, name);
	return -EBUSY;
}

static int port_capture_open(
	struct port *port, const struct engine_capture *wanted, struct error *err)
{
	struct port_capture *capture = &port->capture;
	const char *ifname = port->info.ifname, *location = port->config.location;
	char description[TEXT_NAME_SIZE + CONFIG_LOCATION_SIZE + 16];
	struct capture_conf conf = {.path = wanted->file,
		.filter = wanted->filter,
		.snaplen = wanted->snaplen,
		.count = wanted->count,
		.queues = port->config.queues,
		.facts = {.interface = ifname[0] ? ifname : location,
			.description = description,
			.speed_bps = (uint64_t)port->info.speed_mbps * 1000000},
		.notify_fd = port->engine->notify_fd};
	struct capture *new;
	int rc;

	snprintf(description, sizeof(description), "port %s at %s", port->config.name, location);
	memcpy(conf.facts.mac, port->info.mac, sizeof(conf.facts.mac));
	rc = capture_open(&conf, &new, err);
	if (rc)
		return rc;
	*capture = (struct port_capture){.capture = new, .lost_before = lost_by_device(port)};
	capture->info.state = ENGINE_CAPTURE_RUNNING;
	text_copy(capture->info.file, sizeof(capture->info.file), wanted->file);
	return 0;
}

/* A port at rest receives for the capture, and only as long. */
static int run_for_capture(struct port *port, struct error *err)
{
	const char *name = port->config.name;
	const struct engine_start start = {.ports = &name, .port_count = 1, .mode = POLICY_MODE_RX};
	int rc = engine_traffic_start(port->engine, &start, err);

	port->capture.own_run = rc == 0;
	port->capture.lost_before = 0; /* a start clears the counters */
	return rc;
}

int engine_capture_start(struct engine *engine, const struct engine_capture *wanted,
	engine_done_fn *done, void *arg, struct error *err)
{
	struct port *port = engine_port_find(engine, wanted->port);
	bool idle;
	int rc;

	if (!port)
		return engine_port_unknown(engine, wanted->port, "port", err);
	rc = port_can_capture(port, err);
	idle = rc == 0 && port->phase == PHASE_IDLE;
	if (idle)
		rc = port_open(port, err); /* before a file is touched for nothing */
	if (rc == 0)
		rc = port_capture_open(port, wanted, err);
	if (rc)
		return rc;
	if (idle)
		rc = run_for_capture(port, err);
	if (rc == 0)
		rc = engine_wait(engine, &port, 1, has_begun, done, arg, err);
	if (rc) {
		capture_end(port, "it could not be started");
		engine_advance(engine);
		return rc;
	}
	log_info("port %s: capturing into %s", port->config.name, wanted->file);
	engine_advance(engine);
	return 0;
}

/* ---- stop ---- */

static int not_captured(const struct port *port, struct error *err)
{
	const struct engine_capture_info *last = &port->capture.info;
	const char *name = port->config.name;

	if (last->state == ENGINE_CAPTURE_NONE)
		return error_set(
			err, ESRCH, ERROR_NOT_RUNNING, "port", "port %s is not captured", name);
	error_set(err, ESRCH, ERROR_NOT_RUNNING, "port",
		"port %s is not captured any more: %s; %llu frames are in %s", name, last->reason,
		(unsigned long long)last->frames, last->file);
	error_hint(err, "pktgenctl port show %s tells more", name);
	return -ESRCH;
}

int engine_capture_stop(
	struct engine *engine, const char *name, engine_done_fn *done, void *arg, struct error *err)
{
	struct port *port = engine_port_find(engine, name);
	int rc;

	if (!port)
		return engine_port_unknown(engine, name, "port", err);
	if (!port->capture.capture)
		return not_captured(port, err);
	rc = engine_wait(engine, &port, 1, has_ended, done, arg, err);
	if (rc)
		return rc;
	capture_end(port, "stopped");
	engine_advance(engine);
	return 0;
}

int engine_capture_wait(
	struct engine *engine, const char *name, engine_done_fn *done, void *arg, struct error *err)
{
	struct port *port = engine_port_find(engine, name);

	if (!port)
		return engine_port_unknown(engine, name, "port", err);
	return engine_wait(engine, &port, 1, has_ended, done, arg, err);
}

/* ---- on the way ---- */

void port_capture_describe(const struct port *port, struct engine_capture_info *info)
{
	struct capture_result result;

	*info = port->capture.info;
	if (!port->capture.capture)
		return;
	capture_result(port->capture.capture, &result);
	info->frames = result.frames;
	info->size = result.size;
	info->filtered = result.filtered;
	info->dropped = result.dropped;
	info->missed = lost_by_device(port) - port->capture.lost_before;
}

static void log_end(const struct port *port)
{
	const struct engine_capture_info *info = &port->capture.info;

	log_write(info->state == ENGINE_CAPTURE_FAILED ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
		"port %s: capture into %s ended: %s; %llu frames written, %llu filtered out, "
		"%llu dropped, %llu missed",
		port->config.name, info->file, info->reason, (unsigned long long)info->frames,
		(unsigned long long)info->filtered, (unsigned long long)info->dropped,
		(unsigned long long)info->missed);
}

/* The writer is done. A failure says more than why it was to end. */
static void take_result(struct port *port)
{
	struct engine_capture_info *info = &port->capture.info;
	struct capture_result result;

	port_capture_describe(port, info);
	capture_result(port->capture.capture, &result);
	info->state = result.fault ? ENGINE_CAPTURE_FAILED : ENGINE_CAPTURE_ENDED;
	if (result.fault)
		text_copy(info->reason, sizeof(info->reason), strerror(result.fault));
}

static void look_for_end(struct port *port)
{
	struct capture_result result;

	if (capture_is_over(port->capture.capture)) {
		capture_result(port->capture.capture, &result);
		capture_end(
			port, result.fault ? strerror(result.fault) : "all frames are captured");
	} else if (port->phase == PHASE_IDLE) {
		capture_end(port, "the port was stopped");
	}
}

/*
 * In mid-run the workers are given the job that they have once more, with the capture or without;
 * without it only after a while, in which frames come in that had arrived before the end.
 */
static void attach_or_detach(struct port *port)
{
	struct port_capture *capture = &port->capture;

	if (capture->ending && !capture->own_run &&
		clock_now_ns() - capture->ending_ns >= WORKER_QUIET_NS)
		capture->detached = true;
	if (port->phase == PHASE_RUN && capture->attached != is_on(capture) &&
		port_workers_adopted(port))
		port_run_repost(port);
}

static void finish(struct port *port)
{
	struct port_capture *capture = &port->capture;

	if (capture->finished || capture->attached || !port_workers_adopted(port))
		return;
	/* What ends with the run ends after it, when the device has told its last drops. */
	if (capture->own_run && port->phase != PHASE_IDLE)
		return;
	capture->finished = capture->detached = true;
	capture_finish(capture->capture, lost_by_device(port) - capture->lost_before);
}

bool port_capture_advance(struct port *port)
{
	struct port_capture *capture = &port->capture;

	if (!capture->capture)
		return false;
	look_for_end(port);
	attach_or_detach(port);
	if (!capture->ending)
		return !has_begun(port);
	finish(port);
	if (!capture->finished)
		return true;
	if (!capture_is_closed(capture->capture))
		return false; /* the writer will say so */
	take_result(port);
	log_end(port);
	capture_free(capture->capture);
	capture->capture = NULL;
	return false;
}

void port_capture_abandon(struct port *port)
{
	struct port_capture *capture = &port->capture;

	if (!capture->capture)
		return;
	if (!capture->finished)
		capture_finish(capture->capture, lost_by_device(port) - capture->lost_before);
	if (!capture_free(capture->capture))
		log_error("port %s: %s takes too long to be written: the capture may end early",
			port->config.name, capture->info.file);
	capture->capture = NULL;
}
