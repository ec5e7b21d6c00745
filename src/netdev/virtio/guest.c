/* SPDX-License-Identifier: BSD-2-Clause */
/* A peer's memory: mapped with the peer's numbers checked, and kept from killing us. */
#include "netdev/virtio/guest.h"

#include "netdev/sigbus.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool ranges_meet(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a - b < b_size || b - a < a_size;
}

static bool region_fits(
	const struct guest *guest, uint64_t guest_addr, uint64_t user_addr, uint64_t size)
{
	if (size == 0 || guest_addr > UINT64_MAX - size || user_addr > UINT64_MAX - size)
		return false;
	for (unsigned i = 0; i < guest->count; i++) {
		const struct guest_region *other = &guest->regions[i];

		if (ranges_meet(guest_addr, size, other->guest_addr, other->size) ||
			ranges_meet(user_addr, size, other->user_addr, other->size))
			return false;
	}
	return true;
}

/*
 * What mappings of the file are multiples of, or -errno. Huge pages have their size as the block
 * size, and mmap() and munmap() want multiples of it. Files of a FUSE are refused: whoever runs it
 * answers page faults, or lets a worker wait for ever.
 */
static int64_t file_check(int fd, uint64_t offset, uint64_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), block;
	struct statfs filesystem;
	struct stat file;

	if (fstat(fd, &file) != 0 || fstatfs(fd, &filesystem) != 0)
		return -errno;
	if (!S_ISREG(file.st_mode) || filesystem.f_type == FUSE_SUPER_MAGIC)
		return -EINVAL;
	if (offset > (uint64_t)file.st_size || size > (uint64_t)file.st_size - offset)
		return -EINVAL;
	block = filesystem.f_type == HUGETLBFS_MAGIC ? (uint64_t)file.st_blksize : page;
	return block >= page && (block & (block - 1)) == 0 ? (int64_t)block : -EINVAL;
}

int guest_add(struct guest *guest, uint64_t guest_addr, uint64_t user_addr, uint64_t size,
	uint64_t offset, int fd)
{
	struct guest_region *region = &guest->regions[guest->count];
	uint64_t lead, map_size;
	int64_t block;
	void *map;
	int rc;

	if (guest->count == GUEST_REGIONS_MAX)
		return -ENOSPC;
	if (!region_fits(guest, guest_addr, user_addr, size))
		return -EINVAL;
	block = file_check(fd, offset, size);
	if (block < 0)
		return (int)block;
	/* Files are shorter than 2^63 bytes, so this cannot wrap around. */
	lead = offset & ((uint64_t)block - 1);
	map_size = (lead + size + (uint64_t)block - 1) & ~((uint64_t)block - 1);
	map = mmap(NULL, map_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd,
		(off_t)(offset - lead));
	if (map == MAP_FAILED)
		return -errno;
	rc = sigbus_guard(map, map_size, &guest->broken);
	if (rc != 0) {
		munmap(map, map_size);
		return rc;
	}
	*region = (struct guest_region){.guest_addr = guest_addr,
		.user_addr = user_addr,
		.size = size,
		.base = (uint8_t *)map + lead,
		.map = map,
		.map_size = map_size};
	guest->count++;
	return 0;
}

static void region_unmap(struct guest_region *region)
{
	sigbus_forget(region->map);
	munmap(region->map, region->map_size);
}

int guest_remove(struct guest *guest, uint64_t guest_addr, uint64_t user_addr, uint64_t size)
{
	for (unsigned i = 0; i < guest->count; i++) {
		struct guest_region *region = &guest->regions[i];

		if (region->guest_addr != guest_addr || region->user_addr != user_addr ||
			region->size != size)
			continue;
		region_unmap(region);
		*region = guest->regions[--guest->count];
		return 0;
	}
	return -ENOENT;
}

void guest_clear(struct guest *guest)
{
	while (guest->count > 0)
		region_unmap(&guest->regions[--guest->count]);
	atomic_store_explicit(&guest->broken, false, memory_order_relaxed);
}

void *guest_at_user(const struct guest *guest, uint64_t addr, uint64_t len)
{
	for (unsigned i = 0; i < guest->count; i++) {
		const struct guest_region *region = &guest->regions[i];
		uint64_t offset = addr - region->user_addr;

		if (offset < region->size && len <= region->size - offset)
			return region->base + offset;
	}
	return NULL;
}
