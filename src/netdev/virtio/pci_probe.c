/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands in the way of driving a PCI function, and the commands that would clear it. Looks at
 * sysfs and /dev only: neither the function nor its driver notices. Control thread.
 */
#include "netdev/virtio/pci.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HUGE_PAGES_FREE "kernel/mm/hugepages/hugepages-2048kB/free_hugepages"
#define HUGE_PAGES_FEW  8 /* for the rings and the buffers of one port, as they are by default */

static void probe_function(const struct pci_function *function, struct netdev_probe *probe)
{
	netdev_probe_add(probe, "function", "%s, %04x:%04x, virtio network device (%s)",
		function->name, function->vendor, function->device,
		function->device == PCI_DEVICE_NET_MODERN ? "modern" : "transitional");
	netdev_probe_add(probe, "driver", "%s%s%s",
		function->driver[0] ? function->driver : "none is bound",
		function->ifname[0] ? ", network interface " : "", function->ifname);
}

static void probe_group(
	const char *sysfs, const struct pci_function *function, struct netdev_probe *probe)
{
	char others[512];

	if (function->group < 0) {
		netdev_probe_add(probe, "IOMMU",
			"none for this function; vfio-pci needs one (intel_iommu=on or "
			"amd_iommu=on for the kernel)");
		return;
	}
	pci_group_list(sysfs, function, false, others, sizeof(others));
	netdev_probe_add(probe, "IOMMU", "group %d%s%s%s%s%s", function->group,
		function->group_type[0] ? ", " : "", function->group_type,
		others[0] ? ", with " : ", alone in it", others,
		function->bypasses_iommu ? "; but the device goes around it" : "");
}

static void probe_modules(const char *sysfs, struct netdev_probe *probe)
{
	netdev_probe_add(probe, "modules", "vfio-pci %s, uio_pci_generic %s",
		pci_driver_exists(sysfs, "vfio-pci") ? "is loaded" : "is not loaded",
		pci_driver_exists(sysfs, "uio_pci_generic") ? "is loaded" : "is not loaded");
}

/* May we open it? */
static bool probe_file(const char *path, struct netdev_probe *probe)
{
	if (access(path, R_OK | W_OK) == 0)
		return true;
	netdev_probe_add(probe, "permission", "%s: %s", path, strerror(errno));
	return false;
}

/* CAP_IPC_LOCK lifts the limit on locked memory. */
static bool may_lock_all(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, sets) == 0 &&
	       (sets[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK));
}

static bool probe_vfio(
	const char *sysfs, const struct pci_function *function, struct netdev_probe *probe)
{
	struct rlimit limit = {0};
	char path[32], blocking[512];
	bool works = true;

	if (pci_group_list(sysfs, function, true, blocking, sizeof(blocking)) > 0) {
		netdev_probe_add(probe, "group",
			"the kernel drives other functions of it: unbind %s, or bind them to "
			"vfio-pci as well",
			blocking);
		works = false;
	}
	snprintf(path, sizeof(path), "/dev/vfio/%d", function->group);
	works = probe_file(path, probe) && works;
	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur == RLIM_INFINITY || may_lock_all())
		netdev_probe_add(probe, "locked memory", "no limit");
	else
		netdev_probe_add(probe, "locked memory",
			"limit %llu MiB; a port pins its buffers and its rings "
			"(LimitMEMLOCK=infinity in the unit, or CAP_IPC_LOCK, lifts it)",
			(unsigned long long)limit.rlim_cur >> 20);
	return works;
}

/* Physical addresses are hidden from whoever lacks CAP_SYS_ADMIN: look at one. */
static bool addresses_are_told(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t page = (uintptr_t)&fd / (uintptr_t)sysconf(_SC_PAGESIZE), entry = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	n = pread(fd, &entry, sizeof(entry), (off_t)(page * sizeof(entry)));
	close(fd);
	return n == sizeof(entry) && (entry & ((UINT64_C(1) << 55) - 1)) != 0;
}

static bool probe_huge_pages(const char *sysfs, struct netdev_probe *probe)
{
	char path[PCI_PATH_SIZE];
	uint64_t pages = 0;

	snprintf(path, sizeof(path), "%s/" HUGE_PAGES_FREE, sysfs);
	if (pci_sysfs_number(path, &pages) == 0 && pages >= HUGE_PAGES_FEW) {
		netdev_probe_add(
			probe, "huge pages", "%llu of 2 MiB are free", (unsigned long long)pages);
		return true;
	}
	netdev_probe_add(probe, "huge pages",
		"%llu of 2 MiB are free, which is too few; as root: echo 128 "
		">/proc/sys/vm/nr_hugepages",
		(unsigned long long)pages);
	return false;
}

static bool probe_uio(
	const char *sysfs, const struct pci_function *function, struct netdev_probe *probe)
{
	char path[32];
	bool works;

	snprintf(path, sizeof(path), "/dev/uio%d", function->uio);
	works = probe_file(path, probe);
	works = probe_huge_pages(sysfs, probe) && works;
	if (function->group >= 0 && strcmp(function->group_type, "identity") != 0)
		netdev_probe_add(probe, "condition",
			"the device must go around the IOMMU, as QEMU's do without "
			"iommu_platform=on; else only vfio-pci will do");
	if (!addresses_are_told()) {
		netdev_probe_add(probe, "physical addresses",
			"not told to us; pktgend needs CAP_SYS_ADMIN for uio_pci_generic");
		works = false;
	}
	return works;
}

/* Neither driver is bound: all that it takes. */
static void probe_unbound(
	const char *sysfs, const struct pci_function *function, struct netdev_probe *probe)
{
	const char *best = pci_function_best_driver(function);
	char commands[PCI_PATH_SIZE];

	if (pci_interface_in_use(sysfs, function->ifname))
		netdev_probe_add(probe, "warning",
			"interface %s is up: whoever uses it loses it when %s is bound",
			function->ifname, best);
	pci_function_bind_text(sysfs, function, best, commands, sizeof(commands));
	netdev_probe_add(probe, "to bind it", "as root: %s", commands);
	if (strcmp(best, pci_uio_ops.driver) == 0)
		probe_huge_pages(sysfs, probe);
}

void pci_probe_function(const char *sysfs, const char *name, struct netdev_probe *probe)
{
	struct pci_function function;
	int rc = pci_function_read(sysfs, name, &function);

	if (rc) {
		netdev_probe_add(probe, "function",
			"%s: %s; lspci -D -d 1af4: lists virtio functions", name,
			rc == -ENODEV ? "there is no such PCI function" : strerror(-rc));
		return;
	}
	if (!pci_function_is_net(&function)) {
		netdev_probe_add(probe, "function",
			"%s is %04x:%04x, which is no virtio network device", name, function.vendor,
			function.device);
		return;
	}
	probe_function(&function, probe);
	probe_group(sysfs, &function, probe);
	probe_modules(sysfs, probe);
	if (strcmp(function.driver, pci_vfio_ops.driver) == 0)
		probe->usable = probe_vfio(sysfs, &function, probe);
	else if (strcmp(function.driver, pci_uio_ops.driver) == 0)
		probe->usable = probe_uio(sysfs, &function, probe);
	else
		probe_unbound(sysfs, &function, probe);
}

void pci_probe(const char *address, struct netdev_probe *probe)
{
	struct virtio_options options;
	char name[PCI_NAME_SIZE];
	struct error err = {0};

	if (virtio_options_parse(address, VIRTIO_TAKES_RINGS, &options, &err) == 0 &&
		pci_name_parse(options.address, name, &err) == 0)
		pci_probe_function(PCI_SYSFS, name, probe);
	else
		netdev_probe_error(probe, "location", &err);
}
