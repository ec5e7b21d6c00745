# snapshot.*: what a scrape of the fake engine's figures must be.
EXTRA_DIST += tests/unit/metrics/snapshot.prom tests/unit/metrics/snapshot.openmetrics
if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/metrics/test_accept \
	tests/unit/metrics/test_exposition \
	tests/unit/metrics/test_http \
	tests/unit/metrics/test_listen \
	tests/unit/metrics/test_page \
	tests/unit/metrics/test_process

metrics_fake_engine = tests/unit/metrics/fake_engine.c tests/unit/metrics/fake_engine.h

tests_unit_metrics_test_accept_SOURCES = tests/unit/metrics/test_accept.c
tests_unit_metrics_test_accept_CFLAGS = $(unit_CFLAGS)
tests_unit_metrics_test_accept_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_metrics_test_accept_LDADD = $(unit_LDADD)

tests_unit_metrics_test_exposition_SOURCES = tests/unit/metrics/test_exposition.c $(metrics_fake_engine)
tests_unit_metrics_test_exposition_CFLAGS = $(unit_CFLAGS)
tests_unit_metrics_test_exposition_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_metrics_test_exposition_LDADD = $(unit_LDADD)

tests_unit_metrics_test_http_SOURCES = tests/unit/metrics/test_http.c $(metrics_fake_engine)
tests_unit_metrics_test_http_CFLAGS = $(unit_CFLAGS)
tests_unit_metrics_test_http_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_metrics_test_http_LDADD = $(unit_LDADD)

tests_unit_metrics_test_listen_SOURCES = tests/unit/metrics/test_listen.c
tests_unit_metrics_test_listen_CFLAGS = $(unit_CFLAGS)
tests_unit_metrics_test_listen_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_metrics_test_listen_LDADD = $(unit_LDADD)

tests_unit_metrics_test_page_SOURCES = tests/unit/metrics/test_page.c $(metrics_fake_engine)
tests_unit_metrics_test_page_CFLAGS = $(unit_CFLAGS)
tests_unit_metrics_test_page_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_metrics_test_page_LDADD = $(unit_LDADD)

tests_unit_metrics_test_process_SOURCES = tests/unit/metrics/test_process.c
tests_unit_metrics_test_process_CFLAGS = $(unit_CFLAGS)
tests_unit_metrics_test_process_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_metrics_test_process_LDADD = $(unit_LDADD)
endif
