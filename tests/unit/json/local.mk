# Unit tests of json.
if HAVE_CHECK
check_PROGRAMS += \
	tests/unit/json/test_json \
	tests/unit/json/test_text
tests_unit_json_test_json_SOURCES = tests/unit/json/test_json.c
tests_unit_json_test_json_CFLAGS = $(unit_CFLAGS)
tests_unit_json_test_json_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_json_test_json_LDADD = $(unit_LDADD)
tests_unit_json_test_text_SOURCES = tests/unit/json/test_text.c
tests_unit_json_test_text_CFLAGS = $(unit_CFLAGS)
tests_unit_json_test_text_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_json_test_text_LDADD = $(unit_LDADD)
endif
