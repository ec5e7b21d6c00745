/* SPDX-License-Identifier: BSD-2-Clause */
/* A listening TCP socket from ADDR:PORT, with errors that say what to do. Control thread. */
#ifndef METRICS_LISTEN_H
#define METRICS_LISTEN_H

#include "util/error.h"

#include <stddef.h>

#define LISTEN_TEXT_SIZE 64

/*
 * Listens on ADDR:PORT or [ADDR]:PORT; addresses are numbers, port 0 lets the kernel choose.
 * Returns the socket, non-blocking and close-on-exec, or -errno with *err set.
 */
int listen_open(const char *address, struct error *err);

/* ADDR:PORT that a socket is bound to. Returns buffer. */
const char *listen_describe(int fd, char buffer[LISTEN_TEXT_SIZE]);

#endif
