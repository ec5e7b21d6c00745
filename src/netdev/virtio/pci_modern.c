/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of a modern virtio device: structures in base address registers, which capabilities
 * point to (§4.1.4). Every window is checked against its register before it is used.
 */
#include "netdev/virtio/pci.h"

#include <errno.h>

/* struct virtio_pci_common_cfg, §4.1.4.3 */
enum {
	DEVICE_FEATURE_SELECT = 0,
	DEVICE_FEATURE = 4,
	DRIVER_FEATURE_SELECT = 8,
	DRIVER_FEATURE = 12,
	DEVICE_STATUS = 20,
	CONFIG_GENERATION = 21,
	QUEUE_SELECT = 22,
	QUEUE_SIZE = 24,
	QUEUE_MSIX_VECTOR = 26,
	QUEUE_ENABLE = 28,
	QUEUE_NOTIFY_OFF = 30,
	QUEUE_DESC = 32, /* then driver and device area */
	COMMON_SIZE = 56,
};

#define NO_VECTOR      0xffff
#define CONFIG_TRIES   16
#define DOORBELL_WIDTH 2

static uint32_t common_read(const struct pci_device *device, unsigned offset, unsigned width)
{
	const struct pci_window *common = &device->windows[PCI_VIRTIO_COMMON];

	return pci_bar_read(common->bar, common->offset + offset, width);
}

static void common_write(
	const struct pci_device *device, unsigned offset, unsigned width, uint32_t value)
{
	const struct pci_window *common = &device->windows[PCI_VIRTIO_COMMON];

	pci_bar_write(common->bar, common->offset + offset, width, value);
}

static uint8_t modern_status(struct pci_device *device)
{
	return (uint8_t)common_read(device, DEVICE_STATUS, 1);
}

static void modern_status_set(struct pci_device *device, uint8_t status)
{
	common_write(device, DEVICE_STATUS, 1, status);
}

static uint64_t modern_offered(struct pci_device *device)
{
	uint64_t features = 0;

	for (unsigned half = 0; half < 2; half++) {
		common_write(device, DEVICE_FEATURE_SELECT, 4, half);
		features |= (uint64_t)common_read(device, DEVICE_FEATURE, 4) << (half * 32);
	}
	return features;
}

static void modern_accept(struct pci_device *device, uint64_t features)
{
	for (unsigned half = 0; half < 2; half++) {
		common_write(device, DRIVER_FEATURE_SELECT, 4, half);
		common_write(device, DRIVER_FEATURE, 4, (uint32_t)(features >> (half * 32)));
	}
}

/* A field of two bytes is read at once, bytes one by one (§4.1.3.1). */
static void config_read(const struct pci_window *config, unsigned offset, void *bytes, unsigned len)
{
	uint8_t *to = bytes;
	uint16_t field;

	if (len == sizeof(field)) {
		field = (uint16_t)pci_bar_read(config->bar, config->offset + offset, len);
		memcpy(to, &field, sizeof(field));
		return;
	}
	for (unsigned i = 0; i < len; i++)
		to[i] = (uint8_t)pci_bar_read(config->bar, config->offset + offset + i, 1);
}

/* §4.1.4.3.1, §2.5: read again until nothing changed meanwhile. */
static void modern_config(struct pci_device *device, unsigned offset, void *bytes, unsigned len)
{
	const struct pci_window *config = &device->windows[PCI_VIRTIO_DEVICE];
	uint32_t generation;

	memset(bytes, 0xff, len);
	if (!config->bar || offset + len > config->len)
		return;
	for (unsigned i = 0; i < CONFIG_TRIES; i++) {
		generation = common_read(device, CONFIG_GENERATION, 1);
		config_read(config, offset, bytes, len);
		if (common_read(device, CONFIG_GENERATION, 1) == generation)
			return;
	}
}

static uint16_t modern_queue_select(struct pci_device *device, unsigned index)
{
	common_write(device, QUEUE_SELECT, 2, index);
	return (uint16_t)common_read(device, QUEUE_SIZE, 2);
}

static unsigned doorbell_of(unsigned index)
{
	return index < PCI_DOORBELLS - 1 ? index : PCI_DOORBELLS - 1;
}

/* §4.1.4.4: where in its window the queue's doorbell is. */
static int doorbell_find(struct pci_device *device, unsigned index, struct error *err)
{
	const struct pci_window *notify = &device->windows[PCI_VIRTIO_NOTIFY];
	uint64_t offset =
		(uint64_t)common_read(device, QUEUE_NOTIFY_OFF, 2) * device->notify_multiplier;

	if (offset % DOORBELL_WIDTH || offset > notify->len ||
		notify->len - offset < DOORBELL_WIDTH)
		return error_set(err, EPROTO, ERROR_DEVICE, "location",
			"the device puts the notification of queue %u outside of its window",
			index);
	device->doorbells[doorbell_of(index)] = notify->offset + offset;
	return 0;
}

/* §4.1.5.1.3 */
static int modern_queue_set(struct pci_device *device, unsigned index, uint16_t size,
	const uint64_t addresses[3], struct error *err)
{
	int rc = doorbell_find(device, index, err);

	if (rc)
		return rc;
	common_write(device, QUEUE_SIZE, 2, size);
	common_write(device, QUEUE_MSIX_VECTOR, 2, NO_VECTOR);
	for (unsigned i = 0; i < 3; i++) {
		common_write(device, QUEUE_DESC + i * 8, 4, (uint32_t)addresses[i]);
		common_write(device, QUEUE_DESC + i * 8 + 4, 4, (uint32_t)(addresses[i] >> 32));
	}
	common_write(device, QUEUE_ENABLE, 2, 1);
	return 0;
}

/* Worker. §4.1.5.2 */
static void modern_notify(struct pci_device *device, unsigned index)
{
	pci_bar_write(device->windows[PCI_VIRTIO_NOTIFY].bar, device->doorbells[doorbell_of(index)],
		DOORBELL_WIDTH, index);
}

static const struct pci_wire_ops modern_ops = {
	.name = "modern",
	.status = modern_status,
	.status_set = modern_status_set,
	.offered = modern_offered,
	.accept = modern_accept,
	.config = modern_config,
	.queue_select = modern_queue_select,
	.queue_set = modern_queue_set,
	.notify = modern_notify,
};

/* ---- where they are ---- */

static int window_open(struct pci_device *device, enum pci_virtio_structure structure,
	const struct pci_place *place, uint32_t need)
{
	int rc;

	if (!place->is_there || place->len < need)
		return -EPROTO;
	rc = pci_device_bar(device, place->bar);
	if (rc)
		return rc;
	if ((uint64_t)place->offset + place->len > device->bars[place->bar].size)
		return -EPROTO;
	device->windows[structure] = (struct pci_window){
		.bar = &device->bars[place->bar], .offset = place->offset, .len = place->len};
	return 0;
}

int pci_modern_attach(struct pci_device *device, const uint8_t *config, struct error *err)
{
	static const struct {
		enum pci_virtio_structure structure;
		uint32_t need, align;
		const char *name;
	} wanted[] = {
		{PCI_VIRTIO_COMMON, COMMON_SIZE, 4, "common configuration"},
		{PCI_VIRTIO_NOTIFY, DOORBELL_WIDTH, 2, "notification"},
		{PCI_VIRTIO_DEVICE, 1, 4, "device configuration"},
	};
	struct pci_capabilities capabilities;
	int rc = pci_capabilities_parse(config, &capabilities);

	if (rc)
		return error_set(err, -rc, ERROR_DEVICE, "location",
			"the device's list of PCI capabilities is damaged");
	if (!capabilities.places[PCI_VIRTIO_COMMON].is_there)
		return -ENOENT;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const struct pci_place *place = &capabilities.places[wanted[i].structure];

		rc = place->offset % wanted[i].align
			     ? -EPROTO
			     : window_open(device, wanted[i].structure, place, wanted[i].need);
		if (rc)
			return error_set(err, -rc, ERROR_DEVICE, "location",
				"the device's %s structure cannot be used: %s", wanted[i].name,
				rc == -EPROTO ? "it is not where it can be" : strerror(-rc));
	}
	device->notify_multiplier = capabilities.notify_multiplier;
	device->wire = &modern_ops;
	return 0;
}
