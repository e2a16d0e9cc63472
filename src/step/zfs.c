#include "zfs.h"

#include <stdio.h>
#include <unistd.h>

#include "step/exec.h"

static bool wanted(const struct jail_spec *s)
{
        return s->zfs_dataset.n > 0;
}

/* verb is "zone" or "unzone". */
static int zfs(struct run *run, const char *verb, const char *dataset, struct err *e)
{
        char userns[48];
        char *argv[] = { (char *)"zfs", (char *)(uintptr_t)verb, userns, (char *)(uintptr_t)dataset, NULL };
        int r;

        /* By the descriptor we hold: at the undo PID 1 may have ended. */
        snprintf(userns, sizeof userns, "/proc/%d/fd/%d", (int)getpid(), run->userns);
        r = exec_on_host(run, argv, e);
        if (r == -ENOENT)
                return err_set(e, ENOENT, "%s: this machine has no ZFS", dataset);
        return r;
}

static int enact(struct run *run, struct err *e)
{
        const struct strv *datasets = &run->spec->zfs_dataset;

        /* A data set is given to a user namespace, and that of the host has it already. */
        if (run->spec->user != JAILSYS_NEW)
                return err_set(e, EINVAL, "%s: only with user=new", datasets->v[0]);
        for (size_t i = 0; i < datasets->n; i++)
                if (step_note(run, &step_zfs, e, "%s", datasets->v[i]) < 0 || zfs(run, "zone", datasets->v[i], e) < 0)
                        return -e->code;
        return 0;
}

/* It may never have been given, or the namespace be gone, and with it what it had: neither is an error. */
static int undo(struct run *run, const char *note, struct err *e)
{
        struct err scrap;

        if (run->userns >= 0)
                zfs(run, "unzone", note, &scrap);
        return 0;
}

const struct step step_zfs = {
        .name = "zfs", .param = "zfs.dataset", .boot = true, .wanted = wanted, .enact = enact, .undo = undo, .undo_alive = true,
};
