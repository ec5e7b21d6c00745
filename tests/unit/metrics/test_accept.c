/* SPDX-License-Identifier: BSD-2-Clause */
/* Negotiation of the format by Accept. */
#include "metrics/accept.h"
#include "unit.h"

#define OPEN       EXPOSITION_OPENMETRICS
#define PROMETHEUS EXPOSITION_PROMETHEUS

static const struct {
	const char *accept;
	enum exposition_format format;
} cases[] = {
	{NULL, PROMETHEUS},
	{"", PROMETHEUS},
	{"*/*", PROMETHEUS},
	/* Prometheus 2.42 and 3.0, a browser */
	{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
	 "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		OPEN},
	{"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
	 "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
	 "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
		OPEN},
	{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", PROMETHEUS},
	/* qualities */
	{"application/openmetrics-text", OPEN},
	{"application/openmetrics-text;q=0.4, text/plain;q=0.5", PROMETHEUS},
	{"application/openmetrics-text;q=0.5, text/plain;q=0.4", OPEN},
	{"text/plain, application/openmetrics-text", OPEN},
	{"text/plain;q=0.501, application/openmetrics-text;q=0.5", PROMETHEUS},
	{"application/openmetrics-text;q=0", PROMETHEUS},
	{"application/openmetrics-text;q=0.000, */*", PROMETHEUS},
	{"application/openmetrics-text, */*;q=0.1", OPEN},
	{"text/plain;q=0, */*", OPEN},
	/* specificity: a wide range does not speak for a named type, in either order */
	{"*/*;q=1, application/openmetrics-text;q=0.2, text/plain;q=0.1", OPEN},
	{"text/plain;q=0.1, */*;q=1, application/openmetrics-text;q=0.05", PROMETHEUS},
	{"application/*, text/*", PROMETHEUS},
	{"application/*, text/*;q=0.5", OPEN},
	/* versions that we do not speak */
	{"application/openmetrics-text;version=0.0.1", PROMETHEUS},
	{"application/openmetrics-text; version=2.0.0, text/plain;q=0.1", PROMETHEUS},
	{"application/openmetrics-text; version=\"1.0.0\"", OPEN},
	{"application/openmetrics-text;version=1.0", PROMETHEUS},
	/* spelling */
	{"  Application/OpenMetrics-Text ; Version=1.0.0 ; Q=0.9 , text/plain;q=0.8", OPEN},
	{"application/openmetrics-text\t;\tq=1.000,text/plain", OPEN},
	{"application/openmetrics-textual", PROMETHEUS},
	{"application/openmetrics", PROMETHEUS},
	/* nonsense is skipped */
	{",,;;=,q=,;q=1,", PROMETHEUS},
	{"application/openmetrics-text;q=x", PROMETHEUS},
	{"application/openmetrics-text;q=-1, text/plain", PROMETHEUS},
	{"application/openmetrics-text;q=9, text/plain;q=0.1", PROMETHEUS},
	{"application/openmetrics-text;q=4294968.296, text/plain;q=0.1", PROMETHEUS},
	{"application/openmetrics-text;q=0.99999999999999999999, text/plain;q=0.9", OPEN},
	{"application/openmetrics-text;version", PROMETHEUS},
	{"application/openmetrics-text;version=\"", PROMETHEUS},
	{";;;,application/openmetrics-text", OPEN},
	{"application/json", PROMETHEUS},
};

START_TEST(chooses_what_the_client_prefers)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(accept_choose(cases[i].accept) == cases[i].format, "%s",
			cases[i].accept ? cases[i].accept : "no header");
}
END_TEST

UNIT_SUITE("metrics/accept", chooses_what_the_client_prefers)
