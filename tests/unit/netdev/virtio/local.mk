# Unit tests of src/netdev/virtio, in the order of the alphabet.
if HAVE_CHECK
check_PROGRAMS += tests/unit/netdev/virtio/test_address
tests_unit_netdev_virtio_test_address_SOURCES = tests/unit/netdev/virtio/test_address.c
tests_unit_netdev_virtio_test_address_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_address_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_address_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_vhost_endpoint
tests_unit_netdev_virtio_test_vhost_endpoint_SOURCES = tests/unit/netdev/virtio/test_vhost_endpoint.c
tests_unit_netdev_virtio_test_vhost_endpoint_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_vhost_endpoint_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_vhost_endpoint_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_guest
tests_unit_netdev_virtio_test_guest_SOURCES = tests/unit/netdev/virtio/test_guest.c
tests_unit_netdev_virtio_test_guest_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_guest_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_guest_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_vhost_message
tests_unit_netdev_virtio_test_vhost_message_SOURCES = tests/unit/netdev/virtio/test_vhost_message.c
tests_unit_netdev_virtio_test_vhost_message_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_vhost_message_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_vhost_message_LDADD = $(unit_LDADD)
endif
