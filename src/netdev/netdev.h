/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract between pktgend and whatever carries frames.
 *
 * Lifecycle, as in the field's driver APIs (uknetdev, ethdev). The control thread calls:
 *
 *   probe(address)            looks without touching; explains what works and what does not
 *   open(address)             -> unconfigured; info() and link() answer from here on
 *   configure(conf)           -> configured: queues exist
 *   start()                   -> running: frames move
 *   stop()                    -> unconfigured again: queues are gone, every buffer is back home
 *   close()
 *
 * Between start and stop each queue belongs to one worker, which alone calls the burst functions;
 * stop() is called when no worker uses the queues any more.
 *
 * There are two kinds of transmit. A burst device takes frames: tx_burst() accepts some of them,
 * and an accepted buffer belongs to the driver until it completes; a buffer that was not accepted
 * stays the caller's. A self-driven device (ops->tx_run) runs a job itself: it is told which frames
 * to send when. Completions, not acceptances, are what is counted, by netdev_tx_complete().
 *
 * Nothing here logs or blocks. Whatever a peer writes into memory shared with it costs the queue
 * a fault, never the process.
 */
#ifndef NETDEV_NETDEV_H
#define NETDEV_NETDEV_H

#include "netdev/memory.h"
#include "netdev/pktbuf.h"
#include "packet/frame.h"
#include "stats/counter.h"
#include "util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netdev;

/* What a device says of itself. */
struct netdev_info {
	char ifname[16]; /* the kernel's interface, or "" where there is none */
	char driver[32]; /* "veth", "virtio_net"; the backend's name where there is no other */
	uint8_t mac[6];
	uint32_t mtu;        /* bytes of payload */
	uint32_t frame_max;  /* largest frame that tx takes, bytes without FCS */
	uint32_t queues_max; /* most queue pairs */
	uint32_t align;      /* of a frame's first byte; a power of two */
	uint32_t headroom;   /* bytes in front of the frame that the driver writes to */
	uint32_t speed_mbps; /* of the link; 0: unknown */
	bool in_place;      /* frames are read where they lie: only the port's own memory will do */
	char features[256]; /* how frames will move and why, for people */
};

/* How the queues are wanted. */
struct netdev_conf {
	unsigned queues;
	bool tx, rx;
	bool promiscuous;
	struct queue_counters *const *counters; /* per queue: where the driver counts */
	struct pktbuf_stack *const *pools;      /* per queue: every buffer of the queue, all free */
	const struct memory *memory;            /* where the data of all those buffers lies */
};

/* A queue pair. Drivers embed it as the first member of their own. */
struct netdev_queue {
	struct netdev *dev;
	unsigned index;
	struct queue_counters *counters;
	struct pktbuf_stack *pool;
	/*
	 * Why the last burst was cut short, 0 when it was not: ENOBUFS (backpressure), ENETDOWN
	 * (link down), ENODEV (device lost), or another errno (the port goes to an error state).
	 */
	int fault;
	/* Set by the worker: nobody looks into received frames, only their number and lengths
	 * count. A driver that has to copy them need not. */
	bool count_only;
	/* Set before tx_burst(): an accepted frame that the device then refuses is not to be
	 * offered again, but counted as DROP_TX_RING_FULL. */
	bool drop_refused;
	/*
	 * The rings are shared with a peer: frames come in without a word, so whoever waits for
	 * them must keep looking; and nothing is written to buffers before the peer has them, since
	 * until then it may still write to them itself.
	 */
	bool polled;
};

/* What a self-driven device is asked to do: frames first … first+count-1 of a flow, at a pace. */
struct netdev_tx_job {
	const struct frame_template *frame;
	uint64_t first, count;
	uint64_t start_ns;            /* departure of frame first, CLOCK_MONOTONIC */
	uint64_t gap_num_ns, gap_den; /* gap between departures: num/den ns; 0: none */
	struct flow_tx_counters *account;
};

/* Lines of findings for people, "what: finding\n". */
struct netdev_probe {
	bool usable;
	char text[2048];
};

struct netdev_ops {
	const char *backend; /* "packet": the word before ':' in a location */
	const char *address; /* "IFNAME": what stands behind it; NULL: nothing */
	const char *summary; /* one line for people */
	/* Address is an interface of the kernel, which tells when it comes and goes; devices of
	 * other backends are looked for by time. */
	bool is_interface;

	void (*probe)(const char *address, struct netdev_probe *probe);
	/* -ENODEV: not there (yet); others: cannot work */
	int (*open)(const char *address, struct netdev **dev, struct error *err);
	int (*info)(struct netdev *dev, struct netdev_info *info);
	/* 1 up, 0 down, -ENODEV gone (or another one of that name) */
	int (*link)(struct netdev *dev);
	int (*configure)(struct netdev *dev, const struct netdev_conf *conf, struct error *err);
	int (*start)(struct netdev *dev, struct error *err);
	void (*stop)(struct netdev *dev);
	void (*close)(struct netdev *dev);

	/* Queue index, valid from configure to stop. */
	struct netdev_queue *(*queue)(struct netdev *dev, unsigned index);

	/* Offers n frames; returns how many were accepted, from the front. Less than n:
	 * queue->fault says why. n may be 0, to ask whether the device is there at all. */
	unsigned (*tx_burst)(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n);
	/* Takes in completions; returns how many frames are still the driver's. NULL: tx_burst
	 * completes all. */
	unsigned (*tx_reap)(struct netdev_queue *queue);
	/* Self-driven transmit of at most budget frames; returns how many completed. NULL: a burst
	 * device. */
	unsigned (*tx_run)(
		struct netdev_queue *queue, const struct netdev_tx_job *job, unsigned budget);
	/* Fills bufs with up to n received frames from queue->pool; the caller frees them. */
	unsigned (*rx_burst)(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n);
	/* A descriptor that poll() reports readable when frames wait; NULL or -1: there is none. */
	int (*rx_fd)(struct netdev_queue *queue);

	/*
	 * Devices with a life of their own (peers that connect, timers): a descriptor, valid from
	 * open to close, and what to call on the control thread when it is readable; link() has the
	 * news afterwards. NULL: there is none.
	 */
	int (*service_fd)(struct netdev *dev);
	void (*service)(struct netdev *dev);
};

/* Drivers embed it as the first member of their own. */
struct netdev {
	const struct netdev_ops *ops; /* may be others than the backend's, by the address */
	char reason[160];             /* why the link is not up, for people; control thread */
};

/* registry.c: every backend of this build, in the order of preference. */
extern const struct netdev_ops *const netdev_backends[];
extern const size_t netdev_backend_count;

/*
 * Finds the backend of a location and the address behind it (a pointer into location). A bare
 * interface name is given to the backend that is fastest there. 0, or -EINVAL with *err set.
 */
int netdev_resolve(const char *location, const struct netdev_ops **ops, const char **address,
	struct error *err);

/* Appends a finding to a probe: "what: text\n". */
void netdev_probe_add(struct netdev_probe *probe, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same of an error: "what: message; hint\n". */
void netdev_probe_error(struct netdev_probe *probe, const char *what, const struct error *err);

/* Drivers: counts frames of one flow that the device has completed. */
static inline void netdev_tx_count(struct netdev_queue *queue, struct flow_tx_counters *account,
	uint64_t frames, uint64_t bytes)
{
	counter_add(&account->frames, frames);
	counter_add(&account->bytes, bytes);
	counter_add(&queue->counters->frames_tx, frames);
	counter_add(&queue->counters->bytes_tx, bytes);
}

/* Drivers: counts n completed frames and sends their buffers home. */
static inline void netdev_tx_complete(
	struct netdev_queue *queue, struct pktbuf *const *bufs, unsigned n)
{
	unsigned i = 0;

	while (i < n) {
		struct flow_tx_counters *account = bufs[i]->account;
		uint64_t bytes = 0;
		unsigned first = i;

		for (; i < n && bufs[i]->account == account; i++) {
			bytes += bufs[i]->len;
			pktbuf_free(bufs[i]);
		}
		netdev_tx_count(queue, account, i - first, bytes);
	}
}

#endif
