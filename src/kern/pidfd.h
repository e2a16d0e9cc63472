/*
 * Processes by descriptor: pidfd_open(2), pidfd_send_signal(2), clone3(2).
 */
#ifndef KERN_PIDFD_H
#define KERN_PIDFD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* A close-on-exec pidfd for a pid. -ESRCH: no such process. */
int pidfd_open_pid(pid_t pid, struct err *e);

/* Sends sig (0 only checks). -ESRCH: it has been reaped. */
int pidfd_kill(int pidfd, int sig);

/*
 * When the process started, in clock ticks since boot (field 22 of /proc/PID/stat, proc(5)); with the pid it
 * names a process for as long as the machine is up. 1; 0: no such process, or a zombie; -errno: there is no telling.
 */
int pidfd_start_time(pid_t pid, uint64_t *ret, struct err *e);

/*
 * SIGKILL to a child of ours and to all that descends from it, as far as the chain of parents is unbroken: all are stopped
 * first, so that none starts another meanwhile. Where /proc cannot be read at least the child is killed.
 */
void pidfd_kill_tree(pid_t pid, int pidfd);

/* Is the process about to end: has it closed its descriptors, say, and not yet let all go (PF_EXITING, proc(5))? */
bool pidfd_ending(pid_t pid);

/* Waits until the process has ended. timeout_ms < 0: for ever. Returns 1 ended, 0 timed out, -errno. */
int pidfd_wait_end(int pidfd, int timeout_ms);

/*
 * clone3(2) with a pidfd. flags: CLONE_NEW* and the like; cgroup_fd >= 0: CLONE_INTO_CGROUP. The child shares
 * nothing that is not in flags and must only call async-signal-safe functions until it execs. In the parent
 * *ret_pidfd is a close-on-exec pidfd. Returns the pid, 0 in the child, or -errno.
 */
pid_t pidfd_clone(uint64_t flags, int cgroup_fd, int *ret_pidfd);

/* May this process call clone3(2) at all? A filter may stand before it, and then nothing here makes anything. */
bool pidfd_may_clone(void);

/* The number of the process as our /proc has it. -ESRCH: it has been reaped. */
pid_t pidfd_pid(int pidfd, struct err *e);

/*
 * The same for a process that is not to be the caller's child, so that a program of somebody else's has none it does not
 * know of: whoever reaps orphans gets it. start(arg) runs in it and must not return.
 */
pid_t pidfd_clone_orphan(uint64_t flags, int cgroup_fd, void (*start)(void *arg), void *arg, int *ret_pidfd);

/* A copy of descriptor fd of the process, close-on-exec. -EBADF: it has none of that number. */
int pidfd_fetch(int pidfd, int fd);

/* Reaps our child. ret_status as waitpid(2) would give it. Returns 0 or -errno. */
int pidfd_reap(int pidfd, int *ret_status);

#endif
