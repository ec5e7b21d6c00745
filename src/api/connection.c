/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Framing, and the bounds that keep one client from hurting the daemon or the others.
 *
 * - Input: the read watermark holds one line of the largest size; a line that has no end by then is
 *   refused and the client closed.
 * - Output: libevent's watermarks do not bound it, so a request is handled only while less than
 *   CONNECTION_BACKLOG_MAX waits to be sent and few calls are deferred. Meanwhile nothing is read,
 *   and the kernel's buffer stops the client. Reading must really be off then: at the watermark
 *   libevent 2.1 calls the read callback again and again, which costs a whole CPU. A reader that
 *   takes nothing for WRITE_TIMEOUT_S is closed.
 * - Time: a turn handles at most ROUND lines; the rest waits for a timer, so that timers and other
 *   clients come in between.
 *
 * A text without its line feed is no request: what a dying client left half written is never run.
 * Whoever only shuts down its sending side gets all of its answers.
 */
#define _GNU_SOURCE 1 /* struct ucred */
#include "api/connection.h"

#include "config/wire.h"
#include "util/log.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define WRITE_TIMEOUT_S 5
#define ROUND           16

static bool is_blocked(const struct connection *connection)
{
	return connection->peer.message_count >= RPC_PENDING_MAX ||
	       evbuffer_get_length(bufferevent_get_output(connection->bev)) >
		       CONNECTION_BACKLOG_MAX;
}

/* The length of the first line of the input, or -1; no byte is looked at twice. */
static ssize_t find_line(struct connection *connection)
{
	struct evbuffer *input = bufferevent_get_input(connection->bev);
	struct evbuffer_ptr at;

	if (evbuffer_ptr_set(input, &at, connection->scanned, EVBUFFER_PTR_SET))
		return -1;
	at = evbuffer_search_eol(input, &at, NULL, EVBUFFER_EOL_LF);
	connection->scanned = at.pos < 0 ? evbuffer_get_length(input) : (size_t)at.pos;
	return at.pos;
}

/* Hears nothing more from this client, and closes when it has taken its answers. */
static void stop_reading(struct connection *connection)
{
	struct evbuffer *input = bufferevent_get_input(connection->bev);

	bufferevent_disable(connection->bev, EV_READ);
	evbuffer_drain(input, evbuffer_get_length(input));
	connection->scanned = 0;
	connection->ended = true;
}

static void refuse_line(struct connection *connection)
{
	struct error err;

	stop_reading(connection);
	error_set(&err, EMSGSIZE, ERROR_LIMIT, NULL, "a line is longer than %d bytes",
		WIRE_FRAME_MAX);
	rpc_refuse(bufferevent_get_output(connection->bev), &err);
}

/* Handles one line. Returns whether there was one. */
static bool serve_line(struct connection *connection)
{
	struct evbuffer *input = bufferevent_get_input(connection->bev);
	const ssize_t len = find_line(connection);

	if (len < 0) {
		if (evbuffer_get_length(input) > WIRE_FRAME_MAX)
			refuse_line(connection);
		return false;
	}
	if (len == 0)
		rpc_receive(&connection->peer, "", 0);
	else
		rpc_receive(
			&connection->peer, (const char *)evbuffer_pullup(input, len), (size_t)len);
	evbuffer_drain(input, (size_t)len + 1);
	connection->scanned = 0;
	return true;
}

static void serve_later(struct connection *connection)
{
	const struct timeval now = {0, 0};

	event_add(connection->again, &now);
}

/* Handles what may be handled in this turn. Returns whether lines may be left. */
static bool serve_lines(struct connection *connection)
{
	for (int i = 0; i < ROUND; i++) {
		/* The write callback or the end of a deferred call comes back here. */
		if (is_blocked(connection))
			return true;
		if (!serve_line(connection))
			return false;
	}
	serve_later(connection);
	return true;
}

/* May free the connection. */
static void serve(struct connection *connection)
{
	if (serve_lines(connection))
		bufferevent_disable(connection->bev, EV_READ);
	else if (!connection->ended)
		bufferevent_enable(connection->bev, EV_READ);
	else if (connection->peer.message_count == 0 &&
		 evbuffer_get_length(bufferevent_get_output(connection->bev)) == 0)
		connection_free(connection);
}

static void on_readable(struct bufferevent *bev, void *arg)
{
	(void)bev;
	serve(arg);
}

/* All of the output has been sent. */
static void on_written(struct bufferevent *bev, void *arg)
{
	(void)bev;
	serve(arg);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	serve(arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct connection *connection = arg;

	(void)bev;
	if (what & BEV_EVENT_EOF) {
		connection->ended = true;
		serve(connection);
		return;
	}
	if (what & BEV_EVENT_TIMEOUT)
		log_info("pid %ld does not read its answers: its connection is closed",
			(long)connection->peer.pid);
	connection_free(connection);
}

/*
 * Never frees: an answer may come from inside of serve(). One without bytes causes no write event,
 * but may be what the input has been waiting for.
 */
static void on_answer(void *arg, struct evbuffer *answer)
{
	struct connection *connection = arg;

	if (evbuffer_get_length(answer) == 0)
		serve_later(connection);
	else
		evbuffer_add_buffer(bufferevent_get_output(connection->bev), answer);
}

static int peer_init(struct rpc_peer *peer, int fd, const struct rpc_context *context, void *arg)
{
	struct ucred ucred;
	socklen_t len = sizeof(ucred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ucred, &len))
		return -errno;
	*peer = (struct rpc_peer){
		.context = context,
		.uid = ucred.uid,
		.pid = ucred.pid,
		.answer = on_answer,
		.arg = arg,
	};
	return 0;
}

struct connection *connection_new(struct event_base *base, int fd,
	const struct rpc_context *context, struct connection_list *list,
	connection_closed_fn *closed, void *owner)
{
	const struct timeval write_timeout = {WRITE_TIMEOUT_S, 0};
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection || peer_init(&connection->peer, fd, context, connection))
		goto err_close;
	connection->again = evtimer_new(base, on_again, connection);
	if (!connection->again)
		goto err_close;
	connection->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!connection->bev)
		goto err_event;
	connection->closed = closed;
	connection->owner = owner;
	bufferevent_setcb(connection->bev, on_readable, on_written, on_event, connection);
	bufferevent_setwatermark(connection->bev, EV_READ, 0, WIRE_FRAME_MAX + 1);
	bufferevent_set_timeouts(connection->bev, NULL, &write_timeout);
	bufferevent_enable(connection->bev, EV_READ | EV_WRITE);
	LIST_INSERT_HEAD(list, connection, link);
	return connection;

err_event:
	event_free(connection->again);
err_close:
	free(connection);
	close(fd);
	return NULL;
}

void connection_free(struct connection *connection)
{
	rpc_peer_fini(&connection->peer);
	LIST_REMOVE(connection, link);
	event_free(connection->again);
	bufferevent_free(connection->bev);
	connection->closed(connection->owner);
	free(connection);
}
