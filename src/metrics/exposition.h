/* SPDX-License-Identifier: BSD-2-Clause */
/* The text that a scrape of /metrics gets, in either format. Pure functions. */
#ifndef METRICS_EXPOSITION_H
#define METRICS_EXPOSITION_H

#include "metrics/accept.h"
#include "metrics/process.h"
#include "stats/snapshot.h"

#include <stddef.h>

/*
 * Writes a snapshot, the process's own figures (NULL: left out) and the version. A family without
 * samples is left out. Returns the text, which the caller frees, and its length; NULL: no memory.
 */
char *exposition_write(enum exposition_format format, const struct stats_snapshot *snapshot,
	const struct process_usage *process, size_t *len);

#endif
