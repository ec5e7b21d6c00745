/* SPDX-License-Identifier: BSD-2-Clause */
/* The pair: what one end does to the other. */
#include "vhost_pair.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- the device ---- */

static char folder[] = "/tmp/pktgend-test-XXXXXX";
char path[64];
struct netdev *dev;
struct unit_pool unit;
struct queue_counters counters;
struct flow_tx_counters flow;

void device_open(void)
{
	struct virtio_options options = {.device = true, .server = true};
	struct error err;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sock", folder);
	snprintf(options.address, sizeof(options.address), "%s", path);
	ck_assert_int_eq(unit_pool_init(&unit, OBJECTS, ROOM, 1, 0), 0);
	ck_assert_int_eq(vhost_device_open(&options, &dev, &err), 0);
}

void device_start(bool tx, bool rx)
{
	struct queue_counters *const counts[] = {&counters};
	struct pktbuf_stack *const pools[] = {&unit.pool.free};
	struct netdev_conf conf = {
		.queues = 1, .tx = tx, .rx = rx, .counters = counts, .pools = pools};
	struct error err;

	ck_assert_int_eq(dev->ops->configure(dev, &conf, &err), 0);
	ck_assert_int_eq(dev->ops->start(dev, &err), 0);
	ck_assert(dev->ops->queue(dev, 0)->polled);
}

void device_close(void)
{
	dev->ops->stop(dev);
	dev->ops->close(dev);
	ck_assert_uint_eq(unit.pool.free.count, OBJECTS);
	unit_pool_fini(&unit);
	ck_assert_int_eq(rmdir(folder), 0); /* the socket is gone */
}

void serve(void)
{
	struct pollfd ready = {.fd = dev->ops->service_fd(dev), .events = POLLIN};

	for (unsigned i = 0; i < 200 && poll(&ready, 1, 20) == 1; i++)
		dev->ops->service(dev);
}

unsigned device_send(unsigned n, uint8_t first)
{
	struct netdev_queue *queue = dev->ops->queue(dev, 0);
	struct pktbuf *bufs[OBJECTS];
	unsigned sent;

	ck_assert_uint_eq(pktbuf_stack_pop(&unit.pool.free, bufs, n), n);
	for (unsigned i = 0; i < n; i++) {
		bufs[i]->len = 60 + i;
		bufs[i]->account = &flow;
		memset(bufs[i]->data, first + i, bufs[i]->len);
	}
	sent = dev->ops->tx_burst(queue, bufs, n);
	for (unsigned i = sent; i < n; i++)
		pktbuf_free(bufs[i]);
	return sent;
}

void device_receives(unsigned n, uint8_t first)
{
	struct netdev_queue *queue = dev->ops->queue(dev, 0);
	struct pktbuf *bufs[OBJECTS];

	ck_assert_uint_eq(dev->ops->rx_burst(queue, bufs, OBJECTS), n);
	for (unsigned i = 0; i < n; i++) {
		ck_assert_uint_eq(bufs[i]->len, 60 + i);
		ck_assert_uint_eq(bufs[i]->data[0], (uint8_t)(first + i));
		ck_assert_uint_eq(bufs[i]->data[bufs[i]->len - 1], (uint8_t)(first + i));
		pktbuf_free(bufs[i]);
	}
}

/* ---- the peer ---- */

struct peer peer;

static void peer_connect(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	vhost_connection_init(&peer.connection, fd);
	serve();
}

static void peer_memory(void)
{
	peer.memory_fd = memfd_create("peer", MFD_CLOEXEC);
	ck_assert_int_eq(ftruncate(peer.memory_fd, (off_t)MEMORY), 0);
	peer.memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, peer.memory_fd, 0);
	ck_assert_ptr_ne(peer.memory, MAP_FAILED);
}

static void peer_say(struct vhost_message message, uint32_t size, int fd)
{
	message.flags = VHOST_USER_VERSION;
	message.size = size;
	ck_assert_int_eq(vhost_message_send(&peer.connection, &message, &fd, fd >= 0), 0);
}

void peer_say_u64(uint32_t request, uint64_t value, int fd)
{
	peer_say((struct vhost_message){.request = request, .u64 = value}, 8, fd);
}

void peer_say_state(uint32_t request, uint32_t index, uint32_t num)
{
	peer_say((struct vhost_message){.request = request, .state = {index, num}}, 8, -1);
}

static uint64_t user_of(const void *at)
{
	return USER + (uint64_t)((const uint8_t *)at - peer.memory);
}

void peer_tell_ring(uint32_t index, uint32_t base)
{
	const struct ring_areas *areas = &peer.areas[index];
	struct vhost_message message = {.request = VHOST_USER_SET_VRING_ADDR,
		.addr = {.index = index,
			.desc = user_of(areas->desc),
			.used = user_of(areas->device),
			.avail = user_of(areas->driver)}};

	peer_say_state(VHOST_USER_SET_VRING_NUM, index, RING);
	peer_say_state(VHOST_USER_SET_VRING_BASE, index, base);
	peer_say(message, sizeof(message.addr), -1);
	peer_say_u64(VHOST_USER_SET_VRING_CALL, index, peer.call_fds[index]);
	peer_say_u64(VHOST_USER_SET_VRING_KICK, index | 0x100, -1);
	peer_say_state(VHOST_USER_SET_VRING_ENABLE, index, 1);
}

static void peer_make_ring(uint32_t index)
{
	struct ring_shape shape = {.size = RING,
		.packed = peer.features & VIRTIO_F_RING_PACKED,
		.header_len = sizeof(struct virtio_net_header)};

	ring_layout(&shape, 64, peer.memory + index * RING_AT, &peer.areas[index]);
	ring_driver_init(&peer.rings[index], &shape, &peer.areas[index], peer.slots[index]);
	for (unsigned i = 0; i < RING; i++) {
		uint64_t at = BUFFERS + (index * RING + i) * ROOM + HEADROOM;

		peer.bufs[index][i] = (struct pktbuf){
			.data = peer.memory + at, .room = ROOM - HEADROOM, .dma = PHYS + at};
	}
	peer.call_fds[index] = eventfd(0, EFD_CLOEXEC);
}

void peer_begin(uint64_t features)
{
	struct vhost_message table = {.request = VHOST_USER_SET_MEM_TABLE,
		.table = {.count = 1, .regions = {{PHYS, MEMORY, USER, 0}}}};

	peer.features = features;
	peer_memory();
	peer_connect();
	peer_say_u64(VHOST_USER_SET_PROTOCOL_FEATURES, PROTOCOLS, -1);
	peer_say_u64(VHOST_USER_SET_FEATURES, features, -1);
	peer_say(table, 40, peer.memory_fd);
	for (uint32_t i = 0; i < 2; i++) {
		peer_make_ring(i);
		peer_tell_ring(i, features & VIRTIO_F_RING_PACKED ? 0x8000 : 0);
	}
	peer_say_u64(VHOST_USER_SET_STATUS, 15, -1);
	serve();
}

void peer_end(void)
{
	vhost_connection_close(&peer.connection);
	munmap(peer.memory, MEMORY);
	close(peer.memory_fd);
	close(peer.call_fds[0]);
	close(peer.call_fds[1]);
	serve();
}

void peer_offers(unsigned n)
{
	struct pktbuf *bufs[RING];

	for (unsigned i = 0; i < n; i++)
		bufs[i] = &peer.bufs[TO_PEER][i];
	ck_assert_uint_eq(ring_driver_add(&peer.rings[TO_PEER], bufs, n, true), n);
}

void peer_sends(unsigned n, uint8_t first)
{
	struct pktbuf *bufs[RING];

	while (ring_driver_take(&peer.rings[FROM_PEER], bufs, NULL, RING) > 0)
		;
	for (unsigned i = 0; i < n; i++) {
		bufs[i] = &peer.bufs[FROM_PEER][i];
		bufs[i]->len = 60 + i;
		memset(bufs[i]->data - 12, 0, 12);
		memset(bufs[i]->data, first + i, bufs[i]->len);
	}
	ck_assert_uint_eq(ring_driver_add(&peer.rings[FROM_PEER], bufs, n, false), n);
}

void peer_receives(unsigned n, uint8_t first)
{
	struct pktbuf *bufs[RING];
	uint32_t lens[RING];

	ck_assert_uint_eq(ring_driver_take(&peer.rings[TO_PEER], bufs, lens, n), n);
	for (unsigned i = 0; i < n; i++) {
		ck_assert_uint_eq(lens[i], 12 + 60 + i);
		ck_assert_uint_eq(bufs[i]->data[0], (uint8_t)(first + i));
	}
}

void peer_is_sent_away(const char *reason)
{
	struct vhost_message message;
	int fds[VHOST_USER_FDS_MAX];
	unsigned fd_count;

	serve();
	ck_assert_str_eq(dev->reason, reason);
	ck_assert_int_eq(dev->ops->link(dev), 0);
	ck_assert_int_eq(
		vhost_message_receive(&peer.connection, &message, fds, &fd_count), -ECONNRESET);
}
