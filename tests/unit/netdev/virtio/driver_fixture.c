/* SPDX-License-Identifier: BSD-2-Clause */
/* See driver_fixture.h. */
#include "driver_fixture.h"

#include <errno.h>

/* What the device calls an address of ours. */
#define FAKE_DMA 0x100000000000

#define MODERN VIRTIO_F_VERSION_1
#define PACKED (VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED)
#define LEGACY VIRTIO_F_ANY_LAYOUT
#define MERGES VIRTIO_NET_F_MRG_RXBUF

struct fake fake;
const struct virtio_options fake_small_rings = {.queue_size = 16};

static const uint64_t kinds[] = {
	LEGACY, /* the short header */
	LEGACY | MERGES,
	MODERN,
	MODERN | MERGES,
	MODERN | MERGES | VIRTIO_F_EVENT_IDX | VIRTIO_F_IN_ORDER,
	PACKED,
	PACKED | MERGES,
	PACKED | MERGES | VIRTIO_F_EVENT_IDX | VIRTIO_F_IN_ORDER,
};

void fake_each_kind(void (*test)(uint64_t features))
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		test(kinds[i]);
}

/* ---- the transport ---- */

static bool lies_in(const struct memory *memory, const uint8_t *at)
{
	return at >= memory->base && at < memory->base + memory->size;
}

static uint64_t fake_dma(struct virtio_driver *driver, const void *va)
{
	MUST(lies_in(&driver->rings_memory, va) || lies_in(driver->pools_memory, va));
	return (uintptr_t)va + FAKE_DMA;
}

static void add_region(struct fake *fake, const struct memory *memory)
{
	fake->guest.regions[fake->guest.count++] =
		(struct guest_region){.guest_addr = (uintptr_t)memory->base + FAKE_DMA,
			.size = memory->size,
			.base = memory->base};
}

/* As the device understands what was negotiated. */
static struct ring_shape shape_of(const struct fake *fake, uint16_t size)
{
	uint64_t features = fake->driver.features;
	bool merges = features & VIRTIO_NET_F_MRG_RXBUF;

	return (struct ring_shape){.size = size,
		.packed = features & VIRTIO_F_RING_PACKED,
		.event_idx = features & VIRTIO_F_EVENT_IDX,
		.in_order = features & VIRTIO_F_IN_ORDER,
		.header_len = features & VIRTIO_F_VERSION_1 || merges ? 12 : 10,
		.mergeable = merges};
}

static int fake_transport_start(struct virtio_driver *driver, struct error *err)
{
	struct fake *fake = (struct fake *)driver;

	fake->starts++;
	if (fake->start_rc)
		return error_set(err, -fake->start_rc, ERROR_DEVICE, NULL, "told so");
	fake->guest.count = 0;
	add_region(fake, &driver->rings_memory);
	add_region(fake, driver->pools_memory);
	for (unsigned i = 0; i < virtio_driver_ring_count(driver); i++) {
		struct ring_areas areas;
		uint16_t size = virtio_driver_ring(driver, i, fake->device_max, &areas);
		struct ring_shape shape = shape_of(fake, size);

		if (size == 0)
			return error_set(err, EINVAL, ERROR_DEVICE, NULL, "no ring");
		ring_device_init(
			&fake->rings[i], &shape, &areas, &fake->guest, shape.packed ? 0x8000 : 0);
		ck_assert_ptr_null(fake->rings[i].error);
	}
	return fake->waits ? 0 : virtio_driver_ready(driver, err);
}

static void fake_transport_stop(struct virtio_driver *driver)
{
	((struct fake *)driver)->stops++;
}

static void fake_look(struct virtio_driver *driver)
{
	((struct fake *)driver)->looks++;
}

/* ---- the control queue ---- */

/* The descriptors of a request, and how it is given back. */
static void split_request(struct ring_device *ring, struct vring_desc request[2], uint16_t *id)
{
	const struct vring_avail *avail = ring->areas.driver;
	const struct vring_desc *descs = ring->areas.desc;

	ck_assert_uint_eq(avail->idx, ring->next + 1);
	*id = avail->ring[ring->next & (ring->shape.size - 1)];
	request[0] = descs[*id];
	ck_assert_uint_lt(request[0].next, ring->shape.size);
	request[1] = descs[request[0].next];
}

static void packed_request(struct ring_device *ring, struct vring_desc request[2], uint16_t *id)
{
	const struct vring_packed_desc *descs = ring->areas.desc;

	for (unsigned i = 0; i < 2; i++) {
		uint16_t place = ring->next + i;
		const struct vring_packed_desc *desc = &descs[place & (ring->shape.size - 1)];

		ck_assert_uint_eq(desc->flags & (1 << 7 | 1 << 15),
			place & ring->shape.size ? 1 << 15 : 1 << 7);
		request[i] = (struct vring_desc){desc->addr, desc->len, desc->flags & 7, 0};
		*id = desc->id;
	}
}

static void give_request(struct fake *fake, unsigned index, uint16_t id)
{
	struct ring_device *ring = &fake->rings[index];

	fake_give(fake, index, fake->answer == FAKE_ANSWERS_WRONG ? id + 1u : id, 1);
	if (ring->shape.packed)
		ring->next++; /* two entries */
}

static void obey(struct fake *fake, unsigned index)
{
	struct ring_device *ring = &fake->rings[index];
	struct vring_desc request[2];
	const uint8_t *bytes;
	uint16_t id;

	(ring->shape.packed ? packed_request : split_request)(ring, request, &id);
	ck_assert_uint_eq(request[0].flags, VRING_DESC_F_NEXT);
	ck_assert_uint_eq(request[1].flags, VRING_DESC_F_WRITE);
	ck_assert_uint_eq(request[1].len, 1);
	ck_assert_uint_le(request[0].len, sizeof(fake->commands[0].bytes));
	ck_assert_uint_lt(fake->command_count, FAKE_COMMANDS_MAX);
	bytes = guest_at(&fake->guest, request[0].addr, request[0].len);
	ck_assert_ptr_nonnull(bytes);
	memcpy(fake->commands[fake->command_count].bytes, bytes, request[0].len);
	fake->commands[fake->command_count++].len = request[0].len;
	if (fake->answer == FAKE_IS_SILENT)
		return;
	*(uint8_t *)guest_at(&fake->guest, request[1].addr, 1) = fake->answer == FAKE_REFUSES;
	give_request(fake, index, id);
}

static void fake_notify(struct virtio_driver *driver, unsigned index)
{
	struct fake *fake = (struct fake *)driver;
	unsigned control = virtio_driver_ring_count(driver) - 1;

	fake->notified[index]++;
	if (driver->features & VIRTIO_NET_F_CTRL_VQ &&
		index == virtio_driver_ring_index(driver, control))
		obey(fake, control);
}

static const struct virtio_transport_ops fake_transport = {
	.driver = "fake",
	.dma = fake_dma,
	.start = fake_transport_start,
	.stop = fake_transport_stop,
	.notify = fake_notify,
	.look = fake_look,
};

/* ---- the engine's part ---- */

static const struct netdev_ops fake_ops = {.backend = "fake"};

void fake_open(struct fake *fake, const struct virtio_options *options, uint32_t objects)
{
	static const struct virtio_options defaults;
	const struct mempool_shape shape = {
		objects, FAKE_ROOM + VIRTIO_HEADROOM, CPU_CACHELINE, VIRTIO_HEADROOM};
	/* The device may hold more frames than a ring has. */
	const struct mempool_shape own = {2048, 2 * FAKE_ROOM, CPU_CACHELINE, 0};
	size_t pool_size = mempool_memory_size(&shape);

	memset(fake, 0, sizeof(*fake));
	fake->driver.dev.ops = &fake_ops;
	fake->driver.link_up = true;
	virtio_driver_init(
		&fake->driver, &fake_transport, options ? options : &defaults, FAKE_SEED);
	ck_assert_int_eq(memory_map(FAKE_QUEUES_MAX * pool_size, &fake->memory), 0);
	for (unsigned i = 0; i < FAKE_QUEUES_MAX; i++)
		ck_assert_int_eq(
			mempool_init(&fake->pools[i], &shape, fake->memory.base + i * pool_size),
			0);
	ck_assert_uint_eq(fake->pools[0].room, FAKE_ROOM);
	memset(fake->memory.base, FAKE_RUBBISH, fake->memory.size);
	fake->own_memory = aligned_alloc(CPU_CACHELINE, mempool_memory_size(&own));
	ck_assert_ptr_nonnull(fake->own_memory);
	ck_assert_int_eq(mempool_init(&fake->own, &own, fake->own_memory), 0);
}

void fake_close(struct fake *fake)
{
	for (unsigned i = 0; i < FAKE_QUEUES_MAX; i++)
		mempool_fini(&fake->pools[i]);
	mempool_fini(&fake->own);
	free(fake->own_memory);
	memory_unmap(&fake->memory);
}

void fake_negotiate(struct fake *fake, uint64_t features)
{
	ck_assert_msg(virtio_driver_negotiate(&fake->driver, features, &fake->err) == 0, "%s",
		fake->err.message);
	fake->driver.ring_align = fake->driver.legacy ? 4096 : CPU_CACHELINE;
}

int fake_start(struct fake *fake, unsigned queues, bool promiscuous)
{
	struct queue_counters *counters[FAKE_QUEUES_MAX];
	struct pktbuf_stack *pools[FAKE_QUEUES_MAX];
	const struct netdev_conf conf = {.queues = queues,
		.tx = true,
		.rx = true,
		.promiscuous = promiscuous,
		.counters = counters,
		.pools = pools,
		.memory = &fake->memory};

	for (unsigned i = 0; i < FAKE_QUEUES_MAX; i++) {
		counters[i] = &fake->counters[i];
		pools[i] = &fake->pools[i].free;
	}
	memset(&fake->err, 0, sizeof(fake->err));
	ck_assert_int_eq(virtio_driver_configure(&fake->driver.dev, &conf, &fake->err), 0);
	fake->queue = virtio_driver_queue(&fake->driver.dev, 0);
	return virtio_driver_start(&fake->driver.dev, &fake->err);
}

void fake_stop(struct fake *fake)
{
	unsigned stops = fake->stops;

	virtio_driver_stop(&fake->driver.dev);
	ck_assert_uint_eq(fake->stops, stops + 1);
	ck_assert_ptr_null(fake->driver.rings_memory.base);
	for (unsigned i = 0; i < FAKE_QUEUES_MAX; i++)
		ck_assert_uint_eq(fake->pools[i].free.count, fake->pools[i].objects);
}

void fake_begin(struct fake *fake, const struct virtio_options *options, uint64_t features,
	uint32_t objects)
{
	fake_open(fake, options, objects);
	fake_negotiate(fake, features);
	ck_assert_msg(fake_start(fake, 1, false) == 0, "%s", fake->err.message);
}

void fake_end(struct fake *fake)
{
	fake_stop(fake);
	fake_close(fake);
}

uint64_t fake_drops(const struct fake *fake, enum drop_reason reason)
{
	return counter_read(&fake->counters[0].drops[reason]);
}

/* ---- frames ---- */

unsigned fake_send(unsigned first, unsigned n)
{
	struct pktbuf *bufs[FAKE_BURST];
	unsigned accepted;

	MUST(pktbuf_stack_pop(&fake.pools[0].free, bufs, n) == n);
	for (unsigned i = 0; i < n; i++) {
		bufs[i]->len = ring_fixture_len(first + i, FAKE_ROOM);
		bufs[i]->account = &fake.flow;
		ring_fixture_write(bufs[i]->data, bufs[i]->len, first + i);
	}
	accepted = virtio_driver_tx_burst(fake.queue, bufs, n);
	for (unsigned i = accepted; i < n; i++)
		pktbuf_free(bufs[i]);
	return accepted;
}

unsigned fake_arrive(unsigned first, unsigned n)
{
	struct ring_device_drops drops = {0, 0};
	struct pktbuf *bufs[FAKE_BURST];
	unsigned got = ring_device_receive(&fake.rings[FAKE_TX], &fake.own.free, bufs, n, &drops);

	MUST(drops.too_long + drops.no_buffer == 0);
	for (unsigned i = 0; i < got; i++) {
		MUST(bufs[i]->len == ring_fixture_len(first + i, FAKE_ROOM));
		MUST(ring_fixture_is(bufs[i]->data, bufs[i]->len, first + i));
		pktbuf_free(bufs[i]);
	}
	return got;
}

unsigned fake_receive(unsigned first)
{
	struct pktbuf *bufs[FAKE_BURST];
	unsigned got = virtio_driver_rx_burst(fake.queue, bufs, FAKE_BURST);

	for (unsigned i = 0; i < got; i++) {
		MUST(bufs[i]->len == ring_fixture_len(first + i, FAKE_ROOM));
		MUST(ring_fixture_is(bufs[i]->data, bufs[i]->len, first + i));
		pktbuf_free(bufs[i]);
	}
	return got;
}

unsigned fake_deliver(unsigned first, unsigned n)
{
	struct pktbuf *bufs[FAKE_BURST];
	unsigned sent;

	MUST(pktbuf_stack_pop(&fake.own.free, bufs, n) == n);
	for (unsigned i = 0; i < n; i++) {
		bufs[i]->len = ring_fixture_len(first + i, FAKE_ROOM);
		ring_fixture_write(bufs[i]->data, bufs[i]->len, first + i);
	}
	sent = ring_device_send(&fake.rings[FAKE_RX], bufs, n);
	for (unsigned i = 0; i < n; i++)
		pktbuf_free(bufs[i]);
	return sent;
}

void fake_headers_are_zero(void)
{
	static const uint8_t zeros[sizeof(struct virtio_net_header)];

	for (unsigned i = 0; i < fake.pools[0].objects; i++)
		MUST(memcmp(fake.pools[0].bufs[i].data - sizeof(zeros), zeros, sizeof(zeros)) == 0);
}

unsigned fake_offered(void)
{
	return ring_driver_in_flight(&((struct virtio_queue *)fake.queue)->rx.ring);
}

/* ---- by hand ---- */

uint8_t *fake_peek(struct fake *fake, unsigned index, uint16_t *id, uint32_t *len)
{
	struct ring_device *ring = &fake->rings[index];
	const struct vring_packed_desc *entries = ring->areas.desc;
	const struct vring_desc *descs = ring->areas.desc;
	const struct vring_avail *avail = ring->areas.driver;
	uint16_t place = ring->next & (ring->shape.size - 1);
	uint64_t addr;

	if (ring->shape.packed) {
		uint16_t offered = ring->next & ring->shape.size ? 1 << 15 : 1 << 7;

		if ((entries[place].flags & (1 << 7 | 1 << 15)) != offered)
			return NULL;
		*id = entries[place].id;
		*len = entries[place].len;
		addr = entries[place].addr;
	} else {
		if (avail->idx == ring->next)
			return NULL;
		*id = avail->ring[place];
		*len = descs[*id].len;
		addr = descs[*id].addr;
	}
	return guest_at(&fake->guest, addr, *len);
}

void fake_give(struct fake *fake, unsigned index, uint32_t id, uint32_t len)
{
	struct ring_device *ring = &fake->rings[index];
	uint16_t place = ring->next & (ring->shape.size - 1);
	struct vring_packed_desc *entries = ring->areas.desc;
	struct vring_used *used = ring->areas.device;

	if (ring->shape.packed) {
		entries[place].id = (uint16_t)id;
		entries[place].len = len;
		entries[place].flags = ring->next & ring->shape.size ? 0 : 1 << 7 | 1 << 15;
		ring->next++;
	} else {
		used->ring[place] = (struct vring_used_elem){.id = id, .len = len};
		used->idx = ++ring->next;
	}
}

void fake_write(
	struct fake *fake, unsigned index, int num_buffers, const uint8_t *data, uint32_t len)
{
	uint32_t header_len = num_buffers < 0 ? 0 : fake->rings[index].shape.header_len, room;
	struct virtio_net_header header = {.num_buffers = (uint16_t)num_buffers};
	uint16_t id;
	uint8_t *at = fake_peek(fake, index, &id, &room);

	ck_assert_ptr_nonnull(at);
	ck_assert_uint_le(header_len + len, room);
	memcpy(at, &header, header_len);
	memcpy(at + header_len, data, len);
	fake_give(fake, index, id, header_len + len);
}

void fake_wants_kicks(struct fake *fake, unsigned index)
{
	struct ring_device *ring = &fake->rings[index];
	struct vring_packed_event *event = ring->areas.device;
	struct vring_used *used = ring->areas.device;
	uint16_t *avail_event = (uint16_t *)&used->ring[ring->shape.size];

	if (ring->shape.packed)
		event->flags = VRING_PACKED_EVENT_ENABLE;
	else if (ring->shape.event_idx)
		*avail_event = ring->next;
	else
		used->flags = 0;
}
