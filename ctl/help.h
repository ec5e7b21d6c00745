/* SPDX-License-Identifier: BSD-2-Clause */
/* Help and versions. Functions return an exit status, and have reported. */
#ifndef CTL_HELP_H
#define CTL_HELP_H

#include "ctl/command.h"
#include "ctl/ctl.h"

/* Shows the help of a command; with command NULL of a group, with group "" of everything. */
int help_show(struct ctl *ctl, const char *group, const struct command *command);

/* No command was given: help as the error message. Returns CTL_USAGE. */
int help_refuse_nothing(struct ctl *ctl, const char *group);

/* The version of this program, without asking the daemon. */
int help_show_own_version(struct ctl *ctl);

#endif
