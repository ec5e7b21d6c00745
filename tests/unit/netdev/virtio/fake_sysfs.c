/* SPDX-License-Identifier: BSD-2-Clause */
/* A small sysfs in a temporary folder. */
#include "fake_sysfs.h"

#include "unit.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 256

static char root[64];

const char *fake_sysfs_make(void)
{
	snprintf(root, sizeof(root), "/tmp/pktgend-sysfs-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	return root;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

void fake_sysfs_remove(void)
{
	ck_assert_int_eq(nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* The whole path, whose folders exist when this returns. */
static void path_make(char whole[PATH_SIZE], const char *path)
{
	ck_assert_int_lt(snprintf(whole, PATH_SIZE, "%s/%s", root, path), PATH_SIZE);
	for (char *slash = whole + strlen(root); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ck_assert(mkdir(whole, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

void fake_sysfs_file(const char *path, const char *text)
{
	char whole[PATH_SIZE];
	FILE *file;

	path_make(whole, path);
	file = fopen(whole, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

void fake_sysfs_link(const char *path, const char *target)
{
	char whole[PATH_SIZE];

	path_make(whole, path);
	ck_assert_int_eq(symlink(target, whole), 0);
}

void fake_sysfs_folder(const char *path)
{
	char whole[PATH_SIZE];

	path_make(whole, path);
	ck_assert(mkdir(whole, 0700) == 0 || errno == EEXIST);
}

static void function_file(const char *name, const char *file, const char *text)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "bus/pci/devices/%s/%s", name, file);
	fake_sysfs_file(path, text);
}

static void function_link(const char *name, const char *file, const char *target)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "bus/pci/devices/%s/%s", name, file);
	fake_sysfs_link(path, target);
}

static void function_group(const char *name, int group)
{
	char path[PATH_SIZE], target[PATH_SIZE];

	snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%d", group);
	function_link(name, "iommu_group", target);
	snprintf(path, sizeof(path), "kernel/iommu_groups/%d/type", group);
	fake_sysfs_file(path, "DMA-FQ\n");
	snprintf(path, sizeof(path), "kernel/iommu_groups/%d/devices/%s", group, name);
	fake_sysfs_link(path, "../../../../bus/pci/devices");
}

void fake_sysfs_function(
	const char *name, const char *device, const char *subsystem, const char *driver, int group)
{
	char path[PATH_SIZE];

	function_file(name, "vendor", "0x1af4\n");
	function_file(name, "device", device);
	function_file(name, "subsystem_device", subsystem);
	if (driver[0]) {
		snprintf(path, sizeof(path), "bus/pci/drivers/%s", driver);
		fake_sysfs_folder(path);
		snprintf(path, sizeof(path), "../../drivers/%s", driver);
		function_link(name, "driver", path);
	}
	if (group >= 0)
		function_group(name, group);
}
