/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frame of every unit test: a program with one suite, run by `make check`.
 *
 *     START_TEST(parse_takes_the_whole_string) { … } END_TEST
 *     UNIT_SUITE("util/units", parse_takes_the_whole_string, …)
 *
 * Every test has a time limit; CK_FORK=no runs them in one process, for a debugger.
 */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <stdlib.h>

/* Seconds per test; sanitizers are slow. */
#define UNIT_TIMEOUT_S 60

static inline int unit_run(const char *name, const TTest *const *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, UNIT_TIMEOUT_S);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_SUITE(name, ...) \
	int main(void) \
	{ \
		const TTest *const tests[] = {__VA_ARGS__}; \
\
		return unit_run(name, tests, sizeof(tests) / sizeof(tests[0])); \
	}

#endif
