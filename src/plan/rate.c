/* SPDX-License-Identifier: BSD-2-Clause */
/* Rates to gaps and shares of a ceiling: arithmetic alone, no state. */
#include "plan/rate.h"

#include "util/clock.h"

#include <errno.h>
#include <stdbool.h>

/* A share is kept as thousandths of a frame per second; a flow slower than that gets this much. */
#define SHARE_MIN_MILLI_PPS 1

static uint64_t frame_bits(uint32_t size_bytes, enum config_rate_layer layer)
{
	return (size_bytes + (layer == CONFIG_RATE_L1 ? L1_OVERHEAD_BYTES : 0)) * UINT64_C(8);
}

int plan_rate_gap(const struct rate *rate, enum config_rate_layer layer, uint32_t size_bytes,
	uint32_t speed_mbps, struct plan_gap *gap)
{
	uint64_t milli_per_ns_gap =
		1000 * NS_PER_S; /* 1 frame/s in thousandths: gap = this/value */
	unsigned __int128 num, den = rate->value_milli;

	switch (rate->unit) {
	case RATE_MAX:
		*gap = (struct plan_gap){0, 1};
		return 0;
	case RATE_PPS:
		num = milli_per_ns_gap;
		break;
	case RATE_BPS:
		num = (unsigned __int128)milli_per_ns_gap * frame_bits(size_bytes, layer);
		break;
	case RATE_PERCENT: /* of the wire's own bits, whatever the layer */
		if (speed_mbps == 0)
			return -ENODATA;
		num = (unsigned __int128)milli_per_ns_gap * frame_bits(size_bytes, CONFIG_RATE_L1);
		den = den * speed_mbps * 10000; /* Mbit/s × 10^6 bit/s, per hundred */
		break;
	default:
		return -EINVAL;
	}
	while (num > UINT64_MAX / 2 ||
		den > UINT64_MAX / 2) { /* beyond 2^63: halve, exact enough */
		num >>= 1;
		den >>= 1;
	}
	if (num == 0 || den == 0)
		return -ERANGE;
	*gap = (struct plan_gap){(uint64_t)num, (uint64_t)den};
	return 0;
}

uint64_t plan_rate_frames(const struct plan_gap *gap, uint64_t duration_ns)
{
	unsigned __int128 frames;

	if (gap->num == 0)
		return UINT64_MAX;
	frames = ((unsigned __int128)duration_ns * gap->den + gap->num - 1) / gap->num;
	return frames > UINT64_MAX ? UINT64_MAX : (uint64_t)frames;
}

/* What a flow asks for in the unit of the ceiling: thousandths of frames, or of L1 bits, per
 * second. */
static double share_wanted(const struct plan_gap *gap, double weight)
{
	if (gap->num == 0)
		return 1e300;
	return 1e12 * (double)gap->den / (double)gap->num * weight;
}

/* The equal share of the flows that want more than it, by filling up the modest ones first. */
static double share_fair(const double *wanted, unsigned n, double ceiling)
{
	double share = 0, left = ceiling;
	unsigned greedy = n;

	for (unsigned round = 0; round < n && greedy > 0; round++) {
		double modest_sum = 0;
		unsigned modest = 0;

		share = left / greedy;
		for (unsigned i = 0; i < n; i++) {
			if (wanted[i] <= share) {
				modest_sum += wanted[i];
				modest++;
			}
		}
		if (n - modest == greedy)
			break;
		greedy = n - modest;
		left = ceiling - modest_sum;
	}
	return share;
}

int plan_rate_limit(const struct rate *limit, uint32_t speed_mbps, const uint32_t *sizes,
	struct plan_gap *gaps, unsigned n)
{
	double wanted[WIRE_FLOWS_MAX], weight[WIRE_FLOWS_MAX], ceiling, share;

	if (limit->unit == RATE_MAX || n == 0)
		return 0;
	if (n > WIRE_FLOWS_MAX)
		return -EINVAL;
	if (limit->unit == RATE_PERCENT && speed_mbps == 0)
		return -ENODATA;
	ceiling = (double)limit->value_milli;
	if (limit->unit == RATE_PERCENT)
		ceiling *= speed_mbps * 1e4;
	for (unsigned i = 0; i < n; i++) {
		weight[i] =
			limit->unit == RATE_PPS ? 1 : (double)frame_bits(sizes[i], CONFIG_RATE_L1);
		wanted[i] = share_wanted(&gaps[i], weight[i]);
	}
	share = share_fair(wanted, n, ceiling);
	for (unsigned i = 0; i < n; i++) {
		double milli_pps = share / weight[i];

		if (wanted[i] > share)
			gaps[i] = (struct plan_gap){1000 * NS_PER_S, milli_pps < SHARE_MIN_MILLI_PPS
									     ? SHARE_MIN_MILLI_PPS
									     : (uint64_t)milli_pps};
	}
	return 0;
}
