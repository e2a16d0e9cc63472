/*
 * The overlay layer that lies over root.base = "/" and hides what of the host
 * is nobody else's business (doc/decisions/0004-host-root-base.md).
 */
#ifndef STEP_MASK_H
#define STEP_MASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A detached tmpfs with whiteouts and opaque directories for the tree at host: a clone of "/" without what is mounted in
 * it and not idmapped, so that what is looked at is what will be below. The directories of the mask belong to host id
 * `owner`. user_xattr: for an overlay with the option "userxattr", all that can be had inside a user namespace. Returns
 * a descriptor the caller owns, or -errno.
 */
int mask_make(int host, uint32_t owner, bool user_xattr, struct err *e);

#endif
