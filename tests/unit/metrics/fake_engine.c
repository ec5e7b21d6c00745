/* SPDX-License-Identifier: BSD-2-Clause */
/* The symbols of engine.h that src/metrics uses, and the figures. */
#include "fake_engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct stats_port ports[] = {
	{
		.name = "p0",
		.backend = "packet",
		.location = "packet:eth1",
		.state = PORT_RUNNING,
		.link = PORT_LINK_IS_UP,
		.frames_tx = UINT64_MAX,
		.bytes_tx = 9007199254740993,
		.frames_rx = 7,
		.bytes_rx = 420,
		.drops = {[DROP_TX_RING_FULL] = 3, [DROP_RX_TOO_LONG] = 5},
		.backpressure = 11,
		.pool_objects = 1024,
		.pool_free = 1000,
		.pool_exhausted = 2,
		.capture_frames = 12,
		.capture_dropped = 13,
		.frames_tx_rate = {100000, 99999.5},
		.frames_rx_rate = {0.5, 0.25},
		.tx_l1_rate_bps = {67200000, 67199664},
		.rx_l1_rate_bps = {336, 168},
		.tx_l2_rate_bps = {48000000, 47999760},
		.rx_l2_rate_bps = {240, 120},
		.seconds = 12.5,
	},
	{
		.name = "p1",
		.backend = "null",
		.location = "null:",
		.state = PORT_UNPROBED,
		.link = PORT_LINK_UNKNOWN,
	},
};

static struct stats_flow flows[] = {
	{.name = "plain", .port = "p1", .frames_tx = 1000},
	{
		.name = "measured",
		.port = "p0",
		.metrics = true,
		.running = true,
		.frames_tx = 100,
		.bytes_tx = 6000,
		.frames_attempted = 104,
		.slipped_ns = 1500000000,
		.frames_rx = 97,
		.bytes_rx = 5820,
		.loss = 4,
		.duplicates = 1,
		.out_of_order = 2,
	},
};

const struct stats_snapshot fake_snapshot = {
	.port_count = sizeof(ports) / sizeof(ports[0]),
	.flow_count = sizeof(flows) / sizeof(flows[0]),
	.ports = ports,
	.flows = flows,
};
const struct stats_snapshot fake_empty_snapshot;

struct stats_snapshot *engine_snapshot(struct engine *engine)
{
	struct stats_snapshot *copy;

	if (!engine->snapshot)
		return NULL;
	copy = malloc(sizeof(*copy));
	if (copy)
		*copy = *engine->snapshot;
	return copy;
}

void engine_snapshot_free(struct stats_snapshot *snapshot)
{
	free(snapshot);
}

bool engine_ready(const struct engine *engine)
{
	return engine->ready;
}

const char *engine_port_name(const struct engine *engine, size_t index)
{
	return index < engine->snapshot->port_count ? engine->snapshot->ports[index].name : NULL;
}

int engine_port_describe(
	struct engine *engine, const char *name, struct engine_port_info *info, struct error *err)
{
	for (size_t i = 0; i < engine->snapshot->port_count; i++) {
		const struct stats_port *port = &engine->snapshot->ports[i];

		if (strcmp(port->name, name) != 0)
			continue;
		*info = (struct engine_port_info){.state = port->state, .link = port->link};
		text_copy(info->reason, sizeof(info->reason), engine->reason);
		return 0;
	}
	return error_set(err, ENOENT, ERROR_NOT_FOUND, NULL, "no port \"%s\"", name);
}
