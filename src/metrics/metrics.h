/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The HTTP server that Prometheus scrapes: /metrics, /, /healthz, /readyz; GET and HEAD only.
 *
 * libmicrohttpd inside the control thread's libevent loop. Bounded connections and memory; a slow
 * or half-open client hurts nobody.
 */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include "util/error.h"

struct engine;
struct event_base;
struct metrics;

/* Listens on ADDR:PORT or [ADDR]:PORT. engine must outlive it. */
int metrics_new(struct event_base *base, struct engine *engine, const char *address,
	struct metrics **metrics, struct error *err);

void metrics_free(struct metrics *metrics);

#endif
