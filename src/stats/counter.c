/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of what is counted, as JSON and /metrics spell them. Constant data, any thread. */
#include "stats/counter.h"

#include <assert.h>

const char *const drop_reason_names[] = {
	[DROP_TX_RING_FULL] = "tx-ring-full",
	[DROP_TX_LINK_DOWN] = "tx-link-down",
	[DROP_TX_NO_BUFFER] = "tx-no-buffer",
	[DROP_TX_ERROR] = "tx-error",
	[DROP_TX_DEVICE_LOST] = "tx-device-lost",
	[DROP_TX_UNFINISHED] = "tx-unfinished",
	[DROP_RX_RING_FULL] = "rx-ring-full",
	[DROP_RX_NO_BUFFER] = "rx-no-buffer",
	[DROP_RX_TOO_LONG] = "rx-too-long",
};
static_assert(sizeof(drop_reason_names) / sizeof(char *) == DROP_REASON_COUNT, "a name each");
