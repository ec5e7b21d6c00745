/* SPDX-License-Identifier: BSD-2-Clause */
/* The one table of backends, and the way from a location to one of them. Constant data. */
#include "netdev/backends.h"
#include "netdev/netdev.h"
#include "util/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct netdev_ops *const netdev_backends[] = {
	&netdev_packet_ops,
	&netdev_vhost_user_ops,
	&netdev_vhost_net_ops,
	&netdev_virtio_pci_ops,
	&netdev_null_ops,
};
const size_t netdev_backend_count = sizeof(netdev_backends) / sizeof(netdev_backends[0]);

static int unknown_backend(const char *location, size_t word_len, struct error *err)
{
	const char *names[sizeof(netdev_backends) / sizeof(netdev_backends[0])];
	char word[32], list[128] = "";
	const char *near;

	snprintf(word, sizeof(word), "%.*s", (int)word_len, location);
	for (size_t i = 0; i < netdev_backend_count; i++) {
		names[i] = netdev_backends[i]->backend;
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s:", i ? ", " : "",
			names[i]);
	}
	error_set(err, EINVAL, ERROR_INVALID, "location", "no backend is called \"%s\"", word);
	near = text_nearest(word, names, netdev_backend_count);
	if (near)
		error_hint(err, "did you mean %s:%s", near, location + word_len + 1);
	else
		error_hint(err, "this build has %s", list);
	return -EINVAL;
}

static const struct netdev_ops *backend_find(const char *word, size_t len)
{
	for (size_t i = 0; i < netdev_backend_count; i++)
		if (strlen(netdev_backends[i]->backend) == len &&
			memcmp(netdev_backends[i]->backend, word, len) == 0)
			return netdev_backends[i];
	return NULL;
}

int netdev_resolve(const char *location, const struct netdev_ops **ops, const char **address,
	struct error *err)
{
	const char *colon = strchr(location, ':');
	const struct netdev_ops *found;

	if (!colon) { /* a bare interface name: AF_PACKET is the only backend yet that takes one */
		*ops = &netdev_packet_ops;
		*address = location;
		return 0;
	}
	found = backend_find(location, (size_t)(colon - location));
	if (!found)
		return unknown_backend(location, (size_t)(colon - location), err);
	if (!found->address && colon[1] != '\0')
		return error_set(err, EINVAL, ERROR_INVALID, "location",
			"%s: takes no address, got \"%s\"", found->backend, colon + 1);
	if (found->address && colon[1] == '\0')
		return error_set(err, EINVAL, ERROR_INVALID, "location",
			"%s: needs an address, %s:%s", found->backend, found->backend,
			found->address);
	*ops = found;
	*address = colon + 1;
	return 0;
}

void netdev_probe_add(struct netdev_probe *probe, const char *what, const char *format, ...)
{
	size_t used = strlen(probe->text), room = sizeof(probe->text) - used;
	va_list args;
	int n;

	n = snprintf(probe->text + used, room, "%s: ", what);
	if (n < 0 || (size_t)n >= room)
		return;
	used += (size_t)n;
	va_start(args, format);
	vsnprintf(probe->text + used, sizeof(probe->text) - used, format, args);
	va_end(args);
	used = strlen(probe->text);
	if (used + 1 < sizeof(probe->text))
		memcpy(probe->text + used, "\n", 2);
}

void netdev_probe_error(struct netdev_probe *probe, const char *what, const struct error *err)
{
	netdev_probe_add(probe, what, "%s%s%s", err->message, err->hint[0] ? "; " : "", err->hint);
}
