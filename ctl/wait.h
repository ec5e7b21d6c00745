/* SPDX-License-Identifier: BSD-2-Clause */
/* "start --wait": stays with the traffic that it started until that is over. */
#ifndef CTL_WAIT_H
#define CTL_WAIT_H

#include "ctl/ctl.h"

#include <cjson/cJSON.h>

/*
 * Waits until what traffic.start has started (its result) is over, and writes the totals. A signal
 * on end_fd (interrupt.h) stops the traffic. Reports; returns the exit status.
 */
int wait_for_end(struct ctl *ctl, const cJSON *started, int end_fd);

#endif
