/* SPDX-License-Identifier: BSD-2-Clause */
/* The veth pair and the two ports on it. */
#include "veth.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct netdev_ops *const ops = &netdev_packet_ops;

struct side a, b;

void side_open(struct side *side, const char *ifname, uint32_t object_size)
{
	struct error err = {0};

	memset(side, 0, sizeof(*side));
	ck_assert_msg(ops->open(ifname, &side->dev, &err) == 0, "%s", err.message);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(unit_pool_init(&side->pools[i], OBJECTS, object_size, 64, 0), 0);
}

int side_configure(struct side *side, unsigned queues, bool tx, bool rx, struct error *err)
{
	struct queue_counters *const counters[] = {&side->counters[0], &side->counters[1]};
	struct pktbuf_stack *const pools[] = {&side->pools[0].pool.free, &side->pools[1].pool.free};
	struct netdev_conf conf = {.queues = queues,
		.tx = tx,
		.rx = rx,
		.promiscuous = true,
		.counters = counters,
		.pools = pools};

	side->queues = queues;
	return ops->configure(side->dev, &conf, err);
}

void side_start(struct side *side, unsigned queues, bool tx, bool rx)
{
	struct error err = {0};

	ck_assert_msg(side_configure(side, queues, tx, rx, &err) == 0, "%s", err.message);
	ck_assert_msg(ops->start(side->dev, &err) == 0, "%s", err.message);
}

void side_close(struct side *side)
{
	ops->stop(side->dev);
	ops->close(side->dev);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(side->pools[i].pool.free.count, OBJECTS);
		unit_pool_fini(&side->pools[i]);
	}
}

static bool link_runs(const char *ifname)
{
	struct netdev_probe probe = {0};

	ops->probe(ifname, &probe);
	return strstr(probe.text, "link: up\n") != NULL;
}

void veth_new(unsigned mtu)
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

struct netdev_queue *queue_of(const struct side *side)
{
	return ops->queue(side->dev, 0);
}

struct pktbuf *frame_new(struct side *side, uint32_t len, uint32_t number)
{
	struct pktbuf *buf;

	ck_assert_uint_eq(pktbuf_stack_pop(&side->pools[0].pool.free, &buf, 1), 1);
	ck_assert_uint_ge(buf->room, len);
	memset(buf->data, 0x5a, len);
	memcpy(buf->data, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x88\xb5", 14);
	memcpy(buf->data + 14, &number, sizeof(number));
	buf->data[len - 1] = (uint8_t)number;
	buf->len = len;
	buf->account = &side->flow;
	return buf;
}

void send_frames(struct side *side, uint32_t first, uint32_t n, uint32_t len)
{
	const uint64_t end_ns = clock_now_ns() + WAIT_MAX_NS;

	for (uint32_t i = 0; i < n; i++) {
		struct pktbuf *buf = frame_new(side, len, first + i);

		while (ops->tx_burst(queue_of(side), &buf, 1) == 0) {
			ck_assert(queue_of(side)->fault == ENOBUFS ||
				  queue_of(side)->fault == ENETDOWN);
			ck_assert_uint_lt(clock_now_ns(), end_ns);
		}
	}
	WAIT_UNTIL(ops->tx_reap(queue_of(side)) == 0);
}

void receive_frames(struct side *side, uint32_t first, uint32_t n, uint32_t len)
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

uint64_t drops(const struct side *side, enum drop_reason reason)
{
	return counter_read(&side->counters[0].drops[reason]);
}

unsigned drain(struct side *side)
{
	struct pktbuf *bufs[64];
	unsigned n, got = 0;

	while ((n = ops->rx_burst(queue_of(side), bufs, 64)) > 0)
		for (got += n; n > 0; n--)
			pktbuf_free(bufs[n - 1]);
	return got;
}

int veth_run(const char *name, const TTest *const *tests, size_t n)
{
	const char *reason = netns_unavailable();

	if (reason) {
		printf("SKIP: %s: no network namespace: %s\n", name, reason);
		return NETNS_SKIPPED;
	}
	return unit_run(name, tests, n);
}
