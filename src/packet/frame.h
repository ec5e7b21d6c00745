/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a frame is: Ethernet, at most one VLAN tag, IPv4 or IPv6, UDP, payload, perhaps a signature.
 *
 * Frame N is a pure function of the specification, N and the transmit time (which only the
 * signature carries). There are three ways to make it, which give the same bytes:
 *   frame_generate()  writes every header anew and sums all bytes: the plain way, and the judge
 *   frame_copy()      copies a prepared frame and writes what varies into the copy
 *   frame_patch()     writes what varies into a buffer that already holds the prepared frame
 * The last two work from a template: constant bytes, small constant records of the varying fields,
 * and the checksums of the constant part, to which each varying value is added (RFC 1624's
 * arithmetic).
 * Pure functions without I/O; a template is immutable and may be shared by any number of threads.
 *
 * Layout: RFC 791, 8200, 768; 802.1Q. IPv4: DF set, identification 0 (an atomic datagram, RFC
 * 6864). A UDP checksum of 0 is sent as 0xffff (RFC 768). The payload counts 0, 1, 2, … 255, 0, ….
 */
#ifndef PACKET_FRAME_H
#define PACKET_FRAME_H

#include "packet/field.h"
#include "util/error.h"

#include <stdbool.h>
#include <stdint.h>

#define FRAME_SIZE_MIN     60    /* Ethernet without FCS */
#define FRAME_SIZE_DEFAULT 1514  /* of an MTU of 1500 */
#define FRAME_SIZE_MAX     65549 /* an MTU of 65535 */
#define FRAME_NO_VLAN      (-1)
#define FRAME_FIELDS_MAX   6
#define FRAME_HEADER_MAX   66 /* Ethernet 14, VLAN 4, IPv6 40, UDP 8 */

/* What the user asks for. Fill with frame_spec_init(), then change. */
struct frame_spec {
	uint32_t size; /* bytes of the Ethernet frame without FCS */
	struct field dst_mac, src_mac;
	int vlan;              /* 1–4094, or FRAME_NO_VLAN */
	uint8_t vlan_priority; /* PCP, 0–7 */
	int ip_version;        /* 4 or 6; says how src_ip and dst_ip are to be read */
	struct field src_ip, dst_ip;
	uint8_t ttl;  /* or hop limit */
	uint8_t dscp; /* 0–63 */
	struct field src_port, dst_port;
	bool signature; /* carry the measurement signature */
	uint16_t flow;  /* its flow number */
};

/* One varying field of a template. */
struct frame_pattern {
	struct field field;
	uint16_t offset; /* of its first byte in the frame */
	uint8_t width;   /* bytes, 1–8, big-endian */
	bool in_ip_sum, in_l4_sum;
};

struct frame_template {
	struct frame_spec spec;
	uint32_t len;
	uint16_t ip_offset, l4_offset, payload_offset;
	uint16_t ip_sum_offset; /* 0: no such checksum (IPv6) */
	uint16_t l4_sum_offset;
	uint32_t ip_sum, l4_sum; /* ones' complement sums of the constant part, not yet folded */
	bool constant;           /* nothing varies: one buffer serves every N */
	unsigned pattern_count;
	struct frame_pattern patterns[FRAME_FIELDS_MAX];
	uint8_t bytes[]; /* frame 0 with varying fields zero */
};

/*
 * The default frame: size 60, from src (the port's address) to 02:00:00:00:00:01, 198.18.0.1 to
 * 198.19.0.1 (RFC 2544's benchmark network), UDP 49152 to 9 (discard), TTL 64, no signature.
 */
void frame_spec_init(struct frame_spec *spec);

/* Whether such a frame can be made: sizes, room for the signature. 0 or -EINVAL with *err set. */
int frame_spec_check(const struct frame_spec *spec, struct error *err);

/* The smallest size that this stack of headers, and the signature if asked for, fits in. */
uint32_t frame_spec_size_min(const struct frame_spec *spec);

/* Checks the specification and prepares its frame; ends with frame_template_free(). */
int frame_template_new(
	const struct frame_spec *spec, struct frame_template **template, struct error *err);
void frame_template_free(struct frame_template *template);

/* to must hold template->len bytes. time_ns is used only where the flow has a signature. */
void frame_generate(
	const struct frame_template *template, uint64_t n, uint64_t time_ns, uint8_t *to);
void frame_copy(const struct frame_template *template, uint64_t n, uint64_t time_ns, uint8_t *to);
void frame_patch(const struct frame_template *template, uint64_t n, uint64_t time_ns, uint8_t *to);

#endif
