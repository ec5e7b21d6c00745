/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's log. Control thread only.
 *
 * A line is put together in memory and leaves by one write(2): lines of several processes on the
 * same terminal or pipe never interleave.
 */
#include "util/log.h"

#include "util/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 1024

static enum log_level threshold = LOG_LEVEL_INFO;
static bool to_journal;

/*
 * Whether stderr is the stream that systemd made. JOURNAL_STREAM ("device:inode") is inherited by
 * whole desktop sessions, so it counts only when it means the file that stderr is: systemd.exec(5).
 */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat file;

	return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &file) == 0 && file.st_dev == device && file.st_ino == inode;
}

void log_init(enum log_level level)
{
	threshold = level;
	to_journal = stderr_is_journal();
}

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "";
}

/* "2025-01-31 12:00:00.123 warning: " */
static size_t format_head(enum log_level level, char *to, size_t size)
{
	struct timespec now;
	struct tm local;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);
	len = strftime(to, size, "%Y-%m-%d %H:%M:%S", &local);
	return len + (size_t)snprintf(to + len, size - len, ".%03ld %s: ", now.tv_nsec / 1000000,
			     level_name(level));
}

void log_write(enum log_level level, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;
	size_t len;

	if (level > threshold)
		return;
	if (to_journal)
		len = (size_t)snprintf(line, sizeof(line), "<%d>", (int)level);
	else
		len = format_head(level, line, sizeof(line));
	va_start(arguments, format);
	text_format_line(line + len, sizeof(line) - len - 1, format, arguments);
	va_end(arguments);
	len += strlen(line + len);
	line[len++] = '\n';
	while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
		;
}
