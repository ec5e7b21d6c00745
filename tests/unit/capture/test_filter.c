/* SPDX-License-Identifier: BSD-2-Clause */
/* capture/filter: what libpcap makes of expressions, and what it says of wrong ones. */
#include "capture/filter.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

/* Ethernet, IPv4, UDP from port 9 to port 53, in 60 bytes; with a tag when vlan is not 0. */
static uint32_t make_frame(uint8_t frame[64], unsigned vlan)
{
	static const uint8_t ip[] = {0x08, 0x00, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0,
		1, 10, 0, 0, 2, 0, 9, 0, 53, 0, 26};
	uint8_t *at = frame + 12;

	memset(frame, 0, 64);
	if (vlan) {
		memcpy(at, (uint8_t[]){0x81, 0x00, (uint8_t)(vlan >> 8), (uint8_t)vlan}, 4);
		at += 4;
	}
	memcpy(at, ip, sizeof(ip));
	return vlan ? 64 : 60;
}

static bool accepts(const char *expression, unsigned vlan)
{
	struct capture_filter *filter;
	struct error err;
	uint8_t frame[64];
	uint32_t len = make_frame(frame, vlan);
	bool accepted;

	ck_assert_msg(capture_filter_new(expression, &filter, &err) == 0, "%s", err.message);
	accepted = capture_filter_accepts(filter, frame, len);
	capture_filter_free(filter);
	return accepted;
}

START_TEST(expressions_choose_frames)
{
	ck_assert(accepts("", 0));
	ck_assert(accepts("udp dst port 53", 0));
	ck_assert(!accepts("udp dst port 54", 0));
	ck_assert(accepts("host 10.0.0.1 and not tcp", 0));
	ck_assert(!accepts("ip6", 0));
	ck_assert(accepts("len == 60", 0));
	ck_assert(!accepts("udp", 5));
	ck_assert(accepts("vlan 5 and udp port 9", 5));
	ck_assert(!accepts("vlan 6", 5));
}
END_TEST

START_TEST(a_frame_that_is_too_short_to_tell_is_refused)
{
	struct capture_filter *filter;
	struct error err;
	uint8_t frame[64];

	make_frame(frame, 0);
	ck_assert_int_eq(capture_filter_new("udp dst port 53", &filter, &err), 0);
	for (uint32_t len = 0; len < 38; len++)
		ck_assert(!capture_filter_accepts(filter, frame, len));
	ck_assert(capture_filter_accepts(filter, frame, 38));
	capture_filter_free(filter);
}
END_TEST

static void refused(const char *expression, const char *message)
{
	struct capture_filter *filter = (void *)1;
	struct error err = {0};

	ck_assert_int_eq(capture_filter_new(expression, &filter, &err), -EINVAL);
	ck_assert_ptr_eq(filter, (void *)1);
	ck_assert_int_eq(err.reason, ERROR_INVALID);
	ck_assert_str_eq(err.param, "filter");
	ck_assert_str_eq(err.message, message);
	ck_assert_str_eq(err.hint, "as for tcpdump, \"udp and dst port 53\": man 7 pcap-filter");
}

START_TEST(wrong_expressions_are_refused_with_the_reason)
{
	refused("udpp port 1", "\"udpp port 1\": can't parse filter expression: syntax error");
	refused("udp port 65536", "\"udp port 65536\": illegal port number 65536 > 65535");
	refused("ip6 and ip proto 6 and tcp[0] = 1 and ip",
		"\"ip6 and ip proto 6 and tcp[0] = 1 and ip\": expression rejects all packets");
}
END_TEST

START_TEST(too_long_is_refused)
{
	char expression[CAPTURE_FILTER_MAX + 2];
	struct capture_filter *filter;
	struct error err;

	memset(expression, ' ', sizeof(expression));
	memcpy(expression, "udp", 3);
	expression[CAPTURE_FILTER_MAX] = '\0';
	ck_assert_int_eq(capture_filter_new(expression, &filter, &err), 0);
	capture_filter_free(filter);
	expression[CAPTURE_FILTER_MAX] = ' ';
	expression[CAPTURE_FILTER_MAX + 1] = '\0';
	ck_assert_int_eq(capture_filter_new(expression, &filter, &err), -E2BIG);
	ck_assert_str_eq(err.message, "it has 4001 bytes, at most 4000 can be");
}
END_TEST

UNIT_SUITE("capture/filter", expressions_choose_frames,
	a_frame_that_is_too_short_to_tell_is_refused, wrong_expressions_are_refused_with_the_reason,
	too_long_is_refused)
