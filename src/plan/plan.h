/*
 * The plan: the steps one jail wants, as data; and the one loop that enacts it,
 * undoes it from the record, or only tells.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "base/str.h"
#include "level/level.h"
#include "step/step.h"

struct plan {
        const struct step *steps[64];
        size_t n;
};

/* Picks the wanted steps of the spec's level. Reads nothing but the spec. Returns 0 or -errno. */
int plan_make(struct plan *plan, const struct jail_spec *spec, struct err *e);

/*
 * The two halves of a plan: what a jail has without processes, what it has with them. plan_make() then "without" leaves
 * the steps whose boot is not set, "with" those whose boot is. What is left out is checked by plan_check().
 */
void plan_keep(struct plan *plan, bool boot);

/* Asks the steps that have a check, those of boot only. Returns 0 or -errno with the step's parameter in front. */
int plan_check(const struct plan *plan, struct run *run, struct err *e);

/* The names of the steps in order, for a dry run and for tests. */
int plan_explain(const struct plan *plan, struct strv *ret);

/*
 * Enacts the steps in order, noting in the record. On failure it undoes what it began, backwards, and returns the
 * error of the step, "PARAM: ..."; errors of the undoing go to warn (may be NULL), since the first error is the cause.
 */
typedef void plan_warn_fn(void *ctx, const struct err *e);
int plan_enact(const struct plan *plan, struct run *run, plan_warn_fn *warn, void *ctx, struct err *e);

/*
 * Undoes every entry of run->record that still stands, last first, whoever began it. A failing undo leaves its entry in
 * the record and the rest goes on. The first error is returned; in e, or when e is NULL it goes to warn like all others.
 */
int plan_undo(struct run *run, plan_warn_fn *warn, void *ctx, struct err *e);

/* The same for the entries of steps whose boot is set: what an interrupted boot has left. */
int plan_undo_boot(struct run *run, plan_warn_fn *warn, void *ctx, struct err *e);

/* Applies a changed spec to a running jail: each step's change, in order; on failure those done are changed back. */
int plan_change(const struct plan *plan, struct run *run, const struct jail_spec *old, struct err *e);

#endif
