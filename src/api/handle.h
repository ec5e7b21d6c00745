/* SPDX-License-Identifier: BSD-2-Clause */
/* The handlers that the method table names, a file for each noun: handle_NOUN.c. */
#ifndef API_HANDLE_H
#define API_HANDLE_H

#include "api/method.h"

struct engine_capture_info;

method_handle_fn handle_system_hello, handle_rpc_discover;
method_handle_fn handle_port_list, handle_port_show, handle_port_add, handle_port_remove,
	handle_port_probe;
method_handle_fn handle_flow_list, handle_flow_set, handle_flow_append, handle_flow_remove,
	handle_flow_frame;
method_handle_fn handle_traffic_start, handle_traffic_stop, handle_traffic_pause,
	handle_traffic_resume;
method_handle_fn handle_capture_start, handle_capture_stop;
method_handle_fn handle_stats_get; /* also the answer to stop and pause */

/* How a capture stands: a part of the answers to capture.* and port.show. */
cJSON *capture_to_json(const struct engine_capture_info *info);

#endif
