/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports, for other commands. */
#ifndef CTL_PORT_H
#define CTL_PORT_H

#include "ctl/ctl.h"

#include <cjson/cJSON.h>

/* port.show of every port, as an array that the caller deletes. Reports. */
int port_describe_all(struct ctl *ctl, cJSON **ports);

#endif
