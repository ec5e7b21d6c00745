/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/virtio/pci_legacy: registers in memory of ours. */
#include "netdev/virtio/pci.h"
#include "unit.h"

#include <errno.h>
#include <linux/pci_regs.h>

static _Alignas(16) uint8_t registers[32];
static uint8_t config[PCI_CONFIG_SIZE];
static struct pci_device device;
static struct error err;

static void device_make(uint64_t size)
{
	memset(config, 0, sizeof(config));
	for (unsigned i = 0; i < sizeof(registers); i++)
		registers[i] = (uint8_t)i;
	device = (struct pci_device){.access.function.device = PCI_DEVICE_NET_TRANSITIONAL};
	device.bars[0] = (struct pci_bar){.size = size, .map = registers, .fd = -1};
}

START_TEST(registers_are_where_the_specification_has_them)
{
	static const uint64_t addresses[3] = {0x123456789000, 0, 0};
	uint8_t mac[6];

	device_make(sizeof(registers));
	ck_assert_int_eq(pci_legacy_attach(&device, config, &err), 0);
	ck_assert_str_eq(device.wire->name, "legacy");
	ck_assert_uint_eq(device.wire->offered(&device), 0x03020100);
	device.wire->accept(&device, 0x00ffeeddcc);
	ck_assert_mem_eq(registers + 4, "\xcc\xdd\xee\xff", 4);
	ck_assert_uint_eq(device.wire->queue_select(&device, 2), 0x0d0c);
	ck_assert_mem_eq(registers + 14, "\x02\x00", 2);
	device.wire->notify(&device, 5);
	ck_assert_mem_eq(registers + 16, "\x05\x00", 2);
	device.wire->status_set(&device, 7);
	ck_assert_uint_eq(device.wire->status(&device), 7);
	ck_assert_uint_eq(registers[18], 7);
	device.wire->config(&device, 0, mac, sizeof(mac));
	ck_assert_mem_eq(mac, "\x14\x15\x16\x17\x18\x19", 6);
	device.wire->config(&device, 10, mac, sizeof(mac)); /* ends with the register */
	ck_assert_mem_eq(mac, "\x1e\x1f\xff\xff\xff\xff", 6);
	ck_assert_int_eq(device.wire->queue_set(&device, 2, 256, addresses, &err), -EINVAL);
}
END_TEST

START_TEST(configuration_comes_after_the_vectors)
{
	uint8_t byte;

	device_make(sizeof(registers));
	config[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	config[PCI_CAPABILITY_LIST] = 0x40;
	config[0x40] = PCI_CAP_ID_MSIX;
	config[0x43] = 0x80; /* on */
	ck_assert_int_eq(pci_legacy_attach(&device, config, &err), 0);
	device.wire->config(&device, 0, &byte, 1);
	ck_assert_uint_eq(byte, 24);
}
END_TEST

static int queue_at(uint64_t address)
{
	const uint64_t addresses[3] = {address, 0, 0};

	return device.wire->queue_set(&device, 2, 256, addresses, &err);
}

START_TEST(a_queue_has_a_page_number)
{
	device_make(sizeof(registers));
	ck_assert_int_eq(pci_legacy_attach(&device, config, &err), 0);
	ck_assert_int_eq(queue_at(0xffffffff000), 0);
	ck_assert_mem_eq(registers + 8, "\xff\xff\xff\xff", 4);
	ck_assert_int_eq(queue_at(0x12345000), 0);
	ck_assert_mem_eq(registers + 8, "\x45\x23\x01\x00", 4);
	ck_assert_int_eq(queue_at(0x100000000000), -EINVAL);
	ck_assert_int_eq(queue_at(0x12345800), -EINVAL);
	ck_assert_str_eq(
		err.message, "queue 2 lies where a device from before virtio 1.0 cannot reach");
	ck_assert_mem_eq(registers + 8, "\x45\x23\x01\x00", 4);
}
END_TEST

START_TEST(what_is_not_legacy_is_refused)
{
	device_make(sizeof(registers));
	device.access.function.device = PCI_DEVICE_NET_MODERN;
	ck_assert_int_eq(pci_legacy_attach(&device, config, &err), -ENOENT);
	device_make(23);
	ck_assert_int_eq(pci_legacy_attach(&device, config, &err), -EPROTO);
	ck_assert_ptr_null(device.wire);
	device_make(24);
	ck_assert_int_eq(pci_legacy_attach(&device, config, &err), 0);
}
END_TEST

UNIT_SUITE("netdev/virtio/pci_legacy", registers_are_where_the_specification_has_them,
	configuration_comes_after_the_vectors, a_queue_has_a_page_number,
	what_is_not_legacy_is_refused)
