/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/packet: the device on a veth pair, each test in a network namespace of its own. */
#include "veth.h"

#include <errno.h>
#include <string.h>

#define FRAMES 1000

START_TEST(an_interface_tells_its_facts)
{
	struct netdev_info info;

	veth_new(1400);
	netns_ip("link set dev a0 address 02:00:5e:00:53:07");
	side_open(&a, "a0", 2048);
	ck_assert_int_eq(ops->info(a.dev, &info), 0);
	ck_assert_str_eq(info.ifname, "a0");
	ck_assert_str_eq(info.driver, "veth");
	ck_assert_mem_eq(info.mac, "\x02\0\x5e\0\x53\x07", 6);
	ck_assert_uint_eq(info.mtu, 1400);
	ck_assert_uint_eq(info.frame_max, 1414);
	ck_assert_uint_eq(info.queues_max, 16);
	ck_assert_uint_eq(info.speed_mbps, 10000); /* what veth says of itself */
	ck_assert_uint_eq(info.align & (info.align - 1), 0);
	side_close(&a);
}
END_TEST

START_TEST(the_link_is_what_the_kernel_says)
{
	veth_new(1500);
	side_open(&a, "a0", 2048);
	WAIT_UNTIL(ops->link(a.dev) == 1);
	netns_ip("link set dev b0 down"); /* up, but without carrier */
	WAIT_UNTIL(ops->link(a.dev) == 0);
	netns_ip("link set dev b0 up");
	WAIT_UNTIL(ops->link(a.dev) == 1);
	netns_ip("link set dev a0 down");
	WAIT_UNTIL(ops->link(a.dev) == 0);
	netns_ip("link del dev a0");
	ck_assert_int_eq(ops->link(a.dev), -ENODEV);
	/* another one of that name is not the one that was opened */
	netns_ip("link add name a0 type veth peer name b0");
	ck_assert_int_eq(ops->link(a.dev), -ENODEV);
	side_close(&a);
}
END_TEST

static void open_refused(const char *ifname, int rc, enum error_reason reason, const char *message)
{
	struct netdev *untouched = (struct netdev *)&a, *dev = untouched;
	struct error err = {0};

	ck_assert_int_eq(ops->open(ifname, &dev, &err), rc);
	ck_assert_ptr_eq(dev, untouched);
	ck_assert_int_eq(err.reason, reason);
	ck_assert_str_eq(err.param, "location");
	ck_assert_str_eq(err.message, message);
}

START_TEST(what_is_no_ethernet_interface_is_refused)
{
	netns_enter();
	open_refused("nope0", -ENODEV, ERROR_DEVICE, "there is no network interface nope0");
	open_refused("sixteen-letters0", -EINVAL, ERROR_INVALID,
		"\"sixteen-letters0\" is too long for an interface name (15 characters)");
	open_refused("lo", -EINVAL, ERROR_UNSUPPORTED,
		"lo does not carry Ethernet frames (link type 772)");
}
END_TEST

START_TEST(a_probe_says_what_is_and_what_is_not)
{
	struct netdev_probe good = {0}, bad = {0};

	veth_new(1500);
	ops->probe("a0", &good);
	ck_assert(good.usable);
	ck_assert_ptr_nonnull(strstr(
		good.text, "interface: a0, driver veth, MTU 1500, frames up to 1514 bytes\n"));
	ck_assert_ptr_nonnull(strstr(good.text, "link: up\n"));
	ck_assert_ptr_nonnull(strstr(good.text, "speed: 10000 Mbit/s\n"));
	ops->probe("nope0", &bad);
	ck_assert(!bad.usable);
	ck_assert_ptr_nonnull(strstr(bad.text, "packet: there is no network interface nope0; "));
}
END_TEST

START_TEST(an_interface_that_went_away_cannot_be_configured)
{
	struct error err = {0};

	veth_new(1500);
	side_open(&a, "a0", 2048);
	netns_ip("link del dev a0");
	ck_assert_int_eq(side_configure(&a, 1, true, true, &err), -ENODEV);
	ck_assert_int_eq(err.reason, ERROR_DEVICE);
	ck_assert_str_eq(err.message, "packet:a0: No such device");
	side_close(&a);
}
END_TEST

START_TEST(a_device_can_be_used_again)
{
	veth_new(1500);
	side_open(&a, "a0", 2048);
	side_open(&b, "b0", 2048);
	for (uint32_t i = 0; i < 5; i++) {
		side_start(&b, 1, true, true);
		side_start(&a, 1, true, true);
		send_frames(&a, i, 10, 60);
		receive_frames(&b, i, 10, 60);
		ops->stop(a.dev);
		ops->stop(b.dev);
	}
	ck_assert_uint_eq(counter_read(&a.flow.frames), 50);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* Frames of one length both ways; with an MTU that leaves room for just them. */
static void check_length(uint32_t mtu, uint32_t len, uint32_t n)
{
	veth_new(mtu);
	side_open(&a, "a0", 131072);
	side_open(&b, "b0", 131072);
	side_start(&b, 1, true, true);
	side_start(&a, 1, true, true);
	for (uint32_t i = 0; i < n; i += 50) { /* less than any ring holds */
		send_frames(&a, i, 50, len);
		receive_frames(&b, i, 50, len);
	}
	ck_assert_uint_eq(counter_read(&a.flow.frames), n);
	ck_assert_uint_eq(counter_read(&a.flow.bytes), (uint64_t)n * len);
	ck_assert_uint_eq(counter_read(&a.counters[0].frames_tx), n);
	ck_assert_uint_eq(counter_read(&a.counters[0].bytes_tx), (uint64_t)n * len);
	/* what a0 sends it does not receive: the first that comes is what b0 sends */
	send_frames(&b, n, 1, len);
	receive_frames(&a, n, 1, len);
	side_close(&a);
	side_close(&b);
	for (unsigned i = 0; i < DROP_REASON_COUNT; i++) {
		ck_assert_uint_eq(drops(&a, i), 0);
		ck_assert_uint_eq(drops(&b, i), 0);
	}
}

START_TEST(every_frame_arrives_as_it_was_sent)
{
	check_length(1500, 60, FRAMES);
	check_length(1500, 61, 200);
	check_length(1500, 1514, 400);
	check_length(9000, 9014, 200);
	check_length(65535, 65549, 100);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {an_interface_tells_its_facts,
		the_link_is_what_the_kernel_says, what_is_no_ethernet_interface_is_refused,
		a_probe_says_what_is_and_what_is_not,
		an_interface_that_went_away_cannot_be_configured, a_device_can_be_used_again,
		every_frame_arrives_as_it_was_sent};

	return veth_run("netdev/packet", tests, sizeof(tests) / sizeof(tests[0]));
}
