/* SPDX-License-Identifier: BSD-2-Clause */
/* What makes a program a service. The loop belongs to the caller. */
#include "service.h"

#include "config.h"
#include "config/wire.h"
#include "util/log.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

static struct config *config_read(const struct options *options)
{
	const char *path = options->config ? options->config : WIRE_CONFIG_DEFAULT;
	struct config_report report = {0};
	struct config *config = NULL;

	/* Only a file that nobody asked for may be missing. */
	if (!options->config && access(path, F_OK) != 0 && errno == ENOENT) {
		log_info("there is no %s: starting without ports", path);
		return config_new();
	}
	if (config_load(path, &config, &report) != 0)
		for (size_t i = 0; i < report.count; i++)
			fprintf(stderr, "%s\n", report.lines[i]);
	config_report_fini(&report);
	return config;
}

static int lay_over(struct config *config, const char *key, const char *value)
{
	struct error err = {0};

	if (!value || config_daemon_set(&config->daemon, key, value, &err) == 0)
		return 0;
	fprintf(stderr, "pktgend: --%s: %s%s%s\n", key, err.message, err.hint[0] ? "; " : "",
		err.hint);
	return -EINVAL;
}

struct config *service_config(const struct options *options)
{
	struct config *config;

	signal(SIGPIPE, SIG_IGN); /* whoever reads the log may go away */
	log_init(options->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (!options->check_config)
		log_info("pktgend %s", PACKAGE_VERSION);
	config = config_read(options);
	if (!config)
		return NULL;
	if (lay_over(config, "socket", options->socket) == 0 &&
		lay_over(config, "metrics", options->metrics) == 0)
		return config;
	config_free(config);
	return NULL;
}

static void tell_systemd(const char *state)
{
#ifdef HAVE_SYSTEMD
	sd_notify(0, state);
#else
	(void)state;
#endif
}

static void on_hangup(evutil_socket_t number, short what, void *arg)
{
	(void)number;
	(void)what;
	(void)arg;
	log_warning("SIGHUP: a changed configuration is taken up by a restart only");
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	(void)what;
	log_info("SIG%s: stopping", sigabbrev_np(number));
	event_base_loopbreak(arg);
}

int service_run(struct event_base *base, enum service_hangup hangup)
{
	bool reloads = hangup == SERVICE_HANGUP_RELOADS;
	struct event *signals[] = {
		evsignal_new(base, SIGTERM, on_signal, base),
		evsignal_new(base, SIGINT, on_signal, base),
		evsignal_new(base, SIGHUP, reloads ? on_hangup : on_signal, base),
	};
	const size_t all = sizeof(signals) / sizeof(signals[0]);
	const size_t count = hangup == SERVICE_HANGUP_IGNORED ? all - 1 : all;
	int rc = 0;

	for (size_t i = 0; i < count; i++)
		if (!signals[i] || evsignal_add(signals[i], NULL) != 0)
			rc = -ENOMEM;
	if (rc == 0) {
		tell_systemd("READY=1");
		rc = event_base_dispatch(base) < 0 ? -EIO : 0;
		tell_systemd("STOPPING=1");
	}
	for (size_t i = 0; i < all; i++)
		if (signals[i])
			event_free(signals[i]);
	return rc;
}
