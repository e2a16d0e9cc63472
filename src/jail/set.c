/* jail_set(): a list of names and values to a spec, and the spec to the engine. */
#include <errno.h>
#include <stdio.h>

#include <gaol/jail.h>

#include "base/fd.h"
#include "jail/aside.h"
#include "jail/attach.h"
#include "jail/call.h"
#include "jail/desc.h"
#include "jail/native.h"

#define ALL_FLAGS (JAIL_CREATE | JAIL_UPDATE | JAIL_ATTACH | JAIL_DYING | JAIL_USE_DESC | JAIL_AT_DESC | NEW_DESC)
#define NEW_DESC (JAIL_GET_DESC | JAIL_OWN_DESC)

/* One call, as the thread aside sees it. */
struct setting {
        const struct call *call;
        int flags;
        struct jail_spec spec;          /* what is asked for */
        char *key;                      /* the jail to change; NULL: there is none */
        char *prefix;                   /* JAIL_AT_DESC: "JAIL."; else NULL */
        bool let_go;                    /* persist ends when the caller is in the jail */
        bool created;
        int jid;                        /* results */
        char *name;
        int desc;
};

/* ----------------------------------------------------- from list to spec */

static int set_param(struct jail_spec *spec, const char *name, const struct iovec *value, struct err *e)
{
        bool no;
        const struct param *p = param_find(name, &no);
        autostrv values = {0};
        int r;

        if (!p || !native_settable(p))
                return err_set(e, EINVAL, "unknown parameter: %s", name);
        if (p->flags & P_RDONLY)
                return err_set(e, EINVAL, "%s: read-only parameter", name);
        if (native_read(p, value->iov_base, value->iov_len, &values, e) < 0)
                return -e->code;
        r = spec_set(spec, name, values.v, values.n, e);
        /* jail_set(2) knows one code for every value it does not like, and one for strings too long. */
        if (r == -ERANGE || r == -ENOENT)
                e->code = EINVAL;
        return r < 0 ? -e->code : 0;
}

static int read_params(struct setting *s, struct err *e)
{
        const struct call *call = s->call;
        const char *name;
        int jid;

        if (call_int(call->jid, "jid", &jid, e) < 0 || call_string(call->name, "name", &name, e) < 0)
                return -e->code;
        if (jid < 0)
                return err_set(e, EINVAL, "jid: negative");
        for (size_t i = 0; i < call->n; i++) {
                const char *param = call_name(call, i);

                /* 0 and "" are none */
                if ((str_eq(param, "jid") && jid == 0) || (str_eq(param, "name") && !*name))
                        continue;
                if (str_eq(param, "lastjid"))
                        return err_set(e, EINVAL, "unknown parameter: lastjid");
                if (!call_is_special(param) && set_param(&s->spec, param, call_value(call, i), e) < 0)
                        return -e->code;
        }
        return 0;
}

static int check_flags(const struct call *call, int flags, struct err *e)
{
        if (flags & ~ALL_FLAGS)
                return err_set(e, EINVAL, "unknown flags 0x%x", (unsigned)flags);
        if (!(flags & (JAIL_CREATE | JAIL_UPDATE)))
                return err_set(e, EINVAL, "neither JAIL_CREATE nor JAIL_UPDATE");
        return call_check_desc(call, flags, e);
}

/* ------------------------------------------------------------ which jail */

/* Finds the jail that the list names, or finds that there is none. */
static int find_target(struct setting *s, const struct where *where, struct err *e)
{
        const struct call *call = s->call;
        struct record rec;
        const char *name;
        int jid, r;

        if (call_int(call->jid, "jid", &jid, e) < 0 || call_string(call->name, "name", &name, e) < 0)
                return -e->code;
        if (s->flags & JAIL_USE_DESC) {
                r = find_desc(where, call_desc(call), &rec, e);
                if (r == 0 && jid && jid != rec.jid) {
                        record_close(&rec);
                        return err_set(e, EINVAL, "jid: not that of the descriptor");
                }
        } else if (jid) {
                r = find_jid(where, jid, &rec, e);
        } else if (*name) {
                r = find_name(where, name, &rec, e);
        } else {
                return s->flags & JAIL_CREATE ? 0 : err_set(e, ENOENT, "update specified no jail");
        }
        /* A descriptor of a dead jail makes no new one. */
        if (r == -ENOENT && (s->flags & JAIL_CREATE) && !(s->flags & JAIL_USE_DESC)) {
                *e = (struct err){0};
                return 0;
        }
        if (r < 0)
                return r;
        s->key = strdup(rec.name);
        record_close(&rec);
        return s->key ? 0 : err_nomem(e);
}

static int already(const struct setting *s, struct err *e)
{
        const char *name = s->spec.name;

        if (s->spec.jid)
                return err_set(e, EEXIST, "jail %d already exists", s->spec.jid);
        return err_set(e, EEXIST, "jail \"%s\" already exists", name ? name : s->key);
}

/* Below a descriptor's jail: its name in front of ours. */
static int put_below(struct setting *s, struct err *e)
{
        autobuf full = {0};
        char number[16];

        if (!s->spec.name && !s->spec.jid && !s->key)
                return err_set(e, EINVAL, "name: needed with JAIL_AT_DESC");
        if (!s->spec.name && s->key)
                return 0;
        snprintf(number, sizeof number, "%d", s->spec.jid);
        if (strbuf_addf(&full, "%s%s", s->prefix, s->spec.name ? s->spec.name : number) < 0)
                return err_nomem(e);
        return spec_set(&s->spec, "name", &full.s, 1, e);
}

/* --------------------------------------------------------------- doing it */

static int create(struct setting *s, struct lane *lane, struct err *e)
{
        struct host *h = lane->host;
        char number[16];
        int r;

        if (!s->spec.persist && !(s->flags & JAIL_ATTACH))
                return err_set(e, EINVAL, "new jail must persist or attach");
        s->let_go = !s->spec.persist;
        s->spec.persist = true;
        if (s->flags & JAIL_OWN_DESC) {
                engine_sweep(lane);
                h->own = true;
        }
        r = spec_validate(&s->spec, e);
        if (r == 0)
                r = engine_create(lane, &s->spec, &s->jid, e);
        if (r == -EEXIST)
                return already(s, e);
        if (r < 0)
                return r;
        s->created = true;
        s->desc = fd_take(&h->owner);
        snprintf(number, sizeof number, "%d", s->jid);
        s->name = strdup(s->spec.name ? s->spec.name : number);
        return s->name ? 0 : err_nomem(e);
}

static int update(struct setting *s, struct lane *lane, struct err *e)
{
        const struct param *create_only = NULL;
        int r;

        if ((s->flags & JAIL_ATTACH) && spec_given(&s->spec, param_find("persist", NULL)) && !s->spec.persist)
                s->let_go = s->spec.persist = true;
        r = engine_modify(lane, s->key, &s->spec, &create_only, &s->jid, e);
        if (r == -EBUSY && create_only)
                return err_set(e, EINVAL, "%s cannot be changed after creation", create_only->name);
        if (r == -ENOENT)
                return err_set(e, ENOENT, "jail \"%s\" not found", s->key);
        s->name = r < 0 ? NULL : strdup(s->key);
        return r < 0 ? r : s->name ? 0 : err_nomem(e);
}

static int do_set(struct lane *lane, void *ctx, struct err *e)
{
        struct setting *s = ctx;
        struct where where = { .store = &lane->host->store, .prefix = "" };
        int r = 0;

        if (s->flags & JAIL_AT_DESC) {
                r = find_below(where.store, call_desc(s->call), &s->prefix, e);
                if (r < 0)
                        return r;
                where.prefix = s->prefix;
        }
        r = find_target(s, &where, e);
        if (r < 0)
                return r;
        if (s->key && !(s->flags & JAIL_UPDATE))
                return already(s, e);
        if (s->prefix)
                r = put_below(s, e);
        if (r == 0)
                r = s->key ? update(s, lane, e) : create(s, lane, e);
        if (r == 0 && (s->flags & NEW_DESC) && s->desc < 0)
                r = desc_open(lane, s->name, s->flags & JAIL_OWN_DESC, &s->desc, e);
        if (r < 0 && s->created && s->name)
                engine_remove(lane, s->name, NULL, false, &(struct err){0});
        return r;
}

static int undo_set(struct lane *lane, void *ctx, struct err *e)
{
        struct setting *s = ctx;

        return engine_remove(lane, s->name, NULL, false, e);
}

static int set_and_attach(struct setting *s, struct err *e)
{
        struct err scrap = {0};
        int r = s->flags & JAIL_ATTACH ? attach_allowed(e) : 0;

        if (r == 0)
                r = read_params(s, e);
        if (r == 0)
                r = aside(do_set, s, e);
        if (r < 0 || !(s->flags & JAIL_ATTACH))
                return r;
        r = attach(s->name, s->let_go, e);
        if (r < 0 && s->created)
                aside(undo_set, s, &scrap);
        return r;
}

int jail_set(struct iovec *iov, unsigned int niov, int flags)
{
        struct call call;
        struct setting s = { .call = &call, .flags = flags, .desc = -EBADF };
        struct err e = {0};
        int r = call_parse(&call, iov, niov, &e);

        spec_init(&s.spec);
        if (r == 0)
                r = call_may(&e);
        if (r == 0)
                r = check_flags(&call, flags, &e);
        if (r == 0)
                r = set_and_attach(&s, &e);
        if (r == 0 && s.desc >= 0)
                call_put_desc(&call, fd_take(&s.desc));
        spec_finish(&s.spec);
        free(s.key);
        free(s.prefix);
        free(s.name);
        fd_close(s.desc);
        return call_end("jail_set", call.errmsg, r < 0 ? r : s.jid, &e);
}
