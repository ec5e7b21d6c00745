/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netdev/virtio/driver: what is negotiated, how rings are laid out, what is said on the control
 * queue, and when workers are let in.
 */
#include "driver_fixture.h"
#include "unit.h"

#include <errno.h>

#define ALL      UINT64_MAX
#define ALL_OLD  UINT64_C(0xffffffff)
#define CONTROLS (VIRTIO_NET_F_CTRL_VQ | VIRTIO_NET_F_CTRL_RX | VIRTIO_NET_F_MQ)
#define BASIC \
	(VIRTIO_NET_F_MTU | VIRTIO_NET_F_MAC | VIRTIO_NET_F_MRG_RXBUF | VIRTIO_NET_F_STATUS | \
		VIRTIO_F_EVENT_IDX)
#define MODERN (BASIC | VIRTIO_F_VERSION_1 | VIRTIO_F_IN_ORDER | VIRTIO_NET_F_MQ)
#define LEGACY (BASIC | VIRTIO_F_ANY_LAYOUT)

/* ---- features ---- */

#define TOO_OLD  "ANY_LAYOUT"
#define UNPACKED "the device does not offer packed rings"

static const struct {
	uint64_t offered;
	bool has_control, strong;
	enum virtio_choice packed;
	uint64_t chosen;
	const char *refusal; /* part of the message; NULL: fine */
} negotiations[] = {
	{ALL, false, false, VIRTIO_AUTO, MODERN | VIRTIO_F_RING_PACKED, NULL},
	{ALL, false, false, VIRTIO_ON, MODERN | VIRTIO_F_RING_PACKED, NULL},
	{ALL, false, false, VIRTIO_OFF, MODERN, NULL},
	{ALL & ~VIRTIO_F_RING_PACKED, false, false, VIRTIO_AUTO, MODERN, NULL},
	{ALL & ~VIRTIO_F_RING_PACKED, false, false, VIRTIO_ON, 0, UNPACKED},
	{ALL, true, false, VIRTIO_OFF, MODERN | CONTROLS, NULL},
	{ALL, false, true, VIRTIO_OFF, MODERN | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_ORDER_PLATFORM,
		NULL},
	/* without a control queue nobody can be told of queues or of promiscuous */
	{ALL & ~VIRTIO_NET_F_CTRL_VQ, true, false, VIRTIO_OFF, MODERN & ~VIRTIO_NET_F_MQ, NULL},
	{ALL & ~VIRTIO_NET_F_CTRL_RX, true, false, VIRTIO_OFF,
		(MODERN | CONTROLS) & ~VIRTIO_NET_F_CTRL_RX, NULL},
	{VIRTIO_F_VERSION_1, true, true, VIRTIO_AUTO, VIRTIO_F_VERSION_1, NULL},
	/* a modern device needs no ANY_LAYOUT, and is not asked for it */
	{VIRTIO_F_VERSION_1 | VIRTIO_F_ANY_LAYOUT, false, false, VIRTIO_AUTO, VIRTIO_F_VERSION_1,
		NULL},
	{ALL_OLD, false, false, VIRTIO_AUTO, LEGACY, NULL},
	{ALL_OLD, true, true, VIRTIO_AUTO, LEGACY | CONTROLS, NULL},
	{ALL_OLD & ~VIRTIO_NET_F_CTRL_VQ, true, false, VIRTIO_AUTO, LEGACY, NULL},
	{VIRTIO_F_ANY_LAYOUT, false, false, VIRTIO_AUTO, VIRTIO_F_ANY_LAYOUT, NULL},
	{ALL_OLD & ~VIRTIO_F_ANY_LAYOUT, true, false, VIRTIO_AUTO, 0, TOO_OLD},
	{0, false, false, VIRTIO_AUTO, 0, TOO_OLD},
	/* packed rings came with virtio 1.1, whatever such a device says */
	{ALL & ~VIRTIO_F_VERSION_1, false, false, VIRTIO_AUTO, LEGACY, NULL},
	{ALL & ~VIRTIO_F_VERSION_1, false, true, VIRTIO_ON, 0, UNPACKED},
};

static void negotiate(unsigned row)
{
	struct virtio_options options = {.packed = negotiations[row].packed};
	uint64_t offered = negotiations[row].offered, chosen = negotiations[row].chosen;
	const char *refusal = negotiations[row].refusal;
	struct virtio_driver driver = {.has_control = negotiations[row].has_control,
		.strong_barriers = negotiations[row].strong};
	struct error err = {0};
	int rc;

	virtio_driver_init(&driver, NULL, &options, FAKE_SEED);
	rc = virtio_driver_negotiate(&driver, offered, &err);
	ck_assert_msg(rc == (refusal ? -EINVAL : 0), "row %u: %d %s", row, rc, err.message);
	ck_assert_msg(driver.features == chosen, "row %u: %lx, not %lx", row,
		(unsigned long)driver.features, (unsigned long)chosen);
	ck_assert_msg(driver.known == !refusal, "row %u", row);
	if (refusal) {
		ck_assert_int_eq(err.reason, ERROR_UNSUPPORTED);
		ck_assert_str_eq(err.param, "location");
		ck_assert_msg(strstr(err.message, refusal), "row %u: %s", row, err.message);
		return;
	}
	ck_assert_uint_eq(driver.offered, offered);
	ck_assert_msg(driver.legacy == !(offered & VIRTIO_F_VERSION_1), "row %u", row);
	ck_assert_uint_eq(driver.features & VHOST_USER_F_PROTOCOL_FEATURES, 0);
}

START_TEST(features_are_chosen_among_those_offered)
{
	for (unsigned i = 0; i < sizeof(negotiations) / sizeof(negotiations[0]); i++)
		negotiate(i);
}
END_TEST

START_TEST(who_insists_on_packed_rings_is_told_the_way_out)
{
	struct virtio_options options = {.packed = VIRTIO_ON};
	struct virtio_driver driver = {.legacy = false};
	struct error err = {0};

	virtio_driver_init(&driver, NULL, &options, FAKE_SEED);
	ck_assert_int_eq(virtio_driver_negotiate(&driver, VIRTIO_F_VERSION_1, &err), -EINVAL);
	ck_assert_str_eq(err.hint, "leave packed=on away");
}
END_TEST

START_TEST(features_have_names)
{
	char text[160], small[10] = "xxxxxxxxx";

	virtio_features_name(0, text, sizeof(text));
	ck_assert_str_eq(text, "");
	virtio_features_name(VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED | VIRTIO_NET_F_MQ |
				     VHOST_USER_F_PROTOCOL_FEATURES,
		text, sizeof(text));
	ck_assert_str_eq(text, "MQ VERSION_1 RING_PACKED");
	/* all of them fit where they are shown */
	virtio_features_name(UINT64_MAX, text, sizeof(text));
	ck_assert_msg(strstr(text, " ORDER_PLATFORM") != NULL, "%s", text);
	virtio_features_name(UINT64_MAX, small, sizeof(small));
	ck_assert_str_eq(small, "MTU MAC M");
}
END_TEST

/* ---- what it says of itself ---- */

static void mac_of(const char *seed, uint8_t mac[6])
{
	const struct virtio_options options = {.address = ""};
	struct virtio_driver driver = {.legacy = false};

	virtio_driver_init(&driver, NULL, &options, seed);
	memcpy(mac, driver.mac, 6);
}

START_TEST(a_mac_is_made_from_the_address)
{
	uint8_t first[6], again[6], other[6];

	mac_of("/run/sw0", first);
	mac_of("/run/sw0", again);
	mac_of("/run/sw1", other);
	ck_assert_mem_eq(first, again, 6);
	ck_assert_mem_ne(first, other, 6);
	ck_assert_uint_eq(first[0] & 3, 2); /* local, and of one station */
	mac_of("", first);
	ck_assert_uint_eq(first[0] & 3, 2);
}
END_TEST

START_TEST(info_tells_what_is_known)
{
	struct netdev *dev = &fake.driver.dev;
	struct netdev_info info;

	fake_open(&fake, NULL, 16);
	ck_assert_int_eq(virtio_driver_info(dev, &info), 0);
	ck_assert_str_eq(info.driver, "fake");
	ck_assert_str_eq(info.features, "no peer yet: nothing is negotiated");
	ck_assert_uint_eq(info.queues_max, VIRTIO_QUEUE_PAIRS_MAX);
	ck_assert_uint_eq(info.mtu, 9216);
	ck_assert_uint_eq(info.frame_max, 9234);
	ck_assert(info.in_place);
	ck_assert_uint_ge(info.headroom, sizeof(struct virtio_net_header));
	ck_assert_mem_eq(info.mac, fake.driver.mac, 6);
	fake.driver.mtu = 1500;
	fake.driver.queue_pairs_max = 3;
	fake_negotiate(&fake, VIRTIO_F_VERSION_1 | VIRTIO_NET_F_MTU);
	virtio_driver_info(dev, &info);
	ck_assert_uint_eq(info.mtu, 1500);
	ck_assert_uint_eq(info.frame_max, 1518);
	ck_assert_uint_eq(info.queues_max, 3);
	ck_assert_str_eq(info.features, "split rings; negotiated: MTU VERSION_1");
	ck_assert_int_eq(fake_start(&fake, 1, false), 0);
	virtio_driver_info(dev, &info);
	ck_assert_str_eq(info.features, "split rings of 256; negotiated: MTU VERSION_1");
	fake_stop(&fake);
	virtio_driver_info(dev, &info);
	ck_assert_str_eq(info.features, "split rings; negotiated: MTU VERSION_1");
	fake_close(&fake);
}
END_TEST

/* ---- rings ---- */

START_TEST(the_control_queue_comes_after_all_that_the_device_has)
{
	fake_open(&fake, NULL, 16);
	fake.driver.has_control = true;
	fake.driver.queue_pairs_max = 4;
	fake.driver.queue_count = 2;
	fake_negotiate(&fake, VIRTIO_F_VERSION_1);
	ck_assert_uint_eq(virtio_driver_ring_count(&fake.driver), 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(virtio_driver_ring_index(&fake.driver, i), i);
	fake_negotiate(&fake, VIRTIO_F_VERSION_1 | VIRTIO_NET_F_CTRL_VQ | VIRTIO_NET_F_MQ);
	ck_assert_uint_eq(virtio_driver_ring_count(&fake.driver), 5);
	ck_assert_uint_eq(virtio_driver_ring_index(&fake.driver, 3), 3);
	ck_assert_uint_eq(virtio_driver_ring_index(&fake.driver, 4), 8);
	fake_negotiate(&fake, VIRTIO_F_VERSION_1 | VIRTIO_NET_F_CTRL_VQ);
	fake.driver.queue_count = 1;
	ck_assert_uint_eq(virtio_driver_ring_count(&fake.driver), 3);
	ck_assert_uint_eq(virtio_driver_ring_index(&fake.driver, 2), 2);
	fake.driver.queue_count = 0;
	fake_close(&fake);
}
END_TEST

static const struct {
	uint64_t features;
	uint16_t asked, device_max, size, control;
} sizes[] = {
	{VIRTIO_F_VERSION_1, 0, 0, 256, 64},
	{VIRTIO_F_VERSION_1, 1024, 0, 1024, 64},
	{VIRTIO_F_VERSION_1, 32768, 0, 32768, 64},
	{VIRTIO_F_VERSION_1, 32768, 32768, 32768, 64},
	{VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED, 32768, 0, 32768, 64},
	{VIRTIO_F_VERSION_1, 1024, 256, 256, 64},
	{VIRTIO_F_VERSION_1, 0, 1024, 256, 64},
	/* a power of two also where the device's limit is none; packed rings may say so */
	{VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED, 0, 200, 128, 64},
	{VIRTIO_F_VERSION_1, 8, 0, 8, 64},
	{VIRTIO_F_VERSION_1, 0, 32, 32, 32},
	{VIRTIO_F_VERSION_1, 0, 8, 8, 8},
	/* too small to be of use */
	{VIRTIO_F_VERSION_1, 0, 7, 0, 0},
	{VIRTIO_F_VERSION_1, 0, 1, 0, 0},
	/* a legacy device says how long its rings are */
	{VIRTIO_F_ANY_LAYOUT, 0, 0, 256, 64},
	{VIRTIO_F_ANY_LAYOUT, 0, 1024, 1024, 1024},
	{VIRTIO_F_ANY_LAYOUT, 64, 512, 512, 512},
	{VIRTIO_F_ANY_LAYOUT, 0, 200, 0, 0},
	{VIRTIO_F_ANY_LAYOUT, 0, 4, 0, 0},
	{VIRTIO_F_ANY_LAYOUT, 0, 32768, 0, 0}, /* longer than there is room for */
	{VIRTIO_F_ANY_LAYOUT, 32768, 32768, 32768, 32768},
};

struct piece {
	uint8_t *from, *to;
};

/* Where a ring lies, which must be in the rings' memory, on one huge page, and nowhere else. */
static void ring_check(const struct ring_shape *shape, unsigned i, struct piece *pieces)
{
	const struct memory *memory = &fake.driver.rings_memory;
	struct ring_areas areas;
	struct piece *own = &pieces[i];

	ck_assert_uint_eq(
		virtio_driver_ring(&fake.driver, i, fake.device_max, &areas), shape->size);
	own->from = areas.desc;
	own->to = (uint8_t *)areas.device + ring_device_bytes(shape);
	ck_assert(own->from >= memory->base);
	ck_assert(own->to <= memory->base + memory->size);
	ck_assert_uint_eq((uintptr_t)own->from % fake.driver.ring_align, 0);
	ck_assert_uint_eq((uintptr_t)areas.device % fake.driver.ring_align, 0);
	ck_assert_uint_eq((own->from - memory->base) / MEMORY_PAGE_SIZE,
		(own->to - 1 - memory->base) / MEMORY_PAGE_SIZE);
	for (unsigned k = 0; k < i; k++)
		ck_assert(own->from >= pieces[k].to || own->to <= pieces[k].from);
}

static void size_check(unsigned row)
{
	struct virtio_options options = {.queue_size = sizes[row].asked};
	struct ring_areas untouched = {&fake, &fake, &fake}, areas = untouched;
	struct ring_shape shape = {
		.size = sizes[row].size, .packed = sizes[row].features & VIRTIO_F_RING_PACKED};
	struct piece pieces[FAKE_RINGS_MAX];

	fake_open(&fake, &options, 16);
	fake.driver.has_control = true;
	fake.driver.queue_pairs_max = 2;
	fake.waits = true;
	fake.start_rc = -EBUSY;
	fake.device_max = sizes[row].device_max;
	fake_negotiate(&fake, sizes[row].features | VIRTIO_NET_F_CTRL_VQ);
	fake_start(&fake, 2, false); /* we are the transport */
	if (shape.size) {
		for (unsigned i = 0; i < 4; i++)
			ring_check(&shape, i, pieces);
		ring_check(&shape, 0, pieces); /* a transport may begin anew */
		shape.size = sizes[row].control;
		ring_check(&shape, 4, pieces);
	} else {
		ck_assert_uint_eq(virtio_driver_ring(&fake.driver, 0, fake.device_max, &areas), 0);
		ck_assert_uint_eq(virtio_driver_ring(&fake.driver, 4, fake.device_max, &areas), 0);
		ck_assert_mem_eq(&areas, &untouched, sizeof(areas));
	}
	fake_end(&fake);
}

START_TEST(rings_have_sizes_that_both_sides_can_do)
{
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		size_check(i);
}
END_TEST

/* ---- the control queue ---- */

static void control_open(uint64_t features)
{
	fake_open(&fake, NULL, 16);
	fake.driver.has_control = true;
	fake.driver.queue_pairs_max = 5;
	fake_negotiate(&fake, features);
}

#define command_is(n, text) \
	do { \
		ck_assert_uint_eq(fake.commands[n].len, sizeof(text) - 1); \
		ck_assert_mem_eq(fake.commands[n].bytes, text, sizeof(text) - 1); \
	} while (0)

static void commands_check(uint64_t format)
{
	control_open(format | CONTROLS);
	ck_assert_msg(fake_start(&fake, 2, true) == 0, "%s", fake.err.message);
	ck_assert_uint_eq(fake.command_count, 2);
	command_is(0, "\x04\x00\x02\x00"); /* MQ, pairs: 2 */
	command_is(1, "\x00\x00\x01");     /* RX, promiscuous: on */
	ck_assert_uint_eq(fake.notified[10], 2);
	ck_assert_int_eq(virtio_driver_link(&fake.driver.dev), 1);
	fake_stop(&fake);
	ck_assert_int_eq(fake_start(&fake, 1, false), 0);
	ck_assert_uint_eq(fake.command_count, 4);
	command_is(2, "\x04\x00\x01\x00");
	command_is(3, "\x00\x00\x00");
	fake_end(&fake);

	control_open(format | VIRTIO_NET_F_CTRL_VQ | VIRTIO_NET_F_CTRL_RX);
	ck_assert_int_eq(fake_start(&fake, 1, true), 0);
	ck_assert_uint_eq(fake.command_count, 1);
	command_is(0, "\x00\x00\x01");
	ck_assert_uint_eq(fake.notified[2], 1);
	fake_end(&fake);
}

START_TEST(a_device_is_told_of_queues_and_promiscuous)
{
	commands_check(VIRTIO_F_VERSION_1);
	commands_check(VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED | VIRTIO_F_IN_ORDER);
	commands_check(VIRTIO_F_ANY_LAYOUT);
}
END_TEST

static void answer_check(
	uint64_t format, enum fake_answer answer, int rc, const char *message, unsigned commands)
{
	control_open(format | CONTROLS);
	fake.answer = answer;
	ck_assert_int_eq(fake_start(&fake, 1, false), rc);
	ck_assert_int_eq(fake.err.reason, ERROR_DEVICE);
	ck_assert_str_eq(fake.err.message, message);
	ck_assert_uint_eq(fake.command_count, commands);
	ck_assert_int_eq(virtio_driver_link(&fake.driver.dev), 0);
	fake_stop(&fake);
	/* and may do better next time */
	fake.answer = FAKE_OBEYS;
	ck_assert_int_eq(fake_start(&fake, 1, false), 0);
	fake_end(&fake);
}

START_TEST(a_device_that_does_not_obey_is_not_used)
{
	static const uint64_t formats[] = {
		VIRTIO_F_VERSION_1, VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED};

	for (unsigned i = 0; i < 2; i++) {
		answer_check(formats[i], FAKE_REFUSES, -EIO,
			"the device refuses control request 4.0", 1);
		answer_check(formats[i], FAKE_IS_SILENT, -ETIMEDOUT,
			"the device does not answer on its control queue", 1);
		answer_check(formats[i], FAKE_ANSWERS_WRONG, -ETIMEDOUT,
			"the device does not answer on its control queue", 1);
	}
}
END_TEST

/* ---- ready, link, start and stop ---- */

START_TEST(the_link_is_up_when_the_device_has_the_rings)
{
	struct netdev *dev = &fake.driver.dev;

	fake_open(&fake, NULL, 16);
	ck_assert_int_eq(virtio_driver_link(dev), 0); /* nothing is negotiated */
	fake_negotiate(&fake, VIRTIO_F_VERSION_1);
	ck_assert_int_eq(virtio_driver_link(dev), 1);
	fake.driver.link_up = false;
	ck_assert_int_eq(virtio_driver_link(dev), 0);
	fake.driver.link_up = true;
	fake.waits = true;
	ck_assert_int_eq(fake_start(&fake, 1, false), 0);
	ck_assert_int_eq(virtio_driver_link(dev), 0);
	ck_assert_int_eq(virtio_driver_ready(&fake.driver, &fake.err), 0);
	ck_assert_int_eq(virtio_driver_link(dev), 1);
	fake.driver.link_up = false;
	ck_assert_int_eq(virtio_driver_link(dev), 0);
	fake.driver.link_up = true;
	ck_assert_int_eq(virtio_driver_link(dev), 1);
	ck_assert_uint_eq(fake.looks, 7);
	fake_end(&fake);
}
END_TEST

START_TEST(what_is_lost_stays_so_until_the_next_start)
{
	struct netdev *dev = &fake.driver.dev;

	fake_begin(&fake, NULL, VIRTIO_F_VERSION_1, 16);
	virtio_driver_lost(&fake.driver, "the peer at %s went away", "/run/sw0");
	ck_assert_int_eq(virtio_driver_link(dev), -ENODEV);
	ck_assert_str_eq(dev->reason, "the peer at /run/sw0 went away");
	/* a link that comes up does not bring it back, nor does ready */
	ck_assert_int_eq(virtio_driver_ready(&fake.driver, &fake.err), 0);
	ck_assert_int_eq(virtio_driver_link(dev), -ENODEV);
	fake_stop(&fake);
	ck_assert_int_eq(virtio_driver_link(dev), -ENODEV);
	ck_assert_int_eq(fake_start(&fake, 1, false), 0);
	ck_assert_int_eq(virtio_driver_link(dev), 1);
	fake_end(&fake);
}
END_TEST

START_TEST(a_device_starts_and_stops_many_times)
{
	static const uint64_t formats[] = {
		VIRTIO_F_VERSION_1, VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED};

	for (unsigned i = 0; i < 2; i++) {
		fake_open(&fake, NULL, 16);
		fake.driver.queue_pairs_max = 2;
		fake_negotiate(&fake, formats[i]);
		for (unsigned n = 1; n <= 5; n++) {
			fake.device_max = n % 2 ? 64 : 16;
			fake.start_rc = n == 3 ? -EIO : 0;
			fake.waits = n == 4;
			ck_assert_int_eq(fake_start(&fake, 1 + n % 2, false), fake.start_rc);
			ck_assert_uint_eq(fake.starts, n);
			ck_assert_int_eq(virtio_driver_link(&fake.driver.dev),
				fake.start_rc == 0 && !fake.waits);
			fake_stop(&fake);
		}
		fake_close(&fake);
	}
}
END_TEST

START_TEST(stopping_what_was_never_started_is_harmless)
{
	fake_open(&fake, NULL, 16);
	virtio_driver_stop(&fake.driver.dev);
	ck_assert_uint_eq(fake.stops, 0);
	fake_close(&fake);
}
END_TEST

UNIT_SUITE("netdev/virtio/driver", features_are_chosen_among_those_offered,
	who_insists_on_packed_rings_is_told_the_way_out, features_have_names,
	a_mac_is_made_from_the_address, info_tells_what_is_known,
	the_control_queue_comes_after_all_that_the_device_has,
	rings_have_sizes_that_both_sides_can_do, a_device_is_told_of_queues_and_promiscuous,
	a_device_that_does_not_obey_is_not_used, the_link_is_up_when_the_device_has_the_rings,
	what_is_lost_stays_so_until_the_next_start, a_device_starts_and_stops_many_times,
	stopping_what_was_never_started_is_harmless)
