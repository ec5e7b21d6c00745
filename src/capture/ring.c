/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invariant: head and tail count bytes and never wrap in practice (64 bits); tail <= head <= tail +
 * size. The bytes from tail to head are the reader's, the others the writer's. Each side moves its
 * own end with a release after the last access to what it gives away, and reads the other's with an
 * acquire. Each keeps a copy of the other's end, so that the line is fetched only when that copy
 * says "full" or "empty".
 */
#include "capture/ring.h"

#include "util/cpu.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The record that says "go on at the start". */
#define CAPLEN_SKIP UINT32_MAX

struct capture_ring {
	uint8_t *bytes;
	size_t size;

	_Alignas(CPU_CACHELINE) atomic_uint_least64_t head; /* moved by the writer */
	uint64_t tail_seen;                                 /* the writer's */

	_Alignas(CPU_CACHELINE) atomic_uint_least64_t tail; /* moved by the reader */
	uint64_t head_seen;                                 /* the reader's */
};

/* With its header, and so that the next one is aligned. */
static uint64_t record_size(uint32_t caplen)
{
	const uint64_t align = sizeof(struct capture_record);

	return (align + caplen + align - 1) / align * align;
}

int capture_ring_new(size_t size, struct capture_ring **ring)
{
	struct capture_ring *new;

	assert(size >= 4 * sizeof(struct capture_record) && (size & (size - 1)) == 0);
	new = aligned_alloc(CPU_CACHELINE, sizeof(*new));
	if (!new)
		return -ENOMEM;
	memset(new, 0, sizeof(*new));
	new->size = size;
	/* Populated: the worker shall not stumble over pages that are not there yet. */
	new->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (new->bytes == MAP_FAILED) {
		free(new);
		return -ENOMEM;
	}
	*ring = new;
	return 0;
}

void capture_ring_free(struct capture_ring *ring)
{
	if (!ring)
		return;
	munmap(ring->bytes, ring->size);
	free(ring);
}

static struct capture_record *record_at(const struct capture_ring *ring, uint64_t position)
{
	return (struct capture_record *)(ring->bytes + (position & (ring->size - 1)));
}

static bool has_room(struct capture_ring *ring, uint64_t head, uint64_t bytes)
{
	if (head + bytes - ring->tail_seen <= ring->size)
		return true;
	ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
	return head + bytes - ring->tail_seen <= ring->size;
}

bool capture_ring_offer(
	struct capture_ring *ring, const struct capture_record *record, const uint8_t *bytes)
{
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint64_t need = record_size(record->caplen);
	uint64_t to_end = ring->size - (head & (ring->size - 1));
	uint64_t skipped = need > to_end ? to_end : 0;

	if (!has_room(ring, head, skipped + need))
		return false;
	if (skipped > 0)
		record_at(ring, head)->caplen = CAPLEN_SKIP;
	head += skipped;
	*record_at(ring, head) = *record;
	memcpy(record_at(ring, head) + 1, bytes, record->caplen);
	atomic_store_explicit(&ring->head, head + need, memory_order_release);
	return true;
}

static void give_back(struct capture_ring *ring, uint64_t bytes)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	atomic_store_explicit(&ring->tail, tail + bytes, memory_order_release);
}

const struct capture_record *capture_ring_peek(struct capture_ring *ring)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	const struct capture_record *record;

	if (tail == ring->head_seen)
		ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
	if (tail == ring->head_seen)
		return NULL;
	record = record_at(ring, tail);
	if (record->caplen != CAPLEN_SKIP)
		return record;
	give_back(ring, ring->size - (tail & (ring->size - 1)));
	return record_at(ring, 0); /* comes in one piece with the skip in front of it */
}

void capture_ring_drop(struct capture_ring *ring)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	give_back(ring, record_size(record_at(ring, tail)->caplen));
}
