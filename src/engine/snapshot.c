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
#define STALL_NS (550 * NS_PER_MS)

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

/*
 * Notices a device that takes nothing although frames are due, or does not complete what it took,
 * and a worker that does not move. While the link is down nothing else has to be explained.
 */
static void look_for_stall(struct port *port)
{
	uint64_t refused = 0, rounds = 0, in_flight = 0, sent = 0, now_ns = clock_now_ns();
	bool stalled, silent, was_stalled;

	for (unsigned i = 0; i < port->config.queues; i++) {
		const struct queue_counters *counters = port->queues[i].counters;

		refused += counter_read(&counters->backpressure);
		rounds += counter_read(&counters->rounds);
		in_flight += counter_read(&counters->in_flight);
		sent += counter_read(&counters->frames_tx);
	}
	silent = rounds == port->heartbeat_mark;
	stalled = port->link != PORT_LINK_IS_DOWN && sent == port->sent_mark &&
		  (refused != port->refused_mark || in_flight > 0);
	if (!silent && !stalled)
		port->progress_ns = now_ns;
	port->heartbeat_mark = rounds;
	port->refused_mark = refused;
	port->sent_mark = sent;
	was_stalled = port->stalled;
	port->stalled = (stalled || silent) && now_ns - port->progress_ns >= STALL_NS;
	if (port->stalled)
		text_copy(port->reason, sizeof(port->reason),
			silent      ? "the worker does not get its processor"
			: in_flight ? "the device does not complete the frames that it has"
				    : "the device takes no frames");
	else if (was_stalled)
		port->reason[0] = '\0';
}

void port_sample(struct port *port)
{
	bool was_stalled = port->stalled;

	look_for_stall(port);
	if (port->stalled && !was_stalled)
		log_warning("port %s: stalled: %s", port->config.name, port->reason);
	if (++port->samples % PORT_SAMPLES != 0)
		return;
	port->before = port->sampled;
	port_totals(port, &port->sampled);
	/* Also sees what rtnetlink does not tell, and frees workers that a peer lets hang. */
	if (port->dev && (port->service || (port->phase == PHASE_RUN && !port->lost)))
		port_refresh(port);
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

static double seconds_from(uint64_t start_ns, uint64_t end_ns)
{
	return start_ns && end_ns > start_ns ? (double)(end_ns - start_ns) / 1e9 : 0;
}

static void fill_rates(
	const struct port *port, const struct port_totals *now, struct stats_port *out)
{
	const struct port_totals *was = &port->before, *is = &port->sampled;
	uint64_t apart_ns = port_rests(port) ? 0 : is->time_ns - was->time_ns;
	uint64_t end_ns = port->ended_ns ? port->ended_ns : now->time_ns;
	double overhead_bits = L1_OVERHEAD_BYTES * 8, rx_s, tx_s;

	rx_s = seconds_from(port->started_ns, end_ns);
	tx_s = seconds_from(port->started_ns, port->sent_ns ? port->sent_ns : end_ns);
	out->seconds = rx_s;
	out->frames_tx_rate =
		rate_of(now->frames_tx, is->frames_tx, was->frames_tx, apart_ns, tx_s, 1);
	out->frames_rx_rate =
		rate_of(now->frames_rx, is->frames_rx, was->frames_rx, apart_ns, rx_s, 1);
	out->tx_l2_rate_bps =
		rate_of(now->bytes_tx, is->bytes_tx, was->bytes_tx, apart_ns, tx_s, 8);
	out->rx_l2_rate_bps =
		rate_of(now->bytes_rx, is->bytes_rx, was->bytes_rx, apart_ns, rx_s, 8);
	out->tx_l1_rate_bps = (struct stats_rate){
		out->tx_l2_rate_bps.last + out->frames_tx_rate.last * overhead_bits,
		out->tx_l2_rate_bps.mean + out->frames_tx_rate.mean * overhead_bits};
	out->rx_l1_rate_bps = (struct stats_rate){
		out->rx_l2_rate_bps.last + out->frames_rx_rate.last * overhead_bits,
		out->rx_l2_rate_bps.mean + out->frames_rx_rate.mean * overhead_bits};
}

static void fill_port(const struct port *port, struct stats_port *out)
{
	struct engine_capture_info capture;
	struct port_totals now;

	port_totals(port, &now);
	port_capture_describe(port, &capture);
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
		.capture_frames = capture.frames,
		.capture_dropped = capture.dropped,
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

/* The count whose lower 32 bits are a sequence number, where reference is not far from it. */
static uint64_t count_near(uint64_t reference, uint64_t number)
{
	return reference + (uint64_t)(int32_t)((uint32_t)number - (uint32_t)reference);
}

/* What the queues of one port received of a flow. */
struct arrived {
	uint64_t frames, bytes, lost, duplicates, out_of_order;
	uint64_t first, next; /* of its frame numbers: the first, and the highest + 1 */
};

static struct arrived sum_arrived(const struct port *port, const struct flow *flow)
{
	uint64_t before = port->first_attempted[flow->number];
	uint64_t attempted = counter_read(&flow->counters->attempted);
	struct arrived sum = {.first = UINT64_MAX};

	for (unsigned q = 0; q < port->config.queues && port->queues[q].sequences; q++) {
		const struct sequence *sequence = &port->queues[q].sequences[flow->number];
		uint64_t first, next;

		if (sequence_is_stale(sequence) || counter_read(&sequence->frames) == 0)
			continue;
		sum.frames += counter_read(&sequence->frames);
		sum.bytes += counter_read(&sequence->bytes);
		sum.lost += counter_read(&sequence->lost);
		sum.duplicates += counter_read(&sequence->duplicates);
		sum.out_of_order += counter_read(&sequence->out_of_order);
		first = count_near(before, counter_read(&sequence->first));
		next = count_near(attempted, counter_read(&sequence->next));
		sum.first = first < sum.first ? first : sum.first;
		sum.next = next > sum.next ? next : sum.next;
	}
	return sum;
}

/* Whether the receiver was still there when the sender had sent its last frame. */
static bool saw_the_end(
	const struct engine *engine, const struct port *receiver, const struct flow *flow)
{
	if (flow_is_running(engine, flow) || counter_read(&flow->counters->attempted) == 0)
		return false;
	for (size_t p = 0; p < engine->port_count; p++)
		if (flow_is_on(engine, flow, engine->ports[p]))
			return receiver->silenced_ns == 0 ||
			       receiver->silenced_ns >= engine->ports[p]->ended_ns;
	return false;
}

static void add_received(const struct engine *engine, const struct port *port,
	const struct flow *flow, struct stats_flow *out)
{
	struct arrived arrived = sum_arrived(port, flow);
	bool end = saw_the_end(engine, port, flow);
	uint64_t wanted, unique = arrived.frames - arrived.duplicates;

	if (arrived.frames == 0)
		return;
	out->frames_rx += arrived.frames;
	out->bytes_rx += arrived.bytes;
	out->duplicates += arrived.duplicates;
	out->out_of_order += arrived.out_of_order;
	/* Once all is sent the sender's count is the better judge: it also knows of the last
	 * frames. A queue knows nothing of the frames that went to the others. */
	wanted = (end ? counter_read(&flow->counters->attempted) : arrived.next) - arrived.first;
	if (end || port->config.queues > 1)
		arrived.lost = wanted > unique ? wanted - unique : 0;
	out->loss += arrived.lost;
}

static void fill_flow(const struct engine *engine, const struct flow *flow, struct stats_flow *out)
{
	*out = (struct stats_flow){
		.metrics = flow->metrics,
		.running =
			flow_is_running(engine, flow) && !counter_read(&flow->counters->finished),
		.frames_tx = counter_read(&flow->counters->frames),
		.bytes_tx = counter_read(&flow->counters->bytes),
		.frames_attempted = counter_read(&flow->counters->attempted),
		.slipped_ns = counter_read(&flow->counters->slipped_ns),
	};
	text_copy(out->name, sizeof(out->name), flow->config.name);
	text_copy(out->port, sizeof(out->port), flow->config.port);
	if (out->port[0] == '\0' && engine->port_count == 1) /* the only one there is */
		text_copy(out->port, sizeof(out->port), engine->ports[0]->config.name);
	for (size_t p = 0; p < engine->port_count; p++)
		add_received(engine, engine->ports[p], flow, out);
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
