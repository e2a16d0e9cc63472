/* jail_remove() and jail_remove_jd(). */
#include <errno.h>

#include <gaol/jail.h>

#include "jail/aside.h"
#include "jail/call.h"

struct removal {
        int which;              /* a jid, or a descriptor */
        bool by_desc;
};

static int do_remove(struct lane *lane, void *ctx, struct err *e)
{
        const struct removal *want = ctx;
        struct where where = { .store = &lane->host->store, .prefix = "" };
        struct record rec;
        autostr name = NULL;
        int r = want->by_desc ? find_desc(&where, want->which, &rec, e) : find_jid(&where, want->which, &rec, e);

        if (r < 0)
                return r;
        name = strdup(rec.name);
        record_close(&rec);
        if (!name)
                return err_nomem(e);
        return engine_remove(lane, name, NULL, false, e);
}

static int remove_jail(const char *function, int which, bool by_desc)
{
        struct removal want = { .which = which, .by_desc = by_desc };
        struct err e = {0};
        int r = call_may(&e);

        if (r == 0)
                r = aside(do_remove, &want, &e);
        /* jail_remove(2) says EINVAL of a jail that is not there */
        if (r == -ENOENT || r == -EBADF)
                e.code = EINVAL;
        return call_end(function, NULL, r, &e);
}

int jail_remove(int jid)
{
        return remove_jail("jail_remove", jid, false);
}

int jail_remove_jd(int fd)
{
        return remove_jail("jail_remove_jd", fd, true);
}
