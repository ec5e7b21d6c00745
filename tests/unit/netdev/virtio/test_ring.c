/* SPDX-License-Identifier: BSD-2-Clause */
/* How a ring lies in memory. */
#include "netdev/virtio/ring.h"
#include "unit.h"

static void lies(
	const struct ring_shape *shape, size_t align, size_t driver, size_t device, size_t bytes)
{
	static _Alignas(4096) uint8_t memory[1];
	struct ring_areas areas;

	ring_layout(shape, align, memory, &areas);
	ck_assert_ptr_eq(areas.desc, memory);
	ck_assert_uint_eq((uintptr_t)areas.driver - (uintptr_t)memory, driver);
	ck_assert_uint_eq((uintptr_t)areas.device - (uintptr_t)memory, device);
	ck_assert_uint_eq(ring_bytes(shape, align), bytes);
}

/* §2.7.2: descriptors and available ring, then the used ring at the next page. */
START_TEST(a_split_ring_lies_as_legacy_devices_want_it)
{
	lies(&(struct ring_shape){.size = 256}, 4096, 4096, 8192, 12288);
	lies(&(struct ring_shape){.size = 8}, 4096, 128, 4096, 8192);
	lies(&(struct ring_shape){.size = 8}, 64, 128, 192, 320);
}
END_TEST

START_TEST(a_packed_ring_has_two_event_structures)
{
	lies(&(struct ring_shape){.size = 8, .packed = true}, 64, 128, 192, 256);
	lies(&(struct ring_shape){.size = 256, .packed = true}, 64, 4096, 4160, 4224);
}
END_TEST

START_TEST(areas_have_their_sizes)
{
	const struct ring_shape split = {.size = 32768}, packed = {.size = 32768, .packed = true};

	ck_assert_uint_eq(ring_desc_bytes(&split), 16 * 32768);
	ck_assert_uint_eq(ring_driver_bytes(&split), 6 + 2 * 32768);
	ck_assert_uint_eq(ring_device_bytes(&split), 6 + 8 * 32768);
	ck_assert_uint_eq(ring_desc_bytes(&packed), 16 * 32768);
	ck_assert_uint_eq(ring_driver_bytes(&packed), 4);
	ck_assert_uint_eq(ring_device_bytes(&packed), 4);
}
END_TEST

UNIT_SUITE("netdev/virtio/ring", a_split_ring_lies_as_legacy_devices_want_it,
	a_packed_ring_has_two_event_structures, areas_have_their_sizes)
