/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal as a page that is drawn anew: alternate screen, no echo, keys without Enter. Whoever
 * enters must leave, on every path; signals are taken through interrupt.h for that reason.
 */
#ifndef CTL_SCREEN_H
#define CTL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <termios.h>

struct screen {
	bool has_keys; /* standard input is the terminal */
	struct termios before;
};

void screen_enter(struct screen *screen);
void screen_leave(const struct screen *screen);

/* Draws a page over the last one, cut to the size that the window has now. */
void screen_draw(const char *page);

/* Writes at most columns characters of a line (up to its newline); escape sequences have no width.
 */
void screen_write_line(FILE *out, const char *line, size_t columns);

#endif
