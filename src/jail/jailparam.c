/* jailparam_*(), jail(3): records of parameters, between text and the forms of jail_set(). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaol/jail.h>

#include "base/num.h"
#include "jail/call.h"
#include "jail/get.h"
#include "jail/native.h"

/* The two that are no rows are numbers. */
static const struct param lastjid = { .name = "lastjid", .type = P_INT }, desc = { .name = "desc", .type = P_INT };

static const struct param *row_of(const char *name, bool *ret_no)
{
        *ret_no = false;
        if (str_eq(name, lastjid.name))
                return &lastjid;
        if (str_eq(name, desc.name))
                return &desc;
        return param_find(name, ret_no);
}

static int fail(const char *function, int code)
{
        return call_end(function, NULL, -code, &(struct err){ .code = code });
}

/* --------------------------------------------------------------- one record */

static void set_type(struct jailparam *jp, const struct param *p, bool no)
{
        enum native_form form = native_form(p);

        jp->jp_flags = p->flags & P_RDONLY ? JP_RDONLY : 0;
        jp->jp_ctltype = JP_INT;
        jp->jp_valuelen = native_size(form);
        switch (form) {
        case NATIVE_FLAG:
                jp->jp_flags |= no ? JP_NOBOOL : JP_BOOL;
                break;
        case NATIVE_JAILSYS:
                jp->jp_flags |= JP_JAILSYS;
                break;
        case NATIVE_INT:
                break;
        case NATIVE_ULONG:
                jp->jp_ctltype = JP_ULONG;
                break;
        case NATIVE_STRING:
                jp->jp_ctltype = JP_STRING;
                break;
        case NATIVE_STRINGS:
                jp->jp_ctltype = JP_STRUCT;
                jp->jp_structtype = JPS_STRINGS;
                jp->jp_elemlen = 1;
                break;
        case NATIVE_IN_ADDR:
        case NATIVE_IN6_ADDR:
                jp->jp_ctltype = JP_STRUCT;
                jp->jp_structtype = form == NATIVE_IN_ADDR ? JPS_IN_ADDR : JPS_IN6_ADDR;
                jp->jp_elemlen = native_size(form);
                jp->jp_valuelen = 0;
                break;
        }
}

int jailparam_init(struct jailparam *jp, const char *name)
{
        const struct param *p;
        struct err e = {0};
        bool no;

        *jp = (struct jailparam){0};
        p = row_of(name, &no);
        if (!p || (p->flags & P_PSEUDO && !native_settable(p)))
                return call_end("jailparam_init", NULL, err_set(&e, ENOENT, "unknown parameter: %s", name), &e);
        jp->jp_name = strdup(name);
        if (!jp->jp_name)
                return fail("jailparam_init", ENOMEM);
        set_type(jp, p, no);
        return 0;
}

static void drop_value(struct jailparam *jp)
{
        if (!(jp->jp_flags & JP_RAWVALUE))
                free(jp->jp_value);
        jp->jp_value = NULL;
        jp->jp_flags &= ~(unsigned)JP_RAWVALUE;
}

/* The record takes the bytes over. Never NULL: an empty list is a value too. */
static int give_value(struct jailparam *jp, struct strbuf *value, struct err *e)
{
        if (!value->s && strbuf_add(value, "") < 0)
                return err_nomem(e);
        drop_value(jp);
        jp->jp_value = value->s;
        jp->jp_valuelen = value->len;
        *value = (struct strbuf){0};
        return 0;
}

int jailparam_import(struct jailparam *jp, const char *value)
{
        bool no;
        const struct param *p = row_of(jp->jp_name, &no);
        autobuf bytes = {0};
        struct err e = {0};
        int r;

        if (!value)
                return 0;
        r = native_import(jp->jp_name, p, value, &bytes, &e);
        if (r == 0)
                r = give_value(jp, &bytes, &e);
        return call_end("jailparam_import", NULL, r, &e);
}

int jailparam_import_raw(struct jailparam *jp, void *value, size_t valuelen)
{
        drop_value(jp);
        jp->jp_value = value;
        jp->jp_valuelen = valuelen;
        jp->jp_flags |= JP_RAWVALUE;
        return 0;
}

char *jailparam_export(struct jailparam *jp)
{
        bool no;
        const struct param *p = row_of(jp->jp_name, &no);
        struct strbuf text = {0};

        if (native_export(p, jp->jp_value, jp->jp_value ? jp->jp_valuelen : 0, &text) < 0 ||
            (!text.s && strbuf_add(&text, "") < 0)) {
                strbuf_free(&text);
                fail("jailparam_export", ENOMEM);
                return NULL;
        }
        return text.s;
}

void jailparam_free(struct jailparam *jp, unsigned njp)
{
        for (unsigned i = 0; i < njp; i++) {
                drop_value(&jp[i]);
                free(jp[i].jp_name);
                jp[i] = (struct jailparam){0};
        }
}

/* ------------------------------------------------------------------ all of them */

int jailparam_all(struct jailparam **jpp)
{
        size_t n;
        const struct param *t = param_table(&n);
        struct jailparam *all = calloc(n, sizeof *all);
        unsigned used = 0;

        if (!all)
                return fail("jailparam_all", ENOMEM);
        for (size_t i = 0; i < n; i++) {
                if (t[i].flags & P_PSEUDO)
                        continue;
                if (jailparam_init(&all[used], t[i].name) < 0) {
                        jailparam_free(all, used);
                        free(all);
                        return -1;
                }
                used++;
        }
        *jpp = all;
        return (int)used;
}

/* ------------------------------------------------------------------- setting */

/* "persist" to "nopersist", "allow.nomount" to "allow.mount": for free(3). */
static char *other_name(const struct jailparam *jp)
{
        const char *dot = strrchr(jp->jp_name, '.');
        const char *last = dot ? dot + 1 : jp->jp_name;
        struct strbuf name = {0};
        int r = strbuf_addn(&name, jp->jp_name, (size_t)(last - jp->jp_name));

        if (r == 0 && jp->jp_flags & JP_BOOL)
                r = strbuf_addf(&name, "no%s", last);
        else if (r == 0)
                r = strbuf_add(&name, last + 2);
        if (r < 0)
                strbuf_free(&name);
        return name.s;
}

static bool is_flag(const struct jailparam *jp)
{
        return jp->jp_flags & (JP_BOOL | JP_NOBOOL);
}

/* A boolean is its name; one that is false is the other name, which the list of iovecs then owns. */
static int flag_pair(const struct jailparam *jp, struct iovec *pair, struct strv *owned, struct err *e)
{
        int value = 1;
        char *name = jp->jp_name;

        if (jp->jp_value && jp->jp_valuelen == sizeof value)
                memcpy(&value, jp->jp_value, sizeof value);
        if (!value) {
                name = other_name(jp);
                if (!name || strv_give(owned, name) < 0)
                        return err_nomem(e);
        }
        pair[0] = (struct iovec){ name, strlen(name) + 1 };
        pair[1] = (struct iovec){0};
        return 0;
}

static int pair_of(struct jailparam *jp, struct iovec *pair, struct strv *owned, struct err *e)
{
        if (is_flag(jp))
                return flag_pair(jp, pair, owned, e);
        /* Without a value: "vnet" alone is new, a string empty, a number nothing that is known. */
        if (!jp->jp_value && !str_eq(jp->jp_name, "desc") && jailparam_import(jp, "") < 0)
                return err_set(e, errno, "%s", jail_errmsg);
        pair[0] = (struct iovec){ jp->jp_name, strlen(jp->jp_name) + 1 };
        pair[1] = (struct iovec){ jp->jp_value, jp->jp_valuelen };
        return 0;
}

int jailparam_set(struct jailparam *jp, unsigned njp, int flags)
{
        struct iovec *iov = calloc(2 * ((size_t)njp + 1), sizeof *iov);
        autostrv owned = {0};
        struct err e = {0};
        int r = 0;

        if (!iov)
                return fail("jailparam_set", ENOMEM);
        for (unsigned i = 0; i < njp && r == 0; i++)
                r = pair_of(&jp[i], iov + 2 * i, &owned, &e);
        r = r < 0 ? call_end("jailparam_set", NULL, r, &e) : jail_set(iov, 2 * njp, flags);
        free(iov);
        return r;
}

/* ------------------------------------------------------------------- getting */

static struct jailparam *find_record(struct jailparam *jp, unsigned njp, const char *name)
{
        for (unsigned i = 0; i < njp; i++)
                if (str_eq(jp[i].jp_name, name))
                        return &jp[i];
        return NULL;
}

/* The record that says which jail: the descriptor, lastjid, a jid that is not 0, a name. */
static struct jailparam *find_key_record(struct jailparam *jp, unsigned njp, int flags)
{
        struct jailparam *key = flags & JAIL_USE_DESC ? find_record(jp, njp, "desc") : find_record(jp, njp, "lastjid");
        struct jailparam *jid = find_record(jp, njp, "jid");
        int number = 0;

        if (key && key->jp_value)
                return key;
        if (jid && jid->jp_value && jid->jp_valuelen == sizeof number)
                memcpy(&number, jid->jp_value, sizeof number);
        if (number)
                return jid;
        key = find_record(jp, njp, "name");
        return key && key->jp_value ? key : NULL;
}

/* Are its bytes passed on as they are? All others are read into fresh memory. */
static bool is_passed(const struct jailparam *jp, const struct jailparam *key)
{
        return jp == key || str_eq(jp->jp_name, "desc") || jp->jp_flags & JP_RAWVALUE;
}

static void take_value(struct jailparam *jp, const struct jailparam *key, struct iovec *value, bool ok)
{
        if (is_passed(jp, key)) {
                if (ok)
                        jp->jp_valuelen = value->iov_len;
        } else if (ok) {
                free(jp->jp_value);
                jp->jp_value = value->iov_base;
                jp->jp_valuelen = value->iov_len;
        } else {
                free(value->iov_base);
        }
}

int jailparam_get(struct jailparam *jp, unsigned njp, int flags)
{
        const struct jailparam *key = find_key_record(jp, njp, flags);
        struct iovec *iov = calloc(2 * (size_t)njp + 1, sizeof *iov);
        int jid;

        if (!iov)
                return fail("jailparam_get", ENOMEM);
        if (!key) {
                free(iov);
                return call_end("jailparam_get", NULL, -ENOENT, &(struct err){ ENOENT, "no jail specified" });
        }
        for (unsigned i = 0; i < njp; i++) {
                iov[2 * i] = (struct iovec){ jp[i].jp_name, strlen(jp[i].jp_name) + 1 };
                if (is_passed(&jp[i], key))
                        iov[2 * i + 1] = (struct iovec){ jp[i].jp_value, jp[i].jp_valuelen };
        }
        jid = get_fresh(iov, 2 * njp, flags);
        for (unsigned i = 0; i < njp; i++)
                take_value(&jp[i], key, &iov[2 * i + 1], jid >= 0);
        free(iov);
        return jid;
}
