/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A blocking JSON-RPC 2.0 client over the daemon's UNIX socket: one JSON text per line.
 *
 * Every call ends within the timeout. An answer that comes after its call was given up is
 * recognised by its id and passed over.
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include "ctl/failure.h"

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

struct client {
	int fd;              /* -1: not connected */
	int interrupt_fd;    /* a call is given up when this is readable (interrupt.h); -1: none */
	uint64_t timeout_ns; /* of connecting, and of each call */
	uint64_t id;         /* of the last request */
	char *buffer;        /* bytes received and not yet used */
	size_t len, size;
};

void client_init(struct client *client, uint64_t timeout_ns);

/* Connects to the socket at path. CTL_DONE, or the status in *failure. */
int client_open(struct client *client, const char *path, struct failure *failure);

/*
 * Calls method and waits for the answer. params (an object, an array, or NULL for none) is
 * consumed. On CTL_DONE the caller deletes *result; else the status is returned and in *failure.
 */
int client_call(struct client *client, const char *method, cJSON *params, cJSON **result,
	struct failure *failure);

void client_close(struct client *client);

#endif
