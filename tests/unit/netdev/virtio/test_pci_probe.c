/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/virtio/pci_probe, and what pci.c says of functions that it cannot open. */
#include "fake_sysfs.h"
#include "netdev/backends.h"
#include "netdev/virtio/pci.h"
#include "unit.h"

#include <errno.h>

#define CARD "0000:00:08.0"
#define FREE "kernel/mm/hugepages/hugepages-2048kB/free_hugepages"

static struct netdev_probe probe;

static void looks(const char *sysfs, const char *name)
{
	probe = (struct netdev_probe){0};
	pci_probe_function(sysfs, name, &probe);
}

static void says(const char *line)
{
	ck_assert_msg(strstr(probe.text, line) != NULL, "no \"%s\" in:\n%s", line, probe.text);
}

START_TEST(what_is_no_virtio_device_is_said)
{
	const char *sysfs = fake_sysfs_make();

	looks(sysfs, CARD);
	ck_assert(!probe.usable);
	ck_assert_str_eq(probe.text, "function: 0000:00:08.0: there is no such PCI function; "
				     "lspci -D -d 1af4: lists virtio functions\n");
	fake_sysfs_function(CARD, "0x1001\n", "0x0002\n", "", -1);
	looks(sysfs, CARD);
	ck_assert(!probe.usable);
	ck_assert_str_eq(probe.text, "function: 0000:00:08.0 is 1af4:1001, which is no virtio "
				     "network device\n");
	fake_sysfs_remove();
}
END_TEST

START_TEST(what_the_kernel_has_can_be_bound)
{
	const char *sysfs = fake_sysfs_make();

	fake_sysfs_function(CARD, "0x1000\n", "0x0001\n", "virtio-pci", -1);
	fake_sysfs_folder("bus/pci/devices/" CARD "/virtio0/net/eth7");
	fake_sysfs_file("class/net/eth7/flags", "0x1003\n");
	fake_sysfs_file(FREE, "7\n");
	looks(sysfs, CARD);
	ck_assert(!probe.usable);
	says("function: 0000:00:08.0, 1af4:1000, virtio network device (transitional)\n");
	says("driver: virtio-pci, network interface eth7\n");
	says("IOMMU: none for this function");
	says("modules: vfio-pci is not loaded, uio_pci_generic is not loaded\n");
	says("warning: interface eth7 is up");
	says("to bind it: as root: modprobe -a uio_pci_generic; ");
	says("huge pages: 7 of 2 MiB are free, which is too few; as root: echo 128 ");
	fake_sysfs_file("class/net/eth7/flags", "0x1002\n");
	fake_sysfs_file(FREE, "8\n");
	looks(sysfs, CARD);
	ck_assert_ptr_null(strstr(probe.text, "warning"));
	says("huge pages: 8 of 2 MiB are free\n");
	fake_sysfs_remove();
}
END_TEST

START_TEST(a_group_with_others_is_in_the_way)
{
	const char *sysfs = fake_sysfs_make();

	fake_sysfs_function(CARD, "0x1041\n", "0x1100\n", "vfio-pci", 99999);
	looks(sysfs, CARD);
	ck_assert(!probe.usable); /* there is no /dev/vfio/99999 */
	says("IOMMU: group 99999, DMA-FQ, alone in it\n");
	says("modules: vfio-pci is loaded, uio_pci_generic is not loaded\n");
	says("permission: /dev/vfio/99999: No such file or directory\n");
	says("locked memory: ");
	ck_assert_ptr_null(strstr(probe.text, "to bind it"));
	fake_sysfs_function("0000:00:08.1", "0x1041\n", "0x1100\n", "virtio-pci", 99999);
	looks(sysfs, CARD);
	says("IOMMU: group 99999, DMA-FQ, with 0000:00:08.1 (virtio-pci)\n");
	says("group: the kernel drives other functions of it: unbind 0000:00:08.1 (virtio-pci), ");
	fake_sysfs_remove();
}
END_TEST

START_TEST(uio_needs_huge_pages)
{
	const char *sysfs = fake_sysfs_make();

	fake_sysfs_function(CARD, "0x1000\n", "0x0001\n", "uio_pci_generic", -1);
	fake_sysfs_folder("bus/pci/devices/" CARD "/uio/uio99999");
	looks(sysfs, CARD);
	ck_assert(!probe.usable);
	says("permission: /dev/uio99999: No such file or directory\n");
	says("huge pages: 0 of 2 MiB are free, which is too few; ");
	ck_assert_ptr_null(strstr(probe.text, "condition"));
	fake_sysfs_remove();
}
END_TEST

START_TEST(uio_behind_an_iommu_has_a_condition)
{
	const char *sysfs = fake_sysfs_make();

	fake_sysfs_function(CARD, "0x1041\n", "0x1100\n", "uio_pci_generic", 5);
	looks(sysfs, CARD);
	says("condition: the device must go around the IOMMU, ");
	fake_sysfs_file("kernel/iommu_groups/5/type", "identity\n");
	looks(sysfs, CARD);
	ck_assert_ptr_null(strstr(probe.text, "condition"));
	fake_sysfs_remove();
}
END_TEST

START_TEST(an_address_is_checked)
{
	probe = (struct netdev_probe){0};
	netdev_virtio_pci_ops.probe("00:08.0", &probe);
	ck_assert_str_eq(probe.text, "location: \"00:08.0\" is no PCI function; did you mean "
				     "virtio-pci:0000:00:08.0\n");
	probe = (struct netdev_probe){0};
	netdev_virtio_pci_ops.probe("0000:00:08.0,server=on", &probe);
	says("location: no option is called \"server\"");
}
END_TEST

START_TEST(a_function_that_is_not_there_may_come)
{
	struct netdev *dev = NULL;
	struct error err = {0};

	ck_assert_int_eq(netdev_virtio_pci_ops.open("fffffffe:ff:1f.7", &dev, &err), -ENODEV);
	ck_assert_str_eq(err.message, "there is no PCI function fffffffe:ff:1f.7");
	ck_assert_int_eq(netdev_virtio_pci_ops.open("eth0", &dev, &err), -EINVAL);
	ck_assert_ptr_null(dev);
}
END_TEST

UNIT_SUITE("netdev/virtio/pci_probe", what_is_no_virtio_device_is_said,
	what_the_kernel_has_can_be_bound, a_group_with_others_is_in_the_way, uio_needs_huge_pages,
	uio_behind_an_iommu_has_a_condition, an_address_is_checked,
	a_function_that_is_not_there_may_come)
