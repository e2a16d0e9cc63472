/*
 * Paths of the host that the administrator has named and that may lead into a
 * tree the jail rules: `path`, the layer it writes to, or a directory that is
 * mounted in it for writing. There the jail could
 * exchange any name for a link to anything, so from the root of such a tree on
 * no link is followed and nothing leads out of it again. Which directory that
 * is, is told by device and inode: it has many names. What comes before it is
 * the administrator's, links too.
 */
#ifndef STEP_HOSTPATH_H
#define STEP_HOSTPATH_H

#include "step/step.h"

struct hostpath {
        int dir;        /* where the rest begins; O_PATH */
        char *rest;     /* relative, "." for dir itself; what it names need not be there */
        bool jails;     /* dir is the root of a tree of the jail's: the rest is for mnt_open_in() without links only */
};
#define HOSTPATH_NONE { .dir = -EBADF }

/*
 * Follows path as far as it can be trusted. If it never comes to a tree of the jail's, the rest is a single name, and no
 * link unless one of the kernel's own in /proc, which the kernel may follow. Needs run->record. Errors name path.
 */
int hostpath_find(const struct run *run, const char *path, struct hostpath *ret, struct err *e);
void hostpath_finish(struct hostpath *h);
#define autohostpath __attribute__((cleanup(hostpath_finish))) struct hostpath

/* What mnt_open_in() says without links, r being its answer, said of the path as it was written. Returns r. */
int hostpath_blame(int r, const char *path, struct err *e);

#endif
