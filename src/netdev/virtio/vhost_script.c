/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a vhost-user front end says, in three tables to be read from top to bottom; the messages are
 * those of QEMU's docs/interop/vhost-user.rst. Guest and user addresses are both our own virtual
 * ones. Control thread.
 */
#include "netdev/virtio/vhost_front.h"

/* Of no use without a configuration space, a control queue or an IOMMU, which we don't offer. */
#define FEATURES_NOT_HERE \
	(VIRTIO_NET_F_MAC | VIRTIO_NET_F_MTU | VIRTIO_NET_F_STATUS | VIRTIO_NET_F_CTRL_VQ | \
		VIRTIO_NET_F_CTRL_RX | VIRTIO_F_ACCESS_PLATFORM | VHOST_USER_F_PROTOCOL_FEATURES)
#define PROTOCOL_FEATURES \
	(VHOST_USER_PROTOCOL_F_MQ | VHOST_USER_PROTOCOL_F_REPLY_ACK | VHOST_USER_PROTOCOL_F_STATUS)

/* Virtio 1.2 §3.1.1 has their order. */
#define STATUS_DRIVER      (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER)
#define STATUS_FEATURES_OK (STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK)
#define STATUS_DRIVER_OK   (STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK)

#define NO_FD (1u << 8) /* SET_VRING_CALL: we poll */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *write_u64(struct vhost_outgoing *out, uint64_t value)
{
	out->message.u64 = value;
	out->message.size = sizeof(value);
	return NULL;
}

static const char *write_state(
	const struct vhost_front *front, struct vhost_outgoing *out, uint32_t num)
{
	out->message.state = (struct vhost_vring_state){.index = front->ring, .num = num};
	out->message.size = sizeof(out->message.state);
	return NULL;
}

static const char *write_value(struct vhost_front *front, struct vhost_outgoing *out)
{
	return write_u64(out, vhost_front_step(front)->value);
}

/* ---- greeting ---- */

static const char *read_features(struct vhost_front *front, uint64_t value)
{
	front->offered = value;
	front->protocol = 0;
	front->driver.queue_pairs_max = 1;
	return NULL;
}

static const char *read_protocol_features(struct vhost_front *front, uint64_t value)
{
	front->protocol = value & PROTOCOL_FEATURES;
	return NULL;
}

static const char *write_protocol_features(struct vhost_front *front, struct vhost_outgoing *out)
{
	return write_u64(out, front->protocol);
}

static const char *read_queue_num(struct vhost_front *front, uint64_t value)
{
	if (value == 0)
		return "the peer says that it has no queues";
	front->driver.queue_pairs_max =
		value < VIRTIO_QUEUE_PAIRS_MAX ? (uint16_t)value : VIRTIO_QUEUE_PAIRS_MAX;
	return NULL;
}

static const char *end_greeting(struct vhost_front *front)
{
	struct virtio_driver *driver = &front->driver;
	uint64_t offered = front->offered & ~FEATURES_NOT_HERE;

	if (virtio_driver_negotiate(driver, offered, &front->error) != 0)
		return front->error.message;
	driver->link_up = true;
	driver->dev.reason[0] = '\0';
	return NULL;
}

static const struct vhost_step greeting[] = {
	{.request = VHOST_USER_GET_FEATURES, .read = read_features},
	{.request = VHOST_USER_GET_PROTOCOL_FEATURES,
		.feature = VHOST_USER_F_PROTOCOL_FEATURES,
		.read = read_protocol_features},
	{.request = VHOST_USER_SET_PROTOCOL_FEATURES,
		.feature = VHOST_USER_F_PROTOCOL_FEATURES,
		.no_ack = true, /* confirmations begin after it */
		.write = write_protocol_features},
	{.request = VHOST_USER_GET_QUEUE_NUM,
		.protocol = VHOST_USER_PROTOCOL_F_MQ,
		.read = read_queue_num},
	{.request = VHOST_USER_SET_OWNER},
};
const struct vhost_script vhost_script_greeting = {greeting, LENGTH(greeting), end_greeting};

/* ---- start ---- */

static const char *write_features(struct vhost_front *front, struct vhost_outgoing *out)
{
	return write_u64(
		out, front->driver.features | (front->offered & VHOST_USER_F_PROTOCOL_FEATURES));
}

static const char *read_status(struct vhost_front *front, uint64_t value)
{
	(void)front;
	return value & VIRTIO_STATUS_FEATURES_OK ? NULL
						 : "the peer refused the features that were chosen";
}

static void add_region(struct vhost_outgoing *out, const struct memory *memory)
{
	out->message.table.regions[out->fd_count] =
		(struct vhost_region){.guest_addr = (uintptr_t)memory->base,
			.user_addr = (uintptr_t)memory->base,
			.size = memory->size};
	out->fds[out->fd_count++] = memory->fd;
	out->message.table.count = out->fd_count;
	out->message.size = (uint32_t)(offsetof(struct vhost_mem_table, regions) +
				       out->fd_count * sizeof(struct vhost_region));
}

static const char *write_memory(struct vhost_front *front, struct vhost_outgoing *out)
{
	add_region(out, front->driver.pools_memory);
	add_region(out, &front->driver.rings_memory);
	return NULL;
}

/* The ring is laid out here; its place is told two steps further on. */
static const char *write_num(struct vhost_front *front, struct vhost_outgoing *out)
{
	uint16_t size =
		virtio_driver_ring(&front->driver, front->ring, 0, &front->areas[front->ring]);

	if (size == 0)
		return "there is no memory for the rings";
	return write_state(front, out, size);
}

/* Packed: entry 0 and wrap counter 1, in one half for available, in the other for used. */
static const char *write_base(struct vhost_front *front, struct vhost_outgoing *out)
{
	bool packed = front->driver.features & VIRTIO_F_RING_PACKED;

	return write_state(front, out, packed ? 0x80008000 : 0);
}

static const char *write_addr(struct vhost_front *front, struct vhost_outgoing *out)
{
	const struct ring_areas *areas = &front->areas[front->ring];

	out->message.addr = (struct vhost_vring_addr){.index = front->ring,
		.desc = (uintptr_t)areas->desc,
		.avail = (uintptr_t)areas->driver,
		.used = (uintptr_t)areas->device};
	out->message.size = sizeof(out->message.addr);
	return NULL;
}

static const char *write_kick(struct vhost_front *front, struct vhost_outgoing *out)
{
	out->fds[out->fd_count++] = front->kick_fds[front->ring];
	return write_u64(out, front->ring);
}

static const char *write_call(struct vhost_front *front, struct vhost_outgoing *out)
{
	return write_u64(out, front->ring | NO_FD);
}

static const char *write_enable(struct vhost_front *front, struct vhost_outgoing *out)
{
	return write_state(front, out, 1);
}

static const char *end_start(struct vhost_front *front)
{
	front->running = true;
	/* A ring starts with its first kick ("Ring states"). It is the worker's: it can be freed
	 * when the peer makes it hang. */
	for (unsigned i = 0; i < front->driver.queue_count; i++)
		front->driver.queues[i]->kick_first = true;
	return virtio_driver_ready(&front->driver, &front->error) != 0 ? front->error.message
								       : NULL;
}

static const struct vhost_step start[] = {
	{.request = VHOST_USER_SET_STATUS,
		.protocol = VHOST_USER_PROTOCOL_F_STATUS,
		.value = STATUS_DRIVER,
		.write = write_value},
	{.request = VHOST_USER_SET_FEATURES, .write = write_features},
	{.request = VHOST_USER_SET_STATUS,
		.protocol = VHOST_USER_PROTOCOL_F_STATUS,
		.value = STATUS_FEATURES_OK,
		.write = write_value},
	{.request = VHOST_USER_GET_STATUS,
		.protocol = VHOST_USER_PROTOCOL_F_STATUS,
		.read = read_status},
	{.request = VHOST_USER_SET_MEM_TABLE, .write = write_memory},
	{.request = VHOST_USER_SET_VRING_NUM, .each_ring = true, .write = write_num},
	{.request = VHOST_USER_SET_VRING_BASE, .each_ring = true, .write = write_base},
	{.request = VHOST_USER_SET_VRING_ADDR, .each_ring = true, .write = write_addr},
	{.request = VHOST_USER_SET_VRING_KICK, .each_ring = true, .write = write_kick},
	{.request = VHOST_USER_SET_VRING_CALL, .each_ring = true, .write = write_call},
	{.request = VHOST_USER_SET_VRING_ENABLE,
		.feature = VHOST_USER_F_PROTOCOL_FEATURES,
		.each_ring = true,
		.write = write_enable},
	{.request = VHOST_USER_SET_STATUS,
		.protocol = VHOST_USER_PROTOCOL_F_STATUS,
		.value = STATUS_DRIVER_OK,
		.write = write_value},
};
const struct vhost_script vhost_script_start = {start, LENGTH(start), end_start};

/* ---- stop ---- */

static const char *write_ring(struct vhost_front *front, struct vhost_outgoing *out)
{
	return write_state(front, out, 0);
}

/* Where the peer was in the ring: nobody goes on from there. */
static const char *read_base(struct vhost_front *front, uint64_t value)
{
	(void)front;
	(void)value;
	return NULL;
}

static const char *end_stop(struct vhost_front *front)
{
	front->stop_due = front->told = front->running = false;
	return NULL;
}

static const struct vhost_step stop[] = {
	{.request = VHOST_USER_GET_VRING_BASE,
		.each_ring = true,
		.write = write_ring,
		.read = read_base},
	{.request = VHOST_USER_SET_STATUS,
		.protocol = VHOST_USER_PROTOCOL_F_STATUS,
		.value = 0,
		.write = write_value},
};
const struct vhost_script vhost_script_stop = {stop, LENGTH(stop), end_stop};
