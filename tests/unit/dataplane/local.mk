# Unit tests of src/dataplane.
if HAVE_CHECK
dataplane_fake = tests/unit/dataplane/fake_netdev.c \
	tests/unit/dataplane/fake_netdev.h \
	tests/unit/wait.h
dataplane_run = tests/unit/dataplane/run_fixture.h $(dataplane_fake)
dataplane_worker = $(dataplane_fake) \
	tests/unit/dataplane/worker_fixture.c \
	tests/unit/dataplane/worker_fixture.h
check_PROGRAMS += tests/unit/dataplane/test_mempool
tests_unit_dataplane_test_mempool_SOURCES = tests/unit/dataplane/test_mempool.c
tests_unit_dataplane_test_mempool_CFLAGS = $(unit_CFLAGS)
tests_unit_dataplane_test_mempool_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_dataplane_test_mempool_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/dataplane/test_pacer
tests_unit_dataplane_test_pacer_SOURCES = tests/unit/dataplane/test_pacer.c
tests_unit_dataplane_test_pacer_CFLAGS = $(unit_CFLAGS)
tests_unit_dataplane_test_pacer_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_dataplane_test_pacer_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/dataplane/test_run
tests_unit_dataplane_test_run_SOURCES = tests/unit/dataplane/test_run.c $(dataplane_run)
tests_unit_dataplane_test_run_CFLAGS = $(unit_CFLAGS)
tests_unit_dataplane_test_run_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_dataplane_test_run_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/dataplane/test_run_buffers
tests_unit_dataplane_test_run_buffers_SOURCES = \
	tests/unit/dataplane/test_run_buffers.c $(dataplane_run)
tests_unit_dataplane_test_run_buffers_CFLAGS = $(unit_CFLAGS)
tests_unit_dataplane_test_run_buffers_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_dataplane_test_run_buffers_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/dataplane/test_worker
tests_unit_dataplane_test_worker_SOURCES = tests/unit/dataplane/test_worker.c $(dataplane_worker)
tests_unit_dataplane_test_worker_CFLAGS = $(unit_CFLAGS)
tests_unit_dataplane_test_worker_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_dataplane_test_worker_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/dataplane/test_worker_rx
tests_unit_dataplane_test_worker_rx_SOURCES = tests/unit/dataplane/test_worker_rx.c $(dataplane_worker)
tests_unit_dataplane_test_worker_rx_CFLAGS = $(unit_CFLAGS)
tests_unit_dataplane_test_worker_rx_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_dataplane_test_worker_rx_LDADD = $(unit_LDADD)
endif
