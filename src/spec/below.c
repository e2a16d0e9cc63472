#include "below.h"

#include <errno.h>
#include <sys/socket.h>

#include "spec/netspec.h"

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

/* The addresses of one family. Whoever has a stack to himself, or all of one, has them all. */
struct family {
        int family;
        const char *param;
};
static const struct family families[] = { { AF_INET, "ip4.addr" }, { AF_INET6, "ip6.addr" } };

static struct strv *list_of(const struct jail_spec *s, const struct family *f)
{
        return (struct strv *)(uintptr_t)(f->family == AF_INET ? &s->ip4_addr : &s->ip6_addr);
}

static bool has_address(const struct jail_spec *above, const struct family *f, const char *value)
{
        const struct strv *list = list_of(above, f);
        struct net_addr a, other;

        if (above->vnet == JAILSYS_NEW || (f->family == AF_INET ? above->ip4 : above->ip6) == JAILSYS_INHERIT)
                return true;
        if (netspec_alias(value, f->family, &a, NULL) < 0)
                return false;
        for (size_t i = 0; i < list->n; i++)
                if (netspec_alias(list->v[i], f->family, &other, NULL) == 0 && memcmp(&a.ip, &other.ip, sizeof a.ip) == 0)
                        return true;
        return false;
}

static int check_addresses(const struct jail_spec *s, const struct jail_spec *above, struct err *e)
{
        for (size_t i = 0; i < COUNT(families); i++) {
                const struct strv *list = list_of(s, &families[i]);

                for (size_t k = 0; k < list->n; k++)
                        if (!has_address(above, &families[i], list->v[k]))
                                return err_set(e, EPERM, "%s: %s: the jail above does not have it", families[i].param,
                                               list->v[k]);
        }
        return 0;
}

/* What the jail above has lost is taken out; the first that stays is then the primary one. */
static bool drop_addresses(struct jail_spec *s, const struct jail_spec *above)
{
        bool changed = false;

        for (size_t i = 0; i < COUNT(families); i++) {
                struct strv *list = list_of(s, &families[i]);
                size_t n = 0;

                for (size_t k = 0; k < list->n; k++) {
                        if (has_address(above, &families[i], list->v[k])) {
                                list->v[n++] = list->v[k];
                                continue;
                        }
                        free(list->v[k]);
                        changed = true;
                }
                for (size_t k = n; k < list->n; k++)
                        list->v[k] = NULL;
                list->n = n;
        }
        return changed;
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
        return check_addresses(s, above, e);
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
        return drop_addresses(s, above) || changed;
}
