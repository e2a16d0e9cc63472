/*
 * The jails above and below one, which is what the dots in names say. Records
 * know nothing of each other; whoever makes or removes a jail asks here.
 *
 * A jail is made below another that may be removed at the same moment. The maker
 * first has its record, then marks that of the one above, and then looks whether
 * that jail is there; the remover first ends it, and then looks for the mark and
 * for records below. So one of the two sees the other, and neither waits for a lock
 * while it holds one further down.
 */
#ifndef JAIL_TREE_H
#define JAIL_TREE_H

#include "state/record.h"
#include "step/step.h"

/* Is the name that of a jail below another? */
bool tree_has_above(const char *name);

/*
 * Reads, without locking, the record of the jail that the name, which has a dot, puts it below; *ret_pidfd: its PID 1,
 * -EBADF if it has none yet. -ENOENT, 'jail "a" not found': it is not there, or on its way in or out.
 */
int tree_open_above(const struct store *st, const char *name, struct record *ret, int *ret_pidfd, struct err *e);

/*
 * Marks the record of the jail above one that is being made, whose own record is there: only of marked ones are the
 * records below looked for, which takes a look at every name. -ENOENT as above.
 */
int tree_mark_above(const struct store *st, const char *name, struct err *e);

/* Names of all records below one that is open and locked, the lowest first. */
int tree_below(const struct record *rec, struct strv *ret, struct err *e);

/* Tells a run what it has from the jails above: user ids, control groups. Those that are gone have nothing to give. */
int tree_inherit(struct run *run, struct err *e);

#endif
