/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/virtio/pci_capability: what a device may say of itself, and what is made of lies. */
#include "netdev/virtio/pci_capability.h"
#include "unit.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

static uint8_t config[256];

static void config_clear(uint8_t first)
{
	memset(config, 0, sizeof(config));
	config[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	config[PCI_CAPABILITY_LIST] = first;
}

static void put32(unsigned at, uint32_t value)
{
	memcpy(config + at, &value, sizeof(value));
}

/* struct virtio_pci_cap, §4.1.4 */
static void put_virtio(unsigned at, uint8_t next, uint8_t len, uint8_t type, uint8_t bar,
	uint32_t offset, uint32_t size)
{
	config[at] = PCI_CAP_ID_VNDR;
	config[at + 1] = next;
	config[at + 2] = len;
	config[at + 3] = type;
	config[at + 4] = bar;
	put32(at + 8, offset);
	put32(at + 12, size);
}

static void put_notify(unsigned at, uint8_t next, uint32_t multiplier)
{
	put_virtio(at, next, 20, PCI_VIRTIO_NOTIFY, 4, 0x3000, 0x1000);
	put32(at + 16, multiplier);
}

static struct pci_capabilities parse(void)
{
	struct pci_capabilities capabilities;

	memset(&capabilities, 0xff, sizeof(capabilities));
	ck_assert_int_eq(pci_capabilities_parse(config, &capabilities), 0);
	return capabilities;
}

static void refused(void)
{
	struct pci_capabilities capabilities, before;

	memset(&capabilities, 0x5a, sizeof(capabilities));
	before = capabilities;
	ck_assert_int_eq(pci_capabilities_parse(config, &capabilities), -EPROTO);
	ck_assert_mem_eq(&capabilities, &before, sizeof(before));
}

/* As QEMU's device has them. */
START_TEST(the_list_of_a_sound_device_is_read)
{
	struct pci_capabilities found;

	config_clear(0x98);
	config[0x98] = PCI_CAP_ID_MSIX;
	config[0x99] = 0x84;
	put_virtio(0x84, 0x70, 20, 5, 0, 0, 0); /* access through configuration space */
	put_notify(0x70, 0x60, 4);
	put_virtio(0x60, 0x50, 16, PCI_VIRTIO_DEVICE, 4, 0x2000, 0x1000);
	put_virtio(0x50, 0x40, 16, PCI_VIRTIO_ISR, 4, 0x1000, 0x1000);
	put_virtio(0x40, 0, 16, PCI_VIRTIO_COMMON, 4, 0, 0x1000);
	found = parse();
	for (unsigned i = PCI_VIRTIO_COMMON; i < PCI_VIRTIO_STRUCTURES; i++) {
		ck_assert(found.places[i].is_there);
		ck_assert_uint_eq(found.places[i].bar, 4);
		ck_assert_uint_eq(found.places[i].len, 0x1000);
	}
	ck_assert_uint_eq(found.places[PCI_VIRTIO_COMMON].offset, 0);
	ck_assert_uint_eq(found.places[PCI_VIRTIO_NOTIFY].offset, 0x3000);
	ck_assert_uint_eq(found.places[PCI_VIRTIO_DEVICE].offset, 0x2000);
	ck_assert_uint_eq(found.notify_multiplier, 4);
	ck_assert(!found.msix_enabled);
	config[0x98 + 3] = 0x80;
	ck_assert(parse().msix_enabled);
}
END_TEST

START_TEST(no_list_is_no_capability)
{
	config_clear(0x40);
	put_virtio(0x40, 0, 16, PCI_VIRTIO_COMMON, 4, 0, 0x1000);
	ck_assert(parse().places[PCI_VIRTIO_COMMON].is_there);
	config[PCI_STATUS] = 0;
	ck_assert(!parse().places[PCI_VIRTIO_COMMON].is_there);
	config_clear(0);
	ck_assert(!parse().places[PCI_VIRTIO_COMMON].is_there);
}
END_TEST

START_TEST(the_first_usable_of_a_type_counts)
{
	config_clear(0x40);
	put_virtio(0x40, 0x50, 16, PCI_VIRTIO_COMMON, 6, 0, 0x1000); /* reserved register */
	put_virtio(0x50, 0x60, 16, PCI_VIRTIO_COMMON, 5, 1, 0);
	put_virtio(0x60, 0x70, 16, PCI_VIRTIO_COMMON, 5, 0x10, 0x1000);
	put_virtio(0x70, 0x80, 16, PCI_VIRTIO_COMMON, 1, 0x20, 0x1000);
	put_virtio(0x80, 0x90, 16, 0, 1, 0, 0x1000);
	put_virtio(0x90, 0, 16, 255, 1, 0, 0x1000);
	ck_assert_uint_eq(parse().places[PCI_VIRTIO_COMMON].bar, 5);
	ck_assert_uint_eq(parse().places[PCI_VIRTIO_COMMON].offset, 0x10);
}
END_TEST

START_TEST(a_capability_must_have_its_length)
{
	config_clear(0x40);
	put_virtio(0x40, 0x60, 15, PCI_VIRTIO_COMMON, 4, 0, 0x1000);
	put_virtio(0x60, 0, 19, PCI_VIRTIO_NOTIFY, 4, 0, 0x1000);
	ck_assert(!parse().places[PCI_VIRTIO_COMMON].is_there);
	ck_assert(!parse().places[PCI_VIRTIO_NOTIFY].is_there);
	/* the last place where each fits, and one behind it */
	config_clear(0xf0);
	put_virtio(0xf0, 0, 16, PCI_VIRTIO_COMMON, 4, 0, 0x1000);
	ck_assert(parse().places[PCI_VIRTIO_COMMON].is_there);
	config[0xf0 + 3] = PCI_VIRTIO_NOTIFY;
	config[0xf0 + 2] = 20;
	ck_assert(!parse().places[PCI_VIRTIO_NOTIFY].is_there);
	config_clear(0xfc);
	config[0xfc] = PCI_CAP_ID_VNDR;
	config[0xfe] = 16;
	config[0xff] = PCI_VIRTIO_COMMON;
	ck_assert(!parse().places[PCI_VIRTIO_COMMON].is_there);
	config_clear(0xfc);
	config[0xfc] = PCI_CAP_ID_MSIX;
	config[0xff] = 0x80;
	ck_assert(parse().msix_enabled);
}
END_TEST

START_TEST(a_list_that_goes_in_circles_is_refused)
{
	config_clear(0x40);
	put_virtio(0x40, 0x40, 16, PCI_VIRTIO_COMMON, 4, 0, 0x1000);
	refused();
	put_virtio(0x40, 0x50, 16, PCI_VIRTIO_COMMON, 4, 0, 0x1000);
	put_virtio(0x50, 0x40, 16, PCI_VIRTIO_DEVICE, 4, 0, 0x1000);
	refused();
}
END_TEST

START_TEST(the_longest_list_is_read)
{
	config_clear(0x40);
	for (unsigned at = 0x40; at < 0xfc; at += 4) {
		config[at] = 1; /* power management, as far as we care */
		config[at + 1] = (uint8_t)(at + 4);
	}
	config[0xfc] = PCI_CAP_ID_MSIX;
	config[0xff] = 0x80;
	ck_assert(parse().msix_enabled);
	config[0xfd] = 0x40;
	refused();
}
END_TEST

START_TEST(a_list_into_the_header_is_refused)
{
	config_clear(0x3c);
	refused();
	config_clear(0x40);
	config[0x41] = 0x04;
	refused();
	config[0x41] = 0x03; /* the two low bits are reserved: this is the end */
	parse();
}
END_TEST

UNIT_SUITE("netdev/virtio/pci_capability", the_list_of_a_sound_device_is_read,
	no_list_is_no_capability, the_first_usable_of_a_type_counts,
	a_capability_must_have_its_length, a_list_that_goes_in_circles_is_refused,
	the_longest_list_is_read, a_list_into_the_header_is_refused)
