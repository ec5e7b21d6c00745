/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netdev/virtio/driver_io: bursts against a device at the other end of the rings, of every kind.
 * After each stop every buffer is home.
 */
#include "driver_fixture.h"
#include "unit.h"

#include <errno.h>

#define OBJECTS 1024

/* ---- transmit ---- */

static uint64_t bytes_of(unsigned n)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++)
		bytes += ring_fixture_len(i, FAKE_ROOM);
	return bytes;
}

static void completed_is(unsigned n)
{
	ck_assert_uint_eq(counter_read(&fake.counters[0].frames_tx), n);
	ck_assert_uint_eq(counter_read(&fake.counters[0].bytes_tx), bytes_of(n));
	ck_assert_uint_eq(counter_read(&fake.flow.frames), n);
	ck_assert_uint_eq(counter_read(&fake.flow.bytes), bytes_of(n));
}

static void sent_frames_arrive(uint64_t features)
{
	const unsigned frames = 3000;
	unsigned sent = 0, arrived = 0;

	fake_begin(&fake, NULL, features, OBJECTS);
	while (sent < frames) {
		sent += fake_send(sent, 1 + sent % 50);
		MUST(fake.queue->fault == 0);
		arrived += fake_arrive(arrived, FAKE_BURST);
		MUST(arrived == sent);
	}
	ck_assert_ptr_null(fake.rings[FAKE_TX].error);
	ck_assert_uint_eq(virtio_driver_tx_reap(fake.queue), 0);
	completed_is(sent);
	fake_end(&fake);
	ck_assert_uint_eq(fake_drops(&fake, DROP_TX_UNFINISHED), 0);
}

START_TEST(frames_arrive_byte_by_byte)
{
	fake_each_kind(sent_frames_arrive);
}
END_TEST

static void only_completed_count(uint64_t features)
{
	fake_begin(&fake, NULL, features, OBJECTS);
	ck_assert_uint_eq(fake_send(0, 30), 30);
	ck_assert_uint_eq(virtio_driver_tx_reap(fake.queue), 30);
	completed_is(0);
	ck_assert_uint_eq(fake_arrive(0, 12), 12);
	completed_is(0); /* nobody has looked yet */
	ck_assert_uint_eq(virtio_driver_tx_reap(fake.queue), 18);
	completed_is(12);
	/* the stop looks once more */
	ck_assert_uint_eq(fake_arrive(12, 5), 5);
	fake_end(&fake);
	completed_is(17);
	ck_assert_uint_eq(fake_drops(&fake, DROP_TX_UNFINISHED), 13);
}

START_TEST(frames_count_when_the_device_is_done_with_them)
{
	fake_each_kind(only_completed_count);
}
END_TEST

static void full_ring(uint64_t features)
{
	fake_begin(&fake, &fake_small_rings, features, OBJECTS);
	ck_assert_uint_eq(fake_send(0, 10), 10);
	ck_assert_int_eq(fake.queue->fault, 0);
	ck_assert_uint_eq(fake_send(10, 10), 6);
	ck_assert_int_eq(fake.queue->fault, ENOBUFS);
	ck_assert_uint_eq(fake_send(16, 1), 0);
	ck_assert_int_eq(fake.queue->fault, ENOBUFS);
	ck_assert_uint_eq(fake_arrive(0, 3), 3);
	ck_assert_uint_eq(fake_send(16, 5), 3);
	ck_assert_int_eq(fake.queue->fault, ENOBUFS);
	completed_is(3);
	ck_assert_uint_eq(fake_arrive(3, FAKE_BURST), 16);
	ck_assert_uint_eq(fake_send(19, 16), 16);
	ck_assert_int_eq(fake.queue->fault, 0);
	fake_end(&fake);
	completed_is(19);
	ck_assert_uint_eq(fake_drops(&fake, DROP_TX_UNFINISHED), 16);
}

START_TEST(a_full_ring_is_backpressure)
{
	fake_each_kind(full_ring);
}
END_TEST

/* A constant frame has one buffer, which stands in its stack many times. */
static void one_buffer(uint64_t features)
{
	struct pktbuf *slots[24], *buf, *bufs[24];
	struct pktbuf_stack shared = {.slots = slots, .capacity = 24};

	fake_begin(&fake, &fake_small_rings, features, OBJECTS);
	pktbuf_stack_pop(&fake.pools[0].free, &buf, 1);
	buf->home = &shared;
	buf->len = ring_fixture_len(0, FAKE_ROOM);
	buf->account = &fake.flow;
	ring_fixture_write(buf->data, buf->len, 0);
	while (shared.count < shared.capacity)
		pktbuf_free(buf);
	for (unsigned round = 0; round < 10; round++) {
		unsigned n = pktbuf_stack_pop(&shared, bufs, 16);

		ck_assert_uint_eq(virtio_driver_tx_burst(fake.queue, bufs, n), 16);
		for (unsigned i = 0; i < 16; i++)
			MUST(fake_arrive(0, 1) == 1);
		ck_assert_uint_eq(virtio_driver_tx_reap(fake.queue), 0);
		ck_assert_uint_eq(shared.count, 24);
	}
	pktbuf_stack_pop(&shared, bufs, 16);
	ck_assert_uint_eq(virtio_driver_tx_burst(fake.queue, bufs, 16), 16);
	virtio_queue_drain((struct virtio_queue *)fake.queue);
	ck_assert_uint_eq(shared.count, 24);
	ck_assert_uint_eq(fake_drops(&fake, DROP_TX_UNFINISHED), 16);
	buf->home = &fake.pools[0].free;
	pktbuf_free(buf);
	fake_end(&fake);
}

START_TEST(one_buffer_may_be_the_devices_many_times)
{
	fake_each_kind(one_buffer);
}
END_TEST

static void kicks(uint64_t features)
{
	fake_begin(&fake, NULL, features, OBJECTS);
	fake_send(0, 4);
	ck_assert_uint_eq(fake.notified[FAKE_TX], 0); /* it looks by itself */
	ck_assert_uint_eq(fake_arrive(0, 4), 4);
	fake_wants_kicks(&fake, FAKE_TX);
	fake_send(4, 4);
	ck_assert_uint_eq(fake.notified[FAKE_TX], 1);
	fake_wants_kicks(&fake, FAKE_RX);
	ck_assert_uint_eq(fake.notified[FAKE_RX], 0);
	virtio_driver_rx_burst(fake.queue, NULL, 0);
	ck_assert_uint_gt(fake.notified[FAKE_RX], 0);
	fake_end(&fake);
}

START_TEST(a_device_that_wants_to_be_told_is_told)
{
	fake_each_kind(kicks);
}
END_TEST

/* ---- receive ---- */

static void received_frames(uint64_t features)
{
	const unsigned frames = 3000;
	unsigned sent = 0, got = 0;

	fake_begin(&fake, NULL, features, OBJECTS);
	ck_assert_uint_eq(fake_receive(0), 0); /* gives the device its first buffers */
	while (sent < frames) {
		sent += fake_deliver(sent, 1 + sent % 50);
		got += fake_receive(got);
		MUST(got == sent && fake.queue->fault == 0);
	}
	fake_stop(&fake);
	fake_headers_are_zero();
	fake_close(&fake);
}

START_TEST(frames_are_received_byte_by_byte)
{
	fake_each_kind(received_frames);
}
END_TEST

static void refill(uint64_t features)
{
	struct pktbuf *taken[16];

	/* half of the pool, when the ring is longer than that */
	fake_begin(&fake, NULL, features, 32);
	fake_receive(0);
	ck_assert_uint_eq(fake_offered(), 16);
	ck_assert_uint_eq(fake.pools[0].free.count, 16);
	ck_assert_uint_eq(fake_deliver(0, 20), 16);
	/* somebody else has the other half */
	ck_assert_uint_eq(pktbuf_stack_pop(&fake.pools[0].free, taken, 16), 16);
	ck_assert_uint_eq(fake_receive(0), 16);
	ck_assert_uint_eq(fake_offered(), 0);
	ck_assert_uint_eq(counter_read(&fake.counters[0].pool_exhausted), 1);
	ck_assert_int_eq(fake.queue->fault, 0);
	for (unsigned i = 0; i < 16; i++)
		pktbuf_free(taken[i]);
	ck_assert_uint_eq(fake_receive(16), 0);
	ck_assert_uint_eq(fake_offered(), 16);
	fake_end(&fake);

	/* the ring, when that is shorter */
	fake_begin(&fake, &fake_small_rings, features, OBJECTS);
	fake_receive(0);
	ck_assert_uint_eq(fake_offered(), 16);
	fake_end(&fake);
}

START_TEST(the_device_has_half_of_the_pool_at_most)
{
	fake_each_kind(refill);
}
END_TEST

/* ---- frames in several buffers ---- */

static void pieces(uint64_t features)
{
	const uint32_t len = ring_fixture_len(1, FAKE_ROOM);
	uint8_t data[FAKE_ROOM];

	if (!(features & VIRTIO_NET_F_MRG_RXBUF))
		return;
	ring_fixture_write(data, len, 1);
	fake_begin(&fake, NULL, features, 32);
	fake_receive(0);
	ck_assert_uint_gt(len, 40);
	fake_write(&fake, FAKE_RX, 4, data, 20);
	fake_write(&fake, FAKE_RX, -1, data + 20, 1);
	ck_assert_uint_eq(fake_receive(1), 0); /* the rest is still to come */
	fake_write(&fake, FAKE_RX, -1, data + 21, 0);
	fake_write(&fake, FAKE_RX, -1, data + 21, len - 21);
	fake_write(&fake, FAKE_RX, 1, data, len);
	{
		struct pktbuf *bufs[FAKE_BURST];

		ck_assert_uint_eq(virtio_driver_rx_burst(fake.queue, bufs, FAKE_BURST), 2);
		for (unsigned i = 0; i < 2; i++) {
			ck_assert_uint_eq(bufs[i]->len, len);
			ck_assert_mem_eq(bufs[i]->data, data, len);
			pktbuf_free(bufs[i]);
		}
	}
	ck_assert_uint_eq(fake_offered(), 16);
	ck_assert_uint_eq(fake_drops(&fake, DROP_RX_TOO_LONG), 0);
	/* a stop in the middle of a frame */
	fake_write(&fake, FAKE_RX, 3, data, 20);
	fake_write(&fake, FAKE_RX, -1, data, 20);
	ck_assert_uint_eq(fake_receive(1), 0);
	fake_stop(&fake);
	fake_headers_are_zero();
	fake_close(&fake);
}

START_TEST(frames_in_pieces_are_put_together)
{
	fake_each_kind(pieces);
}
END_TEST

static void too_long(uint64_t features)
{
	struct pktbuf *buf;

	if (!(features & VIRTIO_NET_F_MRG_RXBUF))
		return;
	fake_begin(&fake, NULL, features, 32);
	fake_receive(0);
	pktbuf_stack_pop(&fake.own.free, &buf, 1);
	buf->len = FAKE_ROOM + 1;
	memset(buf->data, 0xff, buf->len);
	for (unsigned i = 0; i < 20; i++) {
		MUST(ring_device_send(&fake.rings[FAKE_RX], &buf, 1) == 1);
		MUST(fake_deliver(i, 1) == 1);
		MUST(fake_receive(i) == 1);
	}
	ck_assert_int_eq(fake.queue->fault, 0);
	ck_assert_uint_eq(fake_drops(&fake, DROP_RX_TOO_LONG), 20);
	ck_assert_uint_eq(fake_offered(), 16);
	/* the longest that there is room for */
	buf->len = FAKE_ROOM;
	ck_assert_uint_eq(ring_device_send(&fake.rings[FAKE_RX], &buf, 1), 1);
	pktbuf_free(buf);
	ck_assert_uint_eq(virtio_driver_rx_burst(fake.queue, &buf, 1), 1);
	ck_assert_uint_eq(buf->len, FAKE_ROOM);
	pktbuf_free(buf);
	fake_stop(&fake);
	fake_headers_are_zero();
	fake_close(&fake);
}

START_TEST(frames_longer_than_a_buffer_are_dropped)
{
	fake_each_kind(too_long);
}
END_TEST

/* ---- several queue pairs ---- */

static void two_pairs(uint64_t features)
{
	struct netdev *dev = &fake.driver.dev;
	struct netdev_queue *second;
	struct pktbuf *buf;

	fake_open(&fake, &fake_small_rings, 32);
	fake.driver.queue_pairs_max = 2;
	fake_negotiate(&fake, features);
	ck_assert_int_eq(fake_start(&fake, 2, false), 0);
	second = virtio_driver_queue(dev, 1);
	ck_assert_uint_eq(second->index, 1);
	ck_assert(second->polled);
	ck_assert_uint_eq(virtio_driver_rx_burst(second, &buf, 1), 0);
	ck_assert_uint_eq(fake.pools[1].free.count, 16);
	ck_assert_uint_eq(fake.pools[0].free.count, 32);
	fake_wants_kicks(&fake, 3);
	pktbuf_stack_pop(&fake.pools[1].free, &buf, 1);
	buf->len = 60;
	buf->account = &fake.flow;
	ck_assert_uint_eq(virtio_driver_tx_burst(second, &buf, 1), 1);
	ck_assert_uint_eq(fake.notified[3], 1);
	ck_assert_uint_eq(fake_arrive(0, 1), 0); /* not there */
	fake_give(&fake, 2, 99, 0);
	ck_assert_uint_eq(virtio_driver_rx_burst(second, &buf, 1), 0);
	ck_assert_int_eq(second->fault, ENODEV);
	ck_assert_int_eq(virtio_driver_link(dev), -ENODEV);
	ck_assert_str_eq(dev->reason, "the peer broke the rules of ring pair 1: "
				      "the device returned a buffer that it did not have");
	fake_end(&fake);
	ck_assert_uint_eq(counter_read(&fake.counters[1].drops[DROP_TX_UNFINISHED]), 1);
}

START_TEST(each_queue_pair_has_rings_of_its_own)
{
	fake_each_kind(two_pairs);
}
END_TEST

UNIT_SUITE("netdev/virtio/driver_io", frames_arrive_byte_by_byte,
	frames_count_when_the_device_is_done_with_them, a_full_ring_is_backpressure,
	one_buffer_may_be_the_devices_many_times, a_device_that_wants_to_be_told_is_told,
	frames_are_received_byte_by_byte, the_device_has_half_of_the_pool_at_most,
	frames_in_pieces_are_put_together, frames_longer_than_a_buffer_are_dropped,
	each_queue_pair_has_rings_of_its_own)
