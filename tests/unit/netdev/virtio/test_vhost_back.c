/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netdev/virtio/vhost_back: every message in its right form does what it says, and in a wrong one
 * is a violation that is called by name.
 */
#include "netdev/virtio/vhost_back.h"
#include "unit.h"
#include "vhost_peer.h"

#include <fcntl.h>
#include <stdio.h>

/* How many descriptors there are: none may be left behind. */
static unsigned fds_open(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static const uint32_t known[] = {VHOST_USER_GET_FEATURES, VHOST_USER_SET_FEATURES,
	VHOST_USER_SET_OWNER, VHOST_USER_RESET_OWNER, VHOST_USER_SET_MEM_TABLE,
	VHOST_USER_SET_VRING_NUM, VHOST_USER_SET_VRING_ADDR, VHOST_USER_SET_VRING_BASE,
	VHOST_USER_GET_VRING_BASE, VHOST_USER_SET_VRING_KICK, VHOST_USER_SET_VRING_CALL,
	VHOST_USER_SET_VRING_ERR, VHOST_USER_GET_PROTOCOL_FEATURES,
	VHOST_USER_SET_PROTOCOL_FEATURES, VHOST_USER_GET_QUEUE_NUM, VHOST_USER_SET_VRING_ENABLE,
	VHOST_USER_SEND_RARP, VHOST_USER_NET_SET_MTU, VHOST_USER_RESET_DEVICE,
	VHOST_USER_GET_MAX_MEM_SLOTS, VHOST_USER_ADD_MEM_REG, VHOST_USER_REM_MEM_REG,
	VHOST_USER_SET_STATUS, VHOST_USER_GET_STATUS};
#define KNOWN (sizeof(known) / sizeof(known[0]))

START_TEST(questions_are_answered)
{
	vhost_back_init(&back, PAIRS);
	ck_assert_int_eq(peer_send_nothing(VHOST_USER_SET_OWNER), 0);
	ck_assert_int_eq(peer_send_nothing(VHOST_USER_GET_FEATURES), 1);
	ck_assert_uint_eq(reply.request, VHOST_USER_GET_FEATURES);
	ck_assert_uint_eq(reply.flags, VHOST_USER_VERSION | VHOST_USER_REPLY);
	ck_assert_uint_eq(reply.size, 8);
	ck_assert_uint_eq(reply.u64,
		VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED | VIRTIO_F_EVENT_IDX | VIRTIO_F_IN_ORDER |
			VIRTIO_F_ANY_LAYOUT | VIRTIO_NET_F_MRG_RXBUF | VIRTIO_NET_F_MQ |
			VIRTIO_NET_F_MTU | VHOST_USER_F_PROTOCOL_FEATURES);
	ck_assert_int_eq(peer_send_nothing(VHOST_USER_GET_PROTOCOL_FEATURES), 1);
	ck_assert_uint_eq(reply.u64, OFFERED_PROTOCOL);
	ck_assert_int_eq(peer_send_nothing(VHOST_USER_GET_QUEUE_NUM), 1);
	ck_assert_uint_eq(reply.u64, PAIRS);
	ck_assert_int_eq(peer_send_u64(VHOST_USER_SET_PROTOCOL_FEATURES, OFFERED_PROTOCOL), 0);
	ck_assert_int_eq(peer_send_nothing(VHOST_USER_GET_MAX_MEM_SLOTS), 1);
	ck_assert_uint_eq(reply.u64, GUEST_REGIONS_MAX);
	ck_assert_int_eq(peer_send_u64(VHOST_USER_SET_STATUS, 11), 0);
	ck_assert_int_eq(peer_send_nothing(VHOST_USER_GET_STATUS), 1);
	ck_assert_uint_eq(reply.u64, 11);
	ck_assert_int_eq(peer_send_u64(VHOST_USER_SEND_RARP, 0x0b0000000002), 0);
	ck_assert_int_eq(peer_send_u64(VHOST_USER_NET_SET_MTU, 9000), 0);
	ck_assert_uint_eq(back.mtu, 9000);
	vhost_back_fini(&back);
}
END_TEST

START_TEST(only_what_was_offered_can_be_taken)
{
	vhost_back_init(&back, PAIRS);
	ck_violation(peer_send_u64(VHOST_USER_SET_FEATURES, VIRTIO_F_VERSION_1 | 1),
		"it takes features that were not offered: 0x1");
	ck_assert_uint_eq(back.features, 0);
	ck_violation(peer_send_u64(VHOST_USER_SET_FEATURES, VIRTIO_F_ACCESS_PLATFORM),
		"it takes features that were not offered: 0x200000000");
	ck_violation(peer_send_u64(VHOST_USER_SET_PROTOCOL_FEATURES, 2), /* LOG_SHMFD */
		"it takes protocol features that were not offered: 0x2");
	ck_violation(peer_send_nothing(VHOST_USER_SET_LOG_FD), "SET_LOG_FD was not offered");
	ck_violation(peer_send_u64(VHOST_USER_SET_LOG_BASE, 0), "SET_LOG_BASE was not offered");
	ck_violation(peer_send_nothing(99), "request 99 was not offered");
	ck_violation(peer_send_nothing(0), "request 0 was not offered");
	ck_violation(peer_send_nothing(UINT32_MAX), "request 4294967295 was not offered");
	vhost_back_fini(&back);
}
END_TEST

START_TEST(some_messages_need_a_protocol_feature)
{
	vhost_back_init(&back, PAIRS);
	ck_violation(
		peer_send_u64(VHOST_USER_SET_STATUS, 1), "SET_STATUS without its protocol feature");
	ck_violation(peer_send_nothing(VHOST_USER_GET_STATUS),
		"GET_STATUS without its protocol feature");
	ck_violation(peer_send_nothing(VHOST_USER_GET_MAX_MEM_SLOTS),
		"GET_MAX_MEM_SLOTS without its protocol feature");
	ck_violation(peer_send_region(VHOST_USER_ADD_MEM_REG, PHYS, 4096, peer_memory()),
		"ADD_MEM_REG without its protocol feature");
	ck_violation(peer_send_region(VHOST_USER_REM_MEM_REG, PHYS, 4096, -1),
		"REM_MEM_REG without its protocol feature");
	ck_violation(peer_send_nothing(VHOST_USER_RESET_DEVICE),
		"RESET_DEVICE without its protocol feature");
	ck_violation(peer_send_u64(VHOST_USER_NET_SET_MTU, 1500),
		"NET_SET_MTU without its protocol feature");
	vhost_back_fini(&back);
}
END_TEST

START_TEST(no_message_has_another_size)
{
	peer_begin(VIRTIO_F_VERSION_1, OFFERED_PROTOCOL);
	for (size_t i = 0; i < KNOWN; i++) {
		char text[64];

		for (uint32_t size = 1; size <= sizeof(struct vhost_mem_table); size++) {
			struct vhost_message message = {.request = known[i], .size = size};

			/* u64, state, ring addresses, one region */
			if (size == 8 || size == sizeof(message.addr) ||
				size == sizeof(message.single) ||
				known[i] == VHOST_USER_SET_MEM_TABLE)
				continue;
			snprintf(text, sizeof(text), "%s of %u bytes", vhost_request_name(known[i]),
				size);
			ck_violation(peer_handle(&message, NULL, 0), text);
		}
	}
	ck_violation(peer_send_nothing(VHOST_USER_SET_FEATURES), "SET_FEATURES of 0 bytes");
	ck_violation(peer_send_u64(VHOST_USER_GET_FEATURES, 0), "GET_FEATURES of 8 bytes");
	ck_violation(peer_send_u64(VHOST_USER_SET_VRING_ADDR, 0), "SET_VRING_ADDR of 8 bytes");
	ck_violation(peer_send_u64(VHOST_USER_ADD_MEM_REG, 0), "ADD_MEM_REG of 8 bytes");
	vhost_back_fini(&back);
}
END_TEST

START_TEST(descriptors_come_where_they_belong_and_stay_nowhere)
{
	unsigned before = fds_open();

	peer_begin(VIRTIO_F_VERSION_1, OFFERED_PROTOCOL);
	for (size_t i = 0; i < KNOWN; i++) {
		struct vhost_message message = {.request = known[i], .size = 8};
		int fds[9];

		for (unsigned n = 0; n < 9; n++)
			fds[n] = peer_event();
		ck_assert_int_eq(peer_handle(&message, fds, 9), -EPROTO);
	}
	ck_violation(peer_send_fd(VHOST_USER_SET_FEATURES, 0, peer_event()),
		"SET_FEATURES with 1 descriptors");
	ck_violation(peer_send_fd(VHOST_USER_SET_VRING_KICK, 0, -1),
		"SET_VRING_KICK 0x0 with 0 descriptors");
	ck_violation(peer_send_fd(VHOST_USER_SET_VRING_KICK, 0x100, peer_event()),
		"SET_VRING_KICK 0x100 with 1 descriptors");
	ck_violation(peer_send_fd(VHOST_USER_SET_VRING_ERR, 0x200, peer_event()),
		"SET_VRING_ERR 0x200 with 1 descriptors");
	ck_violation(peer_send_fd(VHOST_USER_SET_VRING_CALL, UINT64_C(1) << 63, peer_event()),
		"SET_VRING_CALL 0x8000000000000000 with 1 descriptors");
	ck_violation(peer_send_fd(VHOST_USER_SET_VRING_CALL, 0, peer_memory()),
		"SET_VRING_CALL with what is no eventfd");
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(peer_send_fd(VHOST_USER_SET_VRING_KICK, i, peer_event()), 0);
		ck_assert_int_eq(peer_send_fd(VHOST_USER_SET_VRING_ERR, i, peer_event()), 0);
		ck_assert_int_eq(peer_send_fd(VHOST_USER_SET_VRING_CALL, i, peer_event()), 0);
		ck_assert_int_eq(peer_send_fd(VHOST_USER_SET_VRING_CALL, i, peer_event()), 0);
	}
	ck_assert_uint_eq(fds_open(), before + 3);
	ck_assert_int_ne(fcntl(back.rings[0].call_fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(peer_send_fd(VHOST_USER_SET_VRING_CALL, 0x100, -1), 0);
	ck_assert_int_eq(back.rings[0].call_fd, -1);
	vhost_back_fini(&back);
	ck_assert_uint_eq(fds_open(), before);
}
END_TEST

START_TEST(memory_comes_as_a_table)
{
	struct vhost_message cut = {.request = VHOST_USER_SET_MEM_TABLE, .size = 4};
	unsigned before = fds_open();

	vhost_back_init(&back, PAIRS);
	ck_assert_int_eq(peer_send_table(8, 8), 0);
	ck_assert_uint_eq(back.guest.count, 8);
	ck_assert_uint_eq(fds_open(), before);
	ck_assert_int_eq(peer_send_table(2, 2), 0); /* in place of the former */
	ck_assert_uint_eq(back.guest.count, 2);
	ck_violation(peer_send_table(2, 1), "SET_MEM_TABLE of 72 bytes with 1 descriptors");
	ck_violation(peer_send_table(1, 2), "SET_MEM_TABLE of 40 bytes with 2 descriptors");
	ck_violation(peer_send_table(0, 0), "SET_MEM_TABLE of 8 bytes with 0 descriptors");
	ck_violation(peer_send_table(9, 8), "SET_MEM_TABLE of 296 bytes with 8 descriptors");
	ck_violation(peer_send_table(UINT32_MAX, 1), "SET_MEM_TABLE of 4294967272 bytes with 1 "
						     "descriptors");
	ck_violation(peer_handle(&cut, NULL, 0), "SET_MEM_TABLE of 4 bytes with 0 descriptors");
	ck_assert_uint_eq(fds_open(), before);
	vhost_back_fini(&back);
}
END_TEST

START_TEST(a_table_with_one_bad_region_is_no_table)
{
	struct vhost_message message = {.request = VHOST_USER_SET_MEM_TABLE,
		.size = 72,
		.table = {.count = 2,
			.regions = {{PHYS, 4096, USER, 0}, {PHYS + 4095, 4096, USER + 4096, 0}}}};
	int fds[2] = {peer_memory(), peer_memory()};

	vhost_back_init(&back, PAIRS);
	ck_violation(peer_handle(&message, fds, 2),
		"a memory region of 0x1000 bytes at 0x40000fff cannot be: Invalid argument");
	vhost_back_fini(&back);
	ck_assert_uint_eq(back.guest.count, 0);
}
END_TEST

START_TEST(regions_come_and_go)
{
	peer_begin(VIRTIO_F_VERSION_1, OFFERED_PROTOCOL & ~VHOST_USER_PROTOCOL_F_STATUS);
	ck_assert_int_eq(
		peer_send_region(VHOST_USER_ADD_MEM_REG, PHYS + 2 * MEMORY, MEMORY, peer_memory()),
		0);
	peer_ring_start(0);
	ck_assert(peer_ready(0));
	ck_assert_uint_eq(back.guest.count, 2);
	ck_violation(peer_send_region(VHOST_USER_ADD_MEM_REG, PHYS + 4 * MEMORY, MEMORY, -1),
		"ADD_MEM_REG without a descriptor");
	ck_violation(peer_send_region(
			     VHOST_USER_ADD_MEM_REG, PHYS + 4 * MEMORY, MEMORY + 1, peer_memory()),
		"a memory region of 0x40001 bytes at 0x40100000 cannot be: Invalid argument");
	/* again, as for a second queue pair; but nothing that is only nearly the same */
	ck_assert_int_eq(peer_send_region(VHOST_USER_ADD_MEM_REG, PHYS, MEMORY, peer_memory()), 0);
	ck_assert_uint_eq(back.guest.count, 2);
	ck_assert_int_eq(
		peer_send_region(VHOST_USER_ADD_MEM_REG, PHYS, MEMORY - 1, peer_memory()), -EPROTO);
	ck_assert_int_eq(peer_send_region(VHOST_USER_REM_MEM_REG, PHYS + 1, MEMORY, -1), 0);
	ck_assert_int_eq(peer_send_region(VHOST_USER_REM_MEM_REG, PHYS, MEMORY - 1, -1), 0);
	ck_assert_uint_eq(back.guest.count, 2);
	ck_assert_int_eq(peer_send_region(VHOST_USER_REM_MEM_REG, PHYS, MEMORY, peer_memory()), 0);
	ck_assert(!peer_ready(0)); /* the ring went with its memory, and comes back with it */
	ck_assert_int_eq(peer_send_region(VHOST_USER_ADD_MEM_REG, PHYS, MEMORY, peer_memory()), 0);
	ck_assert(peer_ready(0));
	for (uint64_t i = 2; i < GUEST_REGIONS_MAX; i++)
		ck_assert_int_eq(peer_send_region(VHOST_USER_ADD_MEM_REG, PHYS + 2 * i * MEMORY,
					 MEMORY, peer_memory()),
			0);
	ck_violation(peer_send_region(
			     VHOST_USER_ADD_MEM_REG, PHYS + 128 * MEMORY, MEMORY, peer_memory()),
		"a memory region of 0x40000 bytes at 0x42000000 cannot be: No space left on "
		"device");
	vhost_back_fini(&back);
}
END_TEST

START_TEST(who_wants_an_acknowledgement_gets_one)
{
	struct vhost_message owner = {
		.request = VHOST_USER_SET_OWNER, .flags = VHOST_USER_NEED_REPLY};
	struct vhost_message unknown = {.request = 99, .flags = VHOST_USER_NEED_REPLY};
	struct vhost_message mtu = {.request = VHOST_USER_NET_SET_MTU,
		.flags = VHOST_USER_NEED_REPLY,
		.size = 8,
		.u64 = 67};
	struct vhost_message question = {
		.request = VHOST_USER_GET_QUEUE_NUM, .flags = VHOST_USER_NEED_REPLY};
	struct vhost_message answer = {.request = VHOST_USER_SET_OWNER, .flags = VHOST_USER_REPLY};

	vhost_back_init(&back, PAIRS);
	ck_assert_int_eq(peer_handle(&owner, NULL, 0), 0); /* not negotiated */
	ck_assert_int_eq(peer_send_u64(VHOST_USER_SET_PROTOCOL_FEATURES, OFFERED_PROTOCOL), 0);
	ck_assert_int_eq(peer_handle(&owner, NULL, 0), 1);
	ck_assert_uint_eq(reply.request, VHOST_USER_SET_OWNER);
	ck_assert_uint_eq(reply.flags, VHOST_USER_VERSION | VHOST_USER_REPLY);
	ck_assert_uint_eq(reply.size, 8);
	ck_assert_uint_eq(reply.u64, 0);
	ck_assert_int_eq(peer_handle(&unknown, NULL, 0), 1);
	ck_assert_uint_eq(reply.u64, 1);
	ck_assert_int_eq(peer_handle(&mtu, NULL, 0), 1);
	ck_assert_uint_eq(reply.u64, 1);
	ck_violation(peer_send_u64(VHOST_USER_NET_SET_MTU, 65536),
		"NET_SET_MTU of a size that cannot be");
	ck_assert_int_eq(peer_handle(&question, NULL, 0), 1);
	ck_assert_uint_eq(reply.u64, PAIRS); /* an answer of its own is all there is */
	ck_violation(
		peer_handle(&answer, NULL, 0), "SET_OWNER as a reply, to nothing that was asked");
	vhost_back_fini(&back);
}
END_TEST

START_TEST(what_moves_memory_or_rings_says_so)
{
	static const uint32_t quiet[] = {VHOST_USER_GET_FEATURES, VHOST_USER_SET_OWNER,
		VHOST_USER_SET_VRING_ERR, VHOST_USER_GET_PROTOCOL_FEATURES,
		VHOST_USER_GET_QUEUE_NUM, VHOST_USER_SEND_RARP, VHOST_USER_GET_MAX_MEM_SLOTS,
		VHOST_USER_GET_STATUS};
	unsigned disturbing = 0;

	for (uint32_t request = 0; request < 100; request++)
		disturbing += vhost_back_disturbs(request);
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		ck_assert(!vhost_back_disturbs(quiet[i]));
	ck_assert_uint_eq(disturbing, KNOWN - sizeof(quiet) / sizeof(quiet[0]));
}
END_TEST

UNIT_SUITE("netdev/virtio/vhost_back", questions_are_answered, only_what_was_offered_can_be_taken,
	some_messages_need_a_protocol_feature, no_message_has_another_size,
	descriptors_come_where_they_belong_and_stay_nowhere, memory_comes_as_a_table,
	a_table_with_one_bad_region_is_no_table, regions_come_and_go,
	who_wants_an_acknowledgement_gets_one, what_moves_memory_or_rings_says_so)
