/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where workers go. What the machine offers is read first (struct cpu_machine); the choice is then
 * a pure function of it, of the wish, and of where the other workers sit. Control thread only.
 */
#define _GNU_SOURCE 1 /* CPU_ISSET, sched_getaffinity, pthread_setaffinity_np */
#include "util/cpu.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ISOLATED_PATH "/sys/devices/system/cpu/isolated"

/* A list of CPUs in a sentence; a longer one is cut. */
#define LIST_SIZE 128

/* Reads a CPU number and moves on behind it. */
static int take_cpu(const char **at, unsigned *cpu)
{
	unsigned value = 0;

	if (**at < '0' || **at > '9')
		return -EINVAL;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		value = value * 10 + (unsigned)(**at - '0');
		if (value >= CPU_MAX)
			return -EINVAL;
	}
	*cpu = value;
	return 0;
}

/* Reads "A" or "A-B" and moves on behind it. */
static int take_range(const char **at, unsigned *first, unsigned *last)
{
	if (take_cpu(at, first) < 0)
		return -EINVAL;
	*last = *first;
	if (**at == '-') {
		(*at)++;
		if (take_cpu(at, last) < 0)
			return -EINVAL;
	}
	return *last < *first ? -EINVAL : 0;
}

static bool at_end(const char *at)
{
	return *at == '\0' || *at == '\n';
}

int cpu_parse_list(const char *text, bool cpus[CPU_MAX])
{
	bool listed[CPU_MAX] = {false};
	const char *at = text;

	while (!at_end(at)) {
		unsigned first, last;

		if (at != text && *at++ != ',')
			return -EINVAL;
		if (take_range(&at, &first, &last) < 0)
			return -EINVAL;
		memset(listed + first, true, last - first + 1);
	}
	memcpy(cpus, listed, sizeof(listed));
	return 0;
}

/* "0-3,8": what cpu_parse_list() reads. */
static const char *format_list(const bool cpus[CPU_MAX], char *buffer, size_t size)
{
	size_t len = 0;

	buffer[0] = '\0';
	for (unsigned first = 0; first < CPU_MAX && len < size; first++) {
		unsigned last = first;

		if (!cpus[first])
			continue;
		while (last + 1 < CPU_MAX && cpus[last + 1])
			last++;
		len += (size_t)snprintf(buffer + len, size - len, "%s%u", len ? "," : "", first);
		if (last > first && len < size)
			len += (size_t)snprintf(buffer + len, size - len, "-%u", last);
		first = last;
	}
	return buffer;
}

/* Should the kernel not tell (more processors than CPU_SETSIZE), CPU 0 is there at least. */
static void read_usable(bool usable[CPU_MAX])
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0) {
		CPU_ZERO(&set);
		CPU_SET(0, &set);
	}
	for (unsigned cpu = 0; cpu < CPU_MAX; cpu++)
		usable[cpu] = CPU_ISSET(cpu, &set);
}

/* No such file, or one that makes no sense: nothing is isolated. */
static void read_isolated(bool isolated[CPU_MAX])
{
	FILE *file = fopen(ISOLATED_PATH, "re");
	char text[4096];

	if (!file)
		return;
	if (fgets(text, sizeof(text), file))
		cpu_parse_list(text, isolated);
	fclose(file);
}

unsigned cpu_usable_count(void)
{
	bool usable[CPU_MAX];
	unsigned count = 0;

	read_usable(usable);
	for (unsigned cpu = 0; cpu < CPU_MAX; cpu++)
		count += usable[cpu];
	return count;
}

static unsigned workers_on(const unsigned *used, unsigned n, unsigned cpu)
{
	return cpu < n ? used[cpu] : 0;
}

/* Fewest workers first, then isolated CPUs, then any but CPU 0, then the lowest number. */
static int choose_best(const struct cpu_machine *machine, const unsigned *used, unsigned n)
{
	unsigned best_cost = 0;
	int best = -EINVAL;

	for (unsigned cpu = 0; cpu < CPU_MAX; cpu++) {
		unsigned cost = workers_on(used, n, cpu) * 4 + (machine->isolated[cpu] ? 0 : 2) +
				(cpu ? 0 : 1);

		if (machine->usable[cpu] && (best < 0 || cost < best_cost)) {
			best = (int)cpu;
			best_cost = cost;
		}
	}
	return best;
}

int cpu_choose_on(const struct cpu_machine *machine, int wanted, const unsigned *used, unsigned n,
	char *why, size_t why_size)
{
	char usable[LIST_SIZE], how[LIST_SIZE + 32] = "as configured", company[64];
	int cpu = wanted;
	unsigned others;

	format_list(machine->usable, usable, sizeof(usable));
	if (wanted == CPU_AUTO) {
		cpu = choose_best(machine, used, n);
		snprintf(how, sizeof(how), "chosen from %s", usable);
	}
	if (cpu < 0 || cpu >= CPU_MAX || !machine->usable[cpu]) {
		snprintf(why, why_size, "CPU %d is not usable; usable: %s", wanted, usable);
		return -EINVAL;
	}
	others = workers_on(used, n, (unsigned)cpu);
	if (others)
		snprintf(company, sizeof(company), "shared with %u other worker%s", others,
			others == 1 ? "" : "s");
	else
		snprintf(company, sizeof(company), "no other worker on it");
	snprintf(why, why_size, "CPU %d, %s: %sisolated, %s", cpu, how,
		machine->isolated[cpu] ? "" : "not ", company);
	return cpu;
}

int cpu_choose(int wanted, const unsigned *used, unsigned n, char *why, size_t why_size)
{
	struct cpu_machine machine = {0};

	read_usable(machine.usable);
	read_isolated(machine.isolated);
	return cpu_choose_on(&machine, wanted, used, n, why, why_size);
}

int cpu_pin(pthread_t thread, unsigned cpu)
{
	cpu_set_t set;

	if (cpu >= CPU_SETSIZE)
		return -EINVAL;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return -pthread_setaffinity_np(thread, sizeof(set), &set);
}
