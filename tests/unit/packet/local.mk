# Unit tests of src/packet.
if HAVE_CHECK
check_PROGRAMS += tests/unit/packet/test_checksum
tests_unit_packet_test_checksum_SOURCES = tests/unit/packet/test_checksum.c
tests_unit_packet_test_checksum_CFLAGS = $(unit_CFLAGS)
tests_unit_packet_test_checksum_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_packet_test_checksum_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/packet/test_field
tests_unit_packet_test_field_SOURCES = tests/unit/packet/test_field.c
tests_unit_packet_test_field_CFLAGS = $(unit_CFLAGS)
tests_unit_packet_test_field_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_packet_test_field_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/packet/test_frame
tests_unit_packet_test_frame_SOURCES = tests/unit/packet/test_frame.c
tests_unit_packet_test_frame_CFLAGS = $(unit_CFLAGS)
tests_unit_packet_test_frame_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_packet_test_frame_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/packet/test_policy
tests_unit_packet_test_policy_SOURCES = tests/unit/packet/test_policy.c
tests_unit_packet_test_policy_CFLAGS = $(unit_CFLAGS)
tests_unit_packet_test_policy_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_packet_test_policy_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/packet/test_signature
tests_unit_packet_test_signature_SOURCES = tests/unit/packet/test_signature.c
tests_unit_packet_test_signature_CFLAGS = $(unit_CFLAGS)
tests_unit_packet_test_signature_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_packet_test_signature_LDADD = $(unit_LDADD)
endif
