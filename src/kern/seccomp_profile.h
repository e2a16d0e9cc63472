/*
 * The system call profile of a jail, as data. tools/gen-seccomp turns it into
 * the one BPF program that src/kern/seccomp.c installs, and seccomp_test.c
 * holds that program against it; nothing else includes this file.
 *
 * It is an allow list. Every number the kernels up to 6.17 know is named here,
 * and the generator refuses to run when one is missing:
 *
 *   ALLOW   harmless, or the kernel's own checks against the jail's user and
 *           network namespaces are enough
 *   EPERM   known and refused
 *   ENOSYS  known and refused, and programs have a way round that they only
 *           take for "not implemented" (io_uring, clone3)
 *   doors   refused until one of allow.* (children.max, vnet) opens them
 *   checks  depends on an argument that is a plain number
 *
 * Numbers that are not here are newer than the profile: ENOSYS, so that a C
 * library falls back to what it did before there was such a call.
 *
 * Measured against what podman and docker allow by default it is stricter
 * everywhere but in: ptrace and its kin (as docker; FreeBSD lets a jail debug
 * itself, allow.unprivileged_proc_debug closes it), and harmless calls that
 * one of the two has and the other not yet (futex_wait, cachestat, mseal, ...).
 * Both let any program call unshare, mount, keyctl and open any address family.
 */
#ifndef KERN_SECCOMP_PROFILE_H
#define KERN_SECCOMP_PROFILE_H

#include <errno.h>

#include "seccomp.h"

/* VERDICT_ERRNO with a door allows when the door is open. */
enum verdict { VERDICT_ALLOW, VERDICT_ERRNO, VERDICT_CHECK };

enum check {
        CHECK_CLONE,            /* no CLONE_NEW* */
        CHECK_UNSHARE,          /* no CLONE_NEW*, CLONE_NEWTIME among them */
        CHECK_PERSONALITY,      /* Linux, 32-bit Linux, and either with the old version number; or only asking */
        CHECK_IOCTL,            /* no TIOCSTI, no TIOCLINUX: both type into the terminal for somebody else */
        CHECK_SOCKET,           /* families; no audit */
        CHECK_SOCKETCALL,       /* i386: everything but making a socket, whose family is out of the filter's sight */
};

struct rule {
        enum verdict verdict;
        int errnum;             /* VERDICT_ERRNO: what a shut door says */
        unsigned door;
        enum check check;       /* VERDICT_CHECK */
        const char *names;      /* between blanks */
};

#define ALLOW(n)        { .verdict = VERDICT_ALLOW, .names = n }
#define REFUSE(e, n)    { .verdict = VERDICT_ERRNO, .errnum = e, .names = n }
#define DOOR(d, e, n)   { .verdict = VERDICT_ERRNO, .errnum = e, .door = d, .names = n }
#define CHECK(c, n)     { .verdict = VERDICT_CHECK, .check = c, .names = n }

static const struct rule rules[] = {
        /* files */
        ALLOW("read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek close "
              "close_range open openat openat2 creat access faccessat faccessat2 stat stat64 lstat lstat64 "
              "fstat fstat64 fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64 readlink "
              "readlinkat getdents getdents64 readdir mkdir mkdirat mknod mknodat rmdir link linkat symlink "
              "symlinkat unlink unlinkat rename renameat renameat2 chmod fchmod fchmodat fchmodat2 chown "
              "chown32 fchown fchown32 fchownat lchown lchown32 umask truncate truncate64 ftruncate "
              "ftruncate64 fallocate utime utimes futimesat utimensat utimensat_time64 dup dup2 dup3 fcntl "
              "fcntl64 flock fsync fdatasync sync syncfs sync_file_range arm_sync_file_range fadvise64 "
              "fadvise64_64 arm_fadvise64_64 readahead copy_file_range sendfile sendfile64 splice tee chdir "
              "fchdir chroot getcwd pipe pipe2 name_to_handle_at cachestat getxattr lgetxattr fgetxattr "
              "getxattrat setxattr lsetxattr fsetxattr setxattrat listxattr llistxattr flistxattr "
              "listxattrat removexattr lremovexattr fremovexattr removexattrat inotify_init inotify_init1 "
              "inotify_add_watch inotify_rm_watch fanotify_mark"),
        /* waiting */
        ALLOW("poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create "
              "epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 epoll_ctl_old epoll_wait_old "
              "eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime timerfd_settime64 "
              "timerfd_gettime timerfd_gettime64 io_setup io_destroy io_submit io_cancel io_getevents "
              "io_pgetevents io_pgetevents_time64 futex futex_time64 futex_waitv futex_wait futex_wake "
              "futex_requeue get_robust_list set_robust_list pause nanosleep clock_nanosleep "
              "clock_nanosleep_time64 restart_syscall"),
        /* memory */
        ALLOW("brk mmap mmap2 munmap mremap mprotect madvise msync mincore mlock mlock2 mlockall munlock "
              "munlockall remap_file_pages memfd_create membarrier pkey_alloc pkey_free pkey_mprotect "
              "map_shadow_stack mseal mq_open mq_unlink mq_timedsend mq_timedsend_time64 "
              "mq_timedreceive mq_timedreceive_time64 mq_notify mq_getsetattr"),
        /* processes and signals */
        ALLOW("fork vfork execve execveat exit exit_group wait4 waitid waitpid getpid getppid gettid "
              "getpgid getpgrp setpgid getsid setsid kill tkill tgkill pidfd_open pidfd_send_signal "
              "process_mrelease rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigtimedwait "
              "rt_sigtimedwait_time64 rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn sigreturn sigaltstack "
              "sigaction signal sigprocmask sigpending sigsuspend set_tid_address set_thread_area "
              "get_thread_area arch_prctl modify_ldt rseq prctl seccomp landlock_create_ruleset "
              "landlock_add_rule landlock_restrict_self sched_yield sched_getaffinity sched_setaffinity "
              "sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_getattr "
              "sched_setattr sched_get_priority_max sched_get_priority_min sched_rr_get_interval "
              "sched_rr_get_interval_time64 getpriority setpriority ioprio_get ioprio_set getcpu getrlimit "
              "ugetrlimit setrlimit prlimit64 getrusage times uname sysinfo getrandom uretprobe uprobe "
              "set_tls get_tls cacheflush breakpoint riscv_flush_icache riscv_hwprobe"),
        /* who one is */
        ALLOW("getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 "
              "getresgid getresgid32 getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid "
              "setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 setfsuid "
              "setfsuid32 setfsgid setfsgid32 setgroups setgroups32 capget capset"),
        /* time; adjtimex and clock_adjtime also only ask, and the kernel refuses the rest without CAP_SYS_TIME */
        ALLOW("time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 adjtimex "
              "clock_adjtime clock_adjtime64 alarm getitimer setitimer timer_create timer_delete "
              "timer_settime timer_settime64 timer_gettime timer_gettime64 timer_getoverrun"),
        /* sockets that are there */
        ALLOW("bind connect listen accept accept4 shutdown getsockname getpeername getsockopt setsockopt "
              "send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64"),

        CHECK(CHECK_CLONE, "clone"),
        CHECK(CHECK_UNSHARE, "unshare"),
        CHECK(CHECK_PERSONALITY, "personality"),
        CHECK(CHECK_IOCTL, "ioctl"),
        CHECK(CHECK_SOCKET, "socket socketpair"),
        CHECK(CHECK_SOCKETCALL, "socketcall"),

        /* clone3's flags are behind a pointer. The C libraries try clone when it is not implemented. */
        DOOR(DOOR_NS, ENOSYS, "clone3"),
        DOOR(DOOR_NS, EPERM, "setns pivot_root"),
        DOOR(DOOR_MOUNT, EPERM, "mount umount umount2 fsopen fsconfig fsmount fspick open_tree "
                                "open_tree_attr move_mount mount_setattr"),
        /* Those who look mounts up fall back to mountinfo. */
        DOOR(DOOR_MOUNT, ENOSYS, "statmount listmount"),
        DOOR(DOOR_HOSTNAME, EPERM, "sethostname setdomainname"),
        DOOR(DOOR_TIME, EPERM, "settimeofday stime clock_settime clock_settime64"),
        DOOR(DOOR_QUOTA, EPERM, "quotactl quotactl_fd"),
        /* Where kernel.dmesg_restrict is off anybody may read the host's messages. */
        DOOR(DOOR_MSGBUF, EPERM, "syslog"),
        /* open unless sysv* says disable; then as in a kernel without them */
        DOOR(DOOR_SYSVMSG, ENOSYS, "msgget msgsnd msgrcv msgctl"),
        DOOR(DOOR_SYSVSEM, ENOSYS, "semget semop semtimedop semtimedop_time64 semctl"),
        DOOR(DOOR_SYSVSHM, ENOSYS, "shmget shmat shmdt shmctl"),
        DOOR(DOOR_SYSV_ALL, ENOSYS, "ipc"),
        DOOR(DOOR_DEBUG, EPERM, "ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd"),

        /* whole subsystems with bugs that led out of containers, and with ways round the refusals above */
        REFUSE(ENOSYS, "io_uring_setup io_uring_enter io_uring_register memfd_secret"),
        REFUSE(EPERM, "bpf perf_event_open userfaultfd vmsplice fanotify_init lookup_dcookie "
                      /* any file of the file system by its number */
                      "open_by_handle_at "
                      /* keyrings belong to users, not to jails */
                      "add_key request_key keyctl"),
        /* the machine */
        REFUSE(EPERM, "kexec_load kexec_file_load reboot swapon swapoff init_module finit_module "
                      "delete_module create_module query_module get_kernel_syms acct vhangup ioperm iopl "
                      "pciconfig_iobase pciconfig_read pciconfig_write nfsservctl vm86 vm86old"),
        REFUSE(EPERM, "mbind get_mempolicy set_mempolicy set_mempolicy_home_node migrate_pages move_pages"),
        /* forms nothing has used for decades, kept from being tried */
        REFUSE(EPERM, "bdflush nice oldfstat oldlstat oldstat oldolduname olduname sgetmask ssetmask sysfs "
                      "uselib ustat usr26 usr32"),
        /* never implemented or no longer */
        REFUSE(ENOSYS, "_sysctl afs_syscall break ftime getpmsg gtty idle lock mpx prof profil putpmsg "
                       "security stty tuxcall ulimit vserver"),
        /* newer forms of what /proc and two ioctls do; nobody needs them yet */
        REFUSE(ENOSYS, "lsm_get_self_attr lsm_set_self_attr lsm_list_modules file_getattr file_setattr"),
};

#undef ALLOW
#undef REFUSE
#undef DOOR
#undef CHECK

/*
 * Calls a libseccomp of the day may not know by name. From 424 on a call has the same number everywhere;
 * family: only on that machine.
 */
static const struct newer {
        const char *name;
        int nr;
        const char *family;
} newer[] = {
#define N(n, v) { .name = #n, .nr = v }
        N(cachestat, 451), N(fchmodat2, 452), N(map_shadow_stack, 453), N(futex_wake, 454), N(futex_wait, 455),
        N(futex_requeue, 456), N(statmount, 457), N(listmount, 458), N(lsm_get_self_attr, 459),
        N(lsm_set_self_attr, 460), N(lsm_list_modules, 461), N(mseal, 462), N(setxattrat, 463), N(getxattrat, 464),
        N(listxattrat, 465), N(removexattrat, 466), N(open_tree_attr, 467), N(file_getattr, 468), N(file_setattr, 469),
#undef N
        { .name = "uretprobe", .nr = 335, .family = "x86_64" },
        { .name = "uprobe", .nr = 336, .family = "x86_64" },
        { .name = "riscv_hwprobe", .nr = 258, .family = "riscv64" },
};

/* Calls above this number are newer than the profile, whatever the libseccomp at hand knows. */
#define PROFILE_NEWEST 469

#endif
