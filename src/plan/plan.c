/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making plans: settings and device facts in, prepared frames, gaps and counts out.
 *
 * Control thread only. Whatever cannot be sent is refused here, with the setting to blame, so that
 * the data path has no case left to check.
 */
#include "plan/plan.h"

#include "plan/rate.h"
#include "util/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An interface takes a tag beyond its MTU, as every switch does. */
#define VLAN_TAG_LEN 4

/* Puts the flow's name in front of an error of one of its settings. */
static int flow_error(struct error *err, const struct config_flow *flow, int rc)
{
	char message[sizeof(err->message)];

	if (strcmp(flow->name, CONFIG_DEFAULT_FLOW) != 0) {
		memcpy(message, err->message, sizeof(message));
		snprintf(err->message, sizeof(err->message), "flow %s: %.*s", flow->name,
			(int)(sizeof(message) - sizeof(flow->name) - 8), message);
	}
	return rc;
}

static uint64_t mac_number(const uint8_t mac[6])
{
	uint64_t number = 0;

	for (int i = 0; i < 6; i++)
		number = number << 8 | mac[i];
	return number;
}

int plan_frame(const struct plan_port *port, const struct plan_request *request,
	struct frame_template **frame, struct error *err)
{
	const struct config_flow *flow = request->flow;
	struct frame_spec spec = flow->frame;
	uint32_t frame_max = port->frame_max;
	int rc;

	spec.signature = flow->metrics;
	spec.flow = request->number;
	if (!flow->src_mac_set) {
		spec.src_mac = (struct field){.kind = FIELD_FIXED};
		spec.src_mac.first = spec.src_mac.last = mac_number(port->mac);
	}
	if (spec.vlan != FRAME_NO_VLAN)
		frame_max += VLAN_TAG_LEN;
	if (spec.size > frame_max) {
		error_set(err, EINVAL, ERROR_INVALID, "size",
			"a frame of %u bytes is longer than port %s can send", spec.size,
			port->name);
		error_hint(err, "at most %u, or raise the interface's MTU", frame_max);
		return flow_error(err, flow, -EINVAL);
	}
	rc = frame_template_new(&spec, frame, err);
	return rc ? flow_error(err, flow, rc) : 0;
}

static int buffer_check(
	const struct plan_port *port, const struct config_flow *flow, struct error *err)
{
	if (flow->alloc == POLICY_ALLOC_HEAP && port->in_place) {
		error_set(err, EINVAL, ERROR_INVALID, "alloc",
			"the device of port %s reads frames where they lie, and cannot read the "
			"heap",
			port->name);
		error_hint(err, "alloc = pool");
		return flow_error(err, flow, -EINVAL);
	}
	if (flow->alloc == POLICY_ALLOC_POOL && flow->frame.size > port->buffer_room) {
		error_set(err, EINVAL, ERROR_INVALID, "size",
			"a frame of %u bytes does not fit into a packet buffer (%u bytes of room)",
			flow->frame.size, port->buffer_room);
		error_hint(err, "raise pool-object-size of port %s", port->name);
		return flow_error(err, flow, -EINVAL);
	}
	return 0;
}

/*
 * A burst takes its buffers at once. Flows that share a pool get an equal part of it at the most,
 * so that none waits for ever for what the others keep.
 */
static int burst_share(const struct plan_port *port, const struct plan_request *requests,
	unsigned n, unsigned index, struct plan_flow *planned, struct error *err)
{
	uint32_t sharers = 0, share;

	if (planned->alloc == POLICY_ALLOC_HEAP)
		return 0;
	for (unsigned i = index % port->queues; i < n; i += port->queues)
		sharers += requests[i].flow->alloc == POLICY_ALLOC_POOL;
	share = port->buffers / sharers;
	if (share < planned->burst)
		planned->burst = share;
	if (share > 0)
		return 0;
	error_set(err, EINVAL, ERROR_INVALID, "flows",
		"%u flows of a queue of port %s share a pool of %u buffers", sharers, port->name,
		port->buffers);
	error_hint(err, "raise pool-objects of the port");
	return -EINVAL;
}

static int rate_error(int rc, const char *param, const struct plan_port *port, struct error *err)
{
	if (rc == -ENODATA) {
		error_set(err, EINVAL, ERROR_INVALID, param,
			"a percentage needs the line rate, and port %s does not tell its own",
			port->name);
		error_hint(err, "give the rate in pps or bits");
		return -EINVAL;
	}
	return rc ? error_set(err, EINVAL, ERROR_INVALID, param, "the rate is out of range") : 0;
}

static int flow_init(struct plan_flow *planned, const struct plan_port *port,
	const struct plan_request *request, unsigned index, struct error *err)
{
	const struct config_flow *flow = request->flow;
	struct plan_gap gap;
	int rc;

	rc = plan_rate_gap(&flow->rate, flow->rate_layer, flow->frame.size, port->speed_mbps, &gap);
	rc = rate_error(rc, "rate", port, err);
	if (rc)
		return flow_error(err, flow, rc);
	*planned = (struct plan_flow){
		.count = flow->count ? flow->count : UINT64_MAX,
		.duration_ns = flow->duration_ns ? flow->duration_ns : UINT64_MAX,
		.gap_num = gap.num,
		.gap_den = gap.den,
		.queue = index % port->queues,
		.burst = flow->burst,
		.build = flow->build,
		.alloc = flow->alloc,
		.on_full = flow->on_full,
	};
	return plan_frame(port, request, &planned->frame, err);
}

/* Puts the port's ceiling over its flows. */
static int limit_apply(struct plan *plan, const struct plan_port *port, struct error *err)
{
	struct plan_gap gaps[WIRE_FLOWS_MAX];
	uint32_t sizes[WIRE_FLOWS_MAX];
	int rc;

	for (unsigned i = 0; i < plan->flow_count; i++) {
		gaps[i] = (struct plan_gap){plan->flows[i].gap_num, plan->flows[i].gap_den};
		sizes[i] = plan->flows[i].frame->len;
	}
	rc = plan_rate_limit(&port->rate_limit, port->speed_mbps, sizes, gaps, plan->flow_count);
	if (rc)
		return rate_error(rc, "rate-limit", port, err);
	for (unsigned i = 0; i < plan->flow_count; i++) {
		plan->flows[i].gap_num = gaps[i].num;
		plan->flows[i].gap_den = gaps[i].den;
	}
	return 0;
}

/*
 * A paced flow with a duration sends exactly the frames whose departure lies within it, also when
 * the last ones leave a little late.
 */
static void durations_to_counts(struct plan *plan)
{
	for (unsigned i = 0; i < plan->flow_count; i++) {
		struct plan_flow *flow = &plan->flows[i];
		struct plan_gap gap = {flow->gap_num, flow->gap_den};
		uint64_t frames;

		if (flow->duration_ns == UINT64_MAX)
			continue;
		frames = plan_rate_frames(&gap, flow->duration_ns);
		if (frames < flow->count)
			flow->count = frames;
	}
}

int plan_new(const struct plan_port *port, const struct plan_request *requests, unsigned n,
	struct plan **plan, struct error *err)
{
	struct plan *new;
	int rc = 0;

	if (n > WIRE_FLOWS_MAX)
		return error_set(
			err, E2BIG, ERROR_LIMIT, "flows", "more than %d flows", WIRE_FLOWS_MAX);
	new = calloc(1, sizeof(*new) + n * sizeof(new->flows[0]));
	if (!new)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	new->flow_count = n;
	for (unsigned i = 0; i < n && rc == 0; i++) {
		rc = flow_init(&new->flows[i], port, &requests[i], i, err);
		if (rc == 0)
			rc = buffer_check(port, requests[i].flow, err);
		if (rc == 0)
			rc = burst_share(port, requests, n, i, &new->flows[i], err);
	}
	if (rc == 0)
		rc = limit_apply(new, port, err);
	if (rc) {
		plan_free(new);
		return rc;
	}
	durations_to_counts(new);
	*plan = new;
	return 0;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	for (unsigned i = 0; i < plan->flow_count; i++)
		frame_template_free(plan->flows[i].frame);
	free(plan);
}
