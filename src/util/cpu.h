/* SPDX-License-Identifier: BSD-2-Clause */
/* Processors: which ones this process may use, where a worker goes, how a polling loop breathes. */
#ifndef UTIL_CPU_H
#define UTIL_CPU_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define CPU_AUTO (-1)

/* Size of the line that two processors fight over when they write to it. */
#define CPU_CACHELINE 64

/* How many CPUs this process may run on (sched_getaffinity), at least 1. */
unsigned cpu_usable_count(void);

/*
 * Chooses the CPU for a worker. wanted is a CPU number or CPU_AUTO; used[cpu] says how many workers
 * already sit on a CPU (used has n entries). CPU_AUTO takes the usable CPU with the fewest
 * workers, isolated CPUs (/sys/devices/system/cpu/isolated) first, CPU 0 last among equals.
 * Writes a sentence for the log that says what was chosen and why.
 * Returns the CPU, or -EINVAL when wanted is not usable (why then says which are).
 */
int cpu_choose(int wanted, const unsigned *used, unsigned n, char *why, size_t why_size);

/* What cpu_choose() looks at. Apart, so that a test can make up a machine. */
#define CPU_MAX 1024
struct cpu_machine {
	bool usable[CPU_MAX];
	bool isolated[CPU_MAX];
};

/* cpu_choose() on that machine. */
int cpu_choose_on(const struct cpu_machine *machine, int wanted, const unsigned *used, unsigned n,
	char *why, size_t why_size);

/* Marks the CPUs of a list as the kernel writes it ("1-3,8"), up to a newline. 0 or -EINVAL. */
int cpu_parse_list(const char *text, bool cpus[CPU_MAX]);

/* Pins a thread to one CPU. Returns 0 or -errno. */
int cpu_pin(pthread_t thread, unsigned cpu);

/* One step of a busy-wait: lets a sibling hardware thread go first. */
static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
