/*
 * The system call filter of a jail. The profile is compiled when gaol is built
 * (seccomp_profile.h, tools/gen-seccomp.c), as a binary tree for every ABI of
 * the machine; a jail's doors are return values changed in a copy. No libseccomp
 * at run time, and nothing to compute per jail.
 */
#ifndef KERN_SECCOMP_H
#define KERN_SECCOMP_H

#include <stddef.h>

#include "base/err.h"

/* What is shut unless asked for. spec/rights.h has the same bits under names of its own. */
enum {
        DOOR_MOUNT = 1 << 0,            /* mount, umount and the calls on mount descriptors */
        DOOR_NS = 1 << 1,               /* namespaces: clone and unshare with CLONE_NEW*, clone3, setns, pivot_root */
        DOOR_SOCKET_AF = 1 << 2,        /* address families besides UNIX, INET, INET6, NETLINK; never ALG */
        DOOR_PACKET = 1 << 3,           /* AF_PACKET */
        DOOR_SOCKETCALL = 1 << 4,       /* i386: socketcall(SYS_SOCKET), of any family and thus ALG too */
        DOOR_HOSTNAME = 1 << 5,
        DOOR_TIME = 1 << 6,
        DOOR_QUOTA = 1 << 7,
        DOOR_MSGBUF = 1 << 8,           /* the kernel's messages by syslog(2) */
        DOOR_DEBUG = 1 << 9,            /* ptrace and reading other processes' memory */
        DOOR_SYSVMSG = 1 << 10,         /* System V messages, semaphores, shared memory */
        DOOR_SYSVSEM = 1 << 11,
        DOOR_SYSVSHM = 1 << 12,
        DOOR_SYSV_ALL = 1 << 13,        /* i386: ipc(2), which is all three */
        DOOR_ALL = (1 << 14) - 1,
};

struct sock_filter;

/*
 * Writes the filter with these doors open to ret, which has room for max instructions.
 * Returns how many it has, or -ENOSPC.
 */
int seccomp_build(unsigned doors, struct sock_filter *ret, size_t max);

/*
 * Puts the calling thread and all it will start under the filter, for good. Needs CAP_SYS_ADMIN in the thread's
 * user namespace or no_new_privs. Allocates nothing and takes no lock: fit for a child of a threaded process; it
 * wants about 8 KiB of stack. Returns 0 or -errno.
 */
int seccomp_install(unsigned doors, struct err *e);

/*
 * Puts uname(2) of the calling thread, and of all it will start, into the hands of whoever holds the descriptor that is
 * returned (seccomp_unotify(2)). There can be one such filter in a line of descent: -EBUSY. As seccomp_install() else.
 */
int seccomp_watch_uname(struct err *e);

#endif
