#include "engine.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"
#include "kern/pidfd.h"
#include "step/create.h"
#include "step/exec.h"
#include "step/limit.h"

int lane_open(struct lane *lane, struct host *host, plan_warn_fn *warn, void *ctx, struct err *e)
{
        *lane = (struct lane){ .host = host, .nl = NL_CLOSED, .warn = warn, .ctx = ctx };
        return nl_open(NETLINK_ROUTE, &lane->nl, e);
}

void lane_close(struct lane *lane)
{
        nl_close(&lane->nl);
}

static void start_run(struct run *run, struct lane *lane, struct record *rec)
{
        run_init(run);
        run->spec = &rec->spec;
        run->name = rec->name;
        run->jid = rec->jid;
        run->record = rec;
        run->host = lane->host;
        run->nl_host = lane->nl;
        run->uid_base = rec->uid_base;
        run->uid_count = rec->uid_count;
}

static void end_run(struct run *run, struct lane *lane)
{
        lane->nl = run->nl_host;        /* its sequence number has moved on */
        run_finish(run);
}

/* Finds what of a live jail the steps work with. */
static int attach_run(struct run *run, struct record *rec, struct err *e)
{
        if (record_dormant(rec))
                return limit_open(run, e);
        if (run->init_pidfd < 0 && !record_alive(rec, &run->init_pidfd))
                return err_code(e, ESRCH, "%s", rec->name);
        run->init = rec->init;
        if (create_reopen(run, e) < 0 || limit_open(run, e) < 0)
                return -e->code;
        return 0;
}

/*
 * As attach_run(), for who wants it gone. A PID 1 that is just ending, its maker having been killed, has left its
 * namespaces before it is seen to be dead; to whoever removes it, it is dead, and undoing it waits for its end.
 */
static int attach_last(struct run *run, struct record *rec, bool *ret_alive, struct err *e)
{
        int r = 0;

        *ret_alive = record_dormant(rec) || record_alive(rec, &run->init_pidfd);
        if (*ret_alive)
                r = attach_run(run, rec, e);
        if (r != -ESRCH && r != -ENOENT)
                return r;
        *ret_alive = false;
        *e = (struct err){0};
        return 0;
}

/*
 * Undoes what a record says still stands and removes it. After a reboot only files are left to undo; steps find
 * everything else gone and say nothing.
 */
static int clean_up(struct lane *lane, struct record *rec, struct err *e)
{
        struct run run;
        bool alive;
        int r;

        start_run(&run, lane, rec);
        /* Interfaces go home through the namespace of a PID 1 that still lives; without one there is nothing to enter. */
        r = attach_last(&run, rec, &alive, e);
        if (r == 0)
                r = plan_undo(&run, lane->warn, lane->ctx, e);
        end_run(&run, lane);
        return r < 0 ? r : record_unlink(rec, e);
}

static int settle_defaults(const struct host *host, struct jail_spec *spec, struct err *e)
{
        if (!spec->persist && !spec->hook[HOOK_START].n && !spec->hook[HOOK_COMMAND].n && !spec->hook[HOOK_POSTSTART].n)
                return err_set(e, EINVAL, "new jail must persist or attach");
        /* Nothing of the host's can be idmapped from inside a jail, so its children share its ids unless told otherwise. */
        if (!spec_given(spec, param_find("user", NULL)) && host->nested)
                return spec_set(spec, "user", (char *[]){ (char *)"inherit" }, 1, e);
        return 0;
}

/* A record of our own under the name, whatever stood there before. */
static int claim(struct lane *lane, const struct jail_spec *spec, struct record *ret, struct err *e)
{
        unsigned units = spec->user == JAILSYS_NEW ? 1 + (unsigned)spec->children_max : 0;

        for (int tries = 0; tries < 100; tries++) {
                struct record old;
                int r = record_create(&lane->host->store, spec, units, ret, e);

                if (r != -EEXIST || !spec->name)
                        return r;
                r = record_open(&lane->host->store, spec->name, true, &old, e);
                if (r == -ENOENT)
                        continue;       /* removed meanwhile */
                if (r < 0)
                        return r;
                if (old.up && record_live(&old)) {
                        record_close(&old);
                        return err_set(e, EEXIST, "\"%s\" already exists", spec->name);
                }
                /* We have the lock and it is not up: whoever was making or removing it is dead. */
                r = clean_up(lane, &old, e);
                record_close(&old);
                if (r < 0)
                        return r;
        }
        return err_set(e, EAGAIN, "\"%s\" is being made and removed by others", spec->name);
}

int engine_create(struct lane *lane, struct jail_spec *spec, int *ret_jid, struct err *e)
{
        struct record rec;
        struct plan plan;
        struct run run;
        bool ended = false;
        int r = settle_defaults(lane->host, spec, e);

        if (r == 0)
                r = claim(lane, spec, &rec, e);
        if (r < 0)
                return r;
        start_run(&run, lane, &rec);
        r = plan_make(&plan, &rec.spec, e);
        /* In a jail the kernel counts the children by their processes, and those that have none would not count. */
        if (r == 0 && level_dormant(&rec.spec) && !lane->host->nested) {
                r = plan_check(&plan, &run, e);
                plan_keep(&plan, false);
        }
        if (r == 0)
                r = plan_enact(&plan, &run, lane->warn, lane->ctx, e);
        if (r < 0) {
                end_run(&run, lane);
                /* What could not be undone stays on record for the next who asks for the name. */
                if (rec.n_entries == 0)
                        record_unlink(&rec, NULL);
                record_close(&rec);
                return r;
        }
        *ret_jid = rec.jid;
        r = rec.up ? 0 : record_set_up(&rec, true, e);
        if (r == 0 && !record_dormant(&rec))
                r = create_finish(&run, &ended, e);
        if (r < 0 || ended) {
                /* What failed is what is returned; what then cannot be undone either is warned of. */
                struct err *last = r < 0 ? NULL : e;
                int undone = plan_undo(&run, lane->warn, lane->ctx, last);

                end_run(&run, lane);
                if (undone == 0)
                        undone = record_unlink(&rec, last);
                if (r == 0)
                        r = undone;
        } else {
                end_run(&run, lane);
        }
        record_close(&rec);
        return r;
}

int engine_open(struct lane *lane, const char *name, bool lock, struct record *rec, struct run *run, struct err *e)
{
        int r = record_open(&lane->host->store, name, lock, rec, e);

        if (r == -ENOENT)
                return err_set(e, ENOENT, "\"%s\" not found", name);
        if (r < 0)
                return r;
        start_run(run, lane, rec);
        if (!rec->up || attach_run(run, rec, e) < 0) {
                bool dead = !rec->up || e->code == ESRCH;

                end_run(run, lane);
                record_close(rec);
                return dead ? err_set(e, ENOENT, "\"%s\" not found", name) : -e->code;
        }
        return 0;
}

int engine_boot(struct lane *lane, struct record *rec, struct run *run, struct err *e)
{
        struct plan plan;
        int r;

        if (!record_dormant(rec))
                return 0;
        r = plan_undo_boot(run, lane->warn, lane->ctx, e);
        if (r == 0)
                r = plan_make(&plan, &rec->spec, e);
        if (r < 0)
                return r;
        plan_keep(&plan, true);
        if (plan_enact(&plan, run, lane->warn, lane->ctx, e) < 0)
                return -e->code;
        return record_set_up(rec, true, e);
}

/* ------------------------------------------------------------------ removal */

/* SIGTERM to all processes by way of PID 1, which ends when they have; past the time-out SIGKILL follows. */
static int stop_processes(struct run *run, int timeout, struct err *e)
{
        int r;

        if (timeout <= 0 || run->init_pidfd < 0)
                return 0;
        r = pidfd_kill(run->init_pidfd, SIGTERM);
        if (r == -ESRCH)
                return 0;
        if (r < 0)
                return err_code(e, r, "stop processes");
        if (run->host->block)
                run->host->block(run->host->block_ctx);
        r = pidfd_wait_end(run->init_pidfd, timeout > 2000000 ? -1 : timeout * 1000);
        if (run->host->unblock)
                run->host->unblock(run->host->block_ctx);
        return r < 0 ? err_code(e, r, "wait for processes") : 0;
}

/* The spec of the hooks, under the names that commands see as JNAME and JPATH. */
static int after_hooks(struct lane *lane, const char *name, int jid, const struct jail_spec *hooks, struct err *e)
{
        struct err scrap;
        struct run run;
        int r, second;

        run_init(&run);
        run.spec = hooks;
        run.name = name;
        run.jid = jid;
        run.host = lane->host;
        /* The jail is gone: one that fails hinders nothing. */
        r = exec_hook(&run, hooks, HOOK_POSTSTOP, e);
        second = exec_hook(&run, hooks, HOOK_RELEASE, r < 0 ? &scrap : e);
        return r < 0 ? r : second;
}

int engine_remove(struct lane *lane, const char *name, const struct jail_spec *hooks, bool ask, struct err *e)
{
        struct record rec;
        struct run run;
        bool alive;
        int r = record_open(&lane->host->store, name, true, &rec, e);

        if (r == -ENOENT)
                return err_set(e, ENOENT, "\"%s\" not found", name);
        if (r < 0)
                return r;
        start_run(&run, lane, &rec);
        r = attach_last(&run, &rec, &alive, e);
        /* A removal that was interrupted goes on where it was: its commands have run. */
        if (r == 0 && alive && rec.up && hooks) {
                r = exec_hook(&run, hooks, HOOK_PRESTOP, e);
                if (r == 0 && hooks->hook[HOOK_STOP].n)
                        r = engine_boot(lane, &rec, &run, e);
                if (r == 0)
                        r = exec_hook(&run, hooks, HOOK_STOP, e);
                if (run.log_lost.code && lane->warn)
                        lane->warn(lane->ctx, &run.log_lost);
        }
        if (r == 0 && alive && rec.up && !rec.removing && ask)
                r = stop_processes(&run, hooks ? hooks->stop_timeout : STOP_TIMEOUT, e);
        if (r == 0) {
                record_set_removing(&rec, NULL);
                r = plan_undo(&run, lane->warn, lane->ctx, e);
        }
        end_run(&run, lane);
        if (r == 0 && lane->host->removed)
                lane->host->removed(lane->host->trace_ctx, name, rec.jid);
        if (r == 0 && hooks && rec.same_boot)
                r = after_hooks(lane, name, rec.jid, hooks, e);
        if (rec.removing && rec.n_entries == 0) {
                struct err second = {0};
                int u = record_unlink(&rec, &second);

                if (r == 0 && u < 0) {
                        r = u;
                        *e = second;
                }
        }
        record_close(&rec);
        return r;
}

int engine_clean(struct lane *lane, const char *name, const struct jail_spec *hooks, struct err *e)
{
        struct record rec;
        bool alive = false;

        if (record_open(&lane->host->store, name, false, &rec, NULL) == 0) {
                alive = record_live(&rec);
                record_close(&rec);
        }
        if (alive)
                return 0;
        return after_hooks(lane, name, 0, hooks, e);
}

/* ----------------------------------------------------------------- changing */

/* Copies the value of one parameter from one spec into another. */
static int adopt(struct jail_spec *to, const struct jail_spec *from, const struct param *p, struct err *e)
{
        autostrv values = {0};

        if (spec_get(from, p, &values) < 0)
                return err_nomem(e);
        return spec_set(to, p->name, values.v, values.n, e);
}

static bool same_value(const struct jail_spec *a, const struct jail_spec *b, const struct param *p)
{
        autostrv x = {0}, y = {0};

        if (spec_get(a, p, &x) < 0 || spec_get(b, p, &y) < 0 || x.n != y.n)
                return false;
        for (size_t i = 0; i < x.n; i++)
                if (!str_eq(x.v[i], y.v[i]))
                        return false;
        return true;
}

static int merge(struct jail_spec *new, const struct jail_spec *old, const struct jail_spec *params,
                 const struct param **ret_create_only, struct err *e)
{
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t i = 0; i < n; i++) {
                if (!spec_given(params, &t[i]) || (t[i].flags & (P_RDONLY | P_PSEUDO)) || same_value(old, params, &t[i]))
                        continue;
                /* A jail that shares the host's names has none of its own to change. */
                if (!(t[i].flags & P_MODIFY) || (old->host == JAILSYS_INHERIT && str_starts(t[i].name, "host."))) {
                        *ret_create_only = &t[i];
                        return err_set(e, EBUSY, "%s cannot be changed after creation", t[i].name);
                }
                if (adopt(new, params, &t[i], e) < 0)
                        return -e->code;
        }
        return 0;
}

static int apply(struct run *run, struct record *rec, const struct jail_spec *new, struct err *e)
{
        struct jail_spec old;
        struct plan plan;
        int r;

        if (plan_make(&plan, new, e) < 0)
                return -e->code;
        if (record_dormant(rec))
                plan_keep(&plan, false);
        if (spec_copy(&old, &rec->spec) < 0)
                return err_nomem(e);
        run->spec = new;
        r = plan_change(&plan, run, &old, e);
        if (r == 0)
                r = record_set_spec(rec, new, e);
        run->spec = &rec->spec;
        if (r == 0 && new->persist != old.persist && !record_dormant(rec)) {
                r = pidfd_kill(run->init_pidfd, new->persist ? SIGUSR2 : SIGUSR1);
                if (r < 0)
                        err_code(e, r, "persist");
        }
        spec_finish(&old);
        return r;
}

int engine_modify(struct lane *lane, const char *name, const struct jail_spec *params,
                  const struct param **ret_create_only, int *ret_jid, struct err *e)
{
        struct record rec;
        struct run run;
        struct jail_spec new;
        int r = engine_open(lane, name, true, &rec, &run, e);

        *ret_create_only = NULL;
        if (r < 0)
                return r;
        *ret_jid = rec.jid;
        if (spec_copy(&new, &rec.spec) < 0) {
                r = err_nomem(e);
        } else {
                r = merge(&new, &rec.spec, params, ret_create_only, e);
                if (r == 0)
                        r = spec_validate(&new, e);
                if (r == 0)
                        r = apply(&run, &rec, &new, e);
                spec_finish(&new);
                /* No longer to stay without processes, and it has none. */
                if (r == 0 && record_dormant(&rec) && !rec.spec.persist) {
                        r = plan_undo(&run, lane->warn, lane->ctx, e);
                        if (r == 0)
                                r = record_unlink(&rec, e);
                }
        }
        end_run(&run, lane);
        record_close(&rec);
        return r;
}

/* ---------------------------------------------------------------- resolving */

int engine_resolve(struct host *host, const char *jail, char **ret_name, struct err *e)
{
        autostrv names = {0};
        int jid;

        if (num_int(jail, &jid) < 0 || faccessat(host->store.jails, jail, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
                *ret_name = strdup(jail);
                return *ret_name ? 0 : err_nomem(e);
        }
        if (store_names(&host->store, &names, e) < 0)
                return -e->code;
        for (size_t i = 0; i < names.n; i++) {
                struct record rec;
                bool found;

                if (record_open(&host->store, names.v[i], false, &rec, NULL) < 0)
                        continue;
                found = rec.jid == jid;
                record_close(&rec);
                if (!found)
                        continue;
                *ret_name = strdup(names.v[i]);
                return *ret_name ? 0 : err_nomem(e);
        }
        return err_set(e, ENOENT, "jail %d not found", jid);
}
