# Unit tests of config.
if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/config/test_config \
	tests/unit/config/test_file \
	tests/unit/config/test_json \
	tests/unit/config/test_setting
tests_unit_config_test_config_SOURCES = tests/unit/config/test_config.c
tests_unit_config_test_config_CFLAGS = $(unit_CFLAGS)
tests_unit_config_test_config_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_config_test_config_LDADD = $(unit_LDADD)
tests_unit_config_test_file_SOURCES = tests/unit/config/test_file.c
tests_unit_config_test_file_CFLAGS = $(unit_CFLAGS)
tests_unit_config_test_file_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_config_test_file_LDADD = $(unit_LDADD)
tests_unit_config_test_json_SOURCES = tests/unit/config/test_json.c
tests_unit_config_test_json_CFLAGS = $(unit_CFLAGS)
tests_unit_config_test_json_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_config_test_json_LDADD = $(unit_LDADD)
tests_unit_config_test_setting_SOURCES = tests/unit/config/test_setting.c
tests_unit_config_test_setting_CFLAGS = $(unit_CFLAGS)
tests_unit_config_test_setting_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_config_test_setting_LDADD = $(unit_LDADD)
endif
