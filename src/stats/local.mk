# stats: counter blocks, sequence tracking, snapshots and the one table of metrics.
libpktgend_a_SOURCES += \
	src/stats/counter.c src/stats/counter.h \
	src/stats/sequence.c src/stats/sequence.h \
	src/stats/snapshot.c src/stats/snapshot.h
