/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet: AF_PACKET sockets (packet(7)), on any Ethernet interface of the kernel's.
 *
 * One pair of sockets per queue pair: packet_tx.c sends, packet_rx.c receives, packet.c is the
 * device around them. The sockets exist from configure to stop, so an idle port costs the kernel
 * nothing.
 */
#ifndef NETDEV_PACKET_H
#define NETDEV_PACKET_H

#include "netdev/netdev.h"

#include <net/if.h>
#include <sys/socket.h>

#define PACKET_QUEUES_MAX 16

/* What stands in a slot of the transmit ring. */
struct packet_sent {
	struct flow_tx_counters *account;
	uint32_t len;
	bool may_drop; /* when the device refuses it */
	bool dropped;  /* and has been: the kernel only steps over it */
};

struct packet_tx {
	int fd;
	uint8_t *ring;
	size_t ring_bytes;
	uint32_t slot_size;
	uint32_t next, oldest; /* slots: to be filled next, in flight for the longest time */
	uint32_t in_flight;
	struct packet_sent *sent; /* per slot */
	unsigned refusals;        /* calls in a row in which the device did not take everything */
	uint64_t pause_ns;        /* after a refusal: when to try again */
	bool link_down;           /* as asked after many refusals */
};

struct packet_rx {
	int fd;
	uint8_t *ring;
	uint32_t blocks, block_bytes;
	uint32_t block;       /* the one that is read, or handed over next */
	const uint8_t *frame; /* the next one in it; NULL: the block has not been entered */
	uint32_t left;        /* frames in it from there on */
};

struct packet_queue {
	struct netdev_queue queue;
	struct packet_tx tx;
	struct packet_rx rx;
};

struct packet_dev {
	struct netdev dev;
	char ifname[IFNAMSIZ];
	int ifindex;
	int ioctl_fd;  /* for questions about the interface */
	int fanout_id; /* of the group that its receiving sockets form; -1: none yet */
	unsigned queue_count;
	struct packet_queue *queues[PACKET_QUEUES_MAX];
};

/* Interface flags (IFF_…), or -errno. */
int packet_flags(const struct packet_dev *packet);

/* The interface's MTU, or -errno. */
int packet_mtu(const struct packet_dev *packet);

/* tx */
int packet_tx_open(struct packet_dev *packet, struct packet_tx *tx);
void packet_tx_close(struct netdev_queue *queue, struct packet_tx *tx);
unsigned packet_tx_burst(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n);
unsigned packet_tx_reap(struct netdev_queue *queue);

/* rx: open makes the socket and its ring, start lets frames in. */
int packet_rx_open(struct packet_dev *packet, struct packet_rx *rx, bool promiscuous);
int packet_rx_start(struct packet_dev *packet, struct packet_rx *rx);
void packet_rx_close(struct packet_rx *rx, struct queue_counters *counters);
unsigned packet_rx_burst(struct netdev_queue *queue, struct pktbuf **bufs, unsigned n);
int packet_rx_fd(struct netdev_queue *queue);

#endif
