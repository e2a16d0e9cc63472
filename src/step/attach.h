/*
 * The calling process into a jail that is alive, for good: jail_attach(3).
 *
 * It stays in the pid namespace it is in, only its children are in the jail's
 * (setns(2)). So that the jail counts it all the same it leaves a shadow there, a
 * process of PID 1's image (init.c) that lives as long as it does; and so that it
 * ends with the jail, the kernel sends it SIGKILL when the shadow is killed: the
 * two have a socket pair, and ours asks for a signal (fcntl(2) F_SETSIG).
 *
 * A process may close that. So there is a list too, /run/gaol/attached, a symbolic
 * link "JID.PID" to the process's start time for each, and who removes the jail
 * kills whom it finds there.
 */
#ifndef STEP_ATTACH_H
#define STEP_ATTACH_H

#include "step/step.h"

/*
 * run needs name, spec, record, host with its image, init, init_pidfd and cgroup; the process must have one thread. First it is
 * tried by a child; an error is that of the trial, and nothing has changed. What fails after that ends the process by
 * SIGKILL: half in a jail is nowhere to be. Returns 0 or -errno.
 */
int attach_self(struct run *run, struct err *e);

struct store;

/* The jail has ended: and so do those that attached themselves to it and still live. Safe to run twice. */
void attach_kill(const struct store *store, int jid);

#endif
