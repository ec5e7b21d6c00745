/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/virtio/address: what stands behind the ':' of a virtio location. */
#include "netdev/virtio/address.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SOCKET (VIRTIO_TAKES_RINGS | VIRTIO_TAKES_SOCKET)

static struct virtio_options parsed(const char *text)
{
	struct virtio_options options;
	struct error err = {0};

	memset(&options, 0xff, sizeof(options));
	ck_assert_msg(virtio_options_parse(text, SOCKET, &options, &err) == 0, "%s: %s", text,
		err.message);
	return options;
}

static void refused(const char *text, unsigned takes, const char *message, const char *hint)
{
	struct virtio_options options = {.address = "as it was", .queue_size = 7};
	struct error err = {0};

	ck_assert_int_eq(virtio_options_parse(text, takes, &options, &err), -EINVAL);
	ck_assert_int_eq(err.reason, ERROR_INVALID);
	ck_assert_str_eq(err.param, "location");
	ck_assert_str_eq(err.message, message);
	ck_assert_str_eq(err.hint, hint);
	ck_assert_str_eq(options.address, "as it was");
	ck_assert_uint_eq(options.queue_size, 7);
}

START_TEST(an_address_alone_has_defaults)
{
	struct virtio_options options = parsed("/run/sw.sock");

	ck_assert_str_eq(options.address, "/run/sw.sock");
	ck_assert(!options.device && !options.server);
	ck_assert_int_eq(options.packed, VIRTIO_AUTO);
	ck_assert_uint_eq(options.queue_size, 0);
}
END_TEST

START_TEST(options_come_in_any_order)
{
	struct virtio_options options =
		parsed("a,server=on,queue-size=1024,role=driver,packed=off");

	ck_assert_str_eq(options.address, "a");
	ck_assert(!options.device && options.server);
	ck_assert_int_eq(options.packed, VIRTIO_OFF);
	ck_assert_uint_eq(options.queue_size, 1024);
	options = parsed("a,server=on,role=device");
	ck_assert(options.device && options.server);
	options = parsed("0000:00:08.0,packed=on,role=driver,server=off");
	ck_assert_str_eq(options.address, "0000:00:08.0");
	ck_assert(!options.device && !options.server);
	ck_assert_int_eq(options.packed, VIRTIO_ON);
	ck_assert_int_eq(parsed("x,packed=auto").packed, VIRTIO_AUTO);
}
END_TEST

START_TEST(a_ring_size_is_a_power_of_two_in_range)
{
	const char *wrong[] = {
		"4", "0", "7", "9", "100", "65536", "18446744073709551616", "-8", "8k", "", " 8"};

	ck_assert_uint_eq(parsed("x,queue-size=8").queue_size, 8);
	ck_assert_uint_eq(parsed("x,queue-size=32768").queue_size, 32768);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char text[64], message[128];

		snprintf(text, sizeof(text), "x,queue-size=%s", wrong[i]);
		snprintf(message, sizeof(message),
			"queue-size is a power of two from 8 to 32768, not \"%s\"", wrong[i]);
		refused(text, SOCKET, message, "");
	}
}
END_TEST

START_TEST(a_wrong_value_names_the_right_ones)
{
	refused("x,role=back", SOCKET, "role is driver or device, not \"back\"", "");
	refused("x,server=yes", SOCKET, "server is on or off, not \"yes\"", "");
	refused("x,server=", SOCKET, "server is on or off, not \"\"", "");
	refused("x,packed=true", SOCKET, "packed is auto, on or off, not \"true\"", "");
	refused("x,packed", SOCKET, "packed needs a value: auto, on or off", "");
	refused("x,role=device,role=device", SOCKET, "role is given twice", "");
	refused("x,packed=on,role=device", SOCKET, "the driver chooses the rings, not role=device",
		"leave packed= and queue-size= away, or give them to the driver");
	refused("x,role=device,queue-size=64", SOCKET,
		"the driver chooses the rings, not role=device",
		"leave packed= and queue-size= away, or give them to the driver");
}
END_TEST

START_TEST(an_unknown_option_gets_a_hint)
{
	refused("x,rol=device", SOCKET, "no option is called \"rol\"", "did you mean role=");
	refused("x,queue_size=8", SOCKET, "no option is called \"queue_size\"",
		"did you mean queue-size=");
	refused("x,zebra=1", SOCKET, "no option is called \"zebra\"",
		"there are packed=, queue-size=, role=, server=");
	refused("x,", SOCKET, "no option is called \"\"",
		"there are packed=, queue-size=, role=, server=");
	refused("x,Role=device", SOCKET, "no option is called \"Role\"", "did you mean role=");
}
END_TEST

START_TEST(a_backend_takes_its_own_options_only)
{
	refused("tap0,role=device", VIRTIO_TAKES_RINGS, "no option is called \"role\"",
		"there are packed=, queue-size=");
	refused("tap0,packed=on", 0, "no option is called \"packed\"",
		"this backend takes no options");
}
END_TEST

START_TEST(an_address_has_a_length)
{
	char text[256];
	struct virtio_options options;

	refused("", SOCKET, "there is no address before the options", "");
	refused(",role=device", SOCKET, "there is no address before the options", "");
	memset(text, 'a', 107);
	text[107] = '\0';
	options = parsed(text); /* what fits into sun_path */
	ck_assert_str_eq(options.address, text);
	strcpy(text + 107, ",server=on");
	ck_assert(parsed(text).server);
	strcpy(text + 107, "a");
	refused(text, SOCKET, "the address is longer than 107 bytes", "");
}
END_TEST

START_TEST(a_long_option_is_not_cut)
{
	refused("x,queue-size=0000000000000000000080", SOCKET,
		"\"queue-size=00000000000000000000…\" is too long for an option", "");
	ck_assert_uint_eq(parsed("x,queue-size=00000000000000000008").queue_size, 8);
}
END_TEST

START_TEST(a_mac_follows_from_the_address)
{
	uint8_t mac[6], again[6];

	virtio_mac_make("/run/s", 0x70, mac);
	ck_assert_uint_eq(mac[0], 0x02); /* unicast, locally administered */
	ck_assert_uint_eq(mac[1], 0x70);
	virtio_mac_make("/run/s", 0x70, again);
	ck_assert_mem_eq(mac, again, 6);
	virtio_mac_make("/run/s", 0x71, again); /* the other end */
	ck_assert_mem_ne(mac, again, 6);
	virtio_mac_make("/run/t", 0x70, again);
	ck_assert_mem_ne(mac, again, 6);
}
END_TEST

UNIT_SUITE("netdev/virtio/address", an_address_alone_has_defaults, options_come_in_any_order,
	a_ring_size_is_a_power_of_two_in_range, a_wrong_value_names_the_right_ones,
	an_unknown_option_gets_a_hint, a_backend_takes_its_own_options_only,
	an_address_has_a_length, a_long_option_is_not_cut, a_mac_follows_from_the_address)
