/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames and their templates.
 *
 * write_frame() is the plain way: every header anew, sums over the finished bytes. It makes
 * frame_generate()'s frames and, given zero for what varies, a template's bytes and sums.
 * frame_patch() is the fast way: what varies is written from the template's patterns and added to
 * its sums. The two meet nowhere after the template is made, which is what lets the first judge the
 * second. Templates are made by the control thread; workers read them.
 */
#include "packet/frame.h"

#include "packet/checksum.h"
#include "packet/signature.h"

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHERNET_LEN   14
#define VLAN_LEN       4
#define IPV4_LEN       20
#define IPV6_LEN       40
#define UDP_LEN        8
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_IPV6 0x86dd
#define PROTOCOL_UDP   17
#define IPV4_DF        0x4000
#define IPV4_SUM       10 /* of the checksum in its header */
#define UDP_SUM        6

enum { DST_MAC, SRC_MAC, SRC_IP, DST_IP, SRC_PORT, DST_PORT };

enum header { HEADER_ETHERNET, HEADER_IP, HEADER_UDP };

/* Where the field of struct frame_spec lies in the frame; of an IPv6 address, its lower half. */
static const struct {
	const char *param;
	size_t spec_offset;
	enum header header;
	struct {
		uint8_t offset, width;
	} v4, v6;
} places[FRAME_FIELDS_MAX] = {
	[DST_MAC] = {"dst-mac", offsetof(struct frame_spec, dst_mac), HEADER_ETHERNET, {0, 6},
		{0, 6}},
	[SRC_MAC] = {"src-mac", offsetof(struct frame_spec, src_mac), HEADER_ETHERNET, {6, 6},
		{6, 6}},
	[SRC_IP] = {"src-ip", offsetof(struct frame_spec, src_ip), HEADER_IP, {12, 4}, {16, 8}},
	[DST_IP] = {"dst-ip", offsetof(struct frame_spec, dst_ip), HEADER_IP, {16, 4}, {32, 8}},
	[SRC_PORT] = {"src-port", offsetof(struct frame_spec, src_port), HEADER_UDP, {0, 2},
		{0, 2}},
	[DST_PORT] = {"dst-port", offsetof(struct frame_spec, dst_port), HEADER_UDP, {2, 2},
		{2, 2}},
};

static const struct field *spec_field(const struct frame_spec *spec, unsigned i)
{
	return (const struct field *)((const char *)spec + places[i].spec_offset);
}

static unsigned place_offset(const struct frame_spec *spec, unsigned i)
{
	return spec->ip_version == 6 ? places[i].v6.offset : places[i].v4.offset;
}

static unsigned place_width(const struct frame_spec *spec, unsigned i)
{
	return spec->ip_version == 6 ? places[i].v6.width : places[i].v4.width;
}

static struct field fixed(uint64_t value)
{
	return (struct field){.kind = FIELD_FIXED, .first = value, .last = value};
}

void frame_spec_init(struct frame_spec *spec)
{
	*spec = (struct frame_spec){
		.size = FRAME_SIZE_MIN,
		.dst_mac = fixed(0x020000000001),
		.src_mac = fixed(0x020000000002),
		.vlan = FRAME_NO_VLAN,
		.ip_version = 4,
		.src_ip = fixed(0xc6120001), /* 198.18.0.1 */
		.dst_ip = fixed(0xc6130001), /* 198.19.0.1 */
		.ttl = 64,
		.src_port = fixed(49152),
		.dst_port = fixed(9),
	};
}

static unsigned ip_offset(const struct frame_spec *spec)
{
	return ETHERNET_LEN + (spec->vlan == FRAME_NO_VLAN ? 0 : VLAN_LEN);
}

static unsigned udp_offset(const struct frame_spec *spec)
{
	return ip_offset(spec) + (spec->ip_version == 6 ? IPV6_LEN : IPV4_LEN);
}

uint32_t frame_spec_size_min(const struct frame_spec *spec)
{
	uint32_t size = udp_offset(spec) + UDP_LEN + (spec->signature ? SIGNATURE_LEN : 0);

	return size < FRAME_SIZE_MIN ? FRAME_SIZE_MIN : size;
}

static int check_size(const struct frame_spec *spec, struct error *err)
{
	uint32_t size_min = frame_spec_size_min(spec);

	if (spec->size > FRAME_SIZE_MAX) {
		error_set(err, EINVAL, ERROR_INVALID, "size",
			"a frame of %u bytes is larger than any MTU allows", spec->size);
		error_hint(err, "--size %u or less", FRAME_SIZE_MAX);
		return -EINVAL;
	}
	if (spec->size >= size_min)
		return 0;
	if (spec->size < FRAME_SIZE_MIN)
		error_set(err, EINVAL, ERROR_INVALID, "size",
			"a frame of %u bytes is shorter than Ethernet allows (%u without FCS)",
			spec->size, FRAME_SIZE_MIN);
	else
		error_set(err, EINVAL, ERROR_INVALID, "size",
			"a frame of %u bytes has no room for %sIPv%d%s", spec->size,
			spec->vlan == FRAME_NO_VLAN ? "" : "a VLAN tag, ", spec->ip_version,
			spec->signature ? ", UDP and the signature" : " and UDP");
	error_hint(err, "--size %u or more", size_min);
	return -EINVAL;
}

static int check_numbers(const struct frame_spec *spec, struct error *err)
{
	const struct {
		const char *param;
		int value, low, high;
	} numbers[] = {
		{"vlan", spec->vlan == FRAME_NO_VLAN ? 1 : spec->vlan, 1, 4094},
		{"vlan-priority", spec->vlan_priority, 0, 7},
		{"dscp", spec->dscp, 0, 63},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i].value >= numbers[i].low && numbers[i].value <= numbers[i].high)
			continue;
		error_set(err, EINVAL, ERROR_INVALID, numbers[i].param,
			"%d is not a number from %d to %d", numbers[i].value, numbers[i].low,
			numbers[i].high);
		error_hint(err, "--%s %d to %d", numbers[i].param, numbers[i].low, numbers[i].high);
		return -EINVAL;
	}
	if (spec->ip_version == 4 || spec->ip_version == 6)
		return 0;
	return error_set(
		err, EINVAL, ERROR_INVALID, NULL, "there is no IP version %d", spec->ip_version);
}

/* A value wider than its place would be cut in the frame but not in the sums. */
static int check_fields(const struct frame_spec *spec, struct error *err)
{
	for (unsigned i = 0; i < FRAME_FIELDS_MAX; i++) {
		const struct field *field = spec_field(spec, i);
		uint64_t highest = UINT64_MAX >> (64 - 8 * place_width(spec, i));
		bool has_hi = spec->ip_version == 6 && places[i].header == HEADER_IP;

		if (field->first <= field->last && field->last <= highest && (has_hi || !field->hi))
			continue;
		error_set(err, EINVAL, ERROR_INVALID, places[i].param,
			"the value does not fit into the field of an IPv%d frame",
			spec->ip_version);
		error_hint(err, "give src-ip and dst-ip addresses of the same version");
		return -EINVAL;
	}
	return 0;
}

int frame_spec_check(const struct frame_spec *spec, struct error *err)
{
	int result = check_numbers(spec, err);

	if (result == 0)
		result = check_size(spec, err);
	if (result == 0)
		result = check_fields(spec, err);
	return result;
}

/* Writes the lower width bytes of value, big-endian; returns what follows. */
static inline uint8_t *put(uint8_t *to, uint64_t value, unsigned width)
{
	uint64_t wire = htobe64(value << (64 - 8 * width));

	/* sizes that the compiler knows become plain stores */
	switch (width) {
	case 2:
		memcpy(to, &wire, 2);
		break;
	case 4:
		memcpy(to, &wire, 4);
		break;
	case 6:
		memcpy(to, &wire, 6);
		break;
	case 8:
		memcpy(to, &wire, 8);
		break;
	default:
		memcpy(to, &wire, width);
	}
	return to + width;
}

/* IEEE 802.3, 802.1Q §9.6 */
static uint8_t *write_ethernet(const struct frame_spec *spec, const uint64_t *values, uint8_t *at)
{
	at = put(at, values[DST_MAC], 6);
	at = put(at, values[SRC_MAC], 6);
	if (spec->vlan != FRAME_NO_VLAN) {
		at = put(at, ETHERTYPE_VLAN, 2);
		at = put(at, (uint64_t)spec->vlan_priority << 13 | (uint64_t)spec->vlan, 2);
	}
	return put(at, spec->ip_version == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4, 2);
}

/* RFC 791 §3.1. Adds the checksum; *sum gets its sum, *pseudo the addresses'. */
static uint8_t *write_ipv4(const struct frame_spec *spec, const uint64_t *values, uint8_t *start,
	uint64_t *sum, uint64_t *pseudo)
{
	uint8_t *at = start;

	at = put(at, 0x45, 1);
	at = put(at, (uint64_t)spec->dscp << 2, 1);
	at = put(at, spec->size - ip_offset(spec), 2);
	at = put(at, 0, 2);
	at = put(at, IPV4_DF, 2);
	at = put(at, spec->ttl, 1);
	at = put(at, PROTOCOL_UDP, 1);
	at = put(at, 0, 2);
	at = put(at, values[SRC_IP], 4);
	at = put(at, values[DST_IP], 4);
	*sum = checksum_add(0, start, IPV4_LEN);
	*pseudo = checksum_add(0, at - 8, 8);
	put(start + IPV4_SUM, checksum_finish(*sum), 2);
	return at;
}

/* RFC 8200 §3 */
static uint8_t *write_ipv6(
	const struct frame_spec *spec, const uint64_t *values, uint8_t *at, uint64_t *pseudo)
{
	at = put(at, UINT64_C(6) << 28 | (uint64_t)spec->dscp << 22, 4);
	at = put(at, spec->size - udp_offset(spec), 2);
	at = put(at, PROTOCOL_UDP, 1);
	at = put(at, spec->ttl, 1);
	at = put(at, spec->src_ip.hi, 8);
	at = put(at, values[SRC_IP], 8);
	at = put(at, spec->dst_ip.hi, 8);
	at = put(at, values[DST_IP], 8);
	*pseudo = checksum_add(0, at - 32, 32);
	return at;
}

/* 0 in the field means that there is no checksum (RFC 768). */
static uint16_t udp_checksum(uint64_t sum)
{
	uint16_t checksum = checksum_finish(sum);

	return checksum ? checksum : 0xffff;
}

/* What the two sums came to, for the template. */
struct sums {
	uint64_t ip, l4;
};

/* Writes the whole frame with these values of its fields, and both checksums. */
static struct sums write_frame(const struct frame_spec *spec, const uint64_t *values,
	uint32_t sequence, uint64_t time_ns, uint8_t *to)
{
	uint8_t *end = to + spec->size, *udp;
	struct sums sums = {0};
	uint8_t *at = write_ethernet(spec, values, to);
	uint32_t udp_len;

	if (spec->ip_version == 6)
		udp = write_ipv6(spec, values, at, &sums.l4);
	else
		udp = write_ipv4(spec, values, at, &sums.ip, &sums.l4);
	udp_len = (uint32_t)(end - udp);
	at = put(udp, values[SRC_PORT], 2);
	at = put(at, values[DST_PORT], 2);
	at = put(at, udp_len, 2);
	at = put(at, 0, 2);
	for (uint8_t count = 0; at < end; count++)
		*at++ = count;
	if (spec->signature)
		signature_write(
			&(struct signature){spec->flow, sequence, time_ns}, end - SIGNATURE_LEN);
	sums.l4 = checksum_add(sums.l4 + PROTOCOL_UDP + udp_len, udp, udp_len);
	put(udp + UDP_SUM, udp_checksum(sums.l4), 2);
	return sums;
}

void frame_generate(
	const struct frame_template *template, uint64_t n, uint64_t time_ns, uint8_t *to)
{
	uint64_t values[FRAME_FIELDS_MAX];

	for (unsigned i = 0; i < FRAME_FIELDS_MAX; i++)
		values[i] = field_value(spec_field(&template->spec, i), n);
	write_frame(&template->spec, values, (uint32_t)n, time_ns, to);
}

static struct frame_pattern make_pattern(const struct frame_spec *spec, unsigned i)
{
	const unsigned header_offsets[] = {
		[HEADER_ETHERNET] = 0,
		[HEADER_IP] = ip_offset(spec),
		[HEADER_UDP] = udp_offset(spec),
	};
	enum header header = places[i].header;

	return (struct frame_pattern){
		.field = *spec_field(spec, i),
		.offset = (uint16_t)(header_offsets[header] + place_offset(spec, i)),
		.width = (uint8_t)place_width(spec, i),
		.in_ip_sum = header == HEADER_IP && spec->ip_version == 4,
		.in_l4_sum = header != HEADER_ETHERNET,
	};
}

/* Folds to 32 bits, so that the workers' additions never carry beyond 64. */
static uint32_t fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	return (uint32_t)((sum & UINT32_MAX) + (sum >> 32));
}

int frame_template_new(
	const struct frame_spec *spec, struct frame_template **template, struct error *err)
{
	uint64_t values[FRAME_FIELDS_MAX] = {0};
	struct frame_template *made;
	struct sums sums;
	int result = frame_spec_check(spec, err);

	if (result < 0)
		return result;
	made = calloc(1, sizeof(*made) + spec->size);
	if (!made)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	made->spec = *spec;
	made->len = spec->size;
	made->ip_offset = (uint16_t)ip_offset(spec);
	made->l4_offset = (uint16_t)udp_offset(spec);
	made->payload_offset = (uint16_t)(made->l4_offset + UDP_LEN);
	made->ip_sum_offset = spec->ip_version == 4 ? (uint16_t)(made->ip_offset + IPV4_SUM) : 0;
	made->l4_sum_offset = (uint16_t)(made->l4_offset + UDP_SUM);
	for (unsigned i = 0; i < FRAME_FIELDS_MAX; i++) {
		if (spec_field(spec, i)->kind == FIELD_FIXED)
			values[i] = spec_field(spec, i)->first;
		else
			made->patterns[made->pattern_count++] = make_pattern(spec, i);
	}
	made->constant = made->pattern_count == 0 && !spec->signature;
	sums = write_frame(spec, values, 0, 0, made->bytes);
	made->ip_sum = fold(sums.ip);
	made->l4_sum = fold(sums.l4);
	*template = made;
	return 0;
}

void frame_template_free(struct frame_template *template)
{
	free(template);
}

/* Writes sequence and time, and returns what they add to the sum; magic and flow are constant. */
static uint64_t patch_signature(
	const struct frame_template *template, uint32_t sequence, uint64_t time_ns, uint8_t *to)
{
	unsigned offset = template->len - SIGNATURE_LEN;

	signature_write(&(struct signature){template->spec.flow, sequence, time_ns}, to + offset);
	return (uint64_t)checksum_of_value(sequence, offset + 4, 4) +
	       checksum_of_value(time_ns, offset + 8, 8);
}

void frame_patch(const struct frame_template *template, uint64_t n, uint64_t time_ns, uint8_t *to)
{
	uint64_t ip_sum = template->ip_sum, l4_sum = template->l4_sum;

	if (template->constant)
		return;
	for (unsigned i = 0; i < template->pattern_count; i++) {
		const struct frame_pattern *pattern = &template->patterns[i];
		uint64_t value = field_value(&pattern->field, n);
		uint32_t sum = checksum_of_value(value, pattern->offset, pattern->width);

		put(to + pattern->offset, value, pattern->width);
		ip_sum += pattern->in_ip_sum ? sum : 0;
		l4_sum += pattern->in_l4_sum ? sum : 0;
	}
	if (template->spec.signature)
		l4_sum += patch_signature(template, (uint32_t)n, time_ns, to);
	if (template->ip_sum_offset)
		put(to + template->ip_sum_offset, checksum_finish(ip_sum), 2);
	put(to + template->l4_sum_offset, udp_checksum(l4_sum), 2);
}

void frame_copy(const struct frame_template *template, uint64_t n, uint64_t time_ns, uint8_t *to)
{
	memcpy(to, template->bytes, template->len);
	frame_patch(template, n, time_ns, to);
}
