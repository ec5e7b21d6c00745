/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A capture: what a port receives, on its way into a file.
 *
 *   worker → source (filter, cut) → ring → writer's thread → file
 *
 * The engine opens it and gives each queue's source to that queue's worker. When it is over, or
 * shall end, the engine takes the sources back from the workers, says capture_finish(), and frees
 * it once it is closed. Memory is bounded: a ring for each queue and one buffer. Control thread,
 * which never waits for the disk (but for the first write, of a head).
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include "capture/format.h"
#include "capture/source.h"
#include "util/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes of frames that wait for the disk, per queue. */
#define CAPTURE_RING_SIZE (8u << 20)
#define CAPTURE_PATH_SIZE 1024

struct capture_conf {
	const char *path;   /* ".pcap": pcap; else pcapng */
	const char *filter; /* pcap-filter(7); NULL or "": all frames */
	uint64_t snaplen;   /* bytes of each frame to keep; 0: all */
	uint64_t count;     /* frames after which it is over; 0: never */
	unsigned queues;
	struct capture_facts facts; /* but for filter and snaplen */
	int notify_fd;              /* eventfd: written to when there is news */
};

struct capture_result {
	uint64_t frames;   /* in the file */
	uint64_t size;     /* of the file, in bytes */
	uint64_t filtered; /* frames that the filter did not want */
	uint64_t dropped;  /* frames that it wanted and that are not in the file */
	int fault;         /* the errno that ended it; 0: none */
};

struct capture;

/* 0, or -errno with *err set; its param is "filter", "snaplen" or "write". */
int capture_open(const struct capture_conf *conf, struct capture **capture, struct error *err);

struct capture_source *capture_source(const struct capture *capture, unsigned queue);

/* All frames that were asked for are there, or it failed: sources take no more. */
bool capture_is_over(const struct capture *capture);

/* Once, when no worker has a source any more. The file is closed some time later. */
void capture_finish(struct capture *capture, uint64_t lost_by_device);
bool capture_is_closed(const struct capture *capture);

void capture_result(const struct capture *capture, struct capture_result *result);

/* After capture_finish(). Waits, bounded, when it is not closed; false: the disk hangs. */
bool capture_free(struct capture *capture);

#endif
