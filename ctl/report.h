/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters and rates laid out for people, from a stats.get document. */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include "ctl/table.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

/* Rates of the last second, totals, flows. (Of type writer_text_fn, as all here.) */
void report_stats(FILE *out, bool colour, const cJSON *stats);

/* The same for a run that is over: totals and mean rates. */
void report_totals(FILE *out, bool colour, const cJSON *stats);

/* Adds the four columns "TX pps", "TX Mbit/s", "RX pps", "RX Mbit/s" of a port; suffix "" or
 * "_mean". */
void report_add_rates(struct table *table, const cJSON *port, const char *suffix);
#define REPORT_RATE_COLUMNS \
	{"TX pps", true}, {"TX Mbit/s", true}, {"RX pps", true}, \
	{ \
		"RX Mbit/s", true \
	}

/* The colour of a port's state. */
enum table_style report_state_style(const char *state);

#endif
