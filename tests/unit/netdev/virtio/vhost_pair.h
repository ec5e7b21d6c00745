/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device of role=device and its peer over a real socket, for tests: the peer has the driver end
 * of two rings in memory that it shares.
 */
#ifndef NETDEV_VIRTIO_VHOST_PAIR_H
#define NETDEV_VIRTIO_VHOST_PAIR_H

#include "netdev/virtio/ring.h"
#include "netdev/virtio/vhost_message.h"
#include "netdev/virtio/vhost_user.h"
#include "pool.h"
#include "unit.h"

#define OBJECTS   32
#define RING      16
#define PHYS      UINT64_C(0x100000)
#define USER      UINT64_C(0x7f1200000000)
#define MEMORY    (UINT64_C(1) << 20)
#define BUFFERS   (UINT64_C(1) << 16) /* where they begin */
#define RING_AT   UINT64_C(0x4000)    /* bytes of a ring */
#define ROOM      2048
#define HEADROOM  64
#define FEATURES  (VIRTIO_F_VERSION_1 | VHOST_USER_F_PROTOCOL_FEATURES)
#define PROTOCOLS (VHOST_USER_PROTOCOL_F_REPLY_ACK | VHOST_USER_PROTOCOL_F_STATUS)
#define TO_PEER   0
#define FROM_PEER 1

/* The device, and the socket's path. */
extern char path[64];
extern struct netdev *dev;
extern struct unit_pool unit;
extern struct queue_counters counters;
extern struct flow_tx_counters flow;

extern struct peer {
	struct vhost_connection connection;
	uint64_t features;
	int memory_fd;
	uint8_t *memory;
	struct ring_areas areas[2];
	struct ring_driver rings[2];
	struct ring_slot slots[2][RING];
	struct pktbuf bufs[2][RING];
	int call_fds[2];
} peer;

void device_open(void);
void device_start(bool tx, bool rx);
void device_close(void);
/* Lets the control thread do what there is to do. */
void serve(void);
unsigned device_send(unsigned n, uint8_t first);
/* Receives all that there is; checks that it is n frames, the first one of that byte. */
void device_receives(unsigned n, uint8_t first);
void peer_say_u64(uint32_t request, uint64_t value, int fd);
void peer_say_state(uint32_t request, uint32_t index, uint32_t num);
/* Makes ring index, fresh or going on at base, known. */
void peer_tell_ring(uint32_t index, uint32_t base);
/* A driver as it comes up. */
void peer_begin(uint64_t features);
void peer_end(void);
/* Offers n buffers to be written. */
void peer_offers(unsigned n);
void peer_sends(unsigned n, uint8_t first);
/* Takes n frames, the first one of that byte and those behind it of the next. */
void peer_receives(unsigned n, uint8_t first);
void peer_is_sent_away(const char *reason);

#endif
