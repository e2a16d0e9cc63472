/*
 * Control groups: where they are mounted, version 1, 2 or both, and making,
 * filling, freezing and removing one. Which limits a group has is its owner's
 * business: the files are plain, and written with fd_put().
 */
#ifndef KERN_CGROUP_H
#define KERN_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

enum cgroup_ctl {
        CGROUP_MEMORY, CGROUP_PIDS, CGROUP_CPU, CGROUP_IO, CGROUP_FREEZER, CGROUP_DEVICES, CGROUP_CPUSET,
        CGROUP_CTL_N
};

/* One mounted hierarchy. */
struct cgroup_tree {
        char *name;             /* "v2", or what a version 1 tree is mounted for: "cpu,cpuacct" */
        char *mount;            /* where */
        char *own;              /* our own group, relative to mount; "" is the mount itself */
        char *prefix;           /* where in it groups of ours go: "", or the topmost part of own we may write to */
        unsigned ctls;          /* 1 << enum cgroup_ctl */
        bool v2;
        int dir;                /* mount, O_PATH; -EBADF in a layout that was only parsed */
};

struct cgroup_layout {
        struct cgroup_tree tree[CGROUP_CTL_N + 1];
        size_t n;
};

/*
 * The layout in which this process runs. Looked for once and kept to the end of the process: it is a fact that does
 * not change, and mountinfo is long where there are many jails. Never NULL on success; n may be 0.
 */
int cgroup_layout_get(const struct cgroup_layout **ret, struct err *e);

/* Closes it, for a process that is about to be elsewhere; it is looked for anew. Only for a process with one thread. */
void cgroup_layout_forget(void);

/* The part of it that reads /proc/self/mountinfo and /proc/self/cgroup; the controllers of version 2 are not in them. */
int cgroup_layout_parse(const char *mountinfo, const char *self, struct cgroup_layout *ret, struct err *e);
/* Adds what the v2 tree's cgroup.controllers says. */
void cgroup_layout_add_v2(struct cgroup_layout *layout, const char *controllers);
void cgroup_layout_free(struct cgroup_layout *layout);

/* The tree that has the controller, or is called name; NULL: none. */
const struct cgroup_tree *cgroup_tree_of(const struct cgroup_layout *layout, enum cgroup_ctl ctl);
const struct cgroup_tree *cgroup_tree_named(const struct cgroup_layout *layout, const char *name);

/*
 * The version 2 tree: that of the layout, or, where it is mounted nowhere, mounted for this process alone, with no
 * controllers. Kept to the end of the process. NULL: there is none, and the error says why.
 */
const struct cgroup_tree *cgroup_v2(const struct cgroup_layout *layout, struct err *e);

/* "memory", as version 2 calls it. */
const char *cgroup_ctl_name(enum cgroup_ctl ctl);

/*
 * Paths of groups are relative to the mount and have two parts or more: parents and the group. They come out of our own
 * records; a ".." in one is refused all the same, and nothing is followed out of the tree.
 */

/*
 * Makes the group and, if missing, its direct parent. On version 2 both get the controllers (ctls), and no others are
 * switched on. -EEXIST: there is one of that name.
 */
int cgroup_make(const struct cgroup_tree *t, const char *path, unsigned ctls, struct err *e);

/* Version 2: switches controllers on for a group that is there. Does nothing on version 1. */
int cgroup_enable(const struct cgroup_tree *t, const char *path, unsigned ctls, struct err *e);

/* A descriptor of the group's directory, fit for CLONE_INTO_CGROUP. -ENOENT: it is gone. */
int cgroup_open(const struct cgroup_tree *t, const char *path, struct err *e);

/* Moves a process in. */
int cgroup_attach(int group, pid_t pid, struct err *e);

/* The processes directly in it, in a fresh array the caller frees; those our pid namespace does not show are left out. */
int cgroup_processes(int group, pid_t **ret, size_t *ret_n, struct err *e);

/*
 * Kills what is in the group and in groups below, removes them all, and the parent when that was its last. 0 also when
 * it is gone already. Waits for the kernel to empty it, some seconds at most, then -EBUSY.
 */
int cgroup_remove(const struct cgroup_tree *t, const char *path, struct err *e);

/* Removes it only if nothing is in it, else -EBUSY. 0 also when there was none. */
int cgroup_discard(const struct cgroup_tree *t, const char *path, struct err *e);

/* Stops all in the group, or lets them go on; returns when they have stopped. Version 1 wants the freezer's tree. */
int cgroup_freeze(const struct cgroup_tree *t, int group, bool freeze, struct err *e);

/*
 * The whole disk that the file system at path is on, "254:0", as io limits name it: partitions are no devices to them.
 * -ENODEV: on none (memory, network, several disks).
 */
int cgroup_disk_of(const char *path, char *ret, size_t size, struct err *e);

#endif
