/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An engine without devices: it records what the API asks for, and a test decides when a stop ends.
 *
 * Linked before libpktgend.a, it takes the place of the real one.
 */
#ifndef FAKE_ENGINE_H
#define FAKE_ENGINE_H

#include "config/wire.h"
#include "engine/engine.h"

#define FAKE_WAITERS_MAX 512

struct engine {
	struct config_port ports[WIRE_PORTS_MAX];
	size_t port_count;
	struct config_flow flows[WIRE_FLOWS_MAX];
	size_t flow_count;
	bool running;
	bool ends_at_once; /* stop and pause call back before they return */

	struct {
		engine_done_fn *done;
		void *arg;
	} waiters[FAKE_WAITERS_MAX];
	size_t waiter_count;

	unsigned starts, ends, resumes, cancels, snapshots, adds, sets;
	unsigned captures;
	enum engine_capture_state capture_state; /* of every port */
	char start[512]; /* the last start: "ports=p0 flows= mode=auto force=0 options={…}" */
	const char
		*fails; /* the message of the error that every change ends with; NULL: it works */
};

/* Ports p0, p1, … at null:, each with a flow f0, f1, … */
void fake_engine_init(struct engine *engine, size_t ports);

/* All stops and pauses that were asked for are complete. */
void fake_engine_complete(struct engine *engine);

#endif
