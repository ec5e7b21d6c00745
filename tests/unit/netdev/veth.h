/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two ports on a veth pair a0, b0 in a network namespace of the test's own, with the memory and the
 * counters that an engine would give them. Frames carry a number, which the receiver checks.
 */
#ifndef VETH_H
#define VETH_H

#include "netdev/backends.h"
#include "netns.h"
#include "pool.h"
#include "wait.h"

#define OBJECTS 2048

extern const struct netdev_ops *const ops; /* of packet: */

/* One port: the device, its queues' memory and counters. */
struct side {
	struct netdev *dev;
	struct unit_pool pools[2];
	struct queue_counters counters[2];
	struct flow_tx_counters flow;
	unsigned queues;
};

extern struct side a, b;

/* Makes the pair, up and with carrier. Nothing but the test's frames is on it. */
void veth_new(unsigned mtu);

void side_open(struct side *side, const char *ifname, uint32_t object_size);
int side_configure(struct side *side, unsigned queues, bool tx, bool rx, struct error *err);
void side_start(struct side *side, unsigned queues, bool tx, bool rx);
/* Every buffer must be back home then. */
void side_close(struct side *side);

struct netdev_queue *queue_of(const struct side *side); /* the first */
uint64_t drops(const struct side *side, enum drop_reason reason);

/* A frame of that length and number: type 0x88b5 (IEEE 802, local experiments), then the number. */
struct pktbuf *frame_new(struct side *side, uint32_t len, uint32_t number);
/* Sends n frames however often it takes, and waits for their completion. */
void send_frames(struct side *side, uint32_t first, uint32_t n, uint32_t len);
/* Takes in n frames and checks that they are first … of that length. */
void receive_frames(struct side *side, uint32_t first, uint32_t n, uint32_t len);
/* Takes in everything that is there now; returns how many. */
unsigned drain(struct side *side);

/* Runs the tests where a network namespace can be had; else says why not. */
int veth_run(const char *name, const TTest *const *tests, size_t n);

#endif
