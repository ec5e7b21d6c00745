/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The types of values. A reader parses into a local, and stores only what is good; its message says
 * what is wrong with the text and its hint what to write instead. Pure functions on the caller's
 * struct.
 */
#include "config/value.h"

#include "config/config.h"
#include "config/setting.h"
#include "config/wire.h"
#include "util/cpu.h"
#include "util/netaddr.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void *member(const struct setting *setting, void *base)
{
	return (char *)base + setting->offset;
}

static const void *const_member(const struct setting *setting, const void *base)
{
	return (const char *)base + setting->offset;
}

static int refuse(struct error *err, const char *text, const char *what)
{
	return error_set(err, EINVAL, ERROR_INVALID, NULL, "\"%s\" is not %s", text, what);
}

/* Strings: an empty one was never given. */
static bool format_string(const struct setting *setting, const void *base, char *text, size_t size)
{
	const char *string = const_member(setting, base);

	return string[0] && text_copy(text, size, string);
}

static int read_name(const struct setting *setting, void *base, const char *text, struct error *err)
{
	if (text_is_name(text)) {
		text_copy(member(setting, base), setting->size, text);
		return 0;
	}
	refuse(err, text, "a name");
	error_hint(err, "1 to %d of A-Z a-z 0-9 _ . -, beginning with a letter or digit",
		TEXT_NAME_SIZE - 1);
	return -EINVAL;
}

const struct value_type value_name = {VALUE_STRING, read_name, format_string};

/* One word: blanks in paths and locations are slips, and would break lines of the log. */
static int read_word(const struct setting *setting, void *base, const char *text, struct error *err)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return refuse(err, text, "one word without blanks");
	if (strlen(text) >= setting->size)
		return error_set(err, EINVAL, ERROR_INVALID, NULL,
			"the value is longer than %zu bytes", setting->size - 1);
	text_copy(member(setting, base), setting->size, text);
	return 0;
}

const struct value_type value_word = {VALUE_STRING, read_word, format_string};

/* BACKEND:ADDRESS, or the bare name of an interface. Whether the address fits is the backend's to
 * say. */
static int read_location(
	const struct setting *setting, void *base, const char *text, struct error *err)
{
	static const char *const backends[] = {WIRE_BACKENDS};
	const char *colon = strchr(text, ':'), *near;
	char word[TEXT_NAME_SIZE], list[128] = "";

	if (!colon)
		return read_word(setting, base, text, err);
	snprintf(word, sizeof(word), "%.*s", (int)(colon - text), text);
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		if (strcmp(word, backends[i]) == 0)
			return read_word(setting, base, text, err);
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s:", i ? ", " : "",
			backends[i]);
	}
	error_set(err, EINVAL, ERROR_INVALID, NULL, "no backend is called \"%s\"", word);
	near = text_nearest(word, backends, sizeof(backends) / sizeof(backends[0]));
	if (near)
		error_hint(err, "did you mean %s%s", near, colon);
	else
		error_hint(err, "this build has %s", list);
	return -EINVAL;
}

const struct value_type value_location = {VALUE_STRING, read_location, format_string};

/* "192.0.2.1:80" or "[2001:db8::1]:80". */
static bool is_endpoint(const char *text)
{
	char host[NETADDR_TEXT_LEN];
	uint8_t address[16];
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	uint64_t port;

	if (!colon || units_parse_u64(colon + 1, &port) || port == 0 || port > UINT16_MAX)
		return false;
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (host[0] != '[')
		return netaddr_parse_ipv4(host, address) == 0;
	if (host[len - 1] != ']')
		return false;
	host[len - 1] = '\0';
	return netaddr_parse_ipv6(host + 1, address) == 0;
}

static int read_endpoint(
	const struct setting *setting, void *base, const char *text, struct error *err)
{
	const bool none = strcmp(text, "none") == 0;

	if (none || is_endpoint(text)) {
		text_copy(member(setting, base), setting->size, none ? "" : text);
		return 0;
	}
	refuse(err, text, "an address with a port");
	error_hint(err, "write 127.0.0.1:10478, [::1]:10478 or none");
	return -EINVAL;
}

static bool format_endpoint(
	const struct setting *setting, const void *base, char *text, size_t size)
{
	const char *endpoint = const_member(setting, base);

	return text_copy(text, size, endpoint[0] ? endpoint : "none");
}

const struct value_type value_endpoint = {VALUE_STRING, read_endpoint, format_endpoint};

/* Integers of any width; a word may stand for -1. */
static_assert(FRAME_NO_VLAN == -1 && CPU_AUTO == -1, "the word of a number means -1");

static void store_number(const struct setting *setting, void *base, uint64_t value)
{
	void *to = member(setting, base);

	switch (setting->size) {
	case 1:
		*(uint8_t *)to = (uint8_t)value;
		break;
	case 4:
		*(uint32_t *)to = (uint32_t)value;
		break;
	case 8:
		*(uint64_t *)to = value;
		break;
	default:
		assert(!"a number of this width");
	}
}

static uint64_t load_number(const struct setting *setting, const void *base)
{
	const void *from = const_member(setting, base);

	switch (setting->size) {
	case 1:
		return *(const uint8_t *)from;
	case 4:
		return *(const uint32_t *)from;
	default:
		return *(const uint64_t *)from;
	}
}

static int read_number(
	const struct setting *setting, void *base, const char *text, struct error *err)
{
	uint64_t value;

	if (setting->word && strcmp(text, setting->word) == 0) {
		store_number(setting, base, UINT64_MAX);
		return 0;
	}
	if (units_parse_u64(text, &value) == 0 && value >= setting->min && value <= setting->max) {
		store_number(setting, base, value);
		return 0;
	}
	return error_set(err, EINVAL, ERROR_INVALID, NULL,
		"\"%s\" is not a whole number from %" PRIu64 " to %" PRIu64 "%s%s", text,
		setting->min, setting->max, setting->word ? " or " : "",
		setting->word ? setting->word : "");
}

static bool format_number(const struct setting *setting, const void *base, char *text, size_t size)
{
	uint64_t value = load_number(setting, base);

	if (setting->word && value == UINT32_MAX)
		return text_copy(text, size, setting->word);
	snprintf(text, size, "%" PRIu64, value);
	return value >= setting->min;
}

const struct value_type value_number = {VALUE_NUMBER, read_number, format_number};

static int read_boolean(
	const struct setting *setting, void *base, const char *text, struct error *err)
{
	bool value;

	if (units_parse_bool(text, &value))
		return error_set(
			err, EINVAL, ERROR_INVALID, NULL, "\"%s\" is neither yes nor no", text);
	*(bool *)member(setting, base) = value;
	return 0;
}

static bool format_boolean(const struct setting *setting, const void *base, char *text, size_t size)
{
	return text_copy(text, size, *(const bool *)const_member(setting, base) ? "yes" : "no");
}

const struct value_type value_boolean = {VALUE_BOOLEAN, read_boolean, format_boolean};

/* Enumerations. */
static int refuse_choice(const struct setting *setting, const char *text, struct error *err)
{
	const char *nearest = text_nearest(text, setting->names, setting->max + 1);
	char names[VALUE_TEXT_SIZE] = "";
	size_t len = 0;

	for (size_t i = 0; i <= setting->max; i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
			i == 0             ? ""
			: i < setting->max ? ", "
					   : " or ",
			setting->names[i]);
	refuse(err, text, names);
	if (nearest)
		error_hint(err, "did you mean \"%s\"?", nearest);
	return -EINVAL;
}

static int read_choice(
	const struct setting *setting, void *base, const char *text, struct error *err)
{
	int value = policy_from_name(setting->names, setting->max + 1, text);

	if (value < 0)
		return refuse_choice(setting, text, err);
	*(unsigned *)member(setting, base) = (unsigned)value;
	return 0;
}

static bool format_choice(const struct setting *setting, const void *base, char *text, size_t size)
{
	return text_copy(
		text, size, setting->names[*(const unsigned *)const_member(setting, base)]);
}

const struct value_type value_choice = {VALUE_STRING, read_choice, format_choice};

static int read_time(const struct setting *setting, void *base, const char *text, struct error *err)
{
	uint64_t ns;

	if (units_parse_time(text, &ns) == 0 && ns >= setting->min) {
		*(uint64_t *)member(setting, base) = ns;
		return 0;
	}
	refuse(err, text, setting->min ? "a time above 0" : "a time");
	error_hint(err, "write 10s, 1500ms or 2m");
	return -EINVAL;
}

static bool format_time(const struct setting *setting, const void *base, char *text, size_t size)
{
	uint64_t ns = *(const uint64_t *)const_member(setting, base);

	units_format_time(ns, text, size);
	return ns >= setting->min;
}

const struct value_type value_time = {VALUE_NUMBER, read_time, format_time};

static int read_rate(const struct setting *setting, void *base, const char *text, struct error *err)
{
	struct rate rate;

	if (units_parse_rate(text, &rate) == 0) {
		*(struct rate *)member(setting, base) = rate;
		return 0;
	}
	refuse(err, text, "a rate");
	error_hint(err, "write 100kpps, 1.5Gbit, 50%% or max");
	return -EINVAL;
}

static bool format_rate(const struct setting *setting, const void *base, char *text, size_t size)
{
	units_format_rate(const_member(setting, base), text, size);
	return true;
}

const struct value_type value_rate = {VALUE_NUMBER, read_rate, format_rate};

/* Header fields, which may be ranges. */
static int read_field(
	const struct setting *setting, void *base, const char *text, struct error *err)
{
	return field_parse(setting->field, text, member(setting, base), NULL, err);
}

static bool format_field(const struct setting *setting, const void *base, char *text, size_t size)
{
	field_format(setting->field, const_member(setting, base), text, size);
	return true;
}

const struct value_type value_field = {VALUE_NUMBER, read_field, format_field};

static int read_source_mac(
	const struct setting *setting, void *base, const char *text, struct error *err)
{
	struct config_flow *flow = base;
	int rc = read_field(setting, base, text, err);

	if (!rc)
		flow->src_mac_set = true;
	return rc;
}

static bool format_source_mac(
	const struct setting *setting, const void *base, char *text, size_t size)
{
	const struct config_flow *flow = base;

	return flow->src_mac_set && format_field(setting, base, text, size);
}

const struct value_type value_source_mac = {VALUE_STRING, read_source_mac, format_source_mac};

/* An address that was not given is the default of the version that the other one has. */
static void follow_ip_version(struct config_flow *flow)
{
	static const uint64_t benchmark_hi = UINT64_C(0x2001000200000000); /* RFC 5180 §8 */
	struct frame_spec defaults;

	frame_spec_init(&defaults);
	if (flow->src_ip_version == 6 || (!flow->src_ip_version && flow->dst_ip_version == 6)) {
		defaults.ip_version = 6;
		defaults.src_ip = (struct field){.hi = benchmark_hi, .first = 1, .last = 1};
		defaults.dst_ip = (struct field){.hi = benchmark_hi, .first = 2, .last = 2};
	}
	flow->frame.ip_version = defaults.ip_version;
	if (!flow->src_ip_version)
		flow->frame.src_ip = defaults.src_ip;
	if (!flow->dst_ip_version)
		flow->frame.dst_ip = defaults.dst_ip;
}

static bool is_source_ip(const struct setting *setting)
{
	return setting->offset == offsetof(struct config_flow, frame.src_ip);
}

static int read_ip(const struct setting *setting, void *base, const char *text, struct error *err)
{
	struct config_flow *flow = base;
	const bool v6 = strchr(text, ':');
	int rc = field_parse(v6 ? FIELD_IPV6 : FIELD_IPV4, text, member(setting, base), NULL, err);

	if (rc)
		return rc;
	*(is_source_ip(setting) ? &flow->src_ip_version : &flow->dst_ip_version) = v6 ? 6 : 4;
	follow_ip_version(flow);
	return 0;
}

static bool format_ip(const struct setting *setting, const void *base, char *text, size_t size)
{
	const struct config_flow *flow = base;
	int version = is_source_ip(setting) ? flow->src_ip_version : flow->dst_ip_version;

	field_format(
		version == 6 ? FIELD_IPV6 : FIELD_IPV4, const_member(setting, base), text, size);
	return version != 0;
}

const struct value_type value_ip = {VALUE_STRING, read_ip, format_ip};
