/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's log: one line per event, for people, to stderr.
 *
 * Under systemd (JOURNAL_STREAM is set) each line begins with the "<N>" priority that sd-daemon(3)
 * defines and carries no time stamp, which the journal adds itself; otherwise with time and level.
 * Control thread only: the data plane counts and never logs.
 */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include <stdbool.h>

/* Values of syslog(3) and sd-daemon(3). */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

/* Lines less important than level are left out. Without a call: info, to stderr. */
void log_init(enum log_level level);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
