# Unit tests of src/plan.
if HAVE_CHECK
check_PROGRAMS += tests/unit/plan/test_plan
tests_unit_plan_test_plan_SOURCES = tests/unit/plan/test_plan.c
tests_unit_plan_test_plan_CFLAGS = $(unit_CFLAGS)
tests_unit_plan_test_plan_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_plan_test_plan_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/plan/test_rate
tests_unit_plan_test_rate_SOURCES = tests/unit/plan/test_rate.c
tests_unit_plan_test_rate_CFLAGS = $(unit_CFLAGS)
tests_unit_plan_test_rate_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_plan_test_rate_LDADD = $(unit_LDADD)
endif
