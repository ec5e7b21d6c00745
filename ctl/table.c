/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of text. A table belongs to the function that fills it; cells are copies. */
#include "ctl/table.h"

#include "ctl/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

/* Select Graphic Rendition, ECMA-48 §8.3.117. */
static const char *const style_texts[] = {
	[TABLE_PLAIN] = "\033[m",
	[TABLE_TITLE] = "\033[1m",
	[TABLE_GOOD] = "\033[32m",
	[TABLE_WARN] = "\033[33m",
	[TABLE_BAD] = "\033[31m",
};
static_assert(sizeof(style_texts) / sizeof(style_texts[0]) == TABLE_STYLE_COUNT, "one per style");

const char *table_style_text(enum table_style style)
{
	return style_texts[style];
}

size_t table_text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

void table_init(struct table *table, const struct table_column *columns, size_t n)
{
	assert(n > 0 && n <= TABLE_COLUMNS_MAX);
	*table = (struct table){.columns = columns, .column_count = n};
}

void table_add(struct table *table, enum table_style style, const char *format, ...)
{
	struct table_cell *cell;
	va_list args;

	table->cells = memory_need(
		realloc(table->cells, (table->cell_count + 1) * sizeof(table->cells[0])));
	cell = &table->cells[table->cell_count++];
	cell->style = style;
	va_start(args, format);
	if (vasprintf(&cell->text, format, args) < 0)
		cell->text = memory_need(NULL);
	va_end(args);
}

static void write_padding(FILE *out, size_t n)
{
	fprintf(out, "%*s", (int)n, "");
}

static void write_cell(const struct table *table, FILE *out, size_t column, size_t width,
	const struct table_cell *cell, bool colour)
{
	size_t padding = width - table_text_width(cell->text);
	bool right = table->columns[column].right;

	if (column > 0)
		fputs("  ", out);
	if (right)
		write_padding(out, padding);
	if (colour && cell->style != TABLE_PLAIN)
		fprintf(out, "%s%s%s", style_texts[cell->style], cell->text,
			style_texts[TABLE_PLAIN]);
	else
		fputs(cell->text, out);
	/* No blanks at the end of a line. */
	if (!right && column + 1 < table->column_count)
		write_padding(out, padding);
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t widest = table_text_width(table->columns[column].title), width;

	for (size_t i = column; i < table->cell_count; i += table->column_count) {
		width = table_text_width(table->cells[i].text);
		if (width > widest)
			widest = width;
	}
	return widest;
}

static void write_rows(const struct table *table, FILE *out, bool colour)
{
	size_t widths[TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < table->column_count; i++) {
		struct table_cell title = {(char *)table->columns[i].title, TABLE_TITLE};

		widths[i] = column_width(table, i);
		write_cell(table, out, i, widths[i], &title, colour);
	}
	fputc('\n', out);
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t column = i % table->column_count;

		write_cell(table, out, column, widths[column], &table->cells[i], colour);
		if (column + 1 == table->column_count)
			fputc('\n', out);
	}
}

void table_finish(struct table *table, FILE *out, bool colour)
{
	assert(table->cell_count % table->column_count == 0);
	if (table->cell_count > 0)
		write_rows(table, out, colour);
	for (size_t i = 0; i < table->cell_count; i++)
		free(table->cells[i].text);
	free(table->cells);
	table_init(table, table->columns, table->column_count);
}
