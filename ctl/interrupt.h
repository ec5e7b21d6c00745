/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals as something to wait for, for the commands that go on: they end their work in order, with
 * totals printed and the terminal restored, and no handler runs at an odd moment.
 */
#ifndef CTL_INTERRUPT_H
#define CTL_INTERRUPT_H

#include <stddef.h>
#include <stdint.h>

/* Blocks the signals (0 ends the list) and returns a descriptor that is readable when one came, or
 * -1. */
int interrupt_open(const int *signals);

/* The signals that mean "end": SIGINT, SIGTERM, SIGHUP. */
int interrupt_open_end(void);

/* Takes one signal. Returns its number, 0 when there is none. Does not wait; fd may be -1. */
int interrupt_take(int fd);

/*
 * Waits until one of the descriptors is readable or the time (clock_now_ns()) has come. Returns its
 * index, or -1 for the time. Descriptors that are -1 are passed over.
 */
int interrupt_wait(const int *fds, size_t n, uint64_t until_ns);

#endif
