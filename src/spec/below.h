/*
 * What a jail below another may have: never more than the one above. Only
 * arithmetic on the two specs; who is above whom is the caller's business.
 */
#ifndef SPEC_BELOW_H
#define SPEC_BELOW_H

#include "spec/spec.h"

/* Makes a new jail's defaults those it can have below the other one, and checks the rest. -EPERM, named by parameter. */
int spec_settle_below(struct jail_spec *s, const struct jail_spec *above, struct err *e);

/* The check alone, for a jail that is there and is to be changed. */
int spec_check_below(const struct jail_spec *s, const struct jail_spec *above, struct err *e);

/* Takes away what the jail above has lost. Returns whether there was anything. */
bool spec_push_down(struct jail_spec *s, const struct jail_spec *above);

#endif
