/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of states and the one table of metrics. Constant data.
 *
 * A row binds a member of struct stats_port or stats_flow to the key that the control socket shows
 * and to the name that /metrics shows. Names follow Prometheus' conventions (base units, _total) as
 * far as `promtool check metrics` asks; what a receiver may take back, as loss, is a gauge, because
 * a counter that falls looks like a restart.
 */
#include "stats/snapshot.h"

#include <assert.h>

const char *const port_state_names[] = {
	[PORT_UNPROBED] = "unprobed",
	[PORT_UNCONFIGURED] = "unconfigured",
	[PORT_CONFIGURED] = "configured",
	[PORT_RUNNING] = "running",
	[PORT_PAUSED] = "paused",
	[PORT_LINK_DOWN] = "link-down",
	[PORT_STALLED] = "stalled",
	[PORT_DEVICE_LOST] = "device-lost",
};
static_assert(sizeof(port_state_names) / sizeof(char *) == PORT_STATE_COUNT, "a name each");

const char *const port_link_names[] = {
	[PORT_LINK_UNKNOWN] = "unknown",
	[PORT_LINK_IS_UP] = "up",
	[PORT_LINK_IS_DOWN] = "down",
};
static_assert(sizeof(port_link_names) / sizeof(char *) == PORT_LINK_COUNT, "a name each");

bool stats_port_is_up(const struct stats_port *port)
{
	return port->link != PORT_LINK_IS_DOWN &&
	       (port->state == PORT_CONFIGURED || port->state == PORT_RUNNING ||
		       port->state == PORT_PAUSED);
}

/* scope, member: */
#define PORT(member) .scope = STATS_PORT, .offset = offsetof(struct stats_port, member)
#define FLOW(member) .scope = STATS_FLOW, .offset = offsetof(struct stats_flow, member)
/* A flow's member that only a signature gives. */
#define MEASURED(member) FLOW(member), .needs_signature = true

const struct stats_metric stats_metrics[] = {
	{PORT(frames_tx), .kind = STATS_COUNTER, .json_key = "frames_tx",
		.name = "pktgend_tx_packets_total", .scale = 1,
		.help = "Frames sent: those that the device completed."},
	{PORT(bytes_tx), .kind = STATS_COUNTER, .json_key = "bytes_tx",
		.name = "pktgend_tx_bytes_total", .scale = 1,
		.help = "L2 bytes of frames sent, without preamble, FCS and gap."},
	{PORT(frames_rx), .kind = STATS_COUNTER, .json_key = "frames_rx",
		.name = "pktgend_rx_packets_total", .scale = 1,
		.help = "Frames received, without the port's own."},
	{PORT(bytes_rx), .kind = STATS_COUNTER, .json_key = "bytes_rx",
		.name = "pktgend_rx_bytes_total", .scale = 1,
		.help = "L2 bytes of frames received, without preamble, FCS and gap."},
	{PORT(frames_tx_rate), .kind = STATS_GAUGE_RATE, .json_key = "frames_tx_rate",
		.name = "pktgend_tx_pps", .scale = 1,
		.help = "Frames sent per second, over the last full second."},
	{PORT(frames_rx_rate), .kind = STATS_GAUGE_RATE, .json_key = "frames_rx_rate",
		.name = "pktgend_rx_pps", .scale = 1,
		.help = "Frames received per second, over the last full second."},
	{PORT(tx_l1_rate_bps), .kind = STATS_GAUGE_RATE, .json_key = "tx_l1_rate_bps",
		.name = "pktgend_tx_mbit_per_second", .scale = 1e-6,
		.help = "L1 (wire) Mbit/s sent, over the last full second: 24 bytes more a frame "
			"for preamble, FCS and gap."},
	{PORT(rx_l1_rate_bps), .kind = STATS_GAUGE_RATE, .json_key = "rx_l1_rate_bps",
		.name = "pktgend_rx_mbit_per_second", .scale = 1e-6,
		.help = "L1 (wire) Mbit/s received, over the last full second: 24 bytes more a "
			"frame for preamble, FCS and gap."},
	{PORT(tx_l2_rate_bps), .kind = STATS_GAUGE_RATE, .json_key = "tx_l2_rate_bps",
		.help = "L2 bit/s sent: bits of frames, without preamble, FCS and gap."},
	{PORT(rx_l2_rate_bps), .kind = STATS_GAUGE_RATE, .json_key = "rx_l2_rate_bps",
		.help = "L2 bit/s received: bits of frames, without preamble, FCS and gap."},
	{PORT(drops), .kind = STATS_COUNTER_DROPS, .json_key = "drops",
		.name = "pktgend_drops_total", .scale = 1,
		.help = "Frames tried and not sent (tx-), or arrived and not taken (rx-), by "
			"reason."},
	{PORT(backpressure), .kind = STATS_COUNTER, .json_key = "backpressure",
		.name = "pktgend_tx_backpressure_total", .scale = 1,
		.help = "Bursts of which the device took less than was offered."},
	{PORT(pool_objects), .kind = STATS_GAUGE, .json_group = "pool", .json_key = "objects",
		.name = "pktgend_pool_objects", .scale = 1,
		.help = "Frame buffers in the memory pool of the port."},
	{PORT(pool_free), .kind = STATS_GAUGE, .json_group = "pool", .json_key = "free",
		.name = "pktgend_pool_objects_free", .scale = 1,
		.help = "Frame buffers in the memory pool of the port that nobody holds."},
	{PORT(pool_exhausted), .kind = STATS_COUNTER, .json_group = "pool", .json_key = "exhausted",
		.name = "pktgend_pool_exhausted_total", .scale = 1,
		.help = "Bursts that got fewer buffers from the memory pool than they wanted."},
	{PORT(capture_frames), .kind = STATS_COUNTER, .json_group = "capture", .json_key = "frames",
		.name = "pktgend_capture_packets_total", .scale = 1,
		.help = "Frames that the last capture of the port has written to its file."},
	{PORT(capture_dropped), .kind = STATS_COUNTER, .json_group = "capture",
		.json_key = "dropped", .name = "pktgend_capture_dropped_packets_total", .scale = 1,
		.help = "Frames received that the last capture of the port wanted and could not "
			"write."},
	{PORT(seconds), .kind = STATS_GAUGE_SECONDS, .json_key = "seconds",
		.name = "pktgend_run_seconds", .scale = 1,
		.help = "Seconds for which the port has run since the last start."},
	{PORT(state), .kind = STATS_GAUGE_UP, .name = "pktgend_port_up", .scale = 1,
		.help = "1 when the port can carry traffic: configured, running or paused, and its "
			"link is not down."},
	{PORT(state), .kind = STATS_GAUGE_STATE, .name = "pktgend_port_state", .scale = 1,
		.help = "1 at the state that the port is in, 0 at the others."},

	{FLOW(frames_tx), .kind = STATS_COUNTER, .json_key = "frames_tx",
		.name = "pktgend_flow_tx_packets_total", .scale = 1,
		.help = "Frames of the flow sent: those that the device completed."},
	{FLOW(bytes_tx), .kind = STATS_COUNTER, .json_key = "bytes_tx",
		.name = "pktgend_flow_tx_bytes_total", .scale = 1,
		.help = "L2 bytes of the flow's frames sent, without preamble, FCS and gap."},
	{FLOW(frames_attempted), .kind = STATS_COUNTER, .json_key = "frames_attempted",
		.name = "pktgend_flow_tx_attempted_packets_total", .scale = 1,
		.help = "Frame numbers of the flow used: sent, dropped and in flight."},
	{FLOW(slipped_ns), .kind = STATS_COUNTER, .json_key = "slipped_ns",
		.name = "pktgend_flow_slipped_seconds_total", .scale = 1e-9,
		.help = "Seconds by which the flow's schedule was moved after standstills."},
	{MEASURED(frames_rx), .kind = STATS_COUNTER, .json_key = "frames_rx",
		.name = "pktgend_flow_rx_packets_total", .scale = 1,
		.help = "Frames received with the flow's signature."},
	{MEASURED(bytes_rx), .kind = STATS_COUNTER, .json_key = "bytes_rx",
		.name = "pktgend_flow_rx_bytes_total", .scale = 1,
		.help = "L2 bytes of frames received with the flow's signature, without preamble, "
			"FCS and gap."},
	{MEASURED(loss), .kind = STATS_GAUGE, .json_key = "loss",
		.name = "pktgend_flow_lost_packets", .scale = 1,
		.help = "Frames of the flow missing at the receiver; falls when a late one comes."},
	{MEASURED(duplicates), .kind = STATS_COUNTER, .json_key = "duplicates",
		.name = "pktgend_flow_duplicate_packets_total", .scale = 1,
		.help = "Frames of the flow received more than once."},
	{MEASURED(out_of_order), .kind = STATS_COUNTER, .json_key = "out_of_order",
		.name = "pktgend_flow_out_of_order_packets_total", .scale = 1,
		.help = "Frames of the flow received after one with a higher sequence number."},
};
const size_t stats_metric_count = sizeof(stats_metrics) / sizeof(stats_metrics[0]);
