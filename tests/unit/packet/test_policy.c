/* SPDX-License-Identifier: BSD-2-Clause */
/* packet/policy: the spellings that users type, and the way back from one to its number. */
#include "packet/policy.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

START_TEST(every_choice_is_spelled_as_documented)
{
	ck_assert_str_eq(policy_build_names[POLICY_BUILD_GENERATE], "generate");
	ck_assert_str_eq(policy_build_names[POLICY_BUILD_COPY], "copy");
	ck_assert_str_eq(policy_build_names[POLICY_BUILD_ZEROCOPY], "zerocopy");
	ck_assert_str_eq(policy_alloc_names[POLICY_ALLOC_POOL], "pool");
	ck_assert_str_eq(policy_alloc_names[POLICY_ALLOC_HEAP], "heap");
	ck_assert_str_eq(policy_on_full_names[POLICY_ON_FULL_RETRY], "retry");
	ck_assert_str_eq(policy_on_full_names[POLICY_ON_FULL_DROP], "drop");
	ck_assert_str_eq(policy_mode_names[POLICY_MODE_AUTO], "auto");
	ck_assert_str_eq(policy_mode_names[POLICY_MODE_TX], "tx");
	ck_assert_str_eq(policy_mode_names[POLICY_MODE_RX], "rx");
	ck_assert_str_eq(policy_mode_names[POLICY_MODE_BOTH], "both");
}
END_TEST

static void goes_there_and_back(const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ck_assert_ptr_nonnull(names[i]);
		ck_assert_int_eq(policy_from_name(names, n, names[i]), (int)i);
	}
}

START_TEST(every_name_finds_its_number)
{
	goes_there_and_back(policy_build_names, POLICY_BUILD_COUNT);
	goes_there_and_back(policy_alloc_names, POLICY_ALLOC_COUNT);
	goes_there_and_back(policy_on_full_names, POLICY_ON_FULL_COUNT);
	goes_there_and_back(policy_mode_names, POLICY_MODE_COUNT);
}
END_TEST

START_TEST(only_a_whole_name_counts)
{
	static const char *const wrong[] = {"", "cop", "copyx", "Copy", " copy", "copy ", "pool"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_int_eq(policy_from_name(policy_build_names, POLICY_BUILD_COUNT, wrong[i]),
			-EINVAL);
	/* n is the end: a name behind it is not found */
	ck_assert_int_eq(policy_from_name(policy_build_names, 1, "copy"), -EINVAL);
	ck_assert_int_eq(policy_from_name(policy_build_names, 0, "generate"), -EINVAL);
}
END_TEST

UNIT_SUITE("packet/policy", every_choice_is_spelled_as_documented, every_name_finds_its_number,
	only_a_whole_name_counts)
