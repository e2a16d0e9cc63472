/*
 * Entering namespaces for an instant and coming back, setns(2), per thread.
 *
 * A thread that uses this must not share its fs struct (root, cwd): ns_self_open()
 * is called once per process; ns_thread_start() once in every other thread.
 */
#ifndef KERN_NS_H
#define KERN_NS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Our own namespaces, root and working directory. */
struct ns_self {
        int mnt, pid, net, ipc, uts, cgroup;
        int root, cwd;
};

int ns_self_open(struct ns_self *self, struct err *e);
void ns_self_close(struct ns_self *self);

/* Gives the calling thread a root and cwd of its own. */
int ns_thread_start(struct err *e);

/* setns(2) to those namespaces (CLONE_NEW*) of the process behind pidfd; flags must not hold CLONE_NEWNS or CLONE_NEWUSER. */
int ns_enter(int pidfd, int flags, struct err *e);

/* Comes back from ns_enter. Failing to come back is fatal for what we do next, so after a second of trying it aborts. */
void ns_return(const struct ns_self *self, int flags);

/* Mount namespaces: fd of an nsfs file or a pidfd. Root and cwd become the namespace's root until ns_mnt_return. */
int ns_mnt_enter(int fd, struct err *e);
void ns_mnt_return(const struct ns_self *self);

/*
 * A mount namespace that holds one read-only file system with n empty directories and nothing else, so that cloning it
 * costs one mount and nothing of the host can be uncovered in a clone. The caller comes back to where it was. Returns
 * an nsfs descriptor or -errno.
 */
int ns_make_empty_mnt(const struct ns_self *self, const char *const *dirs, size_t n, struct err *e);

/* Is the namespace (of that name) behind fd the calling thread's own? */
bool ns_is_own(int fd, const char *name);

/*
 * A copy of the mount namespace from, of which in turn copies can be made that follow it: what is mounted in it appears
 * in them as well. Where such a copy belongs to another user namespace, the kernel locks what appears: its owners can
 * unmount it, and cannot take away ro, nosuid, nodev and the like (mount_namespaces(7)). It lasts as long as the
 * descriptor. Costs a grace period when that is closed.
 */
int ns_make_stage(const struct ns_self *self, int from, struct err *e);

/*
 * A namespace kept without processes: mounted on a file of that name in dir, made if missing. ns_pinned() opens it
 * (-ENOENT: none); ns_unpin() lets go of it and removes the file, and is fine when there is neither.
 */
int ns_pin(int ns, int dir, const char *name, struct err *e);
int ns_pinned(int dir, const char *name, struct err *e);
int ns_unpin(int dir, const char *name, struct err *e);

/* A descriptor of a namespace of a process: PIDFD_GET_*_NAMESPACE where the kernel has it, else /proc/PID/ns/NAME. */
int ns_open(int pidfd, pid_t pid, const char *name, struct err *e);

#endif
