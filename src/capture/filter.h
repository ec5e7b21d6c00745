/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which frames are captured: an expression of pcap-filter(7), compiled by libpcap to BPF.
 *
 * The control thread compiles and frees; any thread may ask, nothing changes after compiling.
 */
#ifndef CAPTURE_FILTER_H
#define CAPTURE_FILTER_H

#include "util/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Longest expression in bytes. */
#define CAPTURE_FILTER_MAX 4000

struct capture_filter;

/*
 * 0, or -errno with *err set (param "filter", with what libpcap says). A host name in the
 * expression is looked up, which may take long: compiling is given up after a quarter of a second.
 */
int capture_filter_new(const char *expression, struct capture_filter **filter, struct error *err);
void capture_filter_free(struct capture_filter *filter);

bool capture_filter_accepts(
	const struct capture_filter *filter, const uint8_t *frame, uint32_t len);

#endif
