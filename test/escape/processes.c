/* PID 1, other processes, terminals, rights over oneself. */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef PTRACE_SEIZE
#define PTRACE_SEIZE 0x4206
#endif

static int see(const char *path, int flags)
{
        return open(path, flags) < 0 ? -1 : 0;
}

#define SEE(name, path, flags) static int name(void) { return see(path, flags); }

SEE(init_root, "/proc/1/root/", O_RDONLY | O_DIRECTORY)
SEE(init_cwd, "/proc/1/cwd/", O_RDONLY | O_DIRECTORY)
SEE(init_exe, "/proc/1/exe", O_RDONLY)
SEE(init_exe_write, "/proc/1/exe", O_WRONLY)
SEE(init_mem, "/proc/1/mem", O_RDWR)
SEE(init_environ, "/proc/1/environ", O_RDONLY)
SEE(init_maps, "/proc/1/maps", O_RDONLY)

static int ptrace_init(void)
{
        return (int)ptrace(PTRACE_ATTACH, 1, NULL, NULL);
}

static int seize_init(void)
{
        return (int)ptrace(PTRACE_SEIZE, 1, NULL, NULL);
}

static int read_init(void)
{
        char c;
        struct iovec mine = { &c, 1 }, its = { (void *)(uintptr_t)0x400000, 1 };

        return process_vm_readv(1, &mine, 1, &its, 1, 0) < 0 ? -1 : 0;
}

static int take_fd_of_init(void)
{
        int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);

        return pidfd < 0 || syscall(SYS_pidfd_getfd, pidfd, 0, 0) < 0 ? -1 : 0;
}

/*
 * A character in the input of the terminal is one that whoever reads next takes for typed. The request as the kernel
 * reads it has 32 bits.
 */
static int type_in(unsigned long request)
{
        int master = posix_openpt(O_RDWR), slave;
        char *name;

        if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 || !(name = ptsname(master)))
                return -1;
        setsid();
        slave = open(name, O_RDWR);
        if (slave < 0)
                return -1;
        return (int)syscall(SYS_ioctl, slave, request, "x");
}

static int tiocsti(void)
{
        return type_in(TIOCSTI);
}

static int tiocsti_wide(void)
{
        return type_in(UINT64_C(1) << 32 | TIOCSTI);
}

static int tioclinux(void)
{
        return type_in(TIOCLINUX);
}

static int signal_outside(void)
{
        /* beyond the numbers that anybody has here */
        return kill(4000000, 0);
}

static int raise_priority(void)
{
        return setpriority(PRIO_PROCESS, 0, -10);
}

static int raise_open_files(void)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return -1;
        limit.rlim_max++;
        return setrlimit(RLIMIT_NOFILE, &limit);
}

static int spare_from_oom(void)
{
        int fd = open("/proc/self/oom_score_adj", O_WRONLY);

        return fd >= 0 && write(fd, "-900", 4) == 4 ? 0 : -1;
}

static int become_unmapped(void)
{
        return setresuid(70000, 70000, 70000);
}

static int join_unmapped_group(void)
{
        gid_t group = 70000;

        return setgroups(1, &group);
}

static int keep_sys_admin(void)
{
        /* 21: CAP_SYS_ADMIN */
        return prctl(PR_CAPBSET_READ, 21) == 1 ? 0 : (errno = EPERM, -1);
}

const struct attempt process_attempts[] = {
        { "init-root", init_root }, { "init-cwd", init_cwd }, { "init-exe", init_exe },
        { "init-exe-write", init_exe_write }, { "init-mem", init_mem }, { "init-environ", init_environ },
        { "init-maps", init_maps }, { "ptrace-init", ptrace_init }, { "seize-init", seize_init },
        { "read-init", read_init }, { "take-fd-of-init", take_fd_of_init }, { "tiocsti", tiocsti },
        { "tiocsti-wide", tiocsti_wide }, { "tioclinux", tioclinux }, { "signal-outside", signal_outside },
        { "raise-priority", raise_priority }, { "raise-open-files", raise_open_files },
        { "spare-from-oom", spare_from_oom }, { "become-unmapped", become_unmapped },
        { "join-unmapped-group", join_unmapped_group }, { "sys-admin-in-bounding-set", keep_sys_admin }, {0},
};
