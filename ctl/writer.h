/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one way out for what a command has to say, with two backends: text for people and JSON for
 * programs (--json).
 *
 * A command hands over a document and a function that knows how to lay it out for people. The JSON
 * backend prints the document on a line of its own and takes no interest in the layout; the text
 * backend calls the function with a copy that is safe for a terminal. Results go to stdout,
 * messages to stderr; an error is a message in text, and the one document on stdout in JSON.
 */
#ifndef CTL_WRITER_H
#define CTL_WRITER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

/* Lays a document out for people. */
typedef void writer_text_fn(FILE *out, bool colour, const cJSON *document);

struct writer {
	const struct writer_ops *ops;
	bool colour; /* of stdout */
};

struct writer_ops {
	bool is_json;
	/* text NULL: people need not be told. */
	void (*result)(const struct writer *writer, const cJSON *document, writer_text_fn *text);
	/* document: as in failure.h. subject: what is to blame, as the user typed it, or NULL. */
	void (*error)(const struct writer *writer, const char *subject, const cJSON *document);
	/* Something that people should know; programs find it in the document. */
	void (*note)(const struct writer *writer, const char *message);
};

extern const struct writer_ops writer_text, writer_json;

#endif
