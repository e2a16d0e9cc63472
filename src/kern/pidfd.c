#include "pidfd.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

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

uint64_t pidfd_start_time(pid_t pid)
{
        char path[32], buf[1024], state, *p;
        unsigned long long start;

        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        if (fd_get(AT_FDCWD, path, buf, sizeof buf, NULL) < 0)
                return 0;
        /* The second field is the command in parentheses and may hold anything; count from the last ')'. */
        p = strrchr(buf, ')');
        if (!p || sscanf(p, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                         &state, &start) != 2 || state == 'Z' || state == 'X')
                return 0;
        return start;
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
