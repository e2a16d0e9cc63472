/* New namespaces, old ones, and the ways to ask for them past a filter. */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static int call_clone(unsigned long flags)
{
        long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

        if (pid == 0)
                _exit(0);
        return pid < 0 ? -1 : 0;
}

static int call_clone3(uint64_t flags)
{
        struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };
        long pid = syscall(SYS_clone3, &args, sizeof args);

        if (pid == 0)
                _exit(0);
        return pid < 0 ? -1 : 0;
}

/* Its own: joining it changes nothing, and is refused all the same. */
static int join(const char *path, int type)
{
        int fd = open(path, O_RDONLY);

        return fd < 0 ? -1 : setns(fd, type);
}

static int join_by_pidfd(int pid)
{
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);

        return fd < 0 ? -1 : setns(fd, CLONE_NEWNS);
}

#define KINDS(kind, flag)                                                               \
        static int unshare_##kind(void) { return unshare(flag); }                       \
        static int clone_##kind(void) { return call_clone(flag); }

KINDS(user, CLONE_NEWUSER)
KINDS(mnt, CLONE_NEWNS)
KINDS(pid, CLONE_NEWPID)
KINDS(net, CLONE_NEWNET)
KINDS(ipc, CLONE_NEWIPC)
KINDS(uts, CLONE_NEWUTS)
KINDS(cgroup, CLONE_NEWCGROUP)

static int unshare_time(void)
{
        return unshare(CLONE_NEWTIME);
}

/* The upper half of a register is nothing to the kernel, and must not be anything to a filter. */
static int unshare_user_wide(void)
{
        return (int)syscall(SYS_unshare, UINT64_C(1) << 32 | CLONE_NEWUSER);
}

static int clone3_user(void)
{
        return call_clone3(CLONE_NEWUSER);
}

static int setns_mnt(void)
{
        return join("/proc/self/ns/mnt", CLONE_NEWNS);
}

static int setns_user(void)
{
        return join("/proc/self/ns/user", CLONE_NEWUSER);
}

static int setns_init(void)
{
        return join_by_pidfd(1);
}

static int open_init_ns(void)
{
        return open("/proc/1/ns/mnt", O_RDONLY) < 0 ? -1 : 0;
}

#ifdef __x86_64__
/* The numbers of other ABIs of the processor. */
static int i386(long n, long a)
{
        long r;

        __asm__ volatile("int $0x80" : "=a"(r) : "a"(n), "b"(a), "c"(0), "d"(0), "S"(0), "D"(0)
                         : "memory", "r8", "r9", "r10", "r11");
        if (r < 0) {
                errno = (int)-r;
                return -1;
        }
        return 0;
}

static int unshare_i386(void)
{
        return i386(310, CLONE_NEWUSER);
}

static int unshare_x32(void)
{
        return (int)syscall(0x40000000 + SYS_unshare, CLONE_NEWUSER);
}
#endif

const struct attempt namespace_attempts[] = {
        { "unshare-user", unshare_user }, { "unshare-mnt", unshare_mnt }, { "unshare-pid", unshare_pid },
        { "unshare-net", unshare_net }, { "unshare-ipc", unshare_ipc }, { "unshare-uts", unshare_uts },
        { "unshare-cgroup", unshare_cgroup }, { "unshare-time", unshare_time },
        { "unshare-user-wide", unshare_user_wide }, { "clone-user", clone_user }, { "clone-mnt", clone_mnt },
        { "clone-pid", clone_pid }, { "clone-net", clone_net }, { "clone-ipc", clone_ipc }, { "clone-uts", clone_uts },
        { "clone-cgroup", clone_cgroup }, { "clone3-user", clone3_user }, { "setns-mnt", setns_mnt },
        { "setns-user", setns_user }, { "setns-init", setns_init }, { "open-init-ns", open_init_ns },
#ifdef __x86_64__
        { "unshare-i386", unshare_i386 }, { "unshare-x32", unshare_x32 },
#endif
        {0},
};
