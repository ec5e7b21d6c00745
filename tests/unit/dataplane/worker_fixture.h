/* SPDX-License-Identifier: BSD-2-Clause */
/* A real worker and the fake device that it drives, with a pool of 64 buffers. */
#ifndef WORKER_FIXTURE_H
#define WORKER_FIXTURE_H

#include "dataplane/worker.h"
#include "fake_netdev.h"
#include "unit.h"
#include "wait.h"

extern struct fake_netdev fake;
extern struct worker *worker;
extern int notify_fd;

unsigned own_cpu(void); /* one that this process may use */

void setup(void);
/* Puts the worker to sleep first: only then may the run be freed. */
void teardown(struct run *run, struct plan *plan);

/* These wait until the worker has adopted the job. */
void post(struct worker_job *job);
void go_to_sleep(void);

struct worker_job tx_job(struct run *run);
uint64_t frames(unsigned flow); /* completed */
uint64_t notified(void);        /* times since the last call */

#endif
