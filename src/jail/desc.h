/*
 * Jail descriptors, jail_set(3). One that only names a jail is a pidfd of its PID
 * 1; one that owns it is a socket whose other end PID 1 has (step/own.h). Either
 * says by poll(2) that the jail is gone, and a pid that is used again is never
 * taken for it.
 */
#ifndef JAIL_DESC_H
#define JAIL_DESC_H

#include "jail/engine.h"

/*
 * A new descriptor of a live jail by the name of its record. A jail that was made without processes gets its PID 1 for it:
 * the calling thread is one of aside(). Returns 0 or -errno.
 */
int desc_open(struct lane *lane, const char *name, bool own, int *ret, struct err *e);

#endif
