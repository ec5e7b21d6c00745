/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities in a function's configuration space, which is the device's word and believed in
 * nothing: pure functions on an image of its first 256 bytes.
 */
#ifndef NETDEV_VIRTIO_PCI_CAPABILITY_H
#define NETDEV_VIRTIO_PCI_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

/* Structures that a modern device has somewhere in its base address registers. §4.1.4, cfg_type */
enum pci_virtio_structure {
	PCI_VIRTIO_COMMON = 1,
	PCI_VIRTIO_NOTIFY = 2,
	PCI_VIRTIO_ISR = 3,
	PCI_VIRTIO_DEVICE = 4,
	PCI_VIRTIO_STRUCTURES /* one more than the last that we use */
};

struct pci_place {
	bool is_there;
	uint8_t bar;
	uint32_t offset, len;
};

struct pci_capabilities {
	struct pci_place places[PCI_VIRTIO_STRUCTURES];
	uint32_t notify_multiplier;
	bool msix_enabled;
};

/* 0, or -EPROTO when the list of capabilities is damaged. What is not there is left zeroed. */
int pci_capabilities_parse(const uint8_t config[256], struct pci_capabilities *capabilities);

#endif
