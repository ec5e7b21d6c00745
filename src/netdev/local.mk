# netdev: the contract, the registry, one file per backend.
libpktgend_a_SOURCES += \
	src/netdev/backends.h \
	src/netdev/memory.c src/netdev/memory.h \
	src/netdev/netdev.h \
	src/netdev/null.c \
	src/netdev/packet.c src/netdev/packet.h \
	src/netdev/packet_rx.c \
	src/netdev/packet_tx.c \
	src/netdev/pktbuf.h \
	src/netdev/registry.c \
	src/netdev/sigbus.c src/netdev/sigbus.h \
	src/netdev/virtio/address.c src/netdev/virtio/address.h \
	src/netdev/virtio/driver.c src/netdev/virtio/driver.h \
	src/netdev/virtio/driver_io.c \
	src/netdev/virtio/guest.c src/netdev/virtio/guest.h \
	src/netdev/virtio/pci.c src/netdev/virtio/pci.h \
	src/netdev/virtio/pci_access.c src/netdev/virtio/pci_access.h \
	src/netdev/virtio/pci_capability.c src/netdev/virtio/pci_capability.h \
	src/netdev/virtio/pci_function.c src/netdev/virtio/pci_function.h \
	src/netdev/virtio/pci_legacy.c \
	src/netdev/virtio/pci_modern.c \
	src/netdev/virtio/pci_probe.c \
	src/netdev/virtio/pci_uio.c \
	src/netdev/virtio/pci_vfio.c \
	src/netdev/virtio/ring.c src/netdev/virtio/ring.h \
	src/netdev/virtio/ring_device.c \
	src/netdev/virtio/ring_driver.c \
	src/netdev/virtio/ring_format.h \
	src/netdev/virtio/ring_packed.c \
	src/netdev/virtio/ring_packed_device.c \
	src/netdev/virtio/ring_private.h \
	src/netdev/virtio/ring_split.c \
	src/netdev/virtio/ring_split_device.c \
	src/netdev/virtio/spec.h \
	src/netdev/virtio/vhost_back.c src/netdev/virtio/vhost_back.h \
	src/netdev/virtio/vhost_device.c \
	src/netdev/virtio/vhost_endpoint.c src/netdev/virtio/vhost_endpoint.h \
	src/netdev/virtio/vhost_event.c src/netdev/virtio/vhost_event.h \
	src/netdev/virtio/vhost_front.c src/netdev/virtio/vhost_front.h \
	src/netdev/virtio/vhost_kernel.c src/netdev/virtio/vhost_kernel.h \
	src/netdev/virtio/vhost_message.c src/netdev/virtio/vhost_message.h \
	src/netdev/virtio/vhost_net.c \
	src/netdev/virtio/vhost_script.c \
	src/netdev/virtio/vhost_user.c src/netdev/virtio/vhost_user.h
