/* SPDX-License-Identifier: BSD-2-Clause */
/* util/cpu: the choice on machines that are made up, and pinning on this one. */
#define _GNU_SOURCE 1 /* sched_getcpu */
#include "unit.h"
#include "util/cpu.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

static struct cpu_machine machine(const char *usable, const char *isolated)
{
	struct cpu_machine made = {0};

	ck_assert_int_eq(cpu_parse_list(usable, made.usable), 0);
	ck_assert_int_eq(cpu_parse_list(isolated, made.isolated), 0);
	return made;
}

/* used is one digit per CPU: "0120" */
static int choose(const char *usable, const char *isolated, int wanted, const char *used, char *why)
{
	struct cpu_machine made = machine(usable, isolated);
	unsigned counts[16], n = (unsigned)strlen(used);

	for (unsigned i = 0; i < n; i++)
		counts[i] = (unsigned)(used[i] - '0');
	return cpu_choose_on(&made, wanted, counts, n, why, 128);
}

START_TEST(lists_are_the_kernels)
{
	bool cpus[CPU_MAX] = {false};

	ck_assert_int_eq(cpu_parse_list("1-3,8\n", cpus), 0);
	for (unsigned i = 0; i < CPU_MAX; i++)
		ck_assert_int_eq(cpus[i], (i >= 1 && i <= 3) || i == 8);
	ck_assert_int_eq(cpu_parse_list("1023", cpus), 0);
	ck_assert(cpus[1023] && !cpus[1]);
	ck_assert_int_eq(cpu_parse_list("\n", cpus), 0);
	ck_assert(!cpus[1023]);
	ck_assert_int_eq(cpu_parse_list("", cpus), 0);
}
END_TEST

START_TEST(bad_lists_are_refused_untouched)
{
	const char *const bad[] = {"x", "1,", ",1", "1-", "-1", "3-1", "1-2-3", "1024", "1 2",
		"0-9999999999", "18446744073709551616", "(null)", "1,,2"};
	bool cpus[CPU_MAX] = {[5] = true};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(cpu_parse_list(bad[i], cpus) == -EINVAL, "%s", bad[i]);
	ck_assert(cpus[5] && !cpus[1]);
}
END_TEST

START_TEST(auto_takes_the_emptiest_then_isolated_then_not_zero)
{
	char why[128];

	ck_assert_int_eq(choose("0-3", "", CPU_AUTO, "0000", why), 1);
	ck_assert_str_eq(why, "CPU 1, chosen from 0-3: not isolated, no other worker on it");
	ck_assert_int_eq(choose("0-3", "", CPU_AUTO, "0100", why), 2);
	ck_assert_int_eq(choose("0-3", "", CPU_AUTO, "0111", why), 0);
	ck_assert_int_eq(choose("0-3", "", CPU_AUTO, "1111", why), 1);
	ck_assert_str_eq(why, "CPU 1, chosen from 0-3: not isolated, shared with 1 other worker");
	ck_assert_int_eq(choose("0-3", "2-3", CPU_AUTO, "0000", why), 2);
	ck_assert_str_eq(why, "CPU 2, chosen from 0-3: isolated, no other worker on it");
	ck_assert_int_eq(choose("0-3", "2-3", CPU_AUTO, "0011", why), 1);
	ck_assert_int_eq(choose("0-3", "0", CPU_AUTO, "0000", why), 0);
	ck_assert_int_eq(choose("0,2,5-6", "3", CPU_AUTO, "000", why), 2);
	ck_assert_str_eq(why, "CPU 2, chosen from 0,2,5-6: not isolated, no other worker on it");
	ck_assert_int_eq(choose("0,2,5-6", "", CPU_AUTO, "001", why), 5); /* beyond used: empty */
	ck_assert_int_eq(choose("0", "", CPU_AUTO, "7", why), 0);
	ck_assert_str_eq(why, "CPU 0, chosen from 0: not isolated, shared with 7 other workers");
}
END_TEST

START_TEST(a_wish_is_met_or_refused)
{
	char why[128];

	ck_assert_int_eq(choose("0-3", "", 0, "2000", why), 0);
	ck_assert_str_eq(why, "CPU 0, as configured: not isolated, shared with 2 other workers");
	ck_assert_int_eq(choose("0-3", "", 4, "0000", why), -EINVAL);
	ck_assert_str_eq(why, "CPU 4 is not usable; usable: 0-3");
	ck_assert_int_eq(choose("0,3", "1", 1, "0000", why), -EINVAL);
	ck_assert_int_eq(choose("0-3", "", -2, "0000", why), -EINVAL);
	ck_assert_int_eq(choose("0-3", "", CPU_MAX, "0000", why), -EINVAL);
	ck_assert_int_eq(choose("", "", CPU_AUTO, "0000", why), -EINVAL);
}
END_TEST

START_TEST(sentences_are_cut_to_fit)
{
	struct cpu_machine many = {0};
	char why[16];

	for (unsigned i = 0; i < CPU_MAX; i += 2)
		many.usable[i] = true;
	ck_assert_int_eq(cpu_choose_on(&many, CPU_AUTO, NULL, 0, why, sizeof(why)), 2);
	ck_assert_str_eq(why, "CPU 2, chosen f");
	ck_assert_int_eq(cpu_choose_on(&many, 1, NULL, 0, why, sizeof(why)), -EINVAL);
}
END_TEST

START_TEST(this_machine_can_be_pinned)
{
	unsigned used[CPU_MAX] = {0};
	char why[128];
	int cpu = cpu_choose(CPU_AUTO, used, CPU_MAX, why, sizeof(why));

	ck_assert_int_ge(cpu, 0);
	ck_assert_uint_ge(cpu_usable_count(), 1);
	ck_assert_int_eq(cpu_pin(pthread_self(), (unsigned)cpu), 0);
	ck_assert_int_eq(sched_getcpu(), cpu);
	ck_assert_uint_eq(cpu_usable_count(), 1);
	ck_assert_int_eq(cpu_choose(cpu, used, CPU_MAX, why, sizeof(why)), cpu);
	ck_assert_int_eq(cpu_pin(pthread_self(), CPU_SETSIZE), -EINVAL);
	ck_assert_int_eq(cpu_pin(pthread_self(), CPU_SETSIZE - 1), -EINVAL);
}
END_TEST

UNIT_SUITE("util/cpu", lists_are_the_kernels, bad_lists_are_refused_untouched,
	auto_takes_the_emptiest_then_isolated_then_not_zero, a_wish_is_met_or_refused,
	sentences_are_cut_to_fit, this_machine_can_be_pinned)
