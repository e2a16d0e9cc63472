#include "record.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"
#include "kern/pidfd.h"
#include "store.h"

/* Room for everything that is appended until the jail is gone, beyond the parameters. */
#define RECORD_SPARE 3072
/* What a record is called, with a dot and more, until the number is known that is to be its name. */
#define UNNAMED "@new"
/* Below this it is not worth the while to write a record anew. */
#define RECORD_SMALL 16384
/*
 * What would make a record larger is refused: parameters at the first, things that are begun at the second, so that one
 * full of parameters can still be booted. What ends or takes back is never refused. Nothing of ours comes near what is
 * still read: a record that cannot be read is a jail that cannot be removed.
 */
#define RECORD_FULL (4 << 20)
#define RECORD_BEGUN (2 * RECORD_FULL)
#define RECORD_MAX (64 << 20)

/* ---------------------------------------------------------------- escaping */

static int escape(struct strbuf *b, const char *s)
{
        for (; *s; s++) {
                unsigned char c = (unsigned char)*s;
                int r = c < ' ' || c == '\\' || c == 0x7f ? strbuf_addf(b, "\\x%02x", c) : strbuf_addc(b, *s);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* In place; what does not parse is kept as it is. */
static void unescape(char *s)
{
        char *out = s;

        while (*s) {
                unsigned v;

                if (s[0] == '\\' && s[1] == 'x' && isxdigit((unsigned char)s[2]) && isxdigit((unsigned char)s[3]) &&
                    sscanf(s + 2, "%2x", &v) == 1 && v) {
                        *out++ = (char)v;
                        s += 4;
                } else {
                        *out++ = *s++;
                }
        }
        *out = '\0';
}

/* ----------------------------------------------------------------- writing */

static int append(struct record *rec, const char *text, struct err *e)
{
        size_t n = strlen(text);
        ssize_t w = write(rec->fd, text, n);

        if (w == (ssize_t)n) {
                rec->size += n;
                return 0;
        }
        if (w >= 0) {
                struct stat sb;

                /* Part of it: cut off, or else ended, so that the next line stands alone; a reader skips what it cannot parse. */
                if (fstat(rec->fd, &sb) < 0 || ftruncate(rec->fd, sb.st_size - w) < 0)
                        fd_write_all(rec->fd, "\n", 1);
                errno = ENOSPC;
        }
        return err_sys(e, "write record %s", rec->name);
}

static int check_size(const struct record *rec, size_t more, size_t limit, struct err *e)
{
        if (rec->size + more <= limit)
                return 0;
        return err_set(e, E2BIG, "record %s: would be larger than %zu MiB", rec->name, limit >> 20);
}

/* Space for a text and for all that may follow it. Where a file system cannot tell, there is none to be had. */
static int reserve(struct record *rec, size_t n, struct err *e)
{
        size_t end = (rec->size + n + RECORD_SPARE + 4095) / 4096 * 4096;

        if (fallocate(rec->fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)end) < 0 && errno != EOPNOTSUPP)
                return err_sys(e, "reserve space for record %s", rec->name);
        return 0;
}

static int append_line(struct record *rec, struct err *e, const char *fmt, ...) ERR_PRINTF(3, 4);

static int append_line(struct record *rec, struct err *e, const char *fmt, ...)
{
        char line[4096];
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(line, sizeof line - 1, fmt, ap);
        va_end(ap);
        if (n < 0 || (size_t)n >= sizeof line - 1)
                return err_code(e, E2BIG, "write record %s", rec->name);
        line[n] = '\n';
        line[n + 1] = '\0';
        return append(rec, line, e);
}

static int append_param(struct strbuf *b, const struct jail_spec *s, const struct param *p)
{
        autostrv values = {0};

        if (spec_get(s, p, &values) < 0)
                return -ENOMEM;
        if (values.n == 0)      /* a list that was emptied */
                return strbuf_addf(b, "set %s\n", p->name);
        for (size_t i = 0; i < values.n; i++)
                if (strbuf_addf(b, "%s %s=", i ? "add" : "set", p->name) < 0 || escape(b, values.v[i]) < 0 ||
                    strbuf_addc(b, '\n') < 0)
                        return -ENOMEM;
        return 0;
}

/*
 * Everything that makes the jail goes into the record: jls shows it, removal needs no configuration file, nor does the
 * first process of a jail that was made without. Which commands run, and how, is no part of a jail.
 */
static bool is_recorded(const struct param *p)
{
        return !(p->flags & P_RDONLY) && !((p->flags & P_PSEUDO) && (p->flags & P_MODIFY));
}

static int header(struct strbuf *b, const struct record *rec)
{
        size_t n;
        const struct param *t = param_table(&n);

        if (strbuf_addf(b, "gaol 1 %s\njid %d\n", rec->store->boot_id, rec->jid) < 0)
                return -ENOMEM;
        if (rec->born && strbuf_addf(b, "born %" PRIx64 "\n", rec->born) < 0)
                return -ENOMEM;
        if (rec->uid_count && strbuf_addf(b, "ids %" PRIu32 " %" PRIu32 "\n", rec->uid_base, rec->uid_count) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                if (is_recorded(&t[i]) && spec_given(&rec->spec, &t[i]) &&
                    append_param(b, &rec->spec, &t[i]) < 0)
                        return -ENOMEM;
        return 0;
}

/* ----------------------------------------------------------------- reading */

static int entry_add(struct record *rec, const char *step, const char *note)
{
        struct entry *all = realloc(rec->entries, (rec->n_entries + 1) * sizeof *all);

        if (!all)
                return -ENOMEM;
        rec->entries = all;
        all[rec->n_entries] = (struct entry){ .step = strdup(step), .note = strdup(note) };
        if (!all[rec->n_entries].step || !all[rec->n_entries].note) {
                free(all[rec->n_entries].step);
                free(all[rec->n_entries].note);
                return -ENOMEM;
        }
        rec->n_entries++;
        return 0;
}

static struct entry *entry_find(struct record *rec, const char *step, const char *note)
{
        for (size_t i = rec->n_entries; i-- > 0;)
                if (str_eq(rec->entries[i].step, step) && str_eq(rec->entries[i].note, note))
                        return &rec->entries[i];
        return NULL;
}

static void entry_drop(struct record *rec, struct entry *gone)
{
        free(gone->step);
        free(gone->note);
        rec->n_entries--;
        memmove(gone, gone + 1, (size_t)(rec->entries + rec->n_entries - gone) * sizeof *gone);
}

/* One parameter with all its values so far; lists arrive as one "set" and any number of "add". */
struct pending {
        char *name;
        struct strv values;
};

static int pending_flush(struct record *rec, struct pending *p)
{
        struct err scrap;
        int r = 0;

        if (p->name)
                r = spec_set(&rec->spec, p->name, p->values.v, p->values.n, &scrap);
        /*
         * A parameter this version does not know, or no longer accepts, must not stop a removal. But where it is missing
         * the default holds, which may allow more.
         */
        if (r < 0 && r != -ENOMEM) {
                r = 0;
                if (!rec->partial) {
                        rec->partial = p->name;
                        p->name = NULL;
                }
        }
        free(p->name);
        strv_free(&p->values);
        *p = (struct pending){0};
        return r;
}

static int read_param(struct record *rec, struct pending *p, bool first, char *text)
{
        char *value = strchr(text, '=');

        if (value)
                *value++ = '\0';
        if (first) {
                if (pending_flush(rec, p) < 0)
                        return -ENOMEM;
                p->name = strdup(text);
                if (!p->name)
                        return -ENOMEM;
        } else if (!p->name || !str_eq(p->name, text)) {
                return 0;
        }
        if (!value)
                return 0;
        unescape(value);
        return strv_push(&p->values, value);
}

static int read_entry(struct record *rec, const char *verb, char *text)
{
        char *note = strchr(text, ' ');
        struct entry *old;

        if (!note)
                return 0;
        *note++ = '\0';
        unescape(note);
        if (str_eq(verb, "begun"))
                return entry_add(rec, text, note);
        old = entry_find(rec, text, note);
        if (old && str_eq(verb, "done"))
                old->done = true;
        else if (old)
                entry_drop(rec, old);
        return 0;
}

static void end_change(struct record *rec)
{
        if (rec->changing)
                spec_finish(&rec->tried);
        rec->tried = (struct jail_spec){0};
        rec->changing = false;
}

/* While lines are read, tried holds what was before and spec becomes what is tried; parse() swaps them. */
static int read_change(struct record *rec, struct pending *p, const char *verb)
{
        if (pending_flush(rec, p) < 0)
                return -ENOMEM;
        if (str_eq(verb, "done"))
                end_change(rec);
        if (!str_eq(verb, "begun") || rec->changing)
                return 0;
        if (spec_copy(&rec->tried, &rec->spec) < 0) {
                rec->tried = (struct jail_spec){0};
                return -ENOMEM;
        }
        rec->changing = true;
        return 0;
}

static int read_line(struct record *rec, struct pending *p, char *line)
{
        char *text = strchr(line, ' ');

        if (!text)
                return 0;
        *text++ = '\0';
        if (str_eq(line, "set") || str_eq(line, "add"))
                return read_param(rec, p, line[0] == 's', text);
        if (str_eq(line, "begun") || str_eq(line, "done") || str_eq(line, "undone"))
                return read_entry(rec, line, text);
        if (str_eq(line, "gaol"))
                rec->same_boot = str_starts(text, "1 ") && str_eq(text + 2, rec->store->boot_id);
        else if (str_eq(line, "jid"))
                num_int(text, &rec->jid);
        else if (str_eq(line, "born") && sscanf(text, "%" SCNx64, &rec->born) != 1)
                rec->born = 0;
        else if (str_eq(line, "ids") && sscanf(text, "%" SCNu32 " %" SCNu32, &rec->uid_base, &rec->uid_count) != 2)
                rec->uid_count = 0;
        else if (str_eq(line, "init")) {
                rec->booted = false;
                if (sscanf(text, "%d %" SCNu64, &rec->init, &rec->init_start) != 2)
                        rec->init = 0;
        } else if (str_eq(line, "state")) {
                rec->up = str_eq(text, "up");
                rec->booted = rec->up && rec->init;
                rec->removing = str_eq(text, "down");
        }
        else if (str_eq(line, "change"))
                return read_change(rec, p, text);
        return 0;
}

static int parse(struct record *rec, char *text, struct err *e)
{
        struct pending p = {0};
        int r = 0;

        /* What stands behind the last newline was never finished, so what it announces was never begun. */
        for (char *end; r == 0 && (end = strchr(text, '\n')); text = end + 1) {
                *end = '\0';
                r = read_line(rec, &p, text);
        }
        if (pending_flush(rec, &p) < 0)
                r = -ENOMEM;
        if (rec->changing) {
                struct jail_spec tried = rec->spec;

                rec->spec = rec->tried;
                rec->tried = tried;
        }
        return r < 0 ? err_nomem(e) : 0;
}

/* --------------------------------------------------------- opening, closing */

static void drop_entries(struct record *rec)
{
        while (rec->n_entries)
                entry_drop(rec, &rec->entries[rec->n_entries - 1]);
}

void record_close(struct record *rec)
{
        drop_entries(rec);
        free(rec->entries);
        end_change(rec);
        spec_finish(&rec->spec);
        free(rec->partial);
        free(rec->name);
        fd_drop(&rec->fd);
        *rec = (struct record){ .fd = -EBADF };
}

static int lock_record(int fd, struct err *e, const char *name)
{
        while (flock(fd, LOCK_EX) < 0)
                if (errno != EINTR)
                        return err_sys(e, "lock record %s", name);
        return 0;
}

/*
 * Between open and lock the file may have been removed, and another made under the name: 1 it is still the one, 0 it is
 * not, or -errno. Who cannot tell must not take it for gone: what it speaks of would be left.
 */
static int still_there(const struct store *st, const char *name, int fd, struct err *e)
{
        struct stat a, b;

        if (fstat(fd, &a) < 0)
                return err_sys(e, "record %s", name);
        if (fstatat(st->jails, name, &b, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : err_sys(e, "record %s", name);
        return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int init_record(struct record *rec, const struct store *st, const char *name, struct err *e)
{
        *rec = (struct record){ .store = st, .fd = -EBADF };
        spec_init(&rec->spec);
        rec->name = strdup(name);
        return rec->name ? 0 : err_nomem(e);
}

/* What the record says of itself wins over what the table would default to. */
static int complete(const struct record *rec, struct jail_spec *spec)
{
        if (rec->jid)
                spec->jid = rec->jid;
        if (str_set(&spec->name, rec->name) < 0 || (!spec->path && str_set(&spec->path, "/") < 0) ||
            (!spec->level && str_set(&spec->level, "os") < 0))
                return -ENOMEM;
        return 0;
}

/* Fills ret, all but its descriptor, from the file. repair: the caller has the lock, and may cut off half a line. */
static int read_record(const struct store *st, const char *name, int fd, bool repair, struct record *ret, struct err *e)
{
        struct record rec;
        autostr text = NULL;
        struct stat sb;
        size_t size;
        ssize_t n;

        if (fstat(fd, &sb) < 0 || !S_ISREG(sb.st_mode) || sb.st_size > RECORD_MAX)
                return err_code(e, EINVAL, "record %s", name);
        text = malloc((size_t)sb.st_size + 1);
        if (!text)
                return err_nomem(e);
        n = pread(fd, text, (size_t)sb.st_size, 0);
        if (n < 0)
                return err_sys(e, "record %s", name);
        text[n] = '\0';
        size = (size_t)n;
        /* A writer was killed in the middle of a line: what it would have announced was never begun. */
        if (repair && n > 0 && text[n - 1] != '\n') {
                char *end = strrchr(text, '\n');

                size = end ? (size_t)(end + 1 - text) : 0;
                if (ftruncate(fd, (off_t)size) < 0)
                        return err_sys(e, "record %s", name);
        }
        if (init_record(&rec, st, name, e) < 0 || parse(&rec, text, e) < 0) {
                record_close(&rec);
                return -e->code;
        }
        if (complete(&rec, &rec.spec) < 0 || (rec.changing && complete(&rec, &rec.tried) < 0)) {
                record_close(&rec);
                return err_nomem(e);
        }
        rec.size = size;
        *ret = rec;
        return 0;
}

int record_open(const struct store *st, const char *name, bool lock, struct record *ret, struct err *e)
{
        struct err scrap;
        autofd fd = -EBADF;
        int there;

        e = e ? e : &scrap;
        if (strchr(name, '/') || name[0] == '.')
                return err_code(e, ENOENT, "record %s", name);
        for (;;) {
                fd = openat(st->jails, name, (lock ? O_RDWR | O_APPEND : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
                if (fd < 0)
                        return err_sys(e, "record %s", name);
                if (!lock)
                        break;
                if (lock_record(fd, e, name) < 0)
                        return -e->code;
                there = still_there(st, name, fd, e);
                if (there < 0)
                        return there;
                if (there)
                        break;
                fd_drop(&fd);
        }
        if (read_record(st, name, fd, lock, ret, e) < 0)
                return -e->code;
        if (lock)
                ret->fd = fd_take(&fd);
        return 0;
}

static int allot(struct record *rec, unsigned uid_units, struct err *e)
{
        autofd index = index_lock(rec->store, e);
        autobuf text = {0};
        struct err scrap;

        if (index < 0)
                return index;
        if (index_take_jid(index, rec->spec.jid, &rec->jid, e) < 0)
                return -e->code;
        if (uid_units && index_take_ids(index, rec->jid, uid_units, &rec->uid_base, e) < 0)
                goto give_back;
        rec->uid_count = uid_units * 65536;
        rec->spec.jid = rec->jid;
        if (header(&text, rec) < 0) {
                err_nomem(e);
                goto give_back;
        }
        if (check_size(rec, text.len, RECORD_FULL, e) < 0 || reserve(rec, text.len, e) < 0)
                goto give_back;
        /* Still under the index lock: a record without a jid owns nothing (see index_reclaim). */
        if (append(rec, text.s, e) < 0)
                goto give_back;
        return 0;
give_back:
        index_give_back(index, rec->jid, rec->uid_base, rec->uid_count, &scrap);
        return -e->code;
}

/*
 * A number that no other record has: under the same name, with the same jid, there may be another jail later. The kernel
 * always has so few bytes, and whoever can run us is past the start of the machine.
 */
static uint64_t new_born(void)
{
        uint64_t n;

        while (getrandom(&n, sizeof n, 0) != sizeof n || n == 0)
                ;
        return n;
}

/* Takes away one that was never renamed, if whoever made it is dead. */
static void discard_unnamed(const struct store *st, const char *name)
{
        struct record rec;
        struct err scrap;
        autofd fd = openat(st->jails, name, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || still_there(st, name, fd, &scrap) <= 0 ||
            read_record(st, name, fd, true, &rec, &scrap) < 0)
                return;
        rec.fd = fd_take(&fd);
        /* Entries it cannot have; if it has, they are for a removal to undo. */
        if (rec.n_entries == 0)
                record_unlink(&rec, &scrap);
        record_close(&rec);
}

/* What was left by those who were killed between the two names. Nobody asks for it, so nothing else would find it. */
static void discard_all_unnamed(const struct store *st)
{
        autostrv names = {0};

        if (store_names_below(st, UNNAMED, &names, NULL) < 0)
                return;
        for (size_t i = 0; i < names.n; i++)
                discard_unnamed(st, names.v[i]);
}

/*
 * A jail without a name is called by its number, which is only known under the
 * index lock; so its record is made under a name nobody can ask for and renamed.
 */
int record_create(const struct store *st, const struct jail_spec *spec, unsigned uid_units, struct record *ret, struct err *e)
{
        struct record rec;
        char name[32];
        int there;

        if (!spec->name)
                discard_all_unnamed(st);
        snprintf(name, sizeof name, UNNAMED ".%d.%lx", (int)getpid(), (unsigned long)&rec);
        if (init_record(&rec, st, spec->name ? spec->name : name, e) < 0)
                return -e->code;
        spec_finish(&rec.spec);
        if (spec_copy(&rec.spec, spec) < 0) {
                rec.spec = (struct jail_spec){0};
                record_close(&rec);
                return err_nomem(e);
        }
        for (;;) {
                rec.fd = openat(st->jails, rec.name, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
                if (rec.fd < 0) {
                        int r = err_sys(e, "record %s", rec.name);

                        record_close(&rec);
                        return r;
                }
                there = lock_record(rec.fd, e, rec.name);
                if (there == 0)
                        there = still_there(st, rec.name, rec.fd, e);
                /* It says of nothing that it is ours, so whoever comes next may remove it. */
                if (there < 0)
                        goto fail;
                if (there)
                        break;
                fd_drop(&rec.fd);       /* somebody cleaned up the empty file before we had its lock */
        }
        rec.same_boot = true;
        rec.born = new_born();
        if (allot(&rec, uid_units, e) < 0)
                goto fail;
        if (!spec->name) {
                snprintf(name, sizeof name, "%d", rec.jid);
                if (renameat2(st->jails, rec.name, st->jails, name, RENAME_NOREPLACE) < 0) {
                        err_sys(e, "record %s", name);
                        goto fail;
                }
                if (str_set(&rec.name, name) < 0 || str_set(&rec.spec.name, name) < 0) {
                        err_nomem(e);
                        goto fail;
                }
        }
        *ret = rec;
        return 0;
fail:
        unlinkat(st->jails, rec.name, 0);
        record_close(&rec);
        return -e->code;
}

/* ------------------------------------------------------------ the journal */

static int add_entry_line(struct strbuf *b, const char *verb, const char *step, const char *note)
{
        return strbuf_addf(b, "%s %s ", verb, step) < 0 || escape(b, note) < 0 || strbuf_addc(b, '\n') < 0 ? -ENOMEM : 0;
}

static int journal(struct record *rec, const char *verb, const char *step, const char *note, struct err *e)
{
        autobuf line = {0};

        if (add_entry_line(&line, verb, step, note) < 0)
                return err_nomem(e);
        return append(rec, line.s, e);
}

int record_begin(struct record *rec, const char *step, const char *note, struct err *e)
{
        autobuf line = {0};

        if (add_entry_line(&line, "begun", step, note) < 0)
                return err_nomem(e);
        if (check_size(rec, line.len, RECORD_BEGUN, e) < 0 || append(rec, line.s, e) < 0)
                return -e->code;
        return entry_add(rec, step, note) < 0 ? err_nomem(e) : 0;
}

int record_done(struct record *rec, const char *step, const char *note, struct err *e)
{
        struct entry *it = entry_find(rec, step, note);

        if (it)
                it->done = true;
        return journal(rec, "done", step, note, e);
}

int record_undone(struct record *rec, const char *step, const char *note, struct err *e)
{
        struct entry *it = entry_find(rec, step, note);
        int r = journal(rec, "undone", step, note, e);

        if (it)
                entry_drop(rec, it);
        return r;
}

int record_set_init(struct record *rec, pid_t pid, uint64_t start, struct err *e)
{
        rec->init = pid;
        rec->init_start = start;
        rec->booted = false;
        return append_line(rec, e, "init %d %" PRIu64, pid, start);
}

int record_set_up(struct record *rec, bool up, struct err *e)
{
        rec->up = up;
        rec->booted = up && rec->init;
        return append_line(rec, e, "state %s", up ? "up" : "changing");
}

int record_set_removing(struct record *rec, struct err *e)
{
        rec->removing = true;
        return append_line(rec, e, "state down");
}

/* The parameters of one that differ from those of the other. */
static int differences(struct strbuf *text, const struct jail_spec *from, const struct jail_spec *to, struct err *e)
{
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t i = 0; i < n; i++) {
                autostrv a = {0}, b = {0};

                if (!is_recorded(&t[i]))
                        continue;
                if (spec_get(from, &t[i], &a) < 0 || spec_get(to, &t[i], &b) < 0)
                        return err_nomem(e);
                if (!strv_eq(&a, &b) && append_param(text, to, &t[i]) < 0)
                        return err_nomem(e);
        }
        return 0;
}

int record_change(struct record *rec, const struct jail_spec *spec, struct err *e)
{
        autobuf text = {0};
        size_t before;

        if (strbuf_add(&text, "change begun\n") < 0)
                return err_nomem(e);
        before = text.len;
        if (differences(&text, &rec->spec, spec, e) < 0)
                return -e->code;
        if (text.len == before)
                return 0;
        if (check_size(rec, text.len, RECORD_FULL, e) < 0 || reserve(rec, text.len, e) < 0)
                return -e->code;
        end_change(rec);
        if (spec_copy(&rec->tried, spec) < 0) {
                rec->tried = (struct jail_spec){0};
                return err_nomem(e);
        }
        rec->changing = true;
        if (append(rec, text.s, e) == 0)
                return 1;
        end_change(rec);
        return -e->code;
}

int record_changed(struct record *rec, struct err *e)
{
        struct jail_spec old = rec->spec;

        if (append_line(rec, e, "change done") < 0)
                return -e->code;
        rec->spec = rec->tried;
        rec->tried = old;
        end_change(rec);
        return 0;
}

int record_change_back(struct record *rec, struct err *e)
{
        autobuf text = {0};

        if (differences(&text, &rec->tried, &rec->spec, e) < 0)
                return -e->code;
        if (strbuf_add(&text, "change done\n") < 0)
                return err_nomem(e);
        if (append(rec, text.s, e) < 0)
                return -e->code;
        end_change(rec);
        return 0;
}

/* -------------------------------------------------------- writing it anew */

/* PID 1 behind "up": the making of it was not completed. */
static int add_state(struct strbuf *b, const struct record *rec)
{
        if (!rec->booted && strbuf_add(b, "state up\n") < 0)
                return -ENOMEM;
        if (rec->init && strbuf_addf(b, "init %d %" PRIu64 "\n", rec->init, rec->init_start) < 0)
                return -ENOMEM;
        return rec->booted ? strbuf_add(b, "state up\n") : 0;
}

/* What the lines of a jail that is up come to. */
static int summary(struct strbuf *b, const struct record *rec)
{
        if (header(b, rec) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < rec->n_entries; i++) {
                const struct entry *it = &rec->entries[i];

                if (add_entry_line(b, "begun", it->step, it->note) < 0 ||
                    (it->done && add_entry_line(b, "done", it->step, it->note) < 0))
                        return -ENOMEM;
        }
        return add_state(b, rec);
}

/* Not a name of a jail. One that was killed here leaves it for the next time, or for record_unlink(). */
#define ANEW_SIZE 32
static void name_anew(char ret[static ANEW_SIZE], int jid)
{
        snprintf(ret, ANEW_SIZE, ".new.%d", jid);
}

/* Locked before it has the name, whole, and with the mark: who sets that does not wait for the lock. */
static int write_anew(const struct record *rec, const char *name, const char *text, struct err *e)
{
        struct record anew = { .name = rec->name, .fd = -EBADF };
        autofd fd = openat(rec->store->jails, name, O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0)
                return err_sys(e, "write record %s anew", rec->name);
        anew.fd = fd;
        if (lock_record(fd, e, rec->name) < 0 || reserve(&anew, strlen(text), e) < 0 || append(&anew, text, e) < 0)
                return -e->code;
        if (fchmod(fd, 0600 | RECORD_BELOW) < 0 ||
            renameat(rec->store->jails, name, rec->store->jails, rec->name) < 0)
                return err_sys(e, "write record %s anew", rec->name);
        return fd_take(&fd);
}

int record_compact(struct record *rec, struct err *e)
{
        autobuf text = {0};
        char name[ANEW_SIZE];
        int fd;

        if (rec->size <= RECORD_SMALL || !rec->up || rec->removing || rec->changing || rec->partial || !rec->same_boot)
                return 0;
        if (summary(&text, rec) < 0)
                return err_nomem(e);
        if (text.len >= rec->size || (text.len > rec->size / 2 && rec->size < RECORD_FULL / 2))
                return 0;
        name_anew(name, rec->jid);
        fd = write_anew(rec, name, text.s, e);
        if (fd < 0) {
                unlinkat(rec->store->jails, name, 0);
                return fd;
        }
        /* Who waits for the old one's lock finds with it that it is another. */
        fd_drop(&rec->fd);
        rec->fd = fd;
        rec->size = text.len;
        return 0;
}

/* ---------------------------------------------------------------- the end */

struct jid_set {
        int *jids;
        size_t n;
};

static bool jid_known(void *ctx, int jid)
{
        const struct jid_set *set = ctx;

        for (size_t i = 0; i < set->n; i++)
                if (set->jids[i] == jid)
                        return true;
        return false;
}

/* For the one record that died before it could say what it owns. Called under the index lock. */
static int reclaim(const struct store *st, int index, struct err *e)
{
        autostrv names = {0};
        struct jid_set set = {0};
        int r;

        if (store_names(st, &names, e) < 0)
                return -e->code;
        set.jids = calloc(names.n + 1, sizeof *set.jids);
        if (!set.jids)
                return err_nomem(e);
        for (size_t i = 0; i < names.n; i++) {
                struct record other;

                r = record_open(st, names.v[i], false, &other, e);
                if (r == -ENOENT)
                        continue;
                /* One that cannot be read must not look as if it owned nothing. */
                if (r < 0) {
                        free(set.jids);
                        return r;
                }
                set.jids[set.n++] = other.jid;
                record_close(&other);
        }
        r = index_reclaim(index, jid_known, &set, e);
        free(set.jids);
        return r;
}

void record_yield(struct record *rec)
{
        rec->stale = true;
        flock(rec->fd, LOCK_UN);
}

/* What others can have changed, from one spec into another. Much of the maker's own is in no record: its commands. */
static int adopt(struct jail_spec *to, const struct jail_spec *from, struct err *e)
{
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t i = 0; i < n; i++) {
                autostrv a = {0}, b = {0};

                if (!is_recorded(&t[i]) || !(t[i].flags & P_MODIFY))
                        continue;
                if (spec_get(from, &t[i], &a) < 0 || spec_get(to, &t[i], &b) < 0)
                        return err_nomem(e);
                if (!strv_eq(&a, &b) && spec_set(to, t[i].name, a.v, a.n, e) < 0)
                        return -e->code;
        }
        return 0;
}

/* Takes over what others may have changed, all but the descriptor. */
static int take_over(struct record *rec, struct record *now, struct err *e)
{
        if (adopt(&rec->spec, &now->spec, e) < 0)
                return -e->code;
        drop_entries(rec);
        free(rec->entries);
        rec->entries = now->entries;
        rec->n_entries = now->n_entries;
        now->entries = NULL;
        now->n_entries = 0;
        end_change(rec);
        rec->tried = now->tried;
        rec->changing = now->changing;
        now->tried = (struct jail_spec){0};
        now->changing = false;
        rec->up = now->up;
        rec->removing = now->removing;
        rec->booted = now->booted;
        rec->init = now->init;
        rec->init_start = now->init_start;
        rec->size = now->size;
        free(rec->partial);
        rec->partial = now->partial;
        now->partial = NULL;
        return 0;
}

/* Opens what has the name now if it is the same jail's: 1, 0, or -errno. */
static int open_same(const struct record *rec, bool lock, struct record *ret, struct err *e)
{
        struct record now;
        int r = record_open(rec->store, rec->name, lock, &now, e);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        if (now.jid != rec->jid || now.born != rec->born) {
                record_close(&now);
                return 0;
        }
        *ret = now;
        return 1;
}

/* The same record under its lock, in another file if it was written anew: 1, 0 when the jail is gone, or -errno. */
static int find_again(const struct record *rec, struct record *ret, struct err *e)
{
        int r = lock_record(rec->fd, e, rec->name);

        if (r == 0)
                r = still_there(rec->store, rec->name, rec->fd, e);
        if (r < 0)
                return r;
        if (r > 0)
                return read_record(rec->store, rec->name, rec->fd, true, ret, e) < 0 ? -e->code : 1;
        /* Looked at first: a stranger may have his locked for as long as he likes. */
        r = open_same(rec, false, ret, e);
        if (r <= 0)
                return r;
        record_close(ret);
        return open_same(rec, true, ret, e);
}

int record_resume(struct record *rec, struct err *e)
{
        struct record now;
        int r;

        if (!rec->stale)
                return 0;
        r = find_again(rec, &now, e);
        if (r < 0)
                return r;
        if (r == 0) {
                rec->stale = false;
                rec->gone = true;
                drop_entries(rec);
                return err_set(e, ESTALE, "was removed meanwhile");
        }
        if (now.fd >= 0) {
                fd_drop(&rec->fd);
                rec->fd = fd_take(&now.fd);
        }
        r = take_over(rec, &now, e);
        record_close(&now);
        if (r == 0)
                rec->stale = false;
        return r;
}

int record_unlink(struct record *rec, struct err *e)
{
        struct err scrap;
        autofd index = -EBADF;
        char anew[ANEW_SIZE];

        e = e ? e : &scrap;
        if (rec->gone)
                return 0;
        index = index_lock(rec->store, e);
        if (index < 0)
                return index;
        if (rec->jid == 0) {
                if (reclaim(rec->store, index, e) < 0)
                        return -e->code;
        } else if (rec->same_boot && index_give_back(index, rec->jid, rec->uid_base, rec->uid_count, e) < 0) {
                return -e->code;
        }
        /* As long as nobody else can have the jid. */
        if (rec->jid && rec->same_boot) {
                name_anew(anew, rec->jid);
                unlinkat(rec->store->jails, anew, 0);
        }
        if (unlinkat(rec->store->jails, rec->name, 0) < 0 && errno != ENOENT)
                return err_sys(e, "remove record %s", rec->name);
        return 0;
}

int record_check_whole(const struct record *rec, struct err *e)
{
        return rec->partial ? err_set(e, ENOTSUP, "cannot read %s in its record: it can only be removed", rec->partial) : 0;
}

bool record_dormant(const struct record *rec)
{
        return rec->up && !rec->booted && rec->same_boot;
}

bool record_live(const struct record *rec)
{
        return record_dormant(rec) || record_alive(rec, NULL);
}

int record_look(const struct record *rec, int *ret_pidfd, struct err *e)
{
        struct err scrap;
        autofd pidfd = -EBADF;
        uint64_t start;
        int r;

        e = e ? e : &scrap;
        if (ret_pidfd)
                *ret_pidfd = -EBADF;
        if (rec->init <= 0 || rec->init_start == 0 || !rec->same_boot)
                return 0;
        /* Pinned first, compared then: what the comparison says of the pid then holds for the descriptor. */
        if (ret_pidfd)
                pidfd = pidfd_open_pid(rec->init, e);
        if (ret_pidfd && pidfd < 0)
                return pidfd == -ESRCH ? 0 : pidfd;
        r = pidfd_start_time(rec->init, &start, e);
        if (r <= 0 || start != rec->init_start)
                return r < 0 ? r : 0;
        if (ret_pidfd)
                *ret_pidfd = fd_take(&pidfd);
        return 1;
}

bool record_alive(const struct record *rec, int *ret_pidfd)
{
        int r = record_look(rec, ret_pidfd, NULL);

        return r > 0 || (r < 0 && !ret_pidfd);
}

/* The lock of a record is held by whoever makes, changes or removes the jail. Taken shared: askers see no others. */
static bool is_locked(const struct store *st, const char *name)
{
        autofd fd = openat(st->jails, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

        return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

int store_jid_lives(const struct store *st, int jid, char **ret_name, struct err *e)
{
        autostrv names = {0};

        if (store_names(st, &names, e) < 0)
                return -e->code;
        for (size_t i = 0; i < names.n; i++) {
                struct record rec;
                bool found, lives;
                int r = record_open(st, names.v[i], false, &rec, e);

                if (r == -ENOENT)
                        continue;
                if (r < 0)
                        return r;
                found = rec.jid == jid;
                lives = found && (is_locked(st, names.v[i]) || record_live(&rec));
                record_close(&rec);
                if (lives) {
                        *ret_name = names.v[i];
                        names.v[i] = NULL;
                        return 1;
                }
                if (found)
                        return 0;
        }
        return 0;
}

int record_jid(const struct store *st, const char *name)
{
        char text[256], *line;
        int jid = 0;

        if (strchr(name, '/') || fd_get(st->jails, name, text, sizeof text, NULL) <= 0)
                return 0;
        /* The second line; what is cut off at the end of the buffer is behind it. */
        line = strchr(text, '\n');
        if (!line || !str_starts(line + 1, "jid ") || sscanf(line + 5, "%d", &jid) != 1)
                return 0;
        return jid;
}
