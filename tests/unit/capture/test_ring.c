/* SPDX-License-Identifier: BSD-2-Clause */
/* capture/ring: order, wrapping, fullness, and two threads at work. */
#include "capture/ring.h"
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#define SIZE 4096

static struct capture_ring *ring;

static void ring_begin(size_t size)
{
	ck_assert_int_eq(capture_ring_new(size, &ring), 0);
}

/* Offers a frame of len bytes that all are value. */
static bool offer(uint32_t len, uint8_t value)
{
	uint8_t bytes[SIZE];
	struct capture_record record = {.time_ns = value, .len = len + 1, .caplen = len};

	memset(bytes, value, sizeof(bytes));
	return capture_ring_offer(ring, &record, bytes);
}

static void take(uint32_t len, uint8_t value)
{
	const struct capture_record *record = capture_ring_peek(ring);
	uint8_t expected[SIZE];

	memset(expected, value, sizeof(expected));
	ck_assert_ptr_nonnull(record);
	ck_assert_ptr_eq(capture_ring_peek(ring), record); /* looking changes nothing */
	ck_assert_uint_eq(record->time_ns, value);
	ck_assert_uint_eq(record->len, len + 1);
	ck_assert_uint_eq(record->caplen, len);
	ck_assert_mem_eq(record + 1, expected, len);
	capture_ring_drop(ring);
}

START_TEST(what_goes_in_comes_out_in_order)
{
	ring_begin(SIZE);
	ck_assert_ptr_null(capture_ring_peek(ring));
	ck_assert(offer(60, 1));
	ck_assert(offer(0, 2));
	ck_assert(offer(1, 3));
	take(60, 1);
	take(0, 2);
	take(1, 3);
	ck_assert_ptr_null(capture_ring_peek(ring));
	capture_ring_free(ring);
}
END_TEST

/* A record of n bytes takes 16 + n, rounded up to 16. */
START_TEST(it_is_full_to_the_last_byte)
{
	ring_begin(SIZE);
	for (unsigned i = 0; i < SIZE / 32; i++)
		ck_assert(offer(16, (uint8_t)i));
	ck_assert(!offer(0, 0));
	take(16, 0);
	ck_assert(!offer(17, 0));
	ck_assert(offer(16, 200));
	ck_assert(!offer(0, 0));
	for (unsigned i = 1; i < SIZE / 32; i++)
		take(16, (uint8_t)i);
	take(16, 200);
	ck_assert_ptr_null(capture_ring_peek(ring));
	capture_ring_free(ring);
}
END_TEST

/* Half of the ring fits into an empty one wherever it begins. */
START_TEST(the_largest_record_fits_at_every_place)
{
	for (unsigned place = 0; place < SIZE / 16; place++) {
		ring_begin(SIZE);
		for (unsigned i = 0; i < place; i++) {
			ck_assert(offer(0, 1));
			take(0, 1);
		}
		ck_assert(offer(SIZE / 2 - 16, 7));
		ck_assert(!offer(SIZE / 2, 8));
		take(SIZE / 2 - 16, 7);
		ck_assert_ptr_null(capture_ring_peek(ring));
		capture_ring_free(ring);
	}
}
END_TEST

START_TEST(sizes_of_all_kinds_wrap)
{
	uint32_t in = 0, out = 0;

	ring_begin(SIZE);
	while (out < 20000) {
		while (offer(in * 7 % 1500, (uint8_t)in))
			in++;
		for (uint32_t n = 1 + out % 3; n > 0 && out < in; n--, out++)
			take(out * 7 % 1500, (uint8_t)out);
	}
	capture_ring_free(ring);
}
END_TEST

#define FRAMES 200000

static void *offer_all(void *arg)
{
	uint64_t *refused = arg;
	uint8_t bytes[256];

	for (uint32_t i = 0; i < FRAMES;) {
		struct capture_record record = {
			.time_ns = i, .len = i, .caplen = i % sizeof(bytes)};

		memset(bytes, (int)i, sizeof(bytes));
		if (capture_ring_offer(ring, &record, bytes)) {
			i++;
		} else {
			++*refused;
			sched_yield();
		}
	}
	return NULL;
}

START_TEST(one_offers_while_the_other_takes)
{
	uint64_t refused = 0;
	pthread_t writer;

	ring_begin(SIZE);
	ck_assert_int_eq(pthread_create(&writer, NULL, offer_all, &refused), 0);
	for (uint32_t i = 0; i < FRAMES;) {
		const struct capture_record *record = capture_ring_peek(ring);
		const uint8_t *bytes = (const uint8_t *)(record + 1);

		if (!record) {
			sched_yield();
			continue;
		}
		if (record->time_ns != i || record->caplen != i % 256)
			ck_abort_msg("frame %u is another one", i);
		for (uint32_t b = 0; b < record->caplen; b++)
			if (bytes[b] != (uint8_t)i)
				ck_abort_msg("frame %u is torn", i);
		capture_ring_drop(ring);
		i++;
	}
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
	ck_assert_ptr_null(capture_ring_peek(ring));
	capture_ring_free(ring);
}
END_TEST

UNIT_SUITE("capture/ring", what_goes_in_comes_out_in_order, it_is_full_to_the_last_byte,
	the_largest_record_fits_at_every_place, sizes_of_all_kinds_wrap,
	one_offers_while_the_other_takes)
