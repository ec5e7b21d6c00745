/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring whose other party is the fuzzer: the input is what it writes into the shared memory, step
 * by step, while our end, driver or device, split or packed, goes on working.
 *
 * The first byte says which end and which features. Then each step is one byte of what our end does
 * and three of what is written before: where (2 bytes) and what (1). Beyond what the sanitizers
 * see: no buffer is lost or comes twice, no length is more than was offered, and a ring that broke
 * gives nothing more. Runs with libFuzzer's main().
 */
#include "netdev/virtio/ring.h"

#include <stdlib.h>
#include <string.h>

#define SIZE  16
#define BASE  0x10000
#define DATA  1024 /* behind the areas */
#define ROOM  64
#define BURST 8

struct side {
	uint8_t *memory;
	size_t bytes;
	struct guest guest;
	struct ring_driver driver;
	struct ring_device device;
	struct ring_slot slots[SIZE];
	struct pktbuf bufs[SIZE];
	struct pktbuf *homes[SIZE];
	struct pktbuf_stack pool;
	bool device_writes;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void set_up(struct side *side, uint8_t how)
{
	const struct ring_shape shape = {.size = SIZE,
		.packed = how & 1,
		.event_idx = how & 2,
		.in_order = how & 4,
		.mergeable = how & 8,
		.header_len = how & 8 ? 12 : 10};
	struct ring_areas areas;

	memset(side, 0, sizeof(*side));
	side->bytes = DATA + SIZE * (CPU_CACHELINE + ROOM);
	side->memory = aligned_alloc(CPU_CACHELINE, side->bytes);
	memset(side->memory, 0, side->bytes);
	side->guest.count = 1;
	side->guest.regions[0] = (struct guest_region){
		.guest_addr = BASE, .size = side->bytes, .base = side->memory};
	side->pool = (struct pktbuf_stack){.slots = side->homes, .capacity = SIZE};
	side->device_writes = how & 16;
	for (unsigned i = 0; i < SIZE; i++) {
		size_t at = DATA + i * (CPU_CACHELINE + ROOM) + CPU_CACHELINE;

		side->bufs[i] = (struct pktbuf){.data = malloc(ROOM),
			.room = ROOM,
			.len = ROOM,
			.dma = BASE + at,
			.home = &side->pool};
		pktbuf_free(&side->bufs[i]);
	}
	ring_layout(&shape, 64, side->memory, &areas);
	ring_driver_init(&side->driver, &shape, &areas, side->slots);
	ring_device_init(&side->device, &shape, &areas, &side->guest, how & 1 ? 0x8000 : 0);
	side->device.count_only = how & 64;
}

static void step_driver(struct side *side, uint8_t n)
{
	struct pktbuf *bufs[BURST];
	uint32_t lens[BURST];
	unsigned got = pktbuf_stack_pop(&side->pool, bufs, n % BURST), added, i;

	added = ring_driver_add(&side->driver, bufs, got, side->device_writes);
	for (i = added; i < got; i++)
		pktbuf_free(bufs[i]);
	ring_driver_must_kick(&side->driver);
	got = ring_driver_take(&side->driver, bufs, side->device_writes ? lens : NULL, BURST);
	for (i = 0; i < got; i++) {
		if (side->device_writes && lens[i] > side->driver.shape.header_len + ROOM)
			abort();
		pktbuf_free(bufs[i]);
	}
	if (side->pool.count + ring_driver_in_flight(&side->driver) != SIZE)
		abort();
}

static void step_device(struct side *side, uint8_t n)
{
	struct ring_device_drops drops = {0, 0};
	const char *before = side->device.error;
	struct pktbuf *bufs[BURST];
	unsigned got, done;

	if (side->device_writes) {
		got = pktbuf_stack_pop(&side->pool, bufs, n % BURST);
		done = ring_device_send(&side->device, bufs, got);
	} else {
		got = done =
			ring_device_receive(&side->device, &side->pool, bufs, n % BURST, &drops);
	}
	if (before && done)
		abort();
	for (unsigned i = 0; i < got; i++) {
		if (bufs[i]->len > ROOM)
			abort();
		bufs[i]->len = ROOM;
		pktbuf_free(bufs[i]);
	}
	ring_device_must_call(&side->device);
	if (side->pool.count != SIZE)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pktbuf *bufs[SIZE];
	struct side side;
	unsigned left;

	if (size < 1)
		return 0;
	set_up(&side, data[0]);
	for (size_t i = 1; i + 4 <= size; i += 4) {
		side.memory[(data[i] | data[i + 1] << 8) % DATA] = data[i + 2];
		if (data[i + 3] & 0x80)
			continue; /* more is written first */
		if (data[0] & 32)
			step_device(&side, data[i + 3]);
		else
			step_driver(&side, data[i + 3]);
	}
	left = ring_driver_in_flight(&side.driver);
	if (ring_driver_drain(&side.driver, bufs, SIZE) != left)
		abort();
	for (unsigned i = 0; i < SIZE; i++)
		free(side.bufs[i].data);
	free(side.memory);
	return 0;
}
