/* SPDX-License-Identifier: BSD-2-Clause */
/* The two roles behind the backend "vhost-user", for vhost_user.c alone. */
#ifndef NETDEV_VIRTIO_VHOST_USER_H
#define NETDEV_VIRTIO_VHOST_USER_H

#include "netdev/netdev.h"
#include "netdev/virtio/address.h"

/* role=driver: the front end. As netdev_ops.open; the device has ops of its own. */
int vhost_front_open(const struct virtio_options *options, struct netdev **dev, struct error *err);
/* role=device: the back end. */
int vhost_device_open(const struct virtio_options *options, struct netdev **dev, struct error *err);

#endif
