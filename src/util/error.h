/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What went wrong, said once and completely.
 *
 * A function that can fail for reasons a person must understand takes a struct error *, fills it
 * with error_set() and returns -errno. The struct travels unchanged to whoever asked: the control
 * socket sends it as {reason, param, hint}, pktgenctl turns the reason into its exit status.
 * Plain storage, no allocation; usable from any thread.
 */
#ifndef UTIL_ERROR_H
#define UTIL_ERROR_H

/* Classes of failure; a class decides the JSON-RPC code and pktgenctl's exit status. */
enum error_reason {
	ERROR_NONE,
	ERROR_INVALID,       /* a parameter or a setting has a bad value */
	ERROR_NOT_FOUND,     /* no port, flow or method of that name */
	ERROR_EXISTS,        /* the name is taken */
	ERROR_BUSY,          /* not while traffic runs */
	ERROR_NOT_RUNNING,   /* needs running traffic */
	ERROR_NOT_PERMITTED, /* the caller, or the daemon, lacks the privilege */
	ERROR_NEEDS_FORCE,   /* dangerous, and "force" was not given */
	ERROR_UNSUPPORTED,   /* the backend or the device cannot do it */
	ERROR_LINK_DOWN,     /* the link is down */
	ERROR_DEVICE,        /* the device refused, or is gone */
	ERROR_LIMIT,         /* a published limit is reached */
	ERROR_INTERNAL,      /* the daemon's own fault, or the system is out of something */
	ERROR_REASON_COUNT
};

struct error {
	enum error_reason reason;
	char param[64];    /* which parameter or setting; "" when none is to blame */
	char message[512]; /* one sentence, no newline, no full stop */
	char hint[256];    /* what to type or change; "" when there is nothing to say */
};

/* Fills *err (param may be NULL) and returns -err_no, for "return error_set(…)". */
int error_set(struct error *err, int err_no, enum error_reason reason, const char *param,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Adds the remedy to an error that is already set. */
void error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "invalid", "not-found", … : the reason as the control socket spells it. */
const char *error_reason_name(enum error_reason reason);

/* The reason that has that name, ERROR_NONE when there is none. */
enum error_reason error_reason_from_name(const char *name);

#endif
