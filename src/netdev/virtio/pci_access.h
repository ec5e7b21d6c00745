/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PCI function that the kernel has let go, as one of its two drivers for user space gives it to
 * us: configuration space, base address registers, memory that the function may read and write.
 *
 * vfio-pci puts an IOMMU between the function and all memory but ours; uio_pci_generic does not.
 * Either takes the function's right to read and write memory away when the process ends, however it
 * ends. Control thread, but for pci_bar_write() of a doorbell, which workers call.
 */
#ifndef NETDEV_VIRTIO_PCI_ACCESS_H
#define NETDEV_VIRTIO_PCI_ACCESS_H

#include "netdev/memory.h"
#include "netdev/virtio/pci_function.h"
#include "util/error.h"

#include <stdbool.h>
#include <stdint.h>

#define PCI_IOVA_RANGES_MAX 8
#define PCI_CONFIG_SIZE     256

/* A base address register: mapped, or reached by pread and pwrite. */
struct pci_bar {
	uint64_t size; /* 0: there is none */
	volatile uint8_t *map;
	int fd; /* where map is NULL */
	uint64_t offset;
	bool owns_fd;
};

/* The device's addresses of memory of ours. */
struct pci_dma {
	const uint8_t *base;
	size_t size, page_size;
	uint64_t *pages; /* NULL: not mapped */
};

/* Addresses that an IOMMU translates, both ends included. */
struct pci_iova_range {
	uint64_t first, last;
};

/* Whose the function is. */
enum pci_claim {
	PCI_OURS,
	PCI_WANTED, /* the kernel wants it back, and waits for us */
	PCI_TAKEN,  /* it is not ours any more: its registers must not be touched */
};

struct pci_access;

struct pci_access_ops {
	const char *driver;
	bool translates; /* an IOMMU stands between: the device must know (ACCESS_PLATFORM) */
	/* 0, or -errno with *err set and nothing left open. -ENODEV: may work later. */
	int (*open)(struct pci_access *access, struct error *err);
	void (*close)(struct pci_access *access);
	int (*bar_map)(struct pci_access *access, unsigned index, struct pci_bar *bar);
	int (*dma_map)(struct pci_access *access, const struct memory *memory, struct pci_dma *dma,
		struct error *err);
	void (*dma_unmap)(struct pci_access *access, struct pci_dma *dma);
	enum pci_claim (*claim)(struct pci_access *access);
};

extern const struct pci_access_ops pci_vfio_ops, pci_uio_ops;

struct pci_access {
	const struct pci_access_ops *ops;
	struct pci_function function;
	int config_fd; /* configuration space begins at config_offset of it */
	uint64_t config_offset;
	int device_fd; /* of VFIO, or /dev/uioN; -1: closed */
	/* VFIO's */
	int container_fd, group_fd, request_fd;
	struct pci_iova_range ranges[PCI_IOVA_RANGES_MAX];
	unsigned range_count;
	uint64_t iova_next;
};

/* By the driver that is bound to the function. Errors say what is bound and what to do. */
int pci_access_open(
	struct pci_access *access, const struct pci_function *function, struct error *err);
void pci_access_close(struct pci_access *access);

/* All or nothing: 0 or -errno. */
int pci_config_read(struct pci_access *access, unsigned offset, void *bytes, size_t len);
/* Lets the function answer, and read and write memory, or not; never lets it interrupt. */
int pci_config_command(struct pci_access *access, bool bus_master);

/* A register of width 1, 2 or 4 bytes; what cannot be read reads as all ones, as on the bus. */
uint32_t pci_bar_read(const struct pci_bar *bar, uint64_t offset, unsigned width);
void pci_bar_write(const struct pci_bar *bar, uint64_t offset, unsigned width, uint32_t value);
void pci_bar_unmap(struct pci_bar *bar);

/* Whether va lies in it, and the device's address of va. */
bool pci_dma_address(const struct pci_dma *dma, const void *va, uint64_t *address);
void pci_dma_free(struct pci_dma *dma);

/* pci_vfio.c: the lowest place for size bytes, a multiple of align, from `from` on. 0 or -ENOSPC.
 */
int pci_iova_place(const struct pci_iova_range *ranges, unsigned count, uint64_t from,
	uint64_t size, uint64_t align, uint64_t *iova);

#endif
