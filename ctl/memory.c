/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place that decides what a lack of memory means to pktgenctl. No state. */
#include "ctl/memory.h"

#include "ctl/failure.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

void *memory_need(void *pointer)
{
	if (!pointer) {
		fputs("pktgenctl: out of memory\n", stderr);
		exit(CTL_FAILED);
	}
	return pointer;
}

static void *need_bytes(size_t size)
{
	return memory_need(malloc(size));
}

void memory_init(void)
{
	cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = need_bytes, .free_fn = free});
}

char *memory_format(const char *format, va_list args)
{
	char *text;

	return vasprintf(&text, format, args) < 0 ? memory_need(NULL) : text;
}
