/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of the two exposition formats a client wants, from its Accept header. Pure functions. */
#ifndef METRICS_ACCEPT_H
#define METRICS_ACCEPT_H

enum exposition_format {
	EXPOSITION_PROMETHEUS,  /* text format 0.0.4 */
	EXPOSITION_OPENMETRICS, /* OpenMetrics 1.0.0 */
	EXPOSITION_FORMAT_COUNT
};

/* The value of Content-Type. */
extern const char *const exposition_content_types[EXPOSITION_FORMAT_COUNT];

/*
 * Chooses by the qualities of an Accept header (RFC 9110 §12.5.1), NULL when there is none.
 * OpenMetrics only for clients that ask for it; a client that accepts neither gets the Prometheus
 * format.
 */
enum exposition_format accept_choose(const char *accept);

#endif
