/* SPDX-License-Identifier: BSD-2-Clause */
/* The device that does as it is told, and plans for it. */
#include "fake_netdev.h"

#include "packet/signature.h"
#include "unit.h"

#include <errno.h>

#define POOL_OBJECT_SIZE 2048

static bool is_right(
	const struct fake_netdev *fake, const struct pktbuf *buf, const struct signature *signature)
{
	const struct frame_template *frame = fake->plan->flows[signature->flow - 1].frame;
	uint8_t wanted[FRAME_SIZE_DEFAULT];

	frame_generate(frame, signature->sequence, signature->time_ns, wanted);
	return buf->len == frame->len && memcmp(buf->data, wanted, frame->len) == 0 &&
	       buf->account == &fake->flow_counters[signature->flow - 1] &&
	       signature->sequence >= fake->next[signature->flow];
}

static void check_frame(struct fake_netdev *fake, const struct pktbuf *buf)
{
	struct signature signature;

	if (!signature_read(buf->data, buf->len, &signature) ||
		signature.flow > fake->plan->flow_count || !is_right(fake, buf, &signature)) {
		atomic_fetch_add(&fake->wrong, 1);
		return;
	}
	atomic_fetch_add(&fake->skipped, signature.sequence - fake->next[signature.flow]);
	fake->next[signature.flow] = signature.sequence + 1;
}

static void take(struct fake_netdev *fake, struct pktbuf *buf)
{
	check_frame(fake, buf);
	atomic_fetch_add(&fake->taken, 1);
	if (atomic_load(&fake->hold)) {
		fake->held[fake->held_count] = buf;
		atomic_fetch_add(&fake->held_count, 1);
	} else {
		netdev_tx_complete(&fake->queue, &buf, 1);
	}
}

static unsigned fake_limit(struct fake_netdev *fake, unsigned n)
{
	unsigned per_call = atomic_load(&fake->per_call), room = atomic_load(&fake->room);

	if (atomic_load(&fake->fault) != 0)
		return 0;
	n = n < per_call ? n : per_call;
	n = n < room ? n : room;
	if (atomic_load(&fake->hold) && n > FAKE_HELD_MAX - fake->held_count)
		n = FAKE_HELD_MAX - fake->held_count;
	if (room != FAKE_ALL)
		atomic_fetch_sub(&fake->room, n);
	return n;
}

static void say_why(struct fake_netdev *fake)
{
	int fault = atomic_load(&fake->fault);

	fake->queue.fault = fault ? fault : ENOBUFS;
}

static unsigned fake_tx_burst(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n)
{
	struct fake_netdev *fake = (struct fake_netdev *)queue->dev;
	unsigned accepted = fake_limit(fake, n);

	atomic_fetch_add(&fake->tx_calls, 1);
	if (n > atomic_load(&fake->tx_offered_max))
		atomic_store(&fake->tx_offered_max, n);
	for (unsigned i = 0; i < accepted; i++)
		take(fake, bufs[i]);
	if (accepted < n || (n == 0 && atomic_load(&fake->fault)))
		say_why(fake);
	return accepted;
}

static unsigned fake_tx_reap(struct netdev_queue *queue)
{
	struct fake_netdev *fake = (struct fake_netdev *)queue->dev;
	unsigned n = atomic_load(&fake->release);

	atomic_fetch_add(&fake->reaps, 1);
	n = n < fake->held_count ? n : fake->held_count;
	netdev_tx_complete(queue, fake->held, n);
	memmove(fake->held, fake->held + n, (fake->held_count - n) * sizeof(fake->held[0]));
	atomic_fetch_sub(&fake->held_count, n);
	atomic_fetch_sub(&fake->release, n);
	return fake->held_count;
}

static unsigned fake_tx_run(
	struct netdev_queue *queue, const struct netdev_tx_job *job, unsigned budget)
{
	struct fake_netdev *fake = (struct fake_netdev *)queue->dev;
	unsigned sent = fake_limit(fake, budget < job->count ? budget : (unsigned)job->count);

	fake->job = *job;
	atomic_store(&fake->budget, budget);
	atomic_fetch_add(&fake->tx_calls, 1);
	atomic_fetch_add(&fake->taken, sent);
	if (sent < budget)
		say_why(fake);
	netdev_tx_count(queue, job->account, sent, (uint64_t)sent * job->frame->len);
	return sent;
}

static unsigned fake_rx_burst(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n)
{
	struct fake_netdev *fake = (struct fake_netdev *)queue->dev;
	unsigned incoming = atomic_load(&fake->incoming);

	queue->fault = atomic_load(&fake->rx_fault);
	n = pktbuf_stack_pop(queue->pool, bufs, n < incoming ? n : incoming);
	for (unsigned i = 0; i < n; i++) {
		bufs[i]->len = fake->frame->len;
		frame_copy(fake->frame, fake->next[0]++, 0, bufs[i]->data);
	}
	if (incoming != FAKE_ALL)
		atomic_fetch_sub(&fake->incoming, n);
	return n;
}

static struct frame_template *frame_new(uint16_t flow)
{
	struct frame_template *frame;
	struct frame_spec spec;
	struct error err;

	frame_spec_init(&spec);
	spec.signature = true;
	spec.flow = flow;
	ck_assert_int_eq(frame_template_new(&spec, &frame, &err), 0);
	return frame;
}

void fake_netdev_init(struct fake_netdev *fake, uint32_t objects)
{
	memset(fake, 0, sizeof(*fake));
	ck_assert_int_eq(unit_pool_init(&fake->memory, objects, POOL_OBJECT_SIZE, 64, 0), 0);
	fake->ops = (struct netdev_ops){.backend = "fake",
		.tx_burst = fake_tx_burst,
		.tx_reap = fake_tx_reap,
		.rx_burst = fake_rx_burst};
	fake->dev.ops = &fake->ops;
	fake->queue = (struct netdev_queue){
		.dev = &fake->dev, .counters = &fake->counters, .pool = &fake->memory.pool.free};
	fake->frame = frame_new(1);
	atomic_store(&fake->per_call, FAKE_ALL);
	atomic_store(&fake->room, FAKE_ALL);
}

void fake_netdev_drive_itself(struct fake_netdev *fake)
{
	fake->ops.tx_run = fake_tx_run;
	fake->ops.tx_burst = NULL;
}

void fake_netdev_fini(struct fake_netdev *fake)
{
	ck_assert_uint_eq(fake->held_count, 0);
	ck_assert_uint_eq(
		fake->memory.pool.free.count, fake->memory.pool.objects); /* all are back home */
	frame_template_free(fake->frame);
	unit_pool_fini(&fake->memory);
}

uint64_t fake_netdev_drops(const struct fake_netdev *fake)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < DROP_REASON_COUNT; i++)
		sum += counter_read(&fake->counters.drops[i]);
	return sum;
}

struct plan *fake_plan(unsigned n)
{
	struct plan *plan = calloc(1, sizeof(*plan) + n * sizeof(plan->flows[0]));

	ck_assert_ptr_nonnull(plan);
	plan->flow_count = n;
	for (unsigned i = 0; i < n; i++)
		plan->flows[i] = (struct plan_flow){
			.frame = frame_new((uint16_t)(i + 1)),
			.count = UINT64_MAX,
			.duration_ns = UINT64_MAX,
			.gap_den = 1,
			.burst = 8,
			.build = POLICY_BUILD_COPY,
			.alloc = POLICY_ALLOC_POOL,
			.on_full = POLICY_ON_FULL_RETRY,
		};
	return plan;
}

struct run *fake_run(struct fake_netdev *fake, const struct plan *plan)
{
	struct flow_tx_counters *counters[FAKE_FLOWS];
	struct run_memory memory = {.pool = &fake->memory.pool, .align = 64};
	struct run *run;

	for (unsigned i = 0; i < FAKE_FLOWS; i++)
		counters[i] = &fake->flow_counters[i];
	run = run_new(plan, 0, &memory, counters);
	ck_assert_ptr_nonnull(run);
	fake->plan = plan;
	return run;
}
