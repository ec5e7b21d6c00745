/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The backend "virtio-pci": the virtio driver's transport over a PCI function that is bound to
 * vfio-pci or uio_pci_generic. pktgend binds and unbinds nothing.
 *
 * From open to close the device is reset and has negotiated features, so that its configuration can
 * be read; queues it has from start to stop. Resetting comes before anything else at open, since a
 * predecessor may have been killed, and before memory is taken away at stop. It must not read or
 * write memory before it was reset, nor after stop, which bus mastering sees to as well. Control
 * thread, but for notify().
 */
#include "netdev/virtio/pci.h"

#include "netdev/backends.h"
#include "util/clock.h"
#include "util/text.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* A device that takes longer to reset is taken for broken. */
#define RESET_MAX_NS   (NS_PER_S / 10)
#define RESET_PAUSE_US 500
#define LOOK_NS        (200 * NS_PER_MS)

/* struct virtio_net_config, §5.1.4 */
enum { NET_MAC = 0, NET_STATUS = 6, NET_QUEUE_PAIRS_MAX = 8, NET_MTU = 10 };
#define QUEUE_PAIRS_LIMIT 0x8000
#define MTU_MIN           68 /* §5.1.4.1 */

#define STATUS_GONE 0xff /* what is read where nothing is */

static struct pci_device *pci_device(void *dev)
{
	return dev;
}

int pci_device_bar(struct pci_device *device, unsigned index)
{
	if (device->bars[index].size)
		return 0;
	return device->access.ops->bar_map(&device->access, index, &device->bars[index]);
}

/* ---- initialisation, §3.1.1 ---- */

/* §4.1.4.3.2: the device has let go of its queues when it says 0. */
static int device_reset(struct pci_device *device, struct error *err)
{
	uint64_t deadline_ns = clock_now_ns() + RESET_MAX_NS;
	uint8_t status;

	device->wire->status_set(device, 0);
	while ((status = device->wire->status(device)) != 0) {
		if (clock_now_ns() > deadline_ns)
			return error_set(err, ENODEV, ERROR_DEVICE, "location",
				status == STATUS_GONE ? "the device does not answer"
						      : "the device does not reset");
		usleep(RESET_PAUSE_US);
	}
	return 0;
}

/* Steps 1 to 3: the device tells what it offers after these. */
static int device_begin(struct pci_device *device, struct error *err)
{
	int rc = device_reset(device, err);

	if (rc)
		return rc;
	device->wire->status_set(device, VIRTIO_STATUS_ACKNOWLEDGE);
	device->wire->status_set(device, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	return 0;
}

/* Steps 4 to 6; legacy devices know no FEATURES_OK (§3.1.2). */
static int device_accept(struct pci_device *device, struct error *err)
{
	uint8_t status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;

	device->wire->accept(device, device->driver.features);
	if (device->driver.legacy)
		return 0;
	device->wire->status_set(device, status | VIRTIO_STATUS_FEATURES_OK);
	if (device->wire->status(device) & VIRTIO_STATUS_FEATURES_OK)
		return 0;
	device->wire->status_set(device, status | VIRTIO_STATUS_FAILED);
	return error_set(err, EIO, ERROR_DEVICE, "location",
		"the device does not accept the features that it offers");
}

static int device_prepare(struct pci_device *device, struct error *err)
{
	int rc = device_begin(device, err);

	return rc ? rc : device_accept(device, err);
}

/* ---- what the device is ---- */

static uint16_t config_u16(struct pci_device *device, unsigned offset)
{
	uint16_t value;

	device->wire->config(device, offset, &value, sizeof(value));
	return value;
}

/* Facts that features must be chosen by; returns what is offered and makes sense. */
static uint64_t facts_read(struct pci_device *device)
{
	struct virtio_driver *driver = &device->driver;
	uint64_t offered = device->wire->offered(device);

	if (offered & VIRTIO_NET_F_MAC)
		device->wire->config(device, NET_MAC, driver->mac, sizeof(driver->mac));
	if (offered & VIRTIO_NET_F_MTU)
		driver->mtu = config_u16(device, NET_MTU);
	if (driver->mtu < MTU_MIN) {
		driver->mtu = 0;
		offered &= ~VIRTIO_NET_F_MTU;
	}
	if ((offered & VIRTIO_NET_F_MQ) && (offered & VIRTIO_NET_F_CTRL_VQ))
		driver->queue_pairs_max = config_u16(device, NET_QUEUE_PAIRS_MAX);
	if (driver->queue_pairs_max == 0 || driver->queue_pairs_max > QUEUE_PAIRS_LIMIT) {
		driver->queue_pairs_max = 1;
		offered &= ~VIRTIO_NET_F_MQ;
	}
	return offered;
}

/* Whether the addresses that we would give the device are those that it would use. §6.1 */
static int addresses_check(const struct pci_device *device, uint64_t offered, struct error *err)
{
	const struct pci_function *function = &device->access.function;
	bool translated = offered & VIRTIO_F_ACCESS_PLATFORM;
	char commands[sizeof(err->hint)];

	if (device->access.ops->translates && !translated) {
		error_set(err, EINVAL, ERROR_UNSUPPORTED, "location",
			"%s goes around the IOMMU (it does not offer ACCESS_PLATFORM, QEMU's "
			"iommu_platform=on), so that vfio-pci is of no use",
			function->name);
		pci_function_bind_text(
			PCI_SYSFS, function, "uio_pci_generic", commands, sizeof(commands));
	} else if (!device->access.ops->translates && translated && function->group >= 0 &&
		   strcmp(function->group_type, "identity") != 0) {
		error_set(err, EINVAL, ERROR_UNSUPPORTED, "location",
			"%s goes through an IOMMU (group %d, %s), which uio_pci_generic cannot "
			"tell of our memory",
			function->name, function->group, function->group_type);
		pci_function_bind_text(PCI_SYSFS, function, "vfio-pci", commands, sizeof(commands));
	} else
		return 0;
	error_hint(err, "as root: %s", commands);
	return -EINVAL;
}

static int device_negotiate(struct pci_device *device, struct error *err)
{
	struct virtio_driver *driver = &device->driver;
	uint64_t offered;
	int rc = device_begin(device, err);

	if (rc)
		return rc;
	offered = facts_read(device);
	rc = addresses_check(device, offered, err);
	driver->has_control = driver->strong_barriers = true;
	/*
	 * QEMU (7.2 at least) names the entry that it wants to be notified of before it works off
	 * what is there, when its own side was congested: a packed ring then waits for ever for an
	 * entry that it has passed. Flags alone do.
	 */
	if ((offered & VIRTIO_F_RING_PACKED) && driver->options.packed != VIRTIO_OFF)
		offered &= ~VIRTIO_F_EVENT_IDX;
	if (rc == 0)
		rc = virtio_driver_negotiate(driver, offered, err);
	if (rc)
		return rc;
	driver->ring_align = driver->legacy ? 4096 : CPU_CACHELINE;
	/* §6.1: without it the device is another processor's work, for which lesser ones do */
	driver->strong_barriers = driver->features & VIRTIO_F_ORDER_PLATFORM;
	return device_accept(device, err);
}

static int device_attach(struct pci_device *device, struct error *err)
{
	uint8_t config[PCI_CONFIG_SIZE];
	int rc = pci_config_command(&device->access, false);

	if (rc == 0)
		rc = pci_config_read(&device->access, 0, config, sizeof(config));
	if (rc)
		return error_set(err, -rc, ERROR_DEVICE, "location",
			"the configuration space of %s: %s", device->access.function.name,
			strerror(-rc));
	rc = pci_modern_attach(device, config, err);
	if (rc == -ENOENT)
		rc = pci_legacy_attach(device, config, err);
	if (rc == -ENOENT)
		error_set(err, EINVAL, ERROR_DEVICE, "location",
			"%s has no virtio registers where they should be",
			device->access.function.name);
	return rc;
}

/* ---- the transport ---- */

static uint64_t transport_dma(struct virtio_driver *driver, const void *va)
{
	const struct pci_device *device = pci_device(driver);
	uint64_t address = 0;
	bool found = pci_dma_address(&device->pools, va, &address) ||
		     pci_dma_address(&device->rings, va, &address);

	assert(found);
	(void)found;
	return address;
}

static int queue_start(struct pci_device *device, unsigned i, struct error *err)
{
	struct virtio_driver *driver = &device->driver;
	unsigned index = virtio_driver_ring_index(driver, i);
	uint16_t max = device->wire->queue_select(device, index), size = 0;
	struct ring_areas areas;
	uint64_t addresses[3];

	if (max)
		size = virtio_driver_ring(driver, i, max, &areas);
	if (size == 0)
		return error_set(err, EINVAL, ERROR_DEVICE, "location",
			"queue %u of the device, of %u entries, cannot be used", index, max);
	addresses[0] = transport_dma(driver, areas.desc);
	addresses[1] = transport_dma(driver, areas.driver);
	addresses[2] = transport_dma(driver, areas.device);
	return device->wire->queue_set(device, index, size, addresses, err);
}

static int queues_start(struct pci_device *device, struct error *err)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < virtio_driver_ring_count(&device->driver); i++)
		rc = queue_start(device, i, err);
	return rc;
}

static int memory_share(struct pci_device *device, struct error *err)
{
	const struct pci_access_ops *ops = device->access.ops;
	int rc = ops->dma_map(&device->access, &device->driver.rings_memory, &device->rings, err);

	if (rc == 0)
		rc = ops->dma_map(
			&device->access, device->driver.pools_memory, &device->pools, err);
	if (rc)
		return rc;
	rc = pci_config_command(&device->access, true);
	return rc ? error_set(err, -rc, ERROR_DEVICE, "location", "no bus mastering: %s",
			    strerror(-rc))
		  : 0;
}

/* The device lets go of rings and buffers; its configuration can be read again afterwards. */
static void transport_stop(struct virtio_driver *driver)
{
	struct pci_device *device = pci_device(driver);
	struct error ignored = {0};

	if (!device->taken) {
		device_prepare(device, &ignored); /* if it fails, the next look says so */
		pci_config_command(&device->access, false);
	}
	device->access.ops->dma_unmap(&device->access, &device->pools);
	device->access.ops->dma_unmap(&device->access, &device->rings);
}

static int transport_start(struct virtio_driver *driver, struct error *err)
{
	struct pci_device *device = pci_device(driver);
	int rc = device_prepare(device, err);

	if (rc == 0)
		rc = memory_share(device, err);
	if (rc == 0)
		rc = queues_start(device, err);
	if (rc == 0) {
		device->wire->status_set(
			device, device->wire->status(device) | VIRTIO_STATUS_DRIVER_OK);
		rc = virtio_driver_ready(driver, err);
	}
	if (rc)
		transport_stop(driver);
	return rc;
}

static void transport_notify(struct virtio_driver *driver, unsigned index)
{
	struct pci_device *device = pci_device(driver);

	device->wire->notify(device, index);
}

/* QEMU (7.2 at least) forgets to ask for notifications again after the link was down; a spare one,
 * which is always allowed, reminds it. */
static void queues_remind(struct virtio_driver *driver)
{
	for (unsigned i = 0; driver->live && i < virtio_driver_ring_count(driver); i++)
		transport_notify(driver, virtio_driver_ring_index(driver, i));
}

static void link_look(struct pci_device *device)
{
	struct virtio_driver *driver = &device->driver;
	bool was_up = driver->link_up;

	driver->link_up = !(driver->features & VIRTIO_NET_F_STATUS) ||
			  (config_u16(device, NET_STATUS) & VIRTIO_NET_S_LINK_UP);
	if (driver->link_up && !was_up)
		queues_remind(driver);
	text_copy(driver->dev.reason, sizeof(driver->dev.reason),
		driver->link_up ? "" : "the device says that its link is down");
}

static void transport_look(struct virtio_driver *driver)
{
	struct pci_device *device = pci_device(driver);
	const char *name = device->access.function.name;
	enum pci_claim claim = device->access.ops->claim(&device->access);
	uint8_t status;

	if (atomic_load_explicit(&driver->phase, memory_order_relaxed) == VIRTIO_LOST)
		return;
	device->taken = claim == PCI_TAKEN;
	if (claim != PCI_OURS) {
		virtio_driver_lost(driver, "%s %s", name,
			claim == PCI_TAKEN ? "was unbound from its driver"
					   : "is wanted back: it is being unbound or unplugged");
		return;
	}
	status = device->wire->status(device);
	if (status == STATUS_GONE)
		virtio_driver_lost(driver, "%s does not answer any more", name);
	else if (status & VIRTIO_STATUS_NEEDS_RESET) /* §2.1.2 */
		virtio_driver_lost(driver, "%s is in an error state and asks for a reset", name);
	else if (!(status & VIRTIO_STATUS_DRIVER))
		virtio_driver_lost(driver, "%s was reset by somebody else", name);
	else
		link_look(device);
}

static const struct virtio_transport_ops transport = {
	.driver = "virtio-pci",
	.dma = transport_dma,
	.start = transport_start,
	.stop = transport_stop,
	.notify = transport_notify,
	.look = transport_look,
};

/* ---- netdev_ops ---- */

static void pci_close(struct netdev *dev)
{
	struct pci_device *device = pci_device(dev);
	struct error ignored = {0};

	if (device->wire && !device->taken)
		device_reset(device, &ignored);
	for (unsigned i = 0; i < PCI_BAR_COUNT; i++)
		if (device->bars[i].size)
			pci_bar_unmap(&device->bars[i]);
	pci_access_close(&device->access);
	if (device->timer_fd >= 0)
		close(device->timer_fd);
	free(device);
}

static int timer_start(struct pci_device *device, struct error *err)
{
	static const struct itimerspec often = {
		.it_interval = {.tv_nsec = LOOK_NS}, .it_value = {.tv_nsec = LOOK_NS}};

	device->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (device->timer_fd >= 0 && timerfd_settime(device->timer_fd, 0, &often, NULL) == 0)
		return 0;
	return error_set(err, errno, ERROR_INTERNAL, NULL, "no timer: %s", strerror(errno));
}

static int device_open(struct pci_device *device, const struct virtio_options *options,
	const struct pci_function *function, struct error *err)
{
	int rc;

	device->timer_fd = -1;
	virtio_driver_init(&device->driver, &transport, options, function->name);
	device->driver.dev.ops = &netdev_virtio_pci_ops;
	rc = pci_access_open(&device->access, function, err);
	if (rc == 0)
		rc = device_attach(device, err);
	if (rc == 0)
		rc = device_negotiate(device, err);
	if (rc == 0)
		rc = timer_start(device, err);
	return rc;
}

static int function_find(const char *name, struct pci_function *function, struct error *err)
{
	int rc = pci_function_read(PCI_SYSFS, name, function);

	if (rc == -ENODEV) {
		error_set(
			err, ENODEV, ERROR_DEVICE, "location", "there is no PCI function %s", name);
		error_hint(err, "lspci -D -d 1af4: lists virtio functions");
		return rc;
	}
	if (rc)
		return error_set(
			err, -rc, ERROR_DEVICE, "location", "%s: sysfs: %s", name, strerror(-rc));
	if (pci_function_is_net(function))
		return 0;
	error_set(err, EINVAL, ERROR_INVALID, "location",
		"%s is %04x:%04x, which is no virtio network device", name, function->vendor,
		function->device);
	error_hint(err, "those are 1af4:1000 and 1af4:1041; lspci -D -d 1af4: lists them");
	return -EINVAL;
}

static int pci_open(const char *address, struct netdev **dev, struct error *err)
{
	struct virtio_options options;
	struct pci_function function;
	struct pci_device *device;
	char name[PCI_NAME_SIZE];
	int rc = virtio_options_parse(address, VIRTIO_TAKES_RINGS, &options, err);

	if (rc == 0)
		rc = pci_name_parse(options.address, name, err);
	if (rc == 0)
		rc = function_find(name, &function, err);
	if (rc)
		return rc;
	device = calloc(1, sizeof(*device));
	if (!device)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	rc = device_open(device, &options, &function, err);
	if (rc) {
		pci_close(&device->driver.dev);
		return rc;
	}
	*dev = &device->driver.dev;
	return 0;
}

/* "vfio-pci, modern": what people know it by, and which kind of registers it has. */
static int pci_info(struct netdev *dev, struct netdev_info *info)
{
	const struct pci_device *device = pci_device(dev);
	int rc = virtio_driver_info(dev, info);

	if (rc == 0)
		snprintf(info->driver, sizeof(info->driver), "%s, %s", device->access.ops->driver,
			device->wire->name);
	return rc;
}

static int pci_service_fd(struct netdev *dev)
{
	return pci_device(dev)->timer_fd;
}

/* link(), which is asked for news after this, does the looking. */
static void pci_service(struct netdev *dev)
{
	uint64_t expirations;
	ssize_t n = read(pci_device(dev)->timer_fd, &expirations, sizeof(expirations));

	(void)n;
}

const struct netdev_ops netdev_virtio_pci_ops = {
	.backend = "virtio-pci",
	.address = "DDDD:BB:DD.F",
	.summary = "virtio rings of a PCI function bound to vfio-pci or uio_pci_generic",
	.probe = pci_probe,
	.open = pci_open,
	.info = pci_info,
	.link = virtio_driver_link,
	.configure = virtio_driver_configure,
	.start = virtio_driver_start,
	.stop = virtio_driver_stop,
	.close = pci_close,
	.queue = virtio_driver_queue,
	.tx_burst = virtio_driver_tx_burst,
	.tx_reap = virtio_driver_tx_reap,
	.rx_burst = virtio_driver_rx_burst,
	.service_fd = pci_service_fd,
	.service = pci_service,
};
