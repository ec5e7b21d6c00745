/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The API on a real UNIX socket in a directory of its own, with an engine that is none. Server and
 * clients share one thread: whoever waits for the other lets the event loop run meanwhile.
 */
#ifndef HOUSE_H
#define HOUSE_H

#include "api/api.h"
#include "fake_engine.h"
#include "util/clock.h"
#include "util/log.h"

#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Longest wait for something that must happen. */
#define HOUSE_PATIENCE_NS (20 * NS_PER_S)

struct house {
	char dir[64];
	struct config_daemon daemon;
	struct engine engine;
	struct event_base *base;
	struct api *api;
};

static inline int house_start(struct house *house, struct error *err)
{
	return api_new(house->base, &house->engine, &house->daemon, &house->api, err);
}

/* Everything but the API. */
static inline struct house *house_prepare(size_t ports)
{
	struct house *house = calloc(1, sizeof(*house));

	ck_assert_ptr_nonnull(house);
	log_init(LOG_LEVEL_ERROR);
	strcpy(house->dir, "/tmp/pktgend-api-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(house->dir));
	config_daemon_init(&house->daemon);
	snprintf(house->daemon.socket, sizeof(house->daemon.socket), "%s/socket", house->dir);
	house->daemon.group[0] = '\0';
	fake_engine_init(&house->engine, ports);
	house->base = event_base_new();
	ck_assert_ptr_nonnull(house->base);
	return house;
}

static inline struct house *house_new(size_t ports)
{
	struct house *house = house_prepare(ports);
	struct error err;

	ck_assert_msg(house_start(house, &err) == 0, "%s", err.message);
	return house;
}

static inline void house_free(struct house *house)
{
	api_free(house->api);
	event_base_free(house->base);
	ck_assert_msg(rmdir(house->dir) == 0, "something is left in %s", house->dir);
	free(house);
}

/* Lets the server do all that it can do now. */
static inline void house_pump(struct house *house)
{
	for (int i = 0; i < 3; i++)
		event_base_loop(house->base, EVLOOP_NONBLOCK);
}

/* Lets the server run for a while. */
static inline void house_wait(struct house *house, uint64_t ns)
{
	const struct timeval time = {
		(time_t)(ns / NS_PER_S), (suseconds_t)(ns % NS_PER_S / NS_PER_US)};

	event_base_loopexit(house->base, &time);
	event_base_dispatch(house->base);
}

static inline int house_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static inline void house_connect_socket(struct house *house, int fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(address.sun_path, house->daemon.socket);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	house_pump(house);
}

static inline int house_connect(struct house *house)
{
	int fd = house_socket();

	house_connect_socket(house, fd);
	return fd;
}

/* Sends all of it, or what the server takes before it closes. */
static inline void house_send(struct house *house, int fd, const char *data, size_t len)
{
	const uint64_t end_ns = clock_now_ns() + HOUSE_PATIENCE_NS;

	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
		house_pump(house);
		ck_assert_msg(clock_now_ns() < end_ns, "%zu bytes are not taken", len);
	}
}

static inline void house_send_text(struct house *house, int fd, const char *text)
{
	house_send(house, fd, text, strlen(text));
}

/* One line without its line feed; NULL at the end of the connection. */
static inline const char *house_receive(struct house *house, int fd)
{
	const uint64_t end_ns = clock_now_ns() + HOUSE_PATIENCE_NS;
	static char line[1 << 17];
	size_t len = 0;

	while (clock_now_ns() < end_ns) {
		ssize_t n = recv(fd, line + len, sizeof(line) - len, MSG_PEEK);
		char *end = n > 0 ? memchr(line + len, '\n', (size_t)n) : NULL;

		ck_assert_uint_lt(len, sizeof(line));
		if (n < 0 && errno == EAGAIN) {
			house_pump(house);
			continue;
		}
		if (n <= 0) {
			ck_assert_msg(len == 0, "half a line");
			return NULL;
		}
		if (end)
			n = end + 1 - (line + len);
		ck_assert_int_eq(recv(fd, line + len, (size_t)n, 0), n);
		if (end) {
			*end = '\0';
			return line;
		}
		len += (size_t)n;
	}
	ck_abort_msg("no answer came");
	return NULL;
}

#endif
