/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A function bound to vfio-pci (Documentation/driver-api/vfio.rst): a container with one group,
 * whose IOMMU lets the device see our memory alone, at addresses that we choose. They are chosen
 * low, because IOMMUs translate as few as 39 bits.
 *
 * The kernel resets the function when its descriptor is opened, and when it is closed, which it is
 * when the process ends. Control thread.
 */
#include "netdev/virtio/pci_access.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define CONTAINER  "/dev/vfio/vfio"
#define IOVA_FIRST (UINT64_C(4) << 30) /* above what is often reserved: MSI, graphics */

static int fail(struct error *err, int err_no, const char *what)
{
	return error_set(
		err, err_no, ERROR_DEVICE, "location", "VFIO: %s: %s", what, strerror(err_no));
}

static int open_failed(const char *path, struct error *err)
{
	int err_no = errno;

	switch (err_no) {
	case EACCES:
	case EPERM:
		error_set(err, EACCES, ERROR_NOT_PERMITTED, "location", "%s: %s", path,
			strerror(err_no));
		error_hint(err, "as root: chown the file to the user that pktgend runs as");
		return -EACCES;
	case EBUSY:
		error_set(err, ENODEV, ERROR_DEVICE, "location",
			"%s is in use: one process, and one port, can have an IOMMU group", path);
		error_hint(err, "fuser -v %s says who it is", path);
		return -ENODEV;
	default:
		error_set(err, ENODEV, ERROR_DEVICE, "location", "%s: %s", path, strerror(err_no));
		error_hint(err, "as root: modprobe vfio-pci");
		return -ENODEV;
	}
}

/* ---- container and group ---- */

static int group_is_shared(const struct pci_access *access, struct error *err)
{
	char others[256];

	pci_group_list(PCI_SYSFS, &access->function, true, others, sizeof(others));
	error_set(err, ENODEV, ERROR_DEVICE, "location",
		"IOMMU group %d cannot be had while the kernel drives other functions of it: %s",
		access->function.group, others[0] ? others : "unknown");
	error_hint(err, "unbind those, or bind them to vfio-pci as well");
	return -ENODEV;
}

static int group_open(struct pci_access *access, struct error *err)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	char path[32];

	snprintf(path, sizeof(path), "/dev/vfio/%d", access->function.group);
	access->group_fd = open(path, O_RDWR | O_CLOEXEC);
	if (access->group_fd < 0)
		return open_failed(path, err);
	if (ioctl(access->group_fd, VFIO_GROUP_GET_STATUS, &status) != 0)
		return fail(err, errno, "the group's status");
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return group_is_shared(access, err);
	return 0;
}

static int container_open(struct pci_access *access, struct error *err)
{
	access->container_fd = open(CONTAINER, O_RDWR | O_CLOEXEC);
	if (access->container_fd < 0)
		return open_failed(CONTAINER, err);
	if (ioctl(access->container_fd, VFIO_GET_API_VERSION) != VFIO_API_VERSION ||
		ioctl(access->container_fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) != 1) {
		error_set(err, ENODEV, ERROR_UNSUPPORTED, "location",
			"this kernel's VFIO has no type 1 IOMMU");
		error_hint(err, "as root: modprobe vfio_iommu_type1");
		return -ENODEV;
	}
	return 0;
}

static int group_attach(struct pci_access *access, struct error *err)
{
	if (ioctl(access->group_fd, VFIO_GROUP_SET_CONTAINER, &access->container_fd) != 0)
		return fail(err, errno, "adding the group to a container");
	if (ioctl(access->container_fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) != 0)
		return fail(err, errno, "using the IOMMU");
	access->device_fd =
		ioctl(access->group_fd, VFIO_GROUP_GET_DEVICE_FD, access->function.name);
	return access->device_fd < 0 ? fail(err, errno, "opening the device") : 0;
}

/* ---- which addresses the IOMMU translates ---- */

/* The capability of VFIO_IOMMU_GET_INFO's answer that lists ranges, when it is there. */
static void ranges_read(struct pci_access *access, const uint8_t *info, uint32_t size)
{
	const struct vfio_info_cap_header *header;
	const struct vfio_iommu_type1_info_cap_iova_range *cap;
	uint32_t at = ((const struct vfio_iommu_type1_info *)info)->cap_offset;

	for (; at != 0 && at <= size - sizeof(*cap); at = header->next) {
		header = (const struct vfio_info_cap_header *)(info + at);
		if (header->id != VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			continue;
		cap = (const struct vfio_iommu_type1_info_cap_iova_range *)header;
		for (uint32_t i = 0; i < cap->nr_iovas && i < PCI_IOVA_RANGES_MAX; i++)
			access->ranges[access->range_count++] =
				(struct pci_iova_range){.first = cap->iova_ranges[i].start,
					.last = cap->iova_ranges[i].end};
		return;
	}
}

/* A kernel that lists none (before 5.4) is taken to have the fewest bits that there are. */
static int ranges_get(struct pci_access *access, struct error *err)
{
	struct vfio_iommu_type1_info head = {.argsz = sizeof(head)}, *whole;

	access->range_count = 0;
	access->iova_next = IOVA_FIRST;
	if (ioctl(access->container_fd, VFIO_IOMMU_GET_INFO, &head) != 0)
		return fail(err, errno, "asking the IOMMU");
	if ((head.flags & VFIO_IOMMU_INFO_CAPS) && head.argsz > sizeof(head)) {
		uint32_t size = head.argsz;

		whole = calloc(1, size);
		if (!whole)
			return fail(err, ENOMEM, "asking the IOMMU");
		whole->argsz = size;
		if (ioctl(access->container_fd, VFIO_IOMMU_GET_INFO, whole) == 0)
			ranges_read(access, (const uint8_t *)whole, size);
		free(whole);
	}
	if (access->range_count == 0)
		access->ranges[access->range_count++] = (struct pci_iova_range){
			.first = IOVA_FIRST, .last = (UINT64_C(1) << 39) - 1};
	return 0;
}

int pci_iova_place(const struct pci_iova_range *ranges, unsigned count, uint64_t from,
	uint64_t size, uint64_t align, uint64_t *iova)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < count; i++) {
		uint64_t first = ranges[i].first > from ? ranges[i].first : from;

		if (first > UINT64_MAX - (align - 1))
			continue;
		first = (first + align - 1) & ~(align - 1);
		if (first <= ranges[i].last && size - 1 <= ranges[i].last - first && first < best)
			best = first;
	}
	if (best == UINT64_MAX)
		return -ENOSPC;
	*iova = best;
	return 0;
}

/* ---- the device ---- */

static int region_get(struct pci_access *access, unsigned index, struct vfio_region_info *region)
{
	*region = (struct vfio_region_info){.argsz = sizeof(*region), .index = index};
	if (ioctl(access->device_fd, VFIO_DEVICE_GET_REGION_INFO, region) != 0)
		return -errno;
	return region->size ? 0 : -ENOENT;
}

/* Whoever unbinds or unplugs the function waits for us: have the kernel tell. */
static void request_watch(struct pci_access *access)
{
	union {
		struct vfio_irq_set set;
		uint8_t bytes[sizeof(struct vfio_irq_set) + sizeof(int)];
	} irq = {.set = {
			 .argsz = sizeof(irq.bytes),
			 .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			 .index = VFIO_PCI_REQ_IRQ_INDEX,
			 .count = 1,
		 }};

	access->request_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	memcpy(irq.set.data, &access->request_fd, sizeof(int));
	ioctl(access->device_fd, VFIO_DEVICE_SET_IRQS, &irq); /* kernels before 4.0 can't */
}

static void vfio_close(struct pci_access *access)
{
	int *const fds[] = {
		&access->request_fd, &access->device_fd, &access->group_fd, &access->container_fd};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	access->config_fd = -1; /* was the device's */
}

static int vfio_open(struct pci_access *access, struct error *err)
{
	struct vfio_region_info region;
	int rc = container_open(access, err);

	if (rc == 0)
		rc = group_open(access, err);
	if (rc == 0)
		rc = group_attach(access, err);
	if (rc == 0)
		rc = ranges_get(access, err);
	if (rc == 0) {
		rc = region_get(access, VFIO_PCI_CONFIG_REGION_INDEX, &region);
		if (rc)
			fail(err, -rc, "finding the configuration space");
	}
	if (rc) {
		vfio_close(access);
		return rc;
	}
	access->config_fd = access->device_fd;
	access->config_offset = region.offset;
	request_watch(access);
	return 0;
}

static int vfio_bar_map(struct pci_access *access, unsigned index, struct pci_bar *bar)
{
	struct vfio_region_info region;
	void *map = MAP_FAILED;
	int rc = region_get(access, VFIO_PCI_BAR0_REGION_INDEX + index, &region);

	if (rc)
		return rc;
	if (region.flags & VFIO_REGION_INFO_FLAG_MMAP)
		map = mmap(NULL, region.size, PROT_READ | PROT_WRITE, MAP_SHARED, access->device_fd,
			(off_t)region.offset);
	*bar = (struct pci_bar){.size = region.size,
		.map = map == MAP_FAILED ? NULL : map, /* slower, but goes as well */
		.fd = access->device_fd,
		.offset = region.offset};
	return 0;
}

/* ---- memory ---- */

static int map_failed(int err_no, const struct memory *memory, struct error *err)
{
	struct rlimit limit = {0};

	if (err_no != ENOMEM)
		return fail(err, err_no, "mapping memory");
	getrlimit(RLIMIT_MEMLOCK, &limit);
	error_set(err, ENOMEM, ERROR_NOT_PERMITTED, "location",
		"VFIO pins %zu MiB of memory, which is more than the limit (%llu MiB) leaves",
		memory->size >> 20, (unsigned long long)limit.rlim_cur >> 20);
	error_hint(err, "LimitMEMLOCK=infinity in pktgend's unit, or ulimit -l unlimited, or "
			"CAP_IPC_LOCK");
	return -ENOMEM;
}

static int vfio_dma_map(struct pci_access *access, const struct memory *memory, struct pci_dma *dma,
	struct error *err)
{
	struct vfio_iommu_type1_dma_map map = {.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory->base,
		.size = memory->size};
	uint64_t iova, *pages;

	if (pci_iova_place(access->ranges, access->range_count, access->iova_next, memory->size,
		    MEMORY_PAGE_SIZE, &iova) != 0 &&
		pci_iova_place(access->ranges, access->range_count, MEMORY_PAGE_SIZE, memory->size,
			MEMORY_PAGE_SIZE, &iova) != 0)
		return error_set(err, ENOSPC, ERROR_LIMIT, "location",
			"the IOMMU has no room for %zu MiB", memory->size >> 20);
	pages = calloc(1, sizeof(*pages));
	if (!pages)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	map.iova = iova;
	if (ioctl(access->container_fd, VFIO_IOMMU_MAP_DMA, &map) != 0) {
		int err_no = errno;

		free(pages);
		return map_failed(err_no, memory, err);
	}
	*pages = iova;
	access->iova_next = iova + memory->size;
	*dma = (struct pci_dma){.base = memory->base,
		.size = memory->size,
		.page_size = memory->size,
		.pages = pages};
	return 0;
}

static void vfio_dma_unmap(struct pci_access *access, struct pci_dma *dma)
{
	struct vfio_iommu_type1_dma_unmap unmap = {.argsz = sizeof(unmap), .size = dma->size};

	if (!dma->pages)
		return;
	unmap.iova = dma->pages[0];
	ioctl(access->container_fd, VFIO_IOMMU_UNMAP_DMA, &unmap);
	if (unmap.iova < access->iova_next) /* all is unmapped together */
		access->iova_next = IOVA_FIRST;
	pci_dma_free(dma);
}

static enum pci_claim vfio_claim(struct pci_access *access)
{
	uint64_t requests;

	return read(access->request_fd, &requests, sizeof(requests)) == sizeof(requests)
		       ? PCI_WANTED
		       : PCI_OURS;
}

const struct pci_access_ops pci_vfio_ops = {
	.driver = "vfio-pci",
	.translates = true,
	.open = vfio_open,
	.close = vfio_close,
	.bar_map = vfio_bar_map,
	.dma_map = vfio_dma_map,
	.dma_unmap = vfio_dma_unmap,
	.claim = vfio_claim,
};
