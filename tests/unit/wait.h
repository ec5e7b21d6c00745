/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of threads: look again until a condition holds, and fail when it never does. */
#ifndef WAIT_H
#define WAIT_H

#include "unit.h"
#include "util/clock.h"

#include <poll.h>

/* No test passes by waiting this long; a slow machine under a sanitizer may need some of it. */
#define WAIT_MAX_NS (20 * NS_PER_S)

#define WAIT_UNTIL(condition) \
	do { \
		const uint64_t wait_end_ns = clock_now_ns() + WAIT_MAX_NS; \
\
		while (!(condition)) { \
			ck_assert_msg(clock_now_ns() < wait_end_ns, "never came: %s", #condition); \
			poll(NULL, 0, 1); \
		} \
	} while (0)

#endif
