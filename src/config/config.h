/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the user asked for, checked as far as it can be without touching a device.
 *
 * One table of settings (setting.c) serves /etc/pktgend.conf, the JSON API and pktgenctl's options:
 * a key, how its value is read, where it goes. Files are read by file.c with every error collected,
 * each with file:line. Control thread only; all structs are plain values that may be copied.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "packet/frame.h"
#include "packet/policy.h"
#include "util/error.h"
#include "util/text.h"
#include "util/units.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_LOCATION_SIZE 160
#define CONFIG_BURST_MAX     512
#define CONFIG_QUEUES_MAX    16
#define CONFIG_DEFAULT_FLOW  "default" /* the flow that "start --size 60" makes */

enum config_rate_layer { CONFIG_RATE_L1, CONFIG_RATE_L2 };

struct config_daemon {
	char socket[108];            /* sun_path */
	char group[32];              /* "" = leave the socket's group alone */
	char metrics[64];            /* ADDR:PORT, or "" for no metrics server */
	uint64_t status_interval_ns; /* 0 = never */
};

struct config_port {
	char name[TEXT_NAME_SIZE];
	char location[CONFIG_LOCATION_SIZE]; /* BACKEND:ADDRESS */
	int cpu;                             /* CPU_AUTO or a number */
	uint32_t queues;
	uint32_t pool_objects, pool_object_size;
	bool promiscuous;
	struct rate rate_limit; /* RATE_MAX = none */
};

struct config_flow {
	char name[TEXT_NAME_SIZE];
	char port[TEXT_NAME_SIZE]; /* "" until one is chosen: the only port there is */
	struct frame_spec frame; /* signature and flow number are set by the engine from metrics */
	bool src_mac_set;        /* else the port's own address is used */
	int src_ip_version, dst_ip_version; /* as given; 0: not given, frame has the default */
	bool metrics;
	bool autostart;
	struct rate rate;
	enum config_rate_layer rate_layer;
	uint64_t count;       /* 0 = no end */
	uint64_t duration_ns; /* 0 = no end */
	uint32_t burst;       /* most frames per call */
	enum policy_build build;
	enum policy_alloc alloc;
	enum policy_on_full on_full;
};

struct config {
	struct config_daemon daemon;
	struct config_port *ports;
	size_t port_count;
	struct config_flow *flows;
	size_t flow_count;
};

/* Errors of a file, all of them: one line of text each ("/etc/pktgend.conf:7: …"). */
struct config_report {
	char **lines;
	size_t count;
};

/* Defaults; names stay "" and location "" until set. */
void config_daemon_init(struct config_daemon *daemon);
void config_port_init(struct config_port *port);
void config_flow_init(struct config_flow *flow);

/*
 * Sets one setting from its text form. key may be spelled with '-' or '_'. err->param gets the key
 * as the caller spelled it; an unknown key gets a "did you mean" hint. 0 or -EINVAL; nothing
 * changes on error. name, port (flows), location (ports) and autostart are settings as well. The
 * error's message does not repeat the key: whoever prints it puts "param: " before it.
 *
 * While only one of src-ip and dst-ip has been set, the other is the default of the same IP
 * version: for IPv6 2001:2::1 and 2001:2::2, from RFC 5180's benchmark network.
 */
int config_daemon_set(
	struct config_daemon *daemon, const char *key, const char *value, struct error *err);
int config_port_set(
	struct config_port *port, const char *key, const char *value, struct error *err);
int config_flow_set(
	struct config_flow *flow, const char *key, const char *value, struct error *err);

/*
 * What single settings cannot show: a missing name or location, ends of different IP versions, a
 * priority without a tag, sizes. 0 or -EINVAL.
 */
int config_port_check(const struct config_port *port, struct error *err);
int config_flow_check(const struct config_flow *flow, struct error *err);

/*
 * Sets every member of a flat JSON object, values as strings, numbers or booleans ("size": 60,
 * "rate": "100kpps", "metrics": true); stops at the first error. All or nothing.
 */
int config_flow_set_json(struct config_flow *flow, const cJSON *object, struct error *err);
int config_port_set_json(struct config_port *port, const cJSON *object, struct error *err);

/*
 * The flat JSON object that would make this flow or port again; what was never set and follows from
 * something else (source addresses, "no end") is left out. The caller deletes it. NULL: no memory.
 */
cJSON *config_flow_to_json(const struct config_flow *flow);
cJSON *config_port_to_json(const struct config_port *port);

/*
 * Reads and checks a configuration file and gives a new struct config. On failure every error (up
 * to a thousand) is in *report and the result is -EINVAL (bad content) or the errno of reading the
 * file. The caller finishes the report in either case.
 */
int config_load(const char *path, struct config **config, struct config_report *report);

/* An empty configuration with the defaults. NULL: no memory. */
struct config *config_new(void);
void config_free(struct config *config);

void config_report_fini(struct config_report *report);

#endif
