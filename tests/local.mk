# tests: the suite around the unit tests. `make check` runs those; the rest has targets of its own.
EXTRA_DIST += \
	tests/demo \
	tests/run-suite \
	tests/functional/conftest.py \
	tests/functional/forwarder.py \
	tests/functional/harness/__init__.py \
	tests/functional/harness/capture.py \
	tests/functional/harness/daemon.py \
	tests/functional/harness/namespace.py \
	tests/functional/harness/rpc.py \
	tests/functional/paper_daemon.py \
	tests/functional/pytest.ini \
	tests/functional/run \
	tests/functional/test_capture.py \
	tests/functional/test_config.py \
	tests/functional/test_counts.py \
	tests/functional/test_ctl.py \
	tests/functional/test_ctl_live.py \
	tests/functional/test_daemon.py \
	tests/functional/test_default_route.py \
	tests/functional/test_fields.py \
	tests/functional/test_interfaces.py \
	tests/functional/test_link.py \
	tests/functional/test_measure.py \
	tests/functional/test_metrics.py \
	tests/functional/test_options.py \
	tests/functional/test_rates.py \
	tests/functional/test_rpc.py \
	tests/functional/test_sizes.py \
	tests/functional/test_vhost_device.py \
	tests/functional/traffic.py \
	tests/lint/includes.py \
	tests/lint/run \
	tests/lint/sizes.py \
	tests/lint/tree.py

.PHONY: check-functional check-lint
check-functional: all
	$(top_srcdir)/tests/functional/run .
check-lint:
	$(top_srcdir)/tests/lint/run
