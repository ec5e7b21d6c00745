/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A peer's memory: mapped with the peer's numbers checked, and kept from killing us.
 *
 * Touching a mapping beyond the end of its file raises SIGBUS, and the peer can shorten its file
 * whenever it likes. One handler for the whole process knows every mapping by a static table of
 * atomics, which is all that it reads: entries are written by the control thread, and an entry does
 * not change while a worker uses its mapping.
 */
#include "netdev/virtio/guest.h"

#include <errno.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MAPPINGS_MAX 1024 /* of all ports together */

struct mapping {
	atomic_uintptr_t base; /* 0: free; written last, cleared first */
	atomic_size_t size;
	_Atomic(struct guest *) guest;
};

static struct mapping mappings[MAPPINGS_MAX];
static struct sigaction former; /* what SIGBUS did before; set once */

/* Puts zeroed memory in place of the mapping that holds address. Async-signal-safe. */
static bool mapping_replace(uintptr_t address)
{
	for (unsigned i = 0; i < MAPPINGS_MAX; i++) {
		struct mapping *mapping = &mappings[i];
		uintptr_t base = atomic_load_explicit(&mapping->base, memory_order_acquire);
		size_t size = atomic_load_explicit(&mapping->size, memory_order_acquire);
		struct guest *guest = atomic_load_explicit(&mapping->guest, memory_order_acquire);

		if (base == 0 || address - base >= size || atomic_load(&mapping->base) != base)
			continue;
		atomic_store_explicit(&guest->broken, true, memory_order_relaxed);
		/* The pages are private and made when touched: the peer sees nothing of them. */
		return mmap((void *)base, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
			       0) != MAP_FAILED;
	}
	return false;
}

static void handle_sigbus(int signo, siginfo_t *info, void *context)
{
	int saved = errno;

	/* si_code above 0: the kernel says so, and si_addr is where */
	if (info->si_code > 0 && mapping_replace((uintptr_t)info->si_addr)) {
		errno = saved;
		return;
	}
	errno = saved;
	if (former.sa_flags & SA_SIGINFO) {
		former.sa_sigaction(signo, info, context);
	} else if (former.sa_handler != SIG_DFL && former.sa_handler != SIG_IGN) {
		former.sa_handler(signo);
	} else {
		/* The default, which ends the process: the signal comes again at once. */
		signal(SIGBUS, SIG_DFL);
		if (info->si_code <= 0)
			raise(SIGBUS);
	}
}

static int handler_install(void)
{
	static bool installed;
	struct sigaction action = {
		.sa_sigaction = handle_sigbus, .sa_flags = SA_SIGINFO | SA_RESTART};

	if (installed)
		return 0;
	sigemptyset(&action.sa_mask);
	/* Read first: a handler that is called at once must find it. */
	if (sigaction(SIGBUS, NULL, &former) != 0 || sigaction(SIGBUS, &action, NULL) != 0)
		return -errno;
	installed = true;
	return 0;
}

static struct mapping *mapping_find(uintptr_t base)
{
	for (unsigned i = 0; i < MAPPINGS_MAX; i++)
		if (atomic_load_explicit(&mappings[i].base, memory_order_relaxed) == base)
			return &mappings[i];
	return NULL;
}

static void mapping_add(struct mapping *mapping, struct guest *guest, void *base, size_t size)
{
	atomic_store(&mapping->size, size);
	atomic_store(&mapping->guest, guest);
	atomic_store(&mapping->base, (uintptr_t)base);
}

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
	struct mapping *mapping = mapping_find(0);
	uint64_t lead, map_size;
	int64_t block;
	void *map;
	int rc;

	if (guest->count == GUEST_REGIONS_MAX || !mapping)
		return -ENOSPC;
	if (!region_fits(guest, guest_addr, user_addr, size))
		return -EINVAL;
	block = file_check(fd, offset, size);
	if (block < 0)
		return (int)block;
	rc = handler_install();
	if (rc != 0)
		return rc;
	/* Files are shorter than 2^63 bytes, so this cannot wrap around. */
	lead = offset & ((uint64_t)block - 1);
	map_size = (lead + size + (uint64_t)block - 1) & ~((uint64_t)block - 1);
	map = mmap(NULL, map_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd,
		(off_t)(offset - lead));
	if (map == MAP_FAILED)
		return -errno;
	*region = (struct guest_region){.guest_addr = guest_addr,
		.user_addr = user_addr,
		.size = size,
		.base = (uint8_t *)map + lead,
		.map = map,
		.map_size = map_size};
	mapping_add(mapping, guest, map, map_size);
	guest->count++;
	return 0;
}

static void region_unmap(struct guest_region *region)
{
	struct mapping *mapping = mapping_find((uintptr_t)region->map);

	if (mapping)
		atomic_store(&mapping->base, 0);
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
