/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables: widths, sides, colours. */
#include "ctl/table.h"
#include "unit.h"

static const struct table_column columns[] = {{"NAME", false}, {"N", true}, {"LAST", false}};

static char *write_table(size_t rows, bool colour)
{
	struct table table;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	table_init(&table, columns, 3);
	for (size_t i = 0; i < rows; i++) {
		table_add(&table, TABLE_PLAIN, "%s", i ? "p" : "größer");
		table_add(&table, TABLE_BAD, "%zu", i * 1000 + 7);
		table_add(&table, TABLE_PLAIN, "x");
	}
	table_finish(&table, out, colour);
	fclose(out);
	return text;
}

START_TEST(columns_are_aligned)
{
	char *text = write_table(2, false);

	ck_assert_str_eq(text, "NAME       N  LAST\n"
			       "größer     7  x\n"
			       "p       1007  x\n");
	free(text);
}
END_TEST

START_TEST(no_rows_no_table)
{
	char *text = write_table(0, true);

	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

START_TEST(colours_have_no_width)
{
	char *text = write_table(1, true);

	ck_assert_str_eq(text, "\033[1mNAME\033[m    \033[1mN\033[m  \033[1mLAST\033[m\n"
			       "größer  \033[31m7\033[m  x\n");
	free(text);
}
END_TEST

START_TEST(width_counts_characters)
{
	ck_assert_uint_eq(table_text_width(""), 0);
	ck_assert_uint_eq(table_text_width("größer"), 6);
	ck_assert_uint_eq(table_text_width("\xf0\x9f\x98\x80"), 1);
}
END_TEST

UNIT_SUITE("ctl/table", columns_are_aligned, no_rows_no_table, colours_have_no_width,
	width_counts_characters)
