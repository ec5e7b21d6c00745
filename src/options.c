/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's command line, read with getopt_long(3). */
#include "options.h"

#include "config.h"
#include "config/wire.h"
#include "util/units.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
	"usage: pktgend [-c FILE] [-s SOCKET] [-m ADDR:PORT] [--check-config] [-v]\n"
	"       pktgend --capture FILE --port LOCATION [--filter EXPR] [--snaplen N] [--count N] "
	"[-v]\n"
	"       pktgend --version | --help\n";

static const char help[] =
	"A packet generator and receiver that runs as a service; pktgenctl steers it.\n"
	"\n"
	"  -c, --config FILE        configuration (" WIRE_CONFIG_DEFAULT ")\n"
	"  -s, --socket SOCKET      control socket (" WIRE_SOCKET_DEFAULT ")\n"
	"  -m, --metrics ADDR:PORT  where Prometheus scrapes (" WIRE_METRICS_DEFAULT
	"), none: nowhere\n"
	"      --check-config       check the configuration, say what is wrong, and exit\n"
	"\n"
	"One capture of what a port receives, without configuration, socket or metrics, until "
	"Ctrl-C:\n"
	"      --capture FILE       the file, overwritten: pcapng, or pcap for NAME.pcap\n"
	"      --port LOCATION      BACKEND:ADDRESS, as packet:eth1\n"
	"      --filter EXPR        which frames, as for tcpdump; see pcap-filter(7)\n"
	"      --snaplen N          keep N bytes of each frame; default, and 0: all\n"
	"      --count N            end after N frames; default, and 0: never\n"
	"\n"
	"  -v, --verbose            log debugging messages as well\n"
	"  -V, --version            print the version and exit\n"
	"  -h, --help               print this and exit\n";

enum {
	OPTION_CHECK_CONFIG = 256,
	OPTION_CAPTURE,
	OPTION_PORT,
	OPTION_FILTER,
	OPTION_SNAPLEN,
	OPTION_COUNT
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"socket", required_argument, NULL, 's'},
	{"metrics", required_argument, NULL, 'm'},
	{"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
	{"capture", required_argument, NULL, OPTION_CAPTURE},
	{"port", required_argument, NULL, OPTION_PORT},
	{"filter", required_argument, NULL, OPTION_FILTER},
	{"snaplen", required_argument, NULL, OPTION_SNAPLEN},
	{"count", required_argument, NULL, OPTION_COUNT},
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

/* The options whose value is taken as it is. NULL: not one of them. */
static const char **text_of(struct options *options, int option)
{
	switch (option) {
	case 'c':
		return &options->config;
	case 's':
		return &options->socket;
	case 'm':
		return &options->metrics;
	case OPTION_CAPTURE:
		return &options->capture;
	case OPTION_PORT:
		return &options->port;
	case OPTION_FILTER:
		return &options->filter;
	}
	return NULL;
}

static uint64_t number(const char *option, const char *text)
{
	uint64_t value;

	if (units_parse_u64(text, &value) == 0)
		return value;
	fprintf(stderr, "pktgend: --%s: \"%s\" is no number\n", option, text);
	usage_exit();
	return 0;
}

static void take(struct options *options, int option)
{
	const char **text = text_of(options, option);

	if (text) {
		*text = optarg;
		return;
	}
	switch (option) {
	case OPTION_CHECK_CONFIG:
		options->check_config = true;
		break;
	case OPTION_SNAPLEN:
		options->snaplen = number("snaplen", optarg);
		break;
	case OPTION_COUNT:
		options->count = number("count", optarg);
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

/* A capture and a daemon have no option in common but -v. */
static void check_capture(const struct options *options)
{
	bool daemon =
		options->config || options->socket || options->metrics || options->check_config;
	bool capture = options->port || options->filter || options->snaplen || options->count;

	if (!options->capture && capture)
		fputs("pktgend: --capture FILE is missing\n", stderr);
	else if (options->capture && !options->port)
		fputs("pktgend: --port LOCATION is missing\n", stderr);
	else if (options->capture && daemon)
		fputs("pktgend: --capture needs no configuration and has no socket\n", stderr);
	else
		return;
	usage_exit();
}

void options_parse(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options){0};
	while ((option = getopt_long(argc, argv, "c:s:m:vVh", long_options, NULL)) != -1)
		take(options, option);
	if (optind < argc) {
		fprintf(stderr, "pktgend: \"%s\" is not an option\n", argv[optind]);
		usage_exit();
	}
	check_capture(options);
}
