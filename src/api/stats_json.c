/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks the table of stats/snapshot.h; no figure is known by name here. Only what is no figure
 * (name, location, state, link) is spelled out. Pure functions.
 */
#include "api/stats_json.h"

#include "json/json.h"
#include "util/text.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define KEY_SIZE 64

typedef void add_fn(cJSON *to, const struct stats_metric *metric, const void *subject);

static void add_u64(cJSON *to, const struct stats_metric *metric, const void *subject)
{
	json_add_u64(to, metric->json_key, stats_metric_u64(metric, subject));
}

static void add_rate(cJSON *to, const struct stats_metric *metric, const void *subject)
{
	const struct stats_rate *rate = stats_metric_rate(metric, subject);
	char key[KEY_SIZE];

	cJSON_AddNumberToObject(to, metric->json_key, rate->last);
	snprintf(key, sizeof(key), "%s_mean", metric->json_key);
	cJSON_AddNumberToObject(to, key, rate->mean);
}

static void add_seconds(cJSON *to, const struct stats_metric *metric, const void *subject)
{
	cJSON_AddNumberToObject(to, metric->json_key,
		*(const double *)(const void *)((const char *)subject + metric->offset));
}

/* Every reason, zeros as well: a reader needs no list of its own. */
static void add_drops(cJSON *to, const struct stats_metric *metric, const void *subject)
{
	const uint64_t *drops = (const void *)((const char *)subject + metric->offset);
	cJSON *object = cJSON_AddObjectToObject(to, metric->json_key);

	for (size_t i = 0; i < DROP_REASON_COUNT; i++)
		json_add_u64(object, drop_reason_names[i], drops[i]);
}

/* Kinds that never have a JSON key are not here. */
static add_fn *const add_kind[] = {
	[STATS_COUNTER] = add_u64,
	[STATS_GAUGE] = add_u64,
	[STATS_GAUGE_RATE] = add_rate,
	[STATS_GAUGE_SECONDS] = add_seconds,
	[STATS_COUNTER_DROPS] = add_drops,
};

static cJSON *get_group(cJSON *object, const char *group)
{
	cJSON *found;

	if (!group)
		return object;
	found = cJSON_GetObjectItemCaseSensitive(object, group);
	return found ? found : cJSON_AddObjectToObject(object, group);
}

static void add_metrics(
	cJSON *object, enum stats_scope scope, bool has_signature, const void *subject)
{
	for (size_t i = 0; i < stats_metric_count; i++) {
		const struct stats_metric *metric = &stats_metrics[i];

		if (metric->scope != scope || !metric->json_key)
			continue;
		if (metric->needs_signature && !has_signature)
			continue;
		assert(metric->kind < sizeof(add_kind) / sizeof(add_kind[0]));
		add_kind[metric->kind](get_group(object, metric->json_group), metric, subject);
	}
}

static cJSON *port_to_json(const struct stats_port *port)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", port->name);
	cJSON_AddStringToObject(object, "location", port->location);
	cJSON_AddStringToObject(object, "state", port_state_names[port->state]);
	cJSON_AddStringToObject(object, "link", port_link_names[port->link]);
	add_metrics(object, STATS_PORT, false, port);
	return object;
}

static cJSON *flow_to_json(const struct stats_flow *flow)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", flow->name);
	cJSON_AddStringToObject(object, "port", flow->port);
	cJSON_AddBoolToObject(object, "running", flow->running);
	add_metrics(object, STATS_FLOW, flow->metrics, flow);
	return object;
}

static bool is_wanted(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return n == 0;
}

/* Whether each of names is among the n subjects, whose names stand at their beginning. */
static int check_names(const char *const *names, size_t name_count, const void *subjects,
	size_t size, size_t n, const char *noun, struct error *err)
{
	for (size_t i = 0; i < name_count; i++) {
		char param[8];
		size_t j = 0;

		while (j < n && strcmp((const char *)subjects + j * size, names[i]))
			j++;
		if (j < n)
			continue;
		snprintf(param, sizeof(param), "%ss", noun);
		return error_set(err, ENOENT, ERROR_NOT_FOUND, param, "no %s is called \"%s\"",
			noun, names[i]);
	}
	return 0;
}
static_assert(offsetof(struct stats_port, name) == 0, "check_names() reads it there");
static_assert(offsetof(struct stats_flow, name) == 0, "check_names() reads it there");

int stats_json_new(const struct stats_snapshot *snapshot, const struct stats_json_filter *filter,
	cJSON **document, struct error *err)
{
	cJSON *ports, *flows;
	int rc;

	rc = check_names(filter->ports, filter->port_count, snapshot->ports,
		sizeof(*snapshot->ports), snapshot->port_count, "port", err);
	if (!rc)
		rc = check_names(filter->flows, filter->flow_count, snapshot->flows,
			sizeof(*snapshot->flows), snapshot->flow_count, "flow", err);
	if (rc)
		return rc;

	*document = cJSON_CreateObject();
	json_add_u64(*document, "time_ns", snapshot->time_ns);
	ports = cJSON_AddArrayToObject(*document, "ports");
	for (size_t i = 0; i < snapshot->port_count; i++)
		if (is_wanted(snapshot->ports[i].name, filter->ports, filter->port_count))
			cJSON_AddItemToArray(ports, port_to_json(&snapshot->ports[i]));
	flows = cJSON_AddArrayToObject(*document, "flows");
	for (size_t i = 0; i < snapshot->flow_count; i++) {
		const struct stats_flow *flow = &snapshot->flows[i];

		if (is_wanted(flow->port, filter->ports, filter->port_count) &&
			is_wanted(flow->name, filter->flows, filter->flow_count))
			cJSON_AddItemToArray(flows, flow_to_json(flow));
	}
	return 0;
}
