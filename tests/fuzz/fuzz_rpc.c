/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as one message on the control socket, over an engine without devices.
 *
 * Beyond what the sanitizers see: what is answered is one line of JSON, and no call is left behind
 * once the engine has ended what it was asked to end. Runs with libFuzzer's main().
 */
#include "../unit/api/fake_engine.h"
#include "api/rpc.h"
#include "json/json.h"
#include "util/log.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(void *arg, struct evbuffer *answer)
{
	size_t len = evbuffer_get_length(answer);
	const char *text = (const char *)evbuffer_pullup(answer, -1);
	struct error err;
	cJSON *tree;

	(void)arg;
	if (len == 0)
		return;
	if (memchr(text, '\n', len) != text + len - 1)
		abort();
	tree = json_parse(text, len, &err);
	if (!tree)
		abort();
	cJSON_Delete(tree);
	evbuffer_drain(answer, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct engine engine;
	const struct rpc_context context = {.engine = &engine};
	struct rpc_peer peer = {.context = &context, .answer = check_answer};

	if (size > WIRE_FRAME_MAX)
		return 0;
	log_init(LOG_LEVEL_ERROR);
	fake_engine_init(&engine, 2);
	engine.running = true;
	engine.ends_at_once = size % 2;
	rpc_receive(&peer, (const char *)data, size);
	if (size % 3 == 0)
		rpc_peer_fini(&peer);
	fake_engine_complete(&engine);
	if (peer.message_count != 0 || engine.waiter_count != 0)
		abort();
	return 0;
}
