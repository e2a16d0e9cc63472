/* Starting a process inside a jail that is alive: exec.start and its kin, jexec(8). */
#ifndef STEP_ENTER_H
#define STEP_ENTER_H

#include "base/passwd.h"
#include "base/str.h"
#include "step/step.h"

struct enter {
        char *const *argv;              /* execvp(3) inside the jail, with the PATH of env */
        char *const *env;               /* the whole environment, NULL-terminated */
        const char *dir;                /* where to start; NULL: "/" */
        const struct user *user;        /* NULL: the jail's root */
        int output;                     /* stdout and stderr go here; < 0: inherited */
        bool session;                   /* a session of its own, without a controlling terminal */
};

/*
 * Starts it as a child of this process and returns when it has exec'd. run needs name, spec, host, init and init_pidfd
 * (and cgroup where there is one); nothing of the host stays open in the child but descriptors 0, 1, 2. The caller
 * owns *ret_pidfd and reaps. "execvp: CMD: reason" when the command cannot be run. Returns the pid or -errno.
 */
pid_t enter_spawn(struct run *run, const struct enter *enter, int *ret_pidfd, struct err *e);

/*
 * Looks a user up in the jail's own /etc/passwd and group (or, host: in the host's), read as text, a bounded piece of
 * a regular file. name NULL: root, by number. Returns 0, -ENOENT or -errno.
 */
int enter_user(struct run *run, const char *name, bool host, struct user *ret, struct err *e);

#endif
