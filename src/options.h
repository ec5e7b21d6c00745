/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: pktgend [-c FILE] [-s SOCKET] [-m ADDR:PORT] [--check-config] [-v] … as the
 * daemon; pktgend --capture FILE --port LOCATION … for one capture.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *config;  /* NULL: the default file, which may be missing */
	const char *socket;  /* NULL: as configured */
	const char *metrics; /* NULL: as configured */
	bool check_config;

	const char *capture; /* the file; NULL: a daemon is wanted */
	const char *port;    /* with capture: the location */
	const char *filter;  /* NULL: all frames */
	uint64_t snaplen, count;

	bool verbose;
};

/*
 * Reads the command line. --help and --version print and exit with 0; a wrong one prints what is
 * wrong and exits with 2.
 */
void options_parse(struct options *options, int argc, char **argv);

#endif
