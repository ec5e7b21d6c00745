/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of a peer, as a vhost-user front end shares it: regions, each a file that it passed,
 * mapped here.
 *
 * Everything in it may change at any time, and the file may be shortened, which would be a SIGBUS
 * for whoever touches it: a handler puts zeroed memory in place of the whole region and marks it as
 * broken; whoever used it asks guest_broken() before it believes what it read. The control thread
 * maps and unmaps while no worker uses the guest; workers look addresses up.
 */
#ifndef NETDEV_VIRTIO_GUEST_H
#define NETDEV_VIRTIO_GUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_REGIONS_MAX 32

struct guest_region {
	uint64_t guest_addr; /* "guest physical": what descriptors hold */
	uint64_t user_addr;  /* the front end's own: what SET_VRING_ADDR holds */
	uint64_t size;
	uint8_t *base; /* where it is here */
	/* of the mapping: whole pages of the file that hold the region */
	void *map;
	uint64_t map_size;
};

struct guest {
	struct guest_region regions[GUEST_REGIONS_MAX];
	unsigned count;
	atomic_bool broken; /* a region's file was shortened */
};

/*
 * Maps size bytes at offset of the file and adds them; fd stays the caller's. 0, or -errno:
 * -EINVAL for what cannot be a region (empty, wraps around, overlaps, beyond the file's end),
 * -ENOSPC for one too many.
 */
int guest_add(struct guest *guest, uint64_t guest_addr, uint64_t user_addr, uint64_t size,
	uint64_t offset, int fd);
/* 0, or -ENOENT when there is no such region. */
int guest_remove(struct guest *guest, uint64_t guest_addr, uint64_t user_addr, uint64_t size);
void guest_clear(struct guest *guest);

/* len bytes from a guest address, or NULL unless they lie in one region. Worker. */
static inline void *guest_at(const struct guest *guest, uint64_t addr, uint64_t len)
{
	for (unsigned i = 0; i < guest->count; i++) {
		const struct guest_region *region = &guest->regions[i];
		uint64_t offset = addr - region->guest_addr;

		if (offset < region->size && len <= region->size - offset)
			return region->base + offset;
	}
	return NULL;
}

/* The same from an address of the front end. */
void *guest_at_user(const struct guest *guest, uint64_t addr, uint64_t len);

static inline bool guest_broken(const struct guest *guest)
{
	return atomic_load_explicit(&((struct guest *)guest)->broken, memory_order_relaxed);
}

#endif
