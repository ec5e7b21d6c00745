/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two ends of a ring in one process: memory that both see, at an address that differs on the
 * device's side, with the ring's areas and packet buffers in it.
 */
#ifndef RING_FIXTURE_H
#define RING_FIXTURE_H

#include "netdev/virtio/ring.h"

#include <check.h>

/* ck_assert() notes in a file that it was passed, which is too slow for every frame. */
#define MUST(condition) \
	do { \
		if (!(condition)) \
			ck_abort_msg("%s", #condition); \
	} while (0)

#define FIXTURE_BASE 0x7000000000 /* where the device finds the memory */
#define FIXTURE_ROOM 512

struct ring_fixture {
	struct ring_shape shape;
	struct ring_areas areas;
	uint8_t *memory;
	size_t data; /* where the buffers begin in it */
	struct guest guest;
	struct ring_slot *slots;
	struct ring_driver driver;
	struct ring_device device;
	/* The driver's buffers, in the shared memory. */
	struct pktbuf *bufs;
	unsigned buf_count;
	/* The device's own. */
	struct pktbuf_stack pool;
	struct pktbuf *own;
};

void ring_fixture_open(struct ring_fixture *fixture, const struct ring_shape *shape);
void ring_fixture_close(struct ring_fixture *fixture);

/* Fills a frame with what follows from its number and length; and whether it still is that. */
void ring_fixture_write(uint8_t *data, uint32_t len, uint32_t number);
int ring_fixture_is(const uint8_t *data, uint32_t len, uint32_t number);
/* A length for a frame, 1 to max. */
uint32_t ring_fixture_len(uint32_t number, uint32_t max);

/* "packed, event_idx, size 8" for messages; a buffer of its own. */
const char *ring_fixture_name(const struct ring_shape *shape);

/* Calls test() with each combination of features and sizes. */
void ring_fixture_each(void (*test)(const struct ring_shape *shape));

/* A split descriptor, available entry, or packed entry as a hostile driver writes them. */
void ring_fixture_desc(struct ring_fixture *fixture, uint16_t index, uint64_t addr, uint32_t len,
	uint16_t flags, uint16_t next);
void ring_fixture_avail(struct ring_fixture *fixture, uint16_t place, uint16_t head);
void ring_fixture_entry(struct ring_fixture *fixture, uint16_t index, uint64_t addr, uint32_t len,
	uint16_t flags, uint16_t id);

#endif
