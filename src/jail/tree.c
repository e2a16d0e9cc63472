#include "tree.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "step/host.h"
#include "step/limit.h"

bool tree_has_above(const char *name)
{
        return strchr(name, '.');
}

/* Cuts the last component off. false: there is none above. */
static bool go_up(char *name)
{
        char *dot = strrchr(name, '.');

        if (dot)
                *dot = '\0';
        return dot;
}

int tree_open_above(const struct store *st, const char *name, struct record *ret, int *ret_pidfd, struct err *e)
{
        autostr above = strdup(name);
        struct record rec;
        int pidfd = -EBADF, r;

        if (!above)
                return err_nomem(e);
        go_up(above);
        r = record_open(st, above, false, &rec, e);
        if (r < 0)
                return r == -ENOENT ? err_set(e, ENOENT, "jail \"%s\" not found", above) : r;
        if (!rec.up || !(record_dormant(&rec) || record_alive(&rec, &pidfd))) {
                record_close(&rec);
                return err_set(e, ENOENT, "jail \"%s\" not found", above);
        }
        if (record_check_whole(&rec, e) < 0) {
                record_close(&rec);
                fd_drop(&pidfd);
                return err_wrap(e, "jail \"%s\"", above);
        }
        *ret = rec;
        *ret_pidfd = pidfd;
        return 0;
}

static int later_first(const void *a, const void *b)
{
        return -strcmp(*(char *const *)a, *(char *const *)b);
}

int tree_mark_above(const struct store *st, const char *name, struct err *e)
{
        autostr above = strdup(name);

        if (!above)
                return err_nomem(e);
        go_up(above);
        if (fchmodat(st->jails, above, 0600 | RECORD_BELOW, 0) == 0)
                return 0;
        return errno == ENOENT ? err_set(e, ENOENT, "jail \"%s\" not found", above) : err_sys(e, "record %s", above);
}

int tree_below(const struct record *rec, struct strv *ret, struct err *e)
{
        struct stat st;

        if (fstat(rec->fd, &st) < 0)
                return err_sys(e, "record %s", rec->name);
        if (!(st.st_mode & RECORD_BELOW))
                return 0;
        if (store_names_below(rec->store, rec->name, ret, e) < 0)
                return -e->code;
        /* A name comes before those below it, so backwards is upwards. */
        if (ret->n)
                qsort(ret->v, ret->n, sizeof *ret->v, later_first);
        return 0;
}

int tree_inherit(struct run *run, struct err *e)
{
        autostr name = strdup(run->name);

        if (!name)
                return err_nomem(e);
        while (go_up(name)) {
                struct record rec;
                int r = record_open(&run->host->store, name, false, &rec, e);

                if (r == -ENOENT)
                        continue;
                if (r < 0)
                        return r;
                if (run->spec->user == JAILSYS_INHERIT && !run->uid_count) {
                        run->uid_base = rec.uid_base;
                        run->uid_count = rec.uid_count;
                }
                r = limit_inherit(run, &rec, e);
                record_close(&rec);
                if (r < 0)
                        return r;
        }
        return 0;
}
