/*
 * Trees laid over each other, with a private layer on top: the root of a thin
 * jail (doc/decisions/0008-trees-within-trees.md).
 */
#ifndef STEP_OVERLAY_H
#define STEP_OVERLAY_H

#include "step/step.h"

/* Detached mounts, owned. */
struct layers {
        int lower[33];          /* topmost first */
        bool joined[33];        /* this one and the next are one tree: a mask and what it masks */
        size_t n;
        int private;            /* holds "upper" and "work" of the topmost layer */
        int empty;              /* overlay_make()'s own */
};
#define LAYERS_NONE { .private = -EBADF, .empty = -EBADF }

void layers_close(struct layers *l);

/*
 * A detached mount of them, with MOUNT_ATTR_* attrs. Trees may lie one within another, two levels deep. Needs the
 * jail's mount namespace on kernels before 6.15. Returns a descriptor the caller owns, or -errno.
 */
int overlay_make(struct run *run, struct layers *l, unsigned attrs, struct err *e);

#endif
