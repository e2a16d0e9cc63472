#include "plan.h"

#include <errno.h>

#include "state/record.h"

int plan_make(struct plan *plan, const struct jail_spec *spec, struct err *e)
{
        const struct level *level = level_find(spec->level);

        plan->n = 0;
        if (!level)
                return err_set(e, EINVAL, "level: no such level: %s", spec->level);
        for (const struct step *const *s = level->steps; *s; s++) {
                if ((*s)->wanted && !(*s)->wanted(spec))
                        continue;
                if (plan->n == COUNT(plan->steps))
                        return err_code(e, E2BIG, "level: %s", spec->level);
                plan->steps[plan->n++] = *s;
        }
        return 0;
}

void plan_keep(struct plan *plan, bool boot)
{
        size_t n = 0;

        for (size_t i = 0; i < plan->n; i++)
                if (plan->steps[i]->boot == boot)
                        plan->steps[n++] = plan->steps[i];
        plan->n = n;
}

int plan_check(const struct plan *plan, struct run *run, struct err *e)
{
        for (size_t i = 0; i < plan->n; i++) {
                const struct step *step = plan->steps[i];

                if (!step->check || step->check(run, e) == 0)
                        continue;
                if (step->param)
                        err_wrap(e, "%s", step->param);
                return -e->code;
        }
        return 0;
}

int plan_explain(const struct plan *plan, struct strv *ret)
{
        for (size_t i = 0; i < plan->n; i++)
                if (strv_push(ret, plan->steps[i]->name) < 0)
                        return -ENOMEM;
        return 0;
}

/* A step may have noted several things; all are made once its enact has returned. */
static int mark_done(struct record *rec, const struct step *step, size_t from, struct err *e)
{
        for (size_t i = from; i < rec->n_entries; i++)
                if (record_done(rec, step->name, rec->entries[i].note, e) < 0)
                        return -e->code;
        return 0;
}

/* Undoes entries down to number first, all or those of boot. */
static int undo_down_to(struct run *run, size_t first_entry, bool boot_only, plan_warn_fn *warn, void *ctx, struct err *e);

int plan_enact(const struct plan *plan, struct run *run, plan_warn_fn *warn, void *ctx, struct err *e)
{
        size_t first = run->record->n_entries;

        for (size_t i = 0; i < plan->n; i++) {
                const struct step *step = plan->steps[i];
                size_t before = run->record->n_entries;
                int r = step->enact(run, e);

                if (r == 0)
                        r = mark_done(run->record, step, before, e);
                if (r < 0) {
                        if (step->param)
                                err_wrap(e, "%s", step->param);
                        undo_down_to(run, first, false, warn, ctx, NULL);
                        return -e->code;
                }
        }
        return 0;
}

static int undo_down_to(struct run *run, size_t first_entry, bool boot_only, plan_warn_fn *warn, void *ctx, struct err *e)
{
        struct record *rec = run->record;
        struct err lost = {0};
        int first = record_resume(rec, &lost);

        /* Without what others wrote into it there would be things left that nobody knows of. */
        if (first < 0 && !rec->gone) {
                if (e)
                        *e = lost;
                else if (warn)
                        warn(ctx, &lost);
                return first;
        }
        first = 0;
        for (size_t i = rec->n_entries; i-- > first_entry;) {
                const struct step *step = level_step(rec->entries[i].step);
                autostr note = NULL;
                struct err mine = {0};
                int r = 0;

                if (boot_only && !(step && step->boot))
                        continue;
                note = strdup(rec->entries[i].note);
                if (!note)
                        r = err_nomem(&mine);
                else if (!step || !step->undo)
                        r = err_set(&mine, ENOTSUP, "do not know how to undo %s %s", rec->entries[i].step, note);
                else if (rec->same_boot || step->on_disk)
                        r = step->undo(run, note, &mine);
                if (r < 0) {
                        if (step && step->param)
                                err_wrap(&mine, "%s", step->param);
                        /* Said once: by whom it is returned to, or here. */
                        if (first == 0 && e)
                                *e = mine;
                        else if (warn)
                                warn(ctx, &mine);
                        if (first == 0)
                                first = r;
                        continue;
                }
                /* A full disk must not stop a removal: the entry is undone, and undoing it again does no harm. */
                record_undone(rec, step->name, note, NULL);
        }
        return first;
}

int plan_undo(struct run *run, plan_warn_fn *warn, void *ctx, struct err *e)
{
        return undo_down_to(run, 0, false, warn, ctx, e);
}

int plan_undo_boot(struct run *run, plan_warn_fn *warn, void *ctx, struct err *e)
{
        return undo_down_to(run, 0, true, warn, ctx, e);
}

int plan_change(const struct plan *plan, struct run *run, const struct jail_spec *old, struct err *e)
{
        const struct jail_spec *new = run->spec;
        struct err scrap;

        for (size_t i = 0; i < plan->n; i++) {
                if (!plan->steps[i]->change || plan->steps[i]->change(run, old, e) == 0)
                        continue;
                if (plan->steps[i]->param)
                        err_wrap(e, "%s", plan->steps[i]->param);
                run->spec = old;
                while (i-- > 0)
                        if (plan->steps[i]->change)
                                plan->steps[i]->change(run, new, &scrap);
                run->spec = new;
                return -e->code;
        }
        return 0;
}
