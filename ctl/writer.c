/* SPDX-License-Identifier: BSD-2-Clause */
/* The two backends of the writer. Stateless; everything is flushed, since commands may go on for
 * long. */
#include "ctl/writer.h"

#include "ctl/document.h"
#include "ctl/failure.h"

#include <stdlib.h>
#include <string.h>

static void text_result(const struct writer *writer, const cJSON *document, writer_text_fn *text)
{
	cJSON *safe;

	if (!text)
		return;
	safe = document_for_terminal(document);
	text(stdout, writer->colour, safe);
	fflush(stdout);
	cJSON_Delete(safe);
}

static void text_error(const struct writer *writer, const char *subject, const cJSON *document)
{
	cJSON *safe = document_for_terminal(document);
	const char *hint = failure_data(safe, "hint"), *usage = failure_data(safe, "usage");

	(void)writer;
	fflush(stdout);
	fputs("pktgenctl: ", stderr);
	if (subject)
		fprintf(stderr, "%s: ", subject);
	fprintf(stderr, "%s\n", document_scalar(safe, "message"));
	if (*hint)
		fprintf(stderr, "hint: %s\n", hint);
	if (*usage)
		fprintf(stderr, "usage: %s\n", usage);
	cJSON_Delete(safe);
}

static void text_note(const struct writer *writer, const char *message)
{
	char *safe = document_escape(message);

	(void)writer;
	fflush(stdout);
	fprintf(stderr, "pktgenctl: %s\n", safe);
	free(safe);
}

static void json_result(const struct writer *writer, const cJSON *document, writer_text_fn *text)
{
	char *line = document_text(document, false);

	(void)writer;
	(void)text;
	puts(line);
	fflush(stdout);
	free(line);
}

static void json_error(const struct writer *writer, const char *subject, const cJSON *document)
{
	cJSON *answer = cJSON_CreateObject();

	(void)subject;
	cJSON_AddItemToObject(answer, "error", cJSON_Duplicate(document, true));
	json_result(writer, answer, NULL);
	cJSON_Delete(answer);
}

static void json_note(const struct writer *writer, const char *message)
{
	(void)writer;
	(void)message;
}

const struct writer_ops writer_text = {
	.is_json = false,
	.result = text_result,
	.error = text_error,
	.note = text_note,
};

const struct writer_ops writer_json = {
	.is_json = true,
	.result = json_result,
	.error = json_error,
	.note = json_note,
};
