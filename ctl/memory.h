/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of a program that lives for one command: when there is none left it says so and exits with
 * status 1. This holds for what cJSON allocates as well, so that no caller has a failed allocation
 * to handle.
 */
#ifndef CTL_MEMORY_H
#define CTL_MEMORY_H

#include <stdarg.h>

/* Lets cJSON allocate by this rule. Before the first use of cJSON. */
void memory_init(void);

/* Passes on what an allocating function returned, unless it is NULL. */
void *memory_need(void *pointer);

/* A new string as vprintf(3) would write it. Never NULL; the caller frees it. */
char *memory_format(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

#endif
