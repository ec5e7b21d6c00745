/* SPDX-License-Identifier: BSD-2-Clause */
/* The choice of the format. Pure function. */
#include "capture/format.h"

#include <string.h>

const struct capture_format *capture_format_of(const char *path)
{
	static const char suffix[] = ".pcap";
	size_t len = strlen(path), suffix_len = sizeof(suffix) - 1;

	if (len >= suffix_len && strcmp(path + len - suffix_len, suffix) == 0)
		return &capture_pcap;
	return &capture_pcapng;
}
