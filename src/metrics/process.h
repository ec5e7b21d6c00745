/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon itself uses: the process_* figures that every Prometheus exporter has. */
#ifndef METRICS_PROCESS_H
#define METRICS_PROCESS_H

struct process_usage {
	double cpu_seconds; /* user and system, all threads */
	double resident_memory_bytes, virtual_memory_bytes;
	double open_fds, max_fds;  /* max_fds may be infinite */
	double start_time_seconds; /* since 1970 */
	double threads;
};

/* Reads /proc/self. Returns 0 or -errno. */
int process_usage_read(struct process_usage *usage);

#endif
