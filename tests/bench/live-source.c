/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live-source - floods an interface with UDP frames, as the load of receive benchmarks
 *
 *   live-source IFNAME [--seconds S] [--size N] [--dst-mac M] [--dst-port N] [--batch N]
 *
 * An XDP program of one redirect is run with BPF_F_TEST_XDP_LIVE_FRAMES (Linux 5.18): the kernel
 * takes a page, gives it the bytes of our frame, runs the program, and sends the page where the
 * program says, millions of times a second and without a system call for each. The call is told
 * to repeat almost for ever, because its start and end are dear; a timer's signal ends it.
 *
 * Nothing tells how many frames were really sent but the device's counters, so it is those that
 * are printed, as one JSON line. On a veth they count what the peer has taken, and the peer
 * must run NAPI (an XDP program attached, or GRO on), else the frames vanish.
 */
#include "bpf_insn.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#define SIZE_MIN      60
#define SIZE_MAX_LIVE 3400 /* a page less the kernel's headroom and tailroom, roughly */
#define REPEAT        0x7fffffff

struct source {
	const char *ifname;
	double seconds;
	uint32_t size;
	uint32_t batch;
	uint16_t dst_port;
	struct ether_addr dst_mac;
};

struct tx_counters {
	unsigned long long packets;
	unsigned long long errors;
	unsigned long long drops;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static uint16_t ip_checksum(const void *header)
{
	uint32_t sum = 0;
	int i;

	for (i = 0; i < 10; i++) {
		uint16_t word;

		memcpy(&word, (const char *)header + 2 * i, sizeof(word));
		sum += word;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static void frame_fill(uint8_t *frame, const struct source *source)
{
	struct ether_header eth = {
		.ether_shost = {0x02, 0, 0, 0, 0, 0x0a},
		.ether_type = htons(ETHERTYPE_IP),
	};
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.tot_len = htons((uint16_t)(source->size - sizeof(eth))),
		.saddr = htonl(0x0a000001),
		.daddr = htonl(0x0a000002),
	};
	struct udphdr udp = {
		.source = htons(1024),
		.dest = htons(source->dst_port),
		.len = htons((uint16_t)(source->size - sizeof(eth) - sizeof(ip))),
	};

	memcpy(eth.ether_dhost, &source->dst_mac, ETH_ALEN);
	ip.check = ip_checksum(&ip);
	memset(frame, 0, source->size);
	memcpy(frame, &eth, sizeof(eth));
	memcpy(frame + sizeof(eth), &ip, sizeof(ip));
	memcpy(frame + sizeof(eth) + sizeof(ip), &udp, sizeof(udp));
}

/* Loads "return bpf_redirect_map(devmap, 0, 0)" with the interface as the map's only entry. */
static int redirect_load(unsigned int ifindex)
{
	struct bpf_code code = {.len = 0};
	int map = bpf_map_new(BPF_MAP_TYPE_DEVMAP, sizeof(ifindex), 1, 0);
	int rc = map < 0 ? map : bpf_map_set(map, 0, &ifindex);

	if (rc < 0)
		return rc;
	code_load_map(&code, BPF_REG_1, map);
	code_emit(&code, MOV_IMM(BPF_REG_2, 0));
	code_emit(&code, MOV_IMM(BPF_REG_3, 0));
	code_emit(&code, CALL(BPF_FUNC_redirect_map));
	code_emit(&code, EXIT());
	return bpf_code_load(BPF_PROG_TYPE_XDP, &code);
}

/* Reads the interface's line of /proc/net/dev, which is of this process's namespace. */
static int counters_read(const char *ifname, struct tx_counters *counters)
{
	FILE *file = fopen("/proc/net/dev", "r");
	char line[512], name[IFNAMSIZ + 1];
	int rc = -ENODEV;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %16[^:]: %*u %*u %*u %*u %*u %*u %*u %*u %*u %llu %llu %llu",
			    name, &counters->packets, &counters->errors, &counters->drops) == 4 &&
			!strcmp(name, ifname)) {
			rc = 0;
			break;
		}
	}
	fclose(file);
	return rc;
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The timer goes on after its first signal, lest that one falls between two calls. */
static void timer_start(double seconds)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct itimerval timer = {
		.it_value = {.tv_sec = (time_t)seconds,
			.tv_usec = (suseconds_t)((seconds - (time_t)seconds) * 1e6)},
		.it_interval = {.tv_usec = 10000},
	};

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static int flood(int prog, const struct source *source)
{
	uint8_t frame[SIZE_MAX_LIVE];
	int rc = 0;

	frame_fill(frame, source);
	timer_start(source->seconds);
	while (!stopped && (rc == 0 || rc == -EINTR)) {
		union bpf_attr attr = {
			.test =
				{
					.prog_fd = (uint32_t)prog,
					.data_in = (uintptr_t)frame,
					.data_size_in = source->size,
					.repeat = REPEAT,
					.flags = BPF_F_TEST_XDP_LIVE_FRAMES,
					.batch_size = source->batch,
				},
		};

		rc = bpf_call(BPF_PROG_TEST_RUN, &attr);
	}
	return rc == -EINTR ? 0 : rc;
}

static int run(const struct source *source)
{
	unsigned int ifindex = if_nametoindex(source->ifname);
	struct tx_counters before, after;
	double start, seconds;
	int prog, rc;

	if (!ifindex)
		return -errno;
	prog = redirect_load(ifindex);
	rc = prog < 0 ? prog : counters_read(source->ifname, &before);
	if (rc)
		return rc;
	start = now_seconds();
	rc = flood(prog, source);
	seconds = now_seconds() - start;
	rc = rc ? rc : counters_read(source->ifname, &after);
	if (rc)
		return rc;
	printf("{\"sent\":%llu,\"errors\":%llu,\"drops\":%llu,\"seconds\":%.3f,\"pps\":%.0f}\n",
		after.packets - before.packets, after.errors - before.errors,
		after.drops - before.drops, seconds,
		(double)(after.packets - before.packets) / seconds);
	return 0;
}

static int parse(struct source *source, int argc, char **argv)
{
	static const struct option options[] = {
		{"seconds", required_argument, NULL, 's'},
		{"size", required_argument, NULL, 'n'},
		{"dst-mac", required_argument, NULL, 'm'},
		{"dst-port", required_argument, NULL, 'p'},
		{"batch", required_argument, NULL, 'b'},
		{0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 's':
			source->seconds = atof(optarg);
			break;
		case 'n':
			source->size = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'p':
			source->dst_port = (uint16_t)strtoul(optarg, NULL, 0);
			break;
		case 'b':
			source->batch = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'm':
			if (!ether_aton_r(optarg, &source->dst_mac))
				return -EINVAL;
			break;
		default:
			return -EINVAL;
		}
	}
	source->ifname = argv[optind];
	if (optind != argc - 1 || source->size < SIZE_MIN || source->size > SIZE_MAX_LIVE)
		return -EINVAL;
	return source->seconds > 0 && source->batch >= 1 && source->batch <= 256 ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct source source = {
		.seconds = 2,
		.size = SIZE_MIN,
		.batch = 64,
		.dst_port = 9,
		.dst_mac = {{0x02, 0, 0, 0, 0, 0x0b}},
	};
	int rc;

	if (parse(&source, argc, argv)) {
		fprintf(stderr,
			"usage: live-source IFNAME [--seconds S] [--size %d..%d] "
			"[--dst-mac M]\n                   [--dst-port N] [--batch 1..256]\n",
			SIZE_MIN, SIZE_MAX_LIVE);
		return 2;
	}
	rc = run(&source);
	if (rc)
		fprintf(stderr, "live-source: %s: %s\n", source.ifname, strerror(-rc));
	return rc ? 1 : 0;
}
