/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network namespace of the test's own, which goes away with the process: as root, or without root
 * inside a user namespace.
 */
#ifndef NETNS_H
#define NETNS_H

/*
 * Whether tests can have one. If not says why, for a line "SKIP: …", and the program should exit
 * with NETNS_SKIPPED, which make check shows. Call it first of all in main(): it may make this
 * process root of a user namespace of its own.
 */
#define NETNS_SKIPPED 77
const char *netns_unavailable(void);

/* Moves into a new, empty one. */
void netns_enter(void);

/* Runs `ip` with these words; the test fails when ip does. */
void netns_ip(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
