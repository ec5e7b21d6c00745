/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of a virtio location, by one table, and what follows from an address. Pure functions. */
#include "netdev/virtio/address.h"

#include "netdev/virtio/spec.h"
#include "util/text.h"
#include "util/units.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OPTION_MAX 32 /* no option is longer */

struct option {
	const char *name;
	enum virtio_option_set set;
	const char *values; /* for people */
	/* false: the value is none of those */
	bool (*read)(struct virtio_options *options, const char *value);
};

static bool read_packed(struct virtio_options *options, const char *value)
{
	static const char *const words[] = {
		[VIRTIO_AUTO] = "auto", [VIRTIO_ON] = "on", [VIRTIO_OFF] = "off"};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(value, words[i]) == 0) {
			options->packed = (enum virtio_choice)i;
			return true;
		}
	}
	return false;
}

static bool read_queue_size(struct virtio_options *options, const char *value)
{
	uint64_t size;

	if (units_parse_u64(value, &size) != 0 || size < VRING_SIZE_MIN || size > VRING_SIZE_MAX ||
		(size & (size - 1)) != 0)
		return false;
	options->queue_size = (uint16_t)size;
	return true;
}

/* One of two words into a flag. */
static bool read_flag(bool *flag, const char *value, const char *yes, const char *no)
{
	if (strcmp(value, yes) != 0 && strcmp(value, no) != 0)
		return false;
	*flag = strcmp(value, yes) == 0;
	return true;
}

static bool read_role(struct virtio_options *options, const char *value)
{
	return read_flag(&options->device, value, "device", "driver");
}

static bool read_server(struct virtio_options *options, const char *value)
{
	return read_flag(&options->server, value, "on", "off");
}

static_assert(VRING_SIZE_MIN == 8 && VRING_SIZE_MAX == 32768, "the table below says so");
static const struct option table[] = {
	{"packed", VIRTIO_TAKES_RINGS, "auto, on or off", read_packed},
	{"queue-size", VIRTIO_TAKES_RINGS, "a power of two from 8 to 32768", read_queue_size},
	{"role", VIRTIO_TAKES_SOCKET, "driver or device", read_role},
	{"server", VIRTIO_TAKES_SOCKET, "on or off", read_server},
};
#define TABLE_SIZE (sizeof(table) / sizeof(table[0]))

static int refuse_option(const char *name, unsigned takes, struct error *err)
{
	const char *names[TABLE_SIZE], *near;
	char list[80] = "";
	size_t n = 0;

	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (!(table[i].set & takes))
			continue;
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s=", n ? ", " : "",
			table[i].name);
		names[n++] = table[i].name;
	}
	error_set(err, EINVAL, ERROR_INVALID, "location", "no option is called \"%s\"", name);
	near = text_nearest(name, names, n);
	if (near)
		error_hint(err, "did you mean %s=", near);
	else if (n)
		error_hint(err, "there are %s", list);
	else
		error_hint(err, "this backend takes no options");
	return -EINVAL;
}

/* "NAME=VALUE"; *seen is the set of options that were given before. */
static int read_option(char *word, unsigned takes, unsigned *seen, struct virtio_options *options,
	struct error *err)
{
	char *equals = strchr(word, '=');

	if (equals)
		*equals = '\0';
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		const struct option *option = &table[i];

		if (!(option->set & takes) || strcmp(word, option->name) != 0)
			continue;
		if (!equals)
			return error_set(err, EINVAL, ERROR_INVALID, "location",
				"%s needs a value: %s", word, option->values);
		if (*seen & 1u << i)
			return error_set(
				err, EINVAL, ERROR_INVALID, "location", "%s is given twice", word);
		if (!option->read(options, equals + 1))
			return error_set(err, EINVAL, ERROR_INVALID, "location",
				"%s is %s, not \"%s\"", word, option->values, equals + 1);
		*seen |= 1u << i;
		return 0;
	}
	return refuse_option(word, takes, err);
}

int virtio_options_parse(
	const char *text, unsigned takes, struct virtio_options *options, struct error *err)
{
	size_t len = strcspn(text, ",");
	struct virtio_options parsed = {0};
	unsigned seen = 0;

	if (len == 0)
		return error_set(err, EINVAL, ERROR_INVALID, "location",
			"there is no address before the options");
	if (len >= sizeof(parsed.address))
		return error_set(err, EINVAL, ERROR_INVALID, "location",
			"the address is longer than %zu bytes", sizeof(parsed.address) - 1);
	memcpy(parsed.address, text, len);
	for (text += len; *text == ','; text += len) {
		char word[OPTION_MAX];
		int rc;

		text++;
		len = strcspn(text, ",");
		if (snprintf(word, sizeof(word), "%.*s", (int)len, text) >= OPTION_MAX)
			return error_set(err, EINVAL, ERROR_INVALID, "location",
				"\"%s…\" is too long for an option", word);
		rc = read_option(word, takes, &seen, &parsed, err);
		if (rc)
			return rc;
	}
	if (parsed.device && (parsed.packed != VIRTIO_AUTO || parsed.queue_size)) {
		error_set(err, EINVAL, ERROR_INVALID, "location",
			"the driver chooses the rings, not role=device");
		error_hint(err, "leave packed= and queue-size= away, or give them to the driver");
		return -EINVAL;
	}
	*options = parsed;
	return 0;
}

void virtio_mac_make(const char *address, uint8_t kind, uint8_t mac[6])
{
	uint32_t hash = 2166136261U; /* FNV-1a */

	for (; *address; address++)
		hash = (hash ^ (uint8_t)*address) * 16777619U;
	mac[0] = 0x02;
	mac[1] = kind;
	memcpy(mac + 2, &hash, sizeof(hash));
}
