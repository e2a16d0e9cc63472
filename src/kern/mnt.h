/*
 * Mounts by descriptor: fsopen(2), fsmount(2), open_tree(2), move_mount(2),
 * mount_setattr(2), openat2(2). Nothing here unmounts: a detached mount that is
 * closed without having been attached costs the closer an RCU grace period.
 */
#ifndef KERN_MNT_H
#define KERN_MNT_H

#include <linux/mount.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* One option of a new file system: a flag (value NULL and fd < 0), a string, or a descriptor. */
struct mnt_opt {
        const char *key, *value;
        int fd;
};
#define MNT_FLAG(k) { .key = (k), .fd = -1 }
#define MNT_STR(k, v) { .key = (k), .value = (v), .fd = -1 }
#define MNT_FD(k, d) { .key = (k), .fd = (d) }

/*
 * A detached mount of a new file system. attrs: MOUNT_ATTR_*. The kernel's own explanation, where it gives one, becomes
 * the reason. -EINVAL for an option the file system does not know. Returns a close-on-exec descriptor or -errno.
 */
int mnt_new(const char *type, const struct mnt_opt *opts, size_t n, unsigned attrs, struct err *e);

/*
 * A detached copy of the mount at (dirfd, path), with the mounts below it when recursive. path "" means dirfd itself.
 * The original must be in the caller's mount namespace, or a tree of fsmount's. Errors name path.
 */
int mnt_clone(int dirfd, const char *path, bool recursive, struct err *e);

/*
 * Sets and clears MOUNT_ATTR_* and makes the mount private, so that nothing spreads to or from where it was cloned;
 * userns >= 0 also idmaps the (detached, not yet idmapped) mount by it. -EINVAL then: this file system cannot be idmapped.
 */
int mnt_setattr(int mnt, uint64_t set, uint64_t clear, int userns, bool recursive, struct err *e);

/* Attaches a detached mount at (dirfd, path), path "" for dirfd itself. what: names the object in the error. */
int mnt_attach(int mnt, int dirfd, const char *path, const char *what, struct err *e);

/*
 * Looks a path up inside root, whatever links the tree holds: ".." and absolute links end at root, magic links are
 * refused, and with nolinks so is any symbolic link (-ELOOP). flags as for open(2); O_CLOEXEC is added. Errors name path.
 */
int mnt_open_in(int root, const char *path, int flags, bool nolinks, struct err *e);

/* As `mkdir -p` inside root; existing components are kept, links refused (-ELOOP). Returns an O_PATH descriptor. */
int mnt_mkdir_in(int root, const char *path, mode_t mode, struct err *e);

#endif
