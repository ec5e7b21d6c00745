/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio network device on the PCI bus: the driver's transport (pci.c) above the two ways in
 * which devices arrange their registers (pci_modern.c, pci_legacy.c), above the two ways to reach a
 * function (pci_access.h). Control thread, but for pci_wire_ops.notify.
 */
#ifndef NETDEV_VIRTIO_PCI_H
#define NETDEV_VIRTIO_PCI_H

#include "netdev/virtio/driver.h"
#include "netdev/virtio/pci_access.h"
#include "netdev/virtio/pci_capability.h"

#define PCI_DOORBELLS (VIRTIO_QUEUE_PAIRS_MAX * 2 + 1)

struct pci_device;

/* Where the registers are and what they are called. */
struct pci_wire_ops {
	const char *name;
	uint8_t (*status)(struct pci_device *device);
	void (*status_set)(struct pci_device *device, uint8_t status);
	uint64_t (*offered)(struct pci_device *device);
	void (*accept)(struct pci_device *device, uint64_t features);
	/* Bytes of the network device's own configuration (§5.1.4); all ones where there are
	 * none. */
	void (*config)(struct pci_device *device, unsigned offset, void *bytes, unsigned len);
	/* Turns to a queue: the most entries that it may have, 0 where there is no such queue. */
	uint16_t (*queue_select)(struct pci_device *device, unsigned index);
	/* Sets the queue turned to up at device addresses. 0, or -errno with *err set. */
	int (*queue_set)(struct pci_device *device, unsigned index, uint16_t size,
		const uint64_t addresses[3], struct error *err);
	void (*notify)(struct pci_device *device, unsigned index);
};

/* One of a modern device's structures, where it is found. */
struct pci_window {
	const struct pci_bar *bar;
	uint64_t offset;
	uint32_t len;
};

struct pci_device {
	struct virtio_driver driver; /* first */
	struct pci_access access;
	const struct pci_wire_ops *wire;
	struct pci_bar bars[PCI_BAR_COUNT];
	struct pci_dma rings, pools;
	int timer_fd; /* when to look at the link */
	bool taken;   /* PCI_TAKEN */

	/* modern */
	struct pci_window windows[PCI_VIRTIO_STRUCTURES];
	uint32_t notify_multiplier;
	uint64_t doorbells[PCI_DOORBELLS]; /* in the notify window; the last is all others' */
	/* legacy */
	unsigned config_offset;
};

/* The registers' place. 0; -ENOENT: device is not of this kind; or -errno with *err set. */
int pci_modern_attach(struct pci_device *device, const uint8_t *config, struct error *err);
int pci_legacy_attach(struct pci_device *device, const uint8_t *config, struct error *err);

/* Maps a base address register unless it is mapped. 0 or -errno. */
int pci_device_bar(struct pci_device *device, unsigned index);

/* pci_probe.c: netdev_ops.probe. */
void pci_probe(const char *address, struct netdev_probe *probe);
/* The same for a function with that root of sysfs. */
void pci_probe_function(const char *sysfs, const char *name, struct netdev_probe *probe);

#endif
