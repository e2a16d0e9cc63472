/*
 * Many jails at once.
 *
 * Every jail is a job with the jobs it waits for. A worker thread does one job at
 * a time from start to end, blocking as it must; while it waits for a command or
 * for processes to end it gives its turn to another worker (turn_give), so that
 * as many jails are worked on as there are processors, and any number waits.
 *
 * A restart is two batches over the same jobs: all removals, then all creations.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/num.h"
#include "conf/print.h"
#include "jail/conf.h"
#include "jail/engine.h"
#include "jail/kernel.h"
#include "jail/lookup.h"
#include "spec/rights.h"

enum state { IDLE, READY, RUNNING, DONE, FAILED };

struct job {
        const char *name;               /* NULL: not yet known */
        const struct conf_jail *conf;   /* NULL: not in the configuration */
        struct jail_spec spec;
        bool have_spec, selected, quiet;        /* quiet: reached by wildcard or dependency */
        enum state state;
        size_t *waits_for;              /* jobs, by number */
        struct edge {
                size_t job;
                bool light;             /* it waits only until there is such a jail */
        } *waited_by;
        size_t n_waits, n_waited, left; /* left: of waits_for, not yet done */
        bool up;                        /* there is such a jail, and those that wait for no more have been let go */
        bool told;                      /* that its configuration is no good */
        int announced;                  /* the jid it was said to be created with; 0: not yet */
        bool blocked;                   /* something it waits for failed */
};

struct batch {
        const struct jail_batch *want;
        struct host *host;
        struct job *jobs;
        size_t n;
        unsigned phase;                 /* the one operation of this round: CREATE (with MODIFY), MODIFY or REMOVE */
        int failures;

        pthread_mutex_t lock;
        pthread_cond_t wake;
        pthread_mutex_t tell_lock;
        size_t *queue, head, tail;      /* ready jobs */
        size_t open;                    /* jobs neither done nor failed */
        unsigned turns, turns_max;      /* workers that are running, not waiting */
        unsigned returning;             /* workers that want their turn back: before new jobs */
        unsigned workers, idle, workers_max, wanted;
        unsigned running;               /* jobs begun and not ended, waiting or not */
};

struct teller {
        struct batch *b;
        struct job *job;
};

static void tell(struct batch *b, enum jail_event event, const char *name, int jid, const char *line)
{
        pthread_mutex_lock(&b->tell_lock);
        b->want->event(b->want->ctx, event, name, jid, line);
        pthread_mutex_unlock(&b->tell_lock);
}

static void trace(void *ctx, const char *line)
{
        tell(ctx, JAIL_TRACE, NULL, 0, line);
}

/* By the label in the file, or else by name; b->n: there is none. */
static size_t job_index(const struct batch *b, const char *name)
{
        const struct conf_jail *c = b->want->conf ? conf_find(b->want->conf->conf, name) : NULL;

        if (c)
                return (size_t)(c - b->want->conf->conf->jails);
        for (size_t i = 0; i < b->n; i++)
                if (b->jobs[i].name && str_eq(b->jobs[i].name, name))
                        return i;
        return b->n;
}

/* The job of a jail that is being made; NULL: none of ours. */
static struct job *job_of(struct batch *b, const char *name)
{
        size_t i = b->want->from_file ? job_index(b, name) : 0;

        return i < b->n ? &b->jobs[i] : NULL;
}

/* "NAME: jail_set(FLAG) PARAM...": what the kernel would be told on FreeBSD, as it was configured. */
static void trace_set(struct batch *b, const char *flag, const struct job *job, const char *name)
{
        autobuf line = {0};

        if (!b->want->trace || !job || !job->conf)
                return;
        if (strbuf_addf(&line, "%s: jail_set(%s)", name, flag) == 0 && conf_print_set(&line, job->conf) == 0)
                tell(b, JAIL_TRACE, name, 0, line.s);
}

/* Is there such a jail? */
static bool lives(const struct batch *b, const char *name)
{
        struct record rec;
        bool alive;

        if (record_open(&b->host->store, name, false, &rec, NULL) < 0)
                return false;
        alive = rec.up && record_live(&rec);
        record_close(&rec);
        return alive;
}

static void created(void *ctx, const char *name, int jid)
{
        struct job *job = job_of(ctx, name);

        trace_set(ctx, "JAIL_CREATE", job, name);
        if (job)
                job->announced = jid;
        tell(ctx, JAIL_CREATED, name, jid, "");
}

static void removed(void *ctx, const char *name, int jid)
{
        tell(ctx, JAIL_REMOVED, name, jid, "");
}

/* "NAME: text" for a jail of a file; a command-line jail is nameless in messages (jail(8)). */
static void tell_error(struct batch *b, const struct job *job, enum jail_event event, const struct err *e)
{
        char line[sizeof e->text + 300];

        /* '"web" not found' names its jail already */
        if (!b->want->from_file || !job || !job->name || e->text[0] == '"')
                snprintf(line, sizeof line, "%s", e->text);
        else
                snprintf(line, sizeof line, "%s: %s", job->name, e->text);
        tell(b, event, job ? job->name : NULL, 0, line);
}

static void warn(void *ctx, const struct err *e)
{
        struct teller *t = ctx;

        tell_error(t->b, t->job, JAIL_WARNING, e);
}

/* ----------------------------------------------------------------- turns */

static void *worker(void *arg);

/*
 * Called with the lock held, by the one thread that enters no mount namespace: a new thread shares its maker's root and
 * working directory for a moment, and setns(2) to a mount namespace is refused to who shares them.
 */
static void start_worker(struct batch *b)
{
        pthread_attr_t attr;
        pthread_t thread;

        if (b->workers >= b->workers_max)
                return;
        pthread_attr_init(&attr);
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attr, 256 * 1024);
        /* Without another worker the ones there are go on; the last one never waits for a turn in vain. */
        if (pthread_create(&thread, &attr, worker, b) == 0)
                b->workers++;
        pthread_attr_destroy(&attr);
}

static void turn_give(void *ctx)
{
        struct batch *b = ctx;

        pthread_mutex_lock(&b->lock);
        b->turns--;
        if (b->head != b->tail && b->idle == 0)
                b->wanted++;
        pthread_cond_broadcast(&b->wake);
        pthread_mutex_unlock(&b->lock);
}

static void turn_take(void *ctx)
{
        struct batch *b = ctx;

        pthread_mutex_lock(&b->lock);
        b->returning++;
        while (b->turns >= b->turns_max)
                pthread_cond_wait(&b->wake, &b->lock);
        b->returning--;
        b->turns++;
        pthread_mutex_unlock(&b->lock);
}

/* ------------------------------------------------------------------- jobs */

/* Says what of a specification the jail will not have. */
static void tell_lacking_of(struct batch *b, const struct job *job, const struct jail_spec *spec)
{
        const struct param *p;
        const char *why;
        struct err e;

        for (size_t i = 0; (p = rights_lacking(spec, i, &why)); i++) {
                if ((p->needs && access(p->needs, F_OK) == 0) || is_kernels_own(spec, p))
                        continue;
                err_set(&e, ENOTSUP, "%s: %s", p->name, why);
                tell_error(b, job, JAIL_WARNING, &e);
        }
}

/* Nothing is silently ignored: it is said once, when the jail is made. */
static void tell_lacking(struct batch *b, const struct job *job)
{
        tell_lacking_of(b, job, &job->spec);
}

/* ... or when it is changed, of what changes. What it may have then depends on how it was made. */
static void tell_lacking_now(struct batch *b, const struct job *job)
{
        struct jail_spec params = job->spec;    /* on loan, to be read only */
        struct record rec;

        if (record_open(&b->host->store, job->name, false, &rec, NULL) < 0)
                return;
        params.user = rec.spec.user;
        params.mount_devfs = rec.spec.mount_devfs;
        record_close(&rec);
        tell_lacking_of(b, job, &params);
}

static int do_create(struct batch *b, struct lane *lane, struct job *job, struct err *e)
{
        const struct param *create_only;
        unsigned ops = b->want->ops;
        int jid = 0, r = -ENOENT;

        if (ops & JAIL_OP_MODIFY && job->name) {
                if (b->want->trace && lives(b, job->name))
                        trace_set(b, "JAIL_UPDATE", job, job->name);
                r = engine_modify(lane, job->name, &job->spec, &create_only, &jid, e);
                if (r == -EBUSY && (ops & JAIL_OP_RESTART)) {
                        r = engine_remove(lane, job->name, &job->spec, true, e);
                        if (r == 0)
                                r = -ENOENT;
                } else if (r == 0) {
                        tell_lacking_now(b, job);
                        tell(b, JAIL_UPDATED, job->name, jid, "");
                }
                if (r != -ENOENT)
                        return r;
        }
        if ((ops & JAIL_OP_CLEAN) && job->name) {
                r = engine_clean(lane, job->name, &job->spec, e);
                if (r < 0)
                        return r;
        }
        r = engine_create(lane, &job->spec, &jid, e);
        if (r == 0)
                tell_lacking(b, job);
        if (r == -EEXIST && job->quiet && e->text[0] == '"')
                return 0;
        return r;
}

static int do_modify(struct batch *b, struct lane *lane, struct job *job, struct err *e)
{
        const struct param *create_only;
        int jid = 0, r;

        if (b->want->trace && lives(b, job->name))
                trace_set(b, "JAIL_UPDATE", job, job->name);
        r = engine_modify(lane, job->name, &job->spec, &create_only, &jid, e);
        if (r == -EBUSY && (b->want->ops & JAIL_OP_RESTART))
                return do_create(b, lane, job, e);
        if (r == 0)
                tell_lacking_now(b, job);
        if (r == 0)
                tell(b, JAIL_UPDATED, job->name, jid, "");
        return r == -ENOENT && job->quiet && e->text[0] == '"' ? 0 : r;
}

static int do_remove(struct batch *b, struct lane *lane, struct job *job, struct err *e)
{
        const bool force = b->want->ops & JAIL_OP_FORCE;
        const struct jail_spec *hooks = job->have_spec && !force ? &job->spec : NULL;
        int r = engine_remove(lane, job->name, hooks, !force, e);

        if (r == -ENOENT && e->text[0] == '"') {
                if ((b->want->ops & JAIL_OP_CLEAN) && hooks)
                        return engine_clean(lane, job->name, hooks, e);
                /* -rc means "be it there or not"; a wildcard means whatever is there */
                return job->quiet || (b->want->ops & JAIL_OP_CREATE) ? 0 : r;
        }
        return r;
}

/*
 * Only now, not when the file is read: a name that does not resolve is that jail's own failure, jails are looked up side by
 * side, and one that is to be left as it is, or to go, needs no addresses.
 */
static int look_up(const struct batch *b, struct job *job, struct err *e)
{
        if (!job->have_spec || !job->spec.ip_hostname)
                return 0;
        if (job->quiet && b->phase == JAIL_OP_CREATE && !(b->want->ops & JAIL_OP_MODIFY) && lives(b, job->name))
                return 0;
        return lookup_hostname(&job->spec, e);
}

static bool run_job(struct batch *b, struct lane *lane, struct job *job)
{
        struct teller teller = { b, job };
        struct err e = {0};
        int r;

        lane->warn = warn;
        lane->ctx = &teller;
        if (job->blocked) {
                err_set(&e, ECANCELED, "skipped");
                r = -ECANCELED;
        } else if (b->phase == JAIL_OP_REMOVE) {
                r = do_remove(b, lane, job, &e);
        } else if ((r = look_up(b, job, &e)) == 0) {
                r = b->phase == JAIL_OP_CREATE ? do_create(b, lane, job, &e) : do_modify(b, lane, job, &e);
        }
        *lane = (struct lane){ .host = lane->host, .nl = lane->nl };
        if (r < 0)
                tell_error(b, job, JAIL_FAILED, &e);
        /* It was said that it had been created, and that is taken back. */
        if (r < 0 && b->phase != JAIL_OP_REMOVE && job->announced)
                tell(b, JAIL_UNMADE, job->name, job->announced, "");
        return r >= 0;
}

/* Those that wait for a job wait no longer: light, or the others. Called with the lock held. */
static void let_go(struct batch *b, const struct job *job, bool light, bool ok)
{
        for (size_t i = 0; i < job->n_waited; i++) {
                struct job *next = &b->jobs[job->waited_by[i].job];

                if (job->waited_by[i].light != light)
                        continue;
                next->blocked |= !ok;
                if (--next->left == 0 && next->state == IDLE) {
                        next->state = READY;
                        b->queue[b->tail++] = job->waited_by[i].job;
                }
        }
}

/* Called with the lock held. */
static void finish_job(struct batch *b, struct job *job, bool ok)
{
        job->state = ok ? DONE : FAILED;
        b->failures += !ok;
        b->open--;
        let_go(b, job, false, ok);
        if (!job->up)
                let_go(b, job, true, ok);
        job->up = true;
}

static size_t job_index(const struct batch *b, const char *name);

/* A jail that is being made is there, and its commands come now: what is only below it need not wait for them. */
static void job_up(void *ctx, const char *name)
{
        struct batch *b = ctx;
        size_t i = job_index(b, name);
        struct job *job;

        if (i == b->n)
                return;
        pthread_mutex_lock(&b->lock);
        job = &b->jobs[i];
        if (job->state == RUNNING && b->phase != JAIL_OP_REMOVE && !job->up) {
                job->up = true;
                let_go(b, job, true, true);
                if (b->head != b->tail && b->idle == 0)
                        b->wanted++;
                pthread_cond_broadcast(&b->wake);
        }
        pthread_mutex_unlock(&b->lock);
}

static void *worker(void *arg)
{
        struct batch *b = arg;
        struct lane lane;
        struct err e = {0};
        bool able = ns_thread_start(&e) == 0 && lane_open(&lane, b->host, NULL, NULL, &e) == 0;

        pthread_mutex_lock(&b->lock);
        while (b->open > 0) {
                struct job *job;
                bool ok;

                /* Nothing runs and nothing can: what is open waits for itself. break_loops() sees to it. */
                if (b->head == b->tail && b->running == 0) {
                        pthread_cond_broadcast(&b->wake);
                        break;
                }
                if (b->head == b->tail || b->turns + b->returning >= b->turns_max) {
                        b->idle++;
                        pthread_cond_wait(&b->wake, &b->lock);
                        b->idle--;
                        continue;
                }
                job = &b->jobs[b->queue[b->head++]];
                job->state = RUNNING;
                b->running++;
                b->turns++;
                pthread_mutex_unlock(&b->lock);
                if (able)
                        ok = run_job(b, &lane, job);
                else
                        tell_error(b, job, JAIL_FAILED, &e), ok = false;
                pthread_mutex_lock(&b->lock);
                b->turns--;
                b->running--;
                finish_job(b, job, ok);
                if (b->open == 0 || b->idle > 0 || b->returning > 0)
                        pthread_cond_broadcast(&b->wake);
        }
        b->workers--;
        pthread_cond_broadcast(&b->wake);
        pthread_mutex_unlock(&b->lock);
        if (able)
                lane_close(&lane);
        return NULL;
}

/* ----------------------------------------------------------- one round of all */

static int run_alone(struct batch *b, struct err *e)
{
        struct lane lane;

        if (lane_open(&lane, b->host, NULL, NULL, e) < 0)
                return -e->code;
        while (b->head != b->tail) {
                struct job *job = &b->jobs[b->queue[b->head++]];

                job->state = RUNNING;
                finish_job(b, job, run_job(b, &lane, job));
        }
        lane_close(&lane);
        return 0;
}

static int run_many(struct batch *b, struct err *e)
{
        long cpus = sysconf(_SC_NPROCESSORS_ONLN);

        b->turns = 0;
        b->turns_max = cpus > 0 ? (unsigned)cpus : 1;
        b->workers_max = b->want->parallel ? b->want->parallel : 4096;
        if (b->turns_max > b->workers_max)
                b->turns_max = b->workers_max;
        b->host->block = turn_give;
        b->host->unblock = turn_take;
        b->host->block_ctx = b;
        pthread_mutex_lock(&b->lock);
        for (unsigned i = 0; i < b->turns_max; i++)
                start_worker(b);
        if (b->workers == 0) {
                pthread_mutex_unlock(&b->lock);
                b->host->block = b->host->unblock = NULL;
                return run_alone(b, e);
        }
        while (b->workers > 0) {
                if (b->wanted > 0 && b->open > 0) {
                        b->wanted--;
                        start_worker(b);
                        continue;
                }
                pthread_cond_wait(&b->wake, &b->lock);
        }
        b->wanted = 0;
        pthread_mutex_unlock(&b->lock);
        b->host->block = b->host->unblock = NULL;
        return 0;
}

/* A loop has no job without something to wait for; one member is failed and the rest goes on (jail(8)). */
static void break_loops(struct batch *b)
{
        while (b->open > 0 && b->head == b->tail) {
                size_t i;

                for (i = 0; i < b->n && !(b->jobs[i].selected && b->jobs[i].state == IDLE); i++)
                        ;
                if (i == b->n)
                        return;
                tell_error(b, &b->jobs[i], JAIL_FAILED, &(struct err){ ELOOP, "dependency loop" });
                finish_job(b, &b->jobs[i], false);
        }
}

static int round_of(struct batch *b, unsigned phase, struct err *e)
{
        bool backwards = phase == JAIL_OP_REMOVE;

        b->phase = phase;
        b->head = b->tail = b->open = 0;
        for (size_t k = 0; k < b->n; k++) {
                size_t i = backwards ? b->n - 1 - k : k;
                struct job *job = &b->jobs[i];

                if (!job->selected || job->state == FAILED)
                        continue;
                job->state = IDLE;
                job->blocked = job->up = false;
                b->open++;
        }
        for (size_t k = 0; k < b->n; k++) {
                size_t i = backwards ? b->n - 1 - k : k;
                struct job *job = &b->jobs[i];

                if (!job->selected || job->state == FAILED)
                        continue;
                job->left = 0;
                for (size_t d = 0; d < job->n_waits; d++) {
                        const struct job *other = &b->jobs[job->waits_for[d]];

                        if (other->selected && other->state == FAILED)
                                job->blocked = true;
                        else
                                job->left += other->selected;
                }
                if (job->left == 0) {
                        job->state = READY;
                        b->queue[b->tail++] = i;
                }
        }
        /* Loops show only when everything that can run has run; so rounds until nothing is open. */
        for (;;) {
                int r = b->open == 1 || b->want->parallel == 1 ? run_alone(b, e) : 0;

                if (r == 0 && b->head != b->tail)
                        r = run_many(b, e);
                if (r < 0 || b->open == 0)
                        return r;
                break_loops(b);
        }
}

/* --------------------------------------------------------------- preparing */

static int add_edge(struct job *from, size_t from_index, struct job *to, size_t to_index, bool light)
{
        size_t *w = realloc(from->waits_for, (from->n_waits + 1) * sizeof *w);
        struct edge *d;

        if (!w)
                return -ENOMEM;
        from->waits_for = w;
        d = realloc(to->waited_by, (to->n_waited + 1) * sizeof *d);
        if (!d)
                return -ENOMEM;
        to->waited_by = d;
        w[from->n_waits++] = to_index;
        d[to->n_waited++] = (struct edge){ from_index, light };
        return 0;
}

/* The jobs of a file: all of its jails, so that dependencies find them; which are wanted is said by select_jobs. */
static int make_jobs(struct batch *b, struct err *e)
{
        const struct conf *conf = b->want->conf ? b->want->conf->conf : NULL;
        size_t room = (conf ? conf->n_jails : 0) + b->want->n_names + 1;

        b->jobs = calloc(room, sizeof *b->jobs);
        b->queue = calloc(room, sizeof *b->queue);
        if (!b->jobs || !b->queue)
                return err_nomem(e);
        for (size_t i = 0; conf && i < conf->n_jails; i++) {
                struct job *job = &b->jobs[b->n++];
                struct err mine = {0};

                job->conf = &conf->jails[i];
                job->name = job->conf->name;
                if (job->conf->failed)
                        continue;
                if (conf_to_spec(job->conf, &job->spec, &mine) < 0) {
                        if (mine.code == ENOMEM)
                                return err_nomem(e);
                        job->state = FAILED;
                        if (!b->want->from_file) {
                                *e = mine;
                                return -e->code;
                        }
                        /* Told only if this jail is wanted: keep the words with the job. */
                        job->spec.name = strdup(mine.text);
                        continue;
                }
                job->have_spec = true;
                /* A label that is a number is a jid, and the jail may have a name besides. */
                job->name = job->spec.name;
        }
        return 0;
}

static int select_name(struct batch *b, const char *name)
{
        size_t i = job_index(b, name);

        if (conf_is_wildcard(name)) {
                for (i = 0; i < b->n; i++)
                        if (b->jobs[i].name && conf_match(name, b->jobs[i].name) && !b->jobs[i].selected)
                                b->jobs[i].selected = b->jobs[i].quiet = true;
                return 0;
        }
        if (i == b->n) {
                /* -r and -m reach jails that the file does not know; -c has nothing to make one from. */
                b->jobs[b->n++] = (struct job){ .name = name };
        }
        b->jobs[i].selected = true;
        b->jobs[i].quiet = false;
        return 0;
}

/* Wildcards of -R, and of -r without a file, match the jails that are there. */
static int add_running(struct batch *b, struct strv *names, struct err *e)
{
        struct job *bigger;
        size_t *queue;

        if (store_names(&b->host->store, names, e) < 0)
                return -e->code;
        bigger = realloc(b->jobs, (b->n + names->n + b->want->n_names + 1) * sizeof *bigger);
        if (!bigger)
                return err_nomem(e);
        b->jobs = bigger;
        queue = realloc(b->queue, (b->n + names->n + b->want->n_names + 1) * sizeof *queue);
        if (!queue)
                return err_nomem(e);
        b->queue = queue;
        for (size_t i = 0; i < names->n; i++)
                b->jobs[b->n++] = (struct job){ .name = names->v[i] };
        return 0;
}

static int resolve_name(struct batch *b, const char *name, struct strv *keep, const char **ret, struct err *e)
{
        char *resolved;
        int jid;

        /* A jid on the command line of -r, -R or -m is the jail that has it. */
        if (num_int(name, &jid) < 0 || job_index(b, name) < b->n ||
            engine_resolve(b->host, name, &resolved, NULL) < 0) {
                *ret = name;
                return 0;
        }
        if (strv_give(keep, resolved) < 0)
                return err_nomem(e);
        *ret = keep->v[keep->n - 1];
        return 0;
}

static int select_jobs(struct batch *b, struct strv *keep, struct err *e)
{
        const struct jail_batch *want = b->want;

        if (want->conf && !want->from_file) {
                struct job *job = &b->jobs[0];
                char number[16];

                job->selected = true;
                if (job->name || !job->spec.jid || !(want->ops & JAIL_OP_MODIFY))
                        return 0;
                /* jid=17 alone names the jail that has it, or none so far */
                snprintf(number, sizeof number, "%d", job->spec.jid);
                if (resolve_name(b, number, keep, &job->name, e) < 0)
                        return -e->code;
                if (job->name != number)
                        return 0;
                if (strv_push(keep, number) < 0)
                        return err_nomem(e);
                job->name = keep->v[keep->n - 1];
                return 0;
        }
        if (want->n_names == 0)
                return select_name(b, "*");
        for (size_t i = 0; i < want->n_names; i++) {
                const char *name;

                if (resolve_name(b, want->names[i], keep, &name, e) < 0)
                        return -e->code;
                select_name(b, name);
        }
        return 0;
}

static int link_depend(struct batch *b, size_t i, bool removing, struct err *e)
{
        struct job *job = &b->jobs[i];

        for (size_t d = 0; d < job->spec.depend.n; d++) {
                size_t on = job_index(b, job->spec.depend.v[d]);

                if (on == b->n) {
                        struct err mine;

                        if (removing || !job->selected || (!b->want->from_file && lives(b, job->spec.depend.v[d])))
                                continue;
                        err_set(&mine, ENOENT, b->want->from_file ? "depends on undefined jail \"%s\""
                                                                 : "depends on nonexistent jail \"%s\"",
                                job->spec.depend.v[d]);
                        tell_error(b, job, JAIL_FAILED, &mine);
                        job->state = FAILED;
                        b->failures++;
                        continue;
                }
                if ((removing ? add_edge(&b->jobs[on], on, job, i, false)
                              : add_edge(job, i, &b->jobs[on], on, false)) < 0)
                        return err_nomem(e);
        }
        return 0;
}

/* The jail above, by the dots in the name: it has to be there first, and goes last. */
static int link_above(struct batch *b, size_t i, bool removing, struct err *e)
{
        struct job *job = &b->jobs[i];
        autostr above = strdup(job->name);
        char *dot = above ? strrchr(above, '.') : NULL;
        size_t on;

        if (!above)
                return err_nomem(e);
        if (!dot)
                return 0;
        *dot = '\0';
        on = job_index(b, above);
        if (on < b->n && (removing ? add_edge(&b->jobs[on], on, job, i, false)
                                   : add_edge(job, i, &b->jobs[on], on, true)) < 0)
                return err_nomem(e);
        return 0;
}

/* With a removal the arrows point the other way. */
static int link_jobs(struct batch *b, bool removing, struct err *e)
{
        for (size_t i = 0; i < b->n; i++) {
                struct job *job = &b->jobs[i];

                if (job->name && ((job->have_spec && link_depend(b, i, removing, e) < 0) ||
                                  link_above(b, i, removing, e) < 0))
                        return -e->code;
        }
        return 0;
}

/* -c pulls in what the wanted ones depend on, -r what depends on them. */
static void pull_in(struct batch *b, bool modify_only)
{
        bool again = !modify_only && b->want->from_file;

        while (again) {
                again = false;
                for (size_t i = 0; i < b->n; i++)
                        for (size_t d = 0; b->jobs[i].selected && d < b->jobs[i].n_waits; d++) {
                                struct job *other = &b->jobs[b->jobs[i].waits_for[d]];

                                if (!other->selected)
                                        other->selected = other->quiet = again = true;
                        }
        }
}

static void drop_edges(struct batch *b)
{
        for (size_t i = 0; i < b->n; i++) {
                free(b->jobs[i].waits_for);
                free(b->jobs[i].waited_by);
                b->jobs[i].waits_for = NULL;
                b->jobs[i].waited_by = NULL;
                b->jobs[i].n_waits = b->jobs[i].n_waited = 0;
        }
}

/* Wanted jails whose configuration is no good fail before anything starts. */
static void fail_bad(struct batch *b)
{
        for (size_t i = 0; i < b->n; i++) {
                struct job *job = &b->jobs[i];
                struct err e = { EINVAL, "" };

                if (!job->selected || job->told)
                        continue;
                job->told = job->conf && (job->conf->failed || (job->state == FAILED && !job->have_spec));
                if (job->conf && job->conf->failed) {
                        job->state = FAILED;
                        b->failures++;
                } else if (job->conf && job->state == FAILED && !job->have_spec) {
                        snprintf(e.text, sizeof e.text, "%s", job->spec.name ? job->spec.name : "out of memory");
                        tell_error(b, job, JAIL_FAILED, &e);
                        b->failures++;
                } else if (!job->conf && (b->want->ops & JAIL_OP_CREATE)) {
                        err_set(&e, ENOENT, "\"%s\" not found", job->name);
                        tell_error(b, job, JAIL_FAILED, &e);
                        job->state = FAILED;
                        b->failures++;
                }
        }
}

static int one_phase(struct batch *b, unsigned phase, struct err *e)
{
        bool removing = phase == JAIL_OP_REMOVE;

        drop_edges(b);
        if (link_jobs(b, removing, e) < 0)
                return -e->code;
        pull_in(b, phase == JAIL_OP_MODIFY);
        fail_bad(b);
        return round_of(b, phase, e);
}

int jail_batch_run(struct jail_host *host, const struct jail_batch *want, struct err *e)
{
        struct batch b = {
                .want = want, .host = &host->host, .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER,
                .tell_lock = PTHREAD_MUTEX_INITIALIZER,
        };
        autostrv running = {0}, keep = {0};
        int r = make_jobs(&b, e);

        host->host.trace = want->trace ? trace : NULL;
        host->host.trace_ctx = &b;
        host->host.created = created;
        host->host.removed = removed;
        host->host.up = job_up;
        if (r == 0 && (want->ops & JAIL_OP_REMOVE) && !want->conf)
                r = add_running(&b, &running, e);
        if (r == 0)
                r = select_jobs(&b, &keep, e);
        if (r == 0 && (want->ops & JAIL_OP_REMOVE))
                r = one_phase(&b, JAIL_OP_REMOVE, e);
        if (r == 0 && (want->ops & JAIL_OP_CREATE))
                r = one_phase(&b, JAIL_OP_CREATE, e);
        else if (r == 0 && (want->ops & JAIL_OP_MODIFY))
                r = one_phase(&b, JAIL_OP_MODIFY, e);
        drop_edges(&b);
        for (size_t i = 0; i < b.n; i++) {
                if (b.jobs[i].have_spec)
                        spec_finish(&b.jobs[i].spec);
                else
                        free(b.jobs[i].spec.name);
        }
        free(b.jobs);
        free(b.queue);
        host->host.trace = NULL;
        host->host.created = host->host.removed = NULL;
        host->host.up = NULL;
        return r < 0 ? r : b.failures;
}
