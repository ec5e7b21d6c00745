/* SPDX-License-Identifier: BSD-2-Clause */
/* The OpenRPC 1.2.6 document of the method table. */
#ifndef API_DISCOVER_H
#define API_DISCOVER_H

#include <cjson/cJSON.h>

/* The caller deletes it. NULL: no memory. */
cJSON *discover_document(void);

#endif
