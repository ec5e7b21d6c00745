/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver end of a packed ring, against a device that a test plays by hand. */
#include "ring_fixture.h"
#include "unit.h"

#define USED (VRING_PACKED_DESC_F_AVAIL | VRING_PACKED_DESC_F_USED)

static const struct ring_shape plain = {.size = 8, .header_len = 12, .packed = true};
static const struct ring_shape ordered = {
	.size = 8, .header_len = 12, .packed = true, .in_order = true};
static const struct ring_shape events = {
	.size = 8, .header_len = 12, .packed = true, .event_idx = true};

static void offer(struct ring_fixture *f, unsigned n, bool device_writes)
{
	struct pktbuf *bufs[8];

	for (unsigned i = 0; i < n; i++) {
		bufs[i] = &f->bufs[i];
		bufs[i]->len = 60;
	}
	ck_assert_uint_eq(ring_driver_add(&f->driver, bufs, n, device_writes), n);
}

START_TEST(an_entry_is_written_with_its_wrap_counter)
{
	struct ring_fixture f;
	struct vring_packed_desc *descs;
	struct pktbuf *buf;

	ring_fixture_open(&f, &plain);
	descs = f.areas.desc;
	ck_assert_uint_eq(
		((struct vring_packed_event *)f.areas.driver)->flags, VRING_PACKED_EVENT_DISABLE);
	offer(&f, 8, false);
	for (uint16_t i = 0; i < 8; i++) {
		ck_assert_uint_eq(descs[i].addr, f.bufs[i].dma - 12);
		ck_assert_uint_eq(descs[i].len, 72);
		ck_assert_uint_eq(descs[i].id, i);
		ck_assert_uint_eq(descs[i].flags, VRING_PACKED_DESC_F_AVAIL);
	}
	ring_fixture_entry(&f, 0, 0, 0, USED, 0);
	ck_assert_uint_eq(ring_driver_take(&f.driver, &buf, NULL, 1), 1);
	offer(&f, 1, true);
	ck_assert_uint_eq(descs[0].len, 12 + FIXTURE_ROOM);
	ck_assert_uint_eq(descs[0].flags, VRING_PACKED_DESC_F_USED | VRING_DESC_F_WRITE);
	ring_fixture_close(&f);
}
END_TEST

START_TEST(ids_come_back_in_any_order)
{
	static const uint8_t order[] = {3, 0, 7, 1, 6, 2, 5, 4};
	struct ring_fixture f;
	struct vring_packed_desc *descs;

	ring_fixture_open(&f, &plain);
	descs = f.areas.desc;
	for (unsigned round = 0; round < 4; round++) {
		struct pktbuf *by_id[8], *bufs[8];
		uint32_t lens[8];

		offer(&f, 8, true);
		for (unsigned i = 0; i < 8; i++)
			by_id[descs[i].id] = &f.bufs[i];
		for (uint16_t i = 0; i < 8; i++)
			ring_fixture_entry(&f, i, 0, 20u + i, round & 1 ? 0 : USED, order[i]);
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

/* §2.8.9: one entry for a batch, at the place of its first. */
START_TEST(a_batch_ends_with_the_id_that_is_reported)
{
	struct ring_fixture f;
	struct pktbuf *bufs[8];
	uint32_t lens[8];

	ring_fixture_open(&f, &ordered);
	offer(&f, 8, true);
	ring_fixture_entry(&f, 0, 0, 100, USED, 4);
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, lens, 2), 2);
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs + 2, lens + 2, 8), 3);
	ring_fixture_entry(&f, 5, 0, 50, USED, 5);
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs + 5, lens + 5, 8), 1);
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_ptr_eq(bufs[i], &f.bufs[i]);
		ck_assert_uint_eq(lens[i], i == 4 ? 100 : i == 5 ? 50 : 12 + FIXTURE_ROOM);
	}
	ring_fixture_entry(&f, 6, 0, 50, USED, 0); /* two are left */
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, lens, 8), 0);
	ck_assert_str_eq(f.driver.error, "the device returned a buffer that it did not have");
	ring_fixture_close(&f);
}
END_TEST

static void refused(const struct ring_shape *shape, uint16_t id, uint32_t len, const char *error)
{
	struct ring_fixture f;
	struct pktbuf *bufs[8];
	uint32_t lens[8];

	ring_fixture_open(&f, shape);
	offer(&f, 4, true);
	ring_fixture_entry(&f, 0, 0, 60, USED, 0);
	ring_fixture_entry(&f, 1, 0, len, USED, id);
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, lens, 8), 1);
	ck_assert_ptr_nonnull(f.driver.error);
	ck_assert_str_eq(f.driver.error, error);
	ck_assert_uint_eq(ring_driver_add(&f.driver, bufs, 1, true), 0);
	ck_assert_uint_eq(ring_driver_drain(&f.driver, bufs, 8), 3);
	ring_fixture_close(&f);
}

START_TEST(a_device_that_lies_is_found_out)
{
	const char *id = "the device returned a buffer that it did not have";
	const char *len = "the device wrote more than a buffer holds";

	refused(&plain, 0, 60, id);
	refused(&plain, 4, 60, id);
	refused(&plain, 8, 60, id);
	refused(&plain, 0xffff, 60, id);
	refused(&plain, 1, 12 + FIXTURE_ROOM + 1, len);
	refused(&ordered, 0, 60, id);
	refused(&ordered, 4, 60, id);
	refused(&ordered, 9, 60, id);
	refused(&ordered, 1, 12 + FIXTURE_ROOM + 1, len);
}
END_TEST

START_TEST(entries_that_nobody_gave_are_not_looked_at)
{
	struct ring_fixture f;
	struct pktbuf *bufs[8];

	ring_fixture_open(&f, &plain);
	for (uint16_t i = 0; i < 8; i++)
		ring_fixture_entry(&f, i, 0, 0, USED, i);
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, NULL, 8), 0);
	ck_assert_ptr_null(f.driver.error);
	ring_fixture_close(&f);
}
END_TEST

START_TEST(the_device_is_kicked_when_it_asks)
{
	struct ring_fixture f;
	struct vring_packed_event *event;
	struct pktbuf *bufs[8];

	ring_fixture_open(&f, &events);
	event = f.areas.device;
	ck_assert(!ring_driver_must_kick(&f.driver));
	offer(&f, 1, false);
	ck_assert(!ring_driver_must_kick(&f.driver)); /* as the device end left it */
	*event = (struct vring_packed_event){.flags = VRING_PACKED_EVENT_ENABLE};
	ck_assert(!ring_driver_must_kick(&f.driver)); /* nothing new */
	offer(&f, 1, false);
	ck_assert(ring_driver_must_kick(&f.driver));
	*event = (struct vring_packed_event){.off_wrap = 0x8004, .flags = VRING_PACKED_EVENT_DESC};
	offer(&f, 2, false);
	ck_assert(!ring_driver_must_kick(&f.driver));
	offer(&f, 1, false);
	ck_assert(ring_driver_must_kick(&f.driver));
	event->off_wrap = 1; /* entry 1 of the next lap */
	offer(&f, 3, false);
	ck_assert(!ring_driver_must_kick(&f.driver));
	for (uint16_t i = 0; i < 8; i++)
		ring_fixture_entry(&f, i, 0, 0, USED, i);
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, NULL, 8), 8);
	offer(&f, 1, false);
	ck_assert(!ring_driver_must_kick(&f.driver));
	offer(&f, 1, false);
	ck_assert(ring_driver_must_kick(&f.driver));
	ring_fixture_close(&f);
}
END_TEST

START_TEST(a_request_is_a_chain_of_two)
{
	struct ring_fixture f;
	struct vring_packed_desc *descs;

	ring_fixture_open(&f, &ordered);
	descs = f.areas.desc;
	for (unsigned i = 0; i < 9; i++) {
		uint16_t at = 2 * i % 8, lap = i / 4 % 2;
		uint16_t avail = lap ? VRING_PACKED_DESC_F_USED : VRING_PACKED_DESC_F_AVAIL;

		ring_driver_request(&f.driver, 0x1000, 5, 0x2000);
		ck_assert_uint_eq(descs[at].addr, 0x1000);
		ck_assert_uint_eq(descs[at].len, 5);
		ck_assert_uint_eq(descs[at].flags, avail | VRING_DESC_F_NEXT);
		ck_assert_uint_eq(descs[at + 1].addr, 0x2000);
		ck_assert_uint_eq(descs[at + 1].len, 1);
		ck_assert_uint_eq(descs[at + 1].flags, avail | VRING_DESC_F_WRITE);
		ck_assert(!ring_driver_request_done(&f.driver));
		ring_fixture_entry(&f, at, 0, 1, lap ? 0 : USED, descs[at + 1].id);
		ck_assert(ring_driver_request_done(&f.driver));
		ck_assert(!ring_driver_request_done(&f.driver));
	}
	ring_driver_request(&f.driver, 0x1000, 5, 0x2000);
	ring_fixture_entry(&f, 2, 0, 1, USED, 5);
	ck_assert(!ring_driver_request_done(&f.driver));
	ck_assert_ptr_nonnull(f.driver.error);
	ring_fixture_close(&f);
}
END_TEST

UNIT_SUITE("netdev/virtio/ring_packed", an_entry_is_written_with_its_wrap_counter,
	ids_come_back_in_any_order, a_batch_ends_with_the_id_that_is_reported,
	a_device_that_lies_is_found_out, entries_that_nobody_gave_are_not_looked_at,
	the_device_is_kicked_when_it_asks, a_request_is_a_chain_of_two)
