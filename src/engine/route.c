/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which interface carries the default route: the one that a flood must not hit by accident.
 *
 * Read from /proc/net/route and /proc/net/ipv6_route (proc(5)), which show the daemon's own network
 * namespace. Control thread.
 */
#include "engine/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* /proc/net/route: Iface Destination Gateway Flags RefCnt Use Metric Mask …, numbers in hex */
static int default_route_v4(const char *ifname)
{
	char line[512], interface[32];
	unsigned destination, mask;
	int found = 0;
	FILE *file = fopen("/proc/net/route", "re");

	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (!found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%31s %x %*x %*x %*d %*d %*d %x", interface, &destination,
			    &mask) == 3)
			found = destination == 0 && mask == 0 && strcmp(interface, ifname) == 0;
	}
	fclose(file);
	return found;
}

/* /proc/net/ipv6_route: destination, its prefix length, source, length, next hop, metric, refcnt,
 * use, flags, device; hex. Unreachable defaults point to lo. */
static int default_route_v6(const char *ifname)
{
	char line[512], destination[33], interface[32];
	unsigned prefix_len;
	int found = 0;
	FILE *file = fopen("/proc/net/ipv6_route", "re");

	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (!found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%32s %x %*s %*x %*s %*x %*x %*x %*x %31s", destination,
			    &prefix_len, interface) == 3)
			found = prefix_len == 0 && strcmp(interface, ifname) == 0 &&
				strspn(destination, "0") == 32;
	}
	fclose(file);
	return found;
}

int route_is_default(const char *ifname)
{
	int rc = default_route_v4(ifname);

	return rc ? rc : default_route_v6(ifname);
}
