# util: what every module may use, and what pktgenctl shares with the daemon.
libutil_a_SOURCES += \
	src/util/clock.h \
	src/util/cpu.c src/util/cpu.h \
	src/util/error.c src/util/error.h \
	src/util/log.c src/util/log.h \
	src/util/mailbox.h \
	src/util/netaddr.c src/util/netaddr.h \
	src/util/text.c src/util/text.h \
	src/util/units.c src/util/units.h \
	src/util/utf8.c src/util/utf8.h
