# Unit tests of src/netdev/virtio, in the order of the alphabet.
if HAVE_CHECK
netdev_ring = tests/unit/netdev/virtio/ring_fixture.c \
	tests/unit/netdev/virtio/ring_fixture.h
virtio_driver_fixture = tests/unit/netdev/virtio/driver_fixture.c \
	tests/unit/netdev/virtio/driver_fixture.h
virtio_fake_sysfs = tests/unit/netdev/virtio/fake_sysfs.c \
	tests/unit/netdev/virtio/fake_sysfs.h
virtio_vhost_peer = tests/unit/netdev/virtio/vhost_peer.c \
	tests/unit/netdev/virtio/vhost_peer.h
check_PROGRAMS += tests/unit/netdev/virtio/test_address
tests_unit_netdev_virtio_test_address_SOURCES = tests/unit/netdev/virtio/test_address.c
tests_unit_netdev_virtio_test_address_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_address_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_address_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_driver
tests_unit_netdev_virtio_test_driver_SOURCES = \
	 tests/unit/netdev/virtio/test_driver.c $(virtio_driver_fixture) $(netdev_ring)
tests_unit_netdev_virtio_test_driver_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_driver_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_driver_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_driver_faults
tests_unit_netdev_virtio_test_driver_faults_SOURCES = \
	 tests/unit/netdev/virtio/test_driver_faults.c $(virtio_driver_fixture) $(netdev_ring)
tests_unit_netdev_virtio_test_driver_faults_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_driver_faults_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_driver_faults_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_driver_io
tests_unit_netdev_virtio_test_driver_io_SOURCES = \
	 tests/unit/netdev/virtio/test_driver_io.c $(virtio_driver_fixture) $(netdev_ring)
tests_unit_netdev_virtio_test_driver_io_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_driver_io_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_driver_io_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_guest
tests_unit_netdev_virtio_test_guest_SOURCES = tests/unit/netdev/virtio/test_guest.c
tests_unit_netdev_virtio_test_guest_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_guest_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_guest_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_pci_access
tests_unit_netdev_virtio_test_pci_access_SOURCES = tests/unit/netdev/virtio/test_pci_access.c
tests_unit_netdev_virtio_test_pci_access_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_pci_access_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_pci_access_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_pci_capability
tests_unit_netdev_virtio_test_pci_capability_SOURCES = \
	 tests/unit/netdev/virtio/test_pci_capability.c
tests_unit_netdev_virtio_test_pci_capability_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_pci_capability_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_pci_capability_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_pci_function
tests_unit_netdev_virtio_test_pci_function_SOURCES = \
	 tests/unit/netdev/virtio/test_pci_function.c $(virtio_fake_sysfs)
tests_unit_netdev_virtio_test_pci_function_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_pci_function_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_pci_function_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_pci_legacy
tests_unit_netdev_virtio_test_pci_legacy_SOURCES = tests/unit/netdev/virtio/test_pci_legacy.c
tests_unit_netdev_virtio_test_pci_legacy_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_pci_legacy_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_pci_legacy_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_pci_modern
tests_unit_netdev_virtio_test_pci_modern_SOURCES = tests/unit/netdev/virtio/test_pci_modern.c
tests_unit_netdev_virtio_test_pci_modern_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_pci_modern_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_pci_modern_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_pci_probe
tests_unit_netdev_virtio_test_pci_probe_SOURCES = \
	 tests/unit/netdev/virtio/test_pci_probe.c $(virtio_fake_sysfs)
tests_unit_netdev_virtio_test_pci_probe_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_pci_probe_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_pci_probe_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_ring
tests_unit_netdev_virtio_test_ring_SOURCES = tests/unit/netdev/virtio/test_ring.c
tests_unit_netdev_virtio_test_ring_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_ring_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_ring_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_ring_device
tests_unit_netdev_virtio_test_ring_device_SOURCES = \
	 tests/unit/netdev/virtio/test_ring_device.c $(netdev_ring)
tests_unit_netdev_virtio_test_ring_device_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_ring_device_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_ring_device_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_ring_driver
tests_unit_netdev_virtio_test_ring_driver_SOURCES = \
	 tests/unit/netdev/virtio/test_ring_driver.c $(netdev_ring)
tests_unit_netdev_virtio_test_ring_driver_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_ring_driver_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_ring_driver_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_ring_packed
tests_unit_netdev_virtio_test_ring_packed_SOURCES = \
	 tests/unit/netdev/virtio/test_ring_packed.c $(netdev_ring)
tests_unit_netdev_virtio_test_ring_packed_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_ring_packed_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_ring_packed_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_ring_split
tests_unit_netdev_virtio_test_ring_split_SOURCES = \
	 tests/unit/netdev/virtio/test_ring_split.c $(netdev_ring)
tests_unit_netdev_virtio_test_ring_split_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_ring_split_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_ring_split_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_vhost_back
tests_unit_netdev_virtio_test_vhost_back_SOURCES = \
	 tests/unit/netdev/virtio/test_vhost_back.c $(virtio_vhost_peer)
tests_unit_netdev_virtio_test_vhost_back_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_vhost_back_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_vhost_back_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_vhost_back_rings
tests_unit_netdev_virtio_test_vhost_back_rings_SOURCES = \
	 tests/unit/netdev/virtio/test_vhost_back_rings.c $(virtio_vhost_peer)
tests_unit_netdev_virtio_test_vhost_back_rings_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_vhost_back_rings_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_vhost_back_rings_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_vhost_device
tests_unit_netdev_virtio_test_vhost_device_SOURCES = \
	 tests/unit/netdev/virtio/test_vhost_device.c tests/unit/netdev/virtio/vhost_pair.c tests/unit/netdev/virtio/vhost_pair.h
tests_unit_netdev_virtio_test_vhost_device_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_vhost_device_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_vhost_device_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_vhost_endpoint
tests_unit_netdev_virtio_test_vhost_endpoint_SOURCES = \
	 tests/unit/netdev/virtio/test_vhost_endpoint.c
tests_unit_netdev_virtio_test_vhost_endpoint_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_vhost_endpoint_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_vhost_endpoint_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_vhost_event
tests_unit_netdev_virtio_test_vhost_event_SOURCES = tests/unit/netdev/virtio/test_vhost_event.c
tests_unit_netdev_virtio_test_vhost_event_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_vhost_event_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_vhost_event_LDADD = $(unit_LDADD)
check_PROGRAMS += tests/unit/netdev/virtio/test_vhost_message
tests_unit_netdev_virtio_test_vhost_message_SOURCES = tests/unit/netdev/virtio/test_vhost_message.c
tests_unit_netdev_virtio_test_vhost_message_CFLAGS = $(unit_CFLAGS)
tests_unit_netdev_virtio_test_vhost_message_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_netdev_virtio_test_vhost_message_LDADD = $(unit_LDADD)
endif
