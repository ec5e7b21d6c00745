# Unit tests of src/netdev.
if HAVE_CHECK
netdev_veth = tests/unit/netdev/netns.c \
	tests/unit/netdev/netns.h \
	tests/unit/netdev/veth.c \
	tests/unit/netdev/veth.h
check_PROGRAMS += tests/unit/netdev/test_memory
tests_unit_netdev_test_memory_SOURCES = tests/unit/netdev/test_memory.c
tests_unit_netdev_test_memory_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_test_memory_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_test_memory_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/test_null
tests_unit_netdev_test_null_SOURCES = tests/unit/netdev/test_null.c
tests_unit_netdev_test_null_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_test_null_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_test_null_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/test_packet
tests_unit_netdev_test_packet_SOURCES = tests/unit/netdev/test_packet.c $(netdev_veth)
tests_unit_netdev_test_packet_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_test_packet_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_test_packet_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/test_packet_rx
tests_unit_netdev_test_packet_rx_SOURCES = tests/unit/netdev/test_packet_rx.c $(netdev_veth)
tests_unit_netdev_test_packet_rx_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_test_packet_rx_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_test_packet_rx_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/test_packet_tx
tests_unit_netdev_test_packet_tx_SOURCES = tests/unit/netdev/test_packet_tx.c $(netdev_veth)
tests_unit_netdev_test_packet_tx_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_test_packet_tx_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_test_packet_tx_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/test_registry
tests_unit_netdev_test_registry_SOURCES = tests/unit/netdev/test_registry.c
tests_unit_netdev_test_registry_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_test_registry_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_test_registry_LDADD = $(unit_LDADD)
endif
