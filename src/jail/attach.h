/* The calling process itself into a jail, jail_attach(3). */
#ifndef JAIL_ATTACH_H
#define JAIL_ATTACH_H

#include <stdbool.h>

#include "base/err.h"

/* Before anything is done: -EBUSY with more than one thread, -EPERM with an open directory. */
int attach_allowed(struct err *e);

/*
 * Enters the jail of that record. let_go: the jail then no longer persists. On failure the process is where it was; what
 * cannot fail without being half inside ends it by SIGKILL. Returns 0 or -errno.
 */
int attach(char *name, bool let_go, struct err *e);

#endif
