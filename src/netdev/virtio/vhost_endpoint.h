/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How two vhost-user peers find each other, whatever their roles: one connects to a path again and
 * again until somebody listens there, the other listens on it and takes one peer at a time.
 *
 * Nothing blocks. epoll_fd is readable when something happened: the owner then calls
 * vhost_endpoint_service(), and reads messages from connection while connection.fd >= 0. Control
 * thread.
 */
#ifndef NETDEV_VIRTIO_VHOST_ENDPOINT_H
#define NETDEV_VIRTIO_VHOST_ENDPOINT_H

#include "netdev/virtio/address.h"
#include "netdev/virtio/vhost_message.h"
#include "util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct vhost_endpoint {
	char path[108];
	int epoll_fd;  /* for netdev_ops.service_fd */
	int listen_fd; /* -1: connects */
	int timer_fd;  /* the next try to connect; with a peer, the owner's */
	dev_t dev;     /* what listens: only that is unlinked */
	ino_t ino;
	int failure; /* errno of the last try; a listener's: it is not watched for that */
	struct vhost_connection connection;
};

/* Listens, or begins to try. That nobody listens there yet is no error. */
int vhost_endpoint_open(
	struct vhost_endpoint *endpoint, const struct virtio_options *options, struct error *err);
/* Closes everything and removes the path that listened. */
void vhost_endpoint_close(struct vhost_endpoint *endpoint);

/* Does what there is to do; true when a peer has just come. */
bool vhost_endpoint_service(struct vhost_endpoint *endpoint);
/* The peer goes; the search for the next one begins. */
void vhost_endpoint_disconnect(struct vhost_endpoint *endpoint);

/* The peer goes and no other one is wanted: the owner is about to close. */
void vhost_endpoint_retire(struct vhost_endpoint *endpoint);

/* While there is a peer: service is called again after ns. 0: it need not be. */
void vhost_endpoint_timer(struct vhost_endpoint *endpoint, uint64_t ns);
/* Whether that time has passed since it was set; true once. */
bool vhost_endpoint_expired(struct vhost_endpoint *endpoint);

/* Lets epoll_fd watch another descriptor of the owner's too, until it is closed. 0 or -errno. */
int vhost_endpoint_watch(struct vhost_endpoint *endpoint, int fd);

/* Why there is no peer, for people: "nobody listens on /run/sw.sock yet". */
void vhost_endpoint_reason(const struct vhost_endpoint *endpoint, char *text, size_t size);

#endif
