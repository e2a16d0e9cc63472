/*
 * The overlay layer that lies over root.base = "/" and hides what of the host
 * is nobody else's business (doc/decisions/0004-host-root-base.md).
 */
#ifndef STEP_MASK_H
#define STEP_MASK_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Two layers where the file system of the mask cannot have the attribute "opaque", else behind is -EBADF. Owned. */
struct mask {
        int front, behind;
};
#define MASK_NONE { -EBADF, -EBADF }

/*
 * A detached tmpfs with whiteouts and opaque directories for the tree at host: a clone of "/" without what is mounted in
 * it and not idmapped, so that what is looked at is what will be below. The directories of the mask belong to host id
 * `owner`. user_xattr: for an overlay with the option "userxattr", all that can be had inside a user namespace. Returns
 * 0 or -errno.
 */
int mask_make(int host, uint32_t owner, bool user_xattr, struct mask *ret, struct err *e);
void mask_close(struct mask *m);

#endif
