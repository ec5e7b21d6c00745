/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hand-over of one pointer from the control thread to one worker, without a lock.
 *
 * The control thread posts; the worker looks between bursts, adopts what it finds and publishes the
 * generation that it adopted. Whatever was posted before that generation is then no longer used by
 * the worker and may be freed: that is the whole protocol. Posts may overtake each other; only the
 * newest is seen, so the poster keeps what it posted until mailbox_adopted() has passed it.
 */
#ifndef UTIL_MAILBOX_H
#define UTIL_MAILBOX_H

#include "util/cpu.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct mailbox {
	/* written by the control thread: pointer and generation live in one message */
	_Alignas(CPU_CACHELINE) _Atomic(const struct mailbox_message *) message;
	/* written by the worker */
	_Alignas(CPU_CACHELINE) atomic_uint_least64_t adopted;
};

/* The first member of whatever is posted. Generations grow by one with each post, from 1. */
struct mailbox_message {
	uint64_t generation;
};

/* Control thread: makes message the next to be adopted. */
static inline void mailbox_post(struct mailbox *box, const struct mailbox_message *message)
{
	atomic_store_explicit(&box->message, message, memory_order_release);
}

/* Worker: the newest message when it is not *current, else NULL. Cheap: one load when idle. */
static inline const struct mailbox_message *mailbox_look(
	struct mailbox *box, const struct mailbox_message *current)
{
	const struct mailbox_message *message =
		atomic_load_explicit(&box->message, memory_order_acquire);

	return message != current ? message : NULL;
}

/* Worker: says that nothing older than generation is used any more. */
static inline void mailbox_publish(struct mailbox *box, uint64_t generation)
{
	atomic_store_explicit(&box->adopted, generation, memory_order_release);
}

/* Control thread: the newest generation that the worker has adopted, 0 before the first. */
static inline uint64_t mailbox_adopted(struct mailbox *box)
{
	return atomic_load_explicit(&box->adopted, memory_order_acquire);
}

#endif
