/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev/registry: which backend a location means, what is said when it means none. */
#include "config/wire.h"
#include "netdev/backends.h"
#include "netdev/netdev.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static void means(const char *location, const struct netdev_ops *backend, const char *behind)
{
	const struct netdev_ops *ops = NULL;
	const char *address = NULL;
	struct error err = {0};

	ck_assert_msg(netdev_resolve(location, &ops, &address, &err) == 0, "%s", err.message);
	ck_assert_ptr_eq(ops, backend);
	ck_assert_str_eq(address, behind);
	/* a pointer into the location, not a copy */
	ck_assert(address >= location && address <= location + strlen(location));
}

static void refused(const char *location, const char *message, const char *hint)
{
	const struct netdev_ops *untouched = &netdev_null_ops, *ops = untouched;
	const char *address = location;
	struct error err = {0};

	ck_assert_int_eq(netdev_resolve(location, &ops, &address, &err), -EINVAL);
	ck_assert_ptr_eq(ops, untouched);
	ck_assert_ptr_eq(address, location);
	ck_assert_int_eq(err.reason, ERROR_INVALID);
	ck_assert_str_eq(err.param, "location");
	ck_assert_str_eq(err.message, message);
	ck_assert_str_eq(err.hint, hint);
}

START_TEST(a_location_names_its_backend)
{
	means("null:", &netdev_null_ops, "");
	means("packet:eth1", &netdev_packet_ops, "eth1");
	means("packet:a:b", &netdev_packet_ops, "a:b");
	means("virtio-pci:0000:00:08.0", &netdev_virtio_pci_ops, "0000:00:08.0");
	means("eth1", &netdev_packet_ops, "eth1");
	means("null", &netdev_packet_ops, "null"); /* an interface may be called that */
}
END_TEST

#define ALL "this build has packet:, vhost-user:, vhost-net:, virtio-pci:, null:"

START_TEST(an_unknown_backend_gets_a_hint)
{
	refused("paket:eth1", "no backend is called \"paket\"", "did you mean packet:eth1");
	refused("NULL:", "no backend is called \"NULL\"", "did you mean null:");
	refused("nul:", "no backend is called \"nul\"", "did you mean null:");
	refused("zebra:eth1", "no backend is called \"zebra\"", ALL);
	refused(":eth1", "no backend is called \"\"", ALL);
	refused("a-word-that-is-much-longer-than-any-backend:x",
		"no backend is called \"a-word-that-is-much-longer-than\"", ALL);
}
END_TEST

START_TEST(an_address_stands_where_there_must_be_one)
{
	refused("null:eth1", "null: takes no address, got \"eth1\"", "");
	refused("packet:", "packet: needs an address, packet:IFNAME", "");
	refused("virtio-pci:", "virtio-pci: needs an address, virtio-pci:DDDD:BB:DD.F", "");
}
END_TEST

static void check_device(const struct netdev_ops *ops)
{
	ck_assert(ops->info && ops->link && ops->close);
	ck_assert(ops->configure && ops->start && ops->stop && ops->queue);
	ck_assert(ops->tx_burst || ops->tx_run);
	ck_assert(ops->rx_burst);
	ck_assert(!ops->service == !ops->service_fd);
}

START_TEST(every_backend_is_complete)
{
	ck_assert_uint_eq(netdev_backend_count, 5);
	for (size_t i = 0; i < netdev_backend_count; i++) {
		const struct netdev_ops *ops = netdev_backends[i];

		ck_assert(ops->backend && ops->backend[0] && ops->summary && ops->summary[0]);
		ck_assert(ops->probe && ops->open);
		if (ops->info) /* else its devices have their own, by their role */
			check_device(ops);
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(ops->backend, netdev_backends[j]->backend);
	}
}
END_TEST

START_TEST(findings_are_lines)
{
	struct netdev_probe probe = {0};
	struct error err = {0};

	netdev_probe_add(&probe, "link", "up");
	netdev_probe_add(&probe, "speed", "%u Mbit/s", 1000);
	ck_assert_str_eq(probe.text, "link: up\nspeed: 1000 Mbit/s\n");
	probe.text[0] = '\0';
	error_set(&err, EINVAL, ERROR_INVALID, "location", "it is wrong");
	netdev_probe_error(&probe, "location", &err);
	error_hint(&err, "make it right");
	netdev_probe_error(&probe, "location", &err);
	ck_assert_str_eq(
		probe.text, "location: it is wrong\nlocation: it is wrong; make it right\n");
}
END_TEST

START_TEST(too_many_findings_are_cut)
{
	struct {
		struct netdev_probe probe;
		char guard[8];
	} found = {.guard = "guarded"};

	for (int i = 0; i < 1000; i++)
		netdev_probe_add(&found.probe, "what", "finding number %d", i);
	ck_assert_uint_lt(strlen(found.probe.text), sizeof(found.probe.text));
	ck_assert_uint_gt(strlen(found.probe.text), sizeof(found.probe.text) - 32);
	ck_assert_str_eq(found.guard, "guarded");
	netdev_probe_add(&found.probe, "a word that is longer than what is left of the text", "x");
	ck_assert_uint_lt(strlen(found.probe.text), sizeof(found.probe.text));
}
END_TEST

/* config checks locations against wire.h: both lists must be the same. */
START_TEST(wire_names_the_same_backends)
{
	static const char *const names[] = {WIRE_BACKENDS};

	ck_assert_uint_eq(netdev_backend_count, sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < netdev_backend_count; i++)
		ck_assert_str_eq(netdev_backends[i]->backend, names[i]);
}
END_TEST

UNIT_SUITE("netdev/registry", a_location_names_its_backend, an_unknown_backend_gets_a_hint,
	an_address_stands_where_there_must_be_one, every_backend_is_complete, findings_are_lines,
	too_many_findings_are_cut, wire_names_the_same_backends)
