/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/null: takes everything, counts it, sends the buffers home, receives nothing. */
#include "netdev/backends.h"
#include "pool.h"
#include "unit.h"

#include <string.h>

#define OBJECTS 16

static struct unit_pool unit;
static struct queue_counters counters[2];
static struct flow_tx_counters flows[2];

static struct netdev *setup(unsigned queues)
{
	struct queue_counters *const counts[] = {&counters[0], &counters[1]};
	struct pktbuf_stack *const pools[] = {&unit.pool.free, &unit.pool.free};
	struct netdev_conf conf = {
		.queues = queues, .tx = true, .rx = true, .counters = counts, .pools = pools};
	struct netdev *dev = NULL;
	struct error err;

	ck_assert_int_eq(unit_pool_init(&unit, OBJECTS, 2048, 1, 0), 0);
	ck_assert_int_eq(netdev_null_ops.open("", &dev, &err), 0);
	ck_assert_ptr_eq(dev->ops, &netdev_null_ops);
	ck_assert_int_eq(netdev_null_ops.configure(dev, &conf, &err), 0);
	ck_assert_int_eq(netdev_null_ops.start(dev, &err), 0);
	return dev;
}

static void teardown(struct netdev *dev)
{
	dev->ops->stop(dev);
	dev->ops->close(dev);
	ck_assert_uint_eq(unit.pool.free.count, OBJECTS);
	unit_pool_fini(&unit);
}

START_TEST(it_is_always_there)
{
	struct netdev_probe probe = {0};

	netdev_null_ops.probe("", &probe);
	ck_assert(probe.usable);
	ck_assert_str_eq(probe.text, "null: takes every frame and frees it; nothing is received\n");
}
END_TEST

START_TEST(it_tells_its_facts)
{
	struct netdev_info info;
	struct netdev *dev = setup(1);

	ck_assert_int_eq(dev->ops->info(dev, &info), 0);
	ck_assert_str_eq(info.ifname, "");
	ck_assert_str_eq(info.driver, "null");
	ck_assert_uint_eq(info.frame_max, FRAME_SIZE_MAX);
	ck_assert_uint_eq(info.mtu + 14, info.frame_max);
	ck_assert_uint_eq(info.queues_max, 16);
	ck_assert_uint_ge(info.align, 1);
	ck_assert_uint_eq(info.speed_mbps, 0);
	ck_assert_uint_eq(info.mac[0] & 3, 2); /* unicast, locally administered */
	ck_assert_int_eq(dev->ops->link(dev), 1);
	teardown(dev);
}
END_TEST

START_TEST(what_it_takes_is_complete)
{
	struct netdev *dev = setup(2);
	struct netdev_queue *queue = dev->ops->queue(dev, 1);
	struct pktbuf *bufs[6];

	ck_assert_ptr_eq(queue->dev, dev);
	ck_assert_uint_eq(queue->index, 1);
	ck_assert_uint_eq(pktbuf_stack_pop(&unit.pool.free, bufs, 5), 5);
	bufs[5] = mempool_heap_buf(1514, 1, 0);
	for (unsigned i = 0; i < 6; i++) {
		bufs[i]->len = 60 + i;
		bufs[i]->account = &flows[i >= 2];
	}
	ck_assert_uint_eq(dev->ops->tx_burst(queue, bufs, 6), 6);
	ck_assert_int_eq(queue->fault, 0);
	ck_assert_uint_eq(counter_read(&flows[0].frames), 2);
	ck_assert_uint_eq(counter_read(&flows[0].bytes), 60 + 61);
	ck_assert_uint_eq(counter_read(&flows[1].frames), 4);
	ck_assert_uint_eq(counter_read(&flows[1].bytes), 62 + 63 + 64 + 65);
	ck_assert_uint_eq(counter_read(&counters[1].frames_tx), 6);
	ck_assert_uint_eq(counter_read(&counters[1].bytes_tx), 6 * 60 + 15);
	ck_assert_uint_eq(counter_read(&counters[0].frames_tx), 0);
	ck_assert_uint_eq(unit.pool.free.count, OBJECTS);
	ck_assert_uint_eq(dev->ops->tx_burst(queue, bufs, 0), 0);
	teardown(dev);
}
END_TEST

START_TEST(nothing_is_received)
{
	struct netdev *dev = setup(1);
	struct pktbuf *bufs[4];

	ck_assert_uint_eq(dev->ops->rx_burst(dev->ops->queue(dev, 0), bufs, 4), 0);
	ck_assert_uint_eq(unit.pool.free.count, OBJECTS);
	teardown(dev);
}
END_TEST

UNIT_SUITE("netdev/null", it_is_always_there, it_tells_its_facts, what_it_takes_is_complete,
	nothing_is_received)
