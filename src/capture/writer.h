/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread between the rings of a port and a file: a disk may be as slow as it likes, nobody else
 * waits for it.
 *
 * It goes on until capture_writer_finish(), which is called when nothing offers frames any more;
 * what has been offered until then is written. When it has all that were asked for, or cannot
 * write, it says so (capture_writer_is_over()) and writes no more, but still waits to be told.
 * Whenever it has something new to say it writes to notify_fd. Functions: control thread.
 */
#ifndef CAPTURE_WRITER_H
#define CAPTURE_WRITER_H

#include "capture/file.h"
#include "capture/source.h"

struct capture_writer;

struct capture_writer_conf {
	struct capture_file *file;             /* becomes the writer's */
	struct capture_source *const *sources; /* stay the caller's, as the array does */
	unsigned source_count;
	uint64_t count; /* frames to write; UINT64_MAX: all */
	int notify_fd;  /* eventfd; not owned */
};

/* 0 or -errno; on failure the file is still the caller's. */
int capture_writer_new(const struct capture_writer_conf *conf, struct capture_writer **writer);

bool capture_writer_is_over(const struct capture_writer *writer);

/* Nothing comes any more: write what is there, and how many frames the device has lost. */
void capture_writer_finish(struct capture_writer *writer, uint64_t lost_by_device);
bool capture_writer_is_closed(const struct capture_writer *writer);

struct capture_writer_result {
	uint64_t frames, size; /* in the file, so far */
	uint64_t lost;         /* frames that a failure kept from the file; final when closed */
	int fault;             /* the errno of the failure; 0: none */
};
void capture_writer_result(
	const struct capture_writer *writer, struct capture_writer_result *result);

/*
 * Waits for the thread, which was told to finish, but not for ever. false: it hangs in the disk; it
 * still uses all it was given, so nothing of that may be freed.
 */
bool capture_writer_free(struct capture_writer *writer);

#endif
