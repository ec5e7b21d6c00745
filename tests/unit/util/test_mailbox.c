/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * util/mailbox: the hand-over as the daemon uses it. A poster posts and frees, a worker adopts; the
 * sanitizers say whether anything is used after it was freed or raced for.
 */
#include "unit.h"
#include "util/mailbox.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#define POSTS       20000
#define WORDS       16
#define OUTSTANDING 64 /* messages that the poster keeps at most */

struct plan {
	struct mailbox_message message;
	bool last;
	uint64_t words[WORDS]; /* all equal to the generation */
};

struct seen {
	struct mailbox *box;
	uint64_t adoptions, out_of_order, torn;
};

static void *work(void *argument)
{
	struct seen *seen = argument;
	const struct mailbox_message *current = NULL;

	for (;;) {
		const struct mailbox_message *next = mailbox_look(seen->box, current);
		const struct plan *plan;

		if (next) {
			seen->out_of_order += current && next->generation <= current->generation;
			seen->adoptions++;
			current = next;
			mailbox_publish(seen->box, current->generation);
		}
		if (!current) {
			sched_yield();
			continue;
		}
		/* one burst */
		plan = (const struct plan *)current;
		for (unsigned i = 0; i < WORDS; i++)
			seen->torn += plan->words[i] != plan->message.generation;
		if (plan->last)
			return NULL;
		if (!next)
			sched_yield();
	}
}

static struct plan *make_plan(uint64_t generation)
{
	struct plan *plan = malloc(sizeof(*plan));

	ck_assert_ptr_nonnull(plan);
	plan->message.generation = generation;
	plan->last = generation == POSTS;
	for (unsigned i = 0; i < WORDS; i++)
		plan->words[i] = generation;
	return plan;
}

/* Frees what is older than the adopted generation; returns the oldest that is left. */
static uint64_t free_passed(struct plan **posted, uint64_t oldest, uint64_t adopted)
{
	for (; oldest < adopted; oldest++) {
		struct plan *plan = posted[oldest % OUTSTANDING];

		ck_assert_uint_eq(plan->message.generation, oldest);
		memset(plan, 0xee, sizeof(*plan));
		free(plan);
	}
	return oldest;
}

START_TEST(nothing_is_freed_while_it_is_used)
{
	struct plan *posted[OUTSTANDING];
	struct mailbox box = {.adopted = 0};
	struct seen seen = {.box = &box};
	uint64_t oldest = 1;
	pthread_t worker;

	ck_assert_int_eq(pthread_create(&worker, NULL, work, &seen), 0);
	for (uint64_t generation = 1; generation <= POSTS; generation++) {
		struct plan *plan = make_plan(generation);

		while (generation - oldest >= OUTSTANDING) {
			oldest = free_passed(posted, oldest, mailbox_adopted(&box));
			sched_yield();
		}
		posted[generation % OUTSTANDING] = plan;
		mailbox_post(&box, &plan->message);
	}
	ck_assert_int_eq(pthread_join(worker, NULL), 0);
	ck_assert_uint_eq(mailbox_adopted(&box), POSTS);
	oldest = free_passed(posted, oldest, POSTS);
	ck_assert_uint_eq(oldest, POSTS);
	free(posted[POSTS % OUTSTANDING]);
	ck_assert_uint_eq(seen.torn, 0);
	ck_assert_uint_eq(seen.out_of_order, 0);
	/* the bound on outstanding messages forces an adoption at least that often */
	ck_assert_uint_ge(seen.adoptions, POSTS / OUTSTANDING);
	ck_assert_uint_le(seen.adoptions, POSTS);
}
END_TEST

START_TEST(only_the_newest_is_seen_and_only_once)
{
	struct mailbox_message first = {1}, second = {2};
	struct mailbox box = {.adopted = 0};

	ck_assert_ptr_null(mailbox_look(&box, NULL));
	ck_assert_uint_eq(mailbox_adopted(&box), 0);
	mailbox_post(&box, &first);
	mailbox_post(&box, &second);
	ck_assert_ptr_eq(mailbox_look(&box, NULL), &second);
	ck_assert_uint_eq(mailbox_adopted(&box), 0); /* looking is not adopting */
	mailbox_publish(&box, second.generation);
	ck_assert_uint_eq(mailbox_adopted(&box), 2);
	ck_assert_ptr_null(mailbox_look(&box, &second));
}
END_TEST

UNIT_SUITE("util/mailbox", nothing_is_freed_while_it_is_used, only_the_newest_is_seen_and_only_once)
