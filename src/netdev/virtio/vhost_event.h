/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Eventfds that a peer has too, on which we call it. O_NONBLOCK belongs to both: the peer can clear
 * it and fill the counter, and then a worker that writes hangs. It cannot help that; the control
 * thread looks after it, and makes room.
 */
#ifndef NETDEV_VIRTIO_VHOST_EVENT_H
#define NETDEV_VIRTIO_VHOST_EVENT_H

#include <stdbool.h>

/* Whether a write may hang now: the counter is full, which no honest use comes to. fd -1: no. */
bool vhost_event_blocks(int fd);
/* Makes room; never waits. */
void vhost_event_drain(int fd);

#endif
