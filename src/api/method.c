/* SPDX-License-Identifier: BSD-2-Clause */
/* The method table and its parameter tables. A new method is a row here and a function in
 * handle_NOUN.c. */
#include "api/method.h"

#include "api/handle.h"
#include "config/config.h"
#include "config/wire.h"
#include "util/text.h"

#include <errno.h>
#include <string.h>

#define COUNT(table)  (sizeof(table) / sizeof((table)[0]))
#define PARAMS(table) .params = (table), .param_count = COUNT(table)

/* A row for each setting of config/wire.h. */
#define SETTING(id, option, placeholder, text) \
	{.name = (option), .type = PARAM_SETTING, .help = (text)},

#define PORT_NAMES(text) \
	{ \
		.name = "ports", .type = PARAM_NAMES, .max = WIRE_PORTS_MAX, .help = (text) \
	}
#define FLOW_NAMES(text) \
	{ \
		.name = "flows", .type = PARAM_NAMES, .max = WIRE_FLOWS_MAX, .help = (text) \
	}

static const struct method_param port_name[] = {
	{.name = "name", .type = PARAM_STRING, .required = true, .help = "name of the port"},
};

static const struct method_param port_add[] = {
	{.name = "name", .type = PARAM_STRING, .required = true, .help = "name of the new port"},
	{.name = "location", .type = PARAM_STRING, .required = true, .help = "BACKEND:ADDRESS"},
	WIRE_PORT_OPTIONS(SETTING)};

static const struct method_param port_probe[] = {
	{.name = "location", .type = PARAM_STRING, .required = true, .help = "BACKEND:ADDRESS"},
};

static const struct method_param flow_name[] = {
	{.name = "name", .type = PARAM_STRING, .required = true, .help = "name of the flow"},
};

static const struct method_param flow_members[] = {
	{.name = "name", .type = PARAM_STRING, .required = true, .help = "name of the flow"},
	{.name = "port", .type = PARAM_STRING, .help = "port that sends it; default: the only one"},
	{.name = "autostart", .type = PARAM_SETTING, .help = "start with the daemon"},
	WIRE_FLOW_OPTIONS(SETTING)};

static const struct method_param flow_objects[] = {
	{.name = "flows",
		.type = PARAM_OBJECTS,
		.required = true,
		.max = WIRE_FLOWS_MAX,
		.members = flow_members,
		.member_count = COUNT(flow_members),
		.help = "descriptions of flows"},
};

static const struct method_param flow_frame[] = {
	{.name = "name", .type = PARAM_STRING, .required = true, .help = "name of the flow"},
	{.name = "n", .type = PARAM_U64, .help = "number of the frame, from 0; default 0"},
};

static const struct method_param traffic_start[] = {PORT_NAMES("ports to start; default: all"),
	FLOW_NAMES("flows to send; default: all of these ports"),
	{.name = "mode",
		.type = PARAM_CHOICE,
		.choices = policy_mode_names,
		.choice_count = POLICY_MODE_COUNT,
		.help = "directions; auto: tx where the port has flows, else rx"},
	{.name = "force",
		.type = PARAM_BOOL,
		.help = "send on the interface of the default route all the same"},
	WIRE_FLOW_OPTIONS(SETTING)};

static const struct method_param traffic_stop[] = {PORT_NAMES("ports to stop; default: all")};
static const struct method_param traffic_pause[] = {PORT_NAMES("ports to pause; default: all")};
static const struct method_param traffic_resume[] = {PORT_NAMES("ports to resume; default: all")};

static const struct method_param capture_start[] = {
	{.name = "port",
		.type = PARAM_STRING,
		.required = true,
		.help = "port whose received frames are captured; at rest, it is made to receive"},
	{.name = "write",
		.type = PARAM_STRING,
		.required = true,
		.help = "whole path of the file, which is overwritten: pcapng, or pcap for .pcap"},
	{.name = "filter",
		.type = PARAM_STRING,
		.help = "which frames: a pcap-filter(7) expression; default: all"},
	{.name = "snaplen",
		.type = PARAM_U64,
		.help = "bytes of each frame to keep, up to 262144; default, and 0: all"},
	{.name = "count",
		.type = PARAM_U64,
		.help = "frames after which it ends by itself; default, and 0: none"},
};

static const struct method_param capture_stop[] = {
	{.name = "port", .type = PARAM_STRING, .required = true, .help = "port to stop capturing"},
};

static const struct method_param stats_get[] = {
	PORT_NAMES("only these ports, and the flows that they send"),
	FLOW_NAMES("only these flows"),
};

const struct method methods[] = {
	{"system.hello", handle_system_hello, METHOD_READ, NULL, 0,
		"says who answers, and the limits of this socket",
		"name, version, pid, uptime_seconds, limits, backends, capabilities"},
	{"rpc.discover", handle_rpc_discover, METHOD_READ, NULL, 0,
		"describes every method and its parameters", "an OpenRPC document"},

	{"port.list", handle_port_list, METHOD_READ, NULL, 0, "lists the ports",
		"ports: name, location, state and link of each"},
	{"port.show", handle_port_show, METHOD_READ, PARAMS(port_name),
		"shows all that is known of a port",
		"name, location, state, link, reason, settings, device once it is open, and "
		"the last capture"},
	{"port.add", handle_port_add, METHOD_CHANGE, PARAMS(port_add), "adds a port", "name"},
	{"port.remove", handle_port_remove, METHOD_CHANGE, PARAMS(port_name), "removes a port",
		"name"},
	{"port.probe", handle_port_probe, METHOD_READ, PARAMS(port_probe),
		"says what a location can do, and why not", "location, usable, findings"},

	{"flow.list", handle_flow_list, METHOD_READ, NULL, 0, "lists the flows",
		"flows: the settings of each"},
	{"flow.set", handle_flow_set, METHOD_CHANGE, PARAMS(flow_objects), "replaces all flows",
		"flows: names"},
	{"flow.append", handle_flow_append, METHOD_CHANGE, PARAMS(flow_objects), "adds flows",
		"flows: names"},
	{"flow.remove", handle_flow_remove, METHOD_CHANGE, PARAMS(flow_name), "removes a flow",
		"name"},
	{"flow.frame", handle_flow_frame, METHOD_READ, PARAMS(flow_frame),
		"shows a frame of a flow, byte for byte", "name, n, length, hex"},

	{"traffic.start", handle_traffic_start, METHOD_CHANGE, PARAMS(traffic_start),
		"clears the counters and starts traffic; settings hold for this run",
		"ports, when they were given"},
	{"traffic.stop", handle_traffic_stop, METHOD_CHANGE, PARAMS(traffic_stop),
		"stops traffic; answered when all is silent and the counters are final",
		"as stats.get"},
	{"traffic.pause", handle_traffic_pause, METHOD_CHANGE, PARAMS(traffic_pause),
		"stops traffic that resume continues; answered as stop is", "as stats.get"},
	{"traffic.resume", handle_traffic_resume, METHOD_CHANGE, PARAMS(traffic_resume),
		"continues paused traffic with the next frame", "an empty object"},

	{"capture.start", handle_capture_start, METHOD_CHANGE, PARAMS(capture_start),
		"writes what a port receives to a file; ends when the port stops",
		"port, write, state, reason, frames, bytes, filtered, dropped, missed"},
	{"capture.stop", handle_capture_stop, METHOD_CHANGE, PARAMS(capture_stop),
		"ends a capture; answered when the file is complete", "as capture.start"},

	{"stats.get", handle_stats_get, METHOD_READ, PARAMS(stats_get), "tells the counters",
		"time_ns, ports, flows"},
};
const size_t method_count = COUNT(methods);

const struct method *method_find(const char *name, struct error *err)
{
	const char *names[COUNT(methods)], *nearest;

	for (size_t i = 0; i < method_count; i++) {
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
		names[i] = methods[i].name;
	}
	error_set(err, ENOENT, ERROR_NOT_FOUND, NULL, "there is no method \"%s\"", name);
	nearest = text_nearest(name, names, method_count);
	if (nearest)
		error_hint(err, "did you mean \"%s\"?", nearest);
	else
		error_hint(err, "rpc.discover lists all methods");
	return NULL;
}
