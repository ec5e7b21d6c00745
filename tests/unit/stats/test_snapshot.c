/* SPDX-License-Identifier: BSD-2-Clause */
/* The metric table holds together: names unique and well formed, members inside, nothing forgotten.
 */
#include "stats/snapshot.h"
#include "unit.h"

#include <string.h>

static bool has_kind_suffix(const struct stats_metric *metric)
{
	size_t len = strlen(metric->name);
	bool total = len > 6 && strcmp(metric->name + len - 6, "_total") == 0;

	return total == (metric->kind == STATS_COUNTER || metric->kind == STATS_COUNTER_DROPS);
}

static size_t size_of_kind(enum stats_kind kind)
{
	static const size_t sizes[] = {
		[STATS_COUNTER] = sizeof(uint64_t),
		[STATS_GAUGE] = sizeof(uint64_t),
		[STATS_GAUGE_RATE] = sizeof(struct stats_rate),
		[STATS_GAUGE_SECONDS] = sizeof(double),
		[STATS_COUNTER_DROPS] = sizeof(uint64_t) * DROP_REASON_COUNT,
		[STATS_GAUGE_UP] = sizeof(enum port_state),
		[STATS_GAUGE_STATE] = sizeof(enum port_state),
	};

	return sizes[kind];
}

START_TEST(prometheus_names_are_unique_and_well_formed)
{
	for (size_t i = 0; i < stats_metric_count; i++) {
		const struct stats_metric *metric = &stats_metrics[i];

		if (!metric->name)
			continue;
		ck_assert_msg(strncmp(metric->name, "pktgend_", 8) == 0, "%s", metric->name);
		ck_assert_msg(
			strspn(metric->name, "abcdefghijklmnopqrstuvwxyz_") == strlen(metric->name),
			"%s", metric->name);
		ck_assert_msg(has_kind_suffix(metric), "%s", metric->name);
		ck_assert_msg(metric->scale > 0, "%s has no scale", metric->name);
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(!stats_metrics[j].name ||
					      strcmp(stats_metrics[j].name, metric->name) != 0,
				"%s twice", metric->name);
	}
}
END_TEST

START_TEST(json_keys_are_unique_in_their_object)
{
	for (size_t i = 0; i < stats_metric_count; i++) {
		const struct stats_metric *a = &stats_metrics[i];

		ck_assert(a->json_key || a->name);
		ck_assert_msg(a->json_key || !a->json_group, "%s", a->name);
		for (size_t j = 0; a->json_key && j < i; j++) {
			const struct stats_metric *b = &stats_metrics[j];

			if (!b->json_key || a->scope != b->scope)
				continue;
			/* A group is a key of the object around it. */
			ck_assert_str_ne(a->json_key, b->json_group ? b->json_group : "");
			if (!a->json_group == !b->json_group)
				ck_assert_str_ne(a->json_key, b->json_key);
		}
	}
}
END_TEST

START_TEST(help_is_one_plain_sentence)
{
	for (size_t i = 0; i < stats_metric_count; i++) {
		const char *help = stats_metrics[i].help;

		ck_assert_ptr_nonnull(help);
		ck_assert_msg(!strpbrk(help, "\\\"\n"), "needs an escape: %s", help);
		ck_assert_msg(help[strlen(help) - 1] == '.', "no full stop: %s", help);
	}
}
END_TEST

START_TEST(bytes_and_bits_name_their_layer)
{
	for (size_t i = 0; i < stats_metric_count; i++) {
		const struct stats_metric *metric = &stats_metrics[i];
		const char *key = metric->json_key ? metric->json_key : "";

		if (strncmp(key, "bytes_", 6) == 0 || strstr(key, "_l2_"))
			ck_assert_ptr_eq(strstr(metric->help, "L2 "), metric->help);
		if (strstr(key, "_l1_"))
			ck_assert_ptr_eq(strstr(metric->help, "L1 "), metric->help);
	}
}
END_TEST

START_TEST(members_lie_inside_and_apart)
{
	for (size_t i = 0; i < stats_metric_count; i++) {
		const struct stats_metric *a = &stats_metrics[i];
		size_t size = size_of_kind(a->kind);
		size_t whole = a->scope == STATS_PORT ? sizeof(struct stats_port)
						      : sizeof(struct stats_flow);

		ck_assert_uint_le(a->offset + size, whole);
		ck_assert_uint_eq(a->offset % _Alignof(enum port_state), 0);
		for (size_t j = 0; j < i; j++) {
			const struct stats_metric *b = &stats_metrics[j];

			if (a->scope != b->scope || a->kind == STATS_GAUGE_STATE)
				continue;
			ck_assert_msg(a->offset >= b->offset + size_of_kind(b->kind) ||
					      b->offset >= a->offset + size,
				"rows %zu and %zu show the same member", j, i);
		}
	}
}
END_TEST

START_TEST(a_port_is_up_when_it_can_carry_traffic)
{
	static const bool up[PORT_STATE_COUNT] = {
		[PORT_CONFIGURED] = true, [PORT_RUNNING] = true, [PORT_PAUSED] = true};

	for (size_t i = 0; i < PORT_STATE_COUNT; i++) {
		struct stats_port port = {.state = (enum port_state)i};

		port.link = PORT_LINK_IS_UP;
		ck_assert_int_eq(stats_port_is_up(&port), up[i]);
		port.link = PORT_LINK_UNKNOWN; /* null: has no link to speak of */
		ck_assert_int_eq(stats_port_is_up(&port), up[i]);
		port.link = PORT_LINK_IS_DOWN;
		ck_assert(!stats_port_is_up(&port));
	}
}
END_TEST

START_TEST(figures_are_read_at_their_member)
{
	struct stats_port port = {.frames_tx = UINT64_MAX, .frames_tx_rate = {1.5, 2.5}};

	for (size_t i = 0; i < stats_metric_count; i++) {
		const struct stats_metric *metric = &stats_metrics[i];

		if (metric->scope != STATS_PORT || !metric->json_key)
			continue;
		if (strcmp(metric->json_key, "frames_tx") == 0)
			ck_assert_uint_eq(stats_metric_u64(metric, &port), UINT64_MAX);
		if (strcmp(metric->json_key, "frames_tx_rate") == 0)
			ck_assert(stats_metric_rate(metric, &port)->mean == 2.5);
	}
}
END_TEST

START_TEST(names_are_unique)
{
	const struct {
		const char *const *names;
		size_t n;
	} tables[] = {{drop_reason_names, DROP_REASON_COUNT}, {port_state_names, PORT_STATE_COUNT},
		{port_link_names, PORT_LINK_COUNT}};

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (size_t i = 0; i < tables[t].n; i++) {
			ck_assert_ptr_nonnull(tables[t].names[i]);
			for (size_t j = 0; j < i; j++)
				ck_assert_str_ne(tables[t].names[i], tables[t].names[j]);
		}
}
END_TEST

UNIT_SUITE("stats/snapshot", prometheus_names_are_unique_and_well_formed,
	json_keys_are_unique_in_their_object, help_is_one_plain_sentence,
	bytes_and_bits_name_their_layer, members_lie_inside_and_apart,
	a_port_is_up_when_it_can_carry_traffic, figures_are_read_at_their_member, names_are_unique)
