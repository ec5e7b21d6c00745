# Unit tests: one program per source file, built and run by `make check`.
EXTRA_DIST += tests/unit/pool.h tests/unit/unit.h
if HAVE_CHECK
unit_CFLAGS = $(libpktgend_a_CFLAGS) $(CHECK_CFLAGS)
unit_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
unit_LDADD = $(pktgend_LIBS) $(CHECK_LIBS)
endif
