/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a command did not succeed: the exit status of pktgenctl, and the error object that --json
 * prints.
 *
 * The document has the shape of a JSON-RPC error, {code, message, data: {reason, param, hint}},
 * whether the daemon sent it or pktgenctl found the fault itself. The daemon's codes are negative;
 * the code of a fault found here is the exit status. Wrong usage has the line of usage in data as
 * well.
 */
#ifndef CTL_FAILURE_H
#define CTL_FAILURE_H

#include <cjson/cJSON.h>

enum ctl_exit {
	CTL_DONE,
	CTL_FAILED,
	CTL_USAGE,
	CTL_UNREACHABLE,
	CTL_NOT_PERMITTED,
	CTL_REFUSED,
	CTL_NOT_RUNNING,
	CTL_DEVICE,
	CTL_EXIT_COUNT
};

/* What each status means, for --help. */
extern const char *const ctl_exit_meanings[CTL_EXIT_COUNT];

struct failure {
	enum ctl_exit status; /* CTL_DONE: nothing is wrong, and there is no document */
	cJSON *document;
};

/* Fills *failure (which must be empty) and returns status. param may be NULL. */
int failure_set(struct failure *failure, enum ctl_exit status, const char *param,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds the remedy to a failure that is already set. */
void failure_hint(struct failure *failure, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Takes over the error object that the daemon sent. Returns the status that it stands for. */
int failure_from_remote(struct failure *failure, cJSON *error);

/* A member of the document's data ("reason", "param", "hint", "usage"), "" when it is absent. */
const char *failure_data(const cJSON *document, const char *key);

/* Empties *failure. */
void failure_fini(struct failure *failure);

#endif
