/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that a device may be given: one shared mapping with a file descriptor, on huge pages where
 * there are any.
 *
 * It is a memfd sealed against shrinking. A peer that was handed the descriptor can still punch
 * holes: they read as zeros, and where there is no page left to fill one, the whole mapping becomes
 * memory that is ours alone (sigbus.h), so that such a peer gets no more frames but harms nobody
 * else. It begins zeroed. What lies in it a peer may change at any time: only
 * bytes of frames and rings go there, never our own pointers. Control thread.
 */
#ifndef NETDEV_MEMORY_H
#define NETDEV_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define MEMORY_PAGE_SIZE (UINT64_C(2) << 20) /* sizes are multiples of it */

struct memory {
	uint8_t *base; /* NULL: none */
	size_t size;
	size_t page_size; /* of the pages below it: MEMORY_PAGE_SIZE, or the system's */
	int fd;
};

/* At least size bytes. 0 or -errno. */
int memory_map(size_t size, struct memory *memory);
void memory_unmap(struct memory *memory);

#endif
