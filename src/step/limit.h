/*
 * rctl.*: limits of the whole jail by control groups, limits of each process by
 * rlimits. A group is made only in the trees some limit asks for.
 *
 * Where: /gaol/NAME below the mount of a version 1 tree. On version 2 the parent
 * is named after the controllers it hands down, /gaol.memory+pids/NAME, so that
 * no group pays for a limit of another. NAME gets a "_" in front where it could
 * be a file every group has, and a "~" with the identity of its record behind
 * where jails with records elsewhere on the machine have the name. A jail below
 * another is in its groups, and has its own in there: GROUP/gaol/NAME.
 */
#ifndef STEP_LIMIT_H
#define STEP_LIMIT_H

#include "step/step.h"

/* Makes the groups and, on version 2, leaves run->cgroup open for CLONE_INTO_CGROUP. Notes: "TREE PATH". */
extern const struct step step_limit;

/*
 * The limits that hold for each process, for a process about to become the jail's. Async-signal-safe. Returns 0 or
 * -errno, "rctl.openfiles: 1048576: above the hard limit 20000".
 */
int limit_rlimits(const struct jail_spec *spec, struct err *e);

/*
 * Called by the maker for PID 1 and for every process that enters, while it waits: puts it into the jail's version 1
 * groups (into that of version 2 it was cloned), and lifts its hard limits where rctl.* are above ours and we may.
 * Mandatory. Costs nothing where there are no limits.
 */
int limit_attach(struct run *run, pid_t pid, struct err *e);

/* Adds to run->groups_above what the record of a jail above has, the nearest first. Returns 0 or -ENOMEM. */
int limit_inherit(struct run *run, const struct record *above, struct err *e);

/* Opens run->cgroup of a jail that is alive, by its record. It stays empty when the jail has no version 2 group. */
int limit_open(struct run *run, struct err *e);

#endif
