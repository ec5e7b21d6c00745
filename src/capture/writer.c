/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drain → flush → rest, until told to finish. The worker makes no system call, so nobody wakes this
 * thread for frames: it looks every few milliseconds, and a ring holds more than comes in between.
 */
#include "capture/writer.h"

#include "util/clock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#define LOOK_MS 5
/* How long capture_writer_free() waits. */
#define FREE_MAX_MS 5000

struct capture_writer {
	struct capture_writer_conf conf;
	pthread_t thread;
	int wake_fd;
	uint64_t started_ns; /* CLOCK_REALTIME */
	uint64_t lost_by_device;

	/* The thread's own. */
	uint64_t taken; /* frames given to the file */

	/* What the thread says. */
	struct counter frames, size, lost;
	atomic_int fault;
	atomic_bool over, closed;
	atomic_bool finish; /* what it is told */
};

static void eventfd_raise(int fd)
{
	uint64_t one = 1;
	ssize_t written = write(fd, &one, sizeof(one));

	(void)written; /* the counter is full: whoever reads is awake already */
}

/* What is on disk now, and whether that is the end. */
static void tell(struct capture_writer *writer)
{
	const struct capture_file *file = writer->conf.file;

	counter_set(&writer->frames, file->frames);
	counter_set(&writer->size, file->size);
	atomic_store(&writer->fault, file->fault);
	if (atomic_load(&writer->over) || (!file->fault && file->frames < writer->conf.count))
		return;
	atomic_store(&writer->over, true);
	eventfd_raise(writer->conf.notify_fd);
}

/* The source whose oldest frame is the oldest of all; NULL: all are empty. */
static struct capture_source *choose(
	const struct capture_writer *writer, const struct capture_record **record)
{
	struct capture_source *chosen = NULL;

	for (unsigned i = 0; i < writer->conf.source_count; i++) {
		const struct capture_record *next =
			capture_ring_peek(writer->conf.sources[i]->ring);

		if (!next || (chosen && (*record)->time_ns <= next->time_ns))
			continue;
		chosen = writer->conf.sources[i];
		*record = next;
	}
	return chosen;
}

/* Everything that is in the rings; stops when the file is full, or has all that was wanted. */
static void drain(struct capture_writer *writer)
{
	struct capture_file *file = writer->conf.file;
	const struct capture_record *record = NULL;
	struct capture_source *source;

	while (!file->fault && writer->taken < writer->conf.count &&
		(source = choose(writer, &record))) {
		capture_file_add(file, record, (const uint8_t *)(record + 1));
		capture_ring_drop(source->ring);
		writer->taken++;
	}
	capture_file_flush(file);
	tell(writer);
}

static void rest(const struct capture_writer *writer)
{
	struct pollfd fd = {.fd = writer->wake_fd, .events = POLLIN};

	poll(&fd, 1, atomic_load(&writer->over) ? -1 : LOOK_MS);
}

/* Frames that would be in the file had it not failed: taken, or still in the rings. */
static uint64_t count_lost(struct capture_writer *writer)
{
	uint64_t lost = writer->taken - writer->conf.file->frames;
	const struct capture_record *record;
	struct capture_source *source;

	if (!writer->conf.file->fault)
		return 0;
	while ((source = choose(writer, &record))) {
		capture_ring_drop(source->ring);
		lost++;
	}
	return lost;
}

static void close_file(struct capture_writer *writer)
{
	struct capture_totals totals = {.started_ns = writer->started_ns,
		.ended_ns = clock_wall_ns(),
		.delivered = writer->conf.file->frames,
		.dropped = count_lost(writer)};
	uint64_t filtered = 0;

	counter_set(&writer->lost, totals.dropped);
	for (unsigned i = 0; i < writer->conf.source_count; i++) {
		totals.dropped += counter_read(&writer->conf.sources[i]->dropped);
		filtered += counter_read(&writer->conf.sources[i]->filtered);
	}
	totals.accepted = totals.delivered + totals.dropped;
	totals.dropped += writer->lost_by_device;
	totals.received = totals.delivered + totals.dropped + filtered;
	capture_file_close(writer->conf.file, &totals);
}

static void *writer_main(void *arg)
{
	struct capture_writer *writer = arg;
	bool told;

	prctl(PR_SET_NAME, "pktgend-capture");
	do {
		/* Asked before draining: what was offered before it was told is then seen. */
		told = atomic_load(&writer->finish);
		drain(writer);
		if (!told)
			rest(writer);
	} while (!told);
	close_file(writer);
	tell(writer);
	atomic_store(&writer->closed, true);
	eventfd_raise(writer->conf.notify_fd);
	return NULL;
}

/* Signals are the control thread's; and SIGXFSZ, blocked, leaves an errno as any full disk does. */
static int thread_start(struct capture_writer *writer)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&writer->thread, NULL, writer_main, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -rc;
}

int capture_writer_new(const struct capture_writer_conf *conf, struct capture_writer **writer)
{
	struct capture_writer *new = calloc(1, sizeof(*new));
	int rc;

	if (!new)
		return -ENOMEM;
	new->conf = *conf;
	new->started_ns = clock_wall_ns();
	counter_set(&new->size, conf->file->size);
	new->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = new->wake_fd < 0 ? -errno : thread_start(new);
	if (rc == 0) {
		*writer = new;
		return 0;
	}
	if (new->wake_fd >= 0)
		close(new->wake_fd);
	free(new);
	return rc;
}

bool capture_writer_is_over(const struct capture_writer *writer)
{
	return atomic_load(&((struct capture_writer *)writer)->over);
}

void capture_writer_finish(struct capture_writer *writer, uint64_t lost_by_device)
{
	writer->lost_by_device = lost_by_device;
	atomic_store(&writer->finish, true);
	eventfd_raise(writer->wake_fd);
}

bool capture_writer_is_closed(const struct capture_writer *writer)
{
	return atomic_load(&((struct capture_writer *)writer)->closed);
}

void capture_writer_result(
	const struct capture_writer *writer, struct capture_writer_result *result)
{
	*result = (struct capture_writer_result){
		.frames = counter_read(&writer->frames),
		.size = counter_read(&writer->size),
		.lost = counter_read(&writer->lost),
		.fault = atomic_load(&((struct capture_writer *)writer)->fault),
	};
}

bool capture_writer_free(struct capture_writer *writer)
{
	for (int ms = 0; ms < FREE_MAX_MS && !capture_writer_is_closed(writer); ms++)
		poll(NULL, 0, 1);
	if (!capture_writer_is_closed(writer)) {
		pthread_detach(writer->thread);
		return false;
	}
	pthread_join(writer->thread, NULL);
	capture_file_free(writer->conf.file);
	close(writer->wake_fd);
	free(writer);
	return true;
}
