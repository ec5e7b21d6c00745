/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A function bound to uio_pci_generic: sysfs has its configuration space and its base address
 * registers, and no IOMMU is asked, so that the device is told physical addresses.
 *
 * /dev/uioN serves for two things: the kernel takes bus mastering away from the function when the
 * file is closed, which it is when the process ends; and reading it tells when the function is
 * unbound. It does so when anybody closes it: a lock on the configuration space keeps other ports
 * and other pktgends from opening it meanwhile.
 *
 * Physical addresses are had from /proc/self/pagemap, for whoever has CAP_SYS_ADMIN, and stay what
 * they are on huge pages only. Control thread.
 */
#include "netdev/virtio/pci_access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PFN_MASK ((UINT64_C(1) << 55) - 1)
#define PAGEMAP_PRESENT  (UINT64_C(1) << 63)

static int open_failed(const char *path, struct error *err)
{
	int rc = errno == EACCES || errno == EPERM ? EACCES : ENODEV;

	error_set(err, rc, rc == EACCES ? ERROR_NOT_PERMITTED : ERROR_DEVICE, "location", "%s: %s",
		path, strerror(errno));
	if (rc == EACCES)
		error_hint(err, "uio_pci_generic needs root, or CAP_SYS_ADMIN and %s to be ours",
			path);
	return -rc;
}

static void uio_close(struct pci_access *access)
{
	if (access->config_fd >= 0)
		close(access->config_fd);
	if (access->device_fd >= 0)
		close(access->device_fd);
	access->config_fd = access->device_fd = -1;
}

/* Opens the configuration space, which is ours as long as it is open. */
static int config_open(struct pci_access *access, struct error *err)
{
	char path[PCI_PATH_SIZE];

	snprintf(path, sizeof(path), PCI_SYSFS "/bus/pci/devices/%s/config", access->function.name);
	access->config_fd = open(path, O_RDWR | O_CLOEXEC);
	if (access->config_fd < 0)
		return open_failed(path, err);
	if (flock(access->config_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	error_set(err, ENODEV, ERROR_DEVICE, "location",
		"%s is in use by another port or another pktgend", access->function.name);
	error_hint(err, "fuser -v %s says who it is", path);
	return -ENODEV;
}

static int uio_open(struct pci_access *access, struct error *err)
{
	char path[32];
	int rc = config_open(access, err);

	if (rc == 0) {
		snprintf(path, sizeof(path), "/dev/uio%d", access->function.uio);
		access->device_fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (access->device_fd < 0)
			rc = open_failed(path, err);
	}
	if (rc)
		uio_close(access);
	return rc;
}

static int uio_bar_map(struct pci_access *access, unsigned index, struct pci_bar *bar)
{
	const struct pci_resource *resource = &access->function.bars[index];
	char path[PCI_PATH_SIZE];
	void *map;
	int fd, rc;

	if (resource->size == 0)
		return -ENOENT;
	snprintf(path, sizeof(path), PCI_SYSFS "/bus/pci/devices/%s/resource%u",
		access->function.name, index);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (resource->is_io) { /* sysfs does the port access for us */
		*bar = (struct pci_bar){.size = resource->size, .fd = fd, .owns_fd = true};
		return 0;
	}
	map = mmap(NULL, resource->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	rc = map == MAP_FAILED ? -errno : 0;
	close(fd);
	if (rc)
		return rc;
	*bar = (struct pci_bar){.size = resource->size, .map = map, .fd = -1};
	return 0;
}

/* ---- physical addresses ---- */

static int no_huge_pages(const struct memory *memory, struct error *err)
{
	error_set(err, ENOMEM, ERROR_UNSUPPORTED, "location",
		"there are too few huge pages for %zu MiB, and without an IOMMU a device cannot "
		"use other memory: only huge pages keep their physical address",
		memory->size >> 20);
	error_hint(err,
		"as root: echo %zu >/proc/sys/vm/nr_hugepages; then remove the port and add it "
		"again, or start pktgend again",
		memory->size / MEMORY_PAGE_SIZE + 64);
	return -ENOMEM;
}

static int no_addresses(struct error *err)
{
	error_set(err, EPERM, ERROR_NOT_PERMITTED, "location",
		"the kernel does not tell physical addresses (/proc/self/pagemap)");
	error_hint(err, "uio_pci_generic needs CAP_SYS_ADMIN; vfio-pci does not");
	return -EPERM;
}

/* The physical address of each huge page. */
static int look_up(const struct memory *memory, uint64_t *pages, struct error *err)
{
	uint64_t small = (uint64_t)sysconf(_SC_PAGESIZE), entry;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t count = memory->size / memory->page_size, i = 0;

	for (; fd >= 0 && i < count; i++) {
		uint64_t page = ((uintptr_t)memory->base + i * memory->page_size) / small;

		if (pread(fd, &entry, sizeof(entry), (off_t)(page * sizeof(entry))) !=
				sizeof(entry) ||
			!(entry & PAGEMAP_PRESENT) || !(entry & PAGEMAP_PFN_MASK))
			break;
		pages[i] = (entry & PAGEMAP_PFN_MASK) * small;
	}
	if (fd >= 0)
		close(fd);
	return i == count ? 0 : no_addresses(err);
}

static int uio_dma_map(struct pci_access *access, const struct memory *memory, struct pci_dma *dma,
	struct error *err)
{
	uint64_t *pages;
	int rc;

	(void)access;
	if (memory->page_size != MEMORY_PAGE_SIZE)
		return no_huge_pages(memory, err);
	pages = calloc(memory->size / memory->page_size, sizeof(*pages));
	if (!pages)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	/* Huge pages stay in memory anyway: a limit on locked memory is no hindrance. */
	mlock(memory->base, memory->size);
	rc = look_up(memory, pages, err);
	if (rc) {
		free(pages);
		return rc;
	}
	*dma = (struct pci_dma){.base = memory->base,
		.size = memory->size,
		.page_size = memory->page_size,
		.pages = pages};
	return 0;
}

static void uio_dma_unmap(struct pci_access *access, struct pci_dma *dma)
{
	(void)access;
	pci_dma_free(dma);
}

/* Interrupts are off; there is nothing to read until the function is unbound. */
static enum pci_claim uio_claim(struct pci_access *access)
{
	uint32_t interrupts;

	return read(access->device_fd, &interrupts, sizeof(interrupts)) < 0 && errno == EIO
		       ? PCI_TAKEN
		       : PCI_OURS;
}

const struct pci_access_ops pci_uio_ops = {
	.driver = "uio_pci_generic",
	.open = uio_open,
	.close = uio_close,
	.bar_map = uio_bar_map,
	.dma_map = uio_dma_map,
	.dma_unmap = uio_dma_unmap,
	.claim = uio_claim,
};
