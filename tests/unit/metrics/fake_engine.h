/* SPDX-License-Identifier: BSD-2-Clause */
/* An engine with fixed figures, for tests of what is made of them. */
#ifndef FAKE_ENGINE_H
#define FAKE_ENGINE_H

#include "engine/engine.h"

struct engine {
	const struct stats_snapshot *snapshot; /* NULL: no memory */
	bool ready;
	const char *reason; /* of every port that engine_port_describe() is asked for */
};

/* Two ports and two flows, of which one measures; figures up to 2^64-1. */
extern const struct stats_snapshot fake_snapshot;
extern const struct stats_snapshot fake_empty_snapshot;

#endif
