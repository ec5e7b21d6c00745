/* SPDX-License-Identifier: BSD-2-Clause */
/* A JSON-RPC peer without a socket: what it is answered lands in one string. For tests of rpc.c and
 * above. */
#ifndef CLIENT_H
#define CLIENT_H

#include "api/rpc.h"
#include "fake_engine.h"
#include "util/log.h"

#include <check.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct client {
	struct engine engine;
	struct rpc_context context;
	struct rpc_peer peer;
	struct evbuffer *answers;
	unsigned done; /* messages */
};

static inline void client_answer(void *arg, struct evbuffer *answer)
{
	struct client *client = arg;

	client->done++;
	evbuffer_add_buffer(client->answers, answer);
}

static inline struct client *client_new(size_t ports)
{
	struct client *client = calloc(1, sizeof(*client));

	ck_assert_ptr_nonnull(client);
	log_init(LOG_LEVEL_WARNING);
	fake_engine_init(&client->engine, ports);
	client->context.engine = &client->engine;
	client->peer = (struct rpc_peer){
		.context = &client->context,
		.answer = client_answer,
		.arg = client,
	};
	client->answers = evbuffer_new();
	return client;
}

static inline void client_free(struct client *client)
{
	rpc_peer_fini(&client->peer);
	evbuffer_free(client->answers);
	free(client);
}

/* All answers since the last look, at most size - 1 bytes of them. */
static inline const char *client_take(struct client *client, char *text, size_t size)
{
	int n = evbuffer_remove(client->answers, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static inline void client_send(struct client *client, const char *text)
{
	rpc_receive(&client->peer, text, strlen(text));
}

/* Sends text and compares the answer, byte for byte. */
#define client_expect(client, text, answer) \
	do { \
		char taken[4096]; \
\
		client_send(client, text); \
		ck_assert_str_eq(client_take(client, taken, sizeof(taken)), answer); \
	} while (0)

/* Sends text and looks whether part is in the answer. */
#define client_expect_part(client, text, part) \
	do { \
		static char taken[1 << 17]; \
\
		client_send(client, text); \
		client_take(client, taken, sizeof(taken)); \
		ck_assert_msg(strstr(taken, part) != NULL, "no %s in %s", part, taken); \
	} while (0)

#endif
