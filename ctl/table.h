/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of text with a title line and aligned columns.
 *
 * Cells are added from left to right, row by row; a row that is not full when the table is written
 * is a mistake of ours. Width is counted in characters of UTF-8.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 12

enum table_style { TABLE_PLAIN, TABLE_TITLE, TABLE_GOOD, TABLE_WARN, TABLE_BAD, TABLE_STYLE_COUNT };

struct table_column {
	const char *title;
	bool right; /* figures stand to the right */
};

struct table_cell {
	char *text;
	enum table_style style;
};

struct table {
	const struct table_column *columns;
	size_t column_count;
	struct table_cell *cells;
	size_t cell_count;
};

/* columns must outlive the table. */
void table_init(struct table *table, const struct table_column *columns, size_t n);
void table_add(struct table *table, enum table_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Writes the table and frees what it holds. A table without rows writes nothing. */
void table_finish(struct table *table, FILE *out, bool colour);

/* The escape sequence that begins a style; TABLE_PLAIN ends all others. */
const char *table_style_text(enum table_style style);

/* Characters (code points) of a UTF-8 text. */
size_t table_text_width(const char *text);

#endif
