/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses between text and network byte order. IP addresses are read as inet_pton(3) does. */
#include "util/netaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int netaddr_parse_mac(const char *text, uint8_t mac[NETADDR_MAC_LEN])
{
	uint8_t bytes[NETADDR_MAC_LEN];

	/* "xx:xx:xx:xx:xx:xx": one separator throughout */
	if (strlen(text) != 3 * NETADDR_MAC_LEN - 1 || (text[2] != ':' && text[2] != '-'))
		return -EINVAL;
	for (unsigned i = 0; i < NETADDR_MAC_LEN; i++) {
		const char *at = text + 3 * i;
		int high = hex_digit(at[0]), low = hex_digit(at[1]);

		if (high < 0 || low < 0 || (i < NETADDR_MAC_LEN - 1 && at[2] != text[2]))
			return -EINVAL;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(mac, bytes, sizeof(bytes));
	return 0;
}

int netaddr_parse_ipv4(const char *text, uint8_t address[4])
{
	struct in_addr parsed;

	if (inet_pton(AF_INET, text, &parsed) != 1)
		return -EINVAL;
	memcpy(address, &parsed, sizeof(parsed));
	return 0;
}

int netaddr_parse_ipv6(const char *text, uint8_t address[16])
{
	struct in6_addr parsed;

	if (inet_pton(AF_INET6, text, &parsed) != 1)
		return -EINVAL;
	memcpy(address, &parsed, sizeof(parsed));
	return 0;
}

const char *netaddr_format_mac(const uint8_t mac[NETADDR_MAC_LEN], char *buffer, size_t size)
{
	snprintf(buffer, size, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
	return buffer;
}
