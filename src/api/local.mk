# api: the control socket.
libpktgend_a_SOURCES += \
	src/api/api.h \
	src/api/connection.c src/api/connection.h \
	src/api/discover.c src/api/discover.h \
	src/api/handle.h \
	src/api/handle_capture.c \
	src/api/handle_flow.c \
	src/api/handle_port.c \
	src/api/handle_stats.c \
	src/api/handle_system.c \
	src/api/handle_traffic.c \
	src/api/method.c src/api/method.h \
	src/api/param.c src/api/param.h \
	src/api/rpc.c src/api/rpc.h \
	src/api/server.c \
	src/api/stats_json.c src/api/stats_json.h
