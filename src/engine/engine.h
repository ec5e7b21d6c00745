/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine: sole owner of ports, flows, plans and workers; the only module that starts, stops or
 * frees them.
 *
 * Everything here runs on the control thread, inside its libevent loop, and never blocks: what
 * takes time (stopping waits for the last completions and for frames on their way in) ends in a
 * callback. Names come in as text, results go out as copies; no pointer into the engine outlives
 * the call. Functions that return int give 0 or -errno with *err set.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "config/config.h"
#include "stats/snapshot.h"
#include "util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct engine;

enum engine_capture_state {
	ENGINE_CAPTURE_NONE, /* the port never was captured */
	ENGINE_CAPTURE_RUNNING,
	ENGINE_CAPTURE_CLOSING, /* has ended; what is left is being written */
	ENGINE_CAPTURE_ENDED,
	ENGINE_CAPTURE_FAILED, /* the file could not be written to its end, but is whole */
	ENGINE_CAPTURE_STATE_COUNT
};
extern const char *const engine_capture_state_names[ENGINE_CAPTURE_STATE_COUNT];

/* The capture of a port that runs, or the last one. */
struct engine_capture_info {
	enum engine_capture_state state;
	char file[1024];
	char reason[160];  /* why it ended; "" while it has not */
	uint64_t frames;   /* in the file */
	uint64_t size;     /* of the file, in bytes */
	uint64_t filtered; /* frames that the filter did not want */
	uint64_t dropped;  /* frames that it wanted, received, and not in the file */
	uint64_t missed;   /* frames that the device could not give us; also in the port's drops */
};

/* What is known of a port's device, for people. */
struct engine_port_info {
	struct config_port config;
	enum port_state state;
	enum port_link link;
	char reason[160]; /* why the state is what it is; "" when there is nothing to say */
	bool has_device;  /* the members below are known */
	char driver[32];
	uint8_t mac[6];
	uint32_t mtu, frame_max, speed_mbps; /* speed 0: unknown */
	uint32_t queues_max, align, headroom;
	char features[256]; /* what the backend uses here, and why ("tx: sendmmsg, qdisc bypass; …")
			     */
	int cpus[CONFIG_QUEUES_MAX]; /* of its workers */
	struct engine_capture_info capture;
};

/* What a location can do: lines for people, and whether a port could be made there. */
struct engine_probe {
	bool usable;
	char text[2048]; /* "what: finding" lines, newline-separated */
};

struct engine_start {
	const char *const *ports; /* NULL or empty: every port */
	size_t port_count;
	const char *const *flows; /* NULL or empty: every flow of those ports */
	size_t flow_count;
	enum policy_mode mode;
	bool force; /* send on the interface of the default route all the same */
	const cJSON
		*options; /* flat flow settings that override the flows' own for this run, or
			   * that define the flow "default" on a port that has none; may be NULL */
};

/* Called once, on the control thread, when a stop or pause is complete and the counters are final.
 */
typedef void engine_done_fn(void *arg);

/*
 * Makes the engine and opens the ports of the configuration. A port whose device cannot be opened
 * is kept (state unprobed) and opened when its interface appears; that is no failure.
 */
int engine_new(struct event_base *base, const struct config *config, struct engine **engine,
	struct error *err);

/* Stops the workers, waits for them (bounded), closes the ports. */
void engine_free(struct engine *engine);

/* Starts the flows that say autostart. Errors are logged. */
void engine_autostart(struct engine *engine);

size_t engine_port_count(const struct engine *engine);
int engine_port_describe(
	struct engine *engine, const char *name, struct engine_port_info *info, struct error *err);
/* The name of port index (0 …), valid until ports change. NULL beyond the last. */
const char *engine_port_name(const struct engine *engine, size_t index);
int engine_port_add(struct engine *engine, const struct config_port *port, struct error *err);
int engine_port_remove(struct engine *engine, const char *name, struct error *err);
/* Names of the backends of this build, in the order of preference. */
size_t engine_backends(const char *const **names);
int engine_probe(const char *location, struct engine_probe *probe, struct error *err);

size_t engine_flow_count(const struct engine *engine);
/* Flow index (0 …), valid until flows change. NULL beyond the last. */
const struct config_flow *engine_flow(const struct engine *engine, size_t index);
/* Replaces all flows. Refused while one of them is being sent. */
int engine_flow_set(
	struct engine *engine, const struct config_flow *flows, size_t n, struct error *err);
int engine_flow_append(
	struct engine *engine, const struct config_flow *flows, size_t n, struct error *err);
int engine_flow_remove(struct engine *engine, const char *name, struct error *err);
/* Frame n of a flow, as it would be sent (the signature's time is 0). The caller frees *bytes. */
int engine_frame(struct engine *engine, const char *flow, uint64_t n, uint8_t **bytes, size_t *len,
	struct error *err);

/* Clears the counters of the ports it starts, then starts them. All or nothing. */
int engine_traffic_start(
	struct engine *engine, const struct engine_start *start, struct error *err);

/*
 * Stops ports (n 0: all). done is called when all is silent, every completion is in, and frames
 * that were already on their way have been received. Stopping what does not run is
 * ERROR_NOT_RUNNING, done is then not called; n 0 with nothing running is the same error. done may
 * be called before this returns.
 */
int engine_traffic_stop(struct engine *engine, const char *const *ports, size_t n,
	engine_done_fn *done, void *arg, struct error *err);

/* As stop, but resume goes on at the next frame number, with counters and schedule kept. */
int engine_traffic_pause(struct engine *engine, const char *const *ports, size_t n,
	engine_done_fn *done, void *arg, struct error *err);
int engine_traffic_resume(
	struct engine *engine, const char *const *ports, size_t n, struct error *err);

struct engine_capture {
	const char *port;
	const char *file;   /* ".pcap": pcap; else pcapng; what is there is overwritten */
	const char *filter; /* pcap-filter(7); NULL: all frames */
	uint64_t snaplen;   /* bytes of each frame to keep; 0: all */
	uint64_t count;     /* frames after which it ends; 0: none */
};

/*
 * Captures what a port receives. A port at rest is started to receive, until the capture ends; a
 * run that ends ends its capture. done is called when every frame that arrives is captured.
 */
int engine_capture_start(struct engine *engine, const struct engine_capture *capture,
	engine_done_fn *done, void *arg, struct error *err);

/* done is called when the file is closed, and what ran for the capture only has stopped. */
int engine_capture_stop(struct engine *engine, const char *port, engine_done_fn *done, void *arg,
	struct error *err);

/* The same for a capture that ends by itself. */
int engine_capture_wait(struct engine *engine, const char *port, engine_done_fn *done, void *arg,
	struct error *err);

/* Forgets the pending callbacks that were given this arg: its owner goes away. */
void engine_done_cancel(struct engine *engine, void *arg);

/* A snapshot of everything. The caller frees it with engine_snapshot_free(). NULL: no memory. */
struct stats_snapshot *engine_snapshot(struct engine *engine);
void engine_snapshot_free(struct stats_snapshot *snapshot);

/* Whether every port of the configuration is open: what /readyz says. */
bool engine_ready(const struct engine *engine);

#endif
