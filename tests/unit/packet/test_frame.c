/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet/frame: bytes written down by hand, and the three ways of making frame N against each other
 * and against a plain summation of what came out.
 */
#include "packet/frame.h"
#include "packet/signature.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GUARD        0xa5
#define GUARD_LEN    16

typedef uint8_t frame_buffer[FRAME_SIZE_MAX + GUARD_LEN];

static const uint64_t interesting_n[] = {0, 1, 2, 8, 9, 10, 255, 256, 65535, 65536, UINT32_MAX,
	UINT64_C(1) << 32, (UINT64_C(1) << 32) + 1, UINT64_MAX - 1, UINT64_MAX};

static struct field varying(enum field_kind kind, uint64_t hi, uint64_t first, uint64_t last)
{
	return (struct field){.kind = kind, .hi = hi, .first = first, .last = last, .seed = 42};
}

static struct frame_spec ipv6_spec(void)
{
	struct frame_spec spec;

	frame_spec_init(&spec);
	spec.size = 62;
	spec.ip_version = 6;
	spec.src_ip = varying(FIELD_FIXED, 0x20010db800000000, 1, 1);
	spec.dst_ip = varying(FIELD_FIXED, 0x20010db800000000, 2, 2);
	return spec;
}

static struct frame_template *template_of(const struct frame_spec *spec)
{
	struct frame_template *template = NULL;
	struct error err;

	ck_assert_msg(frame_template_new(spec, &template, &err) == 0, "%s", err.message);
	return template;
}

/* Ones' complement sum of a part of a frame that carries its own checksum: 0xffff when right. */
static uint32_t sum_of(const uint8_t *data, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Finds its way through the headers by the headers alone. */
static void check_sums(const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + (frame[12] == 0x81 ? 18 : 14);
	bool v6 = ip[0] >> 4 == 6;
	const uint8_t *udp = ip + (v6 ? 40 : 20);
	size_t udp_len = len - (size_t)(udp - frame);
	uint32_t pseudo = v6 ? sum_of(ip + 8, 32, 0) : sum_of(ip + 12, 8, 0);

	if (!v6)
		ck_assert_uint_eq(sum_of(ip, 20, 0), 0xffff);
	ck_assert_uint_eq((size_t)(udp[4] << 8 | udp[5]), udp_len);
	ck_assert_uint_ne(udp[6] << 8 | udp[7], 0);
	ck_assert_uint_eq(sum_of(udp, udp_len, pseudo + 17 + (uint32_t)udp_len), 0xffff);
}

static void check_guard(const uint8_t *end)
{
	uint8_t guard[GUARD_LEN];

	memset(guard, GUARD, sizeof(guard));
	ck_assert_mem_eq(end, guard, sizeof(guard));
}

/* Makes frame n in three ways; kept is the buffer that only frame_patch() ever writes. */
static const uint8_t *check_frame(
	const struct frame_template *template, uint64_t n, uint64_t time_ns, uint8_t *kept)
{
	static frame_buffer generated, copied;

	memset(generated, GUARD, template->len + GUARD_LEN);
	memset(copied, GUARD, template->len + GUARD_LEN);
	frame_generate(template, n, time_ns, generated);
	frame_copy(template, n, time_ns, copied);
	frame_patch(template, n, time_ns, kept);
	ck_assert_mem_eq(generated, copied, template->len);
	ck_assert_mem_eq(generated, kept, template->len);
	check_guard(generated + template->len);
	check_guard(copied + template->len);
	check_guard(kept + template->len);
	check_sums(generated, template->len);
	return generated;
}

/* One specification over all interesting N, patching the same buffer again and again. */
static void check_spec(const struct frame_spec *spec)
{
	static frame_buffer kept;
	struct frame_template *template = template_of(spec);

	memcpy(kept, template->bytes, template->len);
	memset(kept + template->len, GUARD, GUARD_LEN);
	for (size_t i = 0; i < COUNT(interesting_n); i++)
		check_frame(template, interesting_n[i],
			interesting_n[i] * UINT64_C(0x0123456789abcdef), kept);
	frame_template_free(template);
}

START_TEST(the_default_frame_is_as_documented)
{
	static const uint8_t expected[] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00,
		0x00, 0x00, 0x02, 0x08, 0x00, 0x45, 0x00, 0x00, 0x2e, 0x00, 0x00, 0x40, 0x00, 0x40,
		0x11, 0xae, 0x97, 0xc6, 0x12, 0x00, 0x01, 0xc6, 0x13, 0x00, 0x01, 0xc0, 0x00, 0x00,
		0x09, 0x00, 0x1a, 0x6b, 0x37, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
		0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11};
	struct frame_template *template;
	struct frame_spec spec;
	uint8_t to[60];

	frame_spec_init(&spec);
	template = template_of(&spec);
	ck_assert_uint_eq(template->len, sizeof(expected));
	ck_assert(template->constant);
	ck_assert_mem_eq(template->bytes, expected, sizeof(expected));
	frame_generate(template, 5, 5, to);
	ck_assert_mem_eq(to, expected, sizeof(expected));
	frame_template_free(template);
}
END_TEST

START_TEST(an_ipv6_frame_with_everything_is_as_documented)
{
	static const uint8_t expected[] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00,
		0x00, 0x00, 0x02, 0x81, 0x00, 0xa0, 0x64, 0x86, 0xdd, 0x6b, 0x80, 0x00, 0x00, 0x00,
		0x19, 0x11, 0x21, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x01, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xc0, 0x00, 0x00, 0x09, 0x00, 0x19, 0x43,
		0x74, 0x00, 0xa7, 0x51, 0x12, 0x34, 0x00, 0x00, 0x00, 0x07, 0x01, 0x02, 0x03, 0x04,
		0x05, 0x06, 0x07, 0x08};
	struct frame_spec spec = ipv6_spec();
	struct frame_template *template;
	uint8_t to[83];

	spec.size = 83; /* the signature stands at an odd offset */
	spec.vlan = 100;
	spec.vlan_priority = 5;
	spec.dscp = 46;
	spec.ttl = 33;
	spec.signature = true;
	spec.flow = 0x1234;
	template = template_of(&spec);
	ck_assert(!template->constant);
	ck_assert_uint_eq(template->len, sizeof(expected));
	frame_generate(template, 7, 0x0102030405060708, to);
	ck_assert_mem_eq(to, expected, sizeof(expected));
	frame_copy(template, (UINT64_C(9) << 32) + 7, 0x0102030405060708, to);
	ck_assert_mem_eq(to, expected, sizeof(expected));
	frame_template_free(template);
}
END_TEST

static void check_sizes(struct frame_spec spec, const uint32_t *sizes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		spec.size = sizes[i];
		check_spec(&spec);
	}
}

/* Makes the fields of the mask vary; the ranges cross byte and word borders. */
static void vary(struct frame_spec *spec, unsigned mask, enum field_kind kind)
{
	if (mask & 1)
		spec->dst_mac = varying(kind, 0, 0x0200fffffff8, 0x020100000000);
	if (mask & 2)
		spec->src_mac = varying(kind, 0, 0, 0xffffffffffff);
	if (mask & 4 && spec->ip_version == 4)
		spec->src_ip = varying(kind, 0, 0x0a00fffb, 0x0a010003);
	if (mask & 4 && spec->ip_version == 6)
		spec->src_ip = varying(kind, 0xfe80000000000000, 0, UINT64_MAX);
	if (mask & 8 && spec->ip_version == 4)
		spec->dst_ip = varying(kind, 0, 0, UINT32_MAX);
	if (mask & 8 && spec->ip_version == 6)
		spec->dst_ip = varying(kind, 0x20010db8ffffffff, 0xfffffffb, 0x100000005);
	if (mask & 16)
		spec->src_port = varying(kind, 0, 250, 259);
	if (mask & 32)
		spec->dst_port = varying(kind, 0, 0, 65535);
}

/* flags: 1 IPv6, 2 VLAN, 4 signature, 8 random */
static struct frame_spec stack_of(unsigned flags, unsigned mask)
{
	struct frame_spec spec = ipv6_spec();

	if (!(flags & 1))
		frame_spec_init(&spec);
	if (flags & 2)
		spec.vlan = 4094;
	spec.signature = flags & 4;
	spec.flow = 0xfffe;
	vary(&spec, mask, flags & 8 ? FIELD_RANDOM : FIELD_INCREMENT);
	return spec;
}

START_TEST(all_three_ways_agree_for_every_stack_and_size)
{
	/* no varying field, each alone, all */
	static const unsigned masks[] = {0, 1, 2, 4, 8, 16, 32, 63};
	static const uint32_t sizes[] = {82, 83, 84, 85, 97, 127, 128, 322, 323};

	for (unsigned flags = 0; flags < 16; flags++) {
		for (size_t i = 0; i < COUNT(masks); i++) {
			struct frame_spec spec = stack_of(flags, masks[i]);

			spec.size = frame_spec_size_min(&spec);
			check_spec(&spec);
			spec.size++;
			check_spec(&spec);
			check_sizes(spec, sizes, COUNT(sizes));
		}
	}
}
END_TEST

START_TEST(all_three_ways_agree_for_large_frames)
{
	static const uint32_t sizes[] = {1499, 1514, 1518, 9013, 9014, FRAME_SIZE_MAX};

	for (unsigned flags = 0; flags < 8; flags++)
		check_sizes(stack_of(flags, 63), sizes, COUNT(sizes));
}
END_TEST

START_TEST(ipv4_fields_stand_where_they_belong)
{
	/* the last of nine, and the first again */
	static const uint8_t macs[2][12] = {
		{0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08},
		{0x02, 0x00, 0xff, 0xff, 0xff, 0xf8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09},
	};
	static const uint8_t addresses_and_ports[2][12] = {
		{10, 1, 0, 3, 0, 0, 0, 8, 258 >> 8, 258 & 0xff, 0, 8},
		{10, 0, 255, 251, 0, 0, 0, 9, 259 >> 8, 259 & 0xff, 0, 9},
	};
	struct frame_spec spec = stack_of(0, 63);
	struct frame_template *template = template_of(&spec);
	uint8_t to[60];

	ck_assert_uint_eq(template->pattern_count, 6);
	for (unsigned i = 0; i < 2; i++) {
		frame_copy(template, 8 + i, 0, to);
		ck_assert_mem_eq(to, macs[i], 12);
		ck_assert_mem_eq(to + 26, addresses_and_ports[i], 12);
	}
	frame_template_free(template);
}
END_TEST

START_TEST(ipv6_patterns_cover_the_lower_half)
{
	static const uint8_t addresses[] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6,
		0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 1};
	struct frame_spec spec = stack_of(1 | 2, 4 | 8);
	struct frame_template *template;
	uint8_t to[66];

	spec.size = sizeof(to);
	template = template_of(&spec);
	frame_copy(template, 6, 0, to);
	ck_assert_mem_eq(to + 18 + 8, addresses, sizeof(addresses));
	ck_assert_uint_eq(template->pattern_count, 2);
	ck_assert_uint_eq(template->patterns[0].offset, 18 + 16);
	ck_assert_uint_eq(template->patterns[0].width, 8);
	ck_assert_uint_eq(template->patterns[1].offset, 18 + 32);
	ck_assert_uint_eq(template->patterns[1].width, 8);
	ck_assert(!template->patterns[0].in_ip_sum && template->patterns[0].in_l4_sum);
	frame_template_free(template);
}
END_TEST

/*
 * Over all source ports the sum takes every value: some N must come out as 0. The time grows twice
 * as fast as port and sequence, else an odd signature, whose bytes count swapped, leaves gaps.
 */
static void check_zero_checksum(struct frame_spec spec)
{
	static frame_buffer kept;
	struct frame_template *template;
	unsigned zeros = 0;

	spec.src_port = varying(FIELD_INCREMENT, 0, 0, 65535);
	template = template_of(&spec);
	memcpy(kept, template->bytes, template->len);
	memset(kept + template->len, GUARD, GUARD_LEN);
	for (uint64_t n = 0; n < 65536; n++) {
		const uint8_t *sum;

		frame_patch(template, n, 2 * n, kept);
		sum = kept + template->l4_sum_offset;
		if (!sum[0] && !sum[1])
			ck_abort_msg("checksum 0 at frame %u", (unsigned)n);
		if (sum[0] == 0xff && sum[1] == 0xff) {
			check_frame(template, n, 2 * n, kept);
			zeros++;
		}
	}
	ck_assert_uint_ge(zeros, 1);
	ck_assert_uint_le(zeros, 2);
	frame_template_free(template);
}

START_TEST(a_udp_checksum_of_zero_is_sent_as_ones)
{
	struct frame_spec spec;

	frame_spec_init(&spec);
	check_zero_checksum(spec);
	spec.size = 77;
	spec.signature = true;
	check_zero_checksum(spec);
	check_zero_checksum(ipv6_spec());
}
END_TEST

START_TEST(a_constant_frame_is_left_alone)
{
	struct frame_template *template;
	struct frame_spec spec;
	uint8_t to[60];

	frame_spec_init(&spec);
	template = template_of(&spec);
	memset(to, GUARD, sizeof(to));
	frame_patch(template, 1, 1, to);
	for (unsigned i = 0; i < sizeof(to); i++)
		ck_assert_uint_eq(to[i], GUARD);
	frame_template_free(template);
}
END_TEST

START_TEST(receivers_find_the_signature)
{
	struct frame_template *template;
	struct signature read;
	struct frame_spec spec;
	uint8_t to[61];

	frame_spec_init(&spec);
	spec.size = 61;
	spec.signature = true;
	spec.flow = 3;
	template = template_of(&spec);
	frame_copy(template, (UINT64_C(1) << 32) + 9, 123456789, to);
	ck_assert(signature_read(to, sizeof(to), &read));
	ck_assert_uint_eq(read.flow, 3);
	ck_assert_uint_eq(read.sequence, 9);
	ck_assert_uint_eq(read.time_ns, 123456789);
	frame_template_free(template);
}
END_TEST

START_TEST(the_smallest_size_follows_the_stack)
{
	struct frame_spec spec;

	frame_spec_init(&spec);
	ck_assert_uint_eq(frame_spec_size_min(&spec), 60);
	spec.signature = true;
	ck_assert_uint_eq(frame_spec_size_min(&spec), 60);
	spec.vlan = 7;
	ck_assert_uint_eq(frame_spec_size_min(&spec), 62);
	spec = ipv6_spec();
	ck_assert_uint_eq(frame_spec_size_min(&spec), 62);
	spec.signature = true;
	ck_assert_uint_eq(frame_spec_size_min(&spec), 78);
	spec.vlan = 7;
	ck_assert_uint_eq(frame_spec_size_min(&spec), 82);
}
END_TEST

static void check_refused(
	const struct frame_spec *spec, const char *param, const char *message, const char *hint)
{
	struct frame_template *template = NULL;
	struct error err;

	ck_assert_int_eq(frame_spec_check(spec, &err), -EINVAL);
	ck_assert_int_eq(err.reason, ERROR_INVALID);
	ck_assert_str_eq(err.param, param);
	ck_assert_str_eq(err.message, message);
	ck_assert_str_eq(err.hint, hint);
	ck_assert_int_eq(frame_template_new(spec, &template, &err), -EINVAL);
	ck_assert_ptr_null(template);
}

START_TEST(bad_sizes_say_what_would_do)
{
	struct frame_spec spec;

	frame_spec_init(&spec);
	spec.size = 59;
	check_refused(&spec, "size",
		"a frame of 59 bytes is shorter than Ethernet allows (60 without FCS)",
		"--size 60 or more");
	spec.size = 0;
	spec.vlan = 1;
	spec.signature = true;
	check_refused(&spec, "size",
		"a frame of 0 bytes is shorter than Ethernet allows (60 without FCS)",
		"--size 62 or more");
	spec.size = 61;
	check_refused(&spec, "size",
		"a frame of 61 bytes has no room for a VLAN tag, IPv4, UDP and the signature",
		"--size 62 or more");
	spec.size = FRAME_SIZE_MAX + 1;
	check_refused(&spec, "size", "a frame of 65550 bytes is larger than any MTU allows",
		"--size 65549 or less");
	spec = ipv6_spec();
	spec.size = 61;
	check_refused(&spec, "size", "a frame of 61 bytes has no room for IPv6 and UDP",
		"--size 62 or more");
	spec.size = 60;
	spec.signature = true;
	check_refused(&spec, "size",
		"a frame of 60 bytes has no room for IPv6, UDP and the signature",
		"--size 78 or more");
}
END_TEST

START_TEST(numbers_are_checked_at_their_ends)
{
	struct frame_spec spec;
	struct error err;

	frame_spec_init(&spec);
	spec.vlan = 1;
	spec.size = 64;
	spec.vlan_priority = 7;
	spec.dscp = 63;
	ck_assert_int_eq(frame_spec_check(&spec, &err), 0);
	spec.vlan = 4094;
	ck_assert_int_eq(frame_spec_check(&spec, &err), 0);
	spec.vlan = 4095;
	check_refused(&spec, "vlan", "4095 is not a number from 1 to 4094", "--vlan 1 to 4094");
	spec.vlan = 0;
	check_refused(&spec, "vlan", "0 is not a number from 1 to 4094", "--vlan 1 to 4094");
	spec.vlan = FRAME_NO_VLAN;
	spec.vlan_priority = 8;
	check_refused(
		&spec, "vlan-priority", "8 is not a number from 0 to 7", "--vlan-priority 0 to 7");
	spec.vlan_priority = 0;
	spec.dscp = 64;
	check_refused(&spec, "dscp", "64 is not a number from 0 to 63", "--dscp 0 to 63");
	spec.dscp = 0;
	spec.ip_version = 5;
	check_refused(&spec, "", "there is no IP version 5", "");
}
END_TEST

START_TEST(values_must_fit_their_fields)
{
	static const char hint[] = "give src-ip and dst-ip addresses of the same version";
	struct frame_spec spec = ipv6_spec();

	spec.ip_version = 4;
	check_refused(
		&spec, "src-ip", "the value does not fit into the field of an IPv4 frame", hint);
	frame_spec_init(&spec);
	spec.dst_port = varying(FIELD_INCREMENT, 0, 1, 65536);
	check_refused(
		&spec, "dst-port", "the value does not fit into the field of an IPv4 frame", hint);
	frame_spec_init(&spec);
	spec.dst_mac = varying(FIELD_INCREMENT, 0, 2, 1);
	check_refused(
		&spec, "dst-mac", "the value does not fit into the field of an IPv4 frame", hint);
}
END_TEST

UNIT_SUITE("packet/frame", the_default_frame_is_as_documented,
	an_ipv6_frame_with_everything_is_as_documented,
	all_three_ways_agree_for_every_stack_and_size, all_three_ways_agree_for_large_frames,
	ipv4_fields_stand_where_they_belong, ipv6_patterns_cover_the_lower_half,
	a_udp_checksum_of_zero_is_sent_as_ones, a_constant_frame_is_left_alone,
	receivers_find_the_signature, the_smallest_size_follows_the_stack,
	bad_sizes_say_what_would_do, numbers_are_checked_at_their_ends,
	values_must_fit_their_fields)
