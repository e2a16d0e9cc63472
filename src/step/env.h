/* What the jail may read of what was said of it: /dev/jail/env, jail(8) "env". Lives in the jail's mount namespace. */
#ifndef STEP_ENV_H
#define STEP_ENV_H

#include "step/step.h"

extern const struct step step_env;

#endif
