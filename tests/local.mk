# tests: the suite around the unit tests. `make check` runs those; the rest has targets of its own.
EXTRA_DIST += \
	tests/demo \
	tests/run-suite \
	tests/functional/conftest.py \
	tests/functional/harness/__init__.py \
	tests/functional/harness/capture.py \
	tests/functional/harness/daemon.py \
	tests/functional/harness/namespace.py \
	tests/functional/harness/rpc.py \
	tests/functional/pytest.ini \
	tests/functional/run \
	tests/functional/test_config.py \
	tests/functional/test_daemon.py \
	tests/functional/test_metrics.py \
	tests/functional/test_rpc.py \
	tests/lint/includes.py \
	tests/lint/run \
	tests/lint/sizes.py \
	tests/lint/tree.py

.PHONY: check-functional check-lint
check-functional: all
	$(top_srcdir)/tests/functional/run .
check-lint:
	$(top_srcdir)/tests/lint/run
