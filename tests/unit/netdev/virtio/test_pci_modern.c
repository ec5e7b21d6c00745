/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/virtio/pci_modern: registers in memory of ours, and devices that put them nowhere. */
#include "netdev/virtio/pci.h"
#include "unit.h"

#include <errno.h>
#include <linux/pci_regs.h>

#define BAR_SIZE 0x4000
#define COMMON   0x000
#define DEVICE   0x100
#define NOTIFY   0x200

static _Alignas(16) uint8_t registers[BAR_SIZE];
static uint8_t config[PCI_CONFIG_SIZE];
static struct pci_device device;
static struct error err;

static void put_capability(
	unsigned at, uint8_t next, uint8_t type, uint32_t offset, uint32_t len, uint32_t multiplier)
{
	const uint8_t head[8] = {PCI_CAP_ID_VNDR, next, 20, type, 2};

	memcpy(config + at, head, sizeof(head));
	memcpy(config + at + 8, &offset, 4);
	memcpy(config + at + 12, &len, 4);
	memcpy(config + at + 16, &multiplier, 4);
}

/* A device whose three structures lie in register 2. */
static void device_make(void)
{
	memset(config, 0, sizeof(config));
	memset(registers, 0, sizeof(registers));
	memset(&err, 0, sizeof(err));
	config[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	config[PCI_CAPABILITY_LIST] = 0x40;
	put_capability(0x40, 0x60, PCI_VIRTIO_COMMON, COMMON, 56, 0);
	put_capability(0x60, 0x80, PCI_VIRTIO_DEVICE, DEVICE, 8, 0);
	put_capability(0x80, 0, PCI_VIRTIO_NOTIFY, NOTIFY, 0x10, 4);
	device = (struct pci_device){0};
	device.bars[2] = (struct pci_bar){.size = BAR_SIZE, .map = registers, .fd = -1};
}

static void attached(void)
{
	ck_assert_msg(pci_modern_attach(&device, config, &err) == 0, "%s", err.message);
	ck_assert_str_eq(device.wire->name, "modern");
}

static void refused(const char *message)
{
	ck_assert_int_eq(pci_modern_attach(&device, config, &err), -EPROTO);
	ck_assert_ptr_null(device.wire);
	ck_assert_str_eq(err.message, message);
}

START_TEST(registers_are_where_the_specification_has_them)
{
	static const uint64_t addresses[3] = {
		0x1122334455667788, 0x99aabbccddeeff00, 0x0123456789abcdef};
	uint8_t mac[6] = {0};

	device_make();
	attached();
	memcpy(registers + DEVICE, "\x02\x01\x02\x03\x04\x05\x01\x00", 8);
	device.wire->config(&device, 0, mac, sizeof(mac));
	ck_assert_mem_eq(mac, "\x02\x01\x02\x03\x04\x05", 6);
	memcpy(mac, "\0\0", 2);
	device.wire->config(&device, 6, mac, 2);
	ck_assert_mem_eq(mac, "\x01\x00", 2);
	device.wire->config(&device, 8, mac, 2); /* behind its end */
	ck_assert_mem_eq(mac, "\xff\xff", 2);
	device.wire->status_set(&device, 0x4f);
	ck_assert_uint_eq(registers[20], 0x4f);
	ck_assert_uint_eq(device.wire->status(&device), 0x4f);
	registers[24] = 0; /* queue size 256 */
	registers[25] = 1;
	ck_assert_uint_eq(device.wire->queue_select(&device, 3), 256);
	ck_assert_mem_eq(registers + 22, "\x03\x00", 2);
	registers[30] = 3; /* notify offset: the last that fits into the window */
	ck_assert_int_eq(device.wire->queue_set(&device, 3, 128, addresses, &err), 0);
	ck_assert_mem_eq(registers + 24, "\x80\x00\xff\xff\x01\x00", 6);
	ck_assert_mem_eq(registers + 32, addresses, sizeof(addresses));
	device.wire->notify(&device, 3);
	ck_assert_mem_eq(registers + NOTIFY + 12, "\x03\x00", 2);
}
END_TEST

START_TEST(features_are_two_halves)
{
	device_make();
	attached();
	memcpy(registers + 4, "\x01\x02\x03\x04", 4);
	/* memory has no halves: both reads give the same */
	ck_assert_uint_eq(device.wire->offered(&device), 0x0403020104030201);
	device.wire->accept(&device, 0xaabbccdd11223344);
	ck_assert_mem_eq(registers + 8, "\x01\x00\x00\x00\xdd\xcc\xbb\xaa", 8);
}
END_TEST

START_TEST(a_doorbell_outside_of_its_window_is_refused)
{
	static const uint64_t addresses[3] = {0};

	device_make();
	attached();
	registers[30] = 4;
	ck_assert_int_eq(device.wire->queue_set(&device, 1, 128, addresses, &err), -EPROTO);
	ck_assert_str_eq(
		err.message, "the device puts the notification of queue 1 outside of its window");
	ck_assert_uint_eq(registers[28], 0); /* not enabled */
	device.notify_multiplier = UINT32_MAX;
	registers[30] = registers[31] = 0xff;
	ck_assert_int_eq(device.wire->queue_set(&device, 1, 128, addresses, &err), -EPROTO);
	device.notify_multiplier = 1;
	registers[30] = 5;
	registers[31] = 0;
	ck_assert_int_eq(device.wire->queue_set(&device, 1, 128, addresses, &err), -EPROTO);
	device.notify_multiplier = 0; /* all queues have one doorbell */
	ck_assert_int_eq(device.wire->queue_set(&device, 1, 128, addresses, &err), 0);
	device.wire->notify(&device, 1);
	ck_assert_uint_eq(registers[NOTIFY], 1);
}
END_TEST

/* The control queue's number may be far beyond those of the queues that are used. */
START_TEST(a_queue_of_any_number_has_a_doorbell)
{
	static const uint64_t addresses[3] = {0};

	device_make();
	attached();
	registers[30] = 2;
	ck_assert_int_eq(device.wire->queue_set(&device, 0xfffe, 64, addresses, &err), 0);
	device.wire->notify(&device, 0xfffe);
	ck_assert_mem_eq(registers + NOTIFY + 8, "\xfe\xff", 2);
}
END_TEST

START_TEST(structures_outside_of_their_register_are_refused)
{
	device_make();
	put_capability(0x40, 0x60, PCI_VIRTIO_COMMON, BAR_SIZE - 56, 56, 0);
	attached();
	device_make();
	put_capability(0x40, 0x60, PCI_VIRTIO_COMMON, BAR_SIZE - 52, 56, 0);
	refused("the device's common configuration structure cannot be used: it is not where it "
		"can be");
	device_make();
	put_capability(0x40, 0x60, PCI_VIRTIO_COMMON, 0, 55, 0);
	refused("the device's common configuration structure cannot be used: it is not where it "
		"can be");
	device_make();
	put_capability(0x80, 0, PCI_VIRTIO_NOTIFY, 0xfffffffc, 0xffffffff, 4);
	refused("the device's notification structure cannot be used: it is not where it can be");
	device_make();
	put_capability(0x60, 0x80, PCI_VIRTIO_DEVICE, 2, 8, 0);
	refused("the device's device configuration structure cannot be used: it is not where it "
		"can be");
	device_make();
	config[0x61] = 0; /* no notification */
	refused("the device's notification structure cannot be used: it is not where it can be");
	device_make();
	config[0x81] = 0x40;
	refused("the device's list of PCI capabilities is damaged");
}
END_TEST

START_TEST(a_legacy_device_is_not_modern)
{
	device_make();
	config[PCI_STATUS] = 0;
	ck_assert_int_eq(pci_modern_attach(&device, config, &err), -ENOENT);
	ck_assert_ptr_null(device.wire);
}
END_TEST

UNIT_SUITE("netdev/virtio/pci_modern", registers_are_where_the_specification_has_them,
	features_are_two_halves, a_doorbell_outside_of_its_window_is_refused,
	a_queue_of_any_number_has_a_doorbell, structures_outside_of_their_register_are_refused,
	a_legacy_device_is_not_modern)
