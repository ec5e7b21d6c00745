# ctl: pktgenctl. Everything but main.c goes into a library that the tests link.
noinst_LIBRARIES += libctl.a
libctl_a_SOURCES = \
	ctl/args.c ctl/args.h \
	ctl/call.c \
	ctl/capture.c \
	ctl/client.c ctl/client.h \
	ctl/command.c ctl/command.h \
	ctl/ctl.c ctl/ctl.h \
	ctl/document.c ctl/document.h \
	ctl/failure.c ctl/failure.h \
	ctl/flow.c ctl/flow.h \
	ctl/frame.c ctl/frame.h \
	ctl/help.c ctl/help.h \
	ctl/interrupt.c ctl/interrupt.h \
	ctl/memory.c ctl/memory.h \
	ctl/port.c ctl/port.h \
	ctl/report.c ctl/report.h \
	ctl/screen.c ctl/screen.h \
	ctl/stats.c \
	ctl/status.c \
	ctl/table.c ctl/table.h \
	ctl/traffic.c \
	ctl/wait.c ctl/wait.h \
	ctl/writer.c ctl/writer.h
ctl_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
libctl_a_CPPFLAGS = $(ctl_CPPFLAGS)
libctl_a_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS)

pktgenctl_SOURCES = ctl/main.c
pktgenctl_CPPFLAGS = $(ctl_CPPFLAGS)
pktgenctl_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS)
pktgenctl_LDADD = libctl.a libjson.a libutil.a $(CJSON_LIBS)
