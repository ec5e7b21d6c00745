/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Departures on an absolute schedule: frame i is due at start + i × num/den ns, exactly.
 *
 * The fraction is carried along, so the mean rate has no error of its own, and a late departure
 * does not move the ones behind it. After a standstill longer than PACER_CATCH_UP_NS (link down,
 * machine stopped) the schedule moves instead of sending hours of frames in one go; by how much is
 * counted. One worker; no system calls.
 */
#ifndef DATAPLANE_PACER_H
#define DATAPLANE_PACER_H

#include <stdint.h>

#define PACER_CATCH_UP_NS UINT64_C(100000000)

struct pacer {
	uint64_t next_ns;             /* when the next frame is due */
	uint64_t part;                /* and this many den-ths of a ns later */
	uint64_t whole_ns, rest, den; /* the gap: whole_ns + rest/den */
};

/* gap_num 0: every frame is due at once. */
static inline void pacer_init(
	struct pacer *pacer, uint64_t gap_num, uint64_t gap_den, uint64_t now_ns)
{
	*pacer = (struct pacer){.next_ns = now_ns,
		.whole_ns = gap_num / gap_den,
		.rest = gap_num % gap_den,
		.den = gap_num ? gap_den : 0};
}

static inline void pacer_step(struct pacer *pacer)
{
	pacer->next_ns += pacer->whole_ns;
	pacer->part += pacer->rest;
	if (pacer->part >= pacer->den) {
		pacer->part -= pacer->den;
		pacer->next_ns++;
	}
}

/* How many frames, at most max, are due at now_ns. */
static inline unsigned pacer_due(const struct pacer *pacer, uint64_t now_ns, unsigned max)
{
	struct pacer ahead;
	unsigned n = 0;

	if (pacer->den == 0)
		return max;
	ahead = *pacer;
	for (; n < max && ahead.next_ns <= now_ns; n++)
		pacer_step(&ahead);
	return n;
}

/* Takes n frames off the schedule. */
static inline void pacer_advance(struct pacer *pacer, unsigned n)
{
	if (pacer->den == 0)
		return;
	while (n--)
		pacer_step(pacer);
}

/* Puts n frames back on the schedule: pacer_advance() undone. */
static inline void pacer_retreat(struct pacer *pacer, unsigned n)
{
	if (pacer->den == 0)
		return;
	for (; n > 0; n--) {
		pacer->next_ns -= pacer->whole_ns;
		if (pacer->part < pacer->rest) {
			pacer->part += pacer->den;
			pacer->next_ns--;
		}
		pacer->part -= pacer->rest;
	}
}

/* Moves the schedule when it lies too far back; returns by how many ns. */
static inline uint64_t pacer_slip(struct pacer *pacer, uint64_t now_ns)
{
	uint64_t late_ns;

	if (pacer->den == 0 || pacer->next_ns + PACER_CATCH_UP_NS >= now_ns)
		return 0;
	late_ns = now_ns - pacer->next_ns;
	pacer->next_ns = now_ns;
	return late_ns;
}

#endif
