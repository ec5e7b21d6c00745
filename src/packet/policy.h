/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The choices of a run that the packet-generator tutorial of Unikraft's uknetdev compares: how a
 * frame is made, where its buffer comes from, and what happens when the device takes no more.
 */
#ifndef PACKET_POLICY_H
#define PACKET_POLICY_H

#include <stddef.h>

enum policy_build {
	POLICY_BUILD_GENERATE, /* every header and checksum anew for each frame */
	POLICY_BUILD_COPY,     /* copy a prepared frame, write what varies */
	POLICY_BUILD_ZEROCOPY, /* keep prepared buffers, write only what varies */
	POLICY_BUILD_COUNT
};

enum policy_alloc {
	POLICY_ALLOC_POOL, /* from the port's memory pool */
	POLICY_ALLOC_HEAP, /* malloc() and free() for each frame: there to be compared with */
	POLICY_ALLOC_COUNT
};

enum policy_on_full {
	POLICY_ON_FULL_RETRY, /* offer the same frames again: none is lost, the rate gives way */
	POLICY_ON_FULL_DROP,  /* count them as dropped and go on: the rate holds, frames are lost */
	POLICY_ON_FULL_COUNT
};

/* Which directions of a port a run uses. */
enum policy_mode {
	POLICY_MODE_AUTO, /* tx where the port has flows, else rx */
	POLICY_MODE_TX,
	POLICY_MODE_RX,
	POLICY_MODE_BOTH,
	POLICY_MODE_COUNT
};

/* Spellings, indexed by the enums above. */
extern const char *const policy_build_names[POLICY_BUILD_COUNT];
extern const char *const policy_alloc_names[POLICY_ALLOC_COUNT];
extern const char *const policy_on_full_names[POLICY_ON_FULL_COUNT];
extern const char *const policy_mode_names[POLICY_MODE_COUNT];

/* The index of name among names, or -EINVAL. */
int policy_from_name(const char *const *names, size_t n, const char *name);

#endif
