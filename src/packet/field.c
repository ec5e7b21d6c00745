/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields that vary: reading and writing their text, and the value that frame n carries.
 *
 * The control thread parses; field_value() runs for each varying field of each frame in the
 * workers. A '-' separates the ends of a range, so the ends of a MAC range are written with ':';
 * a single MAC address may have either separator. A range of one value is that value, FIELD_FIXED.
 */
#include "packet/field.h"

#include "util/netaddr.h"
#include "util/text.h"
#include "util/units.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_SIZE     128
#define RANDOM_PREFIX "random("

/* How a type is called, and how to write it. */
static const struct {
	const char *name, *example, *example_last;
} types[] = {
	[FIELD_MAC] = {"a MAC address", "02:00:00:00:00:01", "02:00:00:00:00:09"},
	[FIELD_IPV4] = {"an IPv4 address", "10.0.0.1", "10.0.0.9"},
	[FIELD_IPV6] = {"an IPv6 address", "2001:db8::1", "2001:db8::9"},
	[FIELD_U16] = {"a number from 0 to 65535", "1024", "2047"},
};

struct value {
	uint64_t hi, lo;
};

/* What is being read, and where the complaint goes. */
struct reader {
	enum field_type type;
	const char *param;
	struct error *err;
};

static int parse_value(enum field_type type, const char *text, struct value *value)
{
	union {
		uint8_t bytes[16];
		uint64_t words[2];
	} raw = {0};
	uint64_t number = 0;
	int result = -EINVAL;

	switch (type) {
	case FIELD_MAC:
		result = netaddr_parse_mac(text, raw.bytes + 16 - NETADDR_MAC_LEN);
		break;
	case FIELD_IPV4:
		result = netaddr_parse_ipv4(text, raw.bytes + 12);
		break;
	case FIELD_IPV6:
		result = netaddr_parse_ipv6(text, raw.bytes);
		break;
	case FIELD_U16:
		result = units_parse_u64(text, &number);
		if (number > UINT16_MAX)
			result = -EINVAL;
		raw.words[1] = htobe64(number);
		break;
	}
	if (result < 0)
		return -EINVAL;
	*value = (struct value){be64toh(raw.words[0]), be64toh(raw.words[1])};
	return 0;
}

/* Cuts blanks off both ends, in place. */
static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	for (end = text + strlen(text); end > text && strchr(" \t", end[-1]); end--)
		;
	*end = '\0';
	return text;
}

static int read_value(const struct reader *reader, char *text, struct value *value)
{
	const char *first = types[reader->type].example, *last = types[reader->type].example_last;

	text = trim(text);
	if (parse_value(reader->type, text, value) == 0)
		return 0;
	error_set(reader->err, EINVAL, ERROR_INVALID, reader->param, "\"%s\" is not %s", text,
		types[reader->type].name);
	error_hint(
		reader->err, "write %s, %s-%s or random(%s-%s,1)", first, first, last, first, last);
	return -EINVAL;
}

/* Reads "A-B", dash pointing at the '-', as a range of kind. */
static int read_range(const struct reader *reader, char *text, char *dash, enum field_kind kind,
	struct field *field)
{
	struct value first, last;

	*dash = '\0';
	if (read_value(reader, text, &first) < 0 || read_value(reader, dash + 1, &last) < 0)
		return -EINVAL;
	if (first.hi != last.hi) {
		error_set(reader->err, EINVAL, ERROR_INVALID, reader->param,
			"the ends of the range %s-%s differ in the upper 64 bits", trim(text),
			trim(dash + 1));
		error_hint(reader->err, "give both ends the same first four groups");
		return -EINVAL;
	}
	if (first.lo > last.lo) {
		error_set(reader->err, EINVAL, ERROR_INVALID, reader->param,
			"the range ends at %s, below its start %s", trim(dash + 1), trim(text));
		error_hint(reader->err, "write the lower end first: %s-%s", trim(dash + 1),
			trim(text));
		return -EINVAL;
	}
	*field = (struct field){.kind = first.lo == last.lo ? FIELD_FIXED : kind,
		.hi = first.hi,
		.first = first.lo,
		.last = last.lo};
	return 0;
}

/* Reads "A-B)" or "A-B,seed)", what follows "random(". */
static int read_random(const struct reader *reader, char *text, struct field *field)
{
	char *end = text + strlen(text), *dash = strchr(text, '-'), *comma = strchr(text, ',');
	struct field range;
	uint64_t seed = 0;

	if (!dash || end == text || end[-1] != ')') {
		error_set(reader->err, EINVAL, ERROR_INVALID, reader->param,
			"\"" RANDOM_PREFIX "%s\" is not of the form random(A-B,seed)", text);
		error_hint(reader->err, "write random(%s-%s,1)", types[reader->type].example,
			types[reader->type].example_last);
		return -EINVAL;
	}
	end[-1] = '\0';
	if (comma) {
		*comma = '\0';
		if (units_parse_u64(trim(comma + 1), &seed) < 0) {
			error_set(reader->err, EINVAL, ERROR_INVALID, reader->param,
				"the seed \"%s\" is not a number from 0 to %" PRIu64,
				trim(comma + 1), UINT64_MAX);
			error_hint(reader->err, "any whole number will do: random(%s,1)", text);
			return -EINVAL;
		}
	}
	if (read_range(reader, text, dash, FIELD_RANDOM, &range) < 0)
		return -EINVAL;
	if (range.kind == FIELD_RANDOM)
		range.seed = seed;
	*field = range;
	return 0;
}

int field_parse(enum field_type type, const char *text, struct field *field, const char *param,
	struct error *err)
{
	const struct reader reader = {type, param, err};
	char copy[TEXT_SIZE], *start, *dash;
	struct value value;

	if (!text_copy(copy, sizeof(copy), text)) {
		error_set(err, EINVAL, ERROR_INVALID, param,
			"the value is longer than %d characters", TEXT_SIZE - 1);
		error_hint(err, "write one address, port or range");
		return -EINVAL;
	}
	start = trim(copy);
	if (strncmp(start, RANDOM_PREFIX, strlen(RANDOM_PREFIX)) == 0)
		return read_random(&reader, start + strlen(RANDOM_PREFIX), field);
	dash = strchr(start, '-');
	/* A single MAC address may contain '-' as well. */
	if (dash && parse_value(type, start, &value) < 0)
		return read_range(&reader, start, dash, FIELD_INCREMENT, field);
	if (read_value(&reader, start, &value) < 0)
		return -EINVAL;
	*field = (struct field){
		.kind = FIELD_FIXED, .hi = value.hi, .first = value.lo, .last = value.lo};
	return 0;
}

static const char *format_value(enum field_type type, uint64_t hi, uint64_t lo, char *buffer)
{
	const union {
		uint64_t words[2];
		uint8_t bytes[16];
	} raw = {{htobe64(hi), htobe64(lo)}};

	switch (type) {
	case FIELD_MAC:
		return netaddr_format_mac(
			raw.bytes + 16 - NETADDR_MAC_LEN, buffer, NETADDR_TEXT_LEN);
	case FIELD_IPV4:
		return inet_ntop(AF_INET, raw.bytes + 12, buffer, NETADDR_TEXT_LEN);
	case FIELD_IPV6:
		return inet_ntop(AF_INET6, raw.bytes, buffer, NETADDR_TEXT_LEN);
	case FIELD_U16:
		snprintf(buffer, NETADDR_TEXT_LEN, "%" PRIu64, lo);
		break;
	}
	return buffer;
}

const char *field_format(enum field_type type, const struct field *field, char *buffer, size_t size)
{
	char first[NETADDR_TEXT_LEN], last[NETADDR_TEXT_LEN];

	format_value(type, field->hi, field->first, first);
	format_value(type, field->hi, field->last, last);
	switch (field->kind) {
	case FIELD_FIXED:
		snprintf(buffer, size, "%s", first);
		break;
	case FIELD_INCREMENT:
		snprintf(buffer, size, "%s-%s", first, last);
		break;
	case FIELD_RANDOM:
		snprintf(
			buffer, size, RANDOM_PREFIX "%s-%s,%" PRIu64 ")", first, last, field->seed);
		break;
	}
	return buffer;
}

/*
 * number modulo span + 1, where span + 1 may be 2^64. A division costs more than the rest of a
 * frame's pattern, so the two common cases go without: a power of two is a mask (2^64 is the mask
 * of all bits), and what does not exceed the span is its own remainder.
 */
static uint64_t reduce(uint64_t number, uint64_t span)
{
	if ((span & (span + 1)) == 0)
		return number & span;
	return number <= span ? number : number % (span + 1);
}

uint64_t field_value(const struct field *field, uint64_t n)
{
	uint64_t span = field->last - field->first;

	switch (field->kind) {
	case FIELD_FIXED:
		break;
	case FIELD_INCREMENT:
		return field->first + reduce(n, span);
	case FIELD_RANDOM:
		return field->first + reduce(field_hash(field->seed, n), span);
	}
	return field->first;
}
