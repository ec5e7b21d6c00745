/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /dev/vhost-net: the kernel's device end of one pair of rings. Apart from vhost_net.c because
 * linux/vhost.h brings another definition of the rings with it. Functions return 0, a descriptor,
 * or -errno. Control thread.
 */
#ifndef NETDEV_VIRTIO_VHOST_KERNEL_H
#define NETDEV_VIRTIO_VHOST_KERNEL_H

#include "netdev/memory.h"

#include <stdint.h>

#define VHOST_KERNEL_PATH      "/dev/vhost-net"
#define VHOST_KERNEL_PARTS_MAX 8

/* What it offers. */
int vhost_kernel_features(uint64_t *offered);

/* A device of our own, which sees those parts of our memory, at our addresses. */
int vhost_kernel_open(uint64_t features, const struct memory *const *parts, unsigned count);

/* Tells it a ring (0: it receives for us, 1: it transmits) and how we wake it up; it never wakes
 * us. */
int vhost_kernel_ring(int fd, unsigned index, uint16_t size, const void *desc, const void *avail,
	const void *used, int kick_fd);

/* From here on it moves frames between the rings and the TAP; -1: no more, and none is under way
 * when this returns. */
int vhost_kernel_attach(int fd, int tap_fd);

#endif
