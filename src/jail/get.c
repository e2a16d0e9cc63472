/* jail_get(): parameters of one jail, out of its record, into the caller's buffers. */
#include <errno.h>
#include <stdio.h>

#include <gaol/jail.h>

#include "base/fd.h"
#include "jail/aside.h"
#include "jail/call.h"
#include "jail/desc.h"
#include "jail/get.h"
#include "jail/native.h"

#define ALL_FLAGS (JAIL_DYING | JAIL_USE_DESC | JAIL_AT_DESC | JAIL_GET_DESC | JAIL_OWN_DESC)

static int find_key(const struct call *call, const struct where *where, int flags, struct record *ret, struct err *e)
{
        const char *name;
        int jid, last;

        if (flags & JAIL_USE_DESC)
                return find_desc(where, call_desc(call), ret, e);
        if (call_int(call->jid, "jid", &jid, e) < 0 || call_int(call->lastjid, "lastjid", &last, e) < 0)
                return -e->code;
        if (call->lastjid && call->lastjid->iov_base)
                return find_after(where, last, ret, e);
        if (jid < 0)
                return err_set(e, EINVAL, "jid: negative");
        if (jid)
                return find_jid(where, jid, ret, e);
        /* A buffer for the name need not hold a string when it is not the key. */
        if (call_string(call->name, "name", &name, e) < 0)
                return -e->code;
        return *name ? find_name(where, name, ret, e) : err_set(e, ENOENT, "no jail specified");
}

/* ----------------------------------------------------------------- values */

/* What is not in a record but among the others: parent, children.cur and the like. */
static int shown_values(const struct param *p, const struct record *rec, struct strv *ret, struct err *e)
{
        const struct jail_param *shown = jail_param_find(p->name);
        struct jail_host *host = NULL;
        struct jail_list *list = NULL;
        char number[16];
        ssize_t at = -1;
        int r = jail_host_open(&host, e);

        if (r == 0)
                r = jail_list_read(host, &list, e);
        snprintf(number, sizeof number, "%d", rec->jid);
        if (r == 0) {
                at = jail_list_find(list, number, e);
                r = at < 0 ? (int)at : 0;
        }
        if (r == 0 && shown) {
                ret->v = jail_list_values(list, (size_t)at, shown, &ret->n);
                r = ret->v ? 0 : err_nomem(e);
        }
        jail_list_free(list);
        jail_host_close(host);
        return r;
}

static int values_of(const struct param *p, const struct record *rec, const char *prefix, struct strv *ret, struct err *e)
{
        if (str_eq(p->name, "name"))
                return strv_push(ret, rec->name + strlen(prefix)) < 0 ? err_nomem(e) : 0;
        if (str_eq(p->name, "dying"))
                return strv_push(ret, rec->removing ? "true" : "false") < 0 ? err_nomem(e) : 0;
        if (p->flags & P_RDONLY)
                return shown_values(p, rec, ret, e);
        return spec_show(&rec->spec, p, ret) < 0 ? err_nomem(e) : 0;
}

static int put(const char *name, enum native_form form, struct iovec *to, const struct strbuf *value, bool fresh, struct err *e)
{
        bool fits = form == NATIVE_STRING || form == NATIVE_STRINGS || form == NATIVE_IN_ADDR || form == NATIVE_IN6_ADDR
                            ? to->iov_len >= value->len : to->iov_len == value->len;

        if (!to->iov_base && fresh) {
                to->iov_base = malloc(value->len + 1);
                if (!to->iov_base)
                        return err_nomem(e);
        } else if (to->iov_base && !fits)
                return err_set(e, EINVAL, "%s: a buffer of %zu bytes, not %zu", name, to->iov_len, value->len);
        /* The key may be a constant of the program's. */
        if (to->iov_base && value->len && memcmp(to->iov_base, value->s, value->len) != 0)
                memcpy(to->iov_base, value->s, value->len);
        to->iov_len = value->len;
        return 0;
}

/* One reading of a jail. */
struct reading {
        const struct call *call;
        const char *prefix;     /* of its name, that is not shown */
        int flags;
        bool fresh;             /* where there is no buffer, one is made */
        int jid;
};

static int get_param(const struct reading *r, const char *name, struct iovec *to, const struct record *rec, struct err *e)
{
        bool no;
        const struct param *p = param_find(name, &no);
        autostrv values = {0};
        autobuf value = {0};

        if (!p || (p->flags & P_PSEUDO))
                return err_set(e, EINVAL, "unknown parameter: %s", name);
        if (values_of(p, rec, r->prefix, &values, e) < 0)
                return -e->code;
        if (native_write(p, &values, no, &value) < 0)
                return err_nomem(e);
        return put(name, native_form(p), to, &value, r->fresh, e);
}

static int get_params(const struct reading *r, const struct record *rec, struct err *e)
{
        const struct call *call = r->call;

        for (size_t i = 0; i < call->n; i++)
                if (!call_is_special(call_name(call, i)) && get_param(r, call_name(call, i), call_value(call, i), rec, e) < 0)
                        return -e->code;
        return 0;
}

/* ------------------------------------------------------------ the whole */

static int get_from(struct lane *lane, void *ctx, struct err *e)
{
        struct reading *get = ctx;
        struct where where = { .store = &lane->host->store, .prefix = "", .dying = get->flags & JAIL_DYING };
        autostr prefix = NULL;
        struct record rec;
        int r = 0, fd = -EBADF;

        if (get->flags & JAIL_AT_DESC) {
                r = find_below(where.store, call_desc(get->call), &prefix, e);
                where.prefix = prefix;
        }
        if (r == 0)
                r = find_key(get->call, &where, get->flags, &rec, e);
        if (r < 0)
                return r;
        get->jid = rec.jid;
        get->prefix = where.prefix;
        r = get_params(get, &rec, e);
        if (r == 0 && (get->flags & (JAIL_GET_DESC | JAIL_OWN_DESC)))
                r = desc_open(lane, rec.name, get->flags & JAIL_OWN_DESC, &fd, e);
        if (r == 0 && fd >= 0)
                call_put_desc(get->call, fd);
        record_close(&rec);
        return r;
}

static int open_and_get(struct reading *get, struct err *e)
{
        struct lane lane = { .nl = NL_CLOSED };
        struct host host;
        int r;

        if (get->flags & ~ALL_FLAGS)
                return err_set(e, EINVAL, "unknown flags 0x%x", (unsigned)get->flags);
        if (call_check_desc(get->call, get->flags, e) < 0)
                return -e->code;
        /* The first descriptor of a jail may make its processes; reading a record enters nothing. */
        if (get->flags & (JAIL_GET_DESC | JAIL_OWN_DESC))
                return aside(get_from, get, e);
        if (host_open(&host, JAIL_RUN_DIR, e) < 0)
                return -e->code;
        lane.host = &host;
        r = get_from(&lane, get, e);
        host_close(&host);
        return r;
}

static int get_list(struct iovec *iov, unsigned niov, int flags, bool fresh)
{
        struct call call;
        struct reading get = { .call = &call, .flags = flags, .fresh = fresh };
        struct err e = {0};
        int r = call_parse(&call, iov, niov, &e);

        if (r == 0)
                r = call_may(&e);
        if (r == 0)
                r = open_and_get(&get, &e);
        return call_end("jail_get", call.errmsg, r < 0 ? r : get.jid, &e);
}

int get_fresh(struct iovec *iov, unsigned niov, int flags)
{
        return get_list(iov, niov, flags, true);
}

int jail_get(struct iovec *iov, unsigned int niov, int flags)
{
        return get_list(iov, niov, flags, false);
}
