/* SPDX-License-Identifier: BSD-2-Clause */
/* One capture without a daemon: no configuration, no socket, no metrics. Control thread. */
#ifndef ONCE_H
#define ONCE_H

#include "options.h"

/* Captures until SIGINT, SIGTERM or the count; prints the totals. Returns the exit status. */
int once_capture(const struct options *options);

#endif
