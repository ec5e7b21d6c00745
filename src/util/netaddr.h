/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses between text and network byte order. Whole string or -EINVAL. Pure functions. */
#ifndef UTIL_NETADDR_H
#define UTIL_NETADDR_H

#include <stddef.h>
#include <stdint.h>

#define NETADDR_MAC_LEN  6
#define NETADDR_TEXT_LEN 64 /* holds any address below, with its NUL */

/* "02:00:00:00:00:0b"; separators ':' or '-'. */
int netaddr_parse_mac(const char *text, uint8_t mac[NETADDR_MAC_LEN]);
int netaddr_parse_ipv4(const char *text, uint8_t address[4]);
int netaddr_parse_ipv6(const char *text, uint8_t address[16]);

const char *netaddr_format_mac(const uint8_t mac[NETADDR_MAC_LEN], char *buffer, size_t size);

#endif
