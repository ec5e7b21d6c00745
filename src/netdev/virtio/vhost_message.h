/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vhost-user protocol's messages, and a connection that carries them without ever blocking
 * (QEMU, docs/interop/vhost-user.rst). Control thread; both roles use it.
 */
#ifndef NETDEV_VIRTIO_VHOST_MESSAGE_H
#define NETDEV_VIRTIO_VHOST_MESSAGE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vhost_request {
	VHOST_USER_GET_FEATURES = 1,
	VHOST_USER_SET_FEATURES = 2,
	VHOST_USER_SET_OWNER = 3,
	VHOST_USER_RESET_OWNER = 4,
	VHOST_USER_SET_MEM_TABLE = 5,
	VHOST_USER_SET_LOG_BASE = 6,
	VHOST_USER_SET_LOG_FD = 7,
	VHOST_USER_SET_VRING_NUM = 8,
	VHOST_USER_SET_VRING_ADDR = 9,
	VHOST_USER_SET_VRING_BASE = 10,
	VHOST_USER_GET_VRING_BASE = 11,
	VHOST_USER_SET_VRING_KICK = 12,
	VHOST_USER_SET_VRING_CALL = 13,
	VHOST_USER_SET_VRING_ERR = 14,
	VHOST_USER_GET_PROTOCOL_FEATURES = 15,
	VHOST_USER_SET_PROTOCOL_FEATURES = 16,
	VHOST_USER_GET_QUEUE_NUM = 17,
	VHOST_USER_SET_VRING_ENABLE = 18,
	VHOST_USER_SEND_RARP = 19,
	VHOST_USER_NET_SET_MTU = 20,
	VHOST_USER_RESET_DEVICE = 34,
	VHOST_USER_GET_MAX_MEM_SLOTS = 36,
	VHOST_USER_ADD_MEM_REG = 37,
	VHOST_USER_REM_MEM_REG = 38,
	VHOST_USER_SET_STATUS = 39,
	VHOST_USER_GET_STATUS = 40,
};

/* Protocol feature bits. */
#define VHOST_USER_PROTOCOL_F_MQ                  (UINT64_C(1) << 0)
#define VHOST_USER_PROTOCOL_F_REPLY_ACK           (UINT64_C(1) << 3)
#define VHOST_USER_PROTOCOL_F_NET_MTU             (UINT64_C(1) << 4)
#define VHOST_USER_PROTOCOL_F_RESET_DEVICE        (UINT64_C(1) << 13)
#define VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS (UINT64_C(1) << 15)
#define VHOST_USER_PROTOCOL_F_STATUS              (UINT64_C(1) << 16)

#define VHOST_USER_VERSION      1u
#define VHOST_USER_REPLY        4u /* header flags */
#define VHOST_USER_NEED_REPLY   8u
#define VHOST_USER_FDS_MAX      32
#define VHOST_USER_BASE_REGIONS 8 /* in SET_MEM_TABLE */

struct vhost_region {
	uint64_t guest_addr, size, user_addr, mmap_offset;
};
struct vhost_vring_state {
	uint32_t index, num;
};
struct vhost_vring_addr {
	uint32_t index, flags;
	uint64_t desc, used, avail, log;
};
struct vhost_mem_table {
	uint32_t count, padding;
	struct vhost_region regions[VHOST_USER_BASE_REGIONS];
};
struct vhost_mem_single {
	uint64_t padding;
	struct vhost_region region;
};

struct vhost_message {
	uint32_t request, flags, size;
	union {
		uint64_t u64; /* vring fds: index in bits 0-7, no descriptor in bit 8 */
		struct vhost_vring_state state;
		struct vhost_vring_addr addr;
		struct vhost_mem_table table;
		struct vhost_mem_single single;
		uint8_t bytes[sizeof(struct vhost_mem_table)];
	} __attribute__((packed));
} __attribute__((packed));
static_assert(offsetof(struct vhost_message, u64) == 12, "vhost-user.rst, Header");

#define VHOST_MESSAGE_HEADER 12

/* One end of a connection; buffers partial messages both ways. */
struct vhost_connection {
	int fd; /* non-blocking; -1: none */
	struct vhost_message in;
	size_t in_len;
	int in_fds[VHOST_USER_FDS_MAX];
	unsigned in_fd_count;
};

void vhost_connection_init(struct vhost_connection *connection, int fd);
/* Closes the socket and descriptors that came with an unfinished message. */
void vhost_connection_close(struct vhost_connection *connection);

/*
 * The next whole message and the descriptors that came with it: theirs is who calls; every one must
 * be closed or kept. 1: there is one, 0: not yet, -ECONNRESET: the peer has gone, -EPROTO: what
 * came is no vhost-user message (size beyond the largest, version, too many descriptors), or
 * -errno.
 */
int vhost_message_receive(struct vhost_connection *connection, struct vhost_message *message,
	int fds[VHOST_USER_FDS_MAX], unsigned *fd_count);

/*
 * Sends a message with descriptors, which stay the caller's. Messages are small and replies are
 * waited for, so a full socket means a peer that reads nothing: -EAGAIN. 0 or -errno; a message
 * that went out in part breaks the connection (-EPIPE).
 */
int vhost_message_send(struct vhost_connection *connection, const struct vhost_message *message,
	const int *fds, unsigned fd_count);

/* "SET_MEM_TABLE", or "request 99" in a buffer of its own. */
const char *vhost_request_name(uint32_t request);

#endif
