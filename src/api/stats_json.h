/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot as the document that stats.get, and the ends of stop and pause, answer with. */
#ifndef API_STATS_JSON_H
#define API_STATS_JSON_H

#include "stats/snapshot.h"
#include "util/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

/* Names of ports and flows; none of a kind: all of them. */
struct stats_json_filter {
	const char *const *ports;
	size_t port_count;
	const char *const *flows;
	size_t flow_count;
};

/*
 * The ports that filter names, and of the flows that it names those that such a port sends. 0 with
 * a new *document, or -ENOENT when the snapshot lacks a name.
 */
int stats_json_new(const struct stats_snapshot *snapshot, const struct stats_json_filter *filter,
	cJSON **document, struct error *err);

#endif
