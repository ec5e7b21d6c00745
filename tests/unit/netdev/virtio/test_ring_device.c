/* SPDX-License-Identifier: BSD-2-Clause */
/* The device end of both formats, against a driver that a test plays by hand: layouts and lies. */
#include "ring_fixture.h"
#include "unit.h"

#include <string.h>

#define SIZE 8
#define HERE (FIXTURE_BASE + f->data) /* where a test's frames lie */

static const struct ring_shape split = {.size = SIZE, .header_len = 12};
static const struct ring_shape packed = {.size = SIZE, .header_len = 12, .packed = true};

struct piece {
	uint64_t at; /* offset from HERE */
	uint32_t len;
	uint16_t flags;
};

/* Makes a chain of pieces available, at descriptors and ring place from on; first lap only. */
static void chain(struct ring_fixture *f, uint16_t place, uint16_t from, const struct piece *pieces,
	unsigned n)
{
	for (unsigned i = n; i-- > 0;) {
		uint16_t flags = pieces[i].flags | (i + 1 < n ? VRING_DESC_F_NEXT : 0);

		if (f->shape.packed)
			ring_fixture_entry(f, from + i, HERE + pieces[i].at, pieces[i].len,
				flags | VRING_PACKED_DESC_F_AVAIL, from);
		else
			ring_fixture_desc(f, from + i, HERE + pieces[i].at, pieces[i].len, flags,
				from + i + 1);
	}
	if (!f->shape.packed)
		ring_fixture_avail(f, place, from);
}

static unsigned receive(
	struct ring_fixture *f, struct pktbuf **bufs, struct ring_device_drops *drops)
{
	memset(drops, 0, sizeof(*drops));
	return ring_device_receive(&f->device, &f->pool, bufs, SIZE, drops);
}

/* A frame of 60 bytes with its header, cut at two places. */
static void layout(const struct ring_shape *shape, uint32_t first, uint32_t second)
{
	struct ring_fixture fixture, *f = &fixture;
	struct ring_device_drops drops;
	struct pktbuf *bufs[SIZE];
	const struct piece pieces[] = {
		{0, first, 0}, {first, second, 0}, {first + second, 72 - first - second, 0}};

	ring_fixture_open(f, shape);
	ring_fixture_write(f->memory + f->data + 12, 60, 5);
	chain(f, 0, 1 * !shape->packed, pieces, 3);
	ck_assert_uint_eq(receive(f, bufs, &drops), 1);
	ck_assert_uint_eq(bufs[0]->len, 60);
	ck_assert(ring_fixture_is(bufs[0]->data, 60, 5));
	ck_assert_ptr_null(f->device.error);
	if (shape->packed) {
		struct vring_packed_desc *descs = f->areas.desc;

		ck_assert_uint_eq(f->device.next, 3);
		ck_assert_uint_eq(descs[0].flags & 0x8080, 0x8080);
	} else {
		struct vring_used *used = f->areas.device;

		ck_assert_uint_eq(used->idx, 1);
		ck_assert_uint_eq(used->ring[0].id, 1);
	}
	pktbuf_free(bufs[0]);
	ring_fixture_close(f);
}

START_TEST(a_header_and_its_frame_lie_anyhow)
{
	for (uint32_t first = 0; first <= 72; first += 6) {
		for (uint32_t second = 0; first + second <= 72; second += 5) {
			layout(&split, first, second);
			layout(&packed, first, second);
		}
	}
}
END_TEST

/* The same ways to receive: a buffer of three pieces. */
static void spread(const struct ring_shape *shape, uint32_t first, uint32_t second)
{
	struct ring_fixture fixture, *f = &fixture;
	const struct piece pieces[] = {{0, first, VRING_DESC_F_WRITE},
		{first, second, VRING_DESC_F_WRITE}, {first + second, 100, VRING_DESC_F_WRITE}};
	struct virtio_net_header header;
	struct pktbuf *buf;

	ring_fixture_open(f, shape);
	memset(f->memory + f->data, 0xff, 300);
	chain(f, 0, 0, pieces, 3);
	buf = &f->own[0];
	buf->len = 60;
	ring_fixture_write(buf->data, 60, 9);
	ck_assert_uint_eq(ring_device_send(&f->device, &buf, 1), 1);
	memcpy(&header, f->memory + f->data, sizeof(header));
	ck_assert_uint_eq(header.num_buffers, 1);
	header.num_buffers = 0;
	ck_assert_mem_eq(&header, (&(struct virtio_net_header){0}), sizeof(header));
	ck_assert(ring_fixture_is(f->memory + f->data + 12, 60, 9));
	ck_assert_uint_eq(f->memory[f->data + 72], 0xff);
	ck_assert_uint_eq(f->device.next, shape->packed ? 3 : 1);
	if (shape->packed)
		ck_assert_uint_eq(((struct vring_packed_desc *)f->areas.desc)->len, 72);
	else
		ck_assert_uint_eq(((struct vring_used *)f->areas.device)->ring[0].len, 72);
	ring_fixture_close(f);
}

START_TEST(receive_buffers_lie_anyhow)
{
	for (uint32_t first = 0; first <= 80; first += 5) {
		for (uint32_t second = 0; second <= 80; second += 7) {
			spread(&split, first, second);
			spread(&packed, first, second);
		}
	}
}
END_TEST

static void drops(const struct ring_shape *shape)
{
	struct ring_fixture fixture, *f = &fixture;
	struct ring_device_drops drops;
	struct pktbuf *bufs[SIZE];

	ring_fixture_open(f, shape);
	for (uint16_t i = 0; i < 4; i++) {
		const struct piece piece = {0, 12 + FIXTURE_ROOM + (i == 1), 0};

		chain(f, i, i, &piece, 1);
	}
	f->pool.count = 2;
	ck_assert_uint_eq(receive(f, bufs, &drops), 2);
	ck_assert_uint_eq(bufs[0]->len, FIXTURE_ROOM);
	ck_assert_uint_eq(drops.too_long, 1);
	ck_assert_uint_eq(drops.no_buffer, 1);
	ck_assert_uint_eq(f->device.next, 4);
	ck_assert_ptr_null(f->device.error);
	ring_fixture_close(f);
}

START_TEST(frames_without_room_are_counted)
{
	drops(&split);
	drops(&packed);
}
END_TEST

/* Lengths and drops are as if the bytes had been copied. */
static void counted(const struct ring_shape *shape)
{
	struct ring_fixture fixture, *f = &fixture;
	struct ring_device_drops drops;
	struct pktbuf *bufs[SIZE];

	ring_fixture_open(f, shape);
	f->device.count_only = true;
	chain(f, 0, 0, &(struct piece){0, 72, 0}, 1);
	chain(f, 1, 1, &(struct piece){0, 12 + FIXTURE_ROOM + 1, 0}, 1);
	chain(f, 2, 2, (struct piece[]){{0, 12, 0}, {12, 100, 0}}, 2);
	ck_assert_uint_eq(receive(f, bufs, &drops), 2);
	ck_assert_uint_eq(bufs[0]->len, 60);
	ck_assert_uint_eq(bufs[1]->len, 100);
	ck_assert_uint_eq(drops.too_long, 1);
	ck_assert_uint_eq(f->pool.count, 2 * SIZE - 2);
	ck_assert_ptr_null(f->device.error);
	ring_fixture_close(f);
}

START_TEST(frames_are_counted_without_their_bytes)
{
	counted(&split);
	counted(&packed);
}
END_TEST

/* One good frame, then a chain that must be refused with that error. */
static void refused(const struct ring_shape *shape, const struct piece *pieces, unsigned n,
	bool send, const char *error)
{
	struct ring_fixture fixture, *f = &fixture;
	const struct piece good = {0, 100, send ? VRING_DESC_F_WRITE : 0};
	struct ring_device_drops drops;
	struct pktbuf *bufs[SIZE];

	ring_fixture_open(f, shape);
	chain(f, 0, 0, &good, 1);
	chain(f, 1, 1, pieces, n);
	for (unsigned i = 0; i < SIZE; i++) {
		bufs[i] = &f->own[i];
		bufs[i]->len = 60;
	}
	if (send)
		ck_assert_uint_eq(ring_device_send(&f->device, bufs, SIZE), 1);
	else
		ck_assert_uint_eq(receive(f, bufs, &drops), 1);
	ck_assert_ptr_nonnull(f->device.error);
	ck_assert_str_eq(f->device.error, error);
	ck_assert_uint_eq(f->device.next, 1);
	ck_assert_uint_eq(f->pool.count, 2 * SIZE - !send);
	ck_assert_uint_eq(receive(f, bufs, &drops), 0);
	ck_assert_uint_eq(ring_device_send(&f->device, bufs, 1), 0);
	ck_assert(!ring_device_must_call(&f->device));
	ring_fixture_close(f);
}

static void refuse_all(const struct ring_shape *shape)
{
	const char *outside = "a descriptor points outside the shared memory";
	const char *indirect = "an indirect descriptor, which was not agreed on";
	const char *empty = "a frame has no byte behind its header";
	const size_t end = 2 * SIZE * (size_t)(CPU_CACHELINE + FIXTURE_ROOM);

	refused(shape, &(struct piece){end, 60, 0}, 1, false, outside);
	refused(shape, &(struct piece){end - 59, 60, 0}, 1, false, outside);
	refused(shape, &(struct piece){0, 0xffffffff, 0}, 1, false, outside);
	refused(shape, &(struct piece){(uint64_t)0 - FIXTURE_BASE, 60, 0}, 1, false, outside);
	refused(shape, (struct piece[]){{0, 72, 0}, {end, 60, 0}}, 2, false, outside);
	refused(shape, &(struct piece){end - 99, 100, VRING_DESC_F_WRITE}, 1, true, outside);
	refused(shape, &(struct piece){0, 72, VRING_DESC_F_INDIRECT}, 1, false, indirect);
	refused(shape, &(struct piece){0, 72, VRING_DESC_F_INDIRECT | VRING_DESC_F_WRITE}, 1, true,
		indirect);
	refused(shape, &(struct piece){0, 72, VRING_DESC_F_WRITE}, 1, false,
		"a frame to send lies in a writable buffer");
	refused(shape, &(struct piece){0, 72, 0}, 1, true, "a receive buffer is not writable");
	refused(shape, &(struct piece){0, 12, 0}, 1, false, empty);
	refused(shape, &(struct piece){0, 11, 0}, 1, false, empty);
	refused(shape, &(struct piece){0, 0, 0}, 1, false, empty);
	refused(shape, (struct piece[]){{0, 6, 0}, {6, 6, 0}}, 2, false, empty);
	refused(shape, &(struct piece){0, 71, VRING_DESC_F_WRITE}, 1, true,
		"a receive buffer is too small for a frame");
}

START_TEST(a_driver_that_lies_is_found_out)
{
	refuse_all(&split);
	refuse_all(&packed);
}
END_TEST

START_TEST(a_chain_that_loops_ends)
{
	struct ring_fixture fixture, *f = &fixture;
	struct ring_device_drops drops;
	struct pktbuf *bufs[SIZE];

	ring_fixture_open(f, &split);
	ring_fixture_desc(f, 0, HERE, 72, VRING_DESC_F_NEXT, 1);
	ring_fixture_desc(f, 1, HERE, 72, VRING_DESC_F_NEXT, 0);
	ring_fixture_avail(f, 0, 0);
	ck_assert_uint_eq(receive(f, bufs, &drops), 0);
	ck_assert_str_eq(f->device.error, "a chain has more descriptors than the ring");
	ring_fixture_close(f);

	ring_fixture_open(f, &packed);
	for (uint16_t i = 0; i < SIZE; i++)
		ring_fixture_entry(
			f, i, HERE, 72, VRING_DESC_F_NEXT | VRING_PACKED_DESC_F_AVAIL, 0);
	ck_assert_uint_eq(receive(f, bufs, &drops), 0);
	ck_assert_str_eq(f->device.error, "a chain has more descriptors than the ring");
	ring_fixture_close(f);
}
END_TEST

START_TEST(split_indices_are_checked)
{
	struct ring_fixture fixture, *f = &fixture;
	struct ring_device_drops drops;
	struct pktbuf *bufs[SIZE];

	ring_fixture_open(f, &split);
	ring_fixture_avail(f, 0, SIZE);
	ck_assert_uint_eq(receive(f, bufs, &drops), 0);
	ck_assert_str_eq(f->device.error, "a descriptor that the table does not have");
	ring_fixture_close(f);

	ring_fixture_open(f, &split);
	ring_fixture_desc(f, 0, HERE, 72, VRING_DESC_F_NEXT, SIZE);
	ring_fixture_avail(f, 0, 0);
	ck_assert_uint_eq(receive(f, bufs, &drops), 0);
	ck_assert_str_eq(f->device.error, "a descriptor that the table does not have");
	ring_fixture_close(f);

	ring_fixture_open(f, &split);
	((struct vring_avail *)f->areas.driver)->idx = SIZE + 1;
	ck_assert_uint_eq(receive(f, bufs, &drops), 0);
	ck_assert_str_eq(f->device.error, "the driver's available index ran ahead of the ring");
	ring_fixture_close(f);
}
END_TEST

/* A frame that finds too few mergeable buffers waits, and nothing is given back. */
static void waits(struct ring_shape shape)
{
	struct ring_fixture fixture, *f = &fixture;
	const struct piece small = {0, 40, VRING_DESC_F_WRITE};
	struct pktbuf *buf;

	shape.mergeable = true;
	ring_fixture_open(f, &shape);
	buf = &f->own[0];
	buf->len = 60;
	chain(f, 0, 0, &small, 1);
	ck_assert_uint_eq(ring_device_send(&f->device, &buf, 1), 0);
	ck_assert_uint_eq(f->device.next, 0);
	ck_assert_ptr_null(f->device.error);
	chain(f, 1, 1, &(struct piece){100, 40, VRING_DESC_F_WRITE}, 1);
	ck_assert_uint_eq(ring_device_send(&f->device, &buf, 1), 1);
	ck_assert_uint_eq(f->device.next, 2);
	ck_assert_uint_eq(f->memory[f->data + 10], 2);
	ring_fixture_close(f);
}

START_TEST(a_frame_waits_for_enough_buffers)
{
	waits(split);
	waits(packed);
}
END_TEST

static const char *init_error(struct ring_shape shape, unsigned off, uint32_t base)
{
	static _Alignas(64) uint8_t memory[4096];
	static const struct guest guest;
	struct ring_areas areas;
	struct ring_device device;

	ring_layout(&split, 64, memory, &areas);
	areas.desc = (uint8_t *)areas.desc + off;
	ring_device_init(&device, &shape, &areas, &guest, base);
	if (!device.error)
		ck_assert_uint_eq(ring_device_base(&device), shape.packed ? base * 0x10001 : base);
	return device.error;
}

START_TEST(what_cannot_be_a_ring_is_refused)
{
	const char *size = "a ring's size is not a power of two up to 32768";

	ck_assert_ptr_null(init_error(split, 0, 0));
	ck_assert_ptr_null(init_error(split, 0, 0xffff));
	ck_assert_ptr_null(init_error(packed, 0, 0x8000));
	ck_assert_ptr_null(init_error(packed, 0, 7));
	ck_assert_str_eq(init_error(packed, 0, 8), "a ring is to begin behind its last entry");
	ck_assert_str_eq(init_error(split, 8, 0), "an area of a ring is not aligned");
	ck_assert_str_eq(init_error((struct ring_shape){.size = 0}, 0, 0), size);
	ck_assert_str_eq(init_error((struct ring_shape){.size = 12}, 0, 0), size);
}
END_TEST

START_TEST(memory_that_went_away_is_not_believed)
{
	struct ring_fixture fixture, *f = &fixture;
	struct ring_device_drops drops;
	struct pktbuf *bufs[SIZE];

	ring_fixture_open(f, &split);
	chain(f, 0, 0, &(struct piece){0, 72, 0}, 1);
	f->guest.broken = true;
	ck_assert_uint_eq(receive(f, bufs, &drops), 0);
	ck_assert_str_eq(f->device.error, "the peer took away memory that it had shared");
	ck_assert_uint_eq(f->pool.count, 2 * SIZE);
	ring_fixture_close(f);
}
END_TEST

/* Makes one frame available and takes it; whether the driver is to be called for it. */
static bool called(struct ring_fixture *f, uint16_t place)
{
	struct ring_device_drops drops;
	struct pktbuf *buf;

	chain(f, place, place, &(struct piece){0, 72, 0}, 1);
	ck_assert_uint_eq(ring_device_receive(&f->device, &f->pool, &buf, 1, &drops), 1);
	return ring_device_must_call(&f->device);
}

START_TEST(the_driver_is_called_when_it_asks)
{
	struct ring_fixture fixture, *f = &fixture;
	struct ring_shape shape = split;
	struct vring_avail *avail;
	struct vring_packed_event *event;

	ring_fixture_open(f, &shape);
	avail = f->areas.driver;
	ck_assert(!ring_device_must_call(&f->device));
	ck_assert(!called(f, 0)); /* as the driver end left it */
	avail->flags = 0;
	ck_assert(called(f, 1));
	ck_assert(!ring_device_must_call(&f->device));
	ring_fixture_close(f);

	shape.event_idx = true;
	ring_fixture_open(f, &shape);
	avail = f->areas.driver;
	avail->ring[SIZE] = 1;
	ck_assert(!called(f, 0));
	ck_assert(called(f, 1));
	ck_assert(!called(f, 2));
	ring_fixture_close(f);

	shape.packed = true;
	ring_fixture_open(f, &shape);
	event = f->areas.driver;
	ck_assert(!called(f, 0));
	*event = (struct vring_packed_event){.flags = VRING_PACKED_EVENT_ENABLE};
	ck_assert(called(f, 1));
	*event = (struct vring_packed_event){.off_wrap = 0x8003, .flags = VRING_PACKED_EVENT_DESC};
	ck_assert(!called(f, 2));
	ck_assert(called(f, 3));
	ck_assert(!called(f, 4));
	event->off_wrap = 0x0005; /* of the next lap */
	ck_assert(!called(f, 5));
	ring_fixture_close(f);
}
END_TEST

UNIT_SUITE("netdev/virtio/ring_device", a_header_and_its_frame_lie_anyhow,
	receive_buffers_lie_anyhow, frames_without_room_are_counted,
	frames_are_counted_without_their_bytes, a_driver_that_lies_is_found_out,
	a_chain_that_loops_ends, split_indices_are_checked, a_frame_waits_for_enough_buffers,
	what_cannot_be_a_ring_is_refused, memory_that_went_away_is_not_believed,
	the_driver_is_called_when_it_asks)
