/*
 * User and group ids by bare system calls. The C library's functions change all
 * threads of a process, under locks; a child cloned from a threaded process has
 * copies of the locks and none of the threads.
 */
#ifndef KERN_CRED_H
#define KERN_CRED_H

#include <stddef.h>
#include <sys/types.h>

/* Real, effective and saved. Async-signal-safe, for the calling thread alone. Return 0, or -1 with errno. */
int cred_setuid(uid_t uid);
int cred_setgid(gid_t gid);
int cred_setgroups(size_t n, const gid_t *groups);

/* The ids file systems see, credentials(7), with all permitted capabilities kept in effect. (0, 0) is the way back. */
int cred_set_fs(uid_t uid, gid_t gid);

#endif
