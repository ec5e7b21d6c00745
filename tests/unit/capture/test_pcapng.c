/* SPDX-License-Identifier: BSD-2-Clause */
/* capture/pcapng: blocks taken apart by a reader of the test's own. */
#include "capture/format.h"
#include "unit.h"

#include <string.h>

static uint8_t bytes[CAPTURE_HEAD_MAX];

static uint32_t word_at(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static uint64_t u64_at(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Times are two words, the upper first. */
static uint64_t time_at(const uint8_t *at)
{
	return (uint64_t)word_at(at) << 32 | word_at(at + 4);
}

/* A block of that type, whose size stands at both ends; where its body begins. */
static const uint8_t *block(const uint8_t *at, uint32_t type)
{
	uint32_t size = word_at(at + 4);

	ck_assert_uint_eq(word_at(at), type);
	ck_assert_uint_eq(size % 4, 0);
	ck_assert_uint_eq(word_at(at + size - 4), size);
	ck_assert_uint_eq(capture_pcapng.piece_size(at), size);
	return at + 8;
}

/* The value of an option, with its length; NULL when it is not there before the end of options. */
static const uint8_t *option(const uint8_t *at, uint16_t code, uint16_t *len)
{
	uint16_t head[2];

	for (;;) {
		memcpy(head, at, sizeof(head));
		if (head[0] == 0)
			break;
		if (head[0] == code) {
			*len = head[1];
			return at + 4;
		}
		at += 4 + (head[1] + 3u) / 4 * 4;
	}
	ck_assert_uint_eq(head[1], 0);
	return NULL;
}

static void has_text(const uint8_t *options, uint16_t code, const char *text)
{
	uint16_t len;
	const uint8_t *value = option(options, code, &len);

	ck_assert_ptr_nonnull(value);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert_mem_eq(value, text, len);
}

static const struct capture_facts facts = {.interface = "eth1",
	.description = "port p0 at packet:eth1",
	.filter = "udp",
	.snaplen = 100,
	.speed_bps = UINT64_C(10000000000),
	.mac = {2, 0, 0, 0, 0, 1}};

START_TEST(the_section_says_who_wrote_it)
{
	const uint8_t *body;
	uint16_t len, version[2];
	const uint8_t *value;

	capture_pcapng.head(bytes, &facts);
	body = block(bytes, 0x0a0d0d0a);
	ck_assert_uint_eq(word_at(body), 0x1a2b3c4d);
	memcpy(version, body + 4, sizeof(version));
	ck_assert_uint_eq(version[0], 1);
	ck_assert_uint_eq(version[1], 0);
	ck_assert_uint_eq(u64_at(body + 8), UINT64_MAX);
	value = option(body + 16, 4, &len);
	ck_assert_ptr_nonnull(value);
	ck_assert_mem_eq(value, "pktgend ", 8);
	ck_assert_ptr_nonnull(option(body + 16, 2, &len));
	value = option(body + 16, 3, &len);
	ck_assert_ptr_nonnull(value);
	ck_assert_mem_eq(value, "Linux ", 6);
}
END_TEST

START_TEST(the_interface_has_name_filter_and_resolution)
{
	size_t size = capture_pcapng.head(bytes, &facts), section = word_at(bytes + 4);
	const uint8_t *body = block(bytes + section, 1);

	ck_assert_uint_eq(section + word_at(bytes + section + 4), size);
	ck_assert_uint_eq(word_at(body), 1); /* Ethernet, reserved */
	ck_assert_uint_eq(word_at(body + 4), 100);
	has_text(body + 8, 2, "eth1");
	has_text(body + 8, 3, "port p0 at packet:eth1");
}
END_TEST

START_TEST(the_interface_has_numbers)
{
	size_t section = (capture_pcapng.head(bytes, &facts), word_at(bytes + 4));
	const uint8_t *body = block(bytes + section, 1), *value;
	uint16_t len;

	value = option(body + 8, 6, &len);
	ck_assert_uint_eq(len, 6);
	ck_assert_mem_eq(value, facts.mac, 6);
	value = option(body + 8, 8, &len);
	ck_assert_uint_eq(len, 8);
	ck_assert_uint_eq(u64_at(value), facts.speed_bps);
	value = option(body + 8, 9, &len);
	ck_assert_uint_eq(len, 1);
	ck_assert_uint_eq(*value, 9);
	value = option(body + 8, 11, &len);
	ck_assert_uint_eq(len, 4);
	ck_assert_mem_eq(value, "\0udp", 4);
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
	const struct capture_facts few = {.interface = "null:", .description = ""};
	size_t section = (capture_pcapng.head(bytes, &few), word_at(bytes + 4));
	const uint8_t *body = block(bytes + section, 1);
	uint16_t len;

	has_text(body + 8, 2, "null:");
	ck_assert_ptr_null(option(body + 8, 8, &len));
	ck_assert_ptr_null(option(body + 8, 11, &len));
}
END_TEST

START_TEST(the_longest_texts_fit)
{
	static char text[100000];
	struct capture_facts long_facts = {
		.interface = text, .description = text, .filter = text, .speed_bps = 1};
	uint16_t len;
	size_t section;

	memset(text, 'x', sizeof(text) - 1);
	ck_assert_uint_le(capture_pcapng.head(bytes, &long_facts), CAPTURE_HEAD_MAX);
	section = word_at(bytes + 4);
	ck_assert_ptr_nonnull(option(block(bytes + section, 1) + 8, 11, &len));
	ck_assert_uint_eq(len, CAPTURE_HEAD_MAX / 2);
}
END_TEST

START_TEST(a_frame_of_every_length_is_padded)
{
	uint8_t frame[16] = "0123456789abcde";

	for (uint32_t len = 0; len < sizeof(frame); len++) {
		const struct capture_record record = {
			.time_ns = UINT64_C(1700000000123456789), .len = 1000, .caplen = len};
		size_t size, padded = (len + 3) / 4 * 4;
		const uint8_t *body, *flags;
		uint16_t flags_len;

		memset(bytes, 0xee, 256);
		size = capture_pcapng.frame(bytes, &record, frame);
		ck_assert_uint_le(size, len + CAPTURE_FRAME_MAX);
		ck_assert_uint_eq(bytes[size], 0xee);
		body = block(bytes, 6);
		ck_assert_uint_eq(word_at(body), 0);
		ck_assert_uint_eq(time_at(body + 4), record.time_ns);
		ck_assert_uint_eq(word_at(body + 12), len);
		ck_assert_uint_eq(word_at(body + 16), 1000);
		ck_assert_mem_eq(body + 20, frame, len);
		for (size_t i = len; i < padded; i++)
			ck_assert_uint_eq(body[20 + i], 0);
		flags = option(body + 20 + padded, 2, &flags_len);
		ck_assert_uint_eq(flags_len, 4);
		ck_assert_uint_eq(word_at(flags), 1); /* inbound */
		ck_assert_uint_eq(size, 28 + padded + 12 + 4);
	}
}
END_TEST

START_TEST(the_tail_has_times_and_drops)
{
	const struct capture_totals totals = {.started_ns = UINT64_C(1700000000000000001),
		.ended_ns = UINT64_C(1700000001000000002),
		.received = UINT64_MAX,
		.dropped = 2,
		.accepted = 3,
		.delivered = 4};
	static const uint16_t codes[] = {4, 5, 6, 8};
	const uint64_t values[] = {UINT64_MAX, 2, 3, 4};
	const uint8_t *body, *value;
	uint16_t len;

	capture_pcapng.tail(bytes, &totals);
	body = block(bytes, 5);
	ck_assert_uint_eq(word_at(body), 0);
	ck_assert_uint_eq(time_at(body + 4), totals.ended_ns);
	ck_assert_uint_eq(time_at(option(body + 12, 2, &len)), totals.started_ns);
	ck_assert_uint_eq(time_at(option(body + 12, 3, &len)), totals.ended_ns);
	for (unsigned i = 0; i < 4; i++) {
		value = option(body + 12, codes[i], &len);
		ck_assert_ptr_nonnull(value);
		ck_assert_uint_eq(len, 8);
		ck_assert_uint_eq(u64_at(value), values[i]);
	}
}
END_TEST

UNIT_SUITE("capture/pcapng", the_section_says_who_wrote_it,
	the_interface_has_name_filter_and_resolution, the_interface_has_numbers,
	what_is_not_known_is_left_out, the_longest_texts_fit, a_frame_of_every_length_is_padded,
	the_tail_has_times_and_drops)
