/* The root of a jail, and everything that is mounted in it. All of it lives in the jail's mount namespace. */
#ifndef STEP_ROOT_H
#define STEP_ROOT_H

#include "step/step.h"

extern const struct step step_layer;            /* root.layer: the directory of the private layer, on the host */
extern const struct step step_path;             /* path: a tree as it is */
extern const struct step step_base;             /* root.base: lower trees under a private layer */
extern const struct step step_mount;            /* mount */
extern const struct step step_fstab;            /* mount.fstab */
extern const struct step step_devfs;            /* mount.devfs */
extern const struct step step_fdescfs;          /* mount.fdescfs */
extern const struct step step_procfs;           /* mount.procfs */

/*
 * A detached procfs of the jail's processes; only_processes: with nothing of the kernel's in it. A descriptor the caller
 * owns, or -errno.
 */
int root_new_proc(struct run *run, bool only_processes, struct err *e);

#endif
