/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON-RPC 2.0 between texts and handlers: what stands between a connection and the method table.
 *
 * A peer sends messages; a message is one call or a batch of calls. Every call ends exactly once,
 * by its handler's return or later by rpc_call_finish() or rpc_call_fail(); a message is answered
 * when all of its calls have ended, so answers of one peer may come in another order than its
 * messages (§6). Control thread only.
 */
#ifndef API_RPC_H
#define API_RPC_H

#include "util/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

/* Answers of one batch in bytes, after which its other calls are refused. */
#define RPC_ANSWER_MAX 1048576

/* Messages of one peer that may wait for deferred calls; its connection is not read beyond. */
#define RPC_PENDING_MAX 8

struct engine;
struct evbuffer;

/* What handlers work on. */
struct rpc_context {
	struct engine *engine;
	uint64_t started_ns; /* of the daemon, CLOCK_MONOTONIC */
};

/*
 * A message is done: answer holds one line, or nothing when the message asked for no answer. The
 * callee takes the bytes out of the buffer; the buffer itself stays the caller's.
 */
typedef void rpc_answer_fn(void *arg, struct evbuffer *answer);

/* One who calls. The owner sets the first members and zeroes the others. */
struct rpc_peer {
	const struct rpc_context *context;
	uid_t uid;
	pid_t pid;
	rpc_answer_fn *answer;
	void *arg;

	LIST_HEAD(, rpc_message) messages; /* not answered yet */
	size_t message_count;
};

/* One call, from its handler's view. */
struct rpc_call {
	LIST_ENTRY(rpc_call) link;
	struct rpc_message *message;
	const struct rpc_context *context;
	cJSON *request;
	const cJSON *id; /* in request; NULL: none that can be echoed */
	const cJSON
		*params; /* in request, checked against the method's table; NULL: none were given */
	bool silent;     /* a notification: runs, and nobody hears of it (§4.1) */
};

/* Takes one message of len bytes. peer->answer may be called before this returns. */
void rpc_receive(struct rpc_peer *peer, const char *text, size_t len);

/* The peer goes away: forgets its calls, those that the engine still works on as well. */
void rpc_peer_fini(struct rpc_peer *peer);

/*
 * End a call whose handler returned RPC_LATER. result becomes theirs; NULL means that there was no
 * memory for it. The call is gone afterwards. Both may be called before the handler returns.
 */
void rpc_call_finish(struct rpc_call *call, cJSON *result);
void rpc_call_fail(struct rpc_call *call, const struct error *err);

/* Writes the line that refuses a peer as a whole, in answer to no request in particular. */
void rpc_refuse(struct evbuffer *to, const struct error *err);

#endif
