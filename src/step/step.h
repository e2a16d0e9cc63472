/*
 * A step: one thing that making a jail sets up, with its undo beside it. The
 * level lists the steps it wants; the plan runs them in order and knows none
 * by name. What outlives the jail's namespaces is written to the record before
 * it is made (step_note), and undone from there and from nowhere else.
 *
 * All steps run in the process that makes the jail, in the host's namespaces
 * and with the host's rights; they reach into the jail by descriptors and by
 * ns_enter() for an instant (doc/decisions/0003-parent-does-everything.md).
 */
#ifndef STEP_STEP_H
#define STEP_STEP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "kern/netlink.h"
#include "spec/spec.h"

struct record;
struct host;

/* What is known of one jail while it is made, changed or removed. Owned by src/jail. */
struct run {
        const struct jail_spec *spec;   /* NULL while undoing from a record alone */
        const char *name;
        int jid;
        struct record *record;
        struct host *host;              /* shared by all jails of this process, see host.h */

        pid_t init;                     /* PID 1 of the jail as the host sees it; 0: none */
        int init_pidfd;
        int userns, netns, mntns;       /* namespaces of the jail, -EBADF while there are none */
        uint32_t uid_base, uid_count;   /* host ids behind the jail's 0..count-1; count 0: they are ours */
        bool enter_user;                /* its user namespace is not the one we are in */
        int above;                      /* pidfd of PID 1 of the jail it is made below, or -EBADF */
        pid_t above_init;               /* its number */
        struct strv groups_above;       /* control groups of jails above, as noted: it is to be in or below them */
        /* Where its mounts are attached: mntns, or for who may mount inside a namespace that mntns follows, till release. */
        int stage;
        int root;                       /* the jail's root mount, attached on "/" of stage */
        int sync;                       /* our end of the socket on which PID 1 waits for its release */
        struct nl nl_host, nl_jail;     /* rtnetlink in the host's and in the jail's network namespace */
        int cgroup;                     /* v2 directory for CLONE_INTO_CGROUP, or -EBADF */
        int lead;                       /* what PID 1 of an address jail holds, kern/addr.h, or -EBADF */
        struct err log_lost;            /* why exec.stop went on without exec.consolelog; code 0: it did not */
};

/* Every descriptor empty. */
void run_init(struct run *run);
int run_stage(const struct run *run);
/* Closes what is open, except nl_host, which belongs to the thread. */
void run_finish(struct run *run);

struct step {
        const char *name;               /* names the journal line; [a-z.]+ */
        const char *param;              /* what the user asked for, as messages name it; NULL: enact names it itself */
        bool (*wanted)(const struct jail_spec *spec);           /* NULL: always */
        int (*enact)(struct run *run, struct err *e);           /* 0 or -errno; what it began is noted */
        /*
         * Takes back what one step_note() announced, whether it came about or not. Must be safe to run twice, and when
         * the objects are gone. NULL: everything the step makes dies with the jail's namespaces.
         */
        int (*undo)(struct run *run, const char *note, struct err *e);
        /* Part of what a jail has only while it has processes; made at its first one, if it is made without (engine.h). */
        bool boot;
        /*
         * For a jail that is made without: would enact find what the spec names? Changes nothing. NULL: nothing to look
         * for. With check NULL and boot set the step must not fail for anything the spec says.
         */
        int (*check)(struct run *run, struct err *e);
        /* Does what it makes outlive a reboot? Otherwise what is noted in a record of an earlier boot is somebody else's. */
        bool on_disk;
        /* Must its undo run while PID 1 still lives? (A real interface goes home before its namespace dies.) */
        bool undo_alive;
        /* Applies a changed spec to a running jail (jail -m); NULL: nothing to do beyond the record. */
        int (*change)(struct run *run, const struct jail_spec *old, struct err *e);
};

/*
 * Writes "begun STEP note" ahead of making something that outlives the jail's namespaces. On failure nothing may be
 * made. The plan writes "done" when enact has returned 0. Returns 0 or -errno.
 */
int step_note(struct run *run, const struct step *step, struct err *e, const char *fmt, ...) ERR_PRINTF(4, 5);

#endif
