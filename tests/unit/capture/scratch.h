/* SPDX-License-Identifier: BSD-2-Clause */
/* A folder for a test's files, frames to put into them, and what is in them then. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "capture/ring.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_folder[64];

/* The path of a file in a folder that is made anew by the first call of a test. */
static inline const char *scratch_path(const char *name)
{
	static char path[128];

	if (!scratch_folder[0]) {
		strcpy(scratch_folder, "/tmp/pktgend-unit-XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(scratch_folder));
	}
	snprintf(path, sizeof(path), "%s/%s", scratch_folder, name);
	return path;
}

/* Removes a file and the folder, when that was the last one. */
static inline void scratch_remove(const char *name)
{
	ck_assert_int_eq(unlink(scratch_path(name)), 0);
	if (rmdir(scratch_folder) == 0)
		scratch_folder[0] = '\0';
}

/* All bytes of a file; their number in *size. */
static inline const uint8_t *scratch_read(const char *name, size_t *size)
{
	static uint8_t bytes[1 << 21];
	FILE *file = fopen(scratch_path(name), "rb");

	ck_assert_ptr_nonnull(file);
	*size = fread(bytes, 1, sizeof(bytes), file);
	ck_assert(*size < sizeof(bytes));
	fclose(file);
	return bytes;
}

/*
 * As a full disk does it: the write that goes beyond size is cut short, the next one fails. Check
 * writes to a file as well: nothing may be asserted until the limit is RLIM_INFINITY again.
 */
static inline void scratch_limit(rlim_t size)
{
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = size, .rlim_max = RLIM_INFINITY});
}

/* How many frames a pcap file has, each of them whole, and their lengths; its head is 24 bytes. */
static inline unsigned scratch_pcap_frames(const char *name, uint32_t *lengths, unsigned max)
{
	size_t size, at = 24;
	const uint8_t *bytes = scratch_read(name, &size);
	unsigned n = 0;

	for (uint32_t words[4]; at < size; at += sizeof(words) + words[2]) {
		ck_assert_uint_le(at + sizeof(words), size);
		memcpy(words, bytes + at, sizeof(words));
		if (n < max)
			lengths[n] = words[3];
		n++;
	}
	ck_assert_uint_eq(at, size);
	return n;
}

#endif
