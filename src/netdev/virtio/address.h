/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands behind the ':' of a virtio location: "ADDRESS[,OPTION=VALUE]…", as in
 * "vhost-user:/run/sw.sock,role=device,server=on". Pure functions.
 */
#ifndef NETDEV_VIRTIO_ADDRESS_H
#define NETDEV_VIRTIO_ADDRESS_H

#include "util/error.h"

#include <stdbool.h>
#include <stdint.h>

enum virtio_choice { VIRTIO_AUTO, VIRTIO_ON, VIRTIO_OFF };

struct virtio_options {
	char address[108]; /* a socket's path, a TAP's name, a PCI function */
	bool device;       /* role=device: the back end */
	bool server;       /* server=on: listens */
	enum virtio_choice packed;
	uint16_t queue_size; /* 0: VRING_SIZE_DEFAULT */
};

/* Which options a backend takes. */
enum virtio_option_set {
	VIRTIO_TAKES_RINGS = 1,  /* packed=auto|on|off, queue-size=N (a power of two) */
	VIRTIO_TAKES_SOCKET = 2, /* role=driver|device, server=on|off */
};

/* 0, or -EINVAL with *err: param "location", what is wrong, and "did you mean" or what there is. */
int virtio_options_parse(
	const char *text, unsigned takes, struct virtio_options *options, struct error *err);

/* A MAC that is the same for the same address, locally administered. Its second byte is kind, so
 * that the two ends of one path differ. */
void virtio_mac_make(const char *address, uint8_t kind, uint8_t mac[6]);

#endif
