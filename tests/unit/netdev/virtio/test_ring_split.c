/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver end of a split ring, against a device that a test plays by hand. */
#include "ring_fixture.h"
#include "unit.h"

#include <string.h>

static const struct ring_shape plain = {.size = 8, .header_len = 12};
static const struct ring_shape ordered = {.size = 8, .header_len = 12, .in_order = true};
static const struct ring_shape events = {.size = 8, .header_len = 12, .event_idx = true};

static void offer(struct ring_fixture *f, unsigned n, bool device_writes)
{
	struct pktbuf *bufs[8];

	for (unsigned i = 0; i < n; i++) {
		bufs[i] = &f->bufs[i];
		bufs[i]->len = 60;
	}
	ck_assert_uint_eq(ring_driver_add(&f->driver, bufs, n, device_writes), n);
}

static void use(struct ring_fixture *f, uint32_t id, uint32_t len)
{
	struct vring_used *used = f->areas.device;

	used->ring[used->idx % f->shape.size] = (struct vring_used_elem){.id = id, .len = len};
	used->idx++;
}

START_TEST(a_buffer_is_described_with_its_header)
{
	struct ring_fixture f;
	struct vring_desc *descs;
	struct vring_avail *avail;

	ring_fixture_open(&f, &plain);
	descs = f.areas.desc;
	avail = f.areas.driver;
	offer(&f, 2, false);
	ck_assert_uint_eq(descs[1].addr, f.bufs[1].dma - 12);
	ck_assert_uint_eq(descs[1].len, 72);
	ck_assert_uint_eq(descs[1].flags, 0);
	offer(&f, 1, true);
	ck_assert_uint_eq(descs[2].addr, f.bufs[0].dma - 12);
	ck_assert_uint_eq(descs[2].len, 12 + FIXTURE_ROOM);
	ck_assert_uint_eq(descs[2].flags, VRING_DESC_F_WRITE);
	ck_assert_uint_eq(avail->idx, 3);
	ck_assert_uint_eq(avail->ring[2], 2);
	ck_assert_uint_eq(avail->flags, VRING_AVAIL_F_NO_INTERRUPT);
	ring_fixture_close(&f);
}
END_TEST

START_TEST(what_fits_is_not_written_again)
{
	struct ring_fixture f;
	struct pktbuf *bufs[8];
	struct vring_desc *descs;
	struct vring_avail *avail;

	ring_fixture_open(&f, &plain);
	descs = f.areas.desc;
	avail = f.areas.driver;
	offer(&f, 8, false);
	for (unsigned i = 0; i < 8; i++)
		use(&f, i, 0);
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, NULL, 8), 8);
	/* A mark that only a write would remove. */
	memset(descs, 0xee, 8 * sizeof(*descs));
	memset(avail->ring, 0xee, 8 * sizeof(avail->ring[0]));
	f.bufs[3].dma += 64;
	ck_assert_uint_eq(ring_driver_add(&f.driver, bufs, 8, false), 8);
	for (unsigned i = 0; i < 8; i++) {
		ck_assert_uint_eq(avail->ring[i], 0xeeee);
		if (i != 3)
			ck_assert_uint_eq(descs[i].addr, 0xeeeeeeeeeeeeeeee);
	}
	ck_assert_uint_eq(descs[3].addr, f.bufs[3].dma - 12);
	ring_fixture_close(&f);
}
END_TEST

START_TEST(ids_come_back_in_any_order)
{
	static const uint8_t order[] = {3, 0, 7, 1, 6, 2, 5, 4};
	struct ring_fixture f;
	struct pktbuf *bufs[8];
	struct vring_avail *avail;
	uint32_t lens[8];

	ring_fixture_open(&f, &plain);
	avail = f.areas.driver;
	for (unsigned round = 0; round < 3; round++) {
		struct pktbuf *by_id[8];

		offer(&f, 8, true);
		for (unsigned i = 0; i < 8; i++)
			by_id[avail->ring[i]] = &f.bufs[i];
		for (unsigned i = 0; i < 8; i++)
			use(&f, order[i], 20 + i);
		ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, lens, 5), 5);
		ck_assert_uint_eq(ring_driver_take(&f.driver, bufs + 5, lens + 5, 5), 3);
		for (unsigned i = 0; i < 8; i++) {
			ck_assert_ptr_eq(bufs[i], by_id[order[i]]);
			ck_assert_uint_eq(lens[i], 20 + i);
		}
	}
	ck_assert_ptr_null(f.driver.error);
	ring_fixture_close(&f);
}
END_TEST

/* §2.7.9: one element for a batch, at the place of its first. */
START_TEST(a_batch_ends_with_the_id_that_is_reported)
{
	struct ring_fixture f;
	struct vring_used *used;
	struct pktbuf *bufs[8];
	uint32_t lens[8];

	ring_fixture_open(&f, &ordered);
	used = f.areas.device;
	offer(&f, 8, true);
	used->ring[0] = (struct vring_used_elem){.id = 4, .len = 100};
	used->ring[5] = (struct vring_used_elem){.id = 5, .len = 50};
	used->idx = 6;
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, lens, 2), 2);
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs + 2, lens + 2, 8), 4);
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_ptr_eq(bufs[i], &f.bufs[i]);
		ck_assert_uint_eq(lens[i], i == 4 ? 100 : i == 5 ? 50 : 12 + FIXTURE_ROOM);
	}
	ck_assert_ptr_null(f.driver.error);
	/* Two are left: a batch of three ran too far. */
	used->ring[6].id = 0;
	used->idx = 8;
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, lens, 8), 0);
	ck_assert_str_eq(f.driver.error, "the device returned a buffer that it did not have");
	ring_fixture_close(&f);
}
END_TEST

static void refused(const struct ring_shape *shape, uint32_t id, uint32_t len, uint16_t idx,
	unsigned good, const char *error)
{
	struct ring_fixture f;
	struct vring_used *used;
	struct pktbuf *bufs[8];
	uint32_t lens[8];

	ring_fixture_open(&f, shape);
	used = f.areas.device;
	offer(&f, 4, true);
	use(&f, 0, 60);
	use(&f, id, len);
	used->idx = idx;
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, lens, 8), good);
	ck_assert_ptr_nonnull(f.driver.error);
	ck_assert_str_eq(f.driver.error, error);
	/* Dead, but for what was not given back. */
	ck_assert_uint_eq(ring_driver_add(&f.driver, bufs, 1, true), 0);
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, lens, 8), 0);
	ck_assert(!ring_driver_must_kick(&f.driver));
	ck_assert_uint_eq(ring_driver_drain(&f.driver, bufs, 8), 4 - good);
	ring_fixture_close(&f);
}

START_TEST(a_device_that_lies_is_found_out)
{
	const char *id = "the device returned a buffer that it did not have";
	const char *len = "the device wrote more than a buffer holds";
	const char *idx = "the device's used index ran ahead of the buffers that it has";

	refused(&plain, 0, 60, 2, 1, id); /* twice */
	refused(&plain, 4, 60, 2, 1, id); /* not offered */
	refused(&plain, 8, 60, 2, 1, id); /* not in the table */
	refused(&plain, 0xffffffff, 60, 2, 1, id);
	refused(&plain, 0x10001, 60, 2, 1, id);
	refused(&plain, 1, 12 + FIXTURE_ROOM + 1, 2, 1, len);
	refused(&plain, 1, 60, 5, 0, idx);
	refused(&plain, 1, 60, 0xffff, 0, idx);
	refused(&ordered, 0, 60, 2, 1, id);
	refused(&ordered, 8, 60, 2, 1, id);
	refused(&ordered, 0xffffffff, 60, 2, 1, id);
	refused(&ordered, 1, 12 + FIXTURE_ROOM + 1, 2, 1, len);
	refused(&ordered, 1, 60, 5, 0, idx);
}
END_TEST

START_TEST(a_length_up_to_the_whole_buffer_is_right)
{
	struct ring_fixture f;
	struct pktbuf *buf;
	uint32_t len;

	ring_fixture_open(&f, &plain);
	offer(&f, 1, true);
	use(&f, 0, 12 + FIXTURE_ROOM);
	ck_assert_uint_eq(ring_driver_take(&f.driver, &buf, &len, 1), 1);
	ck_assert_uint_eq(len, 12 + FIXTURE_ROOM);
	ring_fixture_close(&f);
}
END_TEST

START_TEST(the_device_is_kicked_when_it_asks)
{
	struct ring_fixture f;
	struct vring_used *used;

	ring_fixture_open(&f, &plain);
	used = f.areas.device;
	used->flags = 0;
	ck_assert(!ring_driver_must_kick(&f.driver)); /* nothing was added */
	offer(&f, 1, false);
	ck_assert(ring_driver_must_kick(&f.driver));
	ck_assert(!ring_driver_must_kick(&f.driver));
	offer(&f, 1, false);
	used->flags = VRING_USED_F_NO_NOTIFY;
	ck_assert(!ring_driver_must_kick(&f.driver));
	ring_fixture_close(&f);
}
END_TEST

START_TEST(the_device_is_kicked_past_its_event)
{
	struct ring_fixture f;
	uint16_t *avail_event;

	ring_fixture_open(&f, &events);
	avail_event = (uint16_t *)((uint8_t *)f.areas.device + 4 + 8 * 8);
	*avail_event = 2; /* when entry 2 was made available */
	offer(&f, 2, false);
	ck_assert(!ring_driver_must_kick(&f.driver));
	offer(&f, 1, false);
	ck_assert(ring_driver_must_kick(&f.driver));
	offer(&f, 3, false);
	ck_assert(!ring_driver_must_kick(&f.driver));
	*avail_event = 6;
	offer(&f, 2, false);
	ck_assert(ring_driver_must_kick(&f.driver));
	ring_fixture_close(&f);
}
END_TEST

START_TEST(a_request_is_a_chain_of_two)
{
	struct ring_fixture f;
	struct vring_desc *descs;
	struct vring_avail *avail;

	ring_fixture_open(&f, &ordered);
	descs = f.areas.desc;
	avail = f.areas.driver;
	for (uint16_t i = 0; i < 9; i++) {
		uint16_t head = 2 * i % 8;

		ring_driver_request(&f.driver, 0x1000, 5, 0x2000);
		ck_assert_uint_eq(avail->idx, i + 1);
		ck_assert_uint_eq(avail->ring[i % 8], head);
		ck_assert_uint_eq(descs[head].addr, 0x1000);
		ck_assert_uint_eq(descs[head].len, 5);
		ck_assert_uint_eq(descs[head].flags, VRING_DESC_F_NEXT);
		ck_assert_uint_eq(descs[head].next, head + 1);
		ck_assert_uint_eq(descs[head + 1].addr, 0x2000);
		ck_assert_uint_eq(descs[head + 1].len, 1);
		ck_assert_uint_eq(descs[head + 1].flags, VRING_DESC_F_WRITE);
		ck_assert(!ring_driver_request_done(&f.driver));
		use(&f, head, 1);
		ck_assert(ring_driver_request_done(&f.driver));
		ck_assert(!ring_driver_request_done(&f.driver));
	}
	ring_driver_request(&f.driver, 0x1000, 5, 0x2000);
	use(&f, 7, 1);
	ck_assert(!ring_driver_request_done(&f.driver));
	ck_assert_ptr_nonnull(f.driver.error);
	ring_fixture_close(&f);
}
END_TEST

UNIT_SUITE("netdev/virtio/ring_split", a_buffer_is_described_with_its_header,
	what_fits_is_not_written_again, ids_come_back_in_any_order,
	a_batch_ends_with_the_id_that_is_reported, a_device_that_lies_is_found_out,
	a_length_up_to_the_whole_buffer_is_right, the_device_is_kicked_when_it_asks,
	the_device_is_kicked_past_its_event, a_request_is_a_chain_of_two)
