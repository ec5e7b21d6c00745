/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan/rate: the exact gap of every kind of rate, how many frames fit into a time, and who gets how
 * much under a ceiling.
 */
#include "plan/rate.h"
#include "unit.h"
#include "util/clock.h"

#include <errno.h>

/* The rates that people write, as units.h reads them. */
static struct rate rate_of(const char *text)
{
	struct rate rate;

	ck_assert_int_eq(units_parse_rate(text, &rate), 0);
	return rate;
}

static struct plan_gap gap_of(const char *text, enum config_rate_layer layer, uint32_t size)
{
	struct rate rate = rate_of(text);
	struct plan_gap gap = {77, 77};

	ck_assert_int_eq(plan_rate_gap(&rate, layer, size, 10000, &gap), 0);
	return gap;
}

/* num/den == ns_num/ns_den, exactly. */
#define ck_gap_eq(gap, ns_num, ns_den) \
	ck_assert((unsigned __int128)(gap).num *(ns_den) == (unsigned __int128)(gap).den * (ns_num))

START_TEST(max_has_no_gap)
{
	ck_assert_uint_eq(gap_of("max", CONFIG_RATE_L1, 60).num, 0);
	ck_assert_uint_ne(gap_of("max", CONFIG_RATE_L1, 60).den, 0);
}
END_TEST

START_TEST(frames_per_second_are_exact)
{
	ck_gap_eq(gap_of("1pps", CONFIG_RATE_L1, 60), NS_PER_S, 1);
	ck_gap_eq(gap_of("0.001pps", CONFIG_RATE_L1, 60), NS_PER_S * 1000, 1);
	ck_gap_eq(gap_of("3pps", CONFIG_RATE_L1, 60), NS_PER_S, 3);
	ck_gap_eq(gap_of("1.5Mpps", CONFIG_RATE_L1, 60), 2000, 3);
	ck_gap_eq(gap_of("14880952pps", CONFIG_RATE_L1, 60), NS_PER_S, 14880952);
	/* the frame's size does not matter */
	ck_gap_eq(gap_of("3pps", CONFIG_RATE_L2, 1514), NS_PER_S, 3);
}
END_TEST

START_TEST(bits_count_the_wire_or_the_frame)
{
	/* (60 + 24) × 8 = 672 bits on the wire: 10GbE carries 14 880 952.38 of them */
	ck_gap_eq(gap_of("10Gbit", CONFIG_RATE_L1, 60), 672, 10);
	ck_gap_eq(gap_of("10Gbit", CONFIG_RATE_L2, 60), 480, 10);
	ck_gap_eq(gap_of("1bit", CONFIG_RATE_L1, 1514), UINT64_C(1538) * 8 * NS_PER_S, 1);
	/* the longest gap there is: sixteen years */
	ck_gap_eq(gap_of("0.001bit", CONFIG_RATE_L1, FRAME_SIZE_MAX),
		UINT64_C(65573) * 8 * NS_PER_S * 1000, 1);
}
END_TEST

START_TEST(percent_is_of_the_wire_whatever_the_layer)
{
	ck_gap_eq(gap_of("100%", CONFIG_RATE_L1, 60), 672, 10);
	ck_gap_eq(gap_of("100%", CONFIG_RATE_L2, 60), 672, 10);
	ck_gap_eq(gap_of("50%", CONFIG_RATE_L1, 60), 672, 5);
	ck_gap_eq(gap_of("0.001%", CONFIG_RATE_L1, 60), 6720000, 1);
}
END_TEST

START_TEST(percent_of_an_unknown_speed_is_refused)
{
	struct rate rate = rate_of("50%");
	struct plan_gap gap = {7, 9};

	ck_assert_int_eq(plan_rate_gap(&rate, CONFIG_RATE_L1, 60, 0, &gap), -ENODATA);
	ck_assert_uint_eq(gap.num, 7);
	ck_assert_uint_eq(gap.den, 9);
}
END_TEST

START_TEST(absurd_rates_neither_overflow_nor_divide_by_zero)
{
	struct rate rate = {RATE_PPS, UINT64_MAX};
	struct plan_gap gap = {7, 9};

	/* what does not fit is halved on both sides: right to more than ten digits */
	ck_assert_int_eq(plan_rate_gap(&rate, CONFIG_RATE_L1, 60, 0, &gap), 0);
	ck_assert_double_eq_tol((double)gap.den / (double)gap.num, (double)UINT64_MAX / 1e12, 1e-3);
	ck_assert_uint_le(gap.den, UINT64_MAX / 2);
	ck_assert_uint_le(gap.num, UINT64_MAX / 2);
	rate = (struct rate){RATE_PERCENT, 100000};
	ck_assert_int_eq(plan_rate_gap(&rate, CONFIG_RATE_L1, 60, UINT32_MAX, &gap), 0);
	ck_assert_double_eq_tol((double)gap.num / (double)gap.den, 672e3 / UINT32_MAX, 1e-9);
	rate = (struct rate){RATE_PPS, 0};
	gap = (struct plan_gap){7, 9};
	ck_assert_int_eq(plan_rate_gap(&rate, CONFIG_RATE_L1, 60, 0, &gap), -ERANGE);
	ck_assert_uint_eq(gap.num, 7);
	rate.unit = (enum rate_unit)99;
	ck_assert_int_eq(plan_rate_gap(&rate, CONFIG_RATE_L1, 60, 0, &gap), -EINVAL);
}
END_TEST

START_TEST(a_duration_holds_the_departures_before_its_end)
{
	struct plan_gap third = {NS_PER_S, 3}, ns = {1, 1}, slow = {NS_PER_S * 1000, 1};
	struct plan_gap none = {0, 1};

	ck_assert_uint_eq(plan_rate_frames(&third, NS_PER_S), 3);
	ck_assert_uint_eq(plan_rate_frames(&third, NS_PER_S + 1), 4); /* the next is due at 1 s */
	ck_assert_uint_eq(plan_rate_frames(&third, NS_PER_S - 1), 3);
	ck_assert_uint_eq(plan_rate_frames(&third, 1), 1); /* the first leaves at 0 */
	ck_assert_uint_eq(plan_rate_frames(&third, 333333333), 1);
	ck_assert_uint_eq(plan_rate_frames(&third, 333333334), 2);
	ck_assert_uint_eq(plan_rate_frames(&slow, NS_PER_S), 1);
	ck_assert_uint_eq(plan_rate_frames(&ns, 10), 10);
	ck_assert_uint_eq(plan_rate_frames(&ns, UINT64_MAX), UINT64_MAX);
	ck_assert_uint_eq(plan_rate_frames(&none, 10), UINT64_MAX);
	ns = (struct plan_gap){1, UINT64_MAX / 2};
	ck_assert_uint_eq(plan_rate_frames(&ns, UINT64_MAX), UINT64_MAX); /* cut, not wrapped */
}
END_TEST

/* ---- the ceiling ---- */

static double pps_of(const struct plan_gap *gap)
{
	return 1e9 * (double)gap->den / (double)gap->num;
}

START_TEST(a_ceiling_above_the_flows_changes_nothing)
{
	struct plan_gap gaps[] = {{NS_PER_S, 100}, {NS_PER_S, 200}};
	const uint32_t sizes[] = {60, 60};
	struct rate limit = rate_of("300pps"), max = rate_of("max");

	ck_assert_int_eq(plan_rate_limit(&limit, 0, sizes, gaps, 2), 0);
	ck_gap_eq(gaps[0], NS_PER_S, 100);
	ck_gap_eq(gaps[1], NS_PER_S, 200);
	gaps[0].num = 0;
	ck_assert_int_eq(plan_rate_limit(&max, 0, sizes, gaps, 2), 0);
	ck_assert_uint_eq(gaps[0].num, 0);
	ck_assert_int_eq(plan_rate_limit(&limit, 0, NULL, NULL, 0), 0);
}
END_TEST

START_TEST(greedy_flows_share_equally)
{
	struct plan_gap gaps[] = {{0, 1}, {0, 1}, {NS_PER_S, 1000000}};
	const uint32_t sizes[] = {60, 1514, 60};
	struct rate limit = rate_of("3000pps");

	ck_assert_int_eq(plan_rate_limit(&limit, 0, sizes, gaps, 3), 0);
	for (int i = 0; i < 3; i++)
		ck_gap_eq(gaps[i], NS_PER_S, 1000);
}
END_TEST

START_TEST(modest_flows_get_what_they_ask)
{
	/* 1000 for five: 10, 150 and 200 are below their share of what is left, 320 each for two */
	struct plan_gap gaps[] = {
		{0, 1}, {NS_PER_S, 10}, {NS_PER_S, 150}, {NS_PER_S, 200}, {NS_PER_S, 100000}};
	const uint32_t sizes[] = {60, 60, 60, 60, 60};
	struct rate limit = rate_of("1000pps");

	ck_assert_int_eq(plan_rate_limit(&limit, 0, sizes, gaps, 5), 0);
	ck_gap_eq(gaps[0], NS_PER_S, 320);
	ck_gap_eq(gaps[1], NS_PER_S, 10);
	ck_gap_eq(gaps[2], NS_PER_S, 150);
	ck_gap_eq(gaps[3], NS_PER_S, 200);
	ck_gap_eq(gaps[4], NS_PER_S, 320);
}
END_TEST

START_TEST(bits_are_shared_as_bits_of_the_wire)
{
	struct plan_gap gaps[] = {{0, 1}, {0, 1}};
	const uint32_t sizes[] = {60, 1514};
	struct rate limit = rate_of("1Gbit");

	ck_assert_int_eq(plan_rate_limit(&limit, 0, sizes, gaps, 2), 0);
	ck_assert_double_eq_tol(pps_of(&gaps[0]), 500e6 / 672, 0.01);
	ck_assert_double_eq_tol(pps_of(&gaps[1]), 500e6 / (1538 * 8), 0.01);
	/* never above the ceiling */
	ck_assert(pps_of(&gaps[0]) * 672 + pps_of(&gaps[1]) * 1538 * 8 <= 1e9);
}
END_TEST

START_TEST(a_ceiling_in_percent_needs_the_speed)
{
	struct plan_gap gaps[] = {{0, 1}};
	const uint32_t sizes[] = {60};
	struct rate limit = rate_of("10%");

	ck_assert_int_eq(plan_rate_limit(&limit, 0, sizes, gaps, 1), -ENODATA);
	ck_assert_uint_eq(gaps[0].num, 0);
	ck_assert_int_eq(plan_rate_limit(&limit, 1000, sizes, gaps, 1), 0);
	ck_assert_double_eq_tol(pps_of(&gaps[0]), 100e6 / 672, 0.01);
}
END_TEST

START_TEST(a_tiny_ceiling_still_lets_frames_through)
{
	struct plan_gap gaps[WIRE_FLOWS_MAX + 1];
	uint32_t sizes[WIRE_FLOWS_MAX + 1];
	struct rate limit = rate_of("0.001pps");

	for (int i = 0; i <= WIRE_FLOWS_MAX; i++) {
		gaps[i] = (struct plan_gap){0, 1};
		sizes[i] = 60;
	}
	ck_assert_int_eq(plan_rate_limit(&limit, 0, sizes, gaps, WIRE_FLOWS_MAX + 1), -EINVAL);
	ck_assert_int_eq(plan_rate_limit(&limit, 0, sizes, gaps, WIRE_FLOWS_MAX), 0);
	for (int i = 0; i < WIRE_FLOWS_MAX; i++)
		ck_gap_eq(gaps[i], NS_PER_S * 1000, 1);
}
END_TEST

UNIT_SUITE("plan/rate", max_has_no_gap, frames_per_second_are_exact,
	bits_count_the_wire_or_the_frame, percent_is_of_the_wire_whatever_the_layer,
	percent_of_an_unknown_speed_is_refused, absurd_rates_neither_overflow_nor_divide_by_zero,
	a_duration_holds_the_departures_before_its_end, a_ceiling_above_the_flows_changes_nothing,
	greedy_flows_share_equally, modest_flows_get_what_they_ask,
	bits_are_shared_as_bits_of_the_wire, a_ceiling_in_percent_needs_the_speed,
	a_tiny_ceiling_still_lets_frames_through)
