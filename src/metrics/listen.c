/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening the listening socket ourselves, not in libmicrohttpd, so that a failure can be explained:
 * which address, what is wrong with it, what to change. Control thread, at start only.
 */
#include "metrics/listen.h"

#include "util/units.h"

#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64
#define PARAM   "metrics"

/* Cuts ADDR:PORT or [ADDR]:PORT in two; an IPv6 address needs its brackets. */
static int split(const char *address, char host[LISTEN_TEXT_SIZE], char port[6])
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;
	uint64_t number;

	if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	} else if (len > 0 && memchr(address, ':', len)) {
		return -EINVAL;
	}
	if (len == 0 || len >= LISTEN_TEXT_SIZE || units_parse_u64(colon + 1, &number) ||
		number > UINT16_MAX)
		return -EINVAL;
	snprintf(host, LISTEN_TEXT_SIZE, "%.*s", (int)len, address);
	snprintf(port, 6, "%u", (unsigned)number);
	return 0;
}

static int resolve(const char *address, struct addrinfo **info, struct error *err)
{
	const struct addrinfo wanted = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	char host[LISTEN_TEXT_SIZE], port[6];

	if (split(address, host, port) || getaddrinfo(host, port, &wanted, info)) {
		error_set(err, EINVAL, ERROR_INVALID, PARAM,
			"\"%s\" is not an address to listen on", address);
		error_hint(err, "write ADDR:PORT, as 127.0.0.1:10478 or [::1]:10478");
		return -EINVAL;
	}
	return 0;
}

/* Why the kernel does not let us listen, and what helps. */
static int explain(int err_no, const char *address, struct error *err)
{
	static const struct {
		int err_no;
		enum error_reason reason;
		const char *hint;
	} causes[] = {
		{EADDRINUSE, ERROR_EXISTS,
			"another program listens there (`ss -ltnp` shows which): stop it, or "
			"choose "
			"another port with --metrics or in [daemon] metrics"},
		{EADDRNOTAVAIL, ERROR_NOT_FOUND,
			"no interface of this host has the address (`ip address` shows them)"},
		{EACCES, ERROR_NOT_PERMITTED,
			"ports below 1024 need CAP_NET_BIND_SERVICE: choose a higher one"},
		{EAFNOSUPPORT, ERROR_UNSUPPORTED,
			"IPv6 is switched off on this host: choose an IPv4 address"},
	};

	error_set(err, err_no, ERROR_INTERNAL, PARAM, "cannot listen on %s: %s", address,
		strerror(err_no));
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (causes[i].err_no != err_no)
			continue;
		err->reason = causes[i].reason;
		error_hint(err, "%s", causes[i].hint);
	}
	return -err_no;
}

int listen_open(const char *address, struct error *err)
{
	const int on = 1;
	struct addrinfo *info;
	int fd, result = resolve(address, &info, err);

	if (result)
		return result;
	fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		(info->ai_family == AF_INET6 &&
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on))) ||
		bind(fd, info->ai_addr, info->ai_addrlen) || listen(fd, BACKLOG)) {
		result = explain(errno, address, err);
		if (fd >= 0)
			close(fd);
	}
	freeaddrinfo(info);
	return result ? result : fd;
}

const char *listen_describe(int fd, char buffer[LISTEN_TEXT_SIZE])
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	char host[LISTEN_TEXT_SIZE - 9], port[6];

	if (getsockname(fd, (struct sockaddr *)&name, &len) ||
		getnameinfo((struct sockaddr *)&name, len, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV))
		snprintf(buffer, LISTEN_TEXT_SIZE, "?");
	else
		snprintf(buffer, LISTEN_TEXT_SIZE, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
			port);
	return buffer;
}
