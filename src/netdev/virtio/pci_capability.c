/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities of a PCI function, parsed. Pure functions. */
#include "netdev/virtio/pci_capability.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#define CONFIG_SIZE 256
#define BAR_COUNT   6
/* No more capabilities fit behind the header: a longer list goes in circles. */
#define CAPABILITIES_MAX ((CONFIG_SIZE - 64) / 4)

/* struct virtio_pci_cap, §4.1.4 */
#define VIRTIO_CAP_LEN        2
#define VIRTIO_CAP_TYPE       3
#define VIRTIO_CAP_BAR        4
#define VIRTIO_CAP_OFFSET     8
#define VIRTIO_CAP_LENGTH     12
#define VIRTIO_CAP_SIZE       16
#define VIRTIO_CAP_MULTIPLIER 16 /* only of the notification capability, §4.1.4.4 */

static uint32_t read32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/*
 * §4.1.4.1: the first of a type that can be used is the one to use; types and registers that are
 * not known are passed over.
 */
static void take_virtio(const uint8_t *cap, unsigned room, struct pci_capabilities *capabilities)
{
	unsigned need = VIRTIO_CAP_SIZE, type;
	struct pci_place place;

	if (room < need)
		return;
	type = cap[VIRTIO_CAP_TYPE];
	if (type == PCI_VIRTIO_NOTIFY)
		need += sizeof(uint32_t);
	if (room < need || cap[VIRTIO_CAP_LEN] < need || type == 0 ||
		type >= PCI_VIRTIO_STRUCTURES || capabilities->places[type].is_there)
		return;
	place = (struct pci_place){.is_there = true,
		.bar = cap[VIRTIO_CAP_BAR],
		.offset = read32(cap + VIRTIO_CAP_OFFSET),
		.len = read32(cap + VIRTIO_CAP_LENGTH)};
	if (place.bar >= BAR_COUNT || place.len == 0)
		return;
	capabilities->places[type] = place;
	if (type == PCI_VIRTIO_NOTIFY)
		capabilities->notify_multiplier = read32(cap + VIRTIO_CAP_MULTIPLIER);
}

int pci_capabilities_parse(const uint8_t config[256], struct pci_capabilities *capabilities)
{
	struct pci_capabilities found = {0};
	unsigned at = config[PCI_CAPABILITY_LIST] & ~3u, count = 0;

	if (!(config[PCI_STATUS] & PCI_STATUS_CAP_LIST))
		at = 0;
	for (; at != 0; at = config[at + PCI_CAP_LIST_NEXT] & ~3u) {
		if (at < PCI_STD_HEADER_SIZEOF || count++ == CAPABILITIES_MAX)
			return -EPROTO;
		if (config[at] == PCI_CAP_ID_VNDR)
			take_virtio(config + at, CONFIG_SIZE - at, &found);
		else if (config[at] == PCI_CAP_ID_MSIX)
			found.msix_enabled =
				(config[at + PCI_MSIX_FLAGS + 1] << 8) & PCI_MSIX_FLAGS_ENABLE;
	}
	*capabilities = found;
	return 0;
}
