/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI functions by way of sysfs (Documentation/ABI/testing/sysfs-bus-pci). Control thread. */
#include "netdev/virtio/pci_function.h"

#include "netdev/virtio/spec.h"
#include "util/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RESOURCE_IO 0x100 /* IORESOURCE_IO in the flags of "resource" */

/* ---- names ---- */

static bool digits(const char **text, unsigned min, unsigned max, unsigned long limit)
{
	const char *from = *text;
	unsigned n = 0;

	while (n < max && isxdigit((unsigned char)from[n]))
		n++;
	*text = from + n;
	return n >= min && strtoul(from, NULL, 16) <= limit;
}

/* "BB:DD.F", which is all that people type where there is one domain. */
static bool is_short_name(const char *text)
{
	return digits(&text, 2, 2, 0xff) && *text++ == ':' && digits(&text, 2, 2, 0x1f) &&
	       *text++ == '.' && digits(&text, 1, 1, 7) && *text == '\0';
}

static bool is_name(const char *text)
{
	return digits(&text, 4, 8, UINT32_MAX) && *text++ == ':' && is_short_name(text);
}

int pci_name_parse(const char *text, char name[PCI_NAME_SIZE], struct error *err)
{
	if (is_name(text)) {
		for (unsigned i = 0; i < PCI_NAME_SIZE; i++) {
			name[i] = (char)tolower((unsigned char)text[i]);
			if (text[i] == '\0')
				break;
		}
		return 0;
	}
	error_set(err, EINVAL, ERROR_INVALID, "location", "\"%.32s\" is no PCI function", text);
	if (is_short_name(text))
		error_hint(err, "did you mean virtio-pci:0000:%s", text);
	else
		error_hint(err, "lspci -D -d 1af4: lists virtio functions, as 0000:00:08.0");
	return -EINVAL;
}

/* ---- files of sysfs ---- */

static int read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	int rc = 0;

	if (!file)
		return -errno;
	if (fgets(line, (int)size, file))
		line[strcspn(line, "\n")] = '\0';
	else
		rc = -EIO;
	fclose(file);
	return rc;
}

int pci_sysfs_number(const char *path, uint64_t *value)
{
	char line[32], *end;
	unsigned long long number;
	int rc = read_line(path, line, sizeof(line));

	if (rc)
		return rc;
	errno = 0;
	number = strtoull(line, &end, 0);
	if (end == line || *end != '\0' || errno)
		return -EINVAL;
	*value = number;
	return 0;
}

static void path_of(char path[PCI_PATH_SIZE], const char *sysfs, const char *name, const char *file)
{
	snprintf(path, PCI_PATH_SIZE, "%s/bus/pci/devices/%s/%s", sysfs, name, file);
}

static int read_id(const char *sysfs, const char *name, const char *file, uint16_t *id)
{
	char path[PCI_PATH_SIZE];
	uint64_t value;
	int rc;

	path_of(path, sysfs, name, file);
	rc = pci_sysfs_number(path, &value);
	if (rc)
		return rc;
	*id = (uint16_t)value;
	return 0;
}

/* The last part of what a link points to: "vfio-pci". False when there is no link. */
static bool link_name(
	const char *sysfs, const char *name, const char *file, char *target, size_t size)
{
	char path[PCI_PATH_SIZE], whole[PCI_PATH_SIZE];
	const char *slash;
	ssize_t len;

	path_of(path, sysfs, name, file);
	len = readlink(path, whole, sizeof(whole) - 1);
	if (len <= 0)
		return false;
	whole[len] = '\0';
	slash = strrchr(whole, '/');
	return text_copy(target, size, slash ? slash + 1 : whole);
}

/* The first entry of a folder whose name begins with prefix. */
static bool entry_find(const char *folder, const char *prefix, char *entry, size_t size)
{
	DIR *dir = opendir(folder);
	const struct dirent *found;
	bool is_there = false;

	while (dir && !is_there && (found = readdir(dir)))
		if (found->d_name[0] != '.' && strncmp(found->d_name, prefix, strlen(prefix)) == 0)
			is_there = text_copy(entry, size, found->d_name);
	if (dir)
		closedir(dir);
	return is_there;
}

/* ---- what a function is ---- */

/* Lines "start end flags" of 64-bit numbers, one for each base address register first. */
static void read_resources(const char *sysfs, struct pci_function *function)
{
	char path[PCI_PATH_SIZE], line[80];
	FILE *file;

	path_of(path, sysfs, function->name, "resource");
	file = fopen(path, "re");
	for (unsigned i = 0; file && i < PCI_BAR_COUNT && fgets(line, sizeof(line), file); i++) {
		unsigned long long start, end, flags;

		if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3 || end <= start)
			continue;
		function->bars[i] = (struct pci_resource){
			.size = end - start + 1, .is_io = flags & RESOURCE_IO};
	}
	if (file)
		fclose(file);
}

static void read_group(const char *sysfs, struct pci_function *function)
{
	char path[PCI_PATH_SIZE], number[16];

	function->group = -1;
	if (!link_name(sysfs, function->name, "iommu_group", number, sizeof(number)))
		return;
	function->group = atoi(number);
	path_of(path, sysfs, function->name, "iommu_group/type");
	if (read_line(path, function->group_type, sizeof(function->group_type)) != 0)
		function->group_type[0] = '\0';
}

/* What the kernel's own virtio driver tells: its interface, and one digit per feature bit. */
static void read_virtio(const char *sysfs, struct pci_function *function)
{
	char path[PCI_PATH_SIZE], folder[16], file[64], features[80];

	path_of(path, sysfs, function->name, "");
	if (!entry_find(path, "virtio", folder, sizeof(folder)))
		return;
	snprintf(file, sizeof(file), "%s/net", folder);
	path_of(path, sysfs, function->name, file);
	if (!entry_find(path, "", function->ifname, sizeof(function->ifname)))
		function->ifname[0] = '\0';
	snprintf(file, sizeof(file), "%s/features", folder);
	path_of(path, sysfs, function->name, file);
	if (read_line(path, features, sizeof(features)) == 0 && strlen(features) == 64)
		function->bypasses_iommu =
			features[__builtin_ctzll(VIRTIO_F_ACCESS_PLATFORM)] == '0';
}

static void read_uio(const char *sysfs, struct pci_function *function)
{
	char path[PCI_PATH_SIZE], entry[16];

	function->uio = -1;
	path_of(path, sysfs, function->name, "uio");
	if (entry_find(path, "uio", entry, sizeof(entry)))
		function->uio = atoi(entry + strlen("uio"));
}

int pci_function_read(const char *sysfs, const char *name, struct pci_function *function)
{
	struct pci_function found = {0};
	int rc;

	text_copy(found.name, sizeof(found.name), name);
	rc = read_id(sysfs, name, "vendor", &found.vendor);
	if (rc == 0)
		rc = read_id(sysfs, name, "device", &found.device);
	if (rc == 0)
		rc = read_id(sysfs, name, "subsystem_device", &found.subsystem_device);
	if (rc)
		return rc == -ENOENT ? -ENODEV : rc;
	link_name(sysfs, name, "driver", found.driver, sizeof(found.driver));
	read_group(sysfs, &found);
	read_virtio(sysfs, &found);
	read_uio(sysfs, &found);
	read_resources(sysfs, &found);
	*function = found;
	return 0;
}

bool pci_function_is_net(const struct pci_function *function)
{
	if (function->vendor != PCI_VENDOR_VIRTIO)
		return false;
	return function->device == PCI_DEVICE_NET_MODERN ||
	       (function->device == PCI_DEVICE_NET_TRANSITIONAL &&
		       function->subsystem_device == PCI_SUBSYSTEM_NET);
}

/* ---- groups, drivers, interfaces ---- */

/* VFIO lets these be bound in a group that it uses (vfio_dev_viable in the kernel). */
static bool driver_is_harmless(const char *driver)
{
	static const char *const harmless[] = {"", "vfio-pci", "pci-stub", "pcieport"};

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strcmp(driver, harmless[i]) == 0)
			return true;
	return false;
}

unsigned pci_group_list(const char *sysfs, const struct pci_function *function, bool blocking,
	char *text, size_t size)
{
	char path[PCI_PATH_SIZE], driver[32];
	const struct dirent *member;
	unsigned count = 0;
	DIR *dir;

	text[0] = '\0';
	path_of(path, sysfs, function->name, "iommu_group/devices");
	dir = opendir(path);
	while (dir && (member = readdir(dir))) {
		size_t used = strlen(text);

		if (member->d_name[0] == '.' || strcmp(member->d_name, function->name) == 0)
			continue;
		if (!link_name(sysfs, member->d_name, "driver", driver, sizeof(driver)))
			driver[0] = '\0';
		if (blocking && driver_is_harmless(driver))
			continue;
		snprintf(text + used, size - used, "%s%.32s (%s)", count++ ? ", " : "",
			member->d_name, driver[0] ? driver : "unbound");
	}
	if (dir)
		closedir(dir);
	return count;
}

bool pci_driver_exists(const char *sysfs, const char *driver)
{
	char path[PCI_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/bus/pci/drivers/%s", sysfs, driver);
	return access(path, F_OK) == 0;
}

bool pci_interface_in_use(const char *sysfs, const char *ifname)
{
	char path[PCI_PATH_SIZE];
	uint64_t flags;

	snprintf(path, sizeof(path), "%s/class/net/%s/flags", sysfs, ifname);
	return ifname[0] && pci_sysfs_number(path, &flags) == 0 && (flags & IFF_UP);
}

const char *pci_function_best_driver(const struct pci_function *function)
{
	return function->group >= 0 && !function->bypasses_iommu ? "vfio-pci" : "uio_pci_generic";
}

void pci_function_bind_text(const char *sysfs, const struct pci_function *function,
	const char *driver, char *text, size_t size)
{
	bool vfio = strcmp(driver, "vfio-pci") == 0;
	char load[64] = "", unbind[64] = "";

	if (!pci_driver_exists(sysfs, driver))
		snprintf(load, sizeof(load), "modprobe -a %s%s; ", driver,
			vfio ? " vfio_iommu_type1" : "");
	if (function->driver[0])
		snprintf(unbind, sizeof(unbind), "echo %s >$D/driver/unbind; ", function->name);
	snprintf(text, size,
		"%sD=/sys/bus/pci/devices/%s; echo %s >$D/driver_override; "
		"%secho %s >/sys/bus/pci/drivers_probe",
		load, function->name, driver, unbind, function->name);
}
