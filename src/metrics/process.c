/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process's own figures from /proc/self (proc(5)). Reads a few hundred bytes a scrape and keeps
 * nothing but the time of the start. Control thread.
 */
#include "metrics/process.h"

#include "util/clock.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* From /proc/self/stat; times are in clock ticks. */
struct stat_figures {
	unsigned long user_ticks, system_ticks, virtual_bytes;
	unsigned long long start_ticks; /* since boot */
	long threads, resident_pages;
};

static int read_stat(struct stat_figures *stat)
{
	char line[1024];
	const char *after_name;
	FILE *file = fopen("/proc/self/stat", "re");
	size_t len;

	if (!file)
		return -errno;
	len = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[len] = '\0';
	/* The second field is the program's name in brackets and may hold anything. */
	after_name = strrchr(line, ')');
	if (!after_name ||
		sscanf(after_name + 1,
			" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu"
			" %*d %*d %*d %*d %ld %*d %llu %lu %ld",
			&stat->user_ticks, &stat->system_ticks, &stat->threads, &stat->start_ticks,
			&stat->virtual_bytes, &stat->resident_pages) != 6)
		return -EPROTO;
	return 0;
}

/* Returns how many, or -errno. */
static int count_open_fds(void)
{
	const struct dirent *entry;
	int count = 0;
	DIR *dir = opendir("/proc/self/fd");

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			count++;
	closedir(dir);
	return count - 1; /* without the one that lists them */
}

static double read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / (double)NS_PER_S;
}

/* Worked out once: people alert on a change, and two clocks never give the same difference twice.
 */
static double start_time(const struct stat_figures *stat, double ticks)
{
	static double start_seconds;

	if (start_seconds == 0)
		start_seconds = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME) +
				(double)stat->start_ticks / ticks;
	return start_seconds;
}

int process_usage_read(struct process_usage *usage)
{
	const double ticks = (double)sysconf(_SC_CLK_TCK);
	struct stat_figures stat;
	struct rlimit fds;
	int open_fds, err = read_stat(&stat);

	if (err)
		return err;
	open_fds = count_open_fds();
	if (open_fds < 0)
		return open_fds;
	if (getrlimit(RLIMIT_NOFILE, &fds))
		return -errno;
	*usage = (struct process_usage){
		.cpu_seconds = (double)(stat.user_ticks + stat.system_ticks) / ticks,
		.resident_memory_bytes = (double)stat.resident_pages * (double)getpagesize(),
		.virtual_memory_bytes = (double)stat.virtual_bytes,
		.open_fds = open_fds,
		.max_fds = fds.rlim_cur == RLIM_INFINITY ? INFINITY : (double)fds.rlim_cur,
		.start_time_seconds = start_time(&stat, ticks),
		.threads = (double)stat.threads,
	};
	return 0;
}
