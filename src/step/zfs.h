/* zfs.dataset: data sets that are the jail's to administer, given to its user namespace by zfs(8). */
#ifndef STEP_ZFS_H
#define STEP_ZFS_H

#include "step/step.h"

extern const struct step step_zfs;

#endif
