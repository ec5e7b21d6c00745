/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/virtio/vhost_event: a full counter is seen and emptied, whatever flags a peer has set. */
#include "netdev/virtio/vhost_event.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void check(int flags)
{
	int fd = eventfd(0, EFD_CLOEXEC | flags);
	uint64_t value = 0;

	ck_assert(!vhost_event_blocks(fd));
	vhost_event_drain(fd); /* does not wait for a count */
	ck_assert_int_eq(eventfd_write(fd, UINT64_MAX - 2), 0);
	ck_assert(!vhost_event_blocks(fd)); /* one more fits */
	ck_assert_int_eq(eventfd_write(fd, 1), 0);
	ck_assert(vhost_event_blocks(fd));
	vhost_event_drain(fd);
	ck_assert(!vhost_event_blocks(fd));
	ck_assert_int_eq(eventfd_write(fd, 5), 0);
	ck_assert_int_eq(eventfd_read(fd, &value), 0);
	ck_assert_uint_eq(value, 5);
	close(fd);
}

START_TEST(a_full_counter_is_emptied)
{
	check(EFD_NONBLOCK);
}
END_TEST

START_TEST(one_that_a_peer_made_block_too)
{
	check(0);
}
END_TEST

START_TEST(none_does_not_block)
{
	ck_assert(!vhost_event_blocks(-1));
	vhost_event_drain(-1);
}
END_TEST

UNIT_SUITE("netdev/virtio/vhost_event", a_full_counter_is_emptied, one_that_a_peer_made_block_too,
	none_does_not_block)
