/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. Pure
 * functions. */
#ifndef UTIL_UTF8_H
#define UTIL_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Reads the character that text begins with. Returns how many bytes it has, or 0 when it is none.
 */
size_t utf8_decode(const char *text, size_t len, uint32_t *point);

/* How many bytes of text, from its start, are whole and valid characters; len when all are. */
size_t utf8_valid_len(const char *text, size_t len);

#endif
