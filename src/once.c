/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine with a single port that only receives, for one capture. Results go to stdout,
 * everything else to stderr.
 */
#include "once.h"

#include "engine/engine.h"
#include "service.h"
#include "util/log.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define PORT "p0"

struct once {
	const struct options *options;
	struct event_base *base;
	struct engine *engine;
	enum service_hangup hangup;
	bool ended;
};

static void on_begun(void *arg)
{
	const struct once *once = arg;

	fprintf(stderr, "capturing what %s receives into %s; Ctrl-C ends\n", once->options->port,
		once->options->capture);
}

static void on_ended(void *arg)
{
	struct once *once = arg;

	once->ended = true;
	event_base_loopbreak(once->base);
}

static int add_port(const struct once *once, struct error *err)
{
	struct config_port port;
	int rc;

	config_port_init(&port);
	rc = config_port_set(&port, "name", PORT, err);
	if (rc == 0)
		rc = config_port_set(&port, "location", once->options->port, err);
	return rc ? rc : engine_port_add(once->engine, &port, err);
}

static int start(struct once *once, struct error *err)
{
	const struct options *options = once->options;
	const struct engine_capture capture = {.port = PORT,
		.file = options->capture,
		.filter = options->filter,
		.snaplen = options->snaplen,
		.count = options->count};
	int rc = add_port(once, err);

	if (rc == 0)
		rc = engine_capture_start(once->engine, &capture, on_begun, once, err);
	if (rc == 0)
		rc = engine_capture_wait(once->engine, PORT, on_ended, once, err);
	return rc;
}

static int run(struct once *once, struct error *err)
{
	int rc = start(once, err);

	if (rc == 0 && !once->ended && service_run(once->base, once->hangup) != 0)
		rc = error_set(err, EIO, ERROR_INTERNAL, NULL, "the event loop failed");
	if (rc || once->ended)
		return rc;
	rc = engine_capture_stop(once->engine, PORT, NULL, NULL, err);
	while (rc == 0 && !once->ended)
		event_base_dispatch(once->base);
	return rc;
}

/* A failure has been told by the log: it leaves *err empty. */
static int tell(const struct once *once, struct error *err)
{
	struct engine_port_info info;
	const struct engine_capture_info *capture = &info.capture;
	int rc = engine_port_describe(once->engine, PORT, &info, err);

	if (rc)
		return rc;
	printf("%s: %llu frames, %llu bytes; %llu filtered out, %llu dropped, %llu missed\n",
		capture->file, (unsigned long long)capture->frames,
		(unsigned long long)capture->size, (unsigned long long)capture->filtered,
		(unsigned long long)capture->dropped, (unsigned long long)capture->missed);
	if (capture->state == ENGINE_CAPTURE_FAILED)
		return -EIO;
	return 0;
}

int once_capture(const struct options *options)
{
	struct once once = {.options = options, .base = event_base_new()};
	struct config *config = config_new();
	struct error err = {.message = "out of memory"};
	int rc = -ENOMEM;

	log_init(options->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING);
	signal(SIGPIPE, SIG_IGN);
	/* Whoever has caught the first one completes the file, whatever else comes: timeout(1)
	 * sends two. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	once.hangup = signal(SIGHUP, SIG_IGN) == SIG_IGN ? SERVICE_HANGUP_IGNORED /* nohup(1) */
							 : SERVICE_HANGUP_ENDS;
	if (once.base && config)
		rc = engine_new(once.base, config, &once.engine, &err);
	if (rc == 0)
		rc = run(&once, &err);
	if (rc == 0) {
		err.message[0] = '\0';
		rc = tell(&once, &err);
	}
	if (rc && err.message[0])
		fprintf(stderr, "pktgend: %s%s%s\n", err.message, err.hint[0] ? "; " : "",
			err.hint);
	engine_free(once.engine);
	config_free(config);
	if (once.base)
		event_base_free(once.base);
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
