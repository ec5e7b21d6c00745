/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells when network links come, go or change: a subscription to rtnetlink's link group
 * (rtnetlink(7)).
 *
 * The messages themselves are thrown away: whoever is told looks at its own interfaces, which also
 * covers messages that the kernel had to drop. Control thread.
 */
#include "engine/internal.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct link_monitor {
	int fd;
	struct event *readable;
	void (*changed)(void *arg);
	void *arg;
};

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct link_monitor *monitor = arg;
	char buffer[16384];

	(void)what;
	/* ENOBUFS says that messages were lost: that is a change, too. */
	while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0 || errno == ENOBUFS)
		errno = 0;
	monitor->changed(monitor->arg);
}

int link_monitor_new(struct event_base *base, void (*changed)(void *arg), void *arg,
	struct link_monitor **monitor)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	struct link_monitor *new = calloc(1, sizeof(*new));
	int rc = -ENOMEM;

	if (!new)
		return rc;
	new->changed = changed;
	new->arg = arg;
	new->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (new->fd < 0 || bind(new->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		rc = -errno;
		goto fail;
	}
	new->readable = event_new(base, new->fd, EV_READ | EV_PERSIST, on_readable, new);
	if (!new->readable || event_add(new->readable, NULL) != 0)
		goto fail;
	*monitor = new;
	return 0;
fail:
	link_monitor_free(new);
	return rc;
}

void link_monitor_free(struct link_monitor *monitor)
{
	if (!monitor)
		return;
	if (monitor->readable)
		event_free(monitor->readable);
	if (monitor->fd >= 0)
		close(monitor->fd);
	free(monitor);
}
