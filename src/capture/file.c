/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffered writing that keeps the file whole. See file.h for who calls. */
#include "capture/file.h"

#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE (1u << 19)
/* What is captured is not for everybody's eyes. */
#define FILE_MODE 0640

_Static_assert(BUFFER_SIZE >= CAPTURE_SNAPLEN_MAX + CAPTURE_FRAME_MAX, "one frame always fits");

static int refuse(const char *path, int errnum, struct error *err)
{
	return error_set(err, errnum,
		errnum == EACCES || errnum == EPERM || errnum == EROFS ? ERROR_NOT_PERMITTED
								       : ERROR_INVALID,
		"write", "%.300s: %s", path, strerror(errnum));
}

/* A FIFO, a terminal or a disk must not even be opened. */
static int check_kind(const char *path, const struct stat *stat, struct error *err)
{
	if (S_ISREG(stat->st_mode))
		return 0;
	if (S_ISDIR(stat->st_mode))
		return refuse(path, EISDIR, err);
	error_set(err, EINVAL, ERROR_INVALID, "write", "%.300s is not a regular file", path);
	error_hint(err, "name a file; what is there already would be overwritten");
	return -EINVAL;
}

/* Opens the file and makes it ours alone, then empties it. fd or -errno. */
static int open_emptied(const char *path, struct error *err)
{
	struct stat found;
	int fd, rc;

	if (stat(path, &found) == 0 && (rc = check_kind(path, &found, err)) != 0)
		return rc;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
	if (fd < 0 || fstat(fd, &found) != 0) {
		rc = refuse(path, errno, err);
		goto fail;
	}
	rc = check_kind(path, &found, err); /* it may be another one by now */
	if (rc)
		goto fail;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
		rc = error_set(
			err, EBUSY, ERROR_BUSY, "write", "another capture writes to %.300s", path);
		goto fail;
	}
	if (ftruncate(fd, 0) == 0)
		return fd;
	rc = refuse(path, errno, err);
fail:
	if (fd >= 0)
		close(fd);
	return rc;
}

static int file_new(const char *path, struct capture_file **file)
{
	struct capture_file *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	new->fd = -1;
	new->format = capture_format_of(path);
	new->buffer = malloc(BUFFER_SIZE);
	if (!new->buffer) {
		free(new);
		return -ENOMEM;
	}
	*file = new;
	return 0;
}

int capture_file_open(const char *path, const struct capture_facts *facts,
	struct capture_file **file, struct error *err)
{
	struct capture_file *new;
	int rc = file_new(path, &new);

	if (rc)
		return error_set(err, -rc, ERROR_INTERNAL, NULL, "out of memory");
	rc = new->fd = open_emptied(path, err);
	if (rc < 0)
		goto fail;
	new->used = new->format->head(new->buffer, facts);
	rc = capture_file_flush(new);
	if (rc) {
		error_set(err, -rc, ERROR_INTERNAL, "write", "%.300s: %s", path, strerror(-rc));
		goto fail;
	}
	*file = new;
	return 0;
fail:
	capture_file_free(new);
	return rc;
}

/* Bytes written, of which the last write() failed with *fault if there are fewer than used. */
static size_t write_all(const struct capture_file *file, int *fault)
{
	size_t done = 0;

	while (done < file->used) {
		ssize_t n = write(file->fd, file->buffer + done, file->used - done);

		if (n > 0) {
			done += (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			*fault = n == 0 ? EIO : errno;
			break;
		}
	}
	return done;
}

/* Cuts off what follows the last whole piece among the bytes that were written. */
static void cut(struct capture_file *file, size_t written)
{
	uint64_t frames = 0;
	size_t whole = 0;

	while (frames < file->buffered) {
		size_t piece = file->format->piece_size(file->buffer + whole);

		if (whole + piece > written)
			break;
		whole += piece;
		frames++;
	}
	file->size += whole;
	file->frames += frames;
	/* Fails only where writing does as well, and then nothing can be done. */
	if (ftruncate(file->fd, (off_t)file->size) == 0)
		(void)lseek(file->fd, (off_t)file->size, SEEK_SET);
}

int capture_file_flush(struct capture_file *file)
{
	size_t written;

	if (file->fault)
		return -file->fault;
	written = write_all(file, &file->fault);
	if (file->fault) {
		cut(file, written);
	} else {
		file->size += written;
		file->frames += file->buffered;
	}
	file->used = 0;
	file->buffered = 0;
	return -file->fault;
}

int capture_file_add(
	struct capture_file *file, const struct capture_record *record, const uint8_t *frame)
{
	if (file->used + CAPTURE_FRAME_MAX + record->caplen > BUFFER_SIZE)
		capture_file_flush(file);
	if (file->fault)
		return -file->fault;
	file->used += file->format->frame(file->buffer + file->used, record, frame);
	file->buffered++;
	return 0;
}

/* The tail is tried even after a failure: on a full disk what was cut off may have made room. */
static void write_tail(struct capture_file *file, const struct capture_totals *totals)
{
	int fault = 0;

	file->used = file->format->tail(file->buffer, totals);
	if (write_all(file, &fault) < file->used)
		(void)ftruncate(file->fd, (off_t)file->size);
	else
		file->size += file->used;
	file->used = 0;
	if (!file->fault)
		file->fault = fault;
}

int capture_file_close(struct capture_file *file, const struct capture_totals *totals)
{
	capture_file_flush(file);
	write_tail(file, totals);
	if (close(file->fd) != 0 && !file->fault)
		file->fault = errno;
	file->fd = -1;
	return -file->fault;
}

void capture_file_free(struct capture_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	free(file->buffer);
	free(file);
}
