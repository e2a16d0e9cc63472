/*
 * The jail itself: its namespaces, its ids, PID 1, and the rights everything in it starts with.
 */
#ifndef STEP_CREATE_H
#define STEP_CREATE_H

#include "step/step.h"

extern const struct step step_spawn;            /* PID 1 with all namespaces; it waits for its release */
extern const struct step step_host;             /* host.* */
extern const struct step step_announce;         /* says that there is a jail now */
extern const struct step step_release;          /* PID 1 may run; nothing of the jail ran before */
extern const struct step step_settle;           /* ... and does */

/*
 * For a process that is about to become part of the jail, the last thing before execve: exactly the limits, the filter
 * and the capabilities of the spec, and the user; called with full rights in the jail's user namespace and its groups
 * set. Async-signal-safe. Mandatory: on failure the caller must not exec. Returns 0 or -errno.
 *
 * Where uname_watched(), *ret_watch is the listener that PID 1 is to have, else it stays as it is. NULL: for PID 1.
 */
int create_confine(const struct jail_spec *spec, uid_t uid, int *ret_watch, struct err *e);

/*
 * The end of the making: a jail that is not to persist lives on only if it has processes. *ret_ended: it had none and
 * is gone. Needs the socket of a run that went through step_settle.
 */
int create_finish(struct run *run, bool *ret_ended, struct err *e);

/* Closes every descriptor from 3 up except those of the list, which it sorts (below 0: none). Async-signal-safe. */
void create_close_but(int *keep, size_t n);

/* Opens what a run needs of a jail that is alive: namespaces and their descriptors from run->init and run->init_pidfd. */
int create_reopen(struct run *run, struct err *e);

#endif
