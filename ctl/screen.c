/* SPDX-License-Identifier: BSD-2-Clause */
/* ECMA-48 sequences that every terminal since the VT100 knows; xterm's alternate screen. stdout
 * only. */
#include "ctl/screen.h"

#include "ctl/table.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ALTERNATE_ON  "\033[?1049h\033[?25l" /* and hides the cursor */
#define ALTERNATE_OFF "\033[?25h\033[?1049l"
#define HOME          "\033[H"
#define CLEAR_LINE    "\033[K" /* to its end */
#define CLEAR_BELOW   "\033[J"

void screen_enter(struct screen *screen)
{
	struct termios raw;

	screen->has_keys = tcgetattr(STDIN_FILENO, &screen->before) == 0;
	if (screen->has_keys) {
		raw = screen->before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	fputs(ALTERNATE_ON, stdout);
	fflush(stdout);
}

void screen_leave(const struct screen *screen)
{
	fputs(ALTERNATE_OFF, stdout);
	fflush(stdout);
	if (screen->has_keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &screen->before);
}

/* The length of an escape sequence "ESC [ … letter" at text, 0 if there is none. */
static size_t sequence_len(const char *text)
{
	size_t len = 2;

	if (text[0] != '\033' || text[1] != '[')
		return 0;
	while (text[len] && (text[len] < '@' || text[len] > '~'))
		len++;
	return text[len] ? len + 1 : len;
}

void screen_write_line(FILE *out, const char *line, size_t columns)
{
	size_t width = 0, len;
	bool styled = false;

	while (*line && *line != '\n') {
		len = sequence_len(line);
		styled = styled || len > 0;
		if (len == 0) {
			width += (*line & 0xc0) != 0x80; /* first byte of a character */
			len = 1;
			if (width > columns)
				break;
		}
		fwrite(line, 1, len, out);
		line += len;
	}
	if (styled && width > columns)
		fputs(table_style_text(TABLE_PLAIN), out);
}

void screen_draw(const char *page)
{
	struct winsize size = {0};
	unsigned int row;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	/* A line is cleared before it is written: behind a full line the cursor is not on the next.
	 */
	fputs(HOME, stdout);
	for (row = 0; row < size.ws_row && *page; row++) {
		fputs(row > 0 ? "\r\n" CLEAR_LINE : CLEAR_LINE, stdout);
		screen_write_line(stdout, page, size.ws_col);
		page += strcspn(page, "\n");
		page += *page == '\n';
	}
	if (row < size.ws_row)
		fputs("\r\n" CLEAR_BELOW, stdout);
	fflush(stdout);
}
