# dataplane: the pinned loop, its pacer and its memory, and nothing else.
libpktgend_a_SOURCES += \
	src/dataplane/mempool.c src/dataplane/mempool.h \
	src/dataplane/pacer.h \
	src/dataplane/run.c src/dataplane/run.h \
	src/dataplane/worker.c src/dataplane/worker.h
