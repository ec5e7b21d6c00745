/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf_insn.h - BPF programs as C arrays, for the tools of tests and benchmarks
 *
 * The tools carry BPF programs of a few dozen instructions. They write them by
 * hand with the macros below, so that neither clang's bpf target nor libbpf is needed to build
 * them. A program is emitted into a struct bpf_code; forward jumps are emitted with
 * code_jump() and given their target later with code_land().
 *
 * Below that: the few bpf(2) commands that the tools use, as plain wrappers. All of them return
 * a descriptor or 0, or -errno.
 */
#ifndef PKTGEND_BENCH_BPF_INSN_H
#define PKTGEND_BENCH_BPF_INSN_H

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})

#define MOV_REG(d, s)          INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOV_IMM(d, i)          INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ALU_REG(op, d, s)      INSN(BPF_ALU64 | (op) | BPF_X, d, s, 0, 0)
#define ALU_IMM(op, d, i)      INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define LOAD(sz, d, s, o)      INSN(BPF_LDX | (sz) | BPF_MEM, d, s, o, 0)
#define STORE_REG(sz, d, s, o) INSN(BPF_STX | (sz) | BPF_MEM, d, s, o, 0)
#define STORE_IMM(sz, d, o, i) INSN(BPF_ST | (sz) | BPF_MEM, d, 0, o, i)
#define FETCH_ADD(d, s, o)     INSN(BPF_STX | BPF_DW | BPF_ATOMIC, d, s, o, BPF_ADD | BPF_FETCH)
#define JUMP_IMM(op, d, i, o)  INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define CALL(fn)               INSN(BPF_JMP | BPF_CALL, 0, 0, 0, fn)
#define EXIT()                 INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

#define BPF_CODE_MAX 128

struct bpf_code {
	struct bpf_insn insns[BPF_CODE_MAX];
	int len;
};

/* Appends one instruction and returns its index. */
static inline int code_emit(struct bpf_code *code, struct bpf_insn insn)
{
	if (code->len == BPF_CODE_MAX)
		abort();
	code->insns[code->len] = insn;
	return code->len++;
}

/* Appends a forward jump whose target is not known yet; code_land() takes the result. */
static inline int code_jump(struct bpf_code *code, struct bpf_insn insn)
{
	return code_emit(code, insn);
}

/* Makes the jump at index @jump arrive at the next instruction to be emitted. */
static inline void code_land(struct bpf_code *code, int jump)
{
	code->insns[jump].off = (int16_t)(code->len - jump - 1);
}

/* @reg = the map @fd (a 16-byte instruction). */
static inline void code_load_map(struct bpf_code *code, int reg, int fd)
{
	code_emit(code, INSN(BPF_LD | BPF_DW | BPF_IMM, reg, BPF_PSEUDO_MAP_FD, 0, fd));
	code_emit(code, INSN(0, 0, 0, 0, 0));
}

static inline int bpf_call(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long rc = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return rc < 0 ? -errno : (int)rc;
}

static inline int bpf_map_new(
	enum bpf_map_type type, uint32_t value_size, uint32_t entries, uint32_t flags)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = sizeof(uint32_t),
		.value_size = value_size,
		.max_entries = entries,
		.map_flags = flags,
	};

	return bpf_call(BPF_MAP_CREATE, &attr);
}

static inline int bpf_map_get(int fd, uint32_t key, void *value)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)value,
	};

	return bpf_call(BPF_MAP_LOOKUP_ELEM, &attr);
}

static inline int bpf_map_set(int fd, uint32_t key, const void *value)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)value,
	};

	return bpf_call(BPF_MAP_UPDATE_ELEM, &attr);
}

/* Loads a program; prints the verifier's log on stderr when it is refused. */
static inline int bpf_code_load(enum bpf_prog_type type, const struct bpf_code *code)
{
	static char log[65536];
	union bpf_attr attr = {
		.prog_type = type,
		.insn_cnt = (uint32_t)code->len,
		.insns = (uintptr_t)code->insns,
		.license = (uintptr_t) "Dual BSD/GPL",
	};
	int fd = bpf_call(BPF_PROG_LOAD, &attr);

	if (fd >= 0)
		return fd;
	attr.log_level = 1;
	attr.log_size = sizeof(log);
	attr.log_buf = (uintptr_t)log;
	fd = bpf_call(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		fprintf(stderr, "%s\n", log);
	return fd;
}

/* Attaches an XDP program; the link, and with it the program, goes when the fd is closed. */
static inline int bpf_xdp_attach(int prog, unsigned int ifindex, uint32_t flags)
{
	union bpf_attr attr = {
		.link_create =
			{
				.prog_fd = (uint32_t)prog,
				.target_ifindex = ifindex,
				.attach_type = BPF_XDP,
				.flags = flags,
			},
	};

	return bpf_call(BPF_LINK_CREATE, &attr);
}

#endif
