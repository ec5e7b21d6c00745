/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/packet_tx: what is taken, completed or refused on a veth pair. */
#include "veth.h"

#include <errno.h>
#include <string.h>

/* Offers one frame again and again until the device says fault. */
static void offer_until(struct side *side, int fault)
{
	const uint64_t end_ns = clock_now_ns() + WAIT_MAX_NS;
	struct pktbuf *buf = NULL;

	do {
		if (!buf)
			buf = frame_new(side, 60, 0);
		queue_of(side)->fault = 0;
		if (ops->tx_burst(queue_of(side), &buf, 1) == 1)
			buf = NULL;
		ck_assert_msg(clock_now_ns() < end_ns, "fault %d never came", fault);
	} while (queue_of(side)->fault != fault);
	if (buf)
		pktbuf_free(buf);
}

/* A full burst is offered at once: what does not fit into the ring stays the caller's. */
START_TEST(a_burst_longer_than_the_ring_is_cut)
{
	struct pktbuf *bufs[512];
	unsigned accepted;

	veth_new(1500);
	side_open(&a, "a0", 2048);
	side_start(&a, 1, true, false);
	netns_ip("link set dev b0 down"); /* nothing is completed meanwhile */
	for (uint32_t i = 0; i < 512; i++)
		bufs[i] = frame_new(&a, 60, i);
	accepted = ops->tx_burst(queue_of(&a), bufs, 512);
	ck_assert_uint_gt(accepted, 0);
	ck_assert_uint_lt(accepted, 512);
	ck_assert_int_ne(queue_of(&a)->fault, 0);
	for (unsigned i = accepted; i < 512; i++)
		pktbuf_free(bufs[i]);
	ck_assert_uint_eq(a.pools[0].pool.free.count, OBJECTS);
	side_close(&a);
	/* each accepted frame was completed, or is accounted for */
	ck_assert_uint_eq(counter_read(&a.flow.frames) + drops(&a, DROP_TX_UNFINISHED), accepted);
}
END_TEST

/* The ring must never be written past a slot, whatever became of the MTU since the plan was made.
 */
START_TEST(a_frame_longer_than_a_slot_is_refused)
{
	struct pktbuf *bufs[2];

	veth_new(1500);
	side_open(&a, "a0", 16384);
	side_start(&a, 1, true, false);
	bufs[0] = frame_new(&a, 1514, 0);
	bufs[1] = frame_new(&a, 9014, 1);
	ck_assert_uint_eq(ops->tx_burst(queue_of(&a), bufs, 2), 1);
	ck_assert_int_eq(queue_of(&a)->fault, EMSGSIZE);
	ck_assert_uint_eq(ops->tx_burst(queue_of(&a), bufs + 1, 1), 0);
	ck_assert_int_eq(queue_of(&a)->fault, EMSGSIZE);
	pktbuf_free(bufs[1]);
	WAIT_UNTIL(ops->tx_reap(queue_of(&a)) == 0);
	ck_assert_uint_eq(counter_read(&a.flow.frames), 1);
	side_close(&a);
}
END_TEST

/* Three frames, of which veth refuses the second: it is too long for its peer. */
static void send_one_too_long(bool may_drop)
{
	const uint32_t lengths[] = {60, 1000, 60};

	veth_new(1500);
	netns_ip("link set dev b0 mtu 500");
	side_open(&a, "a0", 2048);
	side_start(&a, 1, true, false);
	queue_of(&a)->drop_refused = may_drop;
	for (uint32_t i = 0; i < 3; i++) {
		struct pktbuf *buf = frame_new(&a, lengths[i], i);

		ck_assert_uint_eq(ops->tx_burst(queue_of(&a), &buf, 1), 1);
	}
}

START_TEST(a_frame_that_is_refused_is_offered_again)
{
	send_one_too_long(false);
	WAIT_UNTIL(counter_read(&a.flow.frames) == 1);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(ops->tx_reap(queue_of(&a)), 2);
	netns_ip("link set dev b0 mtu 1500");
	WAIT_UNTIL(ops->tx_reap(queue_of(&a)) == 0);
	ck_assert_uint_eq(counter_read(&a.flow.frames), 3);
	ck_assert_uint_eq(counter_read(&a.flow.bytes), 60 + 1000 + 60);
	side_close(&a);
}
END_TEST

START_TEST(a_frame_that_is_refused_may_be_dropped)
{
	send_one_too_long(true);
	WAIT_UNTIL(ops->tx_reap(queue_of(&a)) == 0);
	ck_assert_uint_eq(counter_read(&a.flow.frames), 2);
	ck_assert_uint_eq(counter_read(&a.flow.bytes), 60 + 60);
	ck_assert_uint_eq(drops(&a, DROP_TX_RING_FULL), 1);
	queue_of(&a)->drop_refused = false; /* this holds for the frames that were offered so */
	send_frames(&a, 3, 500, 60);
	ck_assert_uint_eq(counter_read(&a.flow.frames), 502);
	side_close(&a);
	ck_assert_uint_eq(drops(&a, DROP_TX_RING_FULL), 1);
	ck_assert_uint_eq(drops(&a, DROP_TX_UNFINISHED), 0);
}
END_TEST

START_TEST(a_link_without_carrier_is_down)
{
	uint64_t before;

	veth_new(1500);
	side_open(&a, "a0", 2048);
	side_open(&b, "b0", 2048);
	side_start(&a, 1, true, false);
	netns_ip("link set dev b0 down");
	offer_until(&a, ENETDOWN);
	netns_ip("link set dev b0 up");
	side_start(&b, 1, false, true);
	/* what waited goes out, and the link is up again */
	WAIT_UNTIL(ops->tx_reap(queue_of(&a)) == 0);
	before = counter_read(&a.flow.frames);
	send_frames(&a, 0, 20, 60);
	ck_assert_uint_eq(counter_read(&a.flow.frames), before + 20);
	ck_assert_uint_eq(drops(&a, DROP_TX_UNFINISHED), 0);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(an_interface_that_is_down_is_down)
{
	veth_new(1500);
	side_open(&a, "a0", 2048);
	side_start(&a, 1, true, true);
	netns_ip("link set dev a0 down");
	offer_until(&a, ENETDOWN);
	netns_ip("link set dev a0 up");
	WAIT_UNTIL(ops->tx_reap(queue_of(&a)) == 0);
	/* also when the ring has become full meanwhile */
	netns_ip("link set dev a0 down");
	for (uint32_t i = 0; i < 512; i++) {
		struct pktbuf *buf = frame_new(&a, 60, i);

		if (ops->tx_burst(queue_of(&a), &buf, 1) == 0)
			pktbuf_free(buf);
	}
	netns_ip("link set dev a0 up");
	send_frames(&a, 0, 1, 60);
	side_close(&a);
}
END_TEST

START_TEST(an_interface_that_is_gone_is_lost)
{
	veth_new(1500);
	side_open(&a, "a0", 2048);
	side_start(&a, 1, true, true);
	netns_ip("link del dev a0");
	offer_until(&a, ENODEV);
	ck_assert_int_eq(ops->link(a.dev), -ENODEV);
	side_close(&a);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_burst_longer_than_the_ring_is_cut,
		a_frame_longer_than_a_slot_is_refused, a_frame_that_is_refused_is_offered_again,
		a_frame_that_is_refused_may_be_dropped, a_link_without_carrier_is_down,
		an_interface_that_is_down_is_down, an_interface_that_is_gone_is_lost};

	return veth_run("netdev/packet_tx", tests, sizeof(tests) / sizeof(tests[0]));
}
