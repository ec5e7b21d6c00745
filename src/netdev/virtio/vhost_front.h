/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vhost-user front end: what vhost_front.c, which carries the conversation, and
 * vhost_script.c, which knows what is said, have in common. Control thread.
 */
#ifndef NETDEV_VIRTIO_VHOST_FRONT_H
#define NETDEV_VIRTIO_VHOST_FRONT_H

#include "netdev/virtio/driver.h"
#include "netdev/virtio/vhost_endpoint.h"

#define VHOST_FRONT_RINGS_MAX (2 * VIRTIO_QUEUE_PAIRS_MAX)

struct vhost_front {
	struct virtio_driver driver; /* first */
	struct vhost_endpoint endpoint;
	const struct vhost_script *script;   /* under way; NULL: silence */
	unsigned step, ring;                 /* where */
	bool awaiting;                       /* the answer to that step */
	bool wanted;                         /* between start() and stop() */
	bool told;                           /* the peer has heard of rings, or is about to */
	bool running;                        /* the start script is through */
	bool stop_due;                       /* what was told must be taken back first */
	bool hung_up;                        /* dev.reason says why the last peer was left */
	uint64_t offered, protocol;          /* features of the peer, those in use */
	unsigned ring_count;                 /* of the rings that were told */
	int kick_fds[VHOST_FRONT_RINGS_MAX]; /* between start() and stop(); -1: none */
	struct ring_areas areas[VHOST_FRONT_RINGS_MAX]; /* as laid out by the start script */
	struct error error;                             /* of what a step returned */
};

struct vhost_outgoing {
	struct vhost_message message;
	int fds[2];
	unsigned fd_count;
};

/* One message. Functions return NULL, or why the conversation cannot go on. */
struct vhost_step {
	uint32_t request;
	uint64_t feature, protocol; /* skipped unless offered, in use */
	bool each_ring;
	bool no_ack; /* asks for no confirmation, even if those are in use */
	uint64_t value;
	/* The payload and its size; NULL: none. */
	const char *(*write)(struct vhost_front *front, struct vhost_outgoing *out);
	/* The answer; NULL: none but a confirmation. */
	const char *(*read)(struct vhost_front *front, uint64_t value);
};

struct vhost_script {
	const struct vhost_step *steps;
	size_t count;
	const char *(*end)(struct vhost_front *front);
};

/* When a peer has come; to start rings; to stop them. */
extern const struct vhost_script vhost_script_greeting;
extern const struct vhost_script vhost_script_start;
extern const struct vhost_script vhost_script_stop;

static inline const struct vhost_step *vhost_front_step(const struct vhost_front *front)
{
	return &front->script->steps[front->step];
}

#endif
