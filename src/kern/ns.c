#include "ns.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "kern/mnt.h"

static int open_own(const char *name, struct err *e)
{
        char path[64];
        int fd;

        /* thread-self: a thread of a program of somebody else's may have moved already */
        snprintf(path, sizeof path, "/proc/thread-self/ns/%s", name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        return fd < 0 ? err_sys(e, "open %s", path) : fd;
}

void ns_self_close(struct ns_self *self)
{
        fd_drop(&self->mnt);
        fd_drop(&self->pid);
        fd_drop(&self->net);
        fd_drop(&self->ipc);
        fd_drop(&self->uts);
        fd_drop(&self->cgroup);
        fd_drop(&self->root);
        fd_drop(&self->cwd);
}


int ns_self_open(struct ns_self *self, struct err *e)
{
        *self = (struct ns_self){ -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF };
        if ((self->mnt = open_own("mnt", e)) < 0 || (self->pid = open_own("pid", e)) < 0 ||
            (self->net = open_own("net", e)) < 0 || (self->ipc = open_own("ipc", e)) < 0 ||
            (self->uts = open_own("uts", e)) < 0 || (self->cgroup = open_own("cgroup", e)) < 0)
                goto fail;
        self->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        self->cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (self->root < 0 || self->cwd < 0) {
                err_sys(e, "open own directory");
                goto fail;
        }
        return 0;
fail:
        ns_self_close(self);
        return -e->code;
}

int ns_thread_start(struct err *e)
{
        return unshare(CLONE_FS) < 0 ? err_sys(e, "unshare root and working directory") : 0;
}

int ns_enter(int pidfd, int flags, struct err *e)
{
        return setns(pidfd, flags) < 0 ? err_sys(e, "enter namespaces") : 0;
}

/*
 * The way back is ours to take and fails for want of memory at most, which passes: for a second it is tried again. Doing
 * the host's work in a jail's namespace would be worse than ending here.
 */
static void insist(int (*way)(int fd, int type), int fd, int type)
{
        const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

        for (int tries = 0; way(fd, type) < 0; tries++) {
                if (tries == 100)
                        abort();
                nanosleep(&pause, NULL);
        }
}

void ns_return(const struct ns_self *self, int flags)
{
        const struct {
                int fd, type;
        } ways[] = {
                { self->pid, CLONE_NEWPID }, { self->net, CLONE_NEWNET }, { self->ipc, CLONE_NEWIPC },
                { self->uts, CLONE_NEWUTS }, { self->cgroup, CLONE_NEWCGROUP },
        };

        for (size_t i = 0; i < COUNT(ways); i++)
                if (flags & ways[i].type)
                        insist(setns, ways[i].fd, ways[i].type);
}

int ns_mnt_enter(int fd, struct err *e)
{
        return setns(fd, CLONE_NEWNS) < 0 ? err_sys(e, "enter mount namespace") : 0;
}

static int change_root(int root, int unused)
{
        return fchdir(root) < 0 || chroot(".") < 0 ? -1 : 0;
}

/* A cwd that was removed meanwhile is no reason to die: every path we use is absolute or below a descriptor. */
static int change_dir(int cwd, int unused)
{
        return fchdir(cwd) < 0 && chdir("/") < 0 ? -1 : 0;
}

void ns_mnt_return(const struct ns_self *self)
{
        insist(setns, self->mnt, CLONE_NEWNS);
        /* We may live in a chroot ourselves. */
        insist(change_root, self->root, 0);
        insist(change_dir, self->cwd, 0);
}

int ns_make_empty_mnt(const struct ns_self *self, const char *const *dirs, size_t n, struct err *e)
{
        static const struct mnt_opt opts[] = { MNT_STR("mode", "0555"), MNT_STR("size", "4k"), MNT_STR("nr_inodes", "16") };
        autofd proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        autofd empty = -EBADF;
        int ns, r = 0;

        if (proc < 0)
                return err_sys(e, "open /proc");
        empty = mnt_new("tmpfs", opts, COUNT(opts), MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID, e);
        if (empty < 0)
                return empty;
        for (size_t i = 0; i < n; i++)
                if (mkdirat(empty, dirs[i], 0555) < 0)
                        return err_sys(e, "mkdir %s", dirs[i]);
        if (mnt_setattr(empty, MOUNT_ATTR_RDONLY, 0, -1, false, e) < 0)
                return -e->code;
        if (unshare(CLONE_NEWNS) < 0)
                return err_sys(e, "unshare mount namespace");
        ns = openat(proc, "thread-self/ns/mnt", O_RDONLY | O_CLOEXEC);
        if (ns < 0)
                r = err_sys(e, "open mount namespace");
        /* Out of a chroot that we may live in: entering a namespace leads to its root. */
        else if (setns(ns, CLONE_NEWNS) < 0)
                r = err_sys(e, "enter mount namespace");
        /* Private first: nothing below may reach the namespace we came from. */
        else if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                r = err_sys(e, "make mounts private");
        /* Mounted over the old root, then swapped with it; what is unmounted last is a copy of the host's whole tree. */
        else if (move_mount(empty, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
                r = err_sys(e, "mount empty root");
        else if (fchdir(empty) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
                r = err_sys(e, "pivot_root");
        else if (umount2(".", MNT_DETACH) < 0)
                r = err_sys(e, "unmount old root");
        if (r < 0)
                fd_drop(&ns);
        ns_mnt_return(self);
        return r < 0 ? r : ns;
}

bool ns_is_own(int fd, const char *name)
{
        struct stat theirs, ours;
        char path[64];

        snprintf(path, sizeof path, "/proc/thread-self/ns/%s", name);
        return fstat(fd, &theirs) == 0 && stat(path, &ours) == 0 && theirs.st_dev == ours.st_dev &&
               theirs.st_ino == ours.st_ino;
}

int ns_make_stage(const struct ns_self *self, int from, struct err *e)
{
        autofd proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        int ns = -EBADF, r = 0;

        if (proc < 0)
                return err_sys(e, "open /proc");
        if (ns_mnt_enter(from, e) < 0)
                return -e->code;
        if (unshare(CLONE_NEWNS) < 0)
                r = err_sys(e, "unshare mount namespace");
        else if (mount(NULL, "/", NULL, MS_SHARED, NULL) < 0)
                r = err_sys(e, "make root shared");
        else if ((ns = openat(proc, "thread-self/ns/mnt", O_RDONLY | O_CLOEXEC)) < 0)
                r = err_sys(e, "open mount namespace");
        ns_mnt_return(self);
        return r < 0 ? r : ns;
}

int ns_pin(int ns, int dir, const char *name, struct err *e)
{
        autofd file = openat(dir, name, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), mnt = -EBADF;

        if (file < 0)
                return err_sys(e, "make %s", name);
        mnt = mnt_clone(ns, "", false, e);
        return mnt < 0 ? mnt : mnt_attach(mnt, dir, name, name, e);
}

int ns_pinned(int dir, const char *name, struct err *e)
{
        autofd fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        struct statfs fs;

        if (fd < 0)
                return err_sys(e, "open %s", name);
        if (fstatfs(fd, &fs) < 0)
                return err_sys(e, "open %s", name);
        return fs.f_type == NSFS_MAGIC ? fd_take(&fd) : err_code(e, ENOENT, "open %s", name);
}

int ns_unpin(int dir, const char *name, struct err *e)
{
        char path[300];

        snprintf(path, sizeof path, "/proc/thread-self/fd/%d/%s", dir, name);
        while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
                ;
        if (errno != EINVAL && errno != ENOENT)
                return err_sys(e, "unmount %s", name);
        return unlinkat(dir, name, 0) < 0 && errno != ENOENT ? err_sys(e, "remove %s", name) : 0;
}

/* linux/pidfd.h of 6.11, which Debian 12 does not have */
static const struct {
        const char *name;
        unsigned long request;
} pidfd_ns[] = {
        { "cgroup", _IO(0xff, 1) }, { "ipc", _IO(0xff, 2) }, { "mnt", _IO(0xff, 3) }, { "net", _IO(0xff, 4) },
        { "pid", _IO(0xff, 5) }, { "user", _IO(0xff, 9) }, { "uts", _IO(0xff, 10) },
};

int ns_open(int pidfd, pid_t pid, const char *name, struct err *e)
{
        char path[48];
        int fd;

        for (size_t i = 0; i < COUNT(pidfd_ns); i++)
                if (str_eq(pidfd_ns[i].name, name)) {
                        fd = ioctl(pidfd, pidfd_ns[i].request, 0);
                        if (fd >= 0)
                                return fd;
                }
        snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return err_sys(e, "open %s", path);
        /* The pid may have been recycled between: the pidfd tells. */
        if (syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0u) < 0) {
                fd_close(fd);
                return err_code(e, ESRCH, "open %s", path);
        }
        return fd;
}
