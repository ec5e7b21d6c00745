/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses to listen on, and what people read when it does not work. */
#include "metrics/listen.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

START_TEST(listens_on_ipv4)
{
	char text[LISTEN_TEXT_SIZE];
	struct error err;
	int fd = listen_open("127.0.0.1:0", &err);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	listen_describe(fd, text);
	ck_assert_int_eq(strncmp(text, "127.0.0.1:", 10), 0);
	ck_assert_int_gt(atoi(text + 10), 0);
	close(fd);
}
END_TEST

START_TEST(listens_on_ipv6)
{
	char text[LISTEN_TEXT_SIZE];
	struct error err;
	int fd = listen_open("[::1]:0", &err);

	if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) /* a host without IPv6 says so */
		return;
	ck_assert_int_ge(fd, 0);
	listen_describe(fd, text);
	ck_assert_int_eq(strncmp(text, "[::1]:", 6), 0);
	close(fd);
}
END_TEST

START_TEST(refuses_what_is_no_address)
{
	static const char *const wrong[] = {"", ":", "127.0.0.1", "127.0.0.1:", ":10478",
		"127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:1x", "127.0.0.1:99999999999999999999",
		"::1:10478", "[::1]", "[::1]10478", "[]:10478", "[:10478", "[::1:10478",
		"localhost:10478", "300.0.0.1:10478", "[127.0.0.1:10478", "127.0.0.1: 10478",
		"fe80::1234:5678:9abc:def0:1111:2222:3333:4444:5555:6666:7777:8888:9999:10478"};
	char message[256];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct error err = {0};

		ck_assert_msg(listen_open(wrong[i], &err) == -EINVAL, "%s", wrong[i]);
		ck_assert_int_eq(err.reason, ERROR_INVALID);
		ck_assert_str_eq(err.param, "metrics");
		snprintf(message, sizeof(message), "\"%s\" is not an address to listen on",
			wrong[i]);
		ck_assert_str_eq(err.message, message);
		ck_assert_str_eq(err.hint, "write ADDR:PORT, as 127.0.0.1:10478 or [::1]:10478");
	}
}
END_TEST

START_TEST(an_address_in_use_is_named)
{
	char text[LISTEN_TEXT_SIZE], message[128];
	struct error err = {0};
	int fd = listen_open("127.0.0.1:0", &err);

	listen_describe(fd, text);
	ck_assert_int_eq(listen_open(text, &err), -EADDRINUSE);
	ck_assert_int_eq(err.reason, ERROR_EXISTS);
	snprintf(message, sizeof(message), "cannot listen on %s: Address already in use", text);
	ck_assert_str_eq(err.message, message);
	ck_assert_str_eq(err.hint,
		"another program listens there (`ss -ltnp` shows which): stop it, or choose "
		"another port with --metrics or in [daemon] metrics");
	close(fd);
	fd = listen_open(text, &err); /* and free again */
	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

START_TEST(a_foreign_address_is_explained)
{
	struct error err = {0};

	/* TEST-NET-3 belongs to nobody (RFC 5737). */
	ck_assert_int_eq(listen_open("203.0.113.1:10478", &err), -EADDRNOTAVAIL);
	ck_assert_str_eq(
		err.message, "cannot listen on 203.0.113.1:10478: Cannot assign requested address");
	ck_assert_str_eq(
		err.hint, "no interface of this host has the address (`ip address` shows them)");
}
END_TEST

UNIT_SUITE("metrics/listen", listens_on_ipv4, listens_on_ipv6, refuses_what_is_no_address,
	an_address_in_use_is_named, a_foreign_address_is_explained)
