/*
 * One jail at a time: make, change, remove. batch.c calls these from several
 * threads; each thread has a lane of its own.
 */
#ifndef JAIL_ENGINE_H
#define JAIL_ENGINE_H

#include <gaol/engine.h>

#include "plan/plan.h"
#include "state/record.h"
#include "step/host.h"

struct jail_host {
        struct host host;
};

/* What one thread keeps between jails. */
struct lane {
        struct host *host;
        struct nl nl;                   /* rtnetlink in the host's namespace */
        plan_warn_fn *warn;             /* errors of undoing */
        void *ctx;
};

int lane_open(struct lane *lane, struct host *host, plan_warn_fn *warn, void *ctx, struct err *e);
void lane_close(struct lane *lane);

/*
 * Makes a jail; what a killed maker left under the name is undone first. -EEXIST: it is alive. *ret_jid is the jid it
 * got. A jail that is not to persist and has no process left is gone when this returns, which is no error. Defaults that
 * depend on where we are are filled into spec.
 */
int engine_create(struct lane *lane, struct jail_spec *spec, int *ret_jid, struct err *e);

/*
 * Removes a jail. hooks: the spec whose exec.* and stop.timeout apply, or NULL for none. ask: its processes are asked
 * to end and given time, that of hooks or the default; not with -R. -ENOENT: there is none, not even remains. host's
 * removed() is called once it is gone, also when a command behind that fails.
 */
int engine_remove(struct lane *lane, const char *name, const struct jail_spec *hooks, bool ask, struct err *e);

/* The part of a removal behind the jail's end, for one that is already gone (-C): exec.poststop, exec.release. */
int engine_clean(struct lane *lane, const char *name, const struct jail_spec *hooks, struct err *e);

/*
 * Changes a running jail to what params names, leaving the rest. -ENOENT: not found. -EBUSY: "P cannot be changed
 * after creation"; then *ret_create_only names the parameter.
 */
int engine_modify(struct lane *lane, const char *name, const struct jail_spec *params,
                  const struct param **ret_create_only, int *ret_jid, struct err *e);

/* Opens a live jail, locked if so asked, and fills run with what steps need of it. -ENOENT: none alive. */
int engine_open(struct lane *lane, const char *name, bool lock, struct record *rec, struct run *run, struct err *e);

/*
 * Gives a jail that was made without processes what it needs to have some; nothing to do for any other. A jail that stays
 * and has nothing to run yet is made so: no PID 1, no namespaces. rec is locked, run from engine_open(). On failure the jail
 * is as it was.
 */
int engine_boot(struct lane *lane, struct record *rec, struct run *run, struct err *e);

/*
 * Undoes what jails that belonged to a descriptor left on the host when it was closed (step/own.h). Best effort: what
 * cannot be undone stays for the next who asks for that name.
 */
void engine_sweep(struct lane *lane);

/* A jid as text, or a name: the name of the record. -ENOENT. */
int engine_resolve(struct host *host, const char *jail, char **ret_name, struct err *e);

#endif
