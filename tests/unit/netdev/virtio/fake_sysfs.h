/* SPDX-License-Identifier: BSD-2-Clause */
/* A small sysfs in a temporary folder, for tests that read one. Ends the test when it can't. */
#ifndef FAKE_SYSFS_H
#define FAKE_SYSFS_H

/* Makes the folder; its path, valid until fake_sysfs_remove(). */
const char *fake_sysfs_make(void);
void fake_sysfs_remove(void);

/* Folders in between are made. Paths are relative to the root. */
void fake_sysfs_file(const char *path, const char *text);
void fake_sysfs_link(const char *path, const char *target);
void fake_sysfs_folder(const char *path);

/* A PCI function of 1af4:device with that subsystem id, driver ("": none) and group (-1: none). */
void fake_sysfs_function(
	const char *name, const char *device, const char *subsystem, const char *driver, int group);

#endif
