/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel says of a PCI function, read from sysfs without touching the function, and what
 * to type to have it bound otherwise. The root of sysfs is a parameter. Control thread.
 */
#ifndef NETDEV_VIRTIO_PCI_FUNCTION_H
#define NETDEV_VIRTIO_PCI_FUNCTION_H

#include "util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCI_SYSFS     "/sys"
#define PCI_NAME_SIZE 17 /* "10000:00:08.0": domains have up to eight digits */
#define PCI_BAR_COUNT 6
#define PCI_PATH_SIZE 320

#define PCI_VENDOR_VIRTIO           0x1af4
#define PCI_DEVICE_NET_MODERN       0x1041 /* §4.1.2.1: 0x1040 + 1 */
#define PCI_DEVICE_NET_TRANSITIONAL 0x1000
#define PCI_SUBSYSTEM_NET           1 /* of transitional functions: what they are */

/* A base address register as the kernel has set it up. */
struct pci_resource {
	uint64_t size; /* 0: there is none */
	bool is_io;    /* ports rather than memory */
};

struct pci_function {
	char name[PCI_NAME_SIZE]; /* "0000:00:08.0" */
	uint16_t vendor, device, subsystem_device;
	char driver[32];     /* what is bound to it, or "" */
	char ifname[16];     /* that driver's network interface, or "" */
	int group;           /* its IOMMU group; -1: there is no IOMMU */
	char group_type[16]; /* "DMA-FQ", "identity", … */
	int uio;             /* the N of /dev/uioN, or -1 */
	bool bypasses_iommu; /* known from the kernel's driver: ACCESS_PLATFORM is not offered */
	struct pci_resource bars[PCI_BAR_COUNT];
};

/* "DDDD:BB:DD.F" in hexadecimal, into name in lower case. 0, or -EINVAL with *err set. */
int pci_name_parse(const char *text, char name[PCI_NAME_SIZE], struct error *err);

/* 0, -ENODEV: there is no such function, or another -errno. */
int pci_function_read(const char *sysfs, const char *name, struct pci_function *function);

/* Is it a virtio network device? */
bool pci_function_is_net(const struct pci_function *function);

/*
 * The other functions of its IOMMU group, "0000:00:09.0 (e1000e), …" into text; those that keep
 * VFIO from using the group alone, if blocking. Bridges and unbound functions don't. Returns how
 * many.
 */
unsigned pci_group_list(const char *sysfs, const struct pci_function *function, bool blocking,
	char *text, size_t size);

/* The kernel's driver that suits it best: "vfio-pci" or "uio_pci_generic". */
const char *pci_function_best_driver(const struct pci_function *function);

/* One line of shell, for root, that binds it to driver. */
void pci_function_bind_text(const char *sysfs, const struct pci_function *function,
	const char *driver, char *text, size_t size);

/* Whether /sys has the driver: it is loaded or built in. */
bool pci_driver_exists(const char *sysfs, const char *driver);

/* Whether a network interface is up. */
bool pci_interface_in_use(const char *sysfs, const char *ifname);

/* A whole number from a file of sysfs, in any base that C writes. 0 or -errno. */
int pci_sysfs_number(const char *path, uint64_t *value);

#endif
