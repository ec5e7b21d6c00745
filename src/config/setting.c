/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One row for each setting: its key, the type of its value, where it goes. Everything that reads or
 * writes settings walks these tables: the file, the JSON objects, config_*_set().
 *
 * Rows of flows and ports that are command line options as well stand in the order of wire.h.
 */
#include "config/setting.h"

#include "config/config.h"
#include "config/wire.h"
#include "util/cpu.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define ROWS(table)          (sizeof(table) / sizeof((table)[0]))
#define COUNT(id, key, p, h) +1

/* The member of the struct of a table: its place and its size. */
#define AT(section, member) \
	.offset = offsetof(struct config_##section, member), \
	.size = sizeof(((struct config_##section *)0)->member)
#define NUMBER(low, high)   .type = &value_number, .min = (low), .max = (high)
#define FIELD(kind)         .type = &value_field, .field = (kind)
#define CHOICE(array, last) .type = &value_choice, .names = (array), .max = (last)

static const char *const rate_layer_names[] = {[CONFIG_RATE_L1] = "l1", [CONFIG_RATE_L2] = "l2"};

static const struct setting daemon_rows[] = {
	{"socket", AT(daemon, socket), .type = &value_word},
	{"group", AT(daemon, group), .type = &value_word},
	{"metrics", AT(daemon, metrics), .type = &value_endpoint},
	{"status-interval", AT(daemon, status_interval_ns), .type = &value_time},
};

static const struct setting port_rows[] = {
	{"name", AT(port, name), .type = &value_name},
	{"location", AT(port, location), .type = &value_location},
	{"cpu", AT(port, cpu), NUMBER(0, CPU_MAX - 1), .word = "auto"},
	{"queues", AT(port, queues), NUMBER(1, CONFIG_QUEUES_MAX)},
	{"pool-objects", AT(port, pool_objects), NUMBER(64, 1048576)},
	{"pool-object-size", AT(port, pool_object_size), NUMBER(2048, 131072)},
	{"promiscuous", AT(port, promiscuous), .type = &value_boolean},
	{"rate-limit", AT(port, rate_limit), .type = &value_rate},
};
static_assert(ROWS(port_rows) == 2 WIRE_PORT_OPTIONS(COUNT), "name, location and the options");

static const struct setting flow_rows[] = {
	{"name", AT(flow, name), .type = &value_name},
	{"port", AT(flow, port), .type = &value_name},
	{"autostart", AT(flow, autostart), .type = &value_boolean},
	{"size", AT(flow, frame.size), NUMBER(FRAME_SIZE_MIN, FRAME_SIZE_MAX)},
	{"dst-mac", AT(flow, frame.dst_mac), FIELD(FIELD_MAC)},
	{"src-mac", AT(flow, frame.src_mac), .type = &value_source_mac, .field = FIELD_MAC},
	{"vlan", AT(flow, frame.vlan), NUMBER(1, 4094), .word = "none"},
	{"vlan-priority", AT(flow, frame.vlan_priority), NUMBER(0, 7)},
	{"src-ip", AT(flow, frame.src_ip), .type = &value_ip},
	{"dst-ip", AT(flow, frame.dst_ip), .type = &value_ip},
	{"ttl", AT(flow, frame.ttl), NUMBER(1, 255)},
	{"dscp", AT(flow, frame.dscp), NUMBER(0, 63)},
	{"src-port", AT(flow, frame.src_port), FIELD(FIELD_U16)},
	{"dst-port", AT(flow, frame.dst_port), FIELD(FIELD_U16)},
	{"metrics", AT(flow, metrics), .type = &value_boolean},
	{"rate", AT(flow, rate), .type = &value_rate},
	{"rate-layer", AT(flow, rate_layer), CHOICE(rate_layer_names, CONFIG_RATE_L2)},
	{"count", AT(flow, count), NUMBER(1, UINT64_MAX)},
	{"duration", AT(flow, duration_ns), .type = &value_time, .min = 1},
	{"burst", AT(flow, burst), NUMBER(1, CONFIG_BURST_MAX)},
	{"build", AT(flow, build), CHOICE(policy_build_names, POLICY_BUILD_COUNT - 1)},
	{"alloc", AT(flow, alloc), CHOICE(policy_alloc_names, POLICY_ALLOC_COUNT - 1)},
	{"on-full", AT(flow, on_full), CHOICE(policy_on_full_names, POLICY_ON_FULL_COUNT - 1)},
};
static_assert(ROWS(flow_rows) == 3 WIRE_FLOW_OPTIONS(COUNT), "name, port, autostart, the options");
static_assert(ROWS(flow_rows) <= SETTING_ROWS_MAX, "a bit for each row");

const struct setting_table setting_daemon_table = {"the daemon", daemon_rows, ROWS(daemon_rows)};
const struct setting_table setting_port_table = {"a port", port_rows, ROWS(port_rows)};
const struct setting_table setting_flow_table = {"a flow", flow_rows, ROWS(flow_rows)};

static bool same_key(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '_' ? '-' : *a) != (*b == '_' ? '-' : *b))
			return false;
	return *a == *b;
}

/* "did you mean", in the caller's own spelling of '-'. */
static void hint_nearest(const struct setting_table *table, const char *key, struct error *err)
{
	const char *keys[SETTING_ROWS_MAX], *nearest;
	char spelling[VALUE_TEXT_SIZE];

	for (size_t i = 0; i < table->count; i++)
		keys[i] = table->rows[i].key;
	nearest = text_nearest(key, keys, table->count);
	if (!nearest)
		return;
	text_copy(spelling, sizeof(spelling), nearest);
	for (char *at = spelling; strchr(key, '_') && *at; at++)
		*at = *at == '-' ? '_' : *at;
	error_hint(err, "did you mean \"%s\"?", spelling);
}

const struct setting *setting_find(
	const struct setting_table *table, const char *key, struct error *err)
{
	for (size_t i = 0; i < table->count; i++)
		if (same_key(table->rows[i].key, key))
			return &table->rows[i];
	error_set(err, EINVAL, ERROR_INVALID, key, "no such setting of %s", table->what);
	hint_nearest(table, key, err);
	return NULL;
}

int setting_read(const struct setting *setting, void *base, const char *key, const char *text,
	struct error *err)
{
	int rc;

	if (!*text)
		return error_set(err, EINVAL, ERROR_INVALID, key, "a value is missing");
	rc = setting->type->read(setting, base, text, err);
	if (rc)
		text_copy(err->param, sizeof(err->param), key);
	return rc;
}

static int set(const struct setting_table *table, void *base, const char *key, const char *value,
	struct error *err)
{
	const struct setting *setting = setting_find(table, key, err);

	return setting ? setting_read(setting, base, key, value, err) : -EINVAL;
}

int config_daemon_set(
	struct config_daemon *daemon, const char *key, const char *value, struct error *err)
{
	return set(&setting_daemon_table, daemon, key, value, err);
}

int config_port_set(struct config_port *port, const char *key, const char *value, struct error *err)
{
	return set(&setting_port_table, port, key, value, err);
}

int config_flow_set(struct config_flow *flow, const char *key, const char *value, struct error *err)
{
	return set(&setting_flow_table, flow, key, value, err);
}
