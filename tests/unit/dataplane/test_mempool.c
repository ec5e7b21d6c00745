/* SPDX-License-Identifier: BSD-2-Clause */
/* dataplane/mempool: the shape of the objects, and that each is handed out once. */
#include "dataplane/mempool.h"
#include "packet/frame.h"
#include "pool.h"
#include "unit.h"

#include <errno.h>

#define OBJECTS 100

/* Every object of the pool, one after the other. */
static void take_all(struct mempool *pool, struct pktbuf **bufs)
{
	ck_assert_uint_eq(pktbuf_stack_pop(&pool->free, bufs, pool->objects + 1), pool->objects);
	ck_assert_uint_eq(pool->free.count, 0);
}

static int by_address(const void *a, const void *b)
{
	const struct pktbuf *const *left = a, *const *right = b;

	return *left < *right ? -1 : *left > *right;
}

static void check_shape(uint32_t object_size, uint32_t align, uint32_t headroom)
{
	struct pktbuf *bufs[OBJECTS];
	struct unit_pool unit;
	struct mempool *pool = &unit.pool;

	ck_assert_int_eq(unit_pool_init(&unit, OBJECTS, object_size, align, headroom), 0);
	ck_assert_uint_eq(pool->objects, OBJECTS);
	ck_assert_uint_eq(pool->object_size, object_size);
	ck_assert_uint_eq(pool->room, mempool_room(object_size, align, headroom));
	ck_assert_uint_eq(pool->free.count, OBJECTS);
	ck_assert_uint_ge(pool->free.capacity, OBJECTS);
	take_all(pool, bufs);
	qsort(bufs, OBJECTS, sizeof(bufs[0]), by_address);
	for (int i = 0; i < OBJECTS; i++) {
		uint8_t *end = bufs[i]->data + bufs[i]->room;
		uint8_t *object = end - object_size;

		ck_assert_uint_eq((uintptr_t)bufs[i] % CPU_CACHELINE, 0);
		ck_assert_uint_eq((uintptr_t)bufs[i]->data % align, 0);
		ck_assert_uint_eq(bufs[i]->room, pool->room);
		ck_assert_ptr_eq(bufs[i]->home, &pool->free);
		ck_assert(bufs[i]->data >= object + headroom);
		ck_assert(object >= unit.memory.base);
		ck_assert(end <= unit.memory.base + unit.memory.size);
		/* one physical address on huge pages */
		ck_assert_uint_eq((uint64_t)(object - unit.memory.base) / MEMORY_PAGE_SIZE,
			(uint64_t)(end - 1 - unit.memory.base) / MEMORY_PAGE_SIZE);
		memset(bufs[i]->data - headroom, i, headroom + bufs[i]->room);
	}
	for (int i = 0; i < OBJECTS; i++) { /* writing to one has not touched another */
		ck_assert_uint_eq(bufs[i]->data[-(int)headroom], i);
		ck_assert_uint_eq(bufs[i]->data[bufs[i]->room - 1], i);
		pktbuf_free(bufs[i]);
	}
	ck_assert_uint_eq(pool->free.count, OBJECTS);
	unit_pool_fini(&unit);
}

START_TEST(objects_have_the_shape_that_was_asked)
{
	check_shape(2048, 1, 0);
	check_shape(2048, 64, 0);
	check_shape(2048, 64, 12);
	check_shape(2048, 256, 128);
	check_shape(8000, 4096, 100);
	check_shape(131072, 2, 1);
}
END_TEST

START_TEST(room_is_what_is_left_of_an_object)
{
	ck_assert_uint_eq(mempool_room(2048, 1, 0), 2048);
	ck_assert_uint_eq(mempool_room(2048, 1, 10), 2048 - 10);
	ck_assert_uint_eq(mempool_room(2048, 64, 1), 2048 - 64);
	ck_assert_uint_eq(mempool_room(2048, 64, 64), 2048 - 64);
	ck_assert_uint_eq(mempool_room(100, 1, 100), 0);
	ck_assert_uint_eq(mempool_room(2048, 1, 5000), 0);
	/* an ordinary frame fits into the default object */
	ck_assert_uint_ge(mempool_room(2048, 64, 128), FRAME_SIZE_DEFAULT + 4);
}
END_TEST

START_TEST(objects_without_room_for_a_frame_are_refused)
{
	struct mempool_shape none = {0, 2048, 64, 0}, small = {1, FRAME_SIZE_MIN - 1, 1, 0},
			     enough = {1, FRAME_SIZE_MIN, 1, 0};
	struct mempool pool = {.objects = 7};
	struct memory memory;

	ck_assert_int_eq(memory_map(mempool_memory_size(&enough), &memory), 0);
	ck_assert_int_eq(mempool_init(&pool, &none, memory.base), -EINVAL);
	ck_assert_int_eq(mempool_init(&pool, &small, memory.base), -EINVAL);
	ck_assert_uint_eq(pool.objects, 7); /* untouched */
	ck_assert_int_eq(mempool_init(&pool, &enough, memory.base), 0);
	ck_assert_uint_eq(pool.objects, 1);
	mempool_fini(&pool);
	ck_assert_ptr_null(pool.bufs);
	mempool_fini(&pool); /* again does no harm */
	memory_unmap(&memory);
}
END_TEST

START_TEST(memory_is_enough_for_every_object)
{
	struct mempool_shape shape = {1024, 2048, 64, 64};

	ck_assert_uint_eq(mempool_memory_size(&shape), 2 * MEMORY_PAGE_SIZE);
	shape.objects = 992; /* of 33 cache lines each */
	ck_assert_uint_eq(mempool_memory_size(&shape), MEMORY_PAGE_SIZE);
	shape.objects = 993;
	ck_assert_uint_eq(mempool_memory_size(&shape), 2 * MEMORY_PAGE_SIZE);
	shape = (struct mempool_shape){30, 131072, 4096, 4096};
	ck_assert_uint_eq(mempool_memory_size(&shape), 2 * MEMORY_PAGE_SIZE);
}
END_TEST

START_TEST(the_one_used_last_is_used_next)
{
	struct pktbuf *first, *second, *bufs[2];
	struct unit_pool unit;

	ck_assert_int_eq(unit_pool_init(&unit, 4, 2048, 64, 0), 0);
	ck_assert_uint_eq(pktbuf_stack_pop(&unit.pool.free, bufs, 2), 2);
	first = bufs[0];
	second = bufs[1];
	ck_assert_ptr_ne(first, second);
	pktbuf_free(second);
	pktbuf_free(first);
	ck_assert_uint_eq(pktbuf_stack_pop(&unit.pool.free, bufs, 1), 1);
	ck_assert_ptr_eq(bufs[0], first);
	ck_assert_uint_eq(pktbuf_stack_pop(&unit.pool.free, bufs, 0), 0);
	ck_assert_uint_eq(unit.pool.free.count, 3);
	unit_pool_fini(&unit);
}
END_TEST

START_TEST(an_empty_pool_gives_nothing)
{
	struct pktbuf *bufs[3];
	struct unit_pool unit;

	ck_assert_int_eq(unit_pool_init(&unit, 2, 2048, 64, 0), 0);
	take_all(&unit.pool, bufs);
	ck_assert_uint_eq(pktbuf_stack_pop(&unit.pool.free, bufs, 1), 0);
	unit_pool_fini(&unit);
}
END_TEST

START_TEST(the_heap_gives_the_same_shape)
{
	static const uint32_t aligns[] = {1, 64, 128, 4096};

	for (size_t i = 0; i < sizeof(aligns) / sizeof(aligns[0]); i++) {
		struct pktbuf *buf = mempool_heap_buf(1514, aligns[i], 100);

		ck_assert_ptr_nonnull(buf);
		ck_assert_ptr_null(buf->home);
		ck_assert_uint_eq(buf->room, 1514);
		ck_assert_uint_eq((uintptr_t)buf->data % aligns[i], 0);
		ck_assert(buf->data >= (uint8_t *)(buf + 1) + 100);
		memset(buf->data - 100, 0xff, 100 + buf->room);
		pktbuf_free(buf);
	}
}
END_TEST

UNIT_SUITE("dataplane/mempool", objects_have_the_shape_that_was_asked,
	room_is_what_is_left_of_an_object, objects_without_room_for_a_frame_are_refused,
	memory_is_enough_for_every_object, the_one_used_last_is_used_next,
	an_empty_pool_gives_nothing, the_heap_gives_the_same_shape)
