/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vhost-user back end: what a front end's messages do to features, memory and rings. No I/O:
 * messages and descriptors come in, replies go out, so that anything can be fed to it.
 *
 * The peer is hostile until proven otherwise. A message of a wrong size, with wrong descriptors,
 * out of order or with numbers that cannot be is a violation, after which the caller closes the
 * connection. Control thread; while a message is handled that vhost_back_disturbs(), no worker may
 * use a ring or the guest.
 *
 * Invariant: a ring that vhost_back_ring() gives away lies in mapped memory as a whole, aligned,
 * and begins at an entry that it has.
 */
#ifndef NETDEV_VIRTIO_VHOST_BACK_H
#define NETDEV_VIRTIO_VHOST_BACK_H

#include "netdev/virtio/guest.h"
#include "netdev/virtio/ring.h"
#include "netdev/virtio/vhost_message.h"

#include <stdbool.h>
#include <stdint.h>

#define VHOST_BACK_PAIRS_MAX 16
#define VHOST_BACK_RINGS_MAX (2 * VHOST_BACK_PAIRS_MAX)

struct vhost_back_ring {
	uint16_t size; /* 0: not told */
	bool addressed;
	bool started; /* SET_VRING_KICK came, and no GET_VRING_BASE since */
	bool enabled;
	struct vhost_vring_addr addr;
	/* Where to go on: as SET_VRING_BASE said, or as whoever used the ring wrote here since. */
	uint32_t base;
	int call_fd; /* an eventfd that does not block, or -1 */
};

struct vhost_back {
	unsigned pairs; /* queue pairs that are offered */
	uint64_t features, protocol_features;
	uint64_t status;
	uint16_t mtu; /* 0: not told */
	struct guest guest;
	struct vhost_back_ring rings[VHOST_BACK_RINGS_MAX];
	char reason[128]; /* of the violation */
};

/* Of a new connection. */
void vhost_back_init(struct vhost_back *back, unsigned pairs);
/* Unmaps and closes everything. */
void vhost_back_fini(struct vhost_back *back);

/* Whether a request changes what workers use. */
bool vhost_back_disturbs(uint32_t request);

/*
 * Handles a message, and keeps or closes all of its descriptors. 1: reply is to be sent, 0: there
 * is none, -EPROTO: a violation, back->reason says which.
 */
int vhost_back_handle(struct vhost_back *back, const struct vhost_message *message, int *fds,
	unsigned fd_count, struct vhost_message *reply);

/*
 * Ring index as it is to be driven: even ones carry frames to the peer, odd ones from it (virtio
 * 1.2 §5.1.2). Whether it is started, enabled, and all that it needs is there.
 */
bool vhost_back_ring(const struct vhost_back *back, unsigned index, struct ring_shape *shape,
	struct ring_areas *areas);

#endif
