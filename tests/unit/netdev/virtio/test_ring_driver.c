/* SPDX-License-Identifier: BSD-2-Clause */
/* Both ends of a ring against each other, with every combination of features and sizes. */
#include "ring_fixture.h"
#include "unit.h"

#include <string.h>

#define BURST     48
#define FRAME_MAX 120

/* In rings of one size the 16-bit indices wrap. */
static unsigned frames(const struct ring_shape *shape)
{
	return shape->size == 64 ? 70000 : 4u * shape->size;
}

static unsigned dice(uint32_t *state, unsigned n)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 16) % n;
}

static void fine(const struct ring_shape *shape, const char *error)
{
	if (error)
		ck_abort_msg("%s: %s", ring_fixture_name(shape), error);
}

/* ---- driver to device ---- */

struct traffic {
	struct ring_fixture fixture;
	uint32_t added, moved, taken; /* frames, numbered from 0 */
	uint32_t state;
};

static void offer_frames(struct traffic *traffic)
{
	struct ring_fixture *f = &traffic->fixture;
	unsigned n = dice(&traffic->state, BURST), free_count = f->driver.free_count, got;
	struct pktbuf *bufs[BURST];

	/* Buffers that may be in flight are not to be touched. */
	for (unsigned i = 0; i < n; i++) {
		uint32_t number = traffic->added + i;

		bufs[i] = &f->bufs[number % f->buf_count];
		if (i >= free_count)
			continue;
		bufs[i]->len = ring_fixture_len(number, FRAME_MAX);
		ring_fixture_write(bufs[i]->data, bufs[i]->len, number);
	}
	got = ring_driver_add(&f->driver, bufs, n, false);
	MUST(got == (n < free_count ? n : free_count));
	traffic->added += got;
}

static void receive_frames(struct traffic *traffic)
{
	struct ring_fixture *f = &traffic->fixture;
	unsigned n = dice(&traffic->state, BURST), waiting = traffic->added - traffic->moved, got;
	struct ring_device_drops drops = {0, 0};
	struct pktbuf *bufs[BURST];

	got = ring_device_receive(&f->device, &f->pool, bufs, n, &drops);
	fine(&f->shape, f->device.error);
	MUST(got == (n < waiting ? n : waiting));
	MUST(drops.no_buffer + drops.too_long == 0);
	for (unsigned i = 0; i < got; i++) {
		uint32_t number = traffic->moved++;

		MUST(bufs[i]->len == ring_fixture_len(number, FRAME_MAX));
		MUST(ring_fixture_is(bufs[i]->data, bufs[i]->len, number));
		pktbuf_free(bufs[i]);
	}
	MUST(f->pool.count == f->buf_count);
}

static void take_frames(struct traffic *traffic)
{
	struct ring_fixture *f = &traffic->fixture;
	unsigned n = dice(&traffic->state, BURST), waiting = traffic->moved - traffic->taken, got;
	struct pktbuf *bufs[BURST];

	got = ring_driver_take(&f->driver, bufs, NULL, n);
	fine(&f->shape, f->driver.error);
	MUST(got == (n < waiting ? n : waiting));
	for (unsigned i = 0; i < got; i++)
		MUST(bufs[i] == &f->bufs[traffic->taken++ % f->buf_count]);
	MUST(ring_driver_in_flight(&f->driver) == traffic->added - traffic->taken);
}

static void transmit(const struct ring_shape *shape)
{
	struct traffic traffic = {.state = shape->size};

	ring_fixture_open(&traffic.fixture, shape);
	while (traffic.taken < frames(shape)) {
		offer_frames(&traffic);
		MUST(!ring_driver_must_kick(&traffic.fixture.driver));
		receive_frames(&traffic);
		MUST(!ring_device_must_call(&traffic.fixture.device));
		take_frames(&traffic);
	}
	ring_fixture_close(&traffic.fixture);
}

START_TEST(frames_go_from_driver_to_device)
{
	ring_fixture_each(transmit);
}
END_TEST

/* ---- device to driver ---- */

static void offer_room(struct traffic *traffic)
{
	struct ring_fixture *f = &traffic->fixture;
	unsigned n = dice(&traffic->state, BURST), free_count = f->driver.free_count, got;
	struct pktbuf *bufs[BURST];

	for (unsigned i = 0; i < n; i++) {
		bufs[i] = &f->bufs[(traffic->added + i) % f->buf_count];
		/* Too small for most frames when they may be spread. */
		bufs[i]->room = f->shape.mergeable ? 20 + (traffic->added + i) % 60 : FIXTURE_ROOM;
	}
	got = ring_driver_add(&f->driver, bufs, n, true);
	MUST(got == (n < free_count ? n : free_count));
	traffic->added += got;
}

static uint32_t send_frames(struct traffic *traffic, uint32_t number)
{
	struct ring_fixture *f = &traffic->fixture;
	unsigned n = dice(&traffic->state, BURST), got;
	struct pktbuf *bufs[BURST];

	if (n > f->buf_count)
		n = f->buf_count;
	for (unsigned i = 0; i < n; i++) {
		bufs[i] = &f->own[i];
		bufs[i]->len = ring_fixture_len(number + i, FRAME_MAX);
		ring_fixture_write(bufs[i]->data, bufs[i]->len, number + i);
	}
	got = ring_device_send(&f->device, bufs, n);
	fine(&f->shape, f->device.error);
	MUST(got <= n);
	return number + got;
}

/* The next buffer that the driver got back, or NULL. */
static struct pktbuf *take_one(struct traffic *traffic, uint32_t *len)
{
	struct ring_fixture *f = &traffic->fixture;
	struct pktbuf *buf;

	if (ring_driver_take(&f->driver, &buf, len, 1) == 0) {
		fine(&f->shape, f->driver.error);
		return NULL;
	}
	MUST(buf == &f->bufs[traffic->taken++ % f->buf_count]);
	MUST(*len <= f->shape.header_len + buf->room);
	return buf;
}

/* Puts a frame together and compares it. False: there was none. */
static bool take_whole(struct traffic *traffic, uint32_t number)
{
	const struct ring_shape *shape = &traffic->fixture.shape;
	uint32_t len, want = ring_fixture_len(number, FRAME_MAX), at = 0;
	struct pktbuf *buf = take_one(traffic, &len);
	struct virtio_net_header header = {.num_buffers = 1};
	uint8_t frame[FIXTURE_ROOM];
	uint8_t *first;

	if (!buf)
		return false;
	first = buf->data - shape->header_len;
	MUST(len >= shape->header_len);
	memcpy(&header, first, shape->header_len);
	len -= shape->header_len;
	memcpy(frame, buf->data, len);
	at = len;
	for (unsigned more = header.num_buffers - 1; more > 0; more--) {
		buf = take_one(traffic, &len);
		MUST(buf);
		memcpy(frame + at, buf->data - shape->header_len, len);
		at += len;
	}
	if (!shape->mergeable)
		MUST(header.num_buffers == 1);
	header.num_buffers = 0;
	MUST(memcmp(&header, &(struct virtio_net_header){0}, sizeof(header)) == 0);
	MUST(at == want);
	MUST(ring_fixture_is(frame, at, number));
	return true;
}

static void receive(const struct ring_shape *shape)
{
	struct traffic traffic = {.state = shape->size};
	uint32_t sent = 0, seen = 0;

	ring_fixture_open(&traffic.fixture, shape);
	while (traffic.taken < frames(shape)) {
		uint32_t batch = dice(&traffic.state, BURST);

		offer_room(&traffic);
		sent = send_frames(&traffic, sent);
		MUST(!ring_device_must_call(&traffic.fixture.device));
		for (; batch > 0 && seen < sent; batch--)
			MUST(take_whole(&traffic, seen++));
	}
	while (seen < sent)
		MUST(take_whole(&traffic, seen++));
	MUST(!take_whole(&traffic, seen));
	ring_fixture_close(&traffic.fixture);
}

START_TEST(frames_go_from_device_to_driver)
{
	ring_fixture_each(receive);
}
END_TEST

/* ---- what is the same for all ---- */

static void same_buffer(const struct ring_shape *shape)
{
	struct ring_fixture f;
	struct ring_device_drops drops = {0, 0};
	struct pktbuf *in[16], *out[16];

	ring_fixture_open(&f, shape);
	ring_fixture_write(f.bufs[0].data, 60, 1);
	f.bufs[0].len = 60;
	for (unsigned i = 0; i < 16; i++)
		in[i] = &f.bufs[0];
	for (unsigned round = 0; round < 5; round++) {
		ck_assert_uint_eq(ring_driver_add(&f.driver, in, 8, false), 8);
		ck_assert_uint_eq(ring_driver_in_flight(&f.driver), 8);
		ck_assert_uint_eq(ring_device_receive(&f.device, &f.pool, out, 16, &drops), 8);
		for (unsigned i = 0; i < 8; i++) {
			ck_assert_uint_eq(out[i]->len, 60);
			ck_assert(ring_fixture_is(out[i]->data, 60, 1));
			pktbuf_free(out[i]);
		}
		ck_assert_uint_eq(ring_driver_take(&f.driver, out, NULL, 16), 8);
		for (unsigned i = 0; i < 8; i++)
			ck_assert_ptr_eq(out[i], &f.bufs[0]);
	}
	ring_fixture_close(&f);
}

START_TEST(one_buffer_is_in_the_ring_many_times)
{
	ring_fixture_each(same_buffer);
}
END_TEST

static void full_and_empty(const struct ring_shape *shape)
{
	struct ring_fixture f;
	struct ring_device_drops drops = {0, 0};
	struct pktbuf **bufs = calloc(2u * shape->size, sizeof(*bufs));
	unsigned size = shape->size;

	ring_fixture_open(&f, shape);
	for (unsigned i = 0; i < 2 * size; i++) {
		bufs[i] = &f.bufs[i];
		bufs[i]->len = 60;
	}
	ck_assert_uint_eq(ring_device_receive(&f.device, &f.pool, bufs, size, &drops), 0);
	ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, NULL, size), 0);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 2 * size; i++)
			bufs[i] = &f.bufs[i];
		ck_assert_uint_eq(ring_driver_add(&f.driver, bufs, 2 * size, false), size);
		ck_assert_uint_eq(ring_driver_add(&f.driver, bufs, 1, false), 0);
		ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, NULL, size), 0);
		ck_assert_uint_eq(
			ring_device_receive(&f.device, &f.pool, bufs, 2 * size, &drops), size);
		for (unsigned i = 0; i < size; i++)
			pktbuf_free(bufs[i]);
		ck_assert_uint_eq(ring_device_receive(&f.device, &f.pool, bufs, 1, &drops), 0);
		ck_assert_uint_eq(ring_driver_take(&f.driver, bufs, NULL, 2 * size), size);
		ck_assert_uint_eq(ring_driver_in_flight(&f.driver), 0);
	}
	ck_assert_ptr_null(f.device.error);
	ck_assert_ptr_null(f.driver.error);
	ring_fixture_close(&f);
	free(bufs);
}

START_TEST(full_and_empty_rings)
{
	ring_fixture_each(full_and_empty);
}
END_TEST

static void drained(const struct ring_shape *shape)
{
	struct ring_fixture f;
	struct pktbuf *bufs[8], *out[16];
	unsigned seen = 0;

	ring_fixture_open(&f, shape);
	for (unsigned i = 0; i < 7; i++)
		bufs[i] = &f.bufs[i];
	ck_assert_uint_eq(ring_driver_add(&f.driver, bufs, 7, true), 7);
	ck_assert_uint_eq(ring_driver_drain(&f.driver, out, 4), 4);
	ck_assert_uint_eq(ring_driver_in_flight(&f.driver), 3);
	ck_assert_uint_eq(ring_driver_drain(&f.driver, out + 4, 12), 3);
	ck_assert_uint_eq(ring_driver_drain(&f.driver, out, 1), 0);
	for (unsigned i = 0; i < 7; i++)
		seen |= 1u << (out[i] - f.bufs);
	ck_assert_uint_eq(seen, 0x7f);
	ck_assert_uint_eq(ring_driver_in_flight(&f.driver), 0);
	ring_fixture_close(&f);
}

START_TEST(a_drained_ring_gives_every_buffer_once)
{
	ring_fixture_each(drained);
}
END_TEST

UNIT_SUITE("netdev/virtio/ring_driver", frames_go_from_driver_to_device,
	frames_go_from_device_to_driver, one_buffer_is_in_the_ring_many_times, full_and_empty_rings,
	a_drained_ring_gives_every_buffer_once)
