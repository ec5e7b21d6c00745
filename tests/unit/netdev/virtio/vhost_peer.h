/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vhost-user peer for tests of the back end: messages of each kind of payload, in their right
 * size, handed to one back end. What comes of them is in rc, reply and back.reason.
 */
#ifndef NETDEV_VIRTIO_VHOST_PEER_H
#define NETDEV_VIRTIO_VHOST_PEER_H

#include "netdev/virtio/vhost_back.h"

#include <check.h>
#include <errno.h>

#define PAIRS  2
#define PHYS   UINT64_C(0x40000000)
#define USER   UINT64_C(0x7f1200000000)
#define MEMORY UINT64_C(0x40000)
#define DESC   UINT64_C(0x0)
#define AVAIL  UINT64_C(0x2000)
#define USED   UINT64_C(0x3000)

#define OFFERED_PROTOCOL \
	(VHOST_USER_PROTOCOL_F_MQ | VHOST_USER_PROTOCOL_F_REPLY_ACK | \
		VHOST_USER_PROTOCOL_F_NET_MTU | VHOST_USER_PROTOCOL_F_RESET_DEVICE | \
		VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS | VHOST_USER_PROTOCOL_F_STATUS)

extern struct vhost_back back;
extern struct vhost_message reply;

#define ck_violation(rc, text) \
	do { \
		ck_assert_int_eq((rc), -EPROTO); \
		ck_assert_str_eq(back.reason, (text)); \
	} while (0)

/* A file of MEMORY bytes; an eventfd. */
int peer_memory(void);
int peer_event(void);

int peer_handle(struct vhost_message *message, int *fds, unsigned fd_count);
int peer_send_nothing(uint32_t request);
int peer_send_u64(uint32_t request, uint64_t value);
int peer_send_state(uint32_t request, uint32_t index, uint32_t num);
int peer_send_addr(uint32_t index, uint32_t flags, uint64_t desc, uint64_t avail, uint64_t used);
/* fd -1: none */
int peer_send_fd(uint32_t request, uint64_t value, int fd);
int peer_send_region(uint32_t request, uint64_t guest_addr, uint64_t size, int fd);
/* count regions of a page, with fd_count descriptors. */
int peer_send_table(uint32_t count, unsigned fd_count);

/* A peer that has negotiated and shared its memory. */
void peer_begin(uint64_t features, uint64_t protocol_features);
/* Everything that ring index needs, but for being enabled. */
void peer_ring_start(uint32_t index);
/* Whether the ring is to be driven. */
bool peer_ready(unsigned index);

#endif
