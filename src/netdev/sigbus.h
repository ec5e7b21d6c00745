/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that a peer has too, kept from killing us: the peer can take pages away (by shortening the
 * file, or by punching holes when no huge page is free), and then touching it raises SIGBUS. A
 * handler puts zeroed memory in place of the whole mapping. Control thread.
 */
#ifndef NETDEV_SIGBUS_H
#define NETDEV_SIGBUS_H

#include <stdatomic.h>
#include <stddef.h>

/*
 * Guards a mapping of whole pages until sigbus_forget(), which comes before munmap(). *broken
 * (NULL: nobody asks) becomes true when it was replaced. 0 or -errno: -ENOSPC for one too many.
 */
int sigbus_guard(void *base, size_t size, atomic_bool *broken);
void sigbus_forget(void *base);

#endif
