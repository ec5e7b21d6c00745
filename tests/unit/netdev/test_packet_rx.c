/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/packet_rx: what comes in over a veth pair, and what becomes of what cannot. */
#include "veth.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES 1000

START_TEST(a_tag_that_the_kernel_took_off_is_put_back)
{
	struct pktbuf *buf, *got = NULL;

	veth_new(1500);
	side_open(&a, "a0", 2048);
	side_open(&b, "b0", 2048);
	side_start(&b, 1, false, true);
	side_start(&a, 1, true, false);
	buf = frame_new(&a, 1518, 1);
	memcpy(buf->data + 12, "\x81\x00\x60\x64\x88\xb5", 6); /* priority 3, VLAN 100 */
	ck_assert_uint_eq(ops->tx_burst(queue_of(&a), &buf, 1), 1);
	WAIT_UNTIL(ops->rx_burst(queue_of(&b), &got, 1) == 1);
	ck_assert_uint_eq(got->len, 1518);
	ck_assert_mem_eq(got->data, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x81\x00\x60\x64\x88\xb5", 18);
	pktbuf_free(got);
	WAIT_UNTIL(ops->tx_reap(queue_of(&a)) == 0);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(a_frame_too_long_for_a_buffer_is_counted)
{
	veth_new(9000);
	side_open(&a, "a0", 16384);
	side_open(&b, "b0", 2048);
	side_start(&b, 1, false, true);
	side_start(&a, 1, true, false);
	send_frames(&a, 0, 3, 9014);
	send_frames(&a, 7, 1, 60);
	receive_frames(&b, 7, 1, 60);
	ck_assert_uint_eq(drops(&b, DROP_RX_TOO_LONG), 3);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(frames_without_a_buffer_are_counted)
{
	static struct pktbuf *taken[OBJECTS];

	veth_new(1500);
	side_open(&a, "a0", 2048);
	side_open(&b, "b0", 2048);
	side_start(&b, 1, false, true);
	side_start(&a, 1, true, false);
	ck_assert_uint_eq(pktbuf_stack_pop(&b.pools[0].pool.free, taken, OBJECTS - 5), OBJECTS - 5);
	send_frames(&a, 0, 12, 60);
	{
		struct pktbuf *bufs[12];
		unsigned got = 0;

		WAIT_UNTIL((got += ops->rx_burst(queue_of(&b), bufs + got, 12 - got),
			got + drops(&b, DROP_RX_NO_BUFFER) == 12));
		ck_assert_uint_eq(got, 5);
		ck_assert_uint_eq(counter_read(&b.counters[0].pool_exhausted), 7);
		while (got > 0)
			pktbuf_free(bufs[--got]);
	}
	for (unsigned i = 0; i < OBJECTS - 5; i++)
		pktbuf_free(taken[i]);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* What did not fit into the ring is known while the port still runs. */
START_TEST(what_the_kernel_dropped_is_counted)
{
	const uint32_t many = 16000, more = 200; /* the ring holds some 10000 of these */
	uint32_t got = 0;

	veth_new(1500);
	side_open(&a, "a0", 2048);
	side_open(&b, "b0", 2048);
	side_start(&b, 1, false, true);
	side_start(&a, 1, true, false);
	send_frames(&a, 0, many, 1514);
	WAIT_UNTIL((got += drain(&b)) > 6000);
	send_frames(&a, 0, more, 1514); /* these tell of the loss */
	WAIT_UNTIL((got += drain(&b)) + drops(&b, DROP_RX_RING_FULL) == many + more);
	ck_assert_uint_gt(drops(&b, DROP_RX_RING_FULL), 0);
	side_close(&a);
	side_close(&b);
	ck_assert_uint_eq(got + drops(&b, DROP_RX_RING_FULL), many + more);
}
END_TEST

START_TEST(two_queues_share_what_comes_in)
{
	unsigned got[2] = {0, 0};
	struct pktbuf *bufs[64];

	veth_new(1500);
	side_open(&a, "a0", 2048);
	side_open(&b, "b0", 2048);
	side_start(&b, 2, false, true);
	side_start(&a, 1, true, false);
	send_frames(&a, 0, FRAMES, 60);
	for (int q = 0; q < 2; q++)
		ck_assert_uint_eq(ops->queue(b.dev, (unsigned)q)->index, (unsigned)q);
	WAIT_UNTIL(({
		for (int q = 0; q < 2; q++) {
			unsigned n = ops->rx_burst(ops->queue(b.dev, (unsigned)q), bufs, 64);

			got[q] += n;
			while (n > 0)
				pktbuf_free(bufs[--n]);
		}
		got[0] + got[1] >= FRAMES;
	}));
	/* each frame once, on one of them */
	ck_assert_uint_eq(got[0] + got[1], FRAMES);
	side_close(&a);
	side_close(&b);
	ck_assert_uint_eq(drops(&b, DROP_RX_RING_FULL), 0);
}
END_TEST

/* Also what others send on the interface is not received. */
START_TEST(outgoing_frames_are_not_received)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET};
	uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 3, 0x88, 0xb5};
	int fd;

	veth_new(1500);
	side_open(&a, "a0", 2048);
	side_open(&b, "b0", 2048);
	side_start(&b, 1, true, true);
	side_start(&a, 1, true, true);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	ck_assert_int_ge(fd, 0);
	address.sll_ifindex = (int)if_nametoindex("a0");
	ck_assert_int_eq(
		sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&address, sizeof(address)),
		sizeof(frame));
	WAIT_UNTIL(drain(&b) == 1);
	send_frames(&b, 7, 1, 60);
	receive_frames(&a, 7, 1, 60); /* the first that comes in */
	close(fd);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(reception_can_be_waited_for)
{
	struct pollfd readable = {.events = POLLIN};

	veth_new(1500);
	side_open(&a, "a0", 2048);
	side_open(&b, "b0", 2048);
	side_start(&b, 1, false, true);
	side_start(&a, 1, true, false);
	ck_assert_int_eq(ops->rx_fd(queue_of(&a)), -1); /* it does not receive */
	readable.fd = ops->rx_fd(queue_of(&b));
	ck_assert_int_ge(readable.fd, 0);
	ck_assert_int_eq(poll(&readable, 1, 0), 0);
	send_frames(&a, 0, 1, 60);
	ck_assert_int_eq(poll(&readable, 1, 10000), 1);
	receive_frames(&b, 0, 1, 60);
	side_close(&a);
	side_close(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_tag_that_the_kernel_took_off_is_put_back,
		a_frame_too_long_for_a_buffer_is_counted, frames_without_a_buffer_are_counted,
		what_the_kernel_dropped_is_counted, two_queues_share_what_comes_in,
		outgoing_frames_are_not_received, reception_can_be_waited_for};

	return veth_run("netdev/packet_rx", tests, sizeof(tests) / sizeof(tests[0]));
}
