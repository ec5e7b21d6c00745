/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines cut to the window: characters count, escape sequences do not. */
#include "ctl/screen.h"
#include "unit.h"

static void assert_line(const char *line, size_t columns, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	screen_write_line(out, line, columns);
	fclose(out);
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(plain_lines)
{
	assert_line("", 5, "");
	assert_line("abcde\nnext", 5, "abcde");
	assert_line("abcdef", 5, "abcde");
	assert_line("äöü", 2, "äö");
	assert_line("abc", 0, "");
}
END_TEST

START_TEST(styles_have_no_width_and_do_not_leak)
{
	assert_line("\033[1mabc\033[m", 3, "\033[1mabc\033[m");
	assert_line("\033[1mabcd\033[m", 3, "\033[1mabc\033[m");
	assert_line("\033[31", 3, "\033[31");
}
END_TEST

UNIT_SUITE("ctl/screen", plain_lines, styles_have_no_width_and_do_not_leak)
