/* SPDX-License-Identifier: BSD-2-Clause */
/* The peer: builds messages and hands them over. */
#include "vhost_peer.h"

#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

struct vhost_back back;
struct vhost_message reply;

int peer_memory(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)MEMORY), 0);
	return fd;
}

int peer_event(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

int peer_handle(struct vhost_message *message, int *fds, unsigned fd_count)
{
	message->flags |= VHOST_USER_VERSION;
	back.reason[0] = '\0';
	return vhost_back_handle(&back, message, fds, fd_count, &reply);
}

/* Messages of each kind of payload; size is what it ought to be. */
int peer_send_nothing(uint32_t request)
{
	struct vhost_message message = {.request = request};

	return peer_handle(&message, NULL, 0);
}

int peer_send_u64(uint32_t request, uint64_t value)
{
	struct vhost_message message = {.request = request, .size = 8, .u64 = value};

	return peer_handle(&message, NULL, 0);
}

int peer_send_state(uint32_t request, uint32_t index, uint32_t num)
{
	struct vhost_message message = {.request = request, .size = 8, .state = {index, num}};

	return peer_handle(&message, NULL, 0);
}

int peer_send_addr(uint32_t index, uint32_t flags, uint64_t desc, uint64_t avail, uint64_t used)
{
	struct vhost_message message = {.request = VHOST_USER_SET_VRING_ADDR,
		.size = sizeof(message.addr),
		.addr = {.index = index,
			.flags = flags,
			.desc = desc,
			.avail = avail,
			.used = used}};

	return peer_handle(&message, NULL, 0);
}

int peer_send_fd(uint32_t request, uint64_t value, int fd)
{
	struct vhost_message message = {.request = request, .size = 8, .u64 = value};

	return peer_handle(&message, &fd, fd >= 0);
}

int peer_send_region(uint32_t request, uint64_t guest_addr, uint64_t size, int fd)
{
	struct vhost_message message = {.request = request,
		.size = sizeof(message.single),
		.single.region = {guest_addr, size, USER + (guest_addr - PHYS), 0}};

	return peer_handle(&message, &fd, fd >= 0);
}

int peer_send_table(uint32_t count, unsigned fd_count)
{
	struct vhost_message message = {
		.request = VHOST_USER_SET_MEM_TABLE, .size = 8 + count * 32, .table.count = count};
	int fds[VHOST_USER_FDS_MAX];

	for (uint32_t i = 0; i < count && i < VHOST_USER_BASE_REGIONS; i++)
		message.table.regions[i] = (struct vhost_region){
			PHYS + i * 4096, 4096, USER + i * 4096, (uint64_t)i * 4096};
	for (unsigned i = 0; i < fd_count; i++)
		fds[i] = peer_memory();
	return peer_handle(&message, fds, fd_count);
}

void peer_begin(uint64_t features, uint64_t protocol_features)
{
	struct vhost_message message = {.request = VHOST_USER_SET_MEM_TABLE,
		.size = 40,
		.table = {.count = 1, .regions = {{PHYS, MEMORY, USER, 0}}}};
	int fd = peer_memory();

	vhost_back_init(&back, PAIRS);
	ck_assert_int_eq(peer_send_u64(VHOST_USER_SET_PROTOCOL_FEATURES, protocol_features), 0);
	ck_assert_int_eq(peer_send_u64(VHOST_USER_SET_FEATURES, features), 0);
	ck_assert_int_eq(peer_handle(&message, &fd, 1), 0);
}

void peer_ring_start(uint32_t index)
{
	ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_NUM, index, 256), 0);
	ck_assert_int_eq(peer_send_state(VHOST_USER_SET_VRING_BASE, index, 7), 0);
	ck_assert_int_eq(peer_send_addr(index, 0, USER + DESC, USER + AVAIL, USER + USED), 0);
	ck_assert_int_eq(peer_send_fd(VHOST_USER_SET_VRING_CALL, index, peer_event()), 0);
	ck_assert_int_eq(peer_send_fd(VHOST_USER_SET_VRING_KICK, index, peer_event()), 0);
}

bool peer_ready(unsigned index)
{
	struct ring_shape shape;
	struct ring_areas areas;

	return vhost_back_ring(&back, index, &shape, &areas);
}
