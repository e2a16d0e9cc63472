#include "engine.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"
#include "jail/tree.h"
#include "kern/pidfd.h"
#include "spec/below.h"
#include "step/create.h"
#include "step/exec.h"
#include "step/limit.h"
#include "step/own.h"

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
                return tree_inherit(run, e) < 0 ? -e->code : limit_open(run, e);
        if (run->init_pidfd < 0) {
                int r = record_look(rec, &run->init_pidfd, e);

                if (r <= 0)
                        return r < 0 ? r : err_code(e, ESRCH, "%s", rec->name);
        }
        run->init = rec->init;
        if (tree_inherit(run, e) < 0 || create_reopen(run, e) < 0 || limit_open(run, e) < 0)
                return -e->code;
        return 0;
}

/*
 * Has PID 1 ended, or is it about to? It lets go of its namespaces first, then kills what else is in them, and only when
 * all that is gone is it seen to be dead.
 */
static bool is_ending(const struct run *run)
{
        struct err scrap;
        autofd fd = -EBADF;

        if (record_dormant(run->record))
                return false;
        if (run->init_pidfd >= 0)
                fd = ns_open(run->init_pidfd, run->init, "net", &scrap);
        return fd == -EBADF || fd == -ESRCH || fd == -ENOENT;
}

/*
 * As attach_run(), for who wants it gone. A PID 1 that is just ending, its maker having been killed, has left its
 * namespaces before it is seen to be dead; to whoever removes it, it is dead, and undoing it waits for its end.
 */
static int attach_last(struct run *run, struct record *rec, bool *ret_alive, struct err *e)
{
        int r = record_dormant(rec) ? 1 : record_look(rec, &run->init_pidfd, e);

        *ret_alive = r > 0;
        if (r > 0)
                r = attach_run(run, rec, e);
        if (r != -ESRCH && r != -ENOENT)
                return r;
        *ret_alive = false;
        *e = (struct err){0};
        return 0;
}

static int remove_below(struct lane *lane, struct run *run, struct err *e);
static int remove_one(struct lane *lane, const char *name, const struct jail_spec *hooks, bool ask, bool tell,
                      struct err *e);

/*
 * Undoes what a record says still stands and removes it, and before it those of jails below. After a reboot only files are left to undo; steps find
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
                r = remove_below(lane, &run, e);
        if (r == 0)
                r = plan_undo(&run, lane->warn, lane->ctx, e);
        end_run(&run, lane);
        return r < 0 ? r : record_unlink(rec, e);
}

/* A jail to be born in has to have a PID 1. Called before the one below has a lock: locks are taken downwards. */
static int boot_above(struct lane *lane, const char *name, struct err *e)
{
        struct record rec;
        struct run run;
        int r = engine_open(lane, name, true, &rec, &run, e);

        if (r < 0)
                return r == -ENOENT ? err_set(e, ENOENT, "jail \"%s\" not found", name) : r;
        r = engine_boot(lane, &rec, &run, e);
        end_run(&run, lane);
        record_close(&rec);
        return r < 0 ? err_wrap(e, "jail \"%s\"", name) : 0;
}

/* What a jail below another has if nothing is said, and may have. */
static int settle_below(struct lane *lane, struct jail_spec *spec, struct err *e)
{
        autofd pidfd = -EBADF;
        struct record above;
        int r = tree_open_above(&lane->host->store, spec->name, &above, &pidfd, e);

        if (r < 0)
                return r;
        r = record_dormant(&above) ? boot_above(lane, above.name, e) : 0;
        if (r < 0) {
                record_close(&above);
                return r;
        }
        r = spec_settle_below(spec, &above.spec, e);
        record_close(&above);
        return r;
}

static int settle_defaults(struct lane *lane, struct jail_spec *spec, struct err *e)
{
        /* What the filter of a jail without children.max refuses. */
        if (!pidfd_may_clone())
                return err_set(e, EPERM, "prison limit exceeded");
        if (!spec->persist && !spec->hook[HOOK_START].n && !spec->hook[HOOK_COMMAND].n && !spec->hook[HOOK_POSTSTART].n)
                return err_set(e, EINVAL, "new jail must persist or attach");
        if (spec->name && tree_has_above(spec->name)) {
                if (settle_below(lane, spec, e) < 0)
                        return -e->code;
                spec_settle(spec);
                return 0;
        }
        spec_settle(spec);
        /* Nothing of the host's can be idmapped from inside a jail, so its children share its ids unless told otherwise. */
        if (!spec_given(spec, param_find("user", NULL)) && lane->host->nested)
                return spec_set(spec, "user", (char *[]){ (char *)"inherit" }, 1, e);
        return 0;
}

/* Who was told by a descriptor that the jail is gone is told a moment before it is: what is ending is waited for. */
static bool lives_on(const struct record *rec)
{
        autofd pidfd = -EBADF;

        if (!record_alive(rec, &pidfd))
                return false;
        return !pidfd_ending(rec->init) || pidfd_wait_end(pidfd, 30 * 1000) <= 0;
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
                if (old.up && (record_dormant(&old) || lives_on(&old))) {
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

/*
 * Finds the jail above for good, our record being there (tree.h), and with it what it may have lost since its record was
 * read.
 */
static int find_above(struct run *run, struct record *rec, struct err *e)
{
        struct record above;
        struct jail_spec less;
        int r;

        if (!tree_has_above(rec->name))
                return 0;
        if (tree_mark_above(rec->store, rec->name, e) < 0 ||
            tree_open_above(rec->store, rec->name, &above, &run->above, e) < 0)
                return -e->code;
        if (run->above < 0) {   /* removed and made again just now */
                r = err_set(e, ENOENT, "jail \"%s\" not found", above.name);
                record_close(&above);
                return r;
        }
        run->above_init = above.init;
        r = spec_copy(&less, &rec->spec) < 0 ? err_nomem(e) : 0;
        if (r == 0) {
                if (spec_push_down(&less, &above.spec))
                        r = record_change(rec, &less, e);
                if (r > 0)
                        r = record_changed(rec, e);
                spec_finish(&less);
        }
        record_close(&above);
        return r < 0 ? r : tree_inherit(run, e);
}

int engine_create(struct lane *lane, struct jail_spec *spec, int *ret_jid, struct err *e)
{
        struct record rec;
        struct plan plan;
        struct run run;
        bool ended = false;
        int r = settle_defaults(lane, spec, e);

        if (r == 0)
                r = claim(lane, spec, &rec, e);
        if (r < 0)
                return r;
        start_run(&run, lane, &rec);
        r = find_above(&run, &rec, e);
        if (r == 0)
                r = plan_make(&plan, &rec.spec, e);
        /*
         * The kernel counts the children of a jail by their processes, and ends them by those: ones that have none would
         * neither count nor end. It is PID 1 that belongs to a descriptor.
         */
        if (r == 0 && level_dormant(&rec.spec) && !lane->host->nested && !lane->host->own &&
            !tree_has_above(rec.name)) {
                r = plan_check(&plan, &run, e);
                plan_keep(&plan, false);
        }
        if (r == 0)
                r = plan_enact(&plan, &run, lane->warn, lane->ctx, e);
        if (r < 0) {
                /* It may have been up for a while. */
                if (rec.up)
                        remove_below(lane, &run, &(struct err){0});
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

                remove_below(lane, &run, &(struct err){0});
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
                bool dead = !rec->up || e->code == ESRCH || (run->init_pidfd >= 0 && is_ending(run));

                end_run(run, lane);
                record_close(rec);
                return dead ? err_set(e, ENOENT, "\"%s\" not found", name) : -e->code;
        }
        if (rec->partial) {
                r = record_check_whole(rec, e);
                end_run(run, lane);
                record_close(rec);
        }
        return r;
}

int engine_boot(struct lane *lane, struct record *rec, struct run *run, struct err *e)
{
        struct plan plan;
        int r;

        if (!record_dormant(rec))
                return 0;
        /* Boots that fail have their lines in it. If it cannot be written anew it serves as it is. */
        record_compact(rec, &(struct err){0});
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

/* The jails below one that ends, lowest first and without commands; what cannot be undone does not keep the others. */
static int remove_below(struct lane *lane, struct run *run, struct err *e)
{
        autostrv below = {0};
        int first = tree_below(run->record, &below, e);

        lane->nl = run->nl_host;        /* its sequence number has moved on */
        for (size_t i = 0; i < below.n; i++) {
                struct err mine = {0};
                int r = remove_one(lane, below.v[i], NULL, false, false, &mine);

                if (r == 0 || r == -ENOENT)
                        continue;
                err_wrap(&mine, "%s", below.v[i]);
                if (first == 0)
                        *e = mine;
                else if (lane->warn)
                        lane->warn(lane->ctx, &mine);
                first = first ? first : r;
        }
        run->nl_host = lane->nl;
        return first;
}

/* Ends the jail, those below it before: and again, those that were just being made when it ended (tree.h). */
static int end_tree(struct lane *lane, struct run *run, struct err *e)
{
        struct err second = {0};
        int r = remove_below(lane, run, e), u;

        u = plan_undo(run, lane->warn, lane->ctx, r < 0 ? NULL : e);
        r = r < 0 ? r : u;
        u = remove_below(lane, run, r < 0 ? &second : e);
        return r < 0 ? r : u;
}

/* The commands before the end. They may ask for the jail and change it, and so may others meanwhile. */
static int stop_hooks(struct lane *lane, struct record *rec, struct run *run, const struct jail_spec *hooks, struct err *e)
{
        int r = exec_hook_yielded(run, hooks, HOOK_PRESTOP, e);

        /* Who enters has what the record says, and must not have what it fails to say. */
        if (r == 0 && rec->partial && hooks->hook[HOOK_STOP].n) {
                struct err why = {0};

                record_check_whole(rec, &why);
                err_wrap(&why, "exec.stop");
                if (lane->warn)
                        lane->warn(lane->ctx, &why);
                return 0;
        }
        if (r == 0 && hooks->hook[HOOK_STOP].n)
                r = engine_boot(lane, rec, run, e);
        /* booted by somebody who was let in above */
        if (r == 0 && run->init_pidfd < 0 && !record_dormant(rec))
                r = attach_run(run, rec, e);
        if (r == 0)
                r = exec_hook_yielded(run, hooks, HOOK_STOP, e);
        if (run->log_lost.code && lane->warn)
                lane->warn(lane->ctx, &run->log_lost);
        return r;
}

static int remove_one(struct lane *lane, const char *name, const struct jail_spec *hooks, bool ask, bool tell,
                      struct err *e)
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
                r = stop_hooks(lane, &rec, &run, hooks, e);
                if (rec.gone)
                        r = err_set(e, ENOENT, "\"%s\" not found", name);
        }
        if (r == 0 && alive && rec.up && !rec.removing && ask)
                r = stop_processes(&run, hooks ? hooks->stop_timeout : STOP_TIMEOUT, e);
        /* It died under its commands: there is nobody left to be hindered by that. */
        if (r < 0 && alive && !rec.stale && !rec.gone && is_ending(&run))
                r = 0;
        if (r == 0) {
                record_set_removing(&rec, NULL);
                r = end_tree(lane, &run, e);
        }
        end_run(&run, lane);
        if (r == 0 && tell && lane->host->removed)
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

int engine_remove(struct lane *lane, const char *name, const struct jail_spec *hooks, bool ask, struct err *e)
{
        return remove_one(lane, name, hooks, ask, true, e);
}

int engine_clean(struct lane *lane, const char *name, const struct jail_spec *hooks, struct err *e)
{
        struct record rec;
        bool alive = false;
        int r = record_open(&lane->host->store, name, false, &rec, e);

        if (r < 0 && r != -ENOENT)
                return r;
        if (r == 0) {
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

        return spec_get(a, p, &x) == 0 && spec_get(b, p, &y) == 0 && strv_eq(&x, &y);
}

/* jail_set(2) has no word for "restricted to nothing" other than this: no addresses become some, and the other way round. */
static bool stays_restricted(const struct jail_spec *old, const struct jail_spec *params, const struct param *p)
{
        return (str_eq(p->name, "ip4") && old->ip4 != JAILSYS_INHERIT && params->ip4 != JAILSYS_INHERIT) ||
               (str_eq(p->name, "ip6") && old->ip6 != JAILSYS_INHERIT && params->ip6 != JAILSYS_INHERIT);
}

static int merge(struct jail_spec *new, const struct jail_spec *old, const struct jail_spec *params,
                 const struct param **ret_create_only, struct err *e)
{
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t i = 0; i < n; i++) {
                if (!spec_given(params, &t[i]) || (t[i].flags & (P_RDONLY | P_PSEUDO)))
                        continue;
                /* lines of a text are to be added to what it is, not compared with it */
                if (t[i].type != P_KEYED && same_value(old, params, &t[i]))
                        continue;
                /* A jail that shares the host's names has none of its own to change. */
                if ((!(t[i].flags & P_MODIFY) && !stays_restricted(old, params, &t[i])) ||
                    (old->host == JAILSYS_INHERIT && str_starts(t[i].name, "host."))) {
                        *ret_create_only = &t[i];
                        return err_set(e, EBUSY, "%s cannot be changed after creation", t[i].name);
                }
                if (t[i].type == P_KEYED ? spec_merge_keyed(new, params, &t[i], e) < 0 : adopt(new, params, &t[i], e) < 0)
                        return -e->code;
        }
        return 0;
}

/* Makes a running jail that is as "from" has it what "to" says. On failure it is as it was. */
static int change(struct run *run, const struct jail_spec *from, const struct jail_spec *to, struct err *e)
{
        struct err scrap;
        struct plan plan;
        int r;

        if (plan_make(&plan, to, e) < 0)
                return -e->code;
        if (record_dormant(run->record))
                plan_keep(&plan, false);
        run->spec = to;
        r = plan_change(&plan, run, from, e);
        if (r == 0 && to->persist != from->persist && !record_dormant(run->record)) {
                r = pidfd_kill(run->init_pidfd, to->persist ? SIGUSR2 : SIGUSR1);
                if (r < 0) {
                        err_code(e, r, "persist");
                        run->spec = from;
                        plan_change(&plan, run, to, &scrap);
                }
        }
        run->spec = &run->record->spec;
        return r;
}

/* Takes back a change whose maker was killed. */
static int change_back(struct run *run, struct record *rec, struct err *e)
{
        int r = change(run, &rec->tried, &rec->spec, e);

        return r < 0 ? r : record_change_back(rec, e);
}

/* All or nothing. */
static int apply(struct run *run, struct record *rec, const struct jail_spec *new, struct err *e)
{
        struct err scrap;
        int r = record_compact(rec, e);

        if (r == 0)
                r = record_change(rec, new, e);
        if (r <= 0)
                return r;
        r = change(run, &rec->spec, new, e);
        if (r < 0) {
                /* Should that fail, the next who changes the jail finds it announced. */
                record_change_back(rec, &scrap);
                return r;
        }
        r = record_changed(rec, e);
        if (r < 0)
                change_back(run, rec, &scrap);
        return r;
}

/* The jail above, if there is one, has what the changed one is to have. */
static int check_above(const struct record *rec, const struct jail_spec *new, struct err *e)
{
        autofd pidfd = -EBADF;
        struct record above;
        int r;

        if (!tree_has_above(rec->name))
                return 0;
        if (tree_open_above(rec->store, rec->name, &above, &pidfd, e) < 0)
                return -e->code;
        r = spec_check_below(new, &above.spec, e);
        record_close(&above);
        return r;
}

/* What one jail has lost, those below it lose. */
static int push_down_to(struct lane *lane, const char *name, const struct jail_spec *above, struct err *e)
{
        struct record rec;
        struct run run;
        struct jail_spec less;
        int r = engine_open(lane, name, true, &rec, &run, e);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        if (spec_copy(&less, &rec.spec) < 0) {
                r = err_nomem(e);
        } else {
                if (spec_push_down(&less, above))
                        r = apply(&run, &rec, &less, e);
                /* What it has of the other's addresses is said by a word that is the same as before. */
                if (r == 0 && (rec.spec.ip4 == JAILSYS_INHERIT || rec.spec.ip6 == JAILSYS_INHERIT))
                        r = change(&run, &rec.spec, &rec.spec, e);
                spec_finish(&less);
        }
        end_run(&run, lane);
        record_close(&rec);
        return r;
}

/* Highest first: a jail being made below one of them reads that one's record when its own is there (find_above()). */
static int push_down(struct lane *lane, const struct record *rec, struct err *e)
{
        autostrv below = {0};

        if (tree_below(rec, &below, e) < 0)
                return -e->code;
        for (size_t i = below.n; i-- > 0;)
                if (push_down_to(lane, below.v[i], &rec->spec, e) < 0)
                        return err_wrap(e, "%s", below.v[i]);
        return 0;
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
        if (rec.changing)
                r = change_back(&run, &rec, e);
        if (r == 0 && spec_copy(&new, &rec.spec) < 0) {
                r = err_nomem(e);
        } else if (r == 0) {
                r = merge(&new, &rec.spec, params, ret_create_only, e);
                if (r == 0)
                        r = spec_validate(&new, e);
                if (r == 0)
                        r = check_above(&rec, &new, e);
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
        if (r == 0)
                r = push_down(lane, &rec, e);
        record_close(&rec);
        return r;
}

/* ----------------------------------------------------------------- sweeping */

/* Is dead, and belonged to a descriptor. One that is being made is locked by its maker, and alive when we have the lock. */
static bool is_abandoned(const struct record *rec)
{
        if (record_live(rec))
                return false;
        for (size_t i = 0; i < rec->n_entries; i++)
                if (str_eq(rec->entries[i].step, step_own.name))
                        return true;
        return false;
}

void engine_sweep(struct lane *lane)
{
        autostrv names = {0};

        if (store_names(&lane->host->store, &names, NULL) < 0)
                return;
        for (size_t i = 0; i < names.n; i++) {
                struct err scrap = {0};
                struct record rec;
                bool abandoned;

                if (record_open(&lane->host->store, names.v[i], false, &rec, NULL) < 0)
                        continue;
                abandoned = is_abandoned(&rec);
                record_close(&rec);
                /* Once more under the lock: another may have been faster. */
                if (!abandoned || record_open(&lane->host->store, names.v[i], true, &rec, NULL) < 0)
                        continue;
                if (is_abandoned(&rec))
                        clean_up(lane, &rec, &scrap);
                record_close(&rec);
        }
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
                int r = record_open(&host->store, names.v[i], false, &rec, e);

                if (r == -ENOENT)
                        continue;
                if (r < 0)
                        return r;
                found = rec.jid == jid;
                record_close(&rec);
                if (!found)
                        continue;
                *ret_name = strdup(names.v[i]);
                return *ret_name ? 0 : err_nomem(e);
        }
        return err_set(e, ENOENT, "jail %d not found", jid);
}
