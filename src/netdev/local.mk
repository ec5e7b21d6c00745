# netdev: the contract, the registry, one file per backend.
libpktgend_a_SOURCES += \
	src/netdev/backends.h \
	src/netdev/netdev.h \
	src/netdev/null.c \
	src/netdev/packet.c src/netdev/packet.h \
	src/netdev/packet_rx.c \
	src/netdev/packet_tx.c \
	src/netdev/pktbuf.h \
	src/netdev/registry.c
