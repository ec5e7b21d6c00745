/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot: every figure that people can ask for, as plain numbers at one instant, and the one
 * table that gives each its JSON key, Prometheus name and help.
 *
 * engine fills a snapshot from the counters; api and metrics walk the table and know no figure by
 * name. A new figure is a member here and a row in the table, and appears in both. Control thread
 * only.
 */
#ifndef STATS_SNAPSHOT_H
#define STATS_SNAPSHOT_H

#include "stats/counter.h"
#include "util/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum port_state {
	PORT_UNPROBED,     /* the device has not been looked at, or is not there yet */
	PORT_UNCONFIGURED, /* open, its queues not set up */
	PORT_CONFIGURED,   /* ready, no traffic */
	PORT_RUNNING,
	PORT_PAUSED,
	PORT_LINK_DOWN, /* should run, but the link is down */
	PORT_STALLED,   /* should run, but the device takes nothing, or the worker does not move */
	PORT_DEVICE_LOST, /* the device went away; looked for until it is back */
	PORT_STATE_COUNT
};
extern const char *const port_state_names[PORT_STATE_COUNT];

enum port_link { PORT_LINK_UNKNOWN, PORT_LINK_IS_UP, PORT_LINK_IS_DOWN, PORT_LINK_COUNT };
extern const char *const port_link_names[PORT_LINK_COUNT]; /* "unknown", "up", "down" */

/* Rates of one kind over two windows: the last full second, and since the start. */
struct stats_rate {
	double last, mean;
};

struct stats_port {
	char name[TEXT_NAME_SIZE];
	const char *backend;  /* "packet" */
	const char *location; /* "packet:eth1" */
	enum port_state state;
	enum port_link link;
	uint64_t frames_tx, bytes_tx, frames_rx, bytes_rx;
	uint64_t drops[DROP_REASON_COUNT];
	uint64_t backpressure;
	uint64_t pool_objects, pool_free, pool_exhausted;
	uint64_t capture_frames, capture_dropped;         /* of the last capture */
	struct stats_rate frames_tx_rate, frames_rx_rate; /* frames per second */
	struct stats_rate tx_l1_rate_bps, rx_l1_rate_bps; /* bits per second on the wire */
	struct stats_rate tx_l2_rate_bps, rx_l2_rate_bps; /* bits of frames per second */
	double seconds;                                   /* of running since the start */
};

struct stats_flow {
	char name[TEXT_NAME_SIZE];
	char port[TEXT_NAME_SIZE];
	bool metrics; /* carries the signature: else the members from frames_rx on mean nothing */
	bool running; /* being sent now */
	uint64_t frames_tx, bytes_tx, frames_attempted, slipped_ns;
	uint64_t frames_rx, bytes_rx, loss, duplicates, out_of_order;
};

struct stats_snapshot {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	size_t port_count, flow_count;
	struct stats_port *ports;
	struct stats_flow *flows;
};

enum stats_scope { STATS_PORT, STATS_FLOW };
enum stats_kind {
	STATS_COUNTER,       /* uint64_t, only grows until the next start */
	STATS_GAUGE,         /* uint64_t */
	STATS_GAUGE_RATE,    /* struct stats_rate: "key" and "key_mean" in JSON, last in /metrics */
	STATS_GAUGE_SECONDS, /* double */
	STATS_COUNTER_DROPS, /* uint64_t[DROP_REASON_COUNT], an object or the label "reason" */
	/* Made from a whole struct stats_port; their rows have no JSON key. */
	STATS_GAUGE_UP,    /* 0 or 1: stats_port_is_up() */
	STATS_GAUGE_STATE, /* a 0 or 1 for each state, with the label "state" */
};

/* One figure. */
struct stats_metric {
	enum stats_scope scope;
	enum stats_kind kind;
	bool needs_signature;   /* flows: shown only where stats_flow.metrics */
	size_t offset;          /* in struct stats_port or struct stats_flow */
	const char *json_group; /* nested object ("pool"), or NULL */
	const char *json_key;   /* NULL: not in JSON */
	const char *name;       /* Prometheus, with _total for counters; NULL: not in /metrics */
	double scale;           /* value × scale in /metrics; 1 where it stays itself */
	const char *help;       /* names the layer and the unit */
};

/* Whether the port can carry traffic: configured, running or paused, and the link not down. */
bool stats_port_is_up(const struct stats_port *port);

/* The table, in the order in which figures are shown. */
extern const struct stats_metric stats_metrics[];
extern const size_t stats_metric_count;

/* Reads a figure of kind STATS_COUNTER or STATS_GAUGE from a struct stats_port or stats_flow. */
static inline uint64_t stats_metric_u64(const struct stats_metric *metric, const void *subject)
{
	return *(const uint64_t *)((const char *)subject + metric->offset);
}

static inline const struct stats_rate *stats_metric_rate(
	const struct stats_metric *metric, const void *subject)
{
	return (const struct stats_rate *)((const char *)subject + metric->offset);
}

#endif
