/*
 * A jail that belongs to a descriptor, jail_set(3) "JAIL_OWN_DESC": PID 1 has one
 * end of a socket pair and ends, and with it everything in its namespaces, when
 * the last copy of the other end is closed, by whatever death (init.c). The
 * kernel does it, so it needs nobody of ours to be alive.
 *
 * What is on the host stays there as with any jail whose PID 1 was killed, until
 * the next command for that name undoes the record; the mark there, "own COOKIE",
 * lets engine_sweep() find such records, and finds the jail of a descriptor: the
 * cookie is the socket's for as long as the machine is up.
 */
#ifndef STEP_OWN_H
#define STEP_OWN_H

#include "step/step.h"

/* With host->own: marks the record, and leaves a copy of run->sync in host->owner. */
extern const struct step step_own;

#define OWN_NOTE 20

/* The mark of a descriptor that could own a jail. -EBADF: it is no such thing. */
int own_cookie(int fd, char ret_note[OWN_NOTE]);

/* One more owner for a jail that is there; its record is locked. Returns a descriptor the caller owns, or -errno. */
int own_take(struct run *run, struct err *e);

#endif
