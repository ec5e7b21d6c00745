/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Negotiation of the exposition format.
 *
 * For each format the most specific range that matches it decides its quality, as RFC 9110 §12.5.1
 * has it. What is malformed is skipped: a scraper with a strange header still gets its figures.
 * Pure functions; the text is only read, never copied or changed.
 */
#include "metrics/accept.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

const char *const exposition_content_types[] = {
	[EXPOSITION_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
	[EXPOSITION_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/* How narrow a range is; the narrowest that matches decides. */
enum specificity { MATCHES_NOT, MATCHES_ALL, MATCHES_TYPE, MATCHES_EXACTLY, MATCHES_VERSION };

/* Ranges that match a format, from wide to narrow. */
static const struct {
	const char *type, *exact, *version;
} formats[EXPOSITION_FORMAT_COUNT] = {
	[EXPOSITION_PROMETHEUS] = {"text/*", "text/plain", "0.0.4"},
	[EXPOSITION_OPENMETRICS] = {"application/*", "application/openmetrics-text", "1.0.0"},
};

/* A piece of the header, without the blanks around it. */
struct span {
	const char *start;
	size_t len;
};

struct range {
	struct span media, version; /* version.start NULL: none was given */
	unsigned quality_milli;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span span_trim(struct span span)
{
	while (span.len > 0 && is_blank(span.start[0])) {
		span.start++;
		span.len--;
	}
	while (span.len > 0 && is_blank(span.start[span.len - 1]))
		span.len--;
	return span;
}

static bool span_is(struct span span, const char *text)
{
	return span.len == strlen(text) && strncasecmp(span.start, text, span.len) == 0;
}

/* Cuts the piece before the first separator off rest. */
static struct span span_cut(struct span *rest, char separator)
{
	const char *end = memchr(rest->start, separator, rest->len);
	struct span piece = {rest->start, end ? (size_t)(end - rest->start) : rest->len};
	size_t taken = piece.len + (end != NULL);

	rest->start += taken;
	rest->len -= taken;
	return span_trim(piece);
}

/* "0", "0.75", "1.000": thousandths; what is not a quality counts as 0. */
static unsigned quality_parse(struct span text)
{
	unsigned milli = 0, weight = 1000;

	for (size_t i = 0; i < text.len; i++) {
		if (i == 1 && text.start[i] == '.')
			continue;
		if (text.start[i] < '0' || text.start[i] > '9')
			return 0;
		milli += (unsigned)(text.start[i] - '0') * weight;
		weight /= 10;
	}
	return milli <= 1000 ? milli : 0;
}

static struct range range_parse(struct span text)
{
	struct range range = {.media = span_cut(&text, ';'), .quality_milli = 1000};

	while (text.len > 0) {
		struct span value = span_cut(&text, ';');
		struct span name = span_cut(&value, '=');

		value = span_trim(value);
		if (value.len >= 2 && value.start[0] == '"' && value.start[value.len - 1] == '"') {
			value.start++;
			value.len -= 2;
		}
		if (span_is(name, "q"))
			range.quality_milli = quality_parse(value);
		else if (span_is(name, "version"))
			range.version = value;
	}
	return range;
}

static enum specificity range_match(const struct range *range, enum exposition_format format)
{
	if (span_is(range->media, "*/*"))
		return MATCHES_ALL;
	if (span_is(range->media, formats[format].type))
		return MATCHES_TYPE;
	if (!span_is(range->media, formats[format].exact))
		return MATCHES_NOT;
	if (!range->version.start)
		return MATCHES_EXACTLY;
	return span_is(range->version, formats[format].version) ? MATCHES_VERSION : MATCHES_NOT;
}

enum exposition_format accept_choose(const char *accept)
{
	struct {
		enum specificity match;
		unsigned quality_milli;
	} best[EXPOSITION_FORMAT_COUNT] = {0}, *text = &best[EXPOSITION_PROMETHEUS],
	  *open = &best[EXPOSITION_OPENMETRICS];
	struct span rest = {accept, accept ? strlen(accept) : 0};

	while (rest.len > 0) {
		struct range range = range_parse(span_cut(&rest, ','));

		for (size_t i = 0; i < EXPOSITION_FORMAT_COUNT; i++) {
			enum specificity match = range_match(&range, (enum exposition_format)i);

			if (match > best[i].match) {
				best[i].match = match;
				best[i].quality_milli = range.quality_milli;
			}
		}
	}
	if (open->quality_milli > text->quality_milli ||
		(open->match >= MATCHES_EXACTLY && open->quality_milli > 0 &&
			open->quality_milli == text->quality_milli))
		return EXPOSITION_OPENMETRICS;
	return EXPOSITION_PROMETHEUS;
}
