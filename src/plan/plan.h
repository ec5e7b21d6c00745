/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plan: what one run of one port does, worked out and checked to the last number.
 *
 * plan_new() turns configured flows and the facts of a device into prepared frames, exact gaps and
 * exact counts; all allocation and all refusals happen here. A plan never changes after that: any
 * number of workers may read it, and the engine frees it when none does any more.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "config/config.h"
#include "packet/frame.h"
#include "packet/policy.h"
#include "util/error.h"

#include <stdbool.h>
#include <stdint.h>

struct plan_flow {
	struct frame_template *frame;
	uint64_t count;       /* frames in all; UINT64_MAX: no end */
	uint64_t duration_ns; /* UINT64_MAX: no end */
	/* Departure i is due at start + i × gap_num/gap_den ns; gap_num 0: as fast as it goes. */
	uint64_t gap_num, gap_den;
	unsigned queue; /* the queue, and so the worker, that sends it */
	unsigned burst;
	enum policy_build build;
	enum policy_alloc alloc;
	enum policy_on_full on_full;
};

struct plan {
	unsigned flow_count;
	struct plan_flow flows[];
};

/* The facts of the port that a plan depends on. */
struct plan_port {
	const char *name;
	uint8_t mac[6];
	uint32_t frame_max;   /* largest frame the device takes */
	uint32_t buffer_room; /* bytes of a packet buffer for the frame */
	uint32_t buffers;     /* packet buffers per queue */
	uint32_t speed_mbps;  /* 0: unknown */
	unsigned queues;
	struct rate rate_limit;
	bool in_place; /* the device takes frames from the pool only */
};

/* One flow to plan: its settings and its number in the signature. */
struct plan_request {
	const struct config_flow *flow;
	uint16_t number;
};

/* Plans n flows of a port. 0, or -errno with *err set. The caller frees *plan with plan_free(). */
int plan_new(const struct plan_port *port, const struct plan_request *requests, unsigned n,
	struct plan **plan, struct error *err);
void plan_free(struct plan *plan);

/*
 * The prepared frame of a flow as the port would send it. The caller frees it with
 * frame_template_free().
 */
int plan_frame(const struct plan_port *port, const struct plan_request *request,
	struct frame_template **frame, struct error *err);

#endif
