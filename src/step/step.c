#include "step.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/fd.h"
#include "state/record.h"

void run_init(struct run *run)
{
        *run = (struct run){
                .init_pidfd = -EBADF, .userns = -EBADF, .netns = -EBADF, .mntns = -EBADF,
                .stage = -EBADF, .root = -EBADF,
                .sync = -EBADF, .nl_host = NL_CLOSED, .nl_jail = NL_CLOSED, .cgroup = -EBADF, .lead = -EBADF,
                .above = -EBADF,
        };
}

int run_stage(const struct run *run)
{
        return run->stage >= 0 ? run->stage : run->mntns;
}

void run_finish(struct run *run)
{
        fd_drop(&run->init_pidfd);
        fd_drop(&run->userns);
        fd_drop(&run->netns);
        fd_drop(&run->mntns);
        fd_drop(&run->stage);
        fd_drop(&run->root);
        fd_drop(&run->sync);
        fd_drop(&run->nl_jail.fd);
        fd_drop(&run->cgroup);
        fd_drop(&run->lead);
        fd_drop(&run->above);
        strv_free(&run->groups_above);
}

int step_note(struct run *run, const struct step *step, struct err *e, const char *fmt, ...)
{
        char note[1024];
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(note, sizeof note, fmt, ap);
        va_end(ap);
        if (n < 0 || (size_t)n >= sizeof note)
                return err_code(e, ENAMETOOLONG, "record %s", run->name);
        return record_begin(run->record, step->name, note, e);
}
