/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From rates to gaps. A gap is a fraction of nanoseconds, so that the i-th departure is exact
 * for every rate that can be written. Pure functions.
 */
#ifndef PLAN_RATE_H
#define PLAN_RATE_H

#include "config/config.h"
#include "config/wire.h"
#include "util/units.h"

#include <stdint.h>

/* A gap of num/den ns; num 0: none, as fast as it goes. */
struct plan_gap {
	uint64_t num, den;
};

/*
 * The gap between frames of size bytes at a rate. speed_mbps is needed for a percentage: 0 gives
 * -ENODATA. -ERANGE when the rate is beyond what can be counted.
 */
int plan_rate_gap(const struct rate *rate, enum config_rate_layer layer, uint32_t size_bytes,
	uint32_t speed_mbps, struct plan_gap *gap);

/* Frames whose departure lies within duration_ns: the first leaves at 0. UINT64_MAX without a gap.
 */
uint64_t plan_rate_frames(const struct plan_gap *gap, uint64_t duration_ns);

/*
 * Holds n flows under one ceiling, fairly: a flow that asks for less than an equal share gets what
 * it asks, the others share what is left equally (max-min fairness). sizes are of their frames; the
 * ceiling in bits is of L1. Changes the gaps that are too short. Errors as plan_rate_gap().
 */
int plan_rate_limit(const struct rate *limit, uint32_t speed_mbps, const uint32_t *sizes,
	struct plan_gap *gaps, unsigned n);

#endif
