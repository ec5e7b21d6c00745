/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netkit-count.c - a BPF program on one direction of a netkit pair, for the tests in guests
 *
 * usage: netkit-count PRIMARY from|to
 *
 * The program lets pass, and counts, the frames that come from the primary device of the pair or
 * those that go to it. It is attached by a link, so it is there as long as this process: "attached"
 * on stdout says that it is; SIGTERM ends it, and the number of frames is then printed.
 */
#include "../../bench/bpf_insn.h"

#include <net/if.h>
#include <signal.h>

/* From linux/bpf.h of Linux 6.7. */
#define ATTACH_NETKIT_PRIMARY 54
#define ATTACH_NETKIT_PEER    55
#define NETKIT_PASS           0

static void emit_program(struct bpf_code *code, int map)
{
	/* r3 = the address of the map's only value */
	code_emit(code, INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_3, BPF_PSEUDO_MAP_VALUE, 0, map));
	code_emit(code, INSN(0, 0, 0, 0, 0));
	code_emit(code, MOV_IMM(BPF_REG_4, 1));
	code_emit(code, FETCH_ADD(BPF_REG_3, BPF_REG_4, 0));
	code_emit(code, MOV_IMM(BPF_REG_0, NETKIT_PASS));
	code_emit(code, EXIT());
}

static int attach_program(int program, unsigned int ifindex, uint32_t attach_type)
{
	union bpf_attr attr = {
		.link_create =
			{
				.prog_fd = (uint32_t)program,
				.target_ifindex = ifindex,
				.attach_type = attach_type,
			},
	};

	return bpf_call(BPF_LINK_CREATE, &attr);
}

static int check(int rc, const char *what)
{
	if (rc >= 0)
		return rc;
	fprintf(stderr, "netkit-count: %s: %s\n", what, strerror(-rc));
	exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	struct bpf_code code = {0};
	uint64_t frames;
	sigset_t signals;
	int map, program, number;

	if (argc != 3)
		return 2;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	map = check(bpf_map_new(BPF_MAP_TYPE_ARRAY, sizeof(frames), 1, 0), "map");
	emit_program(&code, map);
	program = check(bpf_code_load(BPF_PROG_TYPE_SCHED_CLS, &code), "program");
	check(attach_program(program, if_nametoindex(argv[1]),
		      strcmp(argv[2], "from") ? ATTACH_NETKIT_PEER : ATTACH_NETKIT_PRIMARY),
		argv[1]);
	puts("attached");
	fflush(stdout);

	sigwait(&signals, &number);
	check(bpf_map_get(map, 0, &frames), "frames");
	printf("%llu\n", (unsigned long long)frames);
	return EXIT_SUCCESS;
}
