/* SPDX-License-Identifier: BSD-2-Clause */
/* Namespaces by unshare(2), their contents by iproute2. */
#include "netns.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char why[160];

static const char *unavailable(const char *what)
{
	snprintf(why, sizeof(why), "%s: %s", what, strerror(errno));
	return why;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written;

	if (fd < 0)
		return -1;
	written = write(fd, text, strlen(text));
	close(fd);
	return written == (ssize_t)strlen(text) ? 0 : -1;
}

/* Root of a user namespace, in which we are who we were outside, but may do things. */
static const char *become_root(void)
{
	char uid_map[32], gid_map[32];

	snprintf(uid_map, sizeof(uid_map), "0 %u 1", (unsigned)getuid());
	snprintf(gid_map, sizeof(gid_map), "0 %u 1", (unsigned)getgid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return unavailable("no user namespace");
	if (write_file("/proc/self/setgroups", "deny") != 0 ||
		write_file("/proc/self/uid_map", uid_map) != 0 ||
		write_file("/proc/self/gid_map", gid_map) != 0)
		return unavailable("no user in the user namespace");
	return NULL;
}

static int run_ip(const char *words)
{
	char command[256];
	int status;

	snprintf(command, sizeof(command), "ip %s", words);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const char *netns_unavailable(void)
{
	const char *reason = NULL;

	if (unshare(CLONE_NEWNET) != 0)
		reason = become_root();
	if (reason)
		return reason;
	if (run_ip("link add name probe0 type veth peer name probe1") != 0)
		return "ip cannot make a veth pair";
	return NULL;
}

void netns_enter(void)
{
	ck_assert_msg(unshare(CLONE_NEWNET) == 0, "unshare: %s", strerror(errno));
}

void netns_ip(const char *format, ...)
{
	char words[192];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	ck_assert_msg(run_ip(words) == 0, "ip %s", words);
}
