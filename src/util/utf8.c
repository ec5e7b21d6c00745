/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 decoding for the texts that come from files and from the control socket. Pure functions, no
 * state. */
#include "util/utf8.h"

/* Bytes of the sequence that a lead byte begins, its payload bits, and the least value that needs
 * it. */
static const struct utf8_form {
	uint8_t mask, lead;
	uint8_t len;
	uint32_t least;
} forms[] = {
	{0x80, 0x00, 1, 0},
	{0xe0, 0xc0, 2, 0x80},
	{0xf0, 0xe0, 3, 0x800},
	{0xf8, 0xf0, 4, 0x10000},
};

static const struct utf8_form *form_of(uint8_t lead)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if ((lead & forms[i].mask) == forms[i].lead)
			return &forms[i];
	return NULL;
}

size_t utf8_decode(const char *text, size_t len, uint32_t *point)
{
	const uint8_t *bytes = (const uint8_t *)text;
	const struct utf8_form *form = len ? form_of(bytes[0]) : NULL;
	uint32_t value;

	if (!form || form->len > len)
		return 0;
	value = bytes[0] & (uint8_t)~form->mask;
	for (size_t i = 1; i < form->len; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (bytes[i] & 0x3f);
	}
	if (value < form->least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*point = value;
	return form->len;
}

size_t utf8_valid_len(const char *text, size_t len)
{
	size_t at = 0, step;
	uint32_t point;

	while (at < len && (step = utf8_decode(text + at, len - at, &point)) > 0)
		at += step;
	return at;
}
