# Unit tests of src/engine.
if HAVE_CHECK
engine_fixture = tests/unit/engine/fixture.c \
	tests/unit/engine/fixture.h \
	tests/unit/netdev/netns.c \
	tests/unit/netdev/netns.h
check_PROGRAMS += tests/unit/engine/test_capture
tests_unit_engine_test_capture_SOURCES = tests/unit/engine/test_capture.c $(engine_fixture)
tests_unit_engine_test_capture_CFLAGS = $(unit_CFLAGS)
tests_unit_engine_test_capture_CPPFLAGS = $(unit_CPPFLAGS) -I$(top_srcdir)/tests/unit/netdev
tests_unit_engine_test_capture_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/engine/test_engine
tests_unit_engine_test_engine_SOURCES = tests/unit/engine/test_engine.c $(engine_fixture)
tests_unit_engine_test_engine_CFLAGS = $(unit_CFLAGS)
tests_unit_engine_test_engine_CPPFLAGS = $(unit_CPPFLAGS) -I$(top_srcdir)/tests/unit/netdev
tests_unit_engine_test_engine_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/engine/test_flow
tests_unit_engine_test_flow_SOURCES = tests/unit/engine/test_flow.c $(engine_fixture)
tests_unit_engine_test_flow_CFLAGS = $(unit_CFLAGS)
tests_unit_engine_test_flow_CPPFLAGS = $(unit_CPPFLAGS) -I$(top_srcdir)/tests/unit/netdev
tests_unit_engine_test_flow_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/engine/test_link_monitor
tests_unit_engine_test_link_monitor_SOURCES = tests/unit/engine/test_link_monitor.c $(engine_fixture)
tests_unit_engine_test_link_monitor_CFLAGS = $(unit_CFLAGS)
tests_unit_engine_test_link_monitor_CPPFLAGS = $(unit_CPPFLAGS) -I$(top_srcdir)/tests/unit/netdev
tests_unit_engine_test_link_monitor_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/engine/test_port
tests_unit_engine_test_port_SOURCES = tests/unit/engine/test_port.c $(engine_fixture)
tests_unit_engine_test_port_CFLAGS = $(unit_CFLAGS)
tests_unit_engine_test_port_CPPFLAGS = $(unit_CPPFLAGS) -I$(top_srcdir)/tests/unit/netdev
tests_unit_engine_test_port_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/engine/test_port_run
tests_unit_engine_test_port_run_SOURCES = tests/unit/engine/test_port_run.c $(engine_fixture)
tests_unit_engine_test_port_run_CFLAGS = $(unit_CFLAGS)
tests_unit_engine_test_port_run_CPPFLAGS = $(unit_CPPFLAGS) -I$(top_srcdir)/tests/unit/netdev
tests_unit_engine_test_port_run_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/engine/test_route
tests_unit_engine_test_route_SOURCES = tests/unit/engine/test_route.c $(engine_fixture)
tests_unit_engine_test_route_CFLAGS = $(unit_CFLAGS)
tests_unit_engine_test_route_CPPFLAGS = $(unit_CPPFLAGS) -I$(top_srcdir)/tests/unit/netdev
tests_unit_engine_test_route_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/engine/test_snapshot
tests_unit_engine_test_snapshot_SOURCES = tests/unit/engine/test_snapshot.c $(engine_fixture)
tests_unit_engine_test_snapshot_CFLAGS = $(unit_CFLAGS)
tests_unit_engine_test_snapshot_CPPFLAGS = $(unit_CPPFLAGS) -I$(top_srcdir)/tests/unit/netdev
tests_unit_engine_test_snapshot_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/engine/test_traffic
tests_unit_engine_test_traffic_SOURCES = tests/unit/engine/test_traffic.c $(engine_fixture)
tests_unit_engine_test_traffic_CFLAGS = $(unit_CFLAGS)
tests_unit_engine_test_traffic_CPPFLAGS = $(unit_CPPFLAGS) -I$(top_srcdir)/tests/unit/netdev
tests_unit_engine_test_traffic_LDADD = $(unit_LDADD)
endif
