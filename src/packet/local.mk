# packet: what a frame is.
libpktgend_a_SOURCES += \
	src/packet/checksum.c src/packet/checksum.h \
	src/packet/field.c src/packet/field.h \
	src/packet/frame.c src/packet/frame.h \
	src/packet/policy.c src/packet/policy.h \
	src/packet/signature.c src/packet/signature.h
