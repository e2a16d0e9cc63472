#include "pidfd.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int pidfd_open_pid(pid_t pid, struct err *e)
{
        int fd = (int)syscall(SYS_pidfd_open, pid, 0u);

        return fd < 0 ? err_sys(e, "pidfd_open %d", pid) : fd;
}

int pidfd_kill(int pidfd, int sig)
{
        return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0u) < 0 ? -errno : 0;
}

int pidfd_start_time(pid_t pid, uint64_t *ret, struct err *e)
{
        char path[32], buf[1024], state, *p;
        unsigned long long start;
        ssize_t r;

        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        r = fd_get(AT_FDCWD, path, buf, sizeof buf, e);
        if (r < 0)
                return r == -ENOENT || r == -ESRCH ? 0 : (int)r;
        /* The second field is the command in parentheses and may hold anything; count from the last ')'. */
        p = strrchr(buf, ')');
        if (!p || sscanf(p, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                         &state, &start) != 2)
                return err_code(e, EINVAL, "read %s", path);
        if (state == 'Z' || state == 'X')
                return 0;
        *ret = start;
        return 1;
}

static void close_dir(DIR **dir)
{
        if (*dir)
                closedir(*dir);
}

/* 0: there is no such process */
static pid_t parent_of(pid_t pid)
{
        char path[32], buf[512], *p, state;
        int parent;

        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        if (fd_get(AT_FDCWD, path, buf, sizeof buf, NULL) < 0)
                return 0;
        p = strrchr(buf, ')');
        return p && sscanf(p, ") %c %d", &state, &parent) == 2 ? parent : 0;
}

struct tree {
        struct leaf {
                pid_t pid;
                int pidfd;
        } *v;
        size_t n, room;
};

static bool tree_has(const struct tree *t, pid_t pid)
{
        for (size_t i = 0; i < t->n; i++)
                if (t->v[i].pid == pid)
                        return true;
        return false;
}

/* Stops it and takes it in. Its number may have become another's since it was read: that is no child of theirs. */
static bool tree_add(struct tree *t, pid_t pid)
{
        autofd pidfd = pidfd_open_pid(pid, NULL);

        if (pidfd < 0 || !tree_has(t, parent_of(pid)) || pidfd_kill(pidfd, SIGSTOP) < 0)
                return false;
        if (t->n == t->room) {
                size_t room = t->room * 2;
                struct leaf *v = realloc(t->v, room * sizeof *v);

                if (!v)
                        return false;
                t->v = v;
                t->room = room;
        }
        t->v[t->n++] = (struct leaf){ pid, fd_take(&pidfd) };
        return true;
}

static bool tree_grow(struct tree *t)
{
        DIR __attribute__((cleanup(close_dir))) *proc = opendir("/proc");
        const struct dirent *d;
        bool grown = false;
        int pid;

        while (proc && (d = readdir(proc)))
                if (num_int(d->d_name, &pid) == 0 && pid > 0 && !tree_has(t, pid) && tree_has(t, parent_of(pid)))
                        grown |= tree_add(t, pid);
        return grown;
}

void pidfd_kill_tree(pid_t pid, int pidfd)
{
        struct tree t = { .v = malloc(16 * sizeof *t.v), .room = 16 };

        pidfd_kill(pidfd, SIGSTOP);
        if (t.v) {
                t.v[t.n++] = (struct leaf){ pid, -EBADF };
                /* Stopping takes a moment, in which one may still have started another. */
                for (int rounds = 0; rounds < 100 && tree_grow(&t); rounds++)
                        ;
        }
        for (size_t i = 1; i < t.n; i++) {
                pidfd_kill(t.v[i].pidfd, SIGKILL);
                fd_drop(&t.v[i].pidfd);
        }
        pidfd_kill(pidfd, SIGKILL);
        free(t.v);
}

bool pidfd_ending(pid_t pid)
{
        char path[32], buf[1024], *p;
        unsigned flags = 0;

        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        if (fd_get(AT_FDCWD, path, buf, sizeof buf, NULL) < 0)
                return true;
        p = strrchr(buf, ')');
        return p && sscanf(p, ") %*c %*d %*d %*d %*d %*d %u", &flags) == 1 && (flags & 4);
}

int pidfd_wait_end(int pidfd, int timeout_ms)
{
        struct pollfd p = { .fd = pidfd, .events = POLLIN };
        int r;

        do
                r = poll(&p, 1, timeout_ms);
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : r;
}

pid_t pidfd_clone(uint64_t flags, int cgroup_fd, int *ret_pidfd)
{
        int pidfd = -EBADF;
        struct clone_args args = {
                .flags = flags | CLONE_PIDFD | (cgroup_fd >= 0 ? CLONE_INTO_CGROUP : 0),
                .pidfd = (uintptr_t)&pidfd,
                .exit_signal = SIGCHLD,
                .cgroup = cgroup_fd >= 0 ? (uint64_t)cgroup_fd : 0,
        };
        pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);

        if (pid < 0)
                return -errno;
        if (pid > 0)
                *ret_pidfd = pidfd;
        return pid;
}

bool pidfd_may_clone(void)
{
        /* Too small a structure: the kernel's own answer is EINVAL. */
        return syscall(SYS_clone3, NULL, 0) < 0 && errno == EINVAL;
}

pid_t pidfd_pid(int pidfd, struct err *e)
{
        char path[40], text[512];
        const char *line;
        int pid;

        snprintf(path, sizeof path, "/proc/thread-self/fdinfo/%d", pidfd);
        if (fd_get(AT_FDCWD, path, text, sizeof text, e) < 0)
                return -e->code;
        line = strstr(text, "\nPid:");
        if (!line || sscanf(line, "\nPid: %d", &pid) != 1)
                return err_set(e, EINVAL, "%s: no number", path);
        return pid > 0 ? pid : err_code(e, ESRCH, "%s", path);
}

struct orphan {
        uint64_t flags;
        int cgroup_fd;
        void (*start)(void *arg);
        void *arg;
        int pidfd;
        pid_t pid;
};

/* In between, sharing memory and descriptors with the maker, who waits: its end makes the child an orphan. */
static int make_orphan(void *arg)
{
        struct orphan *o = arg;

        o->pid = pidfd_clone(o->flags, o->cgroup_fd, &o->pidfd);
        if (o->pid == 0)
                o->start(o->arg);
        return 0;
}

pid_t pidfd_clone_orphan(uint64_t flags, int cgroup_fd, void (*start)(void *arg), void *arg, int *ret_pidfd)
{
        struct orphan o = { .flags = flags, .cgroup_fd = cgroup_fd, .start = start, .arg = arg, .pidfd = -EBADF };
        char stack[32 * 1024] __attribute__((aligned(16)));
        /* No signal tells of its end, and only who waits for such children gets to know of it. */
        pid_t between = clone(make_orphan, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_FILES, &o);

        if (between < 0)
                return -errno;
        while (waitpid(between, NULL, __WCLONE) < 0 && errno == EINTR)
                ;
        if (o.pid > 0)
                *ret_pidfd = o.pidfd;
        return o.pid;
}

int pidfd_fetch(int pidfd, int fd)
{
        int r = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0u);

        return r < 0 ? -errno : r;
}

int pidfd_reap(int pidfd, int *ret_status)
{
        siginfo_t info = {0};
        int r;

        do
                r = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED);
        while (r < 0 && errno == EINTR);
        if (r < 0)
                return -errno;
        if (ret_status)
                *ret_status = info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8
                                                         : info.si_status | (info.si_code == CLD_DUMPED ? 0x80 : 0);
        return 0;
}
