/* SPDX-License-Identifier: BSD-2-Clause */
/* The pages of the HTTP server: what each path answers. Control thread. */
#ifndef METRICS_PAGE_H
#define METRICS_PAGE_H

#include <stddef.h>

struct engine;

struct page {
	unsigned status;          /* of HTTP */
	const char *content_type; /* constant */
	char *body;               /* heap; whoever gets the page frees it */
	size_t len;
};

/*
 * Makes the page of a path; an unknown path gives a page that says so. accept is the request's
 * Accept header or NULL. Returns 0 or -ENOMEM.
 */
int page_make(struct engine *engine, const char *path, const char *accept, struct page *page);

#endif
