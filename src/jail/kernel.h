/* Parameters whose value, while nobody has said one, is the kernel's or none at all: jls(8) shows it, jail(8) takes it back. */
#ifndef JAIL_KERNEL_H
#define JAIL_KERNEL_H

#include "spec/spec.h"

/* Appends the value of such a parameter that is not set. false: it is none, or it is set. */
bool kernel_value(const struct jail_spec *s, const char *name, struct strv *ret);

/* Is the parameter set, but to what the kernel has anyway? */
bool is_kernels_own(const struct jail_spec *s, const struct param *p);

#endif
