/* SPDX-License-Identifier: BSD-2-Clause */
/* util/log: stderr is a socket that keeps each write(2) apart, so that a test sees their borders.
 */
#include "unit.h"
#include "util/log.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int reader;

/* The whole test runs in a process of its own; with CK_FORK=no, stderr stays caught. */
static void catch_stderr(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
	close(ends[1]);
	reader = ends[0];
	unsetenv("JOURNAL_STREAM");
	log_init(LOG_LEVEL_INFO);
}

/* What the next write(2) wrote; "" when there was none. */
static const char *next_write(void)
{
	static char line[4096];
	ssize_t len = recv(reader, line, sizeof(line) - 1, MSG_DONTWAIT);

	line[len < 0 ? 0 : len] = '\0';
	return line;
}

static void set_journal_stream(int64_t inode_error)
{
	struct stat file;
	char stream[64];

	ck_assert_int_eq(fstat(STDERR_FILENO, &file), 0);
	snprintf(stream, sizeof(stream), "%ju:%jd", (uintmax_t)file.st_dev,
		(intmax_t)file.st_ino + inode_error);
	setenv("JOURNAL_STREAM", stream, 1);
}

START_TEST(a_line_is_one_write_with_time_and_level)
{
	int year, month, day, hour, minute, second, ms, end = 0;
	const char *line;

	catch_stderr();
	log_warning("port %s: link is down", "p0");
	line = next_write();
	ck_assert_int_eq(sscanf(line, "%4d-%2d-%2d %2d:%2d:%2d.%3d %n", &year, &month, &day, &hour,
				 &minute, &second, &ms, &end),
		7);
	ck_assert_int_eq(end, 24);
	ck_assert_str_eq(line + end, "warning: port p0: link is down\n");
	ck_assert_str_eq(next_write(), "");
}
END_TEST

START_TEST(the_level_leaves_lines_out)
{
	catch_stderr();
	log_debug("no");
	ck_assert_str_eq(next_write(), "");
	log_info("yes");
	ck_assert_ptr_nonnull(strstr(next_write(), " info: yes\n"));
	log_init(LOG_LEVEL_ERROR);
	log_warning("no");
	ck_assert_str_eq(next_write(), "");
	log_error("yes");
	ck_assert_ptr_nonnull(strstr(next_write(), " error: yes\n"));
	log_init(LOG_LEVEL_DEBUG);
	log_debug("yes");
	ck_assert_ptr_nonnull(strstr(next_write(), " debug: yes\n"));
}
END_TEST

START_TEST(the_journal_gets_priorities)
{
	catch_stderr();
	set_journal_stream(0);
	log_init(LOG_LEVEL_DEBUG);
	log_error("a");
	ck_assert_str_eq(next_write(), "<3>a\n");
	log_warning("b");
	ck_assert_str_eq(next_write(), "<4>b\n");
	log_info("c");
	ck_assert_str_eq(next_write(), "<6>c\n");
	log_debug("d");
	ck_assert_str_eq(next_write(), "<7>d\n");
}
END_TEST

START_TEST(a_foreign_journal_stream_counts_for_nothing)
{
	catch_stderr();
	set_journal_stream(1);
	log_init(LOG_LEVEL_INFO);
	log_info("a");
	ck_assert_ptr_nonnull(strstr(next_write(), " info: a\n"));
	setenv("JOURNAL_STREAM", "nonsense", 1);
	log_init(LOG_LEVEL_INFO);
	log_info("a");
	ck_assert_ptr_nonnull(strstr(next_write(), " info: a\n"));
}
END_TEST

START_TEST(long_and_broken_lines_stay_one_line)
{
	char text[5000];
	const char *line;

	catch_stderr();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text[1] = '\n';
	log_info("%s", text);
	line = next_write();
	ck_assert_ptr_nonnull(strstr(line, " info: x?xx"));
	ck_assert_uint_eq(strlen(line), 1023);
	ck_assert_ptr_eq(strchr(line, '\n'), line + 1022);
	ck_assert_str_eq(next_write(), "");
}
END_TEST

UNIT_SUITE("util/log", a_line_is_one_write_with_time_and_level, the_level_leaves_lines_out,
	the_journal_gets_priorities, a_foreign_journal_stream_counts_for_nothing,
	long_and_broken_lines_stay_one_line)
