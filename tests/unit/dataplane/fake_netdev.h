/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device that does as it is told: takes so many frames of each call, refuses with a fault, keeps
 * what it took until it may complete it, hands in frames. What it was given it checks byte for
 * byte; the frames carry the signature, so it also knows their numbers.
 *
 * Commands are atomics, so that a test may give them while a worker drives the device.
 */
#ifndef FAKE_NETDEV_H
#define FAKE_NETDEV_H

#include "dataplane/run.h"
#include "netdev/netdev.h"
#include "plan/plan.h"
#include "pool.h"

#include <limits.h>
#include <stdatomic.h>

#define FAKE_ALL      UINT_MAX
#define FAKE_HELD_MAX 4096
#define FAKE_FLOWS    4

struct fake_netdev {
	struct netdev dev;
	struct netdev_ops ops;
	struct netdev_queue queue;
	struct queue_counters counters;
	struct unit_pool memory;
	struct flow_tx_counters flow_counters[FAKE_FLOWS];
	struct frame_template *frame; /* of the frames that come in */
	const struct plan *plan;      /* whose frames go out, as fake_run() was told */

	/* commands */
	atomic_uint per_call; /* frames to take of each call */
	atomic_uint room;     /* frames to take in all from now on */
	atomic_int fault;     /* refuse everything, and say this */
	atomic_bool hold;     /* keep frames until release */
	atomic_uint release;  /* held frames to complete */
	atomic_uint incoming; /* frames to hand in, at most a burst at a time */
	atomic_int rx_fault;

	/* what was seen */
	atomic_uint tx_calls, tx_offered_max, reaps;
	atomic_uint taken;   /* frames */
	atomic_uint wrong;   /* frames with other bytes than they should have, or sent twice */
	atomic_uint skipped; /* numbers of a flow that were left out before another frame of it */
	atomic_uint held_count;
	struct pktbuf *held[FAKE_HELD_MAX];
	uint32_t next[FAKE_FLOWS + 1]; /* expected per flow number */
	struct netdev_tx_job job;      /* self-driven: the last one */
	atomic_uint budget;
};

/* objects: of its pool. */
void fake_netdev_init(struct fake_netdev *fake, uint32_t objects);
/* Makes it self-driven. */
void fake_netdev_drive_itself(struct fake_netdev *fake);
void fake_netdev_fini(struct fake_netdev *fake);

/* Frames dropped for whatever reason. */
uint64_t fake_netdev_drops(const struct fake_netdev *fake);

/* A plan of n flows of measured frames, as fast as they go; flow i has number i + 1. */
struct plan *fake_plan(unsigned n);

/* The run of that plan on the fake's only queue. */
struct run *fake_run(struct fake_netdev *fake, const struct plan *plan);

#endif
