/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket: JSON-RPC 2.0, one JSON text per line, over a UNIX stream socket.
 *
 * Runs inside the control thread's libevent loop. A method is one row of the visible table in
 * method.c: name, handler, parameter table, access class, description.
 */
#ifndef API_API_H
#define API_API_H

#include "config/config.h"
#include "util/error.h"

struct api;
struct engine;
struct event_base;

/*
 * Binds the socket (mode 0660, group as configured) and begins to serve. A stale socket of a dead
 * daemon is replaced; a living daemon's, or anything that is not a socket, is an error. engine must
 * outlive it.
 */
int api_new(struct event_base *base, struct engine *engine, const struct config_daemon *daemon,
	struct api **api, struct error *err);

/* Closes every connection and removes the socket. */
void api_free(struct api *api);

#endif
