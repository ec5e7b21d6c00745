/* SPDX-License-Identifier: BSD-2-Clause */
/* capture/pcap: byte for byte, in this machine's order. */
#include "capture/format.h"
#include "unit.h"

#include <string.h>

START_TEST(the_head)
{
	static const uint32_t expected[] = {0xa1b23c4d, 0, 0, 0, 1500, 1};
	uint8_t bytes[64];
	uint32_t words[6];
	uint16_t version[2];

	ck_assert_uint_eq(capture_pcap.head(bytes, &(struct capture_facts){.snaplen = 1500}), 24);
	memcpy(words, bytes, sizeof(words));
	memcpy(version, bytes + 4, sizeof(version));
	ck_assert_uint_eq(version[0], 2);
	ck_assert_uint_eq(version[1], 4);
	words[1] = 0;
	ck_assert_mem_eq(words, expected, sizeof(expected));
}
END_TEST

START_TEST(a_frame)
{
	static const uint32_t expected[] = {1700000000, 123456789, 3, 60};
	const struct capture_record record = {
		.time_ns = UINT64_C(1700000000123456789), .len = 60, .caplen = 3};
	uint8_t bytes[64];

	ck_assert_uint_eq(capture_pcap.frame(bytes, &record, (const uint8_t *)"abc"), 19);
	ck_assert_mem_eq(bytes, expected, sizeof(expected));
	ck_assert_mem_eq(bytes + 16, "abc", 3);
	ck_assert_uint_eq(capture_pcap.piece_size(bytes), 19);
}
END_TEST

START_TEST(there_is_no_tail)
{
	ck_assert_uint_eq(capture_pcap.tail(NULL, NULL), 0);
}
END_TEST

UNIT_SUITE("capture/pcap", the_head, a_frame, there_is_no_tail)
