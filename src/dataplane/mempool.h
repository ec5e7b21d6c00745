/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory pool: packet buffers of one fixed size in one piece of memory. Allocation and release
 * are a pop and a push on the stack of free buffers: O(1).
 *
 * Bytes of frames lie in memory that a device or a peer may share; what describes the buffers lies
 * apart from it, where only this process writes. Made and freed by the control thread; in between
 * it belongs to one worker.
 */
#ifndef DATAPLANE_MEMPOOL_H
#define DATAPLANE_MEMPOOL_H

#include "netdev/pktbuf.h"

#include <stddef.h>
#include <stdint.h>

struct mempool {
	struct pktbuf_stack free;
	struct pktbuf *bufs;
	uint32_t objects, object_size;
	uint32_t room; /* bytes of an object that a frame may fill */
};

/* What an object is like: size bytes; align (a power of two) is of each frame's first byte,
 * headroom what the device wants in front of it. */
struct mempool_shape {
	uint32_t objects, object_size, align, headroom;
};

/* Bytes of memory for the objects of one pool, a multiple of MEMORY_PAGE_SIZE. */
size_t mempool_memory_size(const struct mempool_shape *shape);

/*
 * memory is mempool_memory_size() bytes at a multiple of MEMORY_PAGE_SIZE from a mapping's start;
 * it stays the caller's. No object crosses such a multiple. 0, -ENOMEM, or -EINVAL when an object
 * has no room for the smallest frame.
 */
int mempool_init(struct mempool *pool, const struct mempool_shape *shape, uint8_t *memory);
void mempool_fini(struct mempool *pool);

/* Bytes of an object of that size that a frame may fill, 0 when none. */
uint32_t mempool_room(uint32_t object_size, uint32_t align, uint32_t headroom);

/* A buffer of the same shape from the heap: for --alloc heap. pktbuf_free() gives it back. NULL: no
 * memory. */
struct pktbuf *mempool_heap_buf(uint32_t room, uint32_t align, uint32_t headroom);

#endif
