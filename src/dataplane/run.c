/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pace, take buffers, make frames, offer them to the device, and deal with what it did not take.
 *
 * Invariant: a frame number is used once. A frame that was made stays in pending until the device
 * accepts it or it is dropped and counted; only then does the next one come.
 */
#include "dataplane/run.h"

#include "packet/frame.h"
#include "util/clock.h"

#include <errno.h>
#include <stdlib.h>

/* A paced flow may end this much after its duration, for frames that were due within it. */
#define RUN_GRACE_NS PACER_CATCH_UP_NS

static int flow_init(struct run_flow *flow, const struct plan_flow *plan,
	struct flow_tx_counters *counters, uint32_t pool_objects)
{
	*flow = (struct run_flow){.plan = plan, .counters = counters};
	flow->pending = calloc(plan->burst, sizeof(*flow->pending));
	if (plan->build == POLICY_BUILD_ZEROCOPY && plan->alloc == POLICY_ALLOC_POOL) {
		flow->primed.slots = calloc(pool_objects, sizeof(*flow->primed.slots));
		flow->primed.capacity = pool_objects;
		if (!flow->primed.slots)
			return -ENOMEM;
	}
	return flow->pending ? 0 : -ENOMEM;
}

struct run *run_new(const struct plan *plan, unsigned queue, const struct run_memory *memory,
	struct flow_tx_counters *const *counters)
{
	struct run *run = calloc(1, sizeof(*run) + plan->flow_count * sizeof(run->flows[0]));

	if (!run)
		return NULL;
	run->memory = *memory;
	for (unsigned i = 0; i < plan->flow_count; i++) {
		if (plan->flows[i].queue != queue)
			continue;
		if (flow_init(&run->flows[run->flow_count++], &plan->flows[i], counters[i],
			    memory->pool->objects) != 0) {
			run_free(run);
			return NULL;
		}
	}
	return run;
}

static void finish(struct run_flow *flow)
{
	flow->finished = true;
	counter_set(&flow->counters->finished, 1);
}

/* The device never took these: if ever, they are made again, under the same numbers. */
static void abandon_pending(struct run_flow *flow)
{
	flow->next_n -= flow->pending_count;
	pacer_retreat(&flow->pacer, flow->pending_count);
	for (; flow->pending_count > 0; flow->pending_count--)
		pktbuf_free(flow->pending[flow->pending_first++]);
}

void run_release(struct run *run)
{
	for (unsigned i = 0; i < run->flow_count; i++) {
		struct run_flow *flow = &run->flows[i];

		abandon_pending(flow);
		flow->shared = false;
		while (flow->primed.count > 0) {
			struct pktbuf *buf = flow->primed.slots[--flow->primed.count];

			if (buf->home != &flow->primed)
				continue; /* one that was many times here has gone home already */
			buf->home = &run->memory.pool->free;
			pktbuf_free(buf);
		}
	}
}

void run_free(struct run *run)
{
	if (!run)
		return;
	run_release(run);
	for (unsigned i = 0; i < run->flow_count; i++) {
		free(run->flows[i].pending);
		free(run->flows[i].primed.slots);
	}
	free(run);
}

static uint64_t add_or_never(uint64_t time_ns, uint64_t ns)
{
	return ns > UINT64_MAX - time_ns ? UINT64_MAX : time_ns + ns;
}

void run_begin(struct run *run, uint64_t now_ns)
{
	if (run->begun_ns == 0)
		run->begun_ns = now_ns;
	for (unsigned i = 0; i < run->flow_count; i++) {
		struct run_flow *flow = &run->flows[i];
		const struct plan_flow *plan = flow->plan;

		if (flow->started) { /* go on where run_end() left off */
			flow->pacer.next_ns += now_ns - run->ended_ns;
			flow->end_ns = add_or_never(flow->end_ns, now_ns - run->ended_ns);
			continue;
		}
		pacer_init(&flow->pacer, plan->gap_num, plan->gap_den, now_ns);
		flow->end_ns = add_or_never(now_ns, plan->duration_ns);
		flow->started = true;
	}
}

void run_end(struct run *run, uint64_t now_ns)
{
	run->ended_ns = now_ns;
}

/* Buffers from the heap, one by one: the tutorial's slow way. */
static unsigned take_from_heap(
	const struct run *run, const struct plan_flow *plan, unsigned n, struct pktbuf **bufs)
{
	for (unsigned i = 0; i < n; i++) {
		bufs[i] =
			mempool_heap_buf(plan->frame->len, run->memory.align, run->memory.headroom);
		if (!bufs[i])
			return i;
	}
	return n;
}

static void prime(struct run_flow *flow, struct pktbuf *buf)
{
	buf->home = &flow->primed;
	buf->len = flow->plan->frame->len;
	buf->account = flow->counters;
	frame_copy(flow->plan->frame, 0, 0, buf->data);
}

/* The one buffer of a constant frame, as often as the stack has room for it, counting those that
 * are under way. */
static unsigned take_shared(
	struct run *run, struct run_flow *flow, unsigned n, struct pktbuf **bufs)
{
	struct pktbuf *buf;

	if (flow->shared || pktbuf_stack_pop(&run->memory.pool->free, &buf, 1) == 0)
		return 0;
	flow->shared = true;
	prime(flow, buf);
	for (uint32_t i = 0; i < flow->primed.capacity; i++)
		pktbuf_free(buf);
	return pktbuf_stack_pop(&flow->primed, bufs, n);
}

/*
 * Zero-copy: buffers of this flow first, then fresh ones that become its own. Where nothing varies
 * one buffer is enough: it stands in the stack many times, and may be the device's many times.
 */
static unsigned take_primed(
	struct run *run, struct run_flow *flow, unsigned n, struct pktbuf **bufs)
{
	unsigned got = pktbuf_stack_pop(&flow->primed, bufs, n), primed = got;

	if (got == n)
		return got;
	if (flow->plan->frame->constant)
		return got + take_shared(run, flow, n - got, bufs + got);
	got += pktbuf_stack_pop(&run->memory.pool->free, bufs + got, n - got);
	for (unsigned i = primed; i < got; i++)
		prime(flow, bufs[i]);
	return got;
}

typedef void frame_make_fn(const struct frame_template *, uint64_t, uint64_t, uint8_t *);

static void make_frames(struct run_flow *flow, frame_make_fn *make, unsigned n, uint64_t now_ns)
{
	for (unsigned i = 0; i < n; i++) {
		struct pktbuf *buf = flow->pending[i];

		buf->len = flow->plan->frame->len;
		buf->account = flow->counters;
		make(flow->plan->frame, flow->next_n + i, now_ns, buf->data);
	}
}

/* Takes buffers for at most n frames and makes the frames in them; returns how many. */
static unsigned build(struct run *run, struct run_flow *flow, unsigned n, uint64_t now_ns)
{
	const struct plan_flow *plan = flow->plan;
	unsigned got;

	if (plan->alloc == POLICY_ALLOC_HEAP)
		got = take_from_heap(run, plan, n, flow->pending);
	else if (plan->build == POLICY_BUILD_ZEROCOPY)
		got = take_primed(run, flow, n, flow->pending);
	else
		got = pktbuf_stack_pop(&run->memory.pool->free, flow->pending, n);

	if (plan->build == POLICY_BUILD_GENERATE)
		make_frames(flow, frame_generate, got, now_ns);
	else if (plan->build == POLICY_BUILD_COPY || plan->alloc == POLICY_ALLOC_HEAP)
		make_frames(flow, frame_copy, got, now_ns);
	else if (!plan->frame->constant)
		for (unsigned i = 0; i < got; i++)
			frame_patch(plan->frame, flow->next_n + i, now_ns, flow->pending[i]->data);
	flow->pending_first = 0;
	flow->pending_count = got;
	flow->next_n += got;
	return got;
}

static enum drop_reason fault_reason(int fault)
{
	switch (fault) {
	case ENETDOWN:
		return DROP_TX_LINK_DOWN;
	case ENODEV:
		return DROP_TX_DEVICE_LOST;
	case ENOBUFS:
		return DROP_TX_RING_FULL;
	default:
		return DROP_TX_ERROR;
	}
}

/* Offers what is pending; in drop mode what is not accepted is dropped. Returns frames that are
 * gone. */
static unsigned offer(struct run_flow *flow, struct netdev_queue *queue)
{
	unsigned offered = flow->pending_count, accepted;

	queue->drop_refused = flow->plan->on_full == POLICY_ON_FULL_DROP;
	accepted = queue->dev->ops->tx_burst(queue, flow->pending + flow->pending_first, offered);
	flow->pending_first += accepted;
	flow->pending_count -= accepted;
	counter_add(&flow->counters->attempted, accepted);
	if (accepted == offered)
		return offered;
	counter_add(&queue->counters->backpressure, 1);
	if (flow->plan->on_full == POLICY_ON_FULL_RETRY)
		return accepted;
	counter_add(&queue->counters->drops[fault_reason(queue->fault)], flow->pending_count);
	counter_add(&flow->counters->attempted, flow->pending_count);
	for (; flow->pending_count > 0; flow->pending_count--)
		pktbuf_free(flow->pending[flow->pending_first++]);
	return offered;
}

/* Its time is over, also for frames that were due within it but could not leave. */
static bool flow_is_over(const struct run_flow *flow, uint64_t now_ns)
{
	bool paced = flow->plan->gap_num != 0;

	return now_ns >= flow->end_ns && (!paced || now_ns - flow->end_ns > RUN_GRACE_NS);
}

/* How many frames the flow should send now; marks it finished when the answer is: never again. */
static unsigned flow_due(struct run_flow *flow, uint64_t now_ns)
{
	const struct plan_flow *plan = flow->plan;
	uint64_t left = plan->count - flow->next_n, slipped_ns;

	slipped_ns = left > 0 ? pacer_slip(&flow->pacer, now_ns) : 0;
	if (slipped_ns) /* also when its time is over: then the last frames are missing */
		counter_add(&flow->counters->slipped_ns, slipped_ns);
	if (left == 0 || flow_is_over(flow, now_ns)) {
		finish(flow);
		return 0;
	}
	return pacer_due(&flow->pacer, now_ns, left < plan->burst ? (unsigned)left : plan->burst);
}

/* Frames that are due and cannot be made: in drop mode they are lost, else they wait. */
static unsigned not_made(struct run_flow *flow, struct netdev_queue *queue, unsigned missing,
	enum drop_reason reason)
{
	if (flow->plan->on_full == POLICY_ON_FULL_RETRY)
		return 0;
	flow->next_n += missing;
	counter_add(&flow->counters->attempted, missing);
	counter_add(&queue->counters->drops[reason], missing);
	return missing;
}

/* A peer that is not there yet may still write to the buffers that it had before. */
static bool may_write(struct netdev_queue *queue)
{
	if (queue->polled)
		queue->dev->ops->tx_burst(queue, NULL, 0);
	return queue->fault == 0;
}

/* A self-driven device sends by itself; we only tell it how far it may go. */
static unsigned self_driven_step(struct run_flow *flow, struct netdev_queue *queue, unsigned budget)
{
	const struct plan_flow *plan = flow->plan;
	const struct netdev_tx_job job = {
		.frame = plan->frame,
		.first = flow->next_n,
		.count = plan->count - flow->next_n,
		.start_ns = flow->pacer.next_ns,
		.gap_num_ns = plan->gap_num,
		.gap_den = plan->gap_den,
		.account = flow->counters,
	};
	unsigned sent = queue->dev->ops->tx_run(queue, &job, budget);

	flow->next_n += sent;
	pacer_advance(&flow->pacer, sent);
	counter_add(&flow->counters->attempted, sent);
	return sent;
}

unsigned run_flow_step(
	struct run *run, struct run_flow *flow, struct netdev_queue *queue, uint64_t now_ns)
{
	unsigned due, made, lost = 0;

	queue->fault = 0;
	if (flow->pending_count > 0 && flow_is_over(flow, now_ns)) {
		abandon_pending(flow);
		finish(flow);
	}
	if (flow->pending_count > 0)
		return offer(flow, queue);
	if (flow->finished)
		return 0;
	due = flow_due(flow, now_ns);
	if (due == 0)
		return 0;
	if (queue->dev->ops->tx_run)
		return self_driven_step(flow, queue, due);
	if (!may_write(queue)) {
		counter_add(&queue->counters->backpressure, 1);
		lost = not_made(flow, queue, due, fault_reason(queue->fault));
		pacer_advance(&flow->pacer, lost);
		return lost;
	}
	made = build(run, flow, due, now_ns);
	if (made < due) {
		counter_add(&queue->counters->pool_exhausted, 1);
		lost = not_made(flow, queue, due - made, DROP_TX_NO_BUFFER);
	}
	pacer_advance(&flow->pacer, made + lost);
	return (made ? offer(flow, queue) : 0) + lost;
}

uint64_t run_next_ns(const struct run *run)
{
	uint64_t next_ns = UINT64_MAX;

	for (unsigned i = 0; i < run->flow_count; i++) {
		const struct run_flow *flow = &run->flows[i];
		uint64_t flow_ns = flow->pacer.next_ns;

		if (flow->finished && flow->pending_count == 0)
			continue;
		if (flow->pending_count > 0)
			return 0;
		if (flow_ns < next_ns)
			next_ns = flow_ns;
	}
	return next_ns;
}

bool run_finished(const struct run *run)
{
	for (unsigned i = 0; i < run->flow_count; i++)
		if (!run->flows[i].finished || run->flows[i].pending_count > 0)
			return false;
	return true;
}
