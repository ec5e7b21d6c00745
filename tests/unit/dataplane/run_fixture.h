/* SPDX-License-Identifier: BSD-2-Clause */
/* A run on the device that does as it is told, with the clock in the test's hand. */
#ifndef RUN_FIXTURE_H
#define RUN_FIXTURE_H

#include "dataplane/run.h"
#include "fake_netdev.h"
#include "unit.h"
#include "util/clock.h"

#define START (100 * NS_PER_S)

static struct fake_netdev fake;

static inline unsigned step(struct run *run, unsigned flow, uint64_t now_ns)
{
	return run_flow_step(run, &run->flows[flow], &fake.queue, now_ns);
}

/* Until the run has finished, at one instant. */
static inline void run_out(struct run *run, uint64_t now_ns)
{
	for (int rounds = 0; !run_finished(run); rounds++) {
		ck_assert_int_lt(rounds, 100000);
		for (unsigned i = 0; i < run->flow_count; i++)
			step(run, i, now_ns);
	}
}

#define drops(reason) counter_read(&fake.counters.drops[reason])
#define all_drops()   fake_netdev_drops(&fake)

static inline void end(struct run *run, struct plan *plan)
{
	run_free(run);
	plan_free(plan);
	fake_netdev_fini(&fake);
}

#define frames_of(i)    counter_read(&fake.flow_counters[i].frames)
#define attempted_of(i) counter_read(&fake.flow_counters[i].attempted)

#endif
