/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From counters to figures: sums over queues, rates over the last full second and since the start,
 * losses.
 *
 * Control thread; workers go on counting meanwhile, so figures of one snapshot may be a few frames
 * apart while traffic runs, and are exact once it has stopped.
 */
#include "engine/internal.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/units.h"

#include <stdlib.h>
#include <string.h>

/* Without progress for this long a port that should send is stalled. */
#define STALL_NS (2 * NS_PER_S)

void port_totals(const struct port *port, struct port_totals *totals)
{
	*totals = (struct port_totals){.time_ns = clock_now_ns()};
	for (unsigned i = 0; i < port->config.queues; i++) {
		const struct queue_counters *counters = port->queues[i].counters;

		totals->frames_tx += counter_read(&counters->frames_tx);
		totals->bytes_tx += counter_read(&counters->bytes_tx);
		totals->frames_rx += counter_read(&counters->frames_rx);
		totals->bytes_rx += counter_read(&counters->bytes_rx);
	}
}

/* Notices a device that takes nothing although frames are due, and a worker that does not move. */
static void look_for_stall(struct port *port)
{
	uint64_t refused = 0, rounds = 0, now_ns = clock_now_ns();
	bool stalled, silent;

	for (unsigned i = 0; i < port->config.queues; i++) {
		refused += counter_read(&port->queues[i].counters->backpressure);
		rounds += counter_read(&port->queues[i].counters->rounds);
	}
	silent = rounds == port->heartbeat_mark;
	stalled =
		refused != port->refused_mark && port->sampled.frames_tx == port->before.frames_tx;
	if (!silent && !stalled)
		port->progress_ns = now_ns;
	port->heartbeat_mark = rounds;
	port->refused_mark = refused;
	port->stalled = (stalled || silent) && now_ns - port->progress_ns >= STALL_NS;
	if (port->stalled)
		text_copy(port->reason, sizeof(port->reason),
			silent ? "the worker does not get its processor"
			       : "the device takes no frames");
	else
		port->reason[0] = '\0';
}

void port_sample(struct port *port)
{
	bool was_stalled = port->stalled;

	port->before = port->sampled;
	port_totals(port, &port->sampled);
	look_for_stall(port);
	if (port->stalled && !was_stalled)
		log_warning("port %s: stalled: %s", port->config.name, port->reason);
	if (port->ops && port->dev && port->phase == PHASE_RUN)
		port_refresh(port); /* also sees what rtnetlink does not tell */
}

/* Per second over the last full second, and over all of the run. */
static struct stats_rate rate_of(uint64_t total, uint64_t sampled, uint64_t before,
	uint64_t apart_ns, double seconds, double scale)
{
	struct stats_rate rate = {0};

	if (apart_ns > 0)
		rate.last = (double)(sampled - before) * 1e9 / (double)apart_ns * scale;
	if (seconds > 0)
		rate.mean = (double)total / seconds * scale;
	return rate;
}

static void fill_rates(
	const struct port *port, const struct port_totals *now, struct stats_port *out)
{
	const struct port_totals *sampled = &port->sampled, *before = &port->before;
	bool running = !port_rests(port);
	uint64_t apart_ns = running ? sampled->time_ns - before->time_ns : 0;
	uint64_t end_ns = port->ended_ns ? port->ended_ns : now->time_ns;
	double overhead_bits = L1_OVERHEAD_BYTES * 8, seconds;

	seconds = port->started_ns ? (double)(end_ns - port->started_ns) / 1e9 : 0;
	out->seconds = seconds;
	out->frames_tx_rate = rate_of(
		now->frames_tx, sampled->frames_tx, before->frames_tx, apart_ns, seconds, 1);
	out->frames_rx_rate = rate_of(
		now->frames_rx, sampled->frames_rx, before->frames_rx, apart_ns, seconds, 1);
	out->tx_l2_rate_bps =
		rate_of(now->bytes_tx, sampled->bytes_tx, before->bytes_tx, apart_ns, seconds, 8);
	out->rx_l2_rate_bps =
		rate_of(now->bytes_rx, sampled->bytes_rx, before->bytes_rx, apart_ns, seconds, 8);
	out->tx_l1_rate_bps = (struct stats_rate){
		out->tx_l2_rate_bps.last + out->frames_tx_rate.last * overhead_bits,
		out->tx_l2_rate_bps.mean + out->frames_tx_rate.mean * overhead_bits};
	out->rx_l1_rate_bps = (struct stats_rate){
		out->rx_l2_rate_bps.last + out->frames_rx_rate.last * overhead_bits,
		out->rx_l2_rate_bps.mean + out->frames_rx_rate.mean * overhead_bits};
}

static void fill_port(const struct port *port, struct stats_port *out)
{
	struct port_totals now;

	port_totals(port, &now);
	*out = (struct stats_port){
		.backend = port->ops->backend,
		.location = port->config.location,
		.state = port_state(port),
		.link = port->link,
		.frames_tx = now.frames_tx,
		.bytes_tx = now.bytes_tx,
		.frames_rx = now.frames_rx,
		.bytes_rx = now.bytes_rx,
		.pool_objects = (uint64_t)port->config.pool_objects * port->config.queues,
	};
	text_copy(out->name, sizeof(out->name), port->config.name);
	for (unsigned i = 0; i < port->config.queues; i++) {
		const struct queue_counters *counters = port->queues[i].counters;

		for (unsigned reason = 0; reason < DROP_REASON_COUNT; reason++)
			out->drops[reason] += counter_read(&counters->drops[reason]);
		out->backpressure += counter_read(&counters->backpressure);
		out->pool_free += counter_read(&counters->pool_free);
		out->pool_exhausted += counter_read(&counters->pool_exhausted);
	}
	fill_rates(port, &now, out);
}

/* Whether the flow is in a run that has not come to rest. */
bool flow_is_running(const struct engine *engine, const struct flow *flow)
{
	for (size_t p = 0; p < engine->port_count; p++) {
		const struct port *port = engine->ports[p];

		if (!port->plan || port_rests(port))
			continue;
		for (unsigned i = 0; i < port->plan->flow_count; i++)
			if (port->flows[i] == flow)
				return true;
	}
	return false;
}

/* What one port received of a flow. */
static void add_received(
	const struct port *port, const struct flow *flow, bool running, struct stats_flow *out)
{
	uint64_t frames = 0, duplicates = 0, lost = 0, sent;

	for (unsigned q = 0; q < port->config.queues; q++) {
		struct sequence *sequence;

		if (!port->queues[q].sequences)
			continue;
		sequence = &port->queues[q].sequences[flow->number];
		if (sequence_is_stale(sequence))
			continue;
		frames += counter_read(&sequence->frames);
		out->bytes_rx += counter_read(&sequence->bytes);
		duplicates += counter_read(&sequence->duplicates);
		out->out_of_order += counter_read(&sequence->out_of_order);
		lost += counter_read(&sequence->lost);
	}
	out->frames_rx += frames;
	out->duplicates += duplicates;
	if (frames == 0)
		return;
	/* Once all is sent the sender's count is the better judge: it also knows of the last
	 * frames. */
	sent = counter_read(&flow->counters->attempted) - port->first_attempted[flow->number];
	if ((!running && sent > 0) || port->config.queues > 1)
		lost = sent > frames - duplicates ? sent - (frames - duplicates) : 0;
	out->loss += lost;
}

static void fill_flow(const struct engine *engine, const struct flow *flow, struct stats_flow *out)
{
	*out = (struct stats_flow){
		.metrics = flow->metrics,
		.running = flow_is_running(engine, flow),
		.frames_tx = counter_read(&flow->counters->frames),
		.bytes_tx = counter_read(&flow->counters->bytes),
		.frames_attempted = counter_read(&flow->counters->attempted),
		.slipped_ns = counter_read(&flow->counters->slipped_ns),
	};
	text_copy(out->name, sizeof(out->name), flow->config.name);
	text_copy(out->port, sizeof(out->port), flow->config.port);
	for (size_t p = 0; p < engine->port_count; p++)
		add_received(engine->ports[p], flow, out->running, out);
}

struct stats_snapshot *engine_snapshot(struct engine *engine)
{
	struct stats_snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return NULL;
	snapshot->ports = calloc(engine->port_count + 1, sizeof(*snapshot->ports));
	snapshot->flows = calloc(engine->flow_count + 1, sizeof(*snapshot->flows));
	if (!snapshot->ports || !snapshot->flows) {
		engine_snapshot_free(snapshot);
		return NULL;
	}
	snapshot->time_ns = clock_now_ns();
	snapshot->port_count = engine->port_count;
	snapshot->flow_count = engine->flow_count;
	for (size_t i = 0; i < engine->port_count; i++)
		fill_port(engine->ports[i], &snapshot->ports[i]);
	for (size_t i = 0; i < engine->flow_count; i++)
		fill_flow(engine, engine->flows[i], &snapshot->flows[i]);
	return snapshot;
}

void engine_snapshot_free(struct stats_snapshot *snapshot)
{
	if (!snapshot)
		return;
	free(snapshot->ports);
	free(snapshot->flows);
	free(snapshot);
}
