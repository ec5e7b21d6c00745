# api: over an engine without devices, which takes the place of the one in libpktgend.a.
if HAVE_CHECK
api_fake = tests/unit/api/fake_engine.c tests/unit/api/fake_engine.h

check_PROGRAMS += tests/unit/api/test_connection
tests_unit_api_test_connection_SOURCES = tests/unit/api/test_connection.c tests/unit/api/house.h \
	$(api_fake)
tests_unit_api_test_connection_CFLAGS = $(unit_CFLAGS)
tests_unit_api_test_connection_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_api_test_connection_LDADD = $(unit_LDADD)

check_PROGRAMS += tests/unit/api/test_discover
tests_unit_api_test_discover_SOURCES = tests/unit/api/test_discover.c $(api_fake)
tests_unit_api_test_discover_CFLAGS = $(unit_CFLAGS)
tests_unit_api_test_discover_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_api_test_discover_LDADD = $(unit_LDADD)

check_PROGRAMS += tests/unit/api/test_method
tests_unit_api_test_method_SOURCES = tests/unit/api/test_method.c tests/unit/api/client.h $(api_fake)
tests_unit_api_test_method_CFLAGS = $(unit_CFLAGS)
tests_unit_api_test_method_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_api_test_method_LDADD = $(unit_LDADD)

check_PROGRAMS += tests/unit/api/test_param
tests_unit_api_test_param_SOURCES = tests/unit/api/test_param.c $(api_fake)
tests_unit_api_test_param_CFLAGS = $(unit_CFLAGS)
tests_unit_api_test_param_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_api_test_param_LDADD = $(unit_LDADD)

check_PROGRAMS += tests/unit/api/test_rpc
tests_unit_api_test_rpc_SOURCES = tests/unit/api/test_rpc.c tests/unit/api/client.h $(api_fake)
tests_unit_api_test_rpc_CFLAGS = $(unit_CFLAGS)
tests_unit_api_test_rpc_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_api_test_rpc_LDADD = $(unit_LDADD)

check_PROGRAMS += tests/unit/api/test_server
tests_unit_api_test_server_SOURCES = tests/unit/api/test_server.c tests/unit/api/house.h $(api_fake)
tests_unit_api_test_server_CFLAGS = $(unit_CFLAGS)
tests_unit_api_test_server_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_api_test_server_LDADD = $(unit_LDADD)

check_PROGRAMS += tests/unit/api/test_stats_json
tests_unit_api_test_stats_json_SOURCES = tests/unit/api/test_stats_json.c $(api_fake)
tests_unit_api_test_stats_json_CFLAGS = $(unit_CFLAGS)
tests_unit_api_test_stats_json_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_api_test_stats_json_LDADD = $(unit_LDADD)
endif
