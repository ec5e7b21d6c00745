/* SPDX-License-Identifier: BSD-2-Clause */
/* Filter, cut, offer. The worker's thread. */
#include "capture/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int capture_source_new(const struct capture_source_conf *conf, struct capture_source **source)
{
	struct capture_source *new = aligned_alloc(CPU_CACHELINE, CPU_CACHELINE);
	int rc;

	_Static_assert(sizeof(*new) <= CPU_CACHELINE, "a line of its own");
	if (!new)
		return -ENOMEM;
	memset(new, 0, sizeof(*new));
	new->filter = conf->filter;
	new->snaplen = conf->snaplen;
	new->left = conf->count;
	rc = capture_ring_new(conf->ring_size, &new->ring);
	if (rc) {
		free(new);
		return rc;
	}
	*source = new;
	return 0;
}

void capture_source_free(struct capture_source *source)
{
	if (!source)
		return;
	capture_ring_free(source->ring);
	free(source);
}

void capture_source_offer(
	struct capture_source *source, uint64_t time_ns, const uint8_t *frame, uint32_t len)
{
	struct capture_record record = {.time_ns = time_ns,
		.len = len,
		.caplen = len < source->snaplen ? len : source->snaplen};

	if (source->left == 0)
		return;
	if (source->filter && !capture_filter_accepts(source->filter, frame, len))
		counter_add(&source->filtered, 1);
	else if (capture_ring_offer(source->ring, &record, frame))
		source->left--;
	else
		counter_add(&source->dropped, 1);
}
