/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netdev/virtio/vhost_device: a peer over a real socket, with the driver end of the rings in memory
 * that it shares. What goes in comes out, by whatever order peer and runs come and go, and a peer
 * that breaks a rule is sent away with a reason.
 */
#include "netdev/virtio/ring.h"
#include "netdev/virtio/vhost_message.h"
#include "netdev/virtio/vhost_user.h"
#include "pool.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define OBJECTS   32
#define RING      16
#define PHYS      UINT64_C(0x100000)
#define USER      UINT64_C(0x7f1200000000)
#define MEMORY    (UINT64_C(1) << 20)
#define BUFFERS   (UINT64_C(1) << 16) /* where they begin */
#define RING_AT   UINT64_C(0x4000)    /* bytes of a ring */
#define ROOM      2048
#define HEADROOM  64
#define FEATURES  (VIRTIO_F_VERSION_1 | VHOST_USER_F_PROTOCOL_FEATURES)
#define PROTOCOLS (VHOST_USER_PROTOCOL_F_REPLY_ACK | VHOST_USER_PROTOCOL_F_STATUS)
#define TO_PEER   0
#define FROM_PEER 1

/* ---- the device ---- */

static char folder[] = "/tmp/pktgend-test-XXXXXX";
static char path[64];
static struct netdev *dev;
static struct unit_pool unit;
static struct queue_counters counters;
static struct flow_tx_counters flow;

static void device_open(void)
{
	struct virtio_options options = {.device = true, .server = true};
	struct error err;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sock", folder);
	snprintf(options.address, sizeof(options.address), "%s", path);
	ck_assert_int_eq(unit_pool_init(&unit, OBJECTS, ROOM, 1, 0), 0);
	ck_assert_int_eq(vhost_device_open(&options, &dev, &err), 0);
}

static void device_start(bool tx, bool rx)
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

static void device_close(void)
{
	dev->ops->stop(dev);
	dev->ops->close(dev);
	ck_assert_uint_eq(unit.pool.free.count, OBJECTS);
	unit_pool_fini(&unit);
	ck_assert_int_eq(rmdir(folder), 0); /* the socket is gone */
}

/* Lets the control thread do what there is to do. */
static void serve(void)
{
	struct pollfd ready = {.fd = dev->ops->service_fd(dev), .events = POLLIN};

	for (unsigned i = 0; i < 200 && poll(&ready, 1, 20) == 1; i++)
		dev->ops->service(dev);
}

static unsigned device_send(unsigned n, uint8_t first)
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

/* Receives all that there is; checks that it is n frames, the first one of that byte. */
static void device_receives(unsigned n, uint8_t first)
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

static struct peer {
	struct vhost_connection connection;
	uint64_t features;
	int memory_fd;
	uint8_t *memory;
	struct ring_areas areas[2];
	struct ring_driver rings[2];
	struct ring_slot slots[2][RING];
	struct pktbuf bufs[2][RING];
	int call_fds[2];
} peer;

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

static void peer_say_u64(uint32_t request, uint64_t value, int fd)
{
	peer_say((struct vhost_message){.request = request, .u64 = value}, 8, fd);
}

static void peer_say_state(uint32_t request, uint32_t index, uint32_t num)
{
	peer_say((struct vhost_message){.request = request, .state = {index, num}}, 8, -1);
}

static uint64_t user_of(const void *at)
{
	return USER + (uint64_t)((const uint8_t *)at - peer.memory);
}

/* Makes ring index, fresh or going on at base, known. */
static void peer_tell_ring(uint32_t index, uint32_t base)
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

/* A driver as it comes up. */
static void peer_begin(uint64_t features)
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

static void peer_end(void)
{
	vhost_connection_close(&peer.connection);
	munmap(peer.memory, MEMORY);
	close(peer.memory_fd);
	close(peer.call_fds[0]);
	close(peer.call_fds[1]);
	serve();
}

/* Offers n buffers to be written. */
static void peer_offers(unsigned n)
{
	struct pktbuf *bufs[RING];

	for (unsigned i = 0; i < n; i++)
		bufs[i] = &peer.bufs[TO_PEER][i];
	ck_assert_uint_eq(ring_driver_add(&peer.rings[TO_PEER], bufs, n, true), n);
}

static void peer_sends(unsigned n, uint8_t first)
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

/* Takes n frames, the first one of that byte and those behind it of the next. */
static void peer_receives(unsigned n, uint8_t first)
{
	struct pktbuf *bufs[RING];
	uint32_t lens[RING];

	ck_assert_uint_eq(ring_driver_take(&peer.rings[TO_PEER], bufs, lens, n), n);
	for (unsigned i = 0; i < n; i++) {
		ck_assert_uint_eq(lens[i], 12 + 60 + i);
		ck_assert_uint_eq(bufs[i]->data[0], (uint8_t)(first + i));
	}
}

static void peer_is_sent_away(const char *reason)
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

/* ---- tests ---- */

static void check_both_ways(uint64_t features)
{
	char waiting[128];

	device_open();
	snprintf(waiting, sizeof(waiting), "waiting for a peer to connect to %s", path);
	ck_assert_int_eq(dev->ops->link(dev), 0);
	ck_assert_str_eq(dev->reason, waiting);
	device_start(true, true);
	ck_assert_uint_eq(device_send(1, 0), 0);
	ck_assert_int_eq(dev->ops->queue(dev, 0)->fault, ENETDOWN);
	peer_begin(features);
	ck_assert_int_eq(dev->ops->link(dev), 1);
	ck_assert_str_eq(dev->reason, "");
	for (unsigned round = 0; round < 20; round++) {
		ck_assert_uint_eq(device_send(2, 1), 0); /* nothing is offered */
		ck_assert_int_eq(dev->ops->queue(dev, 0)->fault, ENOBUFS);
		peer_offers(5);
		ck_assert_uint_eq(device_send(3, 10), 3);
		ck_assert_int_eq(dev->ops->queue(dev, 0)->fault, 0);
		ck_assert_uint_eq(device_send(3, 20), 2);
		ck_assert_int_eq(dev->ops->queue(dev, 0)->fault, ENOBUFS);
		peer_receives(3, 10);
		peer_receives(2, 20);
		peer_receives(0, 0);
		peer_sends(7, 40);
		device_receives(7, 40);
		ck_assert_int_eq(dev->ops->queue(dev, 0)->fault, 0);
		device_receives(0, 0);
	}
	ck_assert_uint_eq(counter_read(&counters.frames_tx), 20 * 5); /* what was written */
	ck_assert_uint_eq(counter_read(&counters.bytes_tx), 20 * (60 + 61 + 62 + 60 + 61));
	ck_assert_uint_eq(counter_read(&flow.frames), 20 * 5);
	peer_end();
	device_close();
}

START_TEST(frames_go_both_ways_split)
{
	check_both_ways(FEATURES);
}
END_TEST

START_TEST(frames_go_both_ways_packed)
{
	check_both_ways(FEATURES | VIRTIO_F_RING_PACKED);
}
END_TEST

START_TEST(frames_that_find_no_place_are_drops)
{
	struct pktbuf *bufs[OBJECTS];

	device_open();
	device_start(true, true);
	peer_begin(FEATURES);
	ck_assert_uint_eq(pktbuf_stack_pop(&unit.pool.free, bufs, OBJECTS), OBJECTS);
	peer_sends(3, 1);
	device_receives(0, 0);
	for (unsigned i = 0; i < OBJECTS; i++)
		pktbuf_free(bufs[i]);
	ck_assert_uint_eq(counter_read(&counters.drops[DROP_RX_NO_BUFFER]), 3);
	ck_assert_uint_eq(counter_read(&counters.pool_exhausted), 1);
	for (unsigned i = 0; i < OBJECTS; i++)
		bufs[i]->room = 60; /* of three frames, one fits */
	peer_sends(3, 9);
	device_receives(1, 9);
	ck_assert_uint_eq(counter_read(&counters.drops[DROP_RX_TOO_LONG]), 2);
	peer_end();
	device_close();
}
END_TEST

START_TEST(the_peer_is_called_when_it_wants_to_be)
{
	uint64_t count;

	device_open();
	device_start(true, true);
	peer_begin(FEATURES);
	((struct vring_avail *)peer.areas[TO_PEER].driver)->flags = 0;
	peer_offers(4);
	ck_assert_uint_eq(device_send(2, 1), 2);
	ck_assert_uint_eq(device_send(2, 1), 2);
	ck_assert_int_eq(read(peer.call_fds[TO_PEER], &count, 8), 8);
	ck_assert_uint_eq(count, 2);
	((struct vring_avail *)peer.areas[TO_PEER].driver)->flags = VRING_AVAIL_F_NO_INTERRUPT;
	peer_receives(2, 1);
	peer_receives(2, 1);
	peer_offers(1);
	ck_assert_uint_eq(device_send(1, 1), 1);
	ck_assert_int_eq(
		read(peer.call_fds[TO_PEER], &count, 8), -1); /* does not block: ours too */
	ck_assert_int_eq(errno, EAGAIN);
	peer_end();
	device_close();
}
END_TEST

static void check_runs_come_and_go(uint64_t features)
{
	device_open();
	device_start(true, true);
	peer_begin(features);
	peer_offers(5);
	ck_assert_uint_eq(device_send(2, 1), 2);
	peer_sends(3, 30);
	device_receives(3, 30);
	dev->ops->stop(dev);
	peer_sends(4, 50); /* they wait */
	serve();
	ck_assert_int_eq(dev->ops->link(dev), 1);
	device_start(true, false);
	device_receives(0, 0);
	ck_assert_uint_eq(device_send(3, 3), 3);
	dev->ops->stop(dev);
	device_start(true, true);
	device_receives(4, 50);
	peer_receives(2, 1);
	peer_receives(3, 3);
	peer_end();
	device_close();
}

START_TEST(runs_come_and_go_without_the_peer_s_knowledge)
{
	check_runs_come_and_go(FEATURES);
}
END_TEST

START_TEST(runs_come_and_go_on_packed_rings_too)
{
	check_runs_come_and_go(FEATURES | VIRTIO_F_RING_PACKED);
}
END_TEST

START_TEST(a_ring_stops_and_goes_on_where_it_was)
{
	struct vhost_message reply;
	int fds[VHOST_USER_FDS_MAX];
	unsigned fd_count;

	device_open();
	device_start(true, true);
	peer_begin(FEATURES);
	peer_sends(3, 30);
	device_receives(3, 30);
	peer_say_state(VHOST_USER_SET_VRING_ENABLE, FROM_PEER, 0);
	peer_sends(3, 40);
	serve();
	device_receives(0, 0);
	ck_assert_int_eq(dev->ops->queue(dev, 0)->fault, ENETDOWN);
	ck_assert_int_eq(dev->ops->link(dev), 0);
	peer_say_state(VHOST_USER_SET_VRING_ENABLE, FROM_PEER, 1);
	peer_say_state(VHOST_USER_GET_VRING_BASE, FROM_PEER, 0);
	serve();
	ck_assert_int_eq(vhost_message_receive(&peer.connection, &reply, fds, &fd_count), 1);
	ck_assert_uint_eq(reply.state.index, FROM_PEER);
	ck_assert_uint_eq(reply.state.num, 3);
	device_receives(0, 0);
	peer_tell_ring(FROM_PEER, 3);
	serve();
	device_receives(3, 40);
	peer_end();
	device_close();
}
END_TEST

START_TEST(a_new_peer_takes_the_place_of_one_that_went)
{
	device_open();
	device_start(true, true);
	for (unsigned i = 0; i < 3; i++) {
		peer_begin(i == 1 ? FEATURES | VIRTIO_F_RING_PACKED : FEATURES);
		peer_offers(3);
		ck_assert_uint_eq(device_send(3, 1), 3);
		peer_end();
		ck_assert_int_eq(dev->ops->link(dev), 0);
		ck_assert_uint_eq(device_send(3, 1), 0);
		ck_assert_int_eq(dev->ops->queue(dev, 0)->fault, ENETDOWN);
	}
	ck_assert_uint_eq(counter_read(&counters.frames_tx), 9);
	device_close();
}
END_TEST

START_TEST(a_message_against_the_rules_ends_it)
{
	device_open();
	device_start(true, true);
	peer_begin(FEATURES);
	peer_say_state(VHOST_USER_SET_VRING_NUM, 0, 100);
	peer_is_sent_away("the peer broke the protocol: a ring of 100 entries: only powers of two "
			  "from 8 to 32768");
	ck_assert_uint_eq(device_send(3, 1), 0);
	peer_end();
	peer_begin(FEATURES); /* another chance */
	ck_assert_int_eq(dev->ops->link(dev), 1);
	ck_assert_str_eq(dev->reason, "");
	ck_assert_int_eq(send(peer.connection.fd, "no message at all", 17, 0), 17);
	peer_is_sent_away("the peer broke the protocol: what it sends is no vhost-user message");
	peer_end();
	device_close();
}
END_TEST

START_TEST(a_ring_against_the_rules_ends_it)
{
	device_open();
	device_start(true, true);
	peer_begin(FEATURES);
	peer_sends(3, 30);
	((struct vring_avail *)peer.areas[FROM_PEER].driver)->idx = RING + 1;
	device_receives(0, 0);
	ck_assert_int_eq(dev->ops->queue(dev, 0)->fault, ENETDOWN);
	peer_is_sent_away("the peer broke the protocol: the driver's available index ran ahead of "
			  "the ring");
	peer_end();
	device_close();
}
END_TEST

START_TEST(memory_that_goes_away_ends_it)
{
	device_open();
	device_start(true, true);
	peer_begin(FEATURES);
	peer_offers(3);
	ck_assert_int_eq(ftruncate(peer.memory_fd, 4096), 0);
	ck_assert_uint_eq(device_send(3, 1), 0);
	ck_assert_uint_eq(counter_read(&counters.frames_tx), 0);
	peer_is_sent_away(
		"the peer broke the protocol: the peer took away memory that it had shared");
	peer_end();
	device_close();
}
END_TEST

static void *send_one(void *arg)
{
	(void)arg;
	return (void *)(uintptr_t)device_send(1, 1);
}

START_TEST(a_call_that_blocks_is_freed)
{
	uint64_t almost = UINT64_MAX - 1;
	pthread_t thread;

	device_open();
	device_start(true, true);
	peer_begin(FEATURES);
	((struct vring_avail *)peer.areas[TO_PEER].driver)->flags = 0;
	peer_offers(3);
	ck_assert_int_eq(write(peer.call_fds[TO_PEER], &almost, 8), 8);
	ck_assert_int_eq(fcntl(peer.call_fds[TO_PEER], F_SETFL, 0), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, send_one, NULL), 0);
	for (unsigned i = 0; i < 300 && dev->ops->link(dev) == 1; i++) {
		serve();
		usleep(10000);
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	peer_is_sent_away("the peer broke the protocol: its call descriptor blocks");
	peer_end();
	device_close();
}
END_TEST

START_TEST(it_tells_its_facts)
{
	struct netdev_info info;
	uint8_t mac[6];

	device_open();
	device_start(true, true);
	ck_assert_int_eq(dev->ops->info(dev, &info), 0);
	ck_assert_str_eq(info.driver, "vhost-user");
	ck_assert_uint_eq(info.mac[0] & 3, 2); /* unicast, locally administered */
	memcpy(mac, info.mac, 6);
	ck_assert_uint_eq(info.mtu, 1500);
	ck_assert_uint_eq(info.frame_max, FRAME_SIZE_MAX);
	ck_assert_uint_eq(info.queues_max, 16);
	ck_assert(!info.in_place);
	ck_assert_str_eq(
		info.features, "frames are copied into and out of a peer's rings; no peer");
	peer_begin(FEATURES);
	ck_assert_int_eq(dev->ops->info(dev, &info), 0);
	ck_assert_mem_eq(info.mac, mac, 6);
	ck_assert_uint_eq(info.frame_max, 1514); /* buffers are not mergeable */
	ck_assert_str_eq(
		info.features, "VERSION_1; 1 queue pair up, rings of 16/16, 1 memory region");
	peer_end();
	device_close();
}
END_TEST

UNIT_SUITE("netdev/virtio/vhost_device", frames_go_both_ways_split, frames_go_both_ways_packed,
	frames_that_find_no_place_are_drops, the_peer_is_called_when_it_wants_to_be,
	runs_come_and_go_without_the_peer_s_knowledge, runs_come_and_go_on_packed_rings_too,
	a_ring_stops_and_goes_on_where_it_was, a_new_peer_takes_the_place_of_one_that_went,
	a_message_against_the_rules_ends_it, a_ring_against_the_rules_ends_it,
	memory_that_goes_away_ends_it, a_call_that_blocks_is_freed, it_tells_its_facts)
