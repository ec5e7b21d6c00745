# Fuzz targets: built by name only, with clang and its fuzzer; the suite runs each for a short while.
EXTRA_PROGRAMS += tests/fuzz/fuzz_rpc
tests_fuzz_fuzz_rpc_SOURCES = tests/fuzz/fuzz_rpc.c tests/unit/api/fake_engine.c
tests_fuzz_fuzz_rpc_CFLAGS = $(libpktgend_a_CFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_rpc_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_rpc_LDADD = $(pktgend_LIBS)
EXTRA_PROGRAMS += tests/fuzz/fuzz_vhost
tests_fuzz_fuzz_vhost_SOURCES = tests/fuzz/fuzz_vhost.c
tests_fuzz_fuzz_vhost_CFLAGS = $(libpktgend_a_CFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_vhost_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_vhost_LDADD = $(pktgend_LIBS)
EXTRA_DIST += tests/fuzz/corpus
EXTRA_PROGRAMS += tests/fuzz/fuzz_ring
tests_fuzz_fuzz_ring_SOURCES = tests/fuzz/fuzz_ring.c
tests_fuzz_fuzz_ring_CFLAGS = $(libpktgend_a_CFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_ring_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_ring_LDADD = $(pktgend_LIBS)
