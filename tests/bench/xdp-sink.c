/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xdp-sink - counts the frames that arrive at an interface, and drops them
 *
 *   xdp-sink IFNAME [--gaps FILE [--capacity N]] [--no-times]
 *
 * The far end of transmit benchmarks. A native XDP program counts frames and bytes and notes the
 * time of the first and the last one. With --gaps, the arrival times (bpf_ktime_get_ns, that is
 * CLOCK_MONOTONIC) of the first N frames go to FILE. --no-times spares the clock reading of every
 * frame.
 *
 * "ready" is printed once the program is attached. A line on stdin is answered with a line of JSON:
 * the counters so far. The end of stdin, SIGTERM or SIGINT end the program: it prints such a line
 * once more and exits with 0. The program is attached by a BPF link, so it vanishes with the
 * process, whatever ends it.
 *
 * The counters are per CPU: their only writer is the CPU that received the frame, so the totals
 * are exact once the frames have stopped.
 */
#include "bpf_insn.h"

#include <getopt.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <time.h>

#define CPUS_MAX 1024

struct counters {
	uint64_t frames;
	uint64_t bytes;
	uint64_t first_ns;
	uint64_t last_ns;
};

struct sink {
	const char *ifname;
	const char *gaps_file;
	uint32_t capacity;
	bool times;
	int counters_fd;
	int times_fd; /* array of arrival times */
	int index_fd; /* one u64: the next free entry of that array */
	int link_fd;
};

/* r0 = the element of map @fd whose u32 key is at fp-4, or 0. */
static void emit_lookup(struct bpf_code *code, int fd)
{
	code_load_map(code, BPF_REG_1, fd);
	code_emit(code, MOV_REG(BPF_REG_2, BPF_REG_10));
	code_emit(code, ALU_IMM(BPF_ADD, BPF_REG_2, -4));
	code_emit(code, CALL(BPF_FUNC_map_lookup_elem));
}

/* The verifier wants r0 looked at; it is never 0 here. */
static void emit_insist(struct bpf_code *code)
{
	code_emit(code, JUMP_IMM(BPF_JNE, BPF_REG_0, 0, 2));
	code_emit(code, MOV_IMM(BPF_REG_0, XDP_ABORTED));
	code_emit(code, EXIT());
}

/* Adds the frame to the counters; leaves them in r9. */
static void emit_count(struct bpf_code *code, int fd)
{
	code_emit(code, STORE_IMM(BPF_W, BPF_REG_10, -4, 0));
	emit_lookup(code, fd);
	emit_insist(code);
	code_emit(code, MOV_REG(BPF_REG_9, BPF_REG_0));
	code_emit(code, LOAD(BPF_DW, BPF_REG_1, BPF_REG_9, offsetof(struct counters, frames)));
	code_emit(code, ALU_IMM(BPF_ADD, BPF_REG_1, 1));
	code_emit(code, STORE_REG(BPF_DW, BPF_REG_9, BPF_REG_1, offsetof(struct counters, frames)));
	code_emit(code, ALU_REG(BPF_SUB, BPF_REG_8, BPF_REG_7));
	code_emit(code, LOAD(BPF_DW, BPF_REG_1, BPF_REG_9, offsetof(struct counters, bytes)));
	code_emit(code, ALU_REG(BPF_ADD, BPF_REG_1, BPF_REG_8));
	code_emit(code, STORE_REG(BPF_DW, BPF_REG_9, BPF_REG_1, offsetof(struct counters, bytes)));
}

/* Notes the first and the last arrival; leaves the time in r6. */
static void emit_times(struct bpf_code *code)
{
	code_emit(code, CALL(BPF_FUNC_ktime_get_ns));
	code_emit(code, MOV_REG(BPF_REG_6, BPF_REG_0));
	code_emit(code, LOAD(BPF_DW, BPF_REG_1, BPF_REG_9, offsetof(struct counters, first_ns)));
	code_emit(code, JUMP_IMM(BPF_JNE, BPF_REG_1, 0, 1));
	code_emit(
		code, STORE_REG(BPF_DW, BPF_REG_9, BPF_REG_6, offsetof(struct counters, first_ns)));
	code_emit(
		code, STORE_REG(BPF_DW, BPF_REG_9, BPF_REG_6, offsetof(struct counters, last_ns)));
}

/* Takes the next index and writes the time there; the array's bound ends the record. */
static void emit_record(struct bpf_code *code, const struct sink *sink)
{
	int full;

	code_emit(code, STORE_IMM(BPF_W, BPF_REG_10, -4, 0));
	emit_lookup(code, sink->index_fd);
	emit_insist(code);
	code_emit(code, MOV_IMM(BPF_REG_1, 1));
	code_emit(code, FETCH_ADD(BPF_REG_0, BPF_REG_1, 0));
	code_emit(code, STORE_REG(BPF_W, BPF_REG_10, BPF_REG_1, -4));
	emit_lookup(code, sink->times_fd);
	full = code_jump(code, JUMP_IMM(BPF_JEQ, BPF_REG_0, 0, 0));
	code_emit(code, STORE_REG(BPF_DW, BPF_REG_0, BPF_REG_6, 0));
	code_land(code, full);
}

/* r6 = context, then the time; r7 = start and r8 = end of the frame; r9 = counters */
static void build(struct bpf_code *code, const struct sink *sink)
{
	code_emit(code, LOAD(BPF_W, BPF_REG_7, BPF_REG_1, offsetof(struct xdp_md, data)));
	code_emit(code, LOAD(BPF_W, BPF_REG_8, BPF_REG_1, offsetof(struct xdp_md, data_end)));
	emit_count(code, sink->counters_fd);
	if (sink->times)
		emit_times(code);
	if (sink->gaps_file)
		emit_record(code, sink);
	code_emit(code, MOV_IMM(BPF_REG_0, XDP_DROP));
	code_emit(code, EXIT());
}

static void print_counters(const struct sink *sink)
{
	static struct counters percpu[CPUS_MAX];
	struct counters sum = {0};
	struct timespec now;
	int cpu;

	bpf_map_get(sink->counters_fd, 0, percpu);
	for (cpu = 0; cpu < CPUS_MAX; cpu++) {
		const struct counters *c = &percpu[cpu];

		sum.frames += c->frames;
		sum.bytes += c->bytes;
		if (c->first_ns && (!sum.first_ns || c->first_ns < sum.first_ns))
			sum.first_ns = c->first_ns;
		if (c->last_ns > sum.last_ns)
			sum.last_ns = c->last_ns;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("{\"frames\":%llu,\"bytes\":%llu,\"first_ns\":%llu,\"last_ns\":%llu,"
	       "\"now_ns\":%llu}\n",
		(unsigned long long)sum.frames, (unsigned long long)sum.bytes,
		(unsigned long long)sum.first_ns, (unsigned long long)sum.last_ns,
		(unsigned long long)now.tv_sec * 1000000000 + (unsigned long long)now.tv_nsec);
	fflush(stdout);
}

static int write_gaps(const struct sink *sink)
{
	uint64_t count = 0, i, *times;
	FILE *file = fopen(sink->gaps_file, "w");

	times = mmap(
		NULL, sink->capacity * sizeof(*times), PROT_READ, MAP_SHARED, sink->times_fd, 0);
	if (!file || times == MAP_FAILED)
		return -errno;
	bpf_map_get(sink->index_fd, 0, &count);
	if (count > sink->capacity)
		count = sink->capacity;
	for (i = 0; i < count; i++)
		fprintf(file, "%llu\n", (unsigned long long)times[i]);
	return fclose(file) ? -errno : 0;
}

/* Opens the maps, loads the program and attaches it; what is open is left to the exit. */
static int sink_open(struct sink *sink)
{
	struct bpf_code code = {.len = 0};
	unsigned int ifindex = if_nametoindex(sink->ifname);
	int prog;

	if (!ifindex)
		return -errno;
	sink->counters_fd = bpf_map_new(BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(struct counters), 1, 0);
	sink->index_fd = bpf_map_new(BPF_MAP_TYPE_ARRAY, sizeof(uint64_t), 1, 0);
	sink->times_fd =
		bpf_map_new(BPF_MAP_TYPE_ARRAY, sizeof(uint64_t), sink->capacity, BPF_F_MMAPABLE);
	if (sink->counters_fd < 0 || sink->index_fd < 0 || sink->times_fd < 0)
		return -errno;
	build(&code, sink);
	prog = bpf_code_load(BPF_PROG_TYPE_XDP, &code);
	if (prog < 0)
		return prog;
	sink->link_fd = bpf_xdp_attach(prog, ifindex, XDP_FLAGS_DRV_MODE);
	return sink->link_fd < 0 ? sink->link_fd : 0;
}

/* Answers the lines on stdin until it ends or a signal comes. */
static void sink_wait(const struct sink *sink, int signals)
{
	struct pollfd fds[2] = {
		{.fd = signals, .events = POLLIN},
		{.fd = STDIN_FILENO, .events = POLLIN},
	};
	char buf[256];

	while (poll(fds, 2, -1) > 0 && !fds[0].revents) {
		ssize_t got = read(STDIN_FILENO, buf, sizeof(buf));

		if (got <= 0)
			return;
		for (ssize_t i = 0; i < got; i++)
			if (buf[i] == '\n')
				print_counters(sink);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: xdp-sink IFNAME [--gaps FILE [--capacity N]] "
			"[--no-times]\n");
	return 2;
}

static int parse(struct sink *sink, int argc, char **argv)
{
	static const struct option options[] = {
		{"gaps", required_argument, NULL, 'g'},
		{"capacity", required_argument, NULL, 'c'},
		{"no-times", no_argument, NULL, 't'},
		{0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'g':
			sink->gaps_file = optarg;
			break;
		case 'c':
			sink->capacity = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 't':
			sink->times = false;
			break;
		default:
			return -EINVAL;
		}
	}
	sink->ifname = argv[optind];
	sink->times = sink->times || sink->gaps_file;
	return optind == argc - 1 && sink->capacity ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct sink sink = {.times = true, .capacity = 1000000};
	sigset_t signals;
	int rc;

	if (parse(&sink, argc, argv))
		return usage();
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	rc = sink_open(&sink);
	if (rc) {
		fprintf(stderr, "xdp-sink: %s: %s\n", sink.ifname, strerror(-rc));
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	sink_wait(&sink, signalfd(-1, &signals, SFD_CLOEXEC));
	close(sink.link_fd);
	print_counters(&sink);
	rc = sink.gaps_file ? write_gaps(&sink) : 0;
	if (rc)
		fprintf(stderr, "xdp-sink: %s: %s\n", sink.gaps_file, strerror(-rc));
	return rc ? 1 : 0;
}
