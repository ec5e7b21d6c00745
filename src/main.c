/* SPDX-License-Identifier: BSD-2-Clause */
/* pktgend: the order in which its parts start and stop. */
#include "api/api.h"
#include "engine/engine.h"
#include "metrics/metrics.h"
#include "once.h"
#include "options.h"
#include "service.h"
#include "util/log.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

static int run(const struct config *config, struct error *err)
{
	struct event_base *base = event_base_new();
	struct metrics *metrics = NULL;
	struct engine *engine = NULL;
	struct api *api = NULL;
	int rc;

	if (!base)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "no event loop");
	rc = engine_new(base, config, &engine, err);
	if (rc == 0)
		rc = api_new(base, engine, &config->daemon, &api, err);
	if (rc == 0 && config->daemon.metrics[0])
		rc = metrics_new(base, engine, config->daemon.metrics, &metrics, err);
	if (rc == 0) {
		engine_autostart(engine);
		rc = service_run(base, SERVICE_HANGUP_RELOADS);
	}
	metrics_free(metrics);
	api_free(api);
	engine_free(engine);
	event_base_free(base);
	return rc;
}

int main(int argc, char **argv)
{
	struct options options;
	struct config *config;
	struct error err = {.message = "the event loop failed"};
	int rc;

	options_parse(&options, argc, argv);
	if (options.capture)
		return once_capture(&options);
	config = service_config(&options);
	if (!config)
		return EXIT_FAILURE;
	rc = options.check_config ? 0 : run(config, &err);
	if (rc)
		log_error("%s%s%s", err.message, err.hint[0] ? "; " : "", err.hint);
	config_free(config);
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
