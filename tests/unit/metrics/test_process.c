/* SPDX-License-Identifier: BSD-2-Clause */
/* The process's own figures against what the process knows of itself. */
#include "metrics/process.h"
#include "unit.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024.0 * 1024)

static struct process_usage read_usage(void)
{
	struct process_usage usage;

	ck_assert_int_eq(process_usage_read(&usage), 0);
	return usage;
}

START_TEST(counts_descriptors)
{
	struct process_usage before = read_usage(), after;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	after = read_usage();
	ck_assert_double_eq(after.open_fds, before.open_fds + 2);
	close(fds[0]);
	close(fds[1]);
	after = read_usage();
	ck_assert_double_eq(after.open_fds, before.open_fds);
}
END_TEST

START_TEST(knows_the_limit_of_descriptors)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 200;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_double_eq(read_usage().max_fds, 200);
}
END_TEST

START_TEST(sees_memory_grow)
{
	const size_t size = 64 << 20;
	struct process_usage before = read_usage(), after;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	memset(memory, 1, size);
	after = read_usage();
	ck_assert_double_ge(after.virtual_memory_bytes - before.virtual_memory_bytes, 60 * MIB);
	ck_assert_double_ge(after.resident_memory_bytes - before.resident_memory_bytes, 60 * MIB);
	ck_assert_double_le(after.resident_memory_bytes - before.resident_memory_bytes, 80 * MIB);
	munmap(memory, size);
}
END_TEST

START_TEST(sees_cpu_time)
{
	struct process_usage before = read_usage();
	clock_t start = clock();

	while (clock() - start < CLOCKS_PER_SEC / 5)
		;
	ck_assert_double_ge(read_usage().cpu_seconds - before.cpu_seconds, 0.15);
}
END_TEST

static void *wait_for_end(void *pipe_end)
{
	char byte;

	return read(*(int *)pipe_end, &byte, 1) < 0 ? pipe_end : NULL;
}

START_TEST(counts_threads)
{
	struct process_usage before = read_usage();
	pthread_t thread;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_end, &fds[0]), 0);
	ck_assert_double_eq(read_usage().threads, before.threads + 1);
	close(fds[1]);
	pthread_join(thread, NULL);
	close(fds[0]);
}
END_TEST

/* Every test runs in a process of its own, made a moment ago. */
START_TEST(start_time_is_just_now_and_stays)
{
	double start = read_usage().start_time_seconds;

	ck_assert_double_le(start, (double)time(NULL) + 1);
	ck_assert_double_ge(start, (double)time(NULL) - UNIT_TIMEOUT_S);
	for (int i = 0; i < 100; i++)
		ck_assert_double_eq(read_usage().start_time_seconds, start);
}
END_TEST

START_TEST(a_name_with_brackets_does_not_confuse)
{
	ck_assert_int_eq(prctl(PR_SET_NAME, ") R 1 (x"), 0);
	ck_assert_double_ge(read_usage().threads, 1);
	ck_assert_double_le(read_usage().threads, 8);
}
END_TEST

UNIT_SUITE("metrics/process", counts_descriptors, knows_the_limit_of_descriptors, sees_memory_grow,
	sees_cpu_time, counts_threads, start_time_is_just_now_and_stays,
	a_name_with_brackets_does_not_confuse)
