/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon as a service: its configuration, its signals, and what it tells systemd. Control
 * thread. */
#ifndef SERVICE_H
#define SERVICE_H

#include "config/config.h"
#include "options.h"

struct event_base;

/* Reads the configuration with the command line laid over it; every error goes to stderr. NULL on
 * failure. */
struct config *service_config(const struct options *options);

/* What SIGHUP means: for a daemon, for a command of a terminal, and for one that is to outlive it.
 */
enum service_hangup { SERVICE_HANGUP_RELOADS, SERVICE_HANGUP_ENDS, SERVICE_HANGUP_IGNORED };

/* Runs the loop until SIGTERM or SIGINT; tells systemd when it is ready and when it stops. 0 or
 * -errno. */
int service_run(struct event_base *base, enum service_hangup hangup);

#endif
