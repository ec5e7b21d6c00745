/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A real engine in a real event loop, on null: ports; and a device in the place of null:'s that
 * does as it is told and hands what one port sends to the port that receives.
 *
 * Tests here look into the engine (engine/internal.h) where an outsider could not see a fault.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "engine/internal.h"
#include "netns.h"
#include "wait.h"

#include <event2/event.h>
#include <stdatomic.h>

extern struct event_base *base;
extern struct engine *engine;
extern struct error err; /* of the last call that failed */

/* An engine with n ports p0 … on null:, one queue each. */
void fixture_new(unsigned n);
/* One made from that configuration, which is freed. 0 or what engine_new() said. */
int fixture_load(struct config *config);
/* engine_free(), with whatever runs still running. */
void fixture_free(void);

/* Adds a port or a flow to a configuration. Flows: key, value, …, NULL. */
struct config_port *config_add_port(struct config *config, const char *name, const char *location);
struct config_flow *config_add_flow(struct config *config, const char *name, ...)
	__attribute__((sentinel));

/* A flow of its own: key, value, …, NULL. */
struct config_flow flow_of(const char *name, ...) __attribute__((sentinel));
/* Adds one to the engine. */
void flow_new(const char *name, ...) __attribute__((sentinel));

/* traffic.start of one port (NULL: all), with options as JSON text or NULL. Fills err. */
int start(const char *port, enum policy_mode mode, const char *options);
#define started(...) ck_assert_msg(start(__VA_ARGS__) == 0, "%s", err.message)

/* Stops or pauses these ports and waits for the callback. */
void stop_and_wait(const char *port);
void pause_and_wait(const char *port);

void count_call(void *arg); /* an engine_done_fn: ++*(int *)arg */

struct port *port_of(const char *name);
struct flow *flow_named(const char *name);
#define state_of(name) port_state(port_of(name))

/* A port's and a flow's figures now. */
struct stats_port stats_of(const char *port);
struct stats_flow flow_stats_of(const char *flow);

/* Lets the loop run until condition holds; it is looked at every millisecond. */
#define LOOP_UNTIL(condition) \
	do { \
		const uint64_t loop_end_ns = clock_now_ns() + WAIT_MAX_NS; \
\
		while (!(condition)) { \
			ck_assert_msg(clock_now_ns() < loop_end_ns, "never came: %s", #condition); \
			event_base_loop(base, EVLOOP_ONCE); \
		} \
	} while (0)

/* ---- the device ---- */

/* What it is told, and by whom it is asked. Atomic where workers look. */
struct told {
	atomic_int fault;    /* refuse every frame with it */
	atomic_uint room;    /* frames to take from now on; UINT_MAX: all */
	atomic_bool deliver; /* hand frames to who receives; else they vanish */
	int open_rc, configure_rc, start_rc, link;
	uint32_t frame_max;
	unsigned configured, stopped, opened, closed, served;
	int service_fd;     /* an eventfd, or -1: a device that has nothing to say by itself */
	const char *reason; /* what link() leaves in the device, or NULL */
};
extern struct told told;

/* Makes it the device of a port that is at rest. */
void take_over(const char *port);
/* One that calls when told_call() says so. */
void take_over_alive(const char *port);
void told_call(void);

#endif
