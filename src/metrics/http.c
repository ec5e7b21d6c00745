/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libmicrohttpd inside the control thread's libevent loop.
 *
 * The library brings an epoll descriptor; the loop watches it and calls MHD_run(). Two rules keep
 * that alive. After every MHD_run() the time that MHD_get_timeout() asks for must become a timer,
 * or a request that is already in the library's buffers waits for ever. And when all places were
 * taken, the library listens again only in an MHD_run() after the one in which a place became free;
 * so that run follows at once.
 *
 * While anybody is connected a tick runs once a second and closes connections that hold a place for
 * too long. The library's own timeout counts from the last byte, so that a client that sends one
 * byte every few seconds would never meet it. With nobody connected nothing runs: an idle daemon
 * sleeps.
 */
#include "metrics/listen.h"
#include "metrics/metrics.h"
#include "metrics/page.h"
#include "util/clock.h"
#include "util/log.h"

#include <errno.h>
#include <event2/event.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX  32
#define CONNECTION_BYTES (16 * 1024) /* request line and headers, and a piece of the answer */
#define TICK_MS          1000
/* From connecting, or from the last request, until the next must be complete. */
#define REQUEST_TIMEOUT_NS (10 * NS_PER_S)

struct client {
	int fd; /* -1: nobody */
	uint64_t since_ns;
};

struct metrics {
	struct engine *engine;
	struct MHD_Daemon *daemon;
	struct event *readable, *tick;
	bool has_freed; /* a connection was closed since the last look */
	struct client clients[CONNECTIONS_MAX];
};

static enum MHD_Result respond(struct MHD_Connection *connection, const struct page *page)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(page->len, page->body, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result = MHD_NO;

	if (!response) {
		free(page->body);
		return MHD_NO;
	}
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page->content_type) &&
		(page->status != MHD_HTTP_METHOD_NOT_ALLOWED ||
			MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD")))
		result = MHD_queue_response(connection, page->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse_method(struct MHD_Connection *connection)
{
	static const char text[] = "only GET and HEAD are answered here\n";
	struct page page = {.status = MHD_HTTP_METHOD_NOT_ALLOWED,
		.content_type = "text/plain; charset=utf-8",
		.body = strdup(text),
		.len = sizeof(text) - 1};

	return page.body ? respond(connection, &page) : MHD_NO;
}

/*
 * The library calls this when the headers are in, then for each piece of a body, then once more.
 * What is refused is refused at once; a body of a GET is thrown away (RFC 9110 §9.3.1).
 */
static enum MHD_Result handle_request(void *arg, struct MHD_Connection *connection,
	const char *path, const char *method, const char *version, const char *body,
	size_t *body_len, void **seen)
{
	const struct metrics *metrics = arg;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct page page;

	(void)version;
	(void)body;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse_method(connection);
	if (!*seen || *body_len > 0) {
		*seen = arg;
		*body_len = 0;
		return MHD_YES;
	}
	if (info && info->socket_context)
		((struct client *)info->socket_context)->since_ns = clock_now_ns();
	if (page_make(metrics->engine, path,
		    MHD_lookup_connection_value(
			    connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT),
		    &page))
		return MHD_NO; /* no memory: closes the connection */
	return respond(connection, &page);
}

static void client_changed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode what)
{
	struct metrics *metrics = arg;
	struct client *client = *context;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		metrics->has_freed = true;
		if (client)
			client->fd = -1;
		return;
	}
	for (size_t i = 0; i < CONNECTIONS_MAX && !*context; i++) {
		client = &metrics->clients[i];
		if (client->fd >= 0)
			continue;
		client->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				     ->connect_fd;
		client->since_ns = clock_now_ns();
		*context = client;
	}
}

/* Ends the stream under connections whose time is up; the library then sees them close. */
static void expire_clients(struct metrics *metrics)
{
	uint64_t now_ns = clock_now_ns();

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		const struct client *client = &metrics->clients[i];

		if (client->fd >= 0 && now_ns - client->since_ns >= REQUEST_TIMEOUT_NS)
			shutdown(client->fd, SHUT_RDWR);
	}
}

/* Says when the next run is due, if no socket asks for one before. */
static void arm_tick(struct metrics *metrics)
{
	bool is_open = MHD_get_daemon_info(metrics->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
			       ->num_connections > 0;
	MHD_UNSIGNED_LONG_LONG wait_ms = TICK_MS;
	struct timeval wait;

	if (!is_open && !metrics->has_freed) {
		event_del(metrics->tick);
		return;
	}
	MHD_get_timeout(metrics->daemon, &wait_ms); /* leaves it alone when there is no hurry */
	if (metrics->has_freed)
		wait_ms = 0;
	if (wait_ms > TICK_MS)
		wait_ms = TICK_MS;
	wait.tv_sec = (time_t)(wait_ms / 1000);
	wait.tv_usec = (suseconds_t)(wait_ms % 1000 * 1000);
	metrics->has_freed = false;
	event_add(metrics->tick, &wait);
}

static void run(evutil_socket_t fd, short what, void *arg)
{
	struct metrics *metrics = arg;

	(void)fd;
	(void)what;
	expire_clients(metrics);
	MHD_run(metrics->daemon);
	arm_tick(metrics);
}

/* The library's own messages: clients that went away, and the like. */
static void log_library(void *arg, const char *format, va_list args)
{
	char text[256];

	(void)arg;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("metrics: %s", text);
}

static int start_daemon(struct metrics *metrics, int fd, struct error *err)
{
	metrics->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		handle_request, metrics, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_CONNECTION, client_changed, metrics,
		MHD_OPTION_END);
	if (!metrics->daemon)
		return error_set(err, ENOMEM, ERROR_INTERNAL, "metrics",
			"cannot start the HTTP server for metrics");
	return 0;
}

static int watch(struct metrics *metrics, struct event_base *base, struct error *err)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(metrics->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	metrics->readable = event_new(base, info->epoll_fd, EV_READ | EV_PERSIST, run, metrics);
	metrics->tick = event_new(base, -1, 0, run, metrics);
	if (!metrics->readable || !metrics->tick || event_add(metrics->readable, NULL))
		return error_set(err, ENOMEM, ERROR_INTERNAL, "metrics",
			"cannot watch the HTTP server for metrics: no memory");
	return 0;
}

int metrics_new(struct event_base *base, struct engine *engine, const char *address,
	struct metrics **metrics, struct error *err)
{
	char text[LISTEN_TEXT_SIZE];
	struct metrics *made;
	int result, fd = listen_open(address, err);

	if (fd < 0)
		return fd;
	made = calloc(1, sizeof(*made));
	if (!made) {
		close(fd);
		return error_set(err, ENOMEM, ERROR_INTERNAL, "metrics", "no memory");
	}
	made->engine = engine;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		made->clients[i].fd = -1;
	listen_describe(fd, text);
	result = start_daemon(made, fd, err);
	if (!result)
		result = watch(made, base, err);
	if (result) {
		metrics_free(made);
		return result;
	}
	log_info("metrics on http://%s/metrics", text);
	*metrics = made;
	return 0;
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	if (metrics->tick)
		event_free(metrics->tick);
	if (metrics->readable)
		event_free(metrics->readable);
	if (metrics->daemon)
		MHD_stop_daemon(metrics->daemon);
	free(metrics);
}
