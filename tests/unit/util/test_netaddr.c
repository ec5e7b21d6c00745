/* SPDX-License-Identifier: BSD-2-Clause */
/* util/netaddr: addresses as people write them. */
#include "unit.h"
#include "util/netaddr.h"

#include <errno.h>
#include <string.h>

START_TEST(mac_takes_both_separators)
{
	static const uint8_t expected[6] = {0x02, 0x00, 0xab, 0xCD, 0x0e, 0xff};
	uint8_t mac[6];
	char text[NETADDR_TEXT_LEN];

	ck_assert_int_eq(netaddr_parse_mac("02:00:ab:CD:0e:ff", mac), 0);
	ck_assert_mem_eq(mac, expected, 6);
	memset(mac, 0, sizeof(mac));
	ck_assert_int_eq(netaddr_parse_mac("02-00-AB-cd-0E-FF", mac), 0);
	ck_assert_mem_eq(mac, expected, 6);
	ck_assert_str_eq(netaddr_format_mac(mac, text, sizeof(text)), "02:00:ab:cd:0e:ff");
}
END_TEST

START_TEST(mac_refuses_the_rest_untouched)
{
	const char *const bad[] = {"", "02", "02:00:00:00:00", "02:00:00:00:00:0",
		"02:00:00:00:00:0g", "02:00:00:00:00:0b ", " 2:00:00:00:00:0b", "02:00-00:00:00:0b",
		"02.00.00.00.00.0b", "02:00:00:00:00:0b:00", "+2:00:00:00:00:0b",
		"0200:0:00:00:00:0"};
	uint8_t mac[6] = {1, 2, 3, 4, 5, 6};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(netaddr_parse_mac(bad[i], mac) == -EINVAL, "%s", bad[i]);
	ck_assert_mem_eq(mac, ((uint8_t[]){1, 2, 3, 4, 5, 6}), 6);
}
END_TEST

START_TEST(ipv4_is_four_decimal_numbers)
{
	const char *const bad[] = {"", "10.0.0", "10.0.0.256", "10.0.0.1 ", "10.0.0.1.1",
		"10.0.0.01", "0x0a.0.0.1", "10.0.0.-1", "localhost", "::1"};
	uint8_t address[4];

	ck_assert_int_eq(netaddr_parse_ipv4("255.0.10.1", address), 0);
	ck_assert_mem_eq(address, ((uint8_t[]){255, 0, 10, 1}), 4);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(netaddr_parse_ipv4(bad[i], address) == -EINVAL, "%s", bad[i]);
	ck_assert_mem_eq(address, ((uint8_t[]){255, 0, 10, 1}), 4);
}
END_TEST

START_TEST(ipv6_without_scope)
{
	static const uint8_t expected[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	const char *const bad[] = {"", ":", ":::", "2001:db8::1::2", "2001:db8::g", "fe80::1%lo",
		"1:2:3:4:5:6:7", "::1 ", "10.0.0.1"};
	uint8_t address[16];

	ck_assert_int_eq(netaddr_parse_ipv6("2001:DB8::1", address), 0);
	ck_assert_mem_eq(address, expected, 16);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(netaddr_parse_ipv6(bad[i], address) == -EINVAL, "%s", bad[i]);
	ck_assert_mem_eq(address, expected, 16);
}
END_TEST

UNIT_SUITE("util/netaddr", mac_takes_both_separators, mac_refuses_the_rest_untouched,
	ipv4_is_four_decimal_numbers, ipv6_without_scope)
