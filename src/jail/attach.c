#include "attach.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include <gaol/jail.h>

#include "base/fd.h"
#include "base/num.h"
#include "jail/aside.h"
#include "jail/call.h"
#include "kern/cgroup.h"
#include "kern/pidfd.h"
#include "step/attach.h"

/* One directory for each thread, and "." and ".." of the parent counted as links (proc(5)). */
static int check_threads(struct err *e)
{
        struct stat st;

        if (stat("/proc/self/task", &st) < 0)
                return err_sys(e, "/proc/self/task");
        return st.st_nlink == 3 ? 0 : err_set(e, EBUSY, "the process has other threads");
}

/* A directory that is open leads out of the jail's root: chroot(2) on FreeBSD refuses, and so do we. */
static int check_directories(struct err *e)
{
        DIR *dir = opendir("/proc/self/fd");
        struct dirent *entry;
        int found = -1;

        if (!dir)
                return err_sys(e, "/proc/self/fd");
        while (found < 0 && (entry = readdir(dir))) {
                struct stat st;
                int fd;

                if (num_int(entry->d_name, &fd) == 0 && fd != dirfd(dir) && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
                        found = fd;
        }
        closedir(dir);
        return found < 0 ? 0 : err_set(e, EPERM, "descriptor %d is a directory", found);
}

int attach_allowed(struct err *e)
{
        if (check_threads(e) < 0)
                return -e->code;
        /* Those that are kept open for the control groups are directories of ours, and out of date in a jail. */
        cgroup_layout_forget();
        return check_directories(e);
}

/* Last, from inside: the record and PID 1 are reached by what was opened before. */
static int end_persistence(struct record *rec, const struct run *run, struct err *e)
{
        struct jail_spec changed;
        int r;

        if (spec_copy(&changed, &rec->spec) < 0)
                return err_nomem(e);
        changed.persist = false;
        r = record_change(rec, &changed, e);
        spec_finish(&changed);
        if (r < 0)
                return r;
        /* Also where the record has never said otherwise: to PID 1 it is the end of the making. */
        if (pidfd_kill(run->init_pidfd, SIGUSR1) < 0) {
                if (r > 0)
                        record_change_back(rec, &(struct err){0});
                return err_code(e, ESRCH, "persist");
        }
        return r > 0 ? record_changed(rec, e) : 0;
}

static int boot(struct lane *lane, void *ctx, struct err *e)
{
        struct record rec;
        struct run run;
        int r = engine_open(lane, ctx, true, &rec, &run, e);

        if (r < 0)
                return r;
        r = engine_boot(lane, &rec, &run, e);
        lane->nl = run.nl_host;
        run_finish(&run);
        record_close(&rec);
        return r;
}

int attach(char *name, bool let_go, struct err *e)
{
        struct host host;
        struct lane lane = { .host = &host, .nl = NL_CLOSED };
        struct record rec;
        struct run run;
        int r;

        /* One that was made without processes is about to have its first. */
        if (aside(boot, name, e) < 0 || attach_allowed(e) < 0 || host_open(&host, JAIL_RUN_DIR, e) < 0)
                return -e->code;
        r = engine_open(&lane, name, true, &rec, &run, e);
        if (r == 0) {
                r = attach_self(&run, e);
                if (r == 0 && let_go && end_persistence(&rec, &run, e) < 0)
                        raise(SIGKILL);
                run_finish(&run);
                record_close(&rec);
        }
        host_close(&host);
        cgroup_layout_forget();
        return r;
}

/* ------------------------------------------------------------------ the calls */

static int name_of(int which, bool by_desc, char **ret, struct err *e)
{
        struct where where = { .prefix = "" };
        struct record rec;
        struct host host;
        int r;

        if (host_open(&host, JAIL_RUN_DIR, e) < 0)
                return -e->code;
        where.store = &host.store;
        r = by_desc ? find_desc(&where, which, &rec, e) : find_jid(&where, which, &rec, e);
        if (r == 0) {
                *ret = strdup(rec.name);
                r = *ret ? 0 : err_nomem(e);
                record_close(&rec);
        }
        host_close(&host);
        return r;
}

static int attach_to(const char *function, int which, bool by_desc)
{
        autostr name = NULL;
        struct err e = {0};
        int r = call_may(&e);

        if (r == 0)
                r = attach_allowed(&e);
        if (r == 0)
                r = name_of(which, by_desc, &name, &e);
        if (r == 0)
                r = attach(name, false, &e);
        /* jail_attach(2) says EINVAL of a jail that is not there */
        if (r == -ENOENT || r == -EBADF)
                e.code = EINVAL;
        return call_end(function, NULL, r, &e);
}

int jail_attach(int jid)
{
        return attach_to("jail_attach", jid, false);
}

int jail_attach_jd(int fd)
{
        return attach_to("jail_attach_jd", fd, true);
}
