/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The moving parts of a run on one queue: where each flow stands on its way through the plan.
 *
 * The control thread allocates a run before the worker sees it and frees it after the worker has
 * let go; in between the worker alone touches it. Between two jobs it is kept, so that a flow goes
 * on where it stopped (pause, link lost).
 */
#ifndef DATAPLANE_RUN_H
#define DATAPLANE_RUN_H

#include "dataplane/mempool.h"
#include "dataplane/pacer.h"
#include "netdev/netdev.h"
#include "plan/plan.h"
#include "stats/counter.h"

#include <stdbool.h>
#include <stdint.h>

struct run_flow {
	const struct plan_flow *plan;
	struct flow_tx_counters *counters;
	struct pacer pacer;
	uint64_t next_n; /* the next frame to be made */
	uint64_t end_ns; /* when its duration is over */
	bool started, finished;
	/* Frames made but not yet accepted: pending[first … first+count-1]. */
	struct pktbuf **pending;
	unsigned pending_first, pending_count;
	/* zerocopy: buffers that hold the prepared frame, between two uses */
	struct pktbuf_stack primed;
	bool shared; /* they are all one buffer */
};

/* What the run needs of its queue's memory and device. */
struct run_memory {
	struct mempool *pool;
	uint32_t align, headroom;
};

struct run {
	struct run_memory memory;
	uint64_t begun_ns; /* when the worker first took it up; 0 before */
	uint64_t ended_ns; /* when the worker last let go of it */
	unsigned flow_count;
	struct run_flow flows[];
};

/*
 * The run of one queue of a plan. counters[i] belongs to flow i of the plan (not of the queue).
 * NULL: no memory.
 */
struct run *run_new(const struct plan *plan, unsigned queue, const struct run_memory *memory,
	struct flow_tx_counters *const *counters);

/* Control thread, with the worker idle: every buffer that the run holds goes back to the pool. */
void run_release(struct run *run);
void run_free(struct run *run);

/*
 * Worker: starts the schedules at now_ns, or shifts them by the time since run_end() when they were
 * running before: a pause costs no frame and no part of a duration.
 */
void run_begin(struct run *run, uint64_t now_ns);
void run_end(struct run *run, uint64_t now_ns);

/*
 * Worker: sends what is due of one flow. Returns the number of frames that left its hands (accepted
 * or dropped). queue->fault tells about the device afterwards.
 */
unsigned run_flow_step(
	struct run *run, struct run_flow *flow, struct netdev_queue *queue, uint64_t now_ns);

/* Worker: when the next frame of any flow is due; UINT64_MAX when none ever is. */
uint64_t run_next_ns(const struct run *run);

/* Worker: whether every flow has sent its last frame. */
bool run_finished(const struct run *run);

#endif
