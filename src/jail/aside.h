/*
 * Work of a thread's own, for the C interface. Making a jail enters mount
 * namespaces, which a thread may only that shares its root and directory with
 * no other; in a program of somebody else's that is nobody's to promise. So the
 * work is done aside, by a thread that lives as long as the call: the caller's
 * threads keep what is theirs, and no handler of the program runs in ours.
 */
#ifndef JAIL_ASIDE_H
#define JAIL_ASIDE_H

#include "jail/engine.h"

typedef int aside_fn(struct lane *lane, void *ctx, struct err *e);

/* Opens the engine, does the work, closes it. Returns what work returns, when the thread is gone for the kernel too. */
int aside(aside_fn *work, void *ctx, struct err *e);

#endif
