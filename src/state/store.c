/*
 * The directory of records, and what is allotted machine-wide: jids, ranges of
 * user ids, membership in things that jails share.
 *
 * The index is a sparse file read and written in place under flock(2). It says
 * which jids are taken and which jid owns each range of 65,536 ids. A record's
 * first lines are written while the index is locked (record_create), so that a
 * process killed half way leaves a record by which store_reclaim() can tell
 * what nobody owns any more.
 */
#include "store.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"

#define JID_MAX 999999
#define UNIT 65536u
/*
 * Ids handed to jails: the range systemd documents for containers (UIDS-GIDS.md), from where no
 * useradd default reaches.
 */
#define POOL_FIRST 0x10000000u
#define POOL_END 0x6fff0000u
#define POOL_UNITS_MAX ((POOL_END - POOL_FIRST) / UNIT)

struct index_head {
        char magic[8];
        char boot_id[40];
        uint32_t last_jid, unit_hint;
};
#define AT_JIDS 4096                                    /* one bit per jid */
#define AT_UNITS (AT_JIDS + (JID_MAX + 8) / 8 + 8)      /* one uint32_t (owner's jid) per unit */
static const char index_magic[8] = "gaolidx1";

static int open_dir(int at, const char *name, bool create, struct err *e)
{
        autofd fd = -EBADF;
        struct stat st;

        fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 && errno == ENOENT && create) {
                if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
                        return err_sys(e, "mkdir %s", name);
                fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        }
        if (fd < 0)
                return err_sys(e, "open %s", name);
        /* Whoever may write here may make us undo things: the directory must be ours alone. */
        if (fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 022))
                return err_set(e, EPERM, "%s is not ours alone", name);
        return fd_take(&fd);
}

int store_open(struct store *st, const char *path, bool create, struct err *e)
{
        autofd dir = -EBADF;
        autofd jails = -EBADF;

        *st = (struct store){ .dir = -EBADF, .jails = -EBADF };
        if (fd_get(AT_FDCWD, "/proc/sys/kernel/random/boot_id", st->boot_id, sizeof st->boot_id, e) < 0)
                return -e->code;
        dir = open_dir(AT_FDCWD, path, create, e);
        if (dir < 0)
                return dir;
        jails = open_dir(dir, "jails", create, e);
        if (jails < 0)
                return err_wrap(e, "%s", path);
        st->dir = fd_take(&dir);
        st->jails = fd_take(&jails);
        return 0;
}

void store_close(struct store *st)
{
        fd_drop(&st->dir);
        fd_drop(&st->jails);
}

/* above: NULL, or whose names below are wanted. */
static int list_names(const struct store *st, const char *above, struct strv *ret, struct err *e)
{
        size_t len = above ? strlen(above) : 0;
        int fd = openat(st->jails, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct dirent *d;
        DIR *dir;
        int r;

        if (fd < 0)
                return err_sys(e, "open records");
        dir = fdopendir(fd);
        if (!dir) {
                fd_close(fd);
                return err_nomem(e);
        }
        while (errno = 0, (d = readdir(dir)))
                if (d->d_name[0] != '.' &&
                    (!above || (strncmp(d->d_name, above, len) == 0 && d->d_name[len] == '.')) &&
                    strv_push(ret, d->d_name) < 0) {
                        closedir(dir);
                        return err_nomem(e);
                }
        /* A part of them is no answer: who is missing would count as dead. */
        r = errno ? err_sys(e, "read records") : 0;
        closedir(dir);
        return r;
}

int store_names(const struct store *st, struct strv *ret, struct err *e)
{
        return list_names(st, NULL, ret, e);
}

int store_names_below(const struct store *st, const char *name, struct strv *ret, struct err *e)
{
        return list_names(st, name, ret, e);
}

static int lock_file(int dir, const char *name, struct err *e)
{
        autofd fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0)
                return err_sys(e, "open %s", name);
        while (flock(fd, LOCK_EX) < 0)
                if (errno != EINTR)
                        return err_sys(e, "lock %s", name);
        return fd_take(&fd);
}

int store_lock(const struct store *st, const char *what, struct err *e)
{
        char name[64];

        snprintf(name, sizeof name, "lock.%s", what);
        return lock_file(st->dir, name, e);
}

/* ------------------------------------------------------------------ index */

static int get_at(int fd, void *buf, size_t n, off_t at, struct err *e)
{
        ssize_t r = pread(fd, buf, n, at);

        if (r < 0)
                return err_sys(e, "read index");
        if ((size_t)r < n)      /* a hole at the end reads as zeros */
                memset((char *)buf + r, 0, n - (size_t)r);
        return 0;
}

static int put_at(int fd, const void *buf, size_t n, off_t at, struct err *e)
{
        ssize_t r = pwrite(fd, buf, n, at);

        if (r < 0)
                return err_sys(e, "write index");
        return (size_t)r == n ? 0 : err_code(e, ENOSPC, "write index");
}

/* Empties a directory, two levels deep at most, and removes it. */
static int discard_dir(int parent, const char *name, bool deep, struct err *e)
{
        int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), r = 0;
        struct dirent *d;
        DIR *dir;

        if (fd < 0)
                return errno == ENOENT ? 0 : err_sys(e, "open %s", name);
        dir = fdopendir(fd);
        if (!dir) {
                fd_close(fd);
                return err_nomem(e);
        }
        while (r == 0 && (errno = 0, d = readdir(dir))) {
                if (str_eq(d->d_name, ".") || str_eq(d->d_name, ".."))
                        continue;
                if (deep)
                        r = discard_dir(fd, d->d_name, false, e);
                else if (unlinkat(fd, d->d_name, 0) < 0)
                        r = err_sys(e, "remove %s", d->d_name);
        }
        if (r == 0 && errno)
                r = err_sys(e, "list %s", name);
        closedir(dir);
        if (r == 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0)
                r = err_sys(e, "remove %s", name);
        return r;
}

int index_lock(const struct store *st, struct err *e)
{
        struct index_head head = {0};
        int fd = lock_file(st->dir, "index", e);

        if (fd < 0)
                return fd;
        if (get_at(fd, &head, sizeof head, 0, e) < 0)
                goto fail;
        if (memcmp(head.magic, index_magic, sizeof head.magic) == 0 && str_eq(head.boot_id, st->boot_id))
                return fd;
        /* A new machine or a new boot: nothing that held ids is alive, and what jails shared is as that boot found it. */
        if (discard_dir(st->dir, "shared", true, e) < 0)
                goto fail;
        head = (struct index_head){0};
        memcpy(head.magic, index_magic, sizeof head.magic);
        memcpy(head.boot_id, st->boot_id, sizeof head.boot_id);
        if (ftruncate(fd, 0) < 0) {
                err_sys(e, "truncate index");
                goto fail;
        }
        if (put_at(fd, &head, sizeof head, 0, e) < 0)
                goto fail;
        return fd;
fail:
        fd_close(fd);
        return -e->code;
}

static int jid_mark(int fd, int jid, bool taken, struct err *e)
{
        unsigned char byte;

        if (get_at(fd, &byte, 1, AT_JIDS + jid / 8, e) < 0)
                return -e->code;
        byte = taken ? (unsigned char)(byte | 1 << jid % 8) : (unsigned char)(byte & ~(1 << jid % 8));
        return put_at(fd, &byte, 1, AT_JIDS + jid / 8, e);
}

int index_take_jid(int fd, int want, int *ret, struct err *e)
{
        struct index_head head;
        unsigned char bits[4096];
        int jid;

        if (get_at(fd, &head, sizeof head, 0, e) < 0)
                return -e->code;
        if (want) {
                if (get_at(fd, bits, 1, AT_JIDS + want / 8, e) < 0)
                        return -e->code;
                if (bits[0] >> (want % 8) & 1)
                        return err_set(e, EADDRINUSE, "\"%d\" already exists", want);
                if (jid_mark(fd, want, true, e) < 0)
                        return -e->code;
                *ret = want;
                return 0;
        }
        jid = (int)head.last_jid;
        for (int tried = 0; tried < JID_MAX;) {
                int first, n;

                jid = jid % JID_MAX + 1;
                first = jid / 8 * 8;
                if (get_at(fd, bits, sizeof bits, AT_JIDS + first / 8, e) < 0)
                        return -e->code;
                for (n = jid - first; n < (int)sizeof bits * 8 && first + n <= JID_MAX; n++, tried++)
                        if (!(bits[n / 8] >> (n % 8) & 1)) {
                                head.last_jid = (uint32_t)(first + n);
                                if (jid_mark(fd, first + n, true, e) < 0 || put_at(fd, &head, sizeof head, 0, e) < 0)
                                        return -e->code;
                                *ret = first + n;
                                return 0;
                        }
                jid = first + n - 1;
        }
        return err_set(e, EAGAIN, "no jid left");
}

/*
 * The ids we may hand out: on the host a fixed range far from users; inside a user namespace
 * (a jail with children) everything above the first unit, which is our own.
 */
static int pool(uint32_t *ret_first, uint32_t *ret_units, struct err *e)
{
        char map[256];
        uint32_t inside, outside, count;

        if (fd_get(AT_FDCWD, "/proc/self/uid_map", map, sizeof map, e) < 0)
                return -e->code;
        if (sscanf(map, "%" SCNu32 " %" SCNu32 " %" SCNu32, &inside, &outside, &count) != 3)
                return err_set(e, EPERM, "no user ids are mapped here");
        if (inside == 0 && outside == 0 && count == UINT32_MAX) {
                *ret_first = POOL_FIRST;
                *ret_units = POOL_UNITS_MAX;
        } else {
                *ret_first = UNIT;
                *ret_units = inside == 0 && count >= UNIT ? count / UNIT - 1 : 0;
        }
        return 0;
}

int index_take_ids(int fd, int jid, unsigned units, uint32_t *ret_base, struct err *e)
{
        uint32_t first, total, run = 0, start, owner[1024];
        struct index_head head;

        if (pool(&first, &total, e) < 0 || get_at(fd, &head, sizeof head, 0, e) < 0)
                return -e->code;
        start = total ? head.unit_hint % total : 0;
        /* Twice around, so that a run across the hint is found as well. */
        for (uint32_t seen = 0, at = start; seen < 2 * total; seen++, at = (at + 1) % total) {
                if (at == 0)
                        run = 0;        /* a run does not wrap */
                if (seen == 0 || at % COUNT(owner) == 0)
                        if (get_at(fd, owner, sizeof owner, (off_t)(AT_UNITS + at / COUNT(owner) * sizeof owner), e) < 0)
                                return -e->code;
                run = owner[at % COUNT(owner)] ? 0 : run + 1;
                if (run < units)
                        continue;
                at -= units - 1;
                for (uint32_t i = 0; i < units; i++) {
                        uint32_t me = (uint32_t)jid;

                        if (put_at(fd, &me, sizeof me, (off_t)(AT_UNITS + (at + i) * sizeof me), e) < 0)
                                return -e->code;
                }
                head.unit_hint = at + units;
                if (put_at(fd, &head, sizeof head, 0, e) < 0)
                        return -e->code;
                *ret_base = first + at * UNIT;
                return 0;
        }
        return err_set(e, EAGAIN, "no range of %u user ids left", units * UNIT);
}

int index_give_back(int fd, int jid, uint32_t uid_base, uint32_t uid_count, struct err *e)
{
        uint32_t first, total;

        if (uid_count) {
                if (pool(&first, &total, e) < 0)
                        return -e->code;
                for (uint32_t i = 0; i < uid_count / UNIT; i++) {
                        off_t at = (off_t)(AT_UNITS + ((uid_base - first) / UNIT + i) * sizeof(uint32_t));
                        uint32_t owner;

                        if (get_at(fd, &owner, sizeof owner, at, e) < 0)
                                return -e->code;
                        if (owner != (uint32_t)jid)     /* run twice: somebody else's by now */
                                continue;
                        owner = 0;
                        if (put_at(fd, &owner, sizeof owner, at, e) < 0)
                                return -e->code;
                }
        }
        return jid_mark(fd, jid, false, e);
}

int index_reclaim(int fd, bool (*in_use)(void *ctx, int jid), void *ctx, struct err *e)
{
        uint32_t first, total, owner[1024];
        unsigned char bits[4096];

        if (pool(&first, &total, e) < 0)
                return -e->code;
        for (uint32_t at = 0; at < total; at += COUNT(owner)) {
                off_t pos = (off_t)(AT_UNITS + at * sizeof *owner);
                bool changed = false;

                if (get_at(fd, owner, sizeof owner, pos, e) < 0)
                        return -e->code;
                for (uint32_t i = 0; i < COUNT(owner) && at + i < total; i++)
                        if (owner[i] && !in_use(ctx, (int)owner[i])) {
                                owner[i] = 0;
                                changed = true;
                        }
                if (changed && put_at(fd, owner, sizeof owner, pos, e) < 0)
                        return -e->code;
        }
        for (int at = 0; at <= JID_MAX; at += (int)sizeof bits * 8) {
                bool changed = false;

                if (get_at(fd, bits, sizeof bits, AT_JIDS + at / 8, e) < 0)
                        return -e->code;
                for (int i = 0; i < (int)sizeof bits * 8 && at + i <= JID_MAX; i++)
                        if ((bits[i / 8] >> (i % 8) & 1) && !in_use(ctx, at + i)) {
                                bits[i / 8] = (unsigned char)(bits[i / 8] & ~(1 << i % 8));
                                changed = true;
                        }
                if (changed && put_at(fd, bits, (size_t)(JID_MAX - at < (int)sizeof bits * 8 ? JID_MAX / 8 + 1 - at / 8
                                                                                               : (int)sizeof bits),
                                      AT_JIDS + at / 8, e) < 0)
                        return -e->code;
        }
        return 0;
}

/* ---------------------------------------------------------- shared objects */

/*
 * "shared" itself is removed with the last of its objects, and objects have different locks: it may be gone again at
 * each line here.
 */
static int shared_dir(const struct store *st, const char *object, bool create, struct err *e)
{
        for (;;) {
                autofd shared = -EBADF;
                int fd;

                if (create && mkdirat(st->dir, "shared", 0700) < 0 && errno != EEXIST)
                        return err_sys(e, "mkdir shared");
                shared = openat(st->dir, "shared", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
                if (shared < 0 && create && errno == ENOENT)
                        continue;
                if (shared < 0)
                        return err_sys(e, "open shared");
                if (create && mkdirat(shared, object, 0700) < 0 && errno != EEXIST) {
                        if (errno == ENOENT)
                                continue;
                        return err_sys(e, "mkdir shared/%s", object);
                }
                fd = openat(shared, object, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
                return fd < 0 ? err_sys(e, "open shared/%s", object) : fd;
        }
}

/*
 * 1: no member, 0: at least one, or -errno. A directory of a thousand members is not read for the sake of the first:
 * "." and ".." and .was and one more fit the buffer.
 */
static int nobody_in(int dir, const char *object, struct err *e)
{
        autofd fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        char buf[256] __attribute__((aligned(8)));

        if (fd < 0)
                return err_sys(e, "list shared/%s", object);
        for (;;) {
                long n = syscall(SYS_getdents64, fd, buf, sizeof buf);

                if (n < 0)
                        return err_sys(e, "list shared/%s", object);
                if (n == 0)
                        return 1;
                for (long at = 0; at < n;) {
                        /* struct linux_dirent64: the length of the entry at 16, the name at 19 (getdents(2)) */
                        unsigned short size;

                        memcpy(&size, buf + at + 16, sizeof size);
                        if (buf[at + 19] != '.')
                                return 0;
                        at += size;
                }
        }
}

int shared_join(const struct store *st, const char *object, int jid, const char *was, struct err *e)
{
        autofd dir = shared_dir(st, object, true, e);
        char member[16];
        int first, fd;

        if (dir < 0)
                return dir;
        first = nobody_in(dir, object, e);
        if (first < 0)
                return first;
        /* A leaver killed before shared_forget() left .was behind: what it says is still the state to restore. */
        if (symlinkat(was && *was ? was : "-", dir, ".was") < 0 && errno != EEXIST)
                return err_sys(e, "write shared/%s", object);
        snprintf(member, sizeof member, "%d", jid);
        fd = openat(dir, member, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return err_sys(e, "write shared/%s/%s", object, member);
        fd_close(fd);
        return first;
}

int shared_was(const struct store *st, const char *object, char *ret_was, size_t size, struct err *e)
{
        autofd dir = shared_dir(st, object, false, e);
        ssize_t n;

        if (dir < 0)
                return dir == -ENOENT ? 0 : dir;
        n = readlinkat(dir, ".was", ret_was, size - 1);
        if (n < 0)
                return errno == ENOENT ? 0 : err_sys(e, "read shared/%s", object);
        ret_was[n] = '\0';
        return 1;
}

int shared_ask(const struct store *st, const char *object, int (*about)(void *ctx, int jid), void *ctx, struct err *e)
{
        int fd = shared_dir(st, object, false, e), r = 0;
        struct dirent *d;
        DIR *dir;

        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        dir = fdopendir(fd);
        if (!dir) {
                fd_close(fd);
                return err_nomem(e);
        }
        while (r == 0 && (d = readdir(dir)))
                if (d->d_name[0] != '.')
                        r = about(ctx, atoi(d->d_name));
        closedir(dir);
        return r;
}

int shared_forget(const struct store *st, const char *object, struct err *e)
{
        char path[300];

        snprintf(path, sizeof path, "shared/%s/.was", object);
        if (unlinkat(st->dir, path, 0) < 0 && errno != ENOENT)
                return err_sys(e, "remove %s", path);
        snprintf(path, sizeof path, "shared/%s", object);
        if (unlinkat(st->dir, path, AT_REMOVEDIR) < 0 && errno != ENOENT)
                return err_sys(e, "remove %s", path);
        if (unlinkat(st->dir, "shared", AT_REMOVEDIR) < 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST)
                return err_sys(e, "remove shared");
        return 0;
}

int shared_leave(const struct store *st, const char *object, int jid, char *ret_was, size_t size, struct err *e)
{
        autofd dir = shared_dir(st, object, false, e);
        char member[16], was[256];
        ssize_t n;
        int empty;

        if (dir < 0)
                return dir == -ENOENT ? shared_forget(st, object, e) : dir;     /* left already */
        snprintf(member, sizeof member, "%d", jid);
        if (unlinkat(dir, member, 0) < 0 && errno != ENOENT)
                return err_sys(e, "remove shared/%s/%s", object, member);
        empty = nobody_in(dir, object, e);
        if (empty <= 0)
                return empty;
        n = readlinkat(dir, ".was", was, sizeof was - 1);
        if (n < 0 && errno != ENOENT)
                return err_sys(e, "read shared/%s", object);
        was[n < 0 ? 0 : n] = '\0';
        if (ret_was && size)
                snprintf(ret_was, size, "%s", was);
        /* A joiner was killed before it said what was, or a leaver before it had forgotten all: nothing to take away. */
        if (n < 0)
                return shared_forget(st, object, e);
        return 1;
}

int shared_members(const struct store *st, const char *object, int **ret, size_t *ret_n, struct err *e)
{
        autofd dir = shared_dir(st, object, false, e);
        int *jids = NULL, jid;
        struct dirent *de;
        size_t n = 0;
        DIR *d;

        *ret = NULL;
        *ret_n = 0;
        if (dir < 0)
                return dir == -ENOENT ? 0 : dir;
        d = fdopendir(dir);
        if (!d)
                return err_sys(e, "list shared/%s", object);
        fd_take(&dir);
        while ((de = readdir(d))) {
                int *more;

                if (num_int(de->d_name, &jid) < 0)
                        continue;
                more = realloc(jids, (n + 1) * sizeof *jids);
                if (!more) {
                        free(jids);
                        closedir(d);
                        return err_nomem(e);
                }
                jids = more;
                jids[n++] = jid;
        }
        closedir(d);
        *ret = jids;
        *ret_n = n;
        return 0;
}
