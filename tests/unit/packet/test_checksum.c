/* SPDX-License-Identifier: BSD-2-Clause */
/* packet/checksum: against the RFC's example and against the plainest possible summation. */
#include "packet/checksum.h"
#include "unit.h"

#include <string.h>

static uint16_t reference(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)~sum;
}

static void fill(uint8_t *data, size_t len)
{
	uint32_t x = 12345;

	for (size_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = (uint8_t)(x >> 24);
	}
}

START_TEST(known_sums)
{
	/* RFC 1071 §3 */
	static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	/* an IPv4 header whose checksum is 0xb861 */
	static const uint8_t header[] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
		0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
	static const uint8_t odd[] = {0x12};

	ck_assert_uint_eq(checksum_finish(checksum_add(0, example, sizeof(example))), 0x220d);
	ck_assert_uint_eq(checksum_finish(checksum_add(0, header, sizeof(header))), 0);
	ck_assert_uint_eq(checksum_finish(checksum_add(0, odd, 1)), 0xedff);
	ck_assert_uint_eq(checksum_finish(checksum_add(0, NULL, 0)), 0xffff);
}
END_TEST

START_TEST(every_length_at_every_alignment)
{
	uint8_t data[160];

	fill(data, sizeof(data));
	for (size_t start = 0; start < 8; start++) {
		for (size_t len = 0; len <= 150; len++) {
			uint64_t sum = checksum_add(0, data + start, len);

			ck_assert_uint_eq(checksum_finish(sum), reference(data + start, len));
		}
	}
}
END_TEST

START_TEST(parts_add_up)
{
	uint8_t data[101];

	fill(data, sizeof(data));
	for (size_t cut = 0; cut <= 100; cut += 2) {
		uint64_t sum = checksum_add(0, data + cut, sizeof(data) - cut);

		sum = checksum_add(sum, data, cut);
		ck_assert_uint_eq(checksum_finish(sum), reference(data, sizeof(data)));
	}
}
END_TEST

START_TEST(the_largest_sums_do_not_overflow)
{
	static uint8_t ones[65549];

	memset(ones, 0xff, sizeof(ones));
	ck_assert_uint_eq(checksum_finish(checksum_add(0, ones, 65548)), 0);
	ck_assert_uint_eq(checksum_finish(checksum_add(0, ones, 65549)), 0x00ff);
	ck_assert_uint_eq(checksum_finish(UINT64_MAX), 0);
	ck_assert_uint_eq(checksum_finish(UINT64_C(0x1ffff)), 0xfffe);
	ck_assert_uint_eq(checksum_finish(UINT64_C(1) << 48), 0xfffe);
}
END_TEST

/* A value adds what its bytes would, wherever it stands. */
static void check_value(uint64_t value, unsigned offset, unsigned width)
{
	uint8_t data[32] = {0};

	value &= UINT64_MAX >> (64 - 8 * width);
	for (unsigned i = 0; i < width; i++)
		data[offset + i] = (uint8_t)(value >> 8 * (width - 1 - i));
	ck_assert_msg(checksum_finish(checksum_of_value(value, offset, width)) ==
			      reference(data, sizeof(data)),
		"%#lx at %u, %u wide", (unsigned long)value, offset, width);
}

START_TEST(values_count_as_their_bytes)
{
	static const uint64_t values[] = {0, 1, 0xff, 0xff00, 0xffff, 0x10000, 0x0123456789abcdef,
		0xfedcba9876543210, UINT64_MAX};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		for (unsigned offset = 0; offset < 10; offset++) {
			for (unsigned width = 1; width <= 8; width++)
				check_value(values[i], offset, width);
		}
	}
}
END_TEST

UNIT_SUITE("packet/checksum", known_sums, every_length_at_every_alignment, parts_add_up,
	the_largest_sums_do_not_overflow, values_count_as_their_bytes)
