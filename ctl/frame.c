/* SPDX-License-Identifier: BSD-2-Clause */
/* frame FLOW [N]: the bytes of frame number N. */
#include "ctl/frame.h"

#include "ctl/command.h"
#include "ctl/ctl.h"
#include "ctl/document.h"
#include "json/json.h"
#include "util/units.h"

#include <ctype.h>

#define BYTES_PER_LINE 16

/* Two hexadecimal digits as a byte, -1 for anything else. */
static int parse_byte(const char *digits)
{
	unsigned int value;

	if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]))
		return -1;
	sscanf(digits, "%2x", &value);
	return (int)value;
}

/* Takes up to a line of bytes; returns how many. */
static size_t take_line(const char *digits, unsigned char *bytes)
{
	size_t n;
	int byte;

	for (n = 0; n < BYTES_PER_LINE; n++) {
		byte = parse_byte(digits + 2 * n);
		if (byte < 0)
			break;
		bytes[n] = (unsigned char)byte;
	}
	return n;
}

void frame_write_dump(FILE *out, const char *digits)
{
	unsigned char bytes[BYTES_PER_LINE];
	size_t offset = 0, n;

	while ((n = take_line(digits + 2 * offset, bytes)) > 0) {
		fprintf(out, "%04zx ", offset);
		for (size_t i = 0; i < BYTES_PER_LINE; i++) {
			if (i == BYTES_PER_LINE / 2)
				fputc(' ', out);
			if (i < n)
				fprintf(out, " %02x", bytes[i]);
			else
				fputs("   ", out);
		}
		fputs("  |", out);
		for (size_t i = 0; i < n; i++)
			fputc(bytes[i] >= ' ' && bytes[i] < 0x7f ? bytes[i] : '.', out);
		fputs("|\n", out);
		offset += n;
		if (n < BYTES_PER_LINE)
			break;
	}
}

static void write_frame(FILE *out, bool colour, const cJSON *frame)
{
	(void)colour;
	fprintf(out, "flow %s, frame %s, %s bytes\n", document_scalar(frame, "name"),
		document_scalar(frame, "n"), document_scalar(frame, "length"));
	frame_write_dump(out, document_scalar(frame, "hex"));
}

int frame_run(struct ctl *ctl)
{
	const char *number = ctl->args.words[1];
	cJSON *params;
	uint64_t n = 0;

	if (number && units_parse_u64(number, &n))
		return ctl_fail_usage(ctl, "\"%s\" is not the number of a frame", number);
	params = ctl_params_name(ctl);
	json_add_u64(params, "n", n);
	return ctl_show(ctl, "flow.frame", params, write_frame);
}
