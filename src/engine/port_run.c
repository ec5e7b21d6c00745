/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run from start to rest: the phases of internal.h, one condition and one action each.
 *
 * Invariant: the device's queues, the runs and the trackers are touched by the control thread only
 * in phases in which every worker has adopted a job that does not name them. Control thread.
 */
#include "engine/internal.h"
#include "util/clock.h"
#include "util/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool port_workers_adopted(const struct port *port)
{
	for (unsigned i = 0; i < port->config.queues; i++)
		if (!worker_adopted(port->queues[i].worker))
			return false;
	return true;
}

static bool workers_all_say(const struct port *port, unsigned flag)
{
	for (unsigned i = 0; i < port->config.queues; i++)
		if (!(worker_flags(port->queues[i].worker) & flag))
			return false;
	return true;
}

/*
 * Gives every worker its next job. Called only when all have adopted their last one, so the other
 * of the two job records is free.
 */
static void post(struct port *port, const struct worker_job *wanted)
{
	for (unsigned i = 0; i < port->config.queues; i++) {
		struct port_queue *queue = &port->queues[i];
		struct worker_job *job = &queue->jobs[queue->job ^= 1];

		*job = *wanted;
		if (wanted->tx)
			job->run = queue->run;
		if (wanted->rx) {
			job->sequences = queue->sequences;
			job->sequence_count = WIRE_FLOWS_MAX + 1;
			job->measuring = &port->engine->measuring;
			job->capture = port_capture_source(port, i);
		}
		if (!wanted->sleep)
			job->queue = port->dev->ops->queue(port->dev, i);
		worker_post(queue->worker, job);
	}
	port->capture.attached = wanted->rx && port_capture_source(port, 0);
}

static void post_work(struct port *port, bool tx, bool rx, bool drain)
{
	post(port, &(struct worker_job){.tx = tx, .rx = rx, .drain = drain});
}

void port_run_repost(struct port *port)
{
	post_work(port, port->tx, port->rx, false);
}

static void post_sleep(struct port *port)
{
	port->silenced_ns = clock_now_ns();
	post(port, &(struct worker_job){.sleep = true});
}

/* ---- start ---- */

/* A flow that is under way begins, for us, with the frame that comes in first. */
static int sequences_new(struct port *port, struct error *err)
{
	size_t size = (WIRE_FLOWS_MAX + 1) * sizeof(struct sequence);

	memset(port->first_attempted, 0, sizeof(port->first_attempted));
	for (size_t i = 0; i < port->engine->flow_count; i++) {
		const struct flow *flow = port->engine->flows[i];

		if (flow_is_held(port->engine, flow))
			port->first_attempted[flow->number] =
				counter_read(&flow->counters->attempted);
	}
	for (unsigned q = 0; q < port->config.queues; q++) {
		struct sequence *sequences = aligned_alloc(CPU_CACHELINE, size);

		if (!sequences)
			return engine_no_memory(err);
		memset(sequences, 0, size);
		for (unsigned i = 0; i <= WIRE_FLOWS_MAX; i++)
			if (port->first_attempted[i] == 0)
				sequence_reset(&sequences[i], 0);
		free(port->queues[q].sequences);
		port->queues[q].sequences = sequences;
	}
	return 0;
}

static int runs_new(struct port *port, struct error *err)
{
	struct flow_tx_counters *counters[WIRE_FLOWS_MAX];

	for (unsigned i = 0; i < port->plan->flow_count; i++)
		counters[i] = port->flows[i]->counters;
	for (unsigned q = 0; q < port->config.queues; q++) {
		struct run_memory memory = {.pool = &port->queues[q].pool,
			.align = port->info.align,
			.headroom = port->info.headroom};

		port->queues[q].run = run_new(port->plan, q, &memory, counters);
		if (!port->queues[q].run)
			return engine_no_memory(err);
	}
	return 0;
}

static int device_start(struct port *port, struct error *err)
{
	struct queue_counters *counters[CONFIG_QUEUES_MAX];
	struct pktbuf_stack *pools[CONFIG_QUEUES_MAX];
	struct netdev_conf conf = {.queues = port->config.queues,
		.tx = port->tx,
		.rx = port->rx,
		.promiscuous = port->config.promiscuous,
		.counters = counters,
		.pools = pools,
		.memory = &port->memory};
	int rc;

	for (unsigned i = 0; i < port->config.queues; i++) {
		counters[i] = port->queues[i].counters;
		pools[i] = &port->queues[i].pool.free;
	}
	rc = port->dev->ops->configure(port->dev, &conf, err);
	if (rc)
		return rc;
	rc = port->dev->ops->start(port->dev, err);
	if (rc)
		port->dev->ops->stop(port->dev);
	return rc;
}

static int plan_make(struct port *port, const struct port_run_request *request, struct error *err)
{
	struct plan_request planned[WIRE_FLOWS_MAX];
	struct plan_port facts;

	port_facts(port, &facts);
	for (size_t i = 0; i < request->flow_count; i++)
		planned[i] = (struct plan_request){&request->configs[i], request->flows[i]->number};
	port->flows = calloc(request->flow_count ? request->flow_count : 1, sizeof(*port->flows));
	if (!port->flows)
		return engine_no_memory(err);
	memcpy(port->flows, request->flows, request->flow_count * sizeof(*port->flows));
	return plan_new(&facts, planned, (unsigned)request->flow_count, &port->plan, err);
}

void receivers_restart(const struct engine *engine, uint16_t number)
{
	for (size_t p = 0; p < engine->port_count; p++) {
		struct port *port = engine->ports[p];

		port->first_attempted[number] = 0;
		for (unsigned q = 0; q < port->config.queues; q++)
			if (port->queues[q].sequences)
				sequence_restart(&port->queues[q].sequences[number]);
	}
}

/* Nothing of an earlier run may show beside what this one counts, nor of flows that stand still
 * now. */
static void counters_clear(struct port *port)
{
	for (unsigned i = 0; i < port->config.queues; i++) {
		struct port_queue *queue = &port->queues[i];

		memset(queue->counters, 0, sizeof(*queue->counters));
		counter_set(&queue->counters->pool_free, port->config.pool_objects);
	}
	for (size_t i = 0; i < port->engine->flow_count; i++) {
		struct flow *flow = port->engine->flows[i];

		if (!flow_is_on(port->engine, flow, port))
			continue;
		memset(flow->counters, 0, sizeof(*flow->counters));
		receivers_restart(port->engine, flow->number);
	}
}

static void run_forget(struct port *port)
{
	for (unsigned i = 0; i < port->config.queues; i++) {
		run_free(port->queues[i].run);
		port->queues[i].run = NULL;
	}
	plan_free(port->plan);
	port->plan = NULL;
	free(port->flows);
	port->flows = NULL;
}

int port_prepare(struct port *port, const struct port_run_request *request, struct error *err)
{
	int rc;

	port->tx = request->tx;
	port->rx = request->rx;
	rc = plan_make(port, request, err);
	if (rc == 0)
		rc = runs_new(port, err);
	if (rc == 0 && port->rx)
		rc = sequences_new(port, err);
	if (rc == 0)
		rc = device_start(port, err);
	if (rc) {
		run_forget(port);
		return rc;
	}
	for (size_t i = 0; i < request->flow_count; i++)
		request->flows[i]->metrics = request->configs[i].metrics;
	flows_note_measured(port->engine);
	return 0;
}

void port_unprepare(struct port *port)
{
	port->dev->ops->stop(port->dev);
	run_forget(port);
}

static void samples_start(struct port *port)
{
	static const struct timeval interval = {.tv_usec = 1000000 / PORT_SAMPLES};

	port->progress_ns = clock_now_ns();
	port->stalled = false;
	port->samples = 0;
	port_totals(port, &port->sampled);
	port->before = port->sampled;
	event_add(port->sample, &interval);
}

static void port_go(struct port *port)
{
	port->stop_wanted = port->pause_wanted = port->lost = false;
	port->ended_ns = port->silenced_ns = port->sent_ns = 0;
	port->phase = PHASE_RUN;
	samples_start(port);
	post_work(port, port->tx, port->rx, false);
}

void port_run(struct port *port)
{
	port->reason[0] = '\0';
	counters_clear(port);
	port->started_ns = clock_now_ns();
	port->begun = false;
	port_go(port);
}

/* ---- stop ---- */

void port_stop(struct port *port)
{
	if (port->phase == PHASE_PAUSED || port->phase == PHASE_LOST) {
		run_forget(port);
		port->lost = false;
		port->phase = PHASE_IDLE;
	}
	port->stop_wanted = port->phase != PHASE_IDLE;
	port->pause_wanted = false;
}

void port_pause(struct port *port)
{
	port->pause_wanted = port->phase == PHASE_RUN && !port->stop_wanted;
}

int port_resume_prepare(struct port *port, struct error *err)
{
	int rc = port_open(port, err);

	return rc ? rc : device_start(port, err);
}

void port_resume_undo(struct port *port)
{
	port->dev->ops->stop(port->dev);
}

void port_resume(struct port *port)
{
	port->started_ns +=
		clock_now_ns() - port->ended_ns; /* time away does not count in the mean */
	port_go(port);
}

bool port_rests(const struct port *port)
{
	return port->phase == PHASE_IDLE || port->phase == PHASE_PAUSED ||
	       port->phase == PHASE_LOST;
}

/* A fault that the worker cannot wait out. ENODEV means lost; anything else ends the run. */
static void take_fault(struct port *port)
{
	for (unsigned i = 0; i < port->config.queues; i++) {
		int fault = worker_fault(port->queues[i].worker);

		if (fault == 0 || fault == ENETDOWN)
			continue;
		if (fault == ENODEV) {
			if (!port->lost)
				port_refresh(port); /* which says what has happened */
			port->lost = true;
			continue;
		}
		snprintf(port->reason, sizeof(port->reason), "the device refused to send: %s",
			strerror(fault));
		log_error("port %s: stopped: %s", port->config.name, port->reason);
		port->stop_wanted = true;
	}
}

static bool others_still_send(const struct port *port)
{
	const struct engine *engine = port->engine;

	for (size_t i = 0; i < engine->port_count; i++) {
		const struct port *other = engine->ports[i];

		if (other->phase == PHASE_QUIETING ||
			(other->phase == PHASE_RUN && other->stop_wanted))
			return true;
	}
	return false;
}

static void run_ended(struct port *port)
{
	event_del(port->sample);
	port->dev->ops->stop(port->dev);
	for (unsigned i = 0; i < port->config.queues; i++) {
		run_release(port->queues[i].run);
		counter_set(&port->queues[i].counters->pool_free, port->queues[i].pool.free.count);
	}
	port->stalled = false;
	if (port->stop_wanted || !(port->pause_wanted || port->lost)) {
		run_forget(port);
		port->phase = PHASE_IDLE;
		port->stop_wanted = false;
		if (port->lost)
			port_close(port);
		port->lost = false;
	} else if (port->lost) {
		port_close(port);
		port->phase = PHASE_LOST;
	} else {
		port->phase = PHASE_PAUSED;
	}
}

/* Mean rates are of the time in which workers work, not of the time until they got their
 * processors. */
static void note_begin(struct port *port)
{
	uint64_t begun_ns = UINT64_MAX;

	if (!port->tx || port->begun)
		return;
	for (unsigned i = 0; i < port->config.queues; i++)
		if (port->queues[i].run->begun_ns < begun_ns)
			begun_ns = port->queues[i].run->begun_ns;
	port->started_ns = begun_ns;
	port->begun = true;
}

/* When the last worker was done. */
static uint64_t workers_quiet_ns(const struct port *port)
{
	uint64_t last_ns = 0;

	for (unsigned i = 0; i < port->config.queues; i++) {
		uint64_t quiet_ns = worker_quiet_ns(port->queues[i].worker);

		last_ns = quiet_ns > last_ns ? quiet_ns : last_ns;
	}
	return last_ns;
}

void port_run_abandon(struct port *port)
{
	port_stop(port);
	if (!port_rests(port))
		run_ended(port);
}

static void advance_run(struct port *port)
{
	bool sent_all = port->tx && workers_all_say(port, WORKER_TX_QUIET);

	note_begin(port);
	take_fault(port);
	if (sent_all && port->sent_ns == 0)
		port->sent_ns = workers_quiet_ns(port);
	if (!port->stop_wanted && !port->pause_wanted && !port->lost && (!sent_all || port->rx))
		return;
	port->ended_ns = sent_all && !port->rx ? port->sent_ns : clock_now_ns();
	if (port->lost) {
		post_sleep(port);
		port->phase = PHASE_RELEASING;
		return;
	}
	post_work(port, false, port->rx, false);
	port->phase = PHASE_QUIETING;
}

bool port_advance(struct port *port)
{
	if (port_rests(port))
		return false;
	if (!port_workers_adopted(port))
		return true;
	switch (port->phase) {
	case PHASE_RUN:
		advance_run(port);
		break;
	case PHASE_QUIETING:
		if (!workers_all_say(port, WORKER_TX_QUIET))
			break;
		port->phase = PHASE_SILENT;
		break;
	case PHASE_SILENT:
		if (others_still_send(port))
			break;
		post_work(port, false, port->rx, true);
		port->phase = PHASE_DRAINING;
		break;
	case PHASE_DRAINING:
		if (!workers_all_say(port, WORKER_RX_QUIET))
			break;
		post_sleep(port);
		port->phase = PHASE_RELEASING;
		break;
	case PHASE_RELEASING:
		run_ended(port);
		break;
	default:
		break;
	}
	return port->phase != PHASE_RUN && !port_rests(port);
}
