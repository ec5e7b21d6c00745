/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine's own objects. Only src/engine/ includes this.
 *
 * A run goes through phases, moved on by port_advance() whenever a worker has said something or a
 * millisecond has passed; no step waits:
 *
 *   IDLE -> RUN -> QUIETING -> SILENT -> DRAINING -> RELEASING -> IDLE, or PAUSED, or LOST
 *
 * - RUN: workers send and receive
 * - QUIETING: nothing new is sent, completions come in
 * - SILENT: waits until the other ports that were stopped with it have nothing on its way, either
 * - DRAINING: receives until nothing more comes in
 * - RELEASING: workers were told to sleep; when they have adopted that, the device is stopped
 * - PAUSED: as IDLE, but the run is kept
 * - LOST: the device went away in mid-run; the run is kept until it is back
 */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include "capture/capture.h"
#include "config/wire.h"
#include "dataplane/mempool.h"
#include "dataplane/run.h"
#include "dataplane/worker.h"
#include "engine/engine.h"
#include "netdev/netdev.h"
#include "plan/plan.h"
#include "stats/sequence.h"

#include <event2/event.h>
#include <sys/queue.h>

enum port_phase {
	PHASE_IDLE,
	PHASE_RUN,
	PHASE_QUIETING,
	PHASE_SILENT,
	PHASE_DRAINING,
	PHASE_RELEASING,
	PHASE_PAUSED,
	PHASE_LOST,
};

/* Often enough that a port which stands still is seen to within a second: the first sample may have
 * seen its last frame, and STALL_NS counts from there. */
#define PORT_SAMPLES 5

/* Totals of a port at one instant. */
struct port_totals {
	uint64_t time_ns, frames_tx, bytes_tx, frames_rx, bytes_rx;
};

/* What a worker drives, and where it counts. Lives as long as the port. */
struct port_queue {
	struct worker *worker;
	int cpu;
	struct queue_counters *counters;
	struct mempool pool; /* while the device is open */
	struct run *run;
	struct sequence *sequences;
	/* The adopted job and the next one; a third is never needed, see port_post(). */
	struct worker_job jobs[2];
	unsigned job;
};

/* The capture of a port; all zero but info when there is none. */
struct port_capture {
	struct capture *capture;
	bool own_run;                    /* the port receives for it only */
	bool ending;                     /* it shall end … */
	uint64_t ending_ns;              /* … since then */
	bool attached;                   /* the workers' newest jobs have it */
	bool detached;                   /* no job gets it any more */
	bool finished;                   /* its writer was told to finish */
	uint64_t lost_before;            /* frames that the device had lost when it began */
	struct engine_capture_info info; /* of this one, or the last one */
};

struct flow {
	struct config_flow config;
	uint16_t number; /* in the signature; never 0 */
	struct flow_tx_counters *counters;
	bool metrics; /* of the last run, which may have overridden the setting */
};

struct port {
	struct engine *engine;
	struct config_port config;
	const struct netdev_ops *ops;
	const char *address;   /* into config.location */
	struct netdev *dev;    /* NULL: not there, or not to be opened */
	uint64_t retry_ns;     /* when to look for it again, unless the kernel tells */
	struct event *service; /* of a device with a life of its own */
	struct memory memory;  /* of the packets, while the device is open */
	struct netdev_info info;
	enum port_link link;
	char reason[160];

	struct port_queue queues[CONFIG_QUEUES_MAX];
	struct port_capture capture;

	enum port_phase phase;
	bool autostart;                 /* flows wait for the device to come, to be started then */
	bool tx, rx;                    /* of the run */
	bool stop_wanted, pause_wanted; /* leave RUN, for good or to go on later */
	bool lost;                      /* leave RUN because the device is gone */
	struct plan *plan;
	struct flow **flows;           /* of the plan, same order */
	bool begun;                    /* its workers have: started_ns is from them */
	uint64_t started_ns, ended_ns; /* ended 0: still going */
	uint64_t sent_ns;              /* when the last frame of all flows was sent; 0: not yet */
	uint64_t silenced_ns;          /* when its workers were told to sleep; 0: not yet */
	uint64_t first_attempted[WIRE_FLOWS_MAX + 1]; /* per flow number, before reception began */

	struct event *sample; /* while it runs, PORT_SAMPLES times a second */
	unsigned samples;
	struct port_totals sampled; /* a second ago */
	struct port_totals before;  /* and the second before that: rates are of the time between */
	uint64_t progress_ns;       /* when the port last moved, or had no reason to */
	uint64_t heartbeat_mark, refused_mark, sent_mark; /* one sample ago */
	bool stalled;
};

/* Somebody waits for ports to be so far. */
struct pending {
	TAILQ_ENTRY(pending) entry;
	bool (*is_over)(const struct port *port);
	engine_done_fn *done;
	void *arg;
	size_t port_count;
	struct port *ports[WIRE_PORTS_MAX];
};

struct link_monitor;

struct engine {
	struct event_base *base;
	struct config_daemon daemon;
	struct port *ports[WIRE_PORTS_MAX];
	size_t port_count;
	struct flow *flows[WIRE_FLOWS_MAX];
	size_t flow_count;
	atomic_bool measuring; /* some flow is measured: receivers look for signatures */
	int notify_fd;         /* workers write here */
	struct event *notify, *tick, *status;
	struct event *look; /* for devices that rtnetlink does not tell of */
	struct link_monitor *links;
	TAILQ_HEAD(, pending) pending;
};

/* engine.c */
struct port *engine_port_find(const struct engine *engine, const char *name);
struct flow *engine_flow_find(const struct engine *engine, const char *name);
int engine_port_unknown(
	const struct engine *engine, const char *name, const char *param, struct error *err);
/* Starts the flows of a port that say autostart; with no device yet, when it has come. */
void engine_autostart_port(struct port *port);
/* Moves every port on as far as it goes, answers who waits, and comes back in a ms while needed. */
void engine_advance(struct engine *engine);
/* done(arg) is called once is_over() has held for each of n ports; engine_advance() looks. */
int engine_wait(struct engine *engine, struct port *const *ports, size_t n,
	bool (*is_over)(const struct port *port), engine_done_fn *done, void *arg,
	struct error *err);
/* Looks for devices that are not there, when their ports' time has come. */
void engine_look(struct engine *engine);
int engine_no_memory(struct error *err);

/* port.c: a port and its device */
int port_new(struct engine *engine, const struct config_port *config, struct port **port,
	struct error *err);
void port_free(struct port *port); /* in any phase */
/*
 * Opens the device when it is not open, asks it for its facts when it is. 0 or -errno with *err
 * set, and port->reason when it could not be opened.
 */
int port_open(struct port *port, struct error *err);
void port_close(struct port *port);
/* Looks at the link and whether the device is still there; opens it when it has come back. */
void port_refresh(struct port *port);
/* Lets the device do what it has to do on this thread, if anything. */
void port_serve(struct port *port);
/* Why it is not as one would wish, or "". */
const char *port_reason(const struct port *port);
void port_facts(const struct port *port, struct plan_port *facts);
enum port_state port_state(const struct port *port);

/* port_run.c: the phases */
struct port_run_request {
	bool tx, rx;
	struct flow **flows; /* in the order of configs */
	const struct config_flow *configs;
	size_t flow_count;
};
/* Everything that can fail, up to a started device. Undo with port_unprepare(). */
int port_prepare(struct port *port, const struct port_run_request *request, struct error *err);
void port_unprepare(struct port *port);
/* Clears the counters and sets the workers to work. */
void port_run(struct port *port);
/* Ports that receive go on; for them the flow of that number begins again at its first frame. */
void receivers_restart(const struct engine *engine, uint16_t number);
/* Leaves RUN, or forgets a run that is PAUSED or LOST. */
void port_stop(struct port *port);
void port_pause(struct port *port);
/* A kept run goes on: what can fail first, then the going itself. */
int port_resume_prepare(struct port *port, struct error *err);
void port_resume_undo(struct port *port);
void port_resume(struct port *port);
/* Ends whatever run there is, without workers: they are gone. */
void port_run_abandon(struct port *port);
/* One step, if its condition holds. Returns whether the port needs to be looked at again soon. */
bool port_advance(struct port *port);
/* Whether it is at rest: IDLE, PAUSED or LOST. */
bool port_rests(const struct port *port);
/* Whether every worker has adopted its newest job. */
bool port_workers_adopted(const struct port *port);
/* Gives the workers of a port in RUN their job anew, for its capture. They have adopted it. */
void port_run_repost(struct port *port);

/* capture.c */
/* What a worker that receives is to offer frames to; NULL: nothing. */
struct capture_source *port_capture_source(const struct port *port, unsigned queue);
/* Whether it is on its way to its end: a stop that ends it is over when it is closed. */
bool port_capture_ends(const struct port *port);
void port_capture_describe(const struct port *port, struct engine_capture_info *info);
/* As port_advance(). */
bool port_capture_advance(struct port *port);
/* Ends it without workers: they are gone. */
void port_capture_abandon(struct port *port);

/* snapshot.c */
void port_totals(const struct port *port, struct port_totals *totals);
void port_sample(struct port *port);

/* flow.c */
bool flow_is_on(const struct engine *engine, const struct flow *flow, const struct port *port);
/* Whether a run holds the flow: also one that is paused or waits for its device. */
bool flow_is_held(const struct engine *engine, const struct flow *flow);
/* Whether it is in a run that has not come to rest. */
bool flow_is_running(const struct engine *engine, const struct flow *flow);
int flow_unknown(
	const struct engine *engine, const char *name, const char *param, struct error *err);
int flow_add(struct engine *engine, const struct config_flow *config, struct flow **flow,
	struct error *err);
void flow_remove(struct engine *engine, struct flow *flow);
/* After a flow's settings have changed: tells the workers whether any is measured. */
void flows_note_measured(struct engine *engine);

/* link_monitor.c: calls changed(arg) after links came, went or changed */
int link_monitor_new(struct event_base *base, void (*changed)(void *arg), void *arg,
	struct link_monitor **monitor);
void link_monitor_free(struct link_monitor *monitor);

/* route.c: whether the default route goes out of this interface. -errno when it cannot be known. */
int route_is_default(const char *ifname);

#endif
