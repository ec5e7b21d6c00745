/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio driver over a transport of the tests, and the device at the other end of its rings,
 * which is played by the ring's device end or, where it has to misbehave, by hand.
 */
#ifndef DRIVER_FIXTURE_H
#define DRIVER_FIXTURE_H

#include "dataplane/mempool.h"
#include "netdev/virtio/driver.h"
#include "ring_fixture.h"

#define FAKE_QUEUES_MAX   2
#define FAKE_RINGS_MAX    (2 * FAKE_QUEUES_MAX + 1)
#define FAKE_COMMANDS_MAX 8
#define FAKE_ROOM         448  /* of a buffer: what is left of 512 bytes */
#define FAKE_RUBBISH      0xa5 /* what the pools' memory is full of at first */
#define FAKE_SEED         "/run/device"

/* Rings by their number, as long as one queue pair is configured. */
enum { FAKE_RX, FAKE_TX };

enum fake_answer { FAKE_OBEYS, FAKE_REFUSES, FAKE_IS_SILENT, FAKE_ANSWERS_WRONG };

struct fake {
	struct virtio_driver driver; /* first */

	/* What it is told. */
	int start_rc;
	bool waits; /* start() does not say virtio_driver_ready() */
	uint16_t device_max;
	enum fake_answer answer; /* of the control queue */

	/* What it saw. */
	unsigned starts, stops, looks;
	unsigned notified[2 * VIRTIO_QUEUE_PAIRS_MAX + 1]; /* by the device's number of a ring */
	struct {
		uint8_t bytes[16];
		uint32_t len;
	} commands[FAKE_COMMANDS_MAX];
	unsigned command_count;

	/* The device end. */
	struct guest guest;
	struct ring_device rings[FAKE_RINGS_MAX];
	struct mempool own; /* where the device keeps frames */
	uint8_t *own_memory;

	/* What the engine would have. */
	struct memory memory;
	struct mempool pools[FAKE_QUEUES_MAX];
	struct queue_counters counters[FAKE_QUEUES_MAX];
	struct flow_tx_counters flow;
	struct netdev_queue *queue; /* the first one */
	struct error err;
};

extern struct fake fake;                             /* the one that frames below pass through */
extern const struct virtio_options fake_small_rings; /* of 16 */

/* Calls test() with the features of devices of every kind. */
void fake_each_kind(void (*test)(uint64_t features));

/* With pools of so many buffers. Nothing is negotiated yet. */
void fake_open(struct fake *fake, const struct virtio_options *options, uint32_t objects);
void fake_close(struct fake *fake);

/* virtio_driver_negotiate(), which must do. */
void fake_negotiate(struct fake *fake, uint64_t features);
/* virtio_driver_configure(), which must do, and virtio_driver_start(), with its result. */
int fake_start(struct fake *fake, unsigned queues, bool promiscuous);
/* Stops it and sees to it that every buffer is home. */
void fake_stop(struct fake *fake);

/* One queue pair of a device with these features, started. */
void fake_begin(struct fake *fake, const struct virtio_options *options, uint64_t features,
	uint32_t objects);
void fake_end(struct fake *fake);

uint64_t fake_drops(const struct fake *fake, enum drop_reason reason);

/* ---- frames, which are known by their numbers; first is that of the first one ---- */

#define FAKE_BURST 64 /* the most at once */

/* Offers n frames to the driver; returns how many it accepted. The rest go home. */
unsigned fake_send(unsigned first, unsigned n);
/* The device takes up to n frames, which must be the right ones. */
unsigned fake_arrive(unsigned first, unsigned n);
/* The device sends n frames; returns how many found room. */
unsigned fake_deliver(unsigned first, unsigned n);
/* Receives what there is, which must be the right frames. */
unsigned fake_receive(unsigned first);

/* How many buffers the device has to receive into. */
unsigned fake_offered(void);
/* What all buffers of the first queue pair have in front of their frames; they must be home. */
void fake_headers_are_zero(void);

/* ---- by hand ---- */

/* The next buffer that the driver offers on a ring, by its id; NULL: none. */
uint8_t *fake_peek(struct fake *fake, unsigned ring, uint16_t *id, uint32_t *len);
/* Gives it, or whatever id says, back. */
void fake_give(struct fake *fake, unsigned ring, uint32_t id, uint32_t len);
/* Writes a header with that number of buffers (negative: none), then len bytes, and gives it. */
void fake_write(
	struct fake *fake, unsigned ring, int num_buffers, const uint8_t *data, uint32_t len);
/* Asks the driver to notify the device of a ring. */
void fake_wants_kicks(struct fake *fake, unsigned ring);

#endif
