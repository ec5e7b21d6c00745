# The benchmark: built and run by `make bench` only. BENCH_ARGS="--quick", "--part tx", "--help".
bench_tools = tests/bench/xdp-sink tests/bench/live-source
EXTRA_PROGRAMS += $(bench_tools)
tests_bench_xdp_sink_SOURCES = tests/bench/xdp-sink.c tests/bench/bpf_insn.h
tests_bench_live_source_SOURCES = tests/bench/live-source.c tests/bench/bpf_insn.h
CLEANFILES = $(bench_tools) bench.json
EXTRA_DIST += \
	tests/bench/run-bench \
	tests/bench/bench/__init__.py \
	tests/bench/bench/control.py \
	tests/bench/bench/daemon.py \
	tests/bench/bench/ends.py \
	tests/bench/bench/ground.py \
	tests/bench/bench/matrix.py \
	tests/bench/bench/null.py \
	tests/bench/bench/pacing.py \
	tests/bench/bench/report.py \
	tests/bench/bench/rx.py \
	tests/bench/bench/senders.py \
	tests/bench/bench/tx.py \
	tests/bench/bench/vhost.py \
	tests/bench/bench/vm.py

.PHONY: bench
bench: all $(bench_tools) $(vm_tools)
	PYTHONDONTWRITEBYTECODE=1 $(srcdir)/tests/bench/run-bench --builddir . $(BENCH_ARGS)
