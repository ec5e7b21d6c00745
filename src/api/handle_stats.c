/* SPDX-License-Identifier: BSD-2-Clause */
/* stats.*: what was counted. */
#include "api/handle.h"
#include "api/param.h"
#include "api/rpc.h"
#include "api/stats_json.h"
#include "config/wire.h"
#include "engine/engine.h"

#include <errno.h>

int handle_stats_get(struct rpc_call *call, cJSON **result, struct error *err)
{
	const char *ports[WIRE_PORTS_MAX], *flows[WIRE_FLOWS_MAX];
	const struct stats_json_filter filter = {
		.ports = ports,
		.port_count = param_names(call->params, "ports", ports),
		.flows = flows,
		.flow_count = param_names(call->params, "flows", flows),
	};
	struct stats_snapshot *snapshot = engine_snapshot(call->context->engine);
	int rc;

	if (!snapshot)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "no memory for a snapshot");
	rc = stats_json_new(snapshot, &filter, result, err);
	engine_snapshot_free(snapshot);
	return rc;
}
