/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The worker's end of a capture: one for each queue. It filters, cuts, and puts frames into a ring;
 * it never waits and makes no system call.
 *
 * The control thread makes and frees it while no worker has it in its job; in between the worker
 * alone offers, and anyone may read the counters.
 */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include "capture/filter.h"
#include "capture/ring.h"
#include "stats/counter.h"

/* Snaplen: frames are at most 64 KiB, so this keeps all of any. */
#define CAPTURE_SNAPLEN_MAX UINT32_C(262144)

struct capture_source {
	struct capture_ring *ring;           /* owned */
	const struct capture_filter *filter; /* NULL: all frames; not owned */
	uint32_t snaplen;
	uint64_t left;           /* frames that it still takes */
	struct counter filtered; /* frames that the filter does not want */
	struct counter dropped;  /* frames that it wants and that found the ring full */
};

struct capture_source_conf {
	const struct capture_filter *filter;
	uint32_t snaplen; /* 1 to CAPTURE_SNAPLEN_MAX */
	uint64_t count;   /* frames after which it takes no more; UINT64_MAX: never */
	size_t ring_size;
};

/* 0 or -errno. */
int capture_source_new(const struct capture_source_conf *conf, struct capture_source **source);
void capture_source_free(struct capture_source *source);

/* Worker: a frame was received. time_ns is CLOCK_REALTIME. */
void capture_source_offer(
	struct capture_source *source, uint64_t time_ns, const uint8_t *frame, uint32_t len);

#endif
