#include "sysv.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/cred.h"
#include "kern/pidfd.h"

/* What a new namespace begins with, linux/msg.h and its like: no limit to speak of. */
static const struct setting {
        enum rctl rctl;
        const char *name, *file, *none;
        uint64_t unit;
        int field;              /* of the four that "sem" has; -1: all of the file */
} settings[] = {
        { RCTL_NMSGQ, "rctl.nmsgq", "msgmni", "32000", 1, -1 },
        { RCTL_NSEM, "rctl.nsem", "sem", "1024000000", 1, 1 },
        { RCTL_NSEMOP, "rctl.nsemop", "sem", "500", 1, 2 },
        { RCTL_NSHM, "rctl.nshm", "shmmni", "4096", 1, -1 },
        { RCTL_SHMSIZE, "rctl.shmsize", "shmall", "18446744073692774399", 4096, -1 },
};

/* NULL: nothing is limited. */
static uint64_t value_in(const struct jail_spec *s, size_t i)
{
        return s ? s->rctl[settings[i].rctl] : RCTL_NONE;
}

bool sysv_limited(const struct jail_spec *s)
{
        for (size_t i = 0; i < COUNT(settings); i++)
                if (value_in(s, i) != RCTL_NONE)
                        return true;
        return false;
}

/* SEMMSL SEMMNS SEMOPM SEMMNI, with one of them put in the place of what is there. */
static int put_field(int dir, const struct setting *s, const char *value)
{
        char text[128], out[160];
        unsigned long long now[4];

        if (fd_get(dir, s->file, text, sizeof text, NULL) < 0 ||
            sscanf(text, "%llu %llu %llu %llu", &now[0], &now[1], &now[2], &now[3]) != 4)
                return -EIO;
        now[s->field] = strtoull(value, NULL, 10);
        snprintf(out, sizeof out, "%llu %llu %llu %llu", now[0], now[1], now[2], now[3]);
        return fd_put(dir, s->file, out, NULL);
}

static int put_setting(int dir, const struct setting *s, uint64_t limit)
{
        char value[32];

        if (limit == RCTL_NONE)
                snprintf(value, sizeof value, "%s", s->none);
        else
                snprintf(value, sizeof value, "%" PRIu64, limit / s->unit);
        return s->field < 0 ? fd_put(dir, s->file, value, NULL) : put_field(dir, s, value);
}

/* Says which could not be set, by its place counted from 1, and why: two bytes of an exit status would not do. */
struct failure {
        int setting, code;
};

/* The kernel lets only root of the namespace's owner write there, and so somebody has to be that for a moment. */
static _Noreturn void set_inside(const struct run *run, const struct jail_spec *old, int dir, int report)
{
        struct failure f = {0};

        if (setns(run->init_pidfd, CLONE_NEWIPC | (run->userns >= 0 ? CLONE_NEWUSER : 0)) < 0 ||
            (run->userns >= 0 && (cred_setgid(0) < 0 || cred_setuid(0) < 0)))
                f.code = errno;
        for (size_t i = 0; f.code == 0 && i < COUNT(settings); i++) {
                if (value_in(run->spec, i) != value_in(old, i))
                        f = (struct failure){ (int)i + 1, -put_setting(dir, &settings[i], value_in(run->spec, i)) };
                /* as it was before: those that have been taken were good then */
                for (size_t k = 0; f.code && k < i; k++)
                        put_setting(dir, &settings[k], value_in(old, k));
        }
        _exit(write(report, &f, sizeof f) != sizeof f);
}

static int set_limits(struct run *run, const struct jail_spec *old, struct err *e)
{
        autofd dir = open("/proc/sys/kernel", O_PATH | O_DIRECTORY | O_CLOEXEC), ours = -EBADF, theirs = -EBADF;
        autofd pidfd = -EBADF;
        struct failure f = { .code = ECHILD };
        const struct setting *s;
        int pair[2], r;

        if (dir < 0)
                return err_sys(e, "/proc/sys/kernel");
        if (pipe2(pair, O_CLOEXEC) < 0)
                return err_sys(e, "pipe");
        ours = pair[0];
        theirs = pair[1];
        r = pidfd_clone(0, -1, &pidfd);
        if (r == 0)
                set_inside(run, old, dir, theirs);
        if (r < 0)
                return err_code(e, r, "clone");
        fd_drop(&theirs);
        while (read(ours, &f, sizeof f) < 0 && errno == EINTR)
                ;
        pidfd_reap(pidfd, NULL);
        if (f.code == 0)
                return 0;
        if (f.setting == 0)
                return err_code(e, f.code, "enter the jail's IPC namespace");
        s = &settings[f.setting - 1];
        return err_code(e, f.code, "%s: %" PRIu64, s->name, run->spec->rctl[s->rctl]);
}

static int change(struct run *run, const struct jail_spec *old, struct err *e)
{
        for (size_t i = 0; i < COUNT(settings); i++)
                if (value_in(run->spec, i) != value_in(old, i))
                        return set_limits(run, old, e);
        return 0;
}

static int enact(struct run *run, struct err *e)
{
        return change(run, NULL, e);
}

const struct step step_sysv = { .name = "sysv", .boot = true, .enact = enact, .change = change };
