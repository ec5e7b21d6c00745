/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/virtio/vhost_message: whole messages and their descriptors, whatever a peer sends. */
#include "netdev/virtio/vhost_message.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static struct vhost_connection us, peer;

static void connect_both(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	vhost_connection_init(&us, fds[0]);
	vhost_connection_init(&peer, fds[1]);
}

static void close_both(void)
{
	vhost_connection_close(&us);
	vhost_connection_close(&peer);
}

static struct vhost_message message_u64(uint32_t request, uint64_t value)
{
	return (struct vhost_message){
		.request = request, .flags = VHOST_USER_VERSION, .size = 8, .u64 = value};
}

static int receive(struct vhost_message *message, unsigned *fd_count)
{
	int fds[VHOST_USER_FDS_MAX];
	int rc = vhost_message_receive(&us, message, fds, fd_count);

	for (unsigned i = 0; rc == 1 && i < *fd_count; i++)
		ck_assert_int_eq(close(fds[i]), 0);
	return rc;
}

/* Nothing was received, and nothing was said. */
static void receives(int rc)
{
	struct vhost_message message = {.request = 77};
	unsigned fd_count = 99;

	ck_assert_int_eq(receive(&message, &fd_count), rc);
	ck_assert_uint_eq(message.request, 77);
	ck_assert_uint_eq(fd_count, 99);
}

static void peer_writes(const void *bytes, size_t len)
{
	ck_assert_int_eq(write(peer.fd, bytes, len), (ssize_t)len);
}

/* Sends bytes of a message with count descriptors, as a peer might cut it. */
static void peer_writes_fds(const void *bytes, size_t len, unsigned count)
{
	char control[CMSG_SPACE(64 * sizeof(int))] = {0};
	struct iovec part = {(void *)bytes, len};
	struct msghdr header = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int))};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(count * sizeof(int));
	for (unsigned i = 0; i < count; i++)
		memcpy(CMSG_DATA(rights) + i * sizeof(int), &peer.fd, sizeof(int));
	ck_assert_int_eq(sendmsg(peer.fd, &header, 0), (ssize_t)len);
}

static unsigned open_fds(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 512; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

START_TEST(a_message_arrives_whole)
{
	struct vhost_message sent = message_u64(VHOST_USER_SET_FEATURES, UINT64_C(1) << 32), got;
	unsigned fd_count = 9;

	connect_both();
	receives(0);
	ck_assert_int_eq(vhost_message_send(&peer, &sent, NULL, 0), 0);
	ck_assert_int_eq(receive(&got, &fd_count), 1);
	ck_assert_uint_eq(fd_count, 0);
	ck_assert_mem_eq(&got, &sent, VHOST_MESSAGE_HEADER + 8);
	receives(0);
	close_both();
}
END_TEST

START_TEST(a_message_may_have_no_payload)
{
	struct vhost_message sent = {VHOST_USER_GET_FEATURES, VHOST_USER_VERSION, 0, {0}}, got;
	unsigned fd_count;

	connect_both();
	ck_assert_int_eq(vhost_message_send(&peer, &sent, NULL, 0), 0);
	ck_assert_int_eq(receive(&got, &fd_count), 1);
	ck_assert_uint_eq(got.request, VHOST_USER_GET_FEATURES);
	close_both();
}
END_TEST

START_TEST(the_largest_message_fits_and_no_larger_one)
{
	struct vhost_message sent = {.request = VHOST_USER_SET_MEM_TABLE,
		.flags = VHOST_USER_VERSION,
		.size = sizeof(struct vhost_mem_table)};
	struct vhost_message got;
	unsigned fd_count;

	memset(sent.bytes, 0xa5, sizeof(sent.bytes));
	connect_both();
	ck_assert_int_eq(vhost_message_send(&peer, &sent, NULL, 0), 0);
	ck_assert_int_eq(receive(&got, &fd_count), 1);
	ck_assert_mem_eq(&got, &sent, sizeof(sent));
	sent.size++;
	peer_writes(&sent, VHOST_MESSAGE_HEADER);
	receives(-EPROTO);
	close_both();
}
END_TEST

START_TEST(bytes_may_come_one_by_one)
{
	struct vhost_message sent = message_u64(VHOST_USER_SET_STATUS, 15), got;
	const uint8_t *bytes = (const uint8_t *)&sent;
	unsigned fd_count;

	connect_both();
	for (size_t i = 0; i < VHOST_MESSAGE_HEADER + 7; i++) {
		peer_writes(bytes + i, 1);
		receives(0);
	}
	peer_writes(bytes + VHOST_MESSAGE_HEADER + 7, 1);
	ck_assert_int_eq(receive(&got, &fd_count), 1);
	ck_assert_uint_eq(got.u64, 15);
	close_both();
}
END_TEST

START_TEST(messages_do_not_run_together)
{
	struct vhost_message first = message_u64(1, 11), second = message_u64(2, 22), got;
	int fd = eventfd(0, EFD_CLOEXEC);
	unsigned fd_count;

	connect_both();
	ck_assert_int_eq(vhost_message_send(&peer, &first, NULL, 0), 0);
	ck_assert_int_eq(vhost_message_send(&peer, &second, &fd, 1), 0);
	ck_assert_int_eq(receive(&got, &fd_count), 1);
	ck_assert_uint_eq(got.u64, 11);
	ck_assert_uint_eq(fd_count, 0);
	ck_assert_int_eq(receive(&got, &fd_count), 1);
	ck_assert_uint_eq(got.u64, 22);
	ck_assert_uint_eq(fd_count, 1);
	close(fd);
	close_both();
}
END_TEST

START_TEST(descriptors_come_in_order_and_close_on_exec)
{
	struct vhost_message sent = message_u64(VHOST_USER_SET_VRING_KICK, 0), got;
	int out[2] = {eventfd(3, 0), eventfd(5, 0)}, in[VHOST_USER_FDS_MAX];
	unsigned fd_count;

	connect_both();
	ck_assert_int_eq(vhost_message_send(&peer, &sent, out, 2), 0);
	ck_assert_int_eq(vhost_message_receive(&us, &got, in, &fd_count), 1);
	ck_assert_uint_eq(fd_count, 2);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t value;

		ck_assert_int_eq(read(in[i], &value, sizeof(value)), sizeof(value));
		ck_assert_uint_eq(value, i ? 5 : 3);
		ck_assert_int_eq(fcntl(in[i], F_GETFD), FD_CLOEXEC);
		close(in[i]);
		ck_assert_int_eq(fcntl(out[i], F_GETFD), 0); /* still the caller's */
		close(out[i]);
	}
	close_both();
}
END_TEST

START_TEST(descriptors_may_come_with_any_part)
{
	struct vhost_message sent = message_u64(VHOST_USER_SET_VRING_KICK, 1), got;
	unsigned fd_count, before;

	connect_both();
	before = open_fds();
	peer_writes_fds(&sent, VHOST_MESSAGE_HEADER, 1);
	receives(0);
	peer_writes_fds(sent.bytes, 8, VHOST_USER_FDS_MAX - 1);
	ck_assert_int_eq(receive(&got, &fd_count), 1);
	ck_assert_uint_eq(fd_count, VHOST_USER_FDS_MAX);
	ck_assert_uint_eq(open_fds(), before);
	close_both();
}
END_TEST

START_TEST(too_many_descriptors_are_refused_and_closed)
{
	struct vhost_message sent = message_u64(VHOST_USER_SET_VRING_KICK, 1);
	unsigned before = open_fds();

	for (unsigned first = 1; first <= VHOST_USER_FDS_MAX + 1; first += VHOST_USER_FDS_MAX) {
		connect_both();
		peer_writes_fds(&sent, VHOST_MESSAGE_HEADER, first);
		if (first == 1)
			peer_writes_fds(sent.bytes, 8, VHOST_USER_FDS_MAX);
		receives(-EPROTO);
		close_both();
		ck_assert_uint_eq(open_fds(), before);
	}
}
END_TEST

START_TEST(an_unfinished_message_leaves_nothing_open)
{
	struct vhost_message sent = message_u64(VHOST_USER_SET_VRING_KICK, 1);
	unsigned before = open_fds();

	connect_both();
	peer_writes_fds(&sent, VHOST_MESSAGE_HEADER + 1, 3);
	receives(0);
	close_both();
	ck_assert_uint_eq(open_fds(), before);
	ck_assert_int_eq(us.fd, -1);
}
END_TEST

START_TEST(another_version_is_no_message)
{
	for (uint32_t version = 0; version < 4; version++) {
		struct vhost_message sent = message_u64(1, 0);

		if (version == VHOST_USER_VERSION)
			continue;
		sent.flags = version | VHOST_USER_REPLY;
		connect_both();
		peer_writes(&sent, VHOST_MESSAGE_HEADER);
		receives(-EPROTO);
		close_both();
	}
}
END_TEST

START_TEST(a_peer_that_has_gone_is_told)
{
	struct vhost_message sent = message_u64(1, 0);

	connect_both();
	peer_writes(&sent, VHOST_MESSAGE_HEADER);
	receives(0);
	vhost_connection_close(&peer);
	receives(-ECONNRESET);
	ck_assert_int_eq(vhost_message_send(&us, &sent, NULL, 0), -EPIPE);
	close_both();
}
END_TEST

/* What a gone peer has said before is still heard. */
START_TEST(the_last_words_count)
{
	struct vhost_message sent = message_u64(1, 5), got;
	unsigned fd_count;

	connect_both();
	ck_assert_int_eq(vhost_message_send(&peer, &sent, NULL, 0), 0);
	vhost_connection_close(&peer);
	ck_assert_int_eq(receive(&got, &fd_count), 1);
	ck_assert_uint_eq(got.u64, 5);
	receives(-ECONNRESET);
	close_both();
}
END_TEST

START_TEST(a_peer_that_reads_nothing_stops_us)
{
	struct vhost_message sent = message_u64(1, 0);
	int rc = 0;

	connect_both();
	for (int i = 0; rc == 0 && i < 1000000; i++)
		rc = vhost_message_send(&us, &sent, NULL, 0);
	ck_assert_int_eq(rc, -EAGAIN);
	close_both();
}
END_TEST

START_TEST(requests_have_names)
{
	ck_assert_str_eq(vhost_request_name(VHOST_USER_GET_FEATURES), "GET_FEATURES");
	ck_assert_str_eq(vhost_request_name(VHOST_USER_GET_STATUS), "GET_STATUS");
	ck_assert_str_eq(vhost_request_name(0), "request 0");
	ck_assert_str_eq(vhost_request_name(21), "request 21");
	ck_assert_str_eq(vhost_request_name(UINT32_MAX), "request 4294967295");
}
END_TEST

UNIT_SUITE("netdev/virtio/vhost_message", a_message_arrives_whole, a_message_may_have_no_payload,
	the_largest_message_fits_and_no_larger_one, bytes_may_come_one_by_one,
	messages_do_not_run_together, descriptors_come_in_order_and_close_on_exec,
	descriptors_may_come_with_any_part, too_many_descriptors_are_refused_and_closed,
	an_unfinished_message_leaves_nothing_open, another_version_is_no_message,
	a_peer_that_has_gone_is_told, the_last_words_count, a_peer_that_reads_nothing_stops_us,
	requests_have_names)
