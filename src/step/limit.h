/*
 * rctl.*: limits of the whole jail by control groups, limits of each process by
 * rlimits. A group is made only in the trees some limit asks for.
 *
 * Where: /gaol/NAME below the mount of a version 1 tree. On version 2 the parent
 * is named after the controllers it hands down, /gaol.memory+pids/NAME, so that
 * no group pays for a limit of another. NAME gets a "_" in front where it could
 * be a file every group has, and a "~" with the identity of its record behind
 * where jails with records elsewhere on the machine have the name. A jail below
 * another is in its groups, and has its own in there: GROUP/gaol/NAME. Jails
 * confined to addresses have version 2 parents of their own, /gaol.net and
 * /gaol.net+memory+pids: the programs are on those (addr.h).
 */
#ifndef STEP_LIMIT_H
#define STEP_LIMIT_H

#include "step/step.h"

struct cgroup_tree;

/* What the names of directories begin with that programs are on. */
#define LIMIT_NET "gaol.net"

/* Makes the groups and, on version 2, leaves run->cgroup open for CLONE_INTO_CGROUP. Notes: "TREE PATH". */
extern const struct step step_limit;

/*
 * The limits that hold for each process, for a process about to become the jail's. Async-signal-safe. Returns 0 or
 * -errno, "rctl.openfiles: 1048576: above the hard limit 20000". init: for PID 1, which is ours, and holds descriptors
 * for others: of those it may have as many as its maker.
 */
int limit_rlimits(const struct jail_spec *spec, bool init, struct err *e);

/*
 * Called by the maker for PID 1 and for every process that enters, while it waits: puts it into the jail's version 1
 * groups (into that of version 2 it was cloned), and lifts its hard limits where rctl.* are above ours and we may.
 * Mandatory. Costs nothing where there are no limits.
 */
int limit_attach(struct run *run, pid_t pid, struct err *e);

/* Adds to run->groups_above what the record of a jail above has, the nearest first. Returns 0 or -ENOMEM. */
int limit_inherit(struct run *run, const struct record *above, struct err *e);
/*
 * Shall programs confine the jail to addresses? Then it has a group of version 2, whatever its limits, in a directory
 * that only such jails are in. Inside a jail there is no leave to do so.
 */
bool limit_confines(const struct run *run);

/* The group of version 2 that the record tells of, as its tree and path; NULL: none. */
const struct cgroup_tree *limit_v2(const struct run *run, const char **ret_path, struct err *e);

/* Opens run->cgroup of a jail that is alive, by its record. It stays empty when the jail has no version 2 group. */
int limit_open(struct run *run, struct err *e);

#endif
