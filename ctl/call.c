/* SPDX-License-Identifier: BSD-2-Clause */
/* call METHOD [JSON]: any method, parameters and result as they are. */
#include "ctl/command.h"
#include "ctl/ctl.h"
#include "ctl/document.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

/* Indented for people; it stays JSON, so a terminal is kept safe by JSON's own escapes. */
static void write_result(struct ctl *ctl, const cJSON *result)
{
	char *text;

	if (ctl->writer.ops->is_json) {
		ctl->writer.ops->result(&ctl->writer, result, NULL);
		return;
	}
	text = document_text(result, true);
	puts(text);
	free(text);
}

int call_run(struct ctl *ctl)
{
	const char *method = ctl->args.words[0], *text = ctl->args.words[1];
	struct error err = {0};
	cJSON *params = NULL, *result;
	int status;

	if (text) {
		params = json_parse(text, strlen(text), &err);
		if (!params)
			return ctl_fail_usage(ctl, "%s: %s", text, err.message);
		/* JSON-RPC 2.0 §4.2: parameters are structured. */
		if (!cJSON_IsObject(params) && !cJSON_IsArray(params)) {
			cJSON_Delete(params);
			return ctl_fail_usage(
				ctl, "%s: parameters are an object or an array", text);
		}
	}
	status = ctl_call(ctl, method, params, &result);
	if (status != CTL_DONE)
		return status;
	write_result(ctl, result);
	cJSON_Delete(result);
	return CTL_DONE;
}
