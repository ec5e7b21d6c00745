/* SPDX-License-Identifier: BSD-2-Clause */
/* packet/signature: the 16 bytes, literally. */
#include "packet/signature.h"
#include "unit.h"

#include <string.h>

static const struct signature sample = {
	.flow = 0x0102, .sequence = 0x03040506, .time_ns = 0x0708090a0b0c0d0e};
static const uint8_t wire[SIGNATURE_LEN] = {
	0xa7, 0x51, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};

START_TEST(bytes_are_as_documented)
{
	uint8_t to[SIGNATURE_LEN + 2];

	memset(to, 0xee, sizeof(to));
	signature_write(&sample, to + 1); /* at an odd address, as in an odd frame */
	ck_assert_mem_eq(to + 1, wire, SIGNATURE_LEN);
	ck_assert_uint_eq(to[0], 0xee);
	ck_assert_uint_eq(to[SIGNATURE_LEN + 1], 0xee);
}
END_TEST

START_TEST(the_end_of_the_frame_is_read)
{
	uint8_t frame[61];
	struct signature read = {0};

	memset(frame, 0, sizeof(frame));
	memcpy(frame + sizeof(frame) - SIGNATURE_LEN, wire, SIGNATURE_LEN);
	ck_assert(signature_read(frame, sizeof(frame), &read));
	ck_assert_uint_eq(read.flow, sample.flow);
	ck_assert_uint_eq(read.sequence, sample.sequence);
	ck_assert_uint_eq(read.time_ns, sample.time_ns);
	ck_assert(signature_read(wire, SIGNATURE_LEN, &read));
}
END_TEST

START_TEST(foreign_frames_are_refused_untouched)
{
	struct signature read = {.flow = 7};
	uint8_t frame[SIGNATURE_LEN];

	ck_assert(!signature_read(wire, SIGNATURE_LEN - 1, &read));
	ck_assert(!signature_read(wire, 0, &read));
	for (unsigned bit = 0; bit < 16; bit++) {
		memcpy(frame, wire, sizeof(frame));
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert(!signature_read(frame, sizeof(frame), &read));
	}
	ck_assert_uint_eq(read.flow, 7);
}
END_TEST

UNIT_SUITE("packet/signature", bytes_are_as_documented, the_end_of_the_frame_is_read,
	foreign_frames_are_refused_untouched)
