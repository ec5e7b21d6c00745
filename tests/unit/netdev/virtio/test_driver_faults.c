/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netdev/virtio/driver_io, where a device is not ready, gone, or hostile. Whatever it writes, each
 * buffer is home after the stop, and the next start finds everything in order.
 */
#include "driver_fixture.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>

/* ---- not ready, or not any more ---- */

static void bursts_say(int fault)
{
	struct pktbuf *bufs[FAKE_BURST];

	ck_assert_uint_eq(fake_send(0, 4), 0);
	ck_assert_int_eq(fake.queue->fault, fault);
	ck_assert_uint_eq(virtio_driver_rx_burst(fake.queue, bufs, FAKE_BURST), 0);
	ck_assert_int_eq(fake.queue->fault, fault);
}

START_TEST(workers_wait_for_the_device)
{
	struct netdev *dev = &fake.driver.dev;

	fake_open(&fake, NULL, 32);
	fake_negotiate(&fake, VIRTIO_F_VERSION_1);
	fake.waits = true;
	ck_assert_int_eq(fake_start(&fake, 1, false), 0);
	bursts_say(ENETDOWN);
	ck_assert_uint_eq(virtio_driver_tx_reap(fake.queue), 0);
	ck_assert_int_eq(virtio_driver_link(dev), 0);
	ck_assert_int_eq(virtio_driver_ready(&fake.driver, &fake.err), 0);
	ck_assert_uint_eq(fake_send(0, 4), 4);
	ck_assert_int_eq(fake.queue->fault, 0);
	fake.driver.link_up = false;
	ck_assert_int_eq(virtio_driver_link(dev), 0);
	bursts_say(ENETDOWN);
	fake.driver.link_up = true;
	ck_assert_int_eq(virtio_driver_link(dev), 1);
	ck_assert_uint_eq(fake_send(4, 4), 4);
	virtio_driver_lost(&fake.driver, "gone");
	bursts_say(ENODEV);
	ck_assert_uint_eq(virtio_driver_tx_reap(fake.queue), 0);
	ck_assert_int_eq(virtio_driver_link(dev), -ENODEV);
	fake_end(&fake);
	ck_assert_uint_eq(fake_drops(&fake, DROP_TX_UNFINISHED), 8);
}
END_TEST

static bool untouched(void)
{
	for (unsigned i = 0; i < fake.pools[0].objects; i++) {
		const struct pktbuf *buf = &fake.pools[0].bufs[i];

		for (unsigned k = 0; k < sizeof(struct virtio_net_header); k++)
			if (buf->data[-1 - (int)k] != FAKE_RUBBISH)
				return false;
		if (buf->dma)
			return false;
	}
	return true;
}

START_TEST(buffers_are_left_alone_until_the_device_is_ready)
{
	fake_open(&fake, NULL, 32);
	fake_negotiate(&fake, VIRTIO_F_VERSION_1);
	fake.waits = true;
	ck_assert_int_eq(fake_start(&fake, 1, false), 0);
	bursts_say(ENETDOWN);
	/* what bursts_say() wrote are frames */
	ck_assert(untouched());
	ck_assert_int_eq(virtio_driver_ready(&fake.driver, &fake.err), 0);
	fake_stop(&fake);
	fake_headers_are_zero();
	fake_close(&fake);
}
END_TEST

/* ---- hostile devices ---- */

/* The device is found out; in_flight are the frames that it never completed. */
static void lost_because(const char *error, unsigned unfinished)
{
	struct netdev *dev = &fake.driver.dev;
	char reason[sizeof(dev->reason)];

	snprintf(reason, sizeof(reason), "the peer broke the rules of ring pair 0: %s", error);
	ck_assert_int_eq(fake.queue->fault, ENODEV);
	ck_assert_int_eq(virtio_driver_link(dev), -ENODEV);
	ck_assert_str_eq(dev->reason, reason);
	bursts_say(ENODEV);
	fake_stop(&fake);
	fake_headers_are_zero();
	ck_assert_uint_eq(fake_drops(&fake, DROP_TX_UNFINISHED), unfinished);
	/* the next one may be better */
	ck_assert_int_eq(fake_start(&fake, 1, false), 0);
	ck_assert_int_eq(virtio_driver_link(dev), 1);
	ck_assert_uint_eq(fake_send(0, 4), 4);
	ck_assert_uint_eq(fake_arrive(0, 4), 4);
	fake_end(&fake);
}

static void hostile_begin(uint64_t features)
{
	fake_begin(&fake, &fake_small_rings, features, 64);
	fake_receive(0);
	ck_assert_uint_eq(fake_send(0, 10), 10);
}

#define NO_HEADER   "a received frame has no sound header"
#define WRONG_ID    "the device returned a buffer that it did not have"
#define WRONG_LEN   "the device wrote more than a buffer holds"
#define WRONG_INDEX "the device's used index ran ahead of the buffers that it has"

static void header_of(uint64_t features, int num_buffers, uint32_t cut)
{
	struct pktbuf *bufs[FAKE_BURST];
	uint16_t id;
	uint32_t len;

	hostile_begin(features);
	fake_deliver(0, 1);
	if (cut) {
		fake_peek(&fake, FAKE_RX, &id, &len);
		fake_give(&fake, FAKE_RX, id, fake.rings[FAKE_RX].shape.header_len - cut);
	} else {
		fake_write(&fake, FAKE_RX, num_buffers, (const uint8_t *)"", 1);
	}
	fake_deliver(1, 1);
	/* frames around it are as good as any */
	ck_assert_uint_eq(virtio_driver_rx_burst(fake.queue, bufs, FAKE_BURST), 2);
	pktbuf_free(bufs[0]);
	pktbuf_free(bufs[1]);
	lost_because(NO_HEADER, 10);
}

static void headers(uint64_t features)
{
	header_of(features, 0, 1);
	header_of(features, 0, fake.rings[FAKE_RX].shape.header_len);
	if (!(features & VIRTIO_NET_F_MRG_RXBUF))
		return;
	header_of(features, 0, 0);
	header_of(features, 17, 0); /* more buffers than the ring has */
	header_of(features, 0xffff, 0);
}

START_TEST(headers_are_not_believed)
{
	fake_each_kind(headers);
}
END_TEST

static void received_ids(uint64_t features)
{
	static const uint32_t wrong[] = {16, 0xffff};
	uint16_t id;
	uint32_t len;

	for (unsigned i = 0; i < 2; i++) {
		hostile_begin(features);
		fake_give(&fake, FAKE_RX, wrong[i], 60);
		ck_assert_uint_eq(fake_receive(0), 0);
		lost_because(WRONG_ID, 10);
	}
	/* one that it had, and gave back */
	hostile_begin(features);
	fake_peek(&fake, FAKE_RX, &id, &len);
	fake_write(&fake, FAKE_RX, 1, (const uint8_t *)"", 1);
	fake_give(&fake, FAKE_RX, id, 60);
	{
		struct pktbuf *bufs[FAKE_BURST];
		unsigned got = virtio_driver_rx_burst(fake.queue, bufs, FAKE_BURST);

		ck_assert_uint_eq(got, 1);
		pktbuf_free(bufs[0]);
	}
	lost_because(WRONG_ID, 10);
	/* more bytes than there is room for */
	hostile_begin(features);
	fake_peek(&fake, FAKE_RX, &id, &len);
	fake_give(&fake, FAKE_RX, id, len + 1);
	ck_assert_uint_eq(fake_receive(0), 0);
	lost_because(WRONG_LEN, 10);
}

START_TEST(ids_and_lengths_of_received_frames_are_not_believed)
{
	fake_each_kind(received_ids);
}
END_TEST

static void sent_ids(uint64_t features)
{
	bool index_alone = features & VIRTIO_F_IN_ORDER && !(features & VIRTIO_F_RING_PACKED);

	if (index_alone)
		return; /* ids say nothing then */
	/* found out when the ring has no room */
	hostile_begin(features);
	fake_give(&fake, FAKE_TX, 16, 0);
	ck_assert_uint_eq(fake_send(10, 7), 0);
	lost_because(WRONG_ID, 10);
	/* or when there is nothing to send */
	hostile_begin(features);
	fake_give(&fake, FAKE_TX, 0xffff, 0);
	ck_assert_uint_eq(virtio_driver_tx_reap(fake.queue), 10);
	ck_assert_int_eq(fake.queue->fault, ENODEV);
	/* the next burst, which has room enough, says so too */
	ck_assert_uint_eq(fake_send(10, 1), 0);
	lost_because(WRONG_ID, 10);
	/* or by the stop alone */
	hostile_begin(features);
	fake_give(&fake, FAKE_TX, 15, 0);
	fake_end(&fake);
	ck_assert_uint_eq(fake_drops(&fake, DROP_TX_UNFINISHED), 10);
}

START_TEST(ids_of_completed_frames_are_not_believed)
{
	fake_each_kind(sent_ids);
}
END_TEST

static void used_index(uint64_t features)
{
	struct vring_used *used;

	if (features & VIRTIO_F_RING_PACKED)
		return; /* there is none */
	hostile_begin(features);
	used = fake.rings[FAKE_TX].areas.device;
	used->idx = 11;
	ck_assert_uint_eq(fake_send(10, 7), 0);
	lost_because(WRONG_INDEX, 10);

	hostile_begin(features);
	used = fake.rings[FAKE_RX].areas.device;
	used->idx = 0xffff;
	ck_assert_uint_eq(fake_receive(0), 0);
	lost_because(WRONG_INDEX, 10);
}

START_TEST(used_indices_are_not_believed)
{
	fake_each_kind(used_index);
}
END_TEST

UNIT_SUITE("netdev/virtio/driver_io, faults", workers_wait_for_the_device,
	buffers_are_left_alone_until_the_device_is_ready, headers_are_not_believed,
	ids_and_lengths_of_received_frames_are_not_believed,
	ids_of_completed_frames_are_not_believed, used_indices_are_not_believed)
