/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One client of the control socket: lines in, lines out.
 *
 * A connection belongs to its server, lives in the control thread's libevent loop, and ends by
 * itself when its client does; closed() then tells the server, and the memory is gone.
 */
#ifndef API_CONNECTION_H
#define API_CONNECTION_H

#include "api/rpc.h"

#include <stddef.h>
#include <sys/queue.h>

/*
 * Unsent answers beyond which no further request is handled. What a stalled reader can cost is
 * this, one answer more, and the answers to what it had deferred.
 */
#define CONNECTION_BACKLOG_MAX 65536

struct bufferevent;
struct event;
struct event_base;

typedef void connection_closed_fn(void *owner);

struct connection {
	LIST_ENTRY(connection) link; /* the server's */
	struct bufferevent *bev;
	struct event *again; /* serves on after other events had their turn */
	struct rpc_peer peer;
	size_t scanned; /* bytes of input without a line feed */
	bool ended;     /* no more requests: closes when all is answered and sent */
	connection_closed_fn *closed;
	void *owner;
};

LIST_HEAD(connection_list, connection);

/* Takes fd and joins list. NULL: no memory, or fd is dead already; fd is closed then. */
struct connection *connection_new(struct event_base *base, int fd,
	const struct rpc_context *context, struct connection_list *list,
	connection_closed_fn *closed, void *owner);

/* Leaves its list and closes; closed() is called. */
void connection_free(struct connection *connection);

#endif
