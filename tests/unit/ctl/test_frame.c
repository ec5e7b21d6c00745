/* SPDX-License-Identifier: BSD-2-Clause */
/* Hex dumps: full lines, a short last line, and digits that are none. */
#include "ctl/frame.h"
#include "unit.h"

static void assert_dump(const char *digits, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	frame_write_dump(out, digits);
	fclose(out);
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(lines_of_sixteen)
{
	assert_dump("", "");
	assert_dump("41", "0000  41                                                |A|\n");
	assert_dump("000102030405060708090a0b0c0d0e7f",
		"0000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 7f  |................|\n");
	assert_dump("202122232425262728292a2b2c2d2e2f7eFF",
		"0000  20 21 22 23 24 25 26 27  28 29 2a 2b 2c 2d 2e 2f  | !\"#$%&'()*+,-./|\n"
		"0010  7e ff                                             |~.|\n");
}
END_TEST

START_TEST(ends_at_what_is_no_byte)
{
	assert_dump("4", "");
	assert_dump("zz41", "");
	assert_dump(" 1", "");
	assert_dump("41+1", "0000  41                                                |A|\n");
}
END_TEST

UNIT_SUITE("ctl/frame", lines_of_sixteen, ends_at_what_is_no_byte)
