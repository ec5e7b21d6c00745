/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/virtio/pci_function: names, what sysfs says, and commands that people are told. */
#include "fake_sysfs.h"
#include "netdev/virtio/pci_function.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CARD "0000:00:08.0"
#define AT   "bus/pci/devices/" CARD "/"

static struct pci_function read_card(const char *sysfs)
{
	struct pci_function function;

	memset(&function, 0xff, sizeof(function));
	ck_assert_int_eq(pci_function_read(sysfs, CARD, &function), 0);
	return function;
}

/* ---- names ---- */

static void names(const char *text, const char *expected)
{
	char name[PCI_NAME_SIZE];
	struct error err = {0};

	ck_assert_msg(pci_name_parse(text, name, &err) == 0, "%s", err.message);
	ck_assert_str_eq(name, expected);
}

static void refused(const char *text, const char *message, const char *hint)
{
	char name[PCI_NAME_SIZE] = "untouched";
	struct error err = {0};

	ck_assert_int_eq(pci_name_parse(text, name, &err), -EINVAL);
	ck_assert_str_eq(name, "untouched");
	ck_assert_int_eq(err.reason, ERROR_INVALID);
	ck_assert_str_eq(err.param, "location");
	ck_assert_str_eq(err.message, message);
	ck_assert_str_eq(err.hint, hint);
}

START_TEST(a_function_has_a_name)
{
	names("0000:00:08.0", "0000:00:08.0");
	names("0000:fF:1F.7", "0000:ff:1f.7");
	names("10000:e1:00.0", "10000:e1:00.0");
	names("ABCDEF01:00:00.0", "abcdef01:00:00.0");
}
END_TEST

START_TEST(what_is_no_name_is_refused)
{
	static const char *const wrong[] = {"eth0", "0000:00:08", "0000:00:08.8", "0000:00:20.0",
		"0000:00:8.0", "000:00:08.0", "123456789:00:08.0", "0000:00:08.0 ", " 0000:00:08.0",
		"0000:00:08.00", "0000-00-08.0", "0000:00:08.", "0x00:00:08.0", "../../0:00:08.0"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char message[80];

		snprintf(message, sizeof(message), "\"%s\" is no PCI function", wrong[i]);
		refused(wrong[i], message,
			"lspci -D -d 1af4: lists virtio functions, as 0000:00:08.0");
	}
	refused("00:08.0", "\"00:08.0\" is no PCI function",
		"did you mean virtio-pci:0000:00:08.0");
}
END_TEST

/* ---- sysfs ---- */

START_TEST(a_function_of_the_kernel_is_read)
{
	struct pci_function function;
	const char *sysfs = fake_sysfs_make();

	fake_sysfs_function(CARD, "0x1041\n", "0x1100\n", "virtio-pci", 7);
	fake_sysfs_folder(AT "virtio5/net/enp0s8");
	fake_sysfs_file(AT "virtio5/features",
		"1111111111111111111111111111111110111111111111111111111111111111\n");
	fake_sysfs_file(AT "resource",
		"0x000000000000c000 0x000000000000c01f 0x0000000000040101\n"
		"0x00000000febd1000 0x00000000febd1fff 0x0000000000040200\n"
		"0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		"rubbish\n"
		"0x0000000800004000 0x0000000800007fff 0x000000000014220c\n");
	function = read_card(sysfs);
	ck_assert_str_eq(function.name, CARD);
	ck_assert_uint_eq(function.vendor, 0x1af4);
	ck_assert_uint_eq(function.device, 0x1041);
	ck_assert_uint_eq(function.subsystem_device, 0x1100);
	ck_assert_str_eq(function.driver, "virtio-pci");
	ck_assert_str_eq(function.ifname, "enp0s8");
	ck_assert_int_eq(function.group, 7);
	ck_assert_str_eq(function.group_type, "DMA-FQ");
	ck_assert_int_eq(function.uio, -1);
	ck_assert(function.bypasses_iommu);
	ck_assert(function.bars[0].is_io && function.bars[0].size == 32);
	ck_assert(!function.bars[1].is_io && function.bars[1].size == 4096);
	ck_assert_uint_eq(function.bars[2].size, 0);
	ck_assert_uint_eq(function.bars[3].size, 0);
	ck_assert_uint_eq(function.bars[4].size, 16384);
	ck_assert_uint_eq(function.bars[5].size, 0);
	fake_sysfs_file(AT "virtio5/features",
		"0000000000000000000000000000000001000000000000000000000000000000\n");
	ck_assert(!read_card(sysfs).bypasses_iommu);
	fake_sysfs_remove();
}
END_TEST

START_TEST(a_function_of_ours_is_read)
{
	struct pci_function function;
	const char *sysfs = fake_sysfs_make();

	fake_sysfs_function(CARD, "0x1000\n", "0x0001\n", "uio_pci_generic", -1);
	fake_sysfs_folder(AT "uio/uio12");
	function = read_card(sysfs);
	ck_assert_str_eq(function.driver, "uio_pci_generic");
	ck_assert_str_eq(function.ifname, "");
	ck_assert_int_eq(function.group, -1);
	ck_assert_str_eq(function.group_type, "");
	ck_assert_int_eq(function.uio, 12);
	ck_assert(!function.bypasses_iommu);
	fake_sysfs_remove();
}
END_TEST

START_TEST(a_function_that_is_not_there_is_missed)
{
	struct pci_function function = {.vendor = 1};
	const char *sysfs = fake_sysfs_make();

	ck_assert_int_eq(pci_function_read(sysfs, CARD, &function), -ENODEV);
	fake_sysfs_file(AT "vendor", "no number\n");
	ck_assert_int_eq(pci_function_read(sysfs, CARD, &function), -EINVAL);
	ck_assert_uint_eq(function.vendor, 1);
	fake_sysfs_remove();
}
END_TEST

START_TEST(only_virtio_network_devices_will_do)
{
	struct pci_function function = {.vendor = 0x1af4, .device = 0x1041};

	ck_assert(pci_function_is_net(&function));
	function.vendor = 0x8086;
	ck_assert(!pci_function_is_net(&function));
	function = (struct pci_function){.vendor = 0x1af4, .device = 0x1000, .subsystem_device = 1};
	ck_assert(pci_function_is_net(&function));
	function.subsystem_device = 2; /* a disk */
	ck_assert(!pci_function_is_net(&function));
	function = (struct pci_function){.vendor = 0x1af4, .device = 0x1042};
	ck_assert(!pci_function_is_net(&function));
}
END_TEST

START_TEST(a_group_has_members)
{
	const char *sysfs = fake_sysfs_make();
	struct pci_function function;
	char text[256];

	fake_sysfs_function(CARD, "0x1041\n", "0x1100\n", "vfio-pci", 3);
	function = read_card(sysfs);
	ck_assert_uint_eq(pci_group_list(sysfs, &function, false, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
	fake_sysfs_function("0000:00:08.1", "0x1041\n", "0x1100\n", "", 3);
	ck_assert_uint_eq(pci_group_list(sysfs, &function, false, text, sizeof(text)), 1);
	ck_assert_str_eq(text, "0000:00:08.1 (unbound)");
	ck_assert_uint_eq(pci_group_list(sysfs, &function, true, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
	fake_sysfs_function("0000:00:08.2", "0x1041\n", "0x1100\n", "pcieport", 3);
	fake_sysfs_function("0000:00:08.3", "0x1041\n", "0x1100\n", "e1000e", 3);
	ck_assert_uint_eq(pci_group_list(sysfs, &function, true, text, sizeof(text)), 1);
	ck_assert_str_eq(text, "0000:00:08.3 (e1000e)");
	ck_assert_uint_eq(pci_group_list(sysfs, &function, false, text, sizeof(text)), 3);
	/* what does not fit is cut, and counted */
	ck_assert_uint_eq(pci_group_list(sysfs, &function, false, text, 8), 3);
	ck_assert_uint_eq(strlen(text), 7);
	fake_sysfs_remove();
}
END_TEST

START_TEST(an_interface_in_use_is_seen)
{
	const char *sysfs = fake_sysfs_make();

	ck_assert(!pci_interface_in_use(sysfs, ""));
	ck_assert(!pci_interface_in_use(sysfs, "eth0"));
	fake_sysfs_file("class/net/eth0/flags", "0x1002\n");
	ck_assert(!pci_interface_in_use(sysfs, "eth0"));
	fake_sysfs_file("class/net/eth0/flags", "0x1003\n");
	ck_assert(pci_interface_in_use(sysfs, "eth0"));
	fake_sysfs_remove();
}
END_TEST

/* ---- commands ---- */

START_TEST(commands_bind_what_is_unbound)
{
	const char *sysfs = fake_sysfs_make();
	struct pci_function function;
	char text[256];

	fake_sysfs_function(CARD, "0x1041\n", "0x1100\n", "", -1);
	function = read_card(sysfs);
	ck_assert_str_eq(pci_function_best_driver(&function), "uio_pci_generic");
	pci_function_bind_text(sysfs, &function, "uio_pci_generic", text, sizeof(text));
	ck_assert_str_eq(text, "modprobe -a uio_pci_generic; D=/sys/bus/pci/devices/0000:00:08.0; "
			       "echo uio_pci_generic >$D/driver_override; "
			       "echo 0000:00:08.0 >/sys/bus/pci/drivers_probe");
	fake_sysfs_folder("bus/pci/drivers/uio_pci_generic");
	pci_function_bind_text(sysfs, &function, "uio_pci_generic", text, sizeof(text));
	ck_assert_str_eq(text, "D=/sys/bus/pci/devices/0000:00:08.0; "
			       "echo uio_pci_generic >$D/driver_override; "
			       "echo 0000:00:08.0 >/sys/bus/pci/drivers_probe");
	fake_sysfs_remove();
}
END_TEST

START_TEST(commands_unbind_what_is_bound)
{
	const char *sysfs = fake_sysfs_make();
	struct pci_function function;
	char text[256];

	fake_sysfs_function(CARD, "0x1041\n", "0x1100\n", "virtio-pci", 1);
	function = read_card(sysfs);
	ck_assert_str_eq(pci_function_best_driver(&function), "vfio-pci");
	pci_function_bind_text(sysfs, &function, "vfio-pci", text, sizeof(text));
	ck_assert_str_eq(text, "modprobe -a vfio-pci vfio_iommu_type1; "
			       "D=/sys/bus/pci/devices/0000:00:08.0; "
			       "echo vfio-pci >$D/driver_override; "
			       "echo 0000:00:08.0 >$D/driver/unbind; "
			       "echo 0000:00:08.0 >/sys/bus/pci/drivers_probe");
	function.bypasses_iommu = true;
	ck_assert_str_eq(pci_function_best_driver(&function), "uio_pci_generic");
	fake_sysfs_remove();
}
END_TEST

/* Errors have room for a hint of 255 bytes, "as root: " included. */
START_TEST(the_longest_commands_fit_a_hint)
{
	struct pci_function function = {
		.name = "abcdef01:ff:1f.7", .driver = "virtio-pci", .group = 1};
	char text[512];

	pci_function_bind_text("/nowhere", &function, "vfio-pci", text, sizeof(text));
	ck_assert_uint_lt(strlen("as root: ") + strlen(text), sizeof(((struct error *)0)->hint));
	pci_function_bind_text("/nowhere", &function, "uio_pci_generic", text, sizeof(text));
	ck_assert_uint_lt(strlen("as root: ") + strlen(text), sizeof(((struct error *)0)->hint));
}
END_TEST

UNIT_SUITE("netdev/virtio/pci_function", a_function_has_a_name, what_is_no_name_is_refused,
	a_function_of_the_kernel_is_read, a_function_of_ours_is_read,
	a_function_that_is_not_there_is_missed, only_virtio_network_devices_will_do,
	a_group_has_members, an_interface_in_use_is_seen, commands_bind_what_is_unbound,
	commands_unbind_what_is_bound, the_longest_commands_fit_a_hint)
