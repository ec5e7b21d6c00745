/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames as hex dumps. Pure function but for writing. */
#ifndef CTL_FRAME_H
#define CTL_FRAME_H

#include <stdio.h>

/*
 * Writes digits ("0200…", two for a byte) as a dump with offsets and ASCII, which text2pcap(1)
 * reads as well; it ends at the first pair that is not hexadecimal.
 */
void frame_write_dump(FILE *out, const char *digits);

#endif
