/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's command line, read with getopt_long(3). */
#include "options.h"

#include "config.h"
#include "config/wire.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
	"usage: pktgend [-c FILE] [-s SOCKET] [-m ADDR:PORT] [--check-config] [-v]\n"
	"       pktgend --version | --help\n";

static const char help[] =
	"A packet generator and receiver that runs as a service; pktgenctl steers it.\n"
	"\n"
	"  -c, --config FILE        configuration (" WIRE_CONFIG_DEFAULT ")\n"
	"  -s, --socket SOCKET      control socket (" WIRE_SOCKET_DEFAULT ")\n"
	"  -m, --metrics ADDR:PORT  where Prometheus scrapes (" WIRE_METRICS_DEFAULT
	"), none: nowhere\n"
	"      --check-config       check the configuration, say what is wrong, and exit\n"
	"  -v, --verbose            log debugging messages as well\n"
	"  -V, --version            print the version and exit\n"
	"  -h, --help               print this and exit\n";

enum { OPTION_CHECK_CONFIG = 256 };

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"socket", required_argument, NULL, 's'},
	{"metrics", required_argument, NULL, 'm'},
	{"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
	{"verbose", no_argument, NULL, 'v'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void usage_exit(void)
{
	fputs(usage, stderr);
	exit(2);
}

void options_parse(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options){0};
	while ((option = getopt_long(argc, argv, "c:s:m:vVh", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->config = optarg;
			break;
		case 's':
			options->socket = optarg;
			break;
		case 'm':
			options->metrics = optarg;
			break;
		case OPTION_CHECK_CONFIG:
			options->check_config = true;
			break;
		case 'v':
			options->verbose = true;
			break;
		case 'V':
			puts("pktgend " PACKAGE_VERSION);
			exit(0);
		case 'h':
			fputs(usage, stdout);
			fputs(help, stdout);
			exit(0);
		default:
			usage_exit();
		}
	}
	if (optind < argc) {
		fprintf(stderr, "pktgend: \"%s\" is not an option\n", argv[optind]);
		usage_exit();
	}
}
