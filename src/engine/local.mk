# engine: sole owner of ports, flows, plans and workers.
libpktgend_a_SOURCES += \
	src/engine/capture.c \
	src/engine/engine.c src/engine/engine.h \
	src/engine/flow.c \
	src/engine/internal.h \
	src/engine/link_monitor.c \
	src/engine/port.c \
	src/engine/port_run.c \
	src/engine/route.c \
	src/engine/snapshot.c \
	src/engine/traffic.c
