/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Framing of the vhost-user protocol: whole messages in and out of a stream socket.
 *
 * A message is read up to its own end and never beyond, so that descriptors are never taken for
 * those of the message before. What has come of an unfinished message, bytes and descriptors,
 * belongs to the connection. Control thread.
 */
#include "netdev/virtio/vhost_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VERSION_MASK 3u
#define PAYLOAD_MAX  (sizeof(struct vhost_message) - VHOST_MESSAGE_HEADER)

union control {
	char bytes[CMSG_SPACE(sizeof(int) * VHOST_USER_FDS_MAX)];
	struct cmsghdr align;
};

void vhost_connection_init(struct vhost_connection *connection, int fd)
{
	*connection = (struct vhost_connection){.fd = fd};
}

void vhost_connection_close(struct vhost_connection *connection)
{
	for (unsigned i = 0; i < connection->in_fd_count; i++)
		close(connection->in_fds[i]);
	if (connection->fd >= 0)
		close(connection->fd);
	vhost_connection_init(connection, -1);
}

/* One more descriptor; false when there is no room. */
static bool keep_fd(struct vhost_connection *connection, int fd)
{
	if (connection->in_fd_count == VHOST_USER_FDS_MAX) {
		close(fd);
		return false;
	}
	connection->in_fds[connection->in_fd_count++] = fd;
	return true;
}

/* Takes over every descriptor that came, even if it is one too many. */
static int keep_fds(struct vhost_connection *connection, struct msghdr *header)
{
	bool fit = !(header->msg_flags & MSG_CTRUNC);

	for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control;
		control = CMSG_NXTHDR(header, control)) {
		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof(int) <= control->cmsg_len - CMSG_LEN(0);
			at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(control) + at, sizeof(fd));
			fit = keep_fd(connection, fd) && fit;
		}
	}
	return fit ? 0 : -EPROTO;
}

/* Reads on until the message is len bytes long. 1: it is, 0: not yet, or -errno. */
static int fill(struct vhost_connection *connection, size_t len)
{
	while (connection->in_len < len) {
		union control control;
		struct iovec part = {
			(uint8_t *)&connection->in + connection->in_len, len - connection->in_len};
		struct msghdr header = {.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control)};
		ssize_t got = recvmsg(connection->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		int rc;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		rc = keep_fds(connection, &header);
		if (rc)
			return rc;
		if (got == 0)
			return -ECONNRESET;
		connection->in_len += (size_t)got;
	}
	return 1;
}

int vhost_message_receive(struct vhost_connection *connection, struct vhost_message *message,
	int fds[VHOST_USER_FDS_MAX], unsigned *fd_count)
{
	struct vhost_message *in = &connection->in;
	int rc = fill(connection, VHOST_MESSAGE_HEADER);

	if (rc <= 0)
		return rc;
	if ((in->flags & VERSION_MASK) != VHOST_USER_VERSION || in->size > PAYLOAD_MAX)
		return -EPROTO;
	rc = fill(connection, VHOST_MESSAGE_HEADER + in->size);
	if (rc <= 0)
		return rc;
	*message = *in;
	memcpy(fds, connection->in_fds, connection->in_fd_count * sizeof(*fds));
	*fd_count = connection->in_fd_count;
	vhost_connection_init(connection, connection->fd);
	return 1;
}

/* Puts descriptors into a header's control data. */
static void attach(struct msghdr *header, union control *control, const int *fds, unsigned count)
{
	struct cmsghdr *rights;

	if (count == 0)
		return;
	memset(control, 0, sizeof(*control));
	header->msg_control = control;
	header->msg_controllen = CMSG_SPACE(count * sizeof(*fds));
	rights = CMSG_FIRSTHDR(header);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(count * sizeof(*fds));
	memcpy(CMSG_DATA(rights), fds, count * sizeof(*fds));
}

int vhost_message_send(struct vhost_connection *connection, const struct vhost_message *message,
	const int *fds, unsigned fd_count)
{
	struct iovec whole = {(void *)message, VHOST_MESSAGE_HEADER + message->size};
	struct msghdr header = {.msg_iov = &whole, .msg_iovlen = 1};
	union control control;
	ssize_t sent;

	assert(message->size <= PAYLOAD_MAX && fd_count <= VHOST_USER_FDS_MAX);
	attach(&header, &control, fds, fd_count);
	do {
		sent = sendmsg(connection->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == whole.iov_len ? 0 : -EPIPE;
}

static const char *const request_names[] = {
	[VHOST_USER_GET_FEATURES] = "GET_FEATURES",
	[VHOST_USER_SET_FEATURES] = "SET_FEATURES",
	[VHOST_USER_SET_OWNER] = "SET_OWNER",
	[VHOST_USER_RESET_OWNER] = "RESET_OWNER",
	[VHOST_USER_SET_MEM_TABLE] = "SET_MEM_TABLE",
	[VHOST_USER_SET_LOG_BASE] = "SET_LOG_BASE",
	[VHOST_USER_SET_LOG_FD] = "SET_LOG_FD",
	[VHOST_USER_SET_VRING_NUM] = "SET_VRING_NUM",
	[VHOST_USER_SET_VRING_ADDR] = "SET_VRING_ADDR",
	[VHOST_USER_SET_VRING_BASE] = "SET_VRING_BASE",
	[VHOST_USER_GET_VRING_BASE] = "GET_VRING_BASE",
	[VHOST_USER_SET_VRING_KICK] = "SET_VRING_KICK",
	[VHOST_USER_SET_VRING_CALL] = "SET_VRING_CALL",
	[VHOST_USER_SET_VRING_ERR] = "SET_VRING_ERR",
	[VHOST_USER_GET_PROTOCOL_FEATURES] = "GET_PROTOCOL_FEATURES",
	[VHOST_USER_SET_PROTOCOL_FEATURES] = "SET_PROTOCOL_FEATURES",
	[VHOST_USER_GET_QUEUE_NUM] = "GET_QUEUE_NUM",
	[VHOST_USER_SET_VRING_ENABLE] = "SET_VRING_ENABLE",
	[VHOST_USER_SEND_RARP] = "SEND_RARP",
	[VHOST_USER_NET_SET_MTU] = "NET_SET_MTU",
	[VHOST_USER_RESET_DEVICE] = "RESET_DEVICE",
	[VHOST_USER_GET_MAX_MEM_SLOTS] = "GET_MAX_MEM_SLOTS",
	[VHOST_USER_ADD_MEM_REG] = "ADD_MEM_REG",
	[VHOST_USER_REM_MEM_REG] = "REM_MEM_REG",
	[VHOST_USER_SET_STATUS] = "SET_STATUS",
	[VHOST_USER_GET_STATUS] = "GET_STATUS",
};

const char *vhost_request_name(uint32_t request)
{
	static char number[sizeof("request 4294967295")];

	if (request < sizeof(request_names) / sizeof(request_names[0]) && request_names[request])
		return request_names[request];
	snprintf(number, sizeof(number), "request %u", request);
	return number;
}
