/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One mapping, cut into objects: a struct pktbuf, the device's headroom, the frame.
 *
 * The object is the unit of alignment, so that the frame's first byte lies at the same place in
 * each.
 */
#include "dataplane/mempool.h"

#include "packet/frame.h"

#include <errno.h>
#include <sys/mman.h>

#define HUGE_PAGE_SIZE (UINT64_C(2) << 20)

static size_t round_up(size_t value, size_t multiple)
{
	return (value + multiple - 1) / multiple * multiple;
}

/* Where the frame begins in an object. */
static size_t data_offset(uint32_t align, uint32_t headroom)
{
	return round_up(sizeof(struct pktbuf) + headroom, align);
}

uint32_t mempool_room(uint32_t object_size, uint32_t align, uint32_t headroom)
{
	size_t offset = data_offset(align, headroom);

	return offset < object_size ? (uint32_t)(object_size - offset) : 0;
}

static void *memory_map(size_t size, bool *huge_pages)
{
	void *memory = mmap(NULL, round_up(size, HUGE_PAGE_SIZE), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);

	*huge_pages = memory != MAP_FAILED;
	if (memory != MAP_FAILED)
		return memory;
	memory = mmap(NULL, round_up(size, HUGE_PAGE_SIZE), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static struct pktbuf *buf_init(
	void *object, uint32_t room, uint32_t align, uint32_t headroom, struct pktbuf_stack *home)
{
	struct pktbuf *buf = object;

	*buf = (struct pktbuf){.data = (uint8_t *)object + data_offset(align, headroom),
		.room = room,
		.home = home};
	return buf;
}

/*
 * From one object to the next: an odd number of cache lines where alignment leaves the choice. With
 * 2048 bytes the beginnings of all objects would share a few sets of the cache.
 */
static size_t object_stride(uint32_t object_size, uint32_t align)
{
	size_t unit = align > CPU_CACHELINE ? align : CPU_CACHELINE;

	return (round_up(object_size, unit) / unit | 1) * unit;
}

int mempool_init(struct mempool *pool, uint32_t objects, uint32_t object_size, uint32_t align,
	uint32_t headroom)
{
	size_t stride = object_stride(object_size, align);
	uint32_t room = mempool_room(object_size, align, headroom);
	struct pktbuf **slots;
	bool huge_pages;
	uint8_t *memory;

	if (room < FRAME_SIZE_MIN || objects == 0)
		return -EINVAL;
	slots = calloc(objects, sizeof(*slots));
	memory = slots ? memory_map(objects * stride, &huge_pages) : NULL;
	if (!memory) {
		free(slots);
		return -ENOMEM;
	}
	*pool = (struct mempool){
		.free = {.slots = slots, .count = objects, .capacity = objects},
		.objects = objects,
		.object_size = object_size,
		.room = room,
		.huge_pages = huge_pages,
		.memory = memory,
		.memory_size = round_up(objects * stride, HUGE_PAGE_SIZE),
	};
	for (uint32_t i = 0; i < objects; i++)
		slots[i] = buf_init(memory + i * stride, room, align, headroom, &pool->free);
	return 0;
}

void mempool_fini(struct mempool *pool)
{
	if (!pool->memory)
		return;
	munmap(pool->memory, pool->memory_size);
	free(pool->free.slots);
	*pool = (struct mempool){0};
}

struct pktbuf *mempool_heap_buf(uint32_t room, uint32_t align, uint32_t headroom)
{
	size_t unit = align > CPU_CACHELINE ? align : CPU_CACHELINE;
	void *object = aligned_alloc(unit, round_up(data_offset(align, headroom) + room, unit));

	return object ? buf_init(object, room, align, headroom, NULL) : NULL;
}
