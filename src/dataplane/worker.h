/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker: one pinned thread that drives one queue pair.
 *
 * The control thread posts jobs into its mailbox. Between bursts the worker adopts the newest one
 * and publishes its generation; whatever an older job points to may then be freed or changed. With
 * the idle job it sleeps on an eventfd; with a run it polls: it sends what is due, receives what is
 * there, and counts. It never allocates (but for --alloc heap, which is the point of that option),
 * locks or logs.
 *
 * What it has to say it says in two atomics, flags and fault, and wakes the control thread by an
 * eventfd when one of them changes.
 */
#ifndef DATAPLANE_WORKER_H
#define DATAPLANE_WORKER_H

#include "capture/source.h"
#include "dataplane/run.h"
#include "netdev/netdev.h"
#include "stats/sequence.h"
#include "util/mailbox.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Frames that have been quiet for this long are no longer on their way. */
#define WORKER_QUIET_NS UINT64_C(20000000)
/* Waiting for quiet, or for completions of a device that refuses to work, ends after this. */
#define WORKER_DRAIN_MAX_NS UINT64_C(60000000)
/* And waiting for a device that is only slow: a peer may not get its processor for a while. */
#define WORKER_COMPLETE_MAX_NS UINT64_C(1000000000)

/* What a worker is to do. Made and freed by the control thread, immutable once posted. */
struct worker_job {
	struct mailbox_message message; /* first: this is what the mailbox carries */
	bool quit;
	bool sleep; /* until the next job; nothing below is looked at */
	bool tx;    /* make and send frames of run */
	bool rx;    /* receive */
	bool drain; /* raise WORKER_RX_QUIET when nothing has come in for a while */
	struct netdev_queue *queue;
	struct run *run;            /* with tx */
	struct sequence *sequences; /* receive: tracker of flow number i at [i]; NULL: none */
	unsigned sequence_count;
	const atomic_bool *measuring; /* whether any flow is; else no tracker is asked. NULL: yes */
	struct capture_source *capture; /* receive: frames are offered to it; NULL: none */
};

/* Facts about the adopted job; they start at 0 with each. */
enum worker_flags {
	WORKER_TX_QUIET = 1, /* nothing more to send, and everything sent has completed */
	WORKER_RX_QUIET = 2,
};

struct worker {
	struct mailbox mailbox;
	_Alignas(CPU_CACHELINE) atomic_uint flags;
	atomic_uint_least64_t quiet_ns; /* when WORKER_TX_QUIET was raised */
	atomic_int fault;               /* 0, ENETDOWN, ENODEV or another errno of the device */
	int wake_fd;                    /* eventfd: the control thread wakes the worker */
	int notify_fd;                  /* eventfd of the control thread; not owned */
	pthread_t thread;
	const struct worker_job *job; /* the newest posted: control thread */
	struct worker_job idle;       /* what it begins with */
};

/*
 * Starts the thread, pinned to cpu, asleep. notify_fd is written to when flags or fault change. 0
 * or -errno. The caller frees it with worker_free(), with a sleep job as the last one posted.
 */
int worker_new(unsigned cpu, int notify_fd, struct worker **worker);
void worker_free(struct worker *worker);

/*
 * Makes job the worker's next one; gives it its generation. job stays the caller's; it must be
 * another record than the one posted before.
 */
void worker_post(struct worker *worker, struct worker_job *job);

/* Whether the worker has adopted the newest job. */
bool worker_adopted(struct worker *worker);

/* The flags of the newest job; 0 until it is adopted. */
unsigned worker_flags(struct worker *worker);
int worker_fault(struct worker *worker);

/* When WORKER_TX_QUIET was raised, CLOCK_MONOTONIC; the flag is up when this is asked. */
uint64_t worker_quiet_ns(struct worker *worker);

#endif
