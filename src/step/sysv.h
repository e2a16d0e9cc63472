/* Limits on the System V objects of a jail, which are settings of its IPC namespace (ipc_namespaces(7)). */
#ifndef STEP_SYSV_H
#define STEP_SYSV_H

#include "step/step.h"

extern const struct step step_sysv;

/* Is there any such limit? Whether the kernel takes it is known when it has been set. */
bool sysv_limited(const struct jail_spec *s);

#endif
