/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows, for other commands. */
#ifndef CTL_FLOW_H
#define CTL_FLOW_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

/* Writes a table of an array of flows as flow.list gives them. */
void flow_write_list(FILE *out, bool colour, const cJSON *flows);

#endif
