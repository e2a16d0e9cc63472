/* From what a caller of the C interface knows of a jail to its record. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"
#include "jail/call.h"
#include "kern/pidfd.h"
#include "step/own.h"

/* Does it live, as far as we are asked? */
static bool there(const struct where *where, const struct record *rec)
{
        return (rec->up || (where->dying && rec->removing)) && record_live(rec) &&
               (where->dying || record_dormant(rec) || !pidfd_ending(rec->init));
}

static int open_there(const struct where *where, const char *name, struct record *ret, struct err *e)
{
        int r = record_open(where->store, name, false, ret, e);

        if (r < 0 || there(where, ret))
                return r;
        record_close(ret);
        return -ENOENT;
}

int find_name(const struct where *where, const char *name, struct record *ret, struct err *e)
{
        autobuf full = {0};
        int r;

        if (strbuf_addf(&full, "%s%s", where->prefix, name) < 0)
                return err_nomem(e);
        r = open_there(where, full.s, ret, e);
        return r == -ENOENT || r == -ENAMETOOLONG ? err_set(e, ENOENT, "jail \"%s\" not found", name) : r;
}

struct pair {
        int jid;
        const char *name;
};

static int by_jid(const void *a, const void *b)
{
        const struct pair *x = a, *y = b;

        return (x->jid > y->jid) - (x->jid < y->jid);
}

/* The first jail that is there with a jid from low to high, in their order. -ENOENT without a word. */
static int find_between(const struct where *where, int low, int high, struct record *ret, struct err *e)
{
        autostrv names = {0};
        struct pair *pairs;
        size_t n = 0;
        int r = -ENOENT;

        if (store_names(where->store, &names, e) < 0)
                return -e->code;
        pairs = calloc(names.n + 1, sizeof *pairs);
        if (!pairs)
                return err_nomem(e);
        for (size_t i = 0; i < names.n; i++) {
                struct pair p = { .name = names.v[i] };

                if (!str_starts(p.name, where->prefix))
                        continue;
                p.jid = record_jid(where->store, p.name);
                if (p.jid >= low && p.jid <= high && p.jid > 0)
                        pairs[n++] = p;
        }
        qsort(pairs, n, sizeof *pairs, by_jid);
        for (size_t i = 0; i < n && r == -ENOENT; i++)
                r = open_there(where, pairs[i].name, ret, e);
        free(pairs);
        return r;
}

int find_jid(const struct where *where, int jid, struct record *ret, struct err *e)
{
        int r = find_between(where, jid, jid, ret, e);

        return r == -ENOENT ? err_set(e, ENOENT, "jail %d not found", jid) : r;
}

int find_after(const struct where *where, int jid, struct record *ret, struct err *e)
{
        int r = jid < 0 || jid >= INT32_MAX ? -ENOENT : find_between(where, jid + 1, INT32_MAX, ret, e);

        return r == -ENOENT ? err_set(e, ENOENT, "no jail after %d", jid) : r;
}

/* ------------------------------------------------------------ descriptors */

/* The process behind a pidfd, as fdinfo tells (pidfd_open(2)); -1: it has ended. False: no pidfd. */
static bool pidfd_process(int fd, pid_t *ret)
{
        char path[48], text[1024];
        const char *line;

        snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
        if (fd < 0 || fd_get(AT_FDCWD, path, text, sizeof text, NULL) < 0)
                return false;
        line = strstr(text, "\nPid:");
        return line && sscanf(line, "\nPid: %d", ret) == 1;
}

/* What PID 1 was told to be called, "gaol-init MODE NAME"; only a hint where to look. */
static void name_hint(pid_t pid, char *ret, size_t size)
{
        char path[48], text[512];
        const char *word = text;
        ssize_t n;

        ret[0] = '\0';
        snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
        n = fd_get(AT_FDCWD, path, text, sizeof text, NULL);
        for (int i = 0; i < 2 && word < text + n; i++)
                word += strlen(word) + 1;
        if (word < text + n)
                snprintf(ret, size, "%s", word);
}

struct sought {
        pid_t pid;              /* PID 1, or */
        const char *cookie;     /* the note of the socket that owns it */
};

static bool is_sought(const struct sought *s, const struct record *rec)
{
        if (!s->cookie)
                return rec->init == s->pid;
        for (size_t i = 0; i < rec->n_entries; i++)
                if (str_eq(rec->entries[i].step, step_own.name) && str_eq(rec->entries[i].note, s->cookie))
                        return true;
        return false;
}

static int find_sought(const struct where *where, const struct sought *s, struct record *ret, struct err *e)
{
        autostrv names = {0};

        if (store_names(where->store, &names, e) < 0)
                return -e->code;
        for (size_t i = 0; i < names.n; i++) {
                if (open_there(where, names.v[i], ret, e) < 0)
                        continue;
                if (is_sought(s, ret))
                        return 0;
                record_close(ret);
        }
        return -ENOENT;
}

static bool ended(int fd)
{
        struct pollfd p = { .fd = fd, .events = POLLIN };

        return poll(&p, 1, 0) > 0;
}

static int find_pid(const struct where *where, pid_t pid, struct record *ret, struct err *e)
{
        struct sought s = { .pid = pid };
        char hint[256];

        name_hint(pid, hint, sizeof hint);
        if (*hint && open_there(where, hint, ret, e) == 0) {
                if (is_sought(&s, ret))
                        return 0;
                record_close(ret);
        }
        return find_sought(where, &s, ret, e);
}

int find_desc(const struct where *where, int fd, struct record *ret, struct err *e)
{
        char cookie[OWN_NOTE];
        struct where any = { .store = where->store, .prefix = "", .dying = where->dying };
        pid_t pid = 0;
        bool owns = own_cookie(fd, cookie) == 0;
        int r = -ENOENT;

        if (!owns && !pidfd_process(fd, &pid))
                return err_set(e, EBADF, "not a jail descriptor");
        if (owns) {
                struct sought s = { .cookie = cookie };

                r = find_sought(&any, &s, ret, e);
        } else if (pid > 0) {
                r = find_pid(&any, pid, ret, e);
        }
        if (r != -ENOENT)
                return r;
        /* A jail that has ended has taken its record along, or is found dead; what still runs was never one. */
        if (ended(fd))
                return err_set(e, ENOENT, "descriptor to dead jail");
        return err_set(e, EBADF, "not a jail descriptor");
}

int find_below(const struct store *store, int fd, char **ret, struct err *e)
{
        struct record rec;
        autobuf prefix = {0};
        int r = find_desc(&(struct where){ .store = store, .prefix = "" }, fd, &rec, e);

        if (r < 0)
                return r;
        r = strbuf_addf(&prefix, "%s.", rec.name);
        record_close(&rec);
        if (r < 0)
                return err_nomem(e);
        *ret = prefix.s;
        prefix = (struct strbuf){0};
        return 0;
}
