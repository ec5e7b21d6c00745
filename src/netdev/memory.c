/* SPDX-License-Identifier: BSD-2-Clause */
/* Sealed memfds, mapped. Control thread. */
#include "netdev/memory.h"

#include "netdev/sigbus.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static int map_pages(size_t size, unsigned flags, size_t page_size, struct memory *memory)
{
	int fd = memfd_create("pktgend", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);
	void *base;
	int rc;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) != 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		goto fail;
	/* Huge pages are taken at once: later it would be SIGBUS when there is none left. */
	base = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_SHARED | (flags & MFD_HUGETLB ? MAP_POPULATE : 0), fd, 0);
	if (base == MAP_FAILED)
		goto fail;
	rc = sigbus_guard(base, size, NULL);
	if (rc) {
		munmap(base, size);
		close(fd);
		return rc;
	}
	*memory = (struct memory){.base = base, .size = size, .page_size = page_size, .fd = fd};
	return 0;
fail:
	rc = -errno;
	close(fd);
	return rc;
}

int memory_map(size_t size, struct memory *memory)
{
	size = (size + MEMORY_PAGE_SIZE - 1) / MEMORY_PAGE_SIZE * MEMORY_PAGE_SIZE;
	/* linux/memfd.h, which glibc's headers clash with, calls the second MFD_HUGE_2MB */
	if (map_pages(size, MFD_HUGETLB | 21U << MAP_HUGE_SHIFT, MEMORY_PAGE_SIZE, memory) == 0)
		return 0;
	return map_pages(size, 0, (size_t)sysconf(_SC_PAGESIZE), memory);
}

void memory_unmap(struct memory *memory)
{
	if (!memory->base)
		return;
	sigbus_forget(memory->base);
	munmap(memory->base, memory->size);
	close(memory->fd);
	*memory = (struct memory){.fd = -1};
}
