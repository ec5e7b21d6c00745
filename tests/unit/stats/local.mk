if HAVE_CHECK
check_PROGRAMS += tests/unit/stats/test_sequence tests/unit/stats/test_snapshot

tests_unit_stats_test_sequence_SOURCES = tests/unit/stats/test_sequence.c
tests_unit_stats_test_sequence_CFLAGS = $(unit_CFLAGS)
tests_unit_stats_test_sequence_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_stats_test_sequence_LDADD = $(unit_LDADD)

tests_unit_stats_test_snapshot_SOURCES = tests/unit/stats/test_snapshot.c
tests_unit_stats_test_snapshot_CFLAGS = $(unit_CFLAGS)
tests_unit_stats_test_snapshot_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_stats_test_snapshot_LDADD = $(unit_LDADD)
endif
