# capture: from received frames to a file; the one module that sees libpcap.
libpktgend_a_SOURCES += \
	src/capture/capture.c src/capture/capture.h \
	src/capture/file.c src/capture/file.h \
	src/capture/filter.c src/capture/filter.h \
	src/capture/format.c src/capture/format.h \
	src/capture/pcap.c \
	src/capture/pcapng.c \
	src/capture/ring.c src/capture/ring.h \
	src/capture/source.c src/capture/source.h \
	src/capture/writer.c src/capture/writer.h
