/* SPDX-License-Identifier: BSD-2-Clause */
/* Eventfds that a peer has too. Control thread. */
#include "netdev/virtio/vhost_event.h"

#include <poll.h>
#include <stdint.h>
#include <sys/uio.h>

bool vhost_event_blocks(int fd)
{
	struct pollfd room = {.fd = fd, .events = POLLOUT};

	return fd >= 0 && poll(&room, 1, 0) == 0;
}

void vhost_event_drain(int fd)
{
	uint64_t count;
	struct iovec whole = {&count, sizeof(count)};

	/* Not by the descriptor's own flag, which is the peer's as well. */
	if (preadv2(fd, &whole, 1, -1, RWF_NOWAIT) < 0)
		return; /* there is room */
}
