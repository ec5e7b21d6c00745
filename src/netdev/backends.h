/* SPDX-License-Identifier: BSD-2-Clause */
/* The backends, for registry.c alone. */
#ifndef NETDEV_BACKENDS_H
#define NETDEV_BACKENDS_H

#include "netdev/netdev.h"

extern const struct netdev_ops netdev_null_ops;
extern const struct netdev_ops netdev_packet_ops;
extern const struct netdev_ops netdev_vhost_net_ops;
extern const struct netdev_ops netdev_vhost_user_ops;
extern const struct netdev_ops netdev_virtio_pci_ops;

#endif
