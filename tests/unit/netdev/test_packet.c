/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netdev/packet: AF_PACKET on veth pairs, each test in a network namespace of its own. Covers
 * packet.c, packet_tx.c and packet_rx.c, which are one device.
 */
#include "dataplane/mempool.h"
#include "netdev/backends.h"
#include "netns.h"
#include "unit.h"
#include "util/clock.h"
#include "wait.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OBJECTS 2048
#define FRAMES  1000

static const struct netdev_ops *const ops = &netdev_packet_ops;

/* One port: the device, its queues' memory and counters. */
struct side {
	struct netdev *dev;
	struct mempool pools[2];
	struct queue_counters counters[2];
	struct flow_tx_counters flow;
	unsigned queues;
};

static struct side a, b;

static void side_open(struct side *side, const char *ifname, uint32_t object_size)
{
	struct error err = {0};

	memset(side, 0, sizeof(*side));
	ck_assert_msg(ops->open(ifname, &side->dev, &err) == 0, "%s", err.message);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(mempool_init(&side->pools[i], OBJECTS, object_size, 64, 0), 0);
}

static int side_configure(struct side *side, unsigned queues, bool tx, bool rx, struct error *err)
{
	struct queue_counters *const counters[] = {&side->counters[0], &side->counters[1]};
	struct pktbuf_stack *const pools[] = {&side->pools[0].free, &side->pools[1].free};
	struct netdev_conf conf = {.queues = queues,
		.tx = tx,
		.rx = rx,
		.promiscuous = true,
		.counters = counters,
		.pools = pools};

	side->queues = queues;
	return ops->configure(side->dev, &conf, err);
}

static void side_start(struct side *side, unsigned queues, bool tx, bool rx)
{
	struct error err = {0};

	ck_assert_msg(side_configure(side, queues, tx, rx, &err) == 0, "%s", err.message);
	ck_assert_msg(ops->start(side->dev, &err) == 0, "%s", err.message);
}

static void side_close(struct side *side)
{
	ops->stop(side->dev);
	ops->close(side->dev);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(side->pools[i].free.count, OBJECTS);
		mempool_fini(&side->pools[i]);
	}
}

static bool link_runs(const char *ifname)
{
	struct netdev_probe probe = {0};

	ops->probe(ifname, &probe);
	return strstr(probe.text, "link: up\n") != NULL;
}

static void veth_new(unsigned mtu)
{
	netns_enter();
	netns_ip("link add name a0 mtu %u type veth peer name b0 mtu %u", mtu, mtu);
	/* no address, no router solicitation, no multicast report: nothing but our frames */
	netns_ip("link set dev a0 addrgenmode none");
	netns_ip("link set dev b0 addrgenmode none");
	netns_ip("link set dev a0 up");
	netns_ip("link set dev b0 up");
	WAIT_UNTIL(link_runs("a0") && link_runs("b0")); /* the carrier comes a little later */
}

static struct netdev_queue *queue_of(const struct side *side)
{
	return ops->queue(side->dev, 0);
}

/* A frame of that length to b0's side: type 0x88b5 (IEEE 802, local experiments), then number. */
static struct pktbuf *frame_new(struct side *side, uint32_t len, uint32_t number)
{
	struct pktbuf *buf;

	ck_assert_uint_eq(pktbuf_stack_pop(&side->pools[0].free, &buf, 1), 1);
	ck_assert_uint_ge(buf->room, len);
	memset(buf->data, 0x5a, len);
	memcpy(buf->data, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x88\xb5", 14);
	memcpy(buf->data + 14, &number, sizeof(number));
	buf->data[len - 1] = (uint8_t)number;
	buf->len = len;
	buf->account = &side->flow;
	return buf;
}

/* Sends n frames however often it takes. */
static void send_frames(struct side *side, uint32_t first, uint32_t n, uint32_t len)
{
	const uint64_t end_ns = clock_now_ns() + WAIT_MAX_NS;

	for (uint32_t i = 0; i < n; i++) {
		struct pktbuf *buf = frame_new(side, len, first + i);

		while (ops->tx_burst(queue_of(side), &buf, 1) == 0) {
			ck_assert_int_eq(queue_of(side)->fault, ENOBUFS);
			ck_assert_uint_lt(clock_now_ns(), end_ns);
		}
	}
	WAIT_UNTIL(ops->tx_reap(queue_of(side)) == 0);
}

/* Takes in n frames from one queue and checks that they are frames first … of that length. */
static void receive_frames(struct side *side, uint32_t first, uint32_t n, uint32_t len)
{
	struct pktbuf *bufs[7];
	uint32_t got = 0;

	while (got < n) {
		unsigned more = 0;

		WAIT_UNTIL((more = ops->rx_burst(queue_of(side), bufs, 7)) > 0);
		for (unsigned i = 0; i < more; i++, got++) {
			uint32_t number = first + got;

			ck_assert_uint_eq(bufs[i]->len, len);
			ck_assert_mem_eq(bufs[i]->data + 12, "\x88\xb5", 2);
			ck_assert_mem_eq(bufs[i]->data + 14, &number, sizeof(number));
			ck_assert_uint_eq(bufs[i]->data[len - 1], (uint8_t)number);
			pktbuf_free(bufs[i]);
		}
	}
	ck_assert_uint_eq(got, n);
}

static uint64_t drops(const struct side *side, enum drop_reason reason)
{
	return counter_read(&side->counters[0].drops[reason]);
}

/* ---- the device ---- */

START_TEST(an_interface_tells_its_facts)
{
	struct netdev_info info;

	veth_new(1400);
	netns_ip("link set dev a0 address 02:00:5e:00:53:07");
	side_open(&a, "a0", 2048);
	ck_assert_int_eq(ops->info(a.dev, &info), 0);
	ck_assert_str_eq(info.ifname, "a0");
	ck_assert_str_eq(info.driver, "veth");
	ck_assert_mem_eq(info.mac, "\x02\0\x5e\0\x53\x07", 6);
	ck_assert_uint_eq(info.mtu, 1400);
	ck_assert_uint_eq(info.frame_max, 1414);
	ck_assert_uint_eq(info.queues_max, 16);
	ck_assert_uint_eq(info.speed_mbps, 10000); /* what veth says of itself */
	ck_assert_uint_eq(info.align & (info.align - 1), 0);
	side_close(&a);
}
END_TEST

START_TEST(the_link_is_what_the_kernel_says)
{
	veth_new(1500);
	side_open(&a, "a0", 2048);
	WAIT_UNTIL(ops->link(a.dev) == 1);
	netns_ip("link set dev b0 down"); /* up, but without carrier */
	WAIT_UNTIL(ops->link(a.dev) == 0);
	netns_ip("link set dev b0 up");
	WAIT_UNTIL(ops->link(a.dev) == 1);
	netns_ip("link set dev a0 down");
	WAIT_UNTIL(ops->link(a.dev) == 0);
	netns_ip("link del dev a0");
	ck_assert_int_eq(ops->link(a.dev), -ENODEV);
	/* another one of that name is not the one that was opened */
	netns_ip("link add name a0 type veth peer name b0");
	ck_assert_int_eq(ops->link(a.dev), -ENODEV);
	side_close(&a);
}
END_TEST

static void open_refused(const char *ifname, int rc, enum error_reason reason, const char *message)
{
	struct netdev *untouched = (struct netdev *)&a, *dev = untouched;
	struct error err = {0};

	ck_assert_int_eq(ops->open(ifname, &dev, &err), rc);
	ck_assert_ptr_eq(dev, untouched);
	ck_assert_int_eq(err.reason, reason);
	ck_assert_str_eq(err.param, "location");
	ck_assert_str_eq(err.message, message);
}

START_TEST(what_is_no_ethernet_interface_is_refused)
{
	netns_enter();
	open_refused("nope0", -ENODEV, ERROR_DEVICE, "there is no network interface nope0");
	open_refused("sixteen-letters0", -EINVAL, ERROR_INVALID,
		"\"sixteen-letters0\" is too long for an interface name (15 characters)");
	open_refused("lo", -EINVAL, ERROR_UNSUPPORTED,
		"lo does not carry Ethernet frames (link type 772)");
}
END_TEST

START_TEST(a_probe_says_what_is_and_what_is_not)
{
	struct netdev_probe good = {0}, bad = {0};

	veth_new(1500);
	ops->probe("a0", &good);
	ck_assert(good.usable);
	ck_assert_ptr_nonnull(strstr(
		good.text, "interface: a0, driver veth, MTU 1500, frames up to 1514 bytes\n"));
	ck_assert_ptr_nonnull(strstr(good.text, "link: up\n"));
	ck_assert_ptr_nonnull(strstr(good.text, "speed: 10000 Mbit/s\n"));
	ops->probe("nope0", &bad);
	ck_assert(!bad.usable);
	ck_assert_ptr_nonnull(strstr(bad.text, "packet: there is no network interface nope0; "));
}
END_TEST

START_TEST(an_interface_that_went_away_cannot_be_configured)
{
	struct error err = {0};

	veth_new(1500);
	side_open(&a, "a0", 2048);
	netns_ip("link del dev a0");
	ck_assert_int_eq(side_configure(&a, 1, true, true, &err), -ENODEV);
	ck_assert_int_eq(err.reason, ERROR_DEVICE);
	ck_assert_str_eq(err.message, "packet:a0: No such device");
	side_close(&a);
}
END_TEST

START_TEST(a_device_can_be_used_again)
{
	veth_new(1500);
	side_open(&a, "a0", 2048);
	side_open(&b, "b0", 2048);
	for (uint32_t i = 0; i < 5; i++) {
		side_start(&b, 1, true, true);
		side_start(&a, 1, true, true);
		send_frames(&a, i, 10, 60);
		receive_frames(&b, i, 10, 60);
		ops->stop(a.dev);
		ops->stop(b.dev);
	}
	ck_assert_uint_eq(counter_read(&a.flow.frames), 50);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* ---- frames ---- */

/* Frames of one length both ways; with an MTU that leaves room for just them. */
static void check_length(uint32_t mtu, uint32_t len, uint32_t n)
{
	veth_new(mtu);
	side_open(&a, "a0", 131072);
	side_open(&b, "b0", 131072);
	side_start(&b, 1, true, true);
	side_start(&a, 1, true, true);
	for (uint32_t i = 0; i < n; i += 50) { /* less than any ring holds */
		send_frames(&a, i, 50, len);
		receive_frames(&b, i, 50, len);
	}
	ck_assert_uint_eq(counter_read(&a.flow.frames), n);
	ck_assert_uint_eq(counter_read(&a.flow.bytes), (uint64_t)n * len);
	ck_assert_uint_eq(counter_read(&a.counters[0].frames_tx), n);
	ck_assert_uint_eq(counter_read(&a.counters[0].bytes_tx), (uint64_t)n * len);
	/* what a0 sends it does not receive: the first that comes is what b0 sends */
	send_frames(&b, n, 1, len);
	receive_frames(&a, n, 1, len);
	side_close(&a);
	side_close(&b);
	for (unsigned i = 0; i < DROP_REASON_COUNT; i++) {
		ck_assert_uint_eq(drops(&a, i), 0);
		ck_assert_uint_eq(drops(&b, i), 0);
	}
}

START_TEST(every_frame_arrives_as_it_was_sent)
{
	check_length(1500, 60, FRAMES);
	check_length(1500, 61, 200);
	check_length(1500, 1514, 400);
	check_length(9000, 9014, 200);
	check_length(65535, 65549, 100);
}
END_TEST

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
	ck_assert_uint_eq(a.pools[0].free.count, OBJECTS);
	side_close(&a);
	/* each accepted frame was completed, or is accounted for */
	ck_assert_uint_eq(counter_read(&a.flow.frames) + drops(&a, DROP_TX_UNFINISHED), accepted);
}
END_TEST

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
	ck_assert_uint_eq(pktbuf_stack_pop(&b.pools[0].free, taken, OBJECTS - 5), OBJECTS - 5);
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

/* Takes in everything that is there now. */
static unsigned drain(struct side *side)
{
	struct pktbuf *bufs[64];
	unsigned n, got = 0;

	while ((n = ops->rx_burst(queue_of(side), bufs, 64)) > 0)
		for (got += n; n > 0; n--)
			pktbuf_free(bufs[n - 1]);
	return got;
}

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

/* ---- faults ---- */

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

/* ---- queues ---- */

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
	const TTest *const tests[] = {an_interface_tells_its_facts,
		the_link_is_what_the_kernel_says, what_is_no_ethernet_interface_is_refused,
		a_probe_says_what_is_and_what_is_not,
		an_interface_that_went_away_cannot_be_configured, a_device_can_be_used_again,
		every_frame_arrives_as_it_was_sent, a_burst_longer_than_the_ring_is_cut,
		a_tag_that_the_kernel_took_off_is_put_back,
		a_frame_too_long_for_a_buffer_is_counted, frames_without_a_buffer_are_counted,
		what_the_kernel_dropped_is_counted, a_frame_longer_than_a_slot_is_refused,
		a_link_without_carrier_is_down, an_interface_that_is_down_is_down,
		an_interface_that_is_gone_is_lost, two_queues_share_what_comes_in,
		outgoing_frames_are_not_received, reception_can_be_waited_for};
	const char *reason = netns_unavailable();

	if (reason) {
		printf("SKIP: netdev/packet: no network namespace: %s\n", reason);
		return NETNS_SKIPPED;
	}
	return unit_run("netdev/packet", tests, sizeof(tests) / sizeof(tests[0]));
}
