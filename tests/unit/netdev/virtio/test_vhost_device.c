/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netdev/virtio/vhost_device: what goes in comes out, in whatever order peer and runs come and go,
 * and a peer that breaks a rule is sent away with a reason.
 */
#include "netdev/virtio/vhost_user.h"
#include "unit.h"
#include "vhost_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* A frame whose bytes are long in coming: who reads them looks like a worker without a processor.
 */
static uint8_t *slow_bytes;
static atomic_bool is_inside;

static void come_slowly(int signo)
{
	(void)signo;
	atomic_store(&is_inside, true);
	usleep(700000);
	mprotect(slow_bytes, 4096, PROT_READ);
}

static void *send_slowly(void *arg)
{
	struct pktbuf *buf;
	uint8_t *data;

	(void)arg;
	ck_assert_uint_eq(pktbuf_stack_pop(&unit.pool.free, &buf, 1), 1);
	data = buf->data;
	buf->account = &flow;
	buf->len = 60;
	buf->data = slow_bytes;
	ck_assert_uint_eq(dev->ops->tx_burst(dev->ops->queue(dev, 0), &buf, 1), 1);
	buf->data = data;
	return NULL;
}

START_TEST(a_worker_without_a_processor_is_not_the_peer_s_fault)
{
	struct sigaction action = {.sa_handler = come_slowly};
	pthread_t thread;

	slow_bytes = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(slow_bytes, MAP_FAILED);
	ck_assert_int_eq(sigaction(SIGSEGV, &action, NULL), 0);
	device_open();
	device_start(true, true);
	peer_begin(FEATURES);
	peer_offers(3);
	ck_assert_int_eq(pthread_create(&thread, NULL, send_slowly, NULL), 0);
	while (!atomic_load(&is_inside))
		usleep(1000);
	peer_say_state(VHOST_USER_SET_VRING_ENABLE, FROM_PEER, 1); /* closes the gate */
	serve();
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	serve();
	ck_assert_int_eq(dev->ops->link(dev), 1);
	ck_assert_str_eq(dev->reason, "");
	peer_end();
	device_close();
	munmap(slow_bytes, 4096);
}
END_TEST

START_TEST(what_is_too_long_for_the_peer_is_not_its_fault)
{
	struct netdev_queue *queue;
	struct pktbuf *buf;

	device_open();
	device_start(true, true);
	peer_begin(FEATURES);
	peer_offers(3);
	queue = dev->ops->queue(dev, 0);
	ck_assert_uint_eq(pktbuf_stack_pop(&unit.pool.free, &buf, 1), 1);
	buf->account = &flow;
	buf->len = 1519;
	ck_assert_uint_eq(dev->ops->tx_burst(queue, &buf, 1), 0);
	ck_assert_int_eq(queue->fault, EMSGSIZE);
	buf->len = 1518; /* with a VLAN tag */
	ck_assert_uint_eq(dev->ops->tx_burst(queue, &buf, 1), 1);
	ck_assert_int_eq(queue->fault, 0);
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
	memory_that_goes_away_ends_it, a_call_that_blocks_is_freed,
	a_worker_without_a_processor_is_not_the_peer_s_fault,
	what_is_too_long_for_the_peer_is_not_its_fault, it_tells_its_facts)
