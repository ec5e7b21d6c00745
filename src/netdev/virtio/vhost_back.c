/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages of a vhost-user front end (QEMU, docs/interop/vhost-user.rst), by a table that says
 * what each must look like and who handles it.
 *
 * A ring starts with SET_VRING_KICK, not with the first kick: rings are polled, so a kick has
 * nothing to say, and its descriptor is not even kept. Logging of dirty pages is not offered.
 */
#include "netdev/virtio/vhost_back.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FEATURES \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED | VIRTIO_F_EVENT_IDX | VIRTIO_F_IN_ORDER | \
		VIRTIO_F_ANY_LAYOUT | VIRTIO_NET_F_MRG_RXBUF | VIRTIO_NET_F_MQ | \
		VIRTIO_NET_F_MTU | VHOST_USER_F_PROTOCOL_FEATURES)
#define PROTOCOL_FEATURES \
	(VHOST_USER_PROTOCOL_F_MQ | VHOST_USER_PROTOCOL_F_REPLY_ACK | \
		VHOST_USER_PROTOCOL_F_NET_MTU | VHOST_USER_PROTOCOL_F_RESET_DEVICE | \
		VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS | VHOST_USER_PROTOCOL_F_STATUS)

#define VRING_INDEX UINT64_C(0xff) /* of messages about a descriptor */
#define VRING_NO_FD UINT64_C(0x100)
#define VRING_ENTRY UINT32_C(0x7fff) /* of a packed ring's base */
#define MTU_MIN     68

/* A message while it is handled. */
struct call {
	struct vhost_back *back;
	const struct vhost_message *message;
	struct vhost_back_ring *ring; /* that it is about, if it is about one */
	int *fds;                     /* whoever keeps one puts -1 in its place */
	unsigned fd_count;
	bool acknowledge; /* the peer wants to know whether it went well */
	struct vhost_message *reply;
};

/* Sets the reason; -EPROTO. */
static int violation(struct call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int violation(struct call *call, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(call->back->reason, sizeof(call->back->reason), format, arguments);
	va_end(arguments);
	return -EPROTO;
}

static int answer(struct call *call, uint64_t value)
{
	call->reply->u64 = value;
	call->reply->size = sizeof(call->reply->u64);
	return 0;
}

/* Says no to whoever wants to know. */
static int refuse(struct call *call, const char *why)
{
	if (call->acknowledge)
		return answer(call, 1);
	return violation(call, "%s %s", vhost_request_name(call->message->request), why);
}

static void ring_forget_call(struct vhost_back_ring *ring)
{
	if (ring->call_fd >= 0)
		close(ring->call_fd);
	ring->call_fd = -1;
}

static void rings_reset(struct vhost_back *back)
{
	for (unsigned i = 0; i < VHOST_BACK_RINGS_MAX; i++) {
		ring_forget_call(&back->rings[i]);
		back->rings[i] = (struct vhost_back_ring){.call_fd = -1};
	}
}

void vhost_back_init(struct vhost_back *back, unsigned pairs)
{
	memset(back, 0, sizeof(*back));
	back->pairs = pairs;
	for (unsigned i = 0; i < VHOST_BACK_RINGS_MAX; i++)
		back->rings[i].call_fd = -1;
}

void vhost_back_fini(struct vhost_back *back)
{
	rings_reset(back);
	guest_clear(&back->guest);
}

/* ---- features and status ---- */

static int get_features(struct call *call)
{
	return answer(call, FEATURES);
}

static int set_features(struct call *call)
{
	uint64_t features = call->message->u64;

	if (features & ~FEATURES)
		return violation(call, "it takes features that were not offered: 0x%llx",
			(unsigned long long)(features & ~FEATURES));
	call->back->features = features;
	return 0;
}

static int get_protocol_features(struct call *call)
{
	return answer(call, PROTOCOL_FEATURES);
}

static int set_protocol_features(struct call *call)
{
	uint64_t features = call->message->u64;

	if (features & ~PROTOCOL_FEATURES)
		return violation(call, "it takes protocol features that were not offered: 0x%llx",
			(unsigned long long)(features & ~PROTOCOL_FEATURES));
	call->back->protocol_features = features;
	return 0;
}

static int get_queue_num(struct call *call)
{
	return answer(call, call->back->pairs);
}

static int get_status(struct call *call)
{
	return answer(call, call->back->status);
}

static int set_status(struct call *call)
{
	if (call->message->u64 > UINT8_MAX)
		return violation(call, "SET_STATUS 0x%llx", (unsigned long long)call->message->u64);
	call->back->status = call->message->u64;
	return 0;
}

static int net_set_mtu(struct call *call)
{
	uint64_t mtu = call->message->u64;

	if (mtu < MTU_MIN || mtu > UINT16_MAX)
		return refuse(call, "of a size that cannot be");
	call->back->mtu = (uint16_t)mtu;
	return 0;
}

/* SET_OWNER, which asks for nothing, and SEND_RARP: there is no switch to teach. */
static int take_note(struct call *call)
{
	(void)call;
	return 0;
}

static int reset_owner(struct call *call)
{
	for (unsigned i = 0; i < VHOST_BACK_RINGS_MAX; i++)
		call->back->rings[i].started = call->back->rings[i].enabled = false;
	return 0;
}

static int reset_device(struct call *call)
{
	rings_reset(call->back);
	call->back->status = 0;
	return 0;
}

/* ---- memory ---- */

static int region_add(struct call *call, struct vhost_region region, int fd)
{
	int rc = guest_add(&call->back->guest, region.guest_addr, region.user_addr, region.size,
		region.mmap_offset, fd);

	if (rc == 0)
		return 0;
	return violation(call, "a memory region of 0x%llx bytes at 0x%llx cannot be: %s",
		(unsigned long long)region.size, (unsigned long long)region.guest_addr,
		strerror(-rc));
}

static int set_mem_table(struct call *call)
{
	const struct vhost_message *message = call->message;
	uint32_t count = message->table.count;
	int rc = 0;

	if (message->size < offsetof(struct vhost_mem_table, regions) || count == 0 ||
		count > VHOST_USER_BASE_REGIONS || call->fd_count != count ||
		message->size != offsetof(struct vhost_mem_table, regions[count]))
		return violation(call, "SET_MEM_TABLE of %u bytes with %u descriptors",
			message->size, call->fd_count);
	guest_clear(&call->back->guest);
	for (uint32_t i = 0; i < count && rc == 0; i++)
		rc = region_add(call, message->table.regions[i], call->fds[i]);
	return rc;
}

static int get_max_mem_slots(struct call *call)
{
	return answer(call, GUEST_REGIONS_MAX);
}

/* QEMU before 8.1 says it once for each queue pair: the second time there is nothing to do. */
static bool region_is_there(const struct guest *guest, struct vhost_region region)
{
	for (unsigned i = 0; i < guest->count; i++)
		if (guest->regions[i].guest_addr == region.guest_addr &&
			guest->regions[i].user_addr == region.user_addr &&
			guest->regions[i].size == region.size)
			return true;
	return false;
}

static int add_mem_reg(struct call *call)
{
	struct vhost_region region = call->message->single.region;

	if (call->fd_count != 1)
		return violation(call, "ADD_MEM_REG without a descriptor");
	if (region_is_there(&call->back->guest, region))
		return 0;
	return region_add(call, region, call->fds[0]);
}

/* One that is not there has been removed before, for another queue pair. */
static int rem_mem_reg(struct call *call)
{
	struct vhost_region region = call->message->single.region;

	guest_remove(&call->back->guest, region.guest_addr, region.user_addr, region.size);
	return 0;
}

/* ---- rings ---- */

static bool is_packed(const struct vhost_back *back)
{
	return back->features & VIRTIO_F_RING_PACKED;
}

static int set_vring_num(struct call *call)
{
	uint32_t size = call->message->state.num;

	if (size < VRING_SIZE_MIN || size > VRING_SIZE_MAX || (size & (size - 1)) != 0)
		return violation(call, "a ring of %u entries: only powers of two from %u to %u",
			size, VRING_SIZE_MIN, VRING_SIZE_MAX);
	call->ring->size = (uint16_t)size;
	return 0;
}

/* len bytes at an address of the front end, or NULL: not there, or askew. */
static void *area_at(const struct vhost_back *back, uint64_t addr, uint64_t len, uintptr_t align)
{
	void *at = guest_at_user(&back->guest, addr, len);

	return (uintptr_t)at % align == 0 ? at : NULL;
}

/* A ring's shape and where its areas are here; false: they are not. */
static bool ring_resolve(const struct vhost_back *back, const struct vhost_back_ring *ring,
	struct ring_shape *shape, struct ring_areas *areas)
{
	const struct vhost_vring_addr *addr = &ring->addr;
	const uint64_t features = back->features;

	*shape = (struct ring_shape){
		.size = ring->size,
		.packed = is_packed(back),
		.event_idx = features & VIRTIO_F_EVENT_IDX,
		.in_order = features & VIRTIO_F_IN_ORDER,
		.header_len = features & (VIRTIO_F_VERSION_1 | VIRTIO_NET_F_MRG_RXBUF)
				      ? sizeof(struct virtio_net_header)
				      : VIRTIO_NET_HEADER_SHORT,
		.mergeable = features & VIRTIO_NET_F_MRG_RXBUF,
	};
	areas->desc = area_at(back, addr->desc, ring_desc_bytes(shape), 16);
	areas->driver = area_at(back, addr->avail, ring_driver_bytes(shape), shape->packed ? 4 : 2);
	areas->device = area_at(back, addr->used, ring_device_bytes(shape), 4);
	return areas->desc && areas->driver && areas->device;
}

static int set_vring_addr(struct call *call)
{
	struct vhost_back_ring *ring = call->ring;
	struct ring_shape shape;
	struct ring_areas areas;

	if (ring->size == 0)
		return violation(call, "SET_VRING_ADDR before SET_VRING_NUM");
	if (call->message->addr.flags != 0)
		return violation(call, "SET_VRING_ADDR with a log, which was not offered");
	ring->addr = call->message->addr;
	ring->addressed = ring_resolve(call->back, ring, &shape, &areas);
	if (!ring->addressed)
		return violation(call, "ring %u is askew, or not in the memory that was shared",
			call->message->addr.index);
	return 0;
}

static int set_vring_base(struct call *call)
{
	/* Of packed rings, the upper half says where used entries go on: at the same place, for
	 * whoever leaves nothing half done. */
	call->ring->base = call->message->state.num;
	return 0;
}

static int get_vring_base(struct call *call)
{
	call->ring->started = false;
	ring_forget_call(call->ring);
	call->reply->state.index = call->message->state.index;
	call->reply->state.num = call->ring->base;
	call->reply->size = sizeof(call->reply->state);
	return 0;
}

static int set_vring_kick(struct call *call)
{
	call->ring->started = true;
	return 0;
}

/* Whether it is an eventfd: writing to those can be kept from blocking, and freed if it does. */
static bool is_eventfd(int fd)
{
	static const char kind[] = "anon_inode:[eventfd]";
	char link[32], name[sizeof(kind)];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return readlink(link, name, sizeof(name)) == sizeof(kind) - 1 &&
	       memcmp(name, kind, sizeof(kind) - 1) == 0;
}

static int set_vring_call(struct call *call)
{
	ring_forget_call(call->ring);
	if (call->fd_count == 0)
		return 0;
	if (!is_eventfd(call->fds[0]) || fcntl(call->fds[0], F_SETFL, O_NONBLOCK) != 0)
		return violation(call, "SET_VRING_CALL with what is no eventfd");
	call->ring->call_fd = call->fds[0];
	call->fds[0] = -1;
	return 0;
}

static int set_vring_enable(struct call *call)
{
	if (call->message->state.num > 1)
		return violation(call, "SET_VRING_ENABLE %u", call->message->state.num);
	call->ring->enabled = call->message->state.num;
	return 0;
}

/* Without the feature, rings begin enabled. */
static bool is_enabled(const struct vhost_back *back, const struct vhost_back_ring *ring)
{
	return ring->enabled || !(back->features & VHOST_USER_F_PROTOCOL_FEATURES);
}

/* virtio 1.2 §3.1.1: nothing before DRIVER_OK, from front ends that tell the status. */
static bool is_driver_ok(const struct vhost_back *back)
{
	return !(back->protocol_features & VHOST_USER_PROTOCOL_F_STATUS) ||
	       back->status & VIRTIO_STATUS_DRIVER_OK;
}

bool vhost_back_ring(const struct vhost_back *back, unsigned index, struct ring_shape *shape,
	struct ring_areas *areas)
{
	const struct vhost_back_ring *ring = &back->rings[index];

	if (!ring->started || !ring->addressed || !is_enabled(back, ring) || !is_driver_ok(back))
		return false;
	/* Memory, size and format may have changed since the addresses were told. */
	return ring_resolve(back, ring, shape, areas) &&
	       (!shape->packed || (ring->base & VRING_ENTRY) < ring->size);
}

/* ---- what messages there are ---- */

#define DISTURBS 1u /* changes what workers use */
#define RING     2u /* begins with the number of a ring */
#define RING_FD  4u /* the same with a descriptor, or the bit that says that there is none */
#define ANY_SIZE 8u /* the handler looks */

struct request {
	int (*handle)(struct call *call); /* 0, or -EPROTO with the reason set */
	uint32_t size;                    /* of the payload */
	unsigned fds_max;
	unsigned flags;
	uint64_t needs; /* a protocol feature */
};

#define U64    sizeof(uint64_t)
#define STATE  sizeof(struct vhost_vring_state)
#define ADDR   sizeof(struct vhost_vring_addr)
#define SLOT   sizeof(struct vhost_mem_single)
#define SLOTS  VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS
#define MTU    VHOST_USER_PROTOCOL_F_NET_MTU
#define RESET  VHOST_USER_PROTOCOL_F_RESET_DEVICE
#define STATUS VHOST_USER_PROTOCOL_F_STATUS

static const struct request requests[] = {
	[VHOST_USER_GET_FEATURES] = {get_features, 0, 0, 0, 0},
	[VHOST_USER_SET_FEATURES] = {set_features, U64, 0, DISTURBS, 0},
	[VHOST_USER_SET_OWNER] = {take_note, 0, 0, 0, 0},
	[VHOST_USER_RESET_OWNER] = {reset_owner, 0, 0, DISTURBS, 0},
	[VHOST_USER_SET_MEM_TABLE] = {set_mem_table, 0, 8, DISTURBS | ANY_SIZE, 0},
	[VHOST_USER_SET_VRING_NUM] = {set_vring_num, STATE, 0, DISTURBS | RING, 0},
	[VHOST_USER_SET_VRING_ADDR] = {set_vring_addr, ADDR, 0, DISTURBS | RING, 0},
	[VHOST_USER_SET_VRING_BASE] = {set_vring_base, STATE, 0, DISTURBS | RING, 0},
	[VHOST_USER_GET_VRING_BASE] = {get_vring_base, STATE, 0, DISTURBS | RING, 0},
	[VHOST_USER_SET_VRING_KICK] = {set_vring_kick, U64, 1, DISTURBS | RING_FD, 0},
	[VHOST_USER_SET_VRING_CALL] = {set_vring_call, U64, 1, DISTURBS | RING_FD, 0},
	[VHOST_USER_SET_VRING_ERR] = {take_note, U64, 1, RING_FD, 0},
	[VHOST_USER_GET_PROTOCOL_FEATURES] = {get_protocol_features, 0, 0, 0, 0},
	[VHOST_USER_SET_PROTOCOL_FEATURES] = {set_protocol_features, U64, 0, DISTURBS, 0},
	[VHOST_USER_GET_QUEUE_NUM] = {get_queue_num, 0, 0, 0, 0},
	[VHOST_USER_SET_VRING_ENABLE] = {set_vring_enable, STATE, 0, DISTURBS | RING, 0},
	[VHOST_USER_SEND_RARP] = {take_note, U64, 0, 0, 0},
	[VHOST_USER_NET_SET_MTU] = {net_set_mtu, U64, 0, DISTURBS, MTU},
	[VHOST_USER_RESET_DEVICE] = {reset_device, 0, 0, DISTURBS, RESET},
	[VHOST_USER_GET_MAX_MEM_SLOTS] = {get_max_mem_slots, 0, 0, 0, SLOTS},
	[VHOST_USER_ADD_MEM_REG] = {add_mem_reg, SLOT, 1, DISTURBS, SLOTS},
	/* Some front ends send the region's descriptor along. */
	[VHOST_USER_REM_MEM_REG] = {rem_mem_reg, SLOT, 1, DISTURBS, SLOTS},
	[VHOST_USER_SET_STATUS] = {set_status, U64, 0, DISTURBS, STATUS},
	[VHOST_USER_GET_STATUS] = {get_status, 0, 0, 0, STATUS},
};
#define REQUEST_COUNT (sizeof(requests) / sizeof(requests[0]))

static const struct request *request_find(uint32_t number)
{
	return number < REQUEST_COUNT && requests[number].handle ? &requests[number] : NULL;
}

bool vhost_back_disturbs(uint32_t request)
{
	const struct request *known = request_find(request);

	return known && known->flags & DISTURBS;
}

/* Finds the ring that a message is about. */
static int find_ring(struct call *call, const struct request *request)
{
	uint64_t word = call->message->u64, index = call->message->state.index;
	bool none = word & VRING_NO_FD;

	if (request->flags & RING_FD) {
		index = word & VRING_INDEX;
		if ((word & ~(VRING_INDEX | VRING_NO_FD)) != 0 || call->fd_count != !none)
			return violation(call, "%s 0x%llx with %u descriptors",
				vhost_request_name(call->message->request),
				(unsigned long long)word, call->fd_count);
	}
	if (index >= 2 * (uint64_t)call->back->pairs)
		return violation(call, "%s of ring %llu: there are %u",
			vhost_request_name(call->message->request), (unsigned long long)index,
			2 * call->back->pairs);
	call->ring = &call->back->rings[index];
	return 0;
}

static int request_handle(struct call *call)
{
	const struct vhost_message *message = call->message;
	const struct request *request = request_find(message->request);
	const char *name = vhost_request_name(message->request);
	int rc = 0;

	if (message->flags & VHOST_USER_REPLY)
		return violation(call, "%s as a reply, to nothing that was asked", name);
	if (!request)
		return refuse(call, "was not offered");
	if (request->needs && !(call->back->protocol_features & request->needs))
		return violation(call, "%s without its protocol feature", name);
	if (!(request->flags & ANY_SIZE) && message->size != request->size)
		return violation(call, "%s of %u bytes", name, message->size);
	if (call->fd_count > request->fds_max)
		return violation(call, "%s with %u descriptors", name, call->fd_count);
	if (request->flags & (RING | RING_FD))
		rc = find_ring(call, request);
	return rc ? rc : request->handle(call);
}

int vhost_back_handle(struct vhost_back *back, const struct vhost_message *message, int *fds,
	unsigned fd_count, struct vhost_message *reply)
{
	struct call call = {
		.back = back,
		.message = message,
		.fds = fds,
		.fd_count = fd_count,
		.acknowledge = message->flags & VHOST_USER_NEED_REPLY &&
			       back->protocol_features & VHOST_USER_PROTOCOL_F_REPLY_ACK,
		.reply = reply,
	};
	int rc;

	*reply = (struct vhost_message){
		.request = message->request, .flags = VHOST_USER_VERSION | VHOST_USER_REPLY};
	rc = request_handle(&call);
	for (unsigned i = 0; i < fd_count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (rc != 0)
		return rc;
	if (call.acknowledge && reply->size == 0)
		answer(&call, 0);
	return reply->size > 0;
}
