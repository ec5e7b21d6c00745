/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of the choices of a run, as options, settings and JSON spell them. Constant data. */
#include "packet/policy.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

const char *const policy_build_names[] = {
	[POLICY_BUILD_GENERATE] = "generate",
	[POLICY_BUILD_COPY] = "copy",
	[POLICY_BUILD_ZEROCOPY] = "zerocopy",
};
static_assert(sizeof(policy_build_names) / sizeof(char *) == POLICY_BUILD_COUNT, "a name each");

const char *const policy_alloc_names[] = {
	[POLICY_ALLOC_POOL] = "pool",
	[POLICY_ALLOC_HEAP] = "heap",
};
static_assert(sizeof(policy_alloc_names) / sizeof(char *) == POLICY_ALLOC_COUNT, "a name each");

const char *const policy_on_full_names[] = {
	[POLICY_ON_FULL_RETRY] = "retry",
	[POLICY_ON_FULL_DROP] = "drop",
};
static_assert(sizeof(policy_on_full_names) / sizeof(char *) == POLICY_ON_FULL_COUNT, "a name each");

const char *const policy_mode_names[] = {
	[POLICY_MODE_AUTO] = "auto",
	[POLICY_MODE_TX] = "tx",
	[POLICY_MODE_RX] = "rx",
	[POLICY_MODE_BOTH] = "both",
};
static_assert(sizeof(policy_mode_names) / sizeof(char *) == POLICY_MODE_COUNT, "a name each");

int policy_from_name(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -EINVAL;
}
