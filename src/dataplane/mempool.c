/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects are spaced by an odd number of cache lines, and no object crosses a multiple of
 * MEMORY_PAGE_SIZE: on huge pages each has one physical address.
 */
#include "dataplane/mempool.h"

#include "netdev/memory.h"
#include "packet/frame.h"

#include <errno.h>

static size_t round_up(size_t value, size_t multiple)
{
	return (value + multiple - 1) / multiple * multiple;
}

uint32_t mempool_room(uint32_t object_size, uint32_t align, uint32_t headroom)
{
	size_t offset = round_up(headroom, align);

	return offset < object_size ? (uint32_t)(object_size - offset) : 0;
}

/*
 * From one object to the next: an odd number of cache lines where alignment leaves the choice. With
 * 2048 bytes the beginnings of all objects would share a few sets of the cache.
 */
static size_t object_stride(const struct mempool_shape *shape)
{
	size_t unit = shape->align > CPU_CACHELINE ? shape->align : CPU_CACHELINE;

	return (round_up(shape->object_size, unit) / unit | 1) * unit;
}

/* How many objects lie in one page. */
static size_t objects_per_page(const struct mempool_shape *shape)
{
	return MEMORY_PAGE_SIZE / object_stride(shape);
}

size_t mempool_memory_size(const struct mempool_shape *shape)
{
	size_t per_page = objects_per_page(shape);

	return (shape->objects + per_page - 1) / per_page * MEMORY_PAGE_SIZE;
}

static uint8_t *object_at(const struct mempool_shape *shape, uint8_t *memory, uint32_t index)
{
	size_t per_page = objects_per_page(shape);

	return memory + index / per_page * MEMORY_PAGE_SIZE +
	       index % per_page * object_stride(shape);
}

int mempool_init(struct mempool *pool, const struct mempool_shape *shape, uint8_t *memory)
{
	uint32_t room = mempool_room(shape->object_size, shape->align, shape->headroom);
	struct pktbuf **slots;
	struct pktbuf *bufs;

	if (room < FRAME_SIZE_MIN || shape->objects == 0)
		return -EINVAL;
	slots = calloc(shape->objects, sizeof(*slots));
	bufs = aligned_alloc(CPU_CACHELINE, shape->objects * sizeof(*bufs));
	if (!slots || !bufs) {
		free(slots);
		free(bufs);
		return -ENOMEM;
	}
	*pool = (struct mempool){
		.free = {.slots = slots, .count = shape->objects, .capacity = shape->objects},
		.bufs = bufs,
		.objects = shape->objects,
		.object_size = shape->object_size,
		.room = room,
	};
	for (uint32_t i = 0; i < shape->objects; i++) {
		bufs[i] = (struct pktbuf){
			.data = object_at(shape, memory, i) +
				round_up(shape->headroom, shape->align),
			.room = room,
			.home = &pool->free,
		};
		slots[i] = &bufs[i];
	}
	return 0;
}

void mempool_fini(struct mempool *pool)
{
	free(pool->bufs);
	free(pool->free.slots);
	*pool = (struct mempool){0};
}

struct pktbuf *mempool_heap_buf(uint32_t room, uint32_t align, uint32_t headroom)
{
	size_t unit = align > CPU_CACHELINE ? align : CPU_CACHELINE;
	size_t offset = round_up(sizeof(struct pktbuf) + headroom, align);
	struct pktbuf *buf = aligned_alloc(unit, round_up(offset + room, unit));

	if (buf)
		*buf = (struct pktbuf){.data = (uint8_t *)buf + offset, .room = room};
	return buf;
}
