/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet buffer, and the stack of free ones that it goes home to.
 *
 * A buffer has exactly one owner at a time: the stack, the worker, or the device it was handed to.
 * Whoever is done with it calls pktbuf_free(), which puts it on its home stack, or gives it back to
 * the heap when it has none. Everything here belongs to one worker: no locks, no atomics, O(1).
 */
#ifndef NETDEV_PKTBUF_H
#define NETDEV_PKTBUF_H

#include "util/cpu.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct flow_tx_counters;
struct pktbuf_stack;

struct pktbuf {
	_Alignas(CPU_CACHELINE) uint8_t *data; /* first byte of the frame */
	uint32_t len;                          /* bytes of the frame */
	uint32_t room;                         /* bytes from data to the end of the buffer */
	struct pktbuf_stack *home;             /* where it is free; NULL: the heap */
	struct flow_tx_counters *account;      /* transmit: what its completion is counted in */
	uint64_t dma; /* data as the device addresses it; set by drivers that need it */
};

/* Free buffers, last in first out: the one used last is the one still in the cache. */
struct pktbuf_stack {
	struct pktbuf **slots;
	uint32_t count, capacity;
};

/* Takes up to n buffers; returns how many. */
static inline unsigned pktbuf_stack_pop(
	struct pktbuf_stack *stack, struct pktbuf **bufs, unsigned n)
{
	if (n > stack->count)
		n = stack->count;
	stack->count -= n;
	memcpy(bufs, stack->slots + stack->count, n * sizeof(*bufs));
	return n;
}

/* Cannot overflow: a stack has a slot for every buffer that calls it home. */
static inline void pktbuf_free(struct pktbuf *buf)
{
	struct pktbuf_stack *home = buf->home;

	if (home)
		home->slots[home->count++] = buf;
	else
		free(buf);
}

#endif
