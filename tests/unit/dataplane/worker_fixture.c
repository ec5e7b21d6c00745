/* SPDX-License-Identifier: BSD-2-Clause */
/* The worker that tests give jobs to. */
#include "worker_fixture.h"

#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct fake_netdev fake;
struct worker *worker;
int notify_fd;

unsigned own_cpu(void)
{
	cpu_set_t cpus;
	unsigned cpu = 0;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	while (!CPU_ISSET(cpu, &cpus))
		cpu++;
	return cpu;
}

void setup(void)
{
	fake_netdev_init(&fake, 64);
	notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_ge(notify_fd, 0);
	ck_assert_int_eq(worker_new(own_cpu(), notify_fd, &worker), 0);
}

void post(struct worker_job *job)
{
	worker_post(worker, job);
	WAIT_UNTIL(worker_adopted(worker));
}

void go_to_sleep(void)
{
	static struct worker_job jobs[2];
	static unsigned last;

	last ^= 1; /* never the record that the worker has */
	jobs[last] = (struct worker_job){.sleep = true};
	post(&jobs[last]);
}

void teardown(struct run *run, struct plan *plan)
{
	go_to_sleep();
	run_free(run);
	plan_free(plan);
	worker_free(worker);
	close(notify_fd);
	fake_netdev_fini(&fake);
}

uint64_t frames(unsigned flow)
{
	return counter_read(&fake.flow_counters[flow].frames);
}

uint64_t notified(void)
{
	uint64_t count = 0;
	ssize_t got = read(notify_fd, &count, sizeof(count));

	return got == sizeof(count) ? count : 0;
}

struct worker_job tx_job(struct run *run)
{
	return (struct worker_job){.tx = true, .queue = &fake.queue, .run = run};
}
