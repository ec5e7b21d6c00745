/* SPDX-License-Identifier: BSD-2-Clause */
/* See ring_fixture.h. */
#include "ring_fixture.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static void add_buffers(struct ring_fixture *fixture)
{
	size_t stride = CPU_CACHELINE + FIXTURE_ROOM;

	fixture->bufs = aligned_alloc(CPU_CACHELINE, fixture->buf_count * sizeof(struct pktbuf));
	fixture->own = aligned_alloc(CPU_CACHELINE, fixture->buf_count * sizeof(struct pktbuf));
	fixture->pool.slots = calloc(fixture->buf_count, sizeof(struct pktbuf *));
	fixture->pool.capacity = fixture->buf_count;
	fixture->pool.count = 0;
	for (unsigned i = 0; i < fixture->buf_count; i++) {
		size_t offset = fixture->data + i * stride + CPU_CACHELINE;

		fixture->bufs[i] = (struct pktbuf){.data = fixture->memory + offset,
			.room = FIXTURE_ROOM,
			.dma = FIXTURE_BASE + offset};
		fixture->own[i] = (struct pktbuf){
			.data = malloc(FIXTURE_ROOM), .room = FIXTURE_ROOM, .home = &fixture->pool};
		pktbuf_free(&fixture->own[i]);
	}
}

void ring_fixture_open(struct ring_fixture *fixture, const struct ring_shape *shape)
{
	size_t bytes;

	memset(fixture, 0, sizeof(*fixture));
	fixture->shape = *shape;
	fixture->buf_count = 2u * shape->size;
	fixture->data = ring_bytes(shape, 64);
	bytes = fixture->data + fixture->buf_count * (size_t)(CPU_CACHELINE + FIXTURE_ROOM);
	fixture->memory = aligned_alloc(CPU_CACHELINE, bytes);
	memset(fixture->memory, 0, bytes);
	ring_layout(shape, 64, fixture->memory, &fixture->areas);
	fixture->guest.count = 1;
	fixture->guest.regions[0] = (struct guest_region){
		.guest_addr = FIXTURE_BASE, .size = bytes, .base = fixture->memory};
	fixture->slots = calloc(shape->size, sizeof(*fixture->slots));
	add_buffers(fixture);
	ring_driver_init(&fixture->driver, shape, &fixture->areas, fixture->slots);
	ring_device_init(&fixture->device, shape, &fixture->areas, &fixture->guest,
		shape->packed ? 0x8000 : 0);
	ck_assert_ptr_null(fixture->device.error);
}

void ring_fixture_close(struct ring_fixture *fixture)
{
	for (unsigned i = 0; i < fixture->buf_count; i++)
		free(fixture->own[i].data);
	free(fixture->own);
	free(fixture->bufs);
	free(fixture->pool.slots);
	free(fixture->slots);
	free(fixture->memory);
}

static uint8_t byte_of(uint32_t number, uint32_t at)
{
	return (uint8_t)((number * 2654435761u >> 8) + at * 7);
}

void ring_fixture_write(uint8_t *data, uint32_t len, uint32_t number)
{
	for (uint32_t i = 0; i < len; i++)
		data[i] = byte_of(number, i);
}

int ring_fixture_is(const uint8_t *data, uint32_t len, uint32_t number)
{
	for (uint32_t i = 0; i < len; i++) {
		if (data[i] != byte_of(number, i))
			return 0;
	}
	return 1;
}

uint32_t ring_fixture_len(uint32_t number, uint32_t max)
{
	return 1 + number * 2654435761u % max;
}

const char *ring_fixture_name(const struct ring_shape *shape)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s%s%s%s header %u size %u",
		shape->packed ? "packed" : "split", shape->event_idx ? " event_idx" : "",
		shape->in_order ? " in_order" : "", shape->mergeable ? " mergeable" : "",
		shape->header_len, shape->size);
	return text;
}

void ring_fixture_each(void (*test)(const struct ring_shape *shape))
{
	static const uint16_t sizes[] = {8, 64, 1024};

	for (unsigned bits = 0; bits < 64; bits++) {
		struct ring_shape shape = {
			.packed = bits & 1,
			.event_idx = bits & 2,
			.in_order = bits & 4,
			.mergeable = bits & 8,
			.header_len = bits & 16 ? 12 : VIRTIO_NET_HEADER_SHORT,
			.strong_barriers = bits & 32,
		};

		if (shape.mergeable && shape.header_len != 12)
			continue; /* there is no such header. §5.1.6 */
		for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			if (shape.strong_barriers && i != 0)
				continue;
			shape.size = sizes[i];
			test(&shape);
		}
	}
}

void ring_fixture_desc(struct ring_fixture *fixture, uint16_t index, uint64_t addr, uint32_t len,
	uint16_t flags, uint16_t next)
{
	struct vring_desc *descs = fixture->areas.desc;

	descs[index] = (struct vring_desc){.addr = addr, .len = len, .flags = flags, .next = next};
}

void ring_fixture_avail(struct ring_fixture *fixture, uint16_t place, uint16_t head)
{
	struct vring_avail *avail = fixture->areas.driver;

	avail->ring[place & (fixture->shape.size - 1)] = head;
	avail->idx = place + 1;
}

void ring_fixture_entry(struct ring_fixture *fixture, uint16_t index, uint64_t addr, uint32_t len,
	uint16_t flags, uint16_t id)
{
	struct vring_packed_desc *descs = fixture->areas.desc;

	descs[index] =
		(struct vring_packed_desc){.addr = addr, .len = len, .id = id, .flags = flags};
}
