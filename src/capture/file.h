/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A capture file on disk, written through a buffer.
 *
 * Invariant: whatever goes wrong, the file ends with a whole frame, and frames says how many it
 * has. One thread at a time: the control thread opens it, then the writer's thread has it.
 */
#ifndef CAPTURE_FILE_H
#define CAPTURE_FILE_H

#include "capture/format.h"
#include "util/error.h"

struct capture_file {
	const struct capture_format *format;
	int fd;
	int fault;             /* an errno that ended all writing; 0: none */
	uint64_t size, frames; /* on disk */
	size_t used;           /* bytes of the buffer */
	uint64_t buffered;     /* frames in there */
	uint8_t *buffer;
};

/*
 * Creates the file, or empties a regular one, and writes the head; its name decides the format.
 * Anything but a regular file, and one that a capture already writes to, is refused. 0, or -errno
 * with *err set (param "write").
 */
int capture_file_open(const char *path, const struct capture_facts *facts,
	struct capture_file **file, struct error *err);

/* Adds a frame. 0 or -errno; after a failure every call fails. */
int capture_file_add(
	struct capture_file *file, const struct capture_record *record, const uint8_t *frame);
/* Brings everything to disk. 0 or -errno. */
int capture_file_flush(struct capture_file *file);
/* Ends the file, also after a failure. 0 or the -errno of the first failure. Frees nothing. */
int capture_file_close(struct capture_file *file, const struct capture_totals *totals);
/* Closes without an end, if it is open. */
void capture_file_free(struct capture_file *file);

#endif
