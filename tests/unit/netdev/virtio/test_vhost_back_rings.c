/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/virtio/vhost_back: when a ring is driven, and which numbers cannot be a ring's. */
#include "netdev/virtio/vhost_back.h"
#include "unit.h"
#include "vhost_peer.h"

#include <stdio.h>

START_TEST(there_are_so_many_rings)
{
	static const uint32_t by_state[] = {VHOST_USER_SET_VRING_NUM, VHOST_USER_SET_VRING_BASE,
		VHOST_USER_GET_VRING_BASE, VHOST_USER_SET_VRING_ENABLE};
	char text[64];

	peer_begin(VIRTIO_F_VERSION_1, OFFERED_PROTOCOL);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "%s of ring 4: there are 4",
			vhost_request_name(by_state[i]));
		ck_violation(peer_send_state(by_state[i], 4, 1), text);
		ck_assert_int_eq(peer_send_state(by_state[i], UINT32_MAX, 1), -EPROTO);
	}
	ck_violation(peer_send_fd(VHOST_USER_SET_VRING_KICK, 4, peer_event()),
		"SET_VRING_KICK of ring 4: there are 4");
	ck_violation(peer_send_fd(VHOST_USER_SET_VRING_CALL, 255, peer_event()),
		"SET_VRING_CALL of ring 255: there are 4");
	ck_violation(peer_send_fd(VHOST_USER_SET_VRING_ERR, 0x1ff, -1),
		"SET_VRING_ERR of ring 255: there are 4");
	ck_violation(
		peer_send_addr(4, 0, USER, USER, USER), "SET_VRING_ADDR of ring 4: there are 4");
	vhost_back_fini(&back);
}
END_TEST

START_TEST(rings_have_sizes_that_can_be)
{
	static const uint32_t bad[] = {
		0, 1, 4, 7, 9, 255, 257, 32767, 32769, 65536, UINT32_C(1) << 31, UINT32_MAX};

	peer_begin(VIRTIO_F_VERSION_1, OFFERED_PROTOCOL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_NUM, 0, bad[i]), -EPROTO);
	ck_violation(peer_send_state(VHOST_USER_SET_VRING_NUM, 0, 100),
		"a ring of 100 entries: only powers of two from 8 to 32768");
	ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_NUM, 0, 8), 0);
	ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_NUM, 0, 32768), 0);
	ck_violation(peer_send_state(VHOST_USER_SET_VRING_ENABLE, 0, 2), "SET_VRING_ENABLE 2");
	vhost_back_fini(&back);
}
END_TEST

START_TEST(a_ring_lies_in_shared_memory)
{
	static const char askew[] = "ring 0 is askew, or not in the memory that was shared";
	const uint64_t end = USER + MEMORY;

	peer_begin(VIRTIO_F_VERSION_1, OFFERED_PROTOCOL);
	ck_violation(peer_send_addr(0, 0, USER, USER + AVAIL, USER + USED),
		"SET_VRING_ADDR before SET_VRING_NUM");
	ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_NUM, 0, 256), 0);
	ck_assert_int_eq(peer_send_addr(0, 0, USER, USER + AVAIL, USER + USED), 0);
	ck_violation(peer_send_addr(0, 1, USER, USER + AVAIL, USER + USED),
		"SET_VRING_ADDR with a log, which was not offered");
	/* up to the last byte, and one step further */
	ck_assert_int_eq(peer_send_addr(0, 0, end - 4096, end - 518, end - 2056), 0);
	ck_violation(peer_send_addr(0, 0, end - 4080, USER, USER), askew);
	ck_violation(peer_send_addr(0, 0, USER, end - 516, USER), askew);
	ck_violation(peer_send_addr(0, 0, USER, USER, end - 2052), askew);
	ck_violation(peer_send_addr(0, 0, USER - 16, USER, USER), askew);
	ck_violation(peer_send_addr(0, 0, USER + 8, USER, USER), askew);
	ck_violation(peer_send_addr(0, 0, USER, USER + 1, USER), askew);
	ck_violation(peer_send_addr(0, 0, USER, USER, USER + 2), askew);
	ck_violation(peer_send_addr(0, 0, UINT64_MAX - 15, USER, USER), askew);
	ck_violation(peer_send_addr(0, 0, PHYS, PHYS, PHYS), askew);
	ck_assert(!peer_ready(0));
	/* packed: event areas of four bytes */
	ck_assert_int_eq(
		peer_send_u64(VHOST_USER_SET_FEATURES, VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED),
		0);
	ck_assert_int_eq(peer_send_addr(0, 0, end - 4096, end - 4, end - 4), 0);
	ck_violation(peer_send_addr(0, 0, USER, end - 2, USER), askew);
	ck_violation(peer_send_addr(0, 0, USER, end, USER), askew);
	vhost_back_fini(&back);
}
END_TEST

START_TEST(a_ring_is_driven_when_all_is_there)
{
	struct ring_shape shape;
	struct ring_areas areas;

	peer_begin(VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VHOST_USER_F_PROTOCOL_FEATURES,
		OFFERED_PROTOCOL & ~VHOST_USER_PROTOCOL_F_STATUS);
	peer_ring_start(1);
	ck_assert(!peer_ready(1)); /* begins disabled */
	ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_ENABLE, 1, 1), 0);
	ck_assert(!peer_ready(0));
	ck_assert(vhost_back_ring(&back, 1, &shape, &areas));
	ck_assert_uint_eq(shape.size, 256);
	ck_assert(!shape.packed && shape.event_idx && !shape.in_order && !shape.mergeable);
	ck_assert(!shape.strong_barriers);
	ck_assert_uint_eq(shape.header_len, 12);
	ck_assert_ptr_eq(areas.desc, guest_at(&back.guest, PHYS + DESC, 1));
	ck_assert_ptr_eq(areas.driver, guest_at(&back.guest, PHYS + AVAIL, 1));
	ck_assert_ptr_eq(areas.device, guest_at(&back.guest, PHYS + USED, 1));
	ck_assert_uint_eq(back.rings[1].base, 7);

	ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_ENABLE, 1, 0), 0);
	ck_assert(!peer_ready(1));
	ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_ENABLE, 1, 1), 0);
	back.rings[1].base = 19; /* somebody has driven it */
	ck_assert_int_eq(peer_send_state(VHOST_USER_GET_VRING_BASE, 1, 0), 1);
	ck_assert_uint_eq(reply.size, 8);
	ck_assert_uint_eq(reply.state.index, 1);
	ck_assert_uint_eq(reply.state.num, 19);
	ck_assert(!peer_ready(1));
	ck_assert_int_eq(back.rings[1].call_fd, -1);
	ck_assert_int_eq(
		peer_send_fd(VHOST_USER_SET_VRING_KICK, 0x101, -1), 0); /* polled: the same */
	ck_assert(peer_ready(1));
	vhost_back_fini(&back);
}
END_TEST

START_TEST(legacy_drivers_have_their_header)
{
	struct ring_shape shape;
	struct ring_areas areas;

	peer_begin(0, 0);
	peer_ring_start(0);
	ck_assert(
		vhost_back_ring(&back, 0, &shape, &areas)); /* no feature: enabled from the start */
	ck_assert_uint_eq(shape.header_len, VIRTIO_NET_HEADER_SHORT);
	ck_assert(!shape.mergeable);
	ck_assert_int_eq(peer_send_u64(VHOST_USER_SET_FEATURES, VIRTIO_NET_F_MRG_RXBUF), 0);
	ck_assert(vhost_back_ring(&back, 0, &shape, &areas));
	ck_assert_uint_eq(shape.header_len, 12);
	ck_assert(shape.mergeable);
	vhost_back_fini(&back);
}
END_TEST

START_TEST(packed_rings_begin_at_an_entry_they_have)
{
	struct ring_shape shape;
	struct ring_areas areas;

	peer_begin(VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED | VIRTIO_F_IN_ORDER, OFFERED_PROTOCOL);
	ck_assert_int_eq(peer_send_u64(VHOST_USER_SET_STATUS, VIRTIO_STATUS_DRIVER_OK), 0);
	peer_ring_start(0);
	ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_BASE, 0, 0x80ff80ff), 0);
	ck_assert(vhost_back_ring(&back, 0, &shape, &areas));
	ck_assert(shape.packed && shape.in_order);
	ck_assert_uint_eq(back.rings[0].base, 0x80ff80ff);
	ck_assert_int_eq(peer_send_state(VHOST_USER_GET_VRING_BASE, 0, 0), 1);
	ck_assert_uint_eq(reply.state.num, 0x80ff80ff);
	ck_assert_int_eq(peer_send_fd(VHOST_USER_SET_VRING_KICK, 0, peer_event()), 0);
	ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_BASE, 0, 0x8100), 0);
	ck_assert(!peer_ready(0));
	ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_BASE, 0, 0xff), 0);
	ck_assert(peer_ready(0));
	ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_NUM, 0, 128), 0);
	ck_assert(!peer_ready(0));
	vhost_back_fini(&back);
}
END_TEST

START_TEST(nothing_is_driven_before_driver_ok)
{
	peer_begin(VIRTIO_F_VERSION_1, OFFERED_PROTOCOL);
	peer_ring_start(0);
	ck_assert(!peer_ready(0));
	ck_assert_int_eq(peer_send_u64(VHOST_USER_SET_STATUS, 0x0b), 0);
	ck_assert(!peer_ready(0));
	ck_assert_int_eq(peer_send_u64(VHOST_USER_SET_STATUS, 0x0f), 0);
	ck_assert(peer_ready(0));
	ck_violation(peer_send_u64(VHOST_USER_SET_STATUS, 0x100), "SET_STATUS 0x100");
	ck_assert_int_eq(peer_send_u64(VHOST_USER_SET_STATUS, 0), 0);
	ck_assert(!peer_ready(0));
	vhost_back_fini(&back);
}
END_TEST

START_TEST(a_reset_stops_the_rings)
{
	peer_begin(VIRTIO_F_VERSION_1, OFFERED_PROTOCOL & ~VHOST_USER_PROTOCOL_F_STATUS);
	peer_ring_start(2);
	ck_assert(peer_ready(2));
	ck_assert_int_eq(peer_send_nothing(VHOST_USER_RESET_OWNER), 0);
	ck_assert(!peer_ready(2));
	ck_assert_int_eq(peer_send_fd(VHOST_USER_SET_VRING_KICK, 2, peer_event()), 0);
	ck_assert(peer_ready(2));
	ck_assert_int_eq(peer_send_nothing(VHOST_USER_RESET_DEVICE), 0);
	ck_assert(!peer_ready(2));
	ck_assert_uint_eq(back.rings[2].size, 0);
	ck_assert_int_eq(back.rings[2].call_fd, -1);
	ck_assert_uint_eq(back.guest.count, 1);
	vhost_back_fini(&back);
}
END_TEST

UNIT_SUITE("netdev/virtio/vhost_back rings", there_are_so_many_rings, rings_have_sizes_that_can_be,
	a_ring_lies_in_shared_memory, a_ring_is_driven_when_all_is_there,
	legacy_drivers_have_their_header, packed_rings_begin_at_an_entry_they_have,
	nothing_is_driven_before_driver_ok, a_reset_stops_the_rings)
