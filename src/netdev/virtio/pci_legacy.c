/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of a legacy virtio device, and of a transitional one for legacy drivers: ports at the
 * first base address register (§4.1.4.10). One page number says where a queue is, whose size and
 * layout are the device's choice.
 */
#include "netdev/virtio/pci.h"

#include <errno.h>

enum {
	DEVICE_FEATURES = 0,
	DRIVER_FEATURES = 4,
	QUEUE_ADDRESS = 8,
	QUEUE_SIZE = 12,
	QUEUE_SELECT = 14,
	QUEUE_NOTIFY = 16,
	DEVICE_STATUS = 18,
	LEGACY_SIZE = 20, /* without MSI-X, whose two vectors come next */
	MSIX_SIZE = 4,
};

#define QUEUE_PAGE 4096 /* QUEUE_ADDRESS counts these */

static uint8_t legacy_status(struct pci_device *device)
{
	return (uint8_t)pci_bar_read(&device->bars[0], DEVICE_STATUS, 1);
}

static void legacy_status_set(struct pci_device *device, uint8_t status)
{
	pci_bar_write(&device->bars[0], DEVICE_STATUS, 1, status);
}

static uint64_t legacy_offered(struct pci_device *device)
{
	return pci_bar_read(&device->bars[0], DEVICE_FEATURES, 4);
}

static void legacy_accept(struct pci_device *device, uint64_t features)
{
	pci_bar_write(&device->bars[0], DRIVER_FEATURES, 4, (uint32_t)features);
}

/* There is no generation (§2.5.4); what we ask for never changes, or is looked at again soon. */
static void legacy_config(struct pci_device *device, unsigned offset, void *bytes, unsigned len)
{
	for (unsigned b = 0; b < len; b++) {
		uint64_t at = device->config_offset + offset + b;
		uint32_t byte = pci_bar_read(&device->bars[0], at, 1);

		((uint8_t *)bytes)[b] = (uint8_t)byte;
	}
}

static uint16_t legacy_queue_select(struct pci_device *device, unsigned index)
{
	pci_bar_write(&device->bars[0], QUEUE_SELECT, 2, index);
	return (uint16_t)pci_bar_read(&device->bars[0], QUEUE_SIZE, 2);
}

/* §4.1.5.1.3.1: one address, of the descriptor area; the others follow it as §2.7.2 says. */
static int legacy_queue_set(struct pci_device *device, unsigned index, uint16_t size,
	const uint64_t addresses[3], struct error *err)
{
	uint64_t page = addresses[0] / QUEUE_PAGE;

	(void)size;
	if (addresses[0] % QUEUE_PAGE != 0 || page > UINT32_MAX)
		return error_set(err, EINVAL, ERROR_DEVICE, "location",
			"queue %u lies where a device from before virtio 1.0 cannot reach", index);
	pci_bar_write(&device->bars[0], QUEUE_ADDRESS, 4, (uint32_t)page);
	return 0;
}

/* Worker. */
static void legacy_notify(struct pci_device *device, unsigned index)
{
	pci_bar_write(&device->bars[0], QUEUE_NOTIFY, 2, index);
}

static const struct pci_wire_ops legacy_ops = {
	.name = "legacy",
	.status = legacy_status,
	.status_set = legacy_status_set,
	.offered = legacy_offered,
	.accept = legacy_accept,
	.config = legacy_config,
	.queue_select = legacy_queue_select,
	.queue_set = legacy_queue_set,
	.notify = legacy_notify,
};

int pci_legacy_attach(struct pci_device *device, const uint8_t *config, struct error *err)
{
	struct pci_capabilities capabilities;
	int rc;

	if (device->access.function.device != PCI_DEVICE_NET_TRANSITIONAL)
		return -ENOENT;
	rc = pci_capabilities_parse(config, &capabilities);
	if (rc == 0)
		rc = pci_device_bar(device, 0);
	if (rc == 0 && device->bars[0].size < LEGACY_SIZE + MSIX_SIZE)
		rc = -EPROTO;
	if (rc)
		return error_set(err, -rc, ERROR_DEVICE, "location",
			"the device's registers cannot be reached: %s", strerror(-rc));
	device->config_offset = LEGACY_SIZE + (capabilities.msix_enabled ? MSIX_SIZE : 0);
	device->wire = &legacy_ops;
	return 0;
}
