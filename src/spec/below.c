#include "below.h"

#include <errno.h>

/* FreeBSD's PR_ALLOW_DIFFERENCES: a jail may have it whatever the one above has. */
static bool may_differ(const struct param *p)
{
        return p->down != DOWN_ONLY;
}

/* Each row of allow.* in turn; NULL at the end. */
static const struct param *next_flag(size_t *i)
{
        size_t n;
        const struct param *t = param_table(&n);

        while (*i < n) {
                const struct param *p = &t[(*i)++];

                if (str_starts(p->name, "allow."))
                        return p;
        }
        return NULL;
}

static bool *flag(const struct jail_spec *s, const struct param *p)
{
        return (bool *)((char *)(uintptr_t)s + p->at);
}

int spec_check_below(const struct jail_spec *s, const struct jail_spec *above, struct err *e)
{
        const struct param *p;

        for (size_t i = 0; (p = next_flag(&i));)
                if (*flag(s, p) && !*flag(above, p) && !may_differ(p))
                        return err_set(e, EPERM, "%s: the jail above does not have it", p->name);
        if (s->children_max > 0 && s->children_max >= above->children_max)
                return err_set(e, EPERM, "children.max: %d: not less than that of the jail above", s->children_max);
        if (s->enforce_statfs < above->enforce_statfs)
                return err_set(e, EPERM, "enforce_statfs: %d: lower than that of the jail above", s->enforce_statfs);
        if (s->devfs_ruleset > 4 && s->devfs_ruleset != above->devfs_ruleset)
                return err_set(e, EPERM, "devfs_ruleset: %d: the jail above does not have it", s->devfs_ruleset);
        if (s->securelevel < above->securelevel)
                return err_set(e, EPERM, "securelevel: %d: lower than that of the jail above", s->securelevel);
        return 0;
}

/* As if the user had said so: what differs from the table's defaults has to be in the record. */
static int adopt(struct jail_spec *s, const struct jail_spec *above, const char *name, struct err *e)
{
        const struct param *p = param_find(name, NULL);
        autostrv values = {0};

        if (spec_given(s, p) || spec_is_default(above, p))
                return 0;
        if (spec_get(above, p, &values) < 0)
                return err_nomem(e);
        return spec_set(s, name, values.v, values.n, e);
}

/* What the jail above was told and this one was not. */
static int copy_down(struct jail_spec *s, const struct jail_spec *above, struct err *e)
{
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t i = 0; i < n; i++)
                if (t[i].down == DOWN_COPY && adopt(s, above, t[i].name, e) < 0)
                        return -e->code;
        return 0;
}

int spec_settle_below(struct jail_spec *s, const struct jail_spec *above, struct err *e)
{
        const struct param *p;

        for (size_t i = 0; (p = next_flag(&i));)
                if (*flag(s, p) && !*flag(above, p) && adopt(s, above, p->name, e) < 0)
                        return -e->code;
        if (adopt(s, above, "devfs_ruleset", e) < 0 || adopt(s, above, "securelevel", e) < 0 || copy_down(s, above, e) < 0)
                return -e->code;
        /* The ids of the jail above are its own and those set aside for what it makes itself: there are no others. */
        if (s->user == JAILSYS_NEW && spec_given(s, param_find("user", NULL)))
                return err_set(e, EPERM, "user: a jail below another has its user ids");
        if (spec_set(s, "user", (char *[]){ (char *)"inherit" }, 1, e) < 0)
                return -e->code;
        return spec_check_below(s, above, e);
}

bool spec_push_down(struct jail_spec *s, const struct jail_spec *above)
{
        const struct param *p;
        bool changed = false;

        for (size_t i = 0; (p = next_flag(&i));)
                if (*flag(s, p) && !*flag(above, p) && !may_differ(p))
                        *flag(s, p) = false, changed = true;
        if (s->enforce_statfs < above->enforce_statfs)
                s->enforce_statfs = above->enforce_statfs, changed = true;
        if (s->securelevel < above->securelevel)
                s->securelevel = above->securelevel, changed = true;
        return changed;
}
