/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters with one writer and any number of readers.
 *
 * A block belongs to one worker, which alone writes it, between bursts; everyone else reads with
 * relaxed loads and sums on read. Blocks are cacheline-aligned, so that two workers never write to
 * the same line. Counters only grow, until the control thread clears a block that no worker uses.
 */
#ifndef STATS_COUNTER_H
#define STATS_COUNTER_H

#include "util/cpu.h"

#include <stdatomic.h>
#include <stdint.h>

struct counter {
	atomic_uint_least64_t value;
};

/* The writer's side: a plain addition to memory, no locked instruction. */
static inline void counter_add(struct counter *counter, uint64_t n)
{
	atomic_store_explicit(&counter->value,
		atomic_load_explicit(&counter->value, memory_order_relaxed) + n,
		memory_order_relaxed);
}

static inline void counter_set(struct counter *counter, uint64_t value)
{
	atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}

static inline uint64_t counter_read(const struct counter *counter)
{
	return atomic_load_explicit(&((struct counter *)counter)->value, memory_order_relaxed);
}

/* Why a frame was not sent, or not delivered to us. */
enum drop_reason {
	DROP_TX_RING_FULL,   /* on-full = drop, and the device took no more */
	DROP_TX_LINK_DOWN,   /* on-full = drop, and the link was down */
	DROP_TX_NO_BUFFER,   /* on-full = drop, and the pool was empty */
	DROP_TX_ERROR,       /* on-full = drop, and the device failed */
	DROP_TX_DEVICE_LOST, /* on-full = drop, and the device was gone */
	DROP_TX_UNFINISHED,  /* accepted by the device, and not completed when the run ended */
	DROP_RX_RING_FULL,   /* arrived, but we read too slowly */
	DROP_RX_NO_BUFFER,   /* arrived, but the pool was empty */
	DROP_RX_TOO_LONG,    /* arrived, but larger than a buffer */
	DROP_REASON_COUNT
};

/* "tx-ring-full", …: the label of pktgend_drops_total and the key in "drops". */
extern const char *const drop_reason_names[DROP_REASON_COUNT];

/* What one worker counts for its queue pair. */
struct queue_counters {
	_Alignas(CPU_CACHELINE) struct counter frames_tx; /* completed by the device */
	struct counter bytes_tx;
	struct counter frames_rx;
	struct counter bytes_rx;
	struct counter drops[DROP_REASON_COUNT];
	struct counter backpressure;   /* calls in which the device took less than was offered */
	struct counter in_flight;      /* gauge: accepted, not completed, when last looked at */
	struct counter pool_free;      /* gauge */
	struct counter pool_exhausted; /* times a burst got fewer buffers than it wanted */
	struct counter rounds;         /* of the polling loop: the worker's heartbeat */
};

/* What one worker counts for one flow that it sends. */
struct flow_tx_counters {
	_Alignas(CPU_CACHELINE) struct counter frames; /* completed by the device */
	struct counter bytes;
	struct counter attempted;  /* frame numbers used: completed, dropped and in flight */
	struct counter finished;   /* 1 once nothing of it is left to be made or offered */
	struct counter slipped_ns; /* by how much the schedule was moved after long standstills */
};

#endif
