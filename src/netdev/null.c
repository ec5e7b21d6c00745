/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * null: no device at all. Every frame is accepted and complete at once, none is ever received. A
 * run on it costs what making frames costs: the isolated mode, which takes the device out of the
 * measurement.
 */
#include "netdev/backends.h"
#include "util/text.h"

#include <errno.h>
#include <stdlib.h>

#define NULL_QUEUES_MAX 16

struct null_dev {
	struct netdev dev;
	struct netdev_queue queues[NULL_QUEUES_MAX];
};

static void null_probe(const char *address, struct netdev_probe *probe)
{
	(void)address;
	probe->usable = true;
	netdev_probe_add(probe, "null", "takes every frame and frees it; nothing is received");
}

static int null_open(const char *address, struct netdev **dev, struct error *err)
{
	struct null_dev *null = calloc(1, sizeof(*null));

	(void)address;
	if (!null)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	null->dev.ops = &netdev_null_ops;
	*dev = &null->dev;
	return 0;
}

static int null_info(struct netdev *dev, struct netdev_info *info)
{
	(void)dev;
	*info = (struct netdev_info){
		.mac = {0x02, 0, 0, 0, 0, 0x02},
		.mtu = FRAME_SIZE_MAX - 14,
		.frame_max = FRAME_SIZE_MAX,
		.queues_max = NULL_QUEUES_MAX,
		.align = 1,
	};
	text_copy(info->driver, sizeof(info->driver), "null");
	text_copy(info->features, sizeof(info->features), "tx: frames are freed at once; rx: none");
	return 0;
}

static int null_link(struct netdev *dev)
{
	(void)dev;
	return 1;
}

static int null_configure(struct netdev *dev, const struct netdev_conf *conf, struct error *err)
{
	struct null_dev *null = (struct null_dev *)dev;

	(void)err;
	for (unsigned i = 0; i < conf->queues; i++)
		null->queues[i] = (struct netdev_queue){.dev = dev,
			.index = i,
			.counters = conf->counters[i],
			.pool = conf->pools[i]};
	return 0;
}

static int null_start(struct netdev *dev, struct error *err)
{
	(void)dev;
	(void)err;
	return 0;
}

static void null_stop(struct netdev *dev)
{
	(void)dev;
}

static void null_close(struct netdev *dev)
{
	free(dev);
}

static struct netdev_queue *null_queue(struct netdev *dev, unsigned index)
{
	return &((struct null_dev *)dev)->queues[index];
}

static unsigned null_tx_burst(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n)
{
	netdev_tx_complete(queue, bufs, n);
	return n;
}

static unsigned null_rx_burst(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n)
{
	(void)queue;
	(void)bufs;
	(void)n;
	return 0;
}

const struct netdev_ops netdev_null_ops = {
	.backend = "null",
	.summary = "no device: isolates making frames from sending them",
	.probe = null_probe,
	.open = null_open,
	.info = null_info,
	.link = null_link,
	.configure = null_configure,
	.start = null_start,
	.stop = null_stop,
	.close = null_close,
	.queue = null_queue,
	.tx_burst = null_tx_burst,
	.rx_burst = null_rx_burst,
};
