# metrics: the HTTP server that Prometheus scrapes.
libpktgend_a_SOURCES += \
	src/metrics/accept.c src/metrics/accept.h \
	src/metrics/exposition.c src/metrics/exposition.h \
	src/metrics/http.c \
	src/metrics/listen.c src/metrics/listen.h \
	src/metrics/metrics.h \
	src/metrics/page.c src/metrics/page.h \
	src/metrics/process.c src/metrics/process.h
