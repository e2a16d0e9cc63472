#include "hostpath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "state/record.h"
#include "step/fstab.h"

#define LINKS_MAX 40            /* as in the kernel, path_resolution(7) */
#define NO_LINKS_HERE 0x2000    /* ST_NOSYMFOLLOW of statfs(2) */

/* The roots of what the jail rules. */
struct trees {
        struct stat *st;
        size_t n;
};

static int add_stat(struct trees *t, const struct stat *st, struct err *e)
{
        struct stat *more = realloc(t->st, (t->n + 1) * sizeof *more);

        if (!more)
                return err_nomem(e);
        t->st = more;
        t->st[t->n++] = *st;
        return 0;
}

static int add_tree(struct trees *t, const char *path, struct err *e)
{
        struct stat st;

        return stat(path, &st) < 0 ? err_sys(e, "%s", path) : add_stat(t, &st, e);
}

static int add_layer(struct trees *t, const char *path, struct err *e)
{
        autobuf upper = {0};

        if (strbuf_addf(&upper, "%s/upper", path) < 0)
                return err_nomem(e);
        return add_tree(t, path, e) < 0 || add_tree(t, upper.s, e) < 0 ? -e->code : 0;
}

/*
 * A directory of the host's that the jail may write to. Looked up by name, even if a jail rules the way there: then it is
 * one too many, and to mount it is refused.
 */
static int add_mount(struct trees *t, const char *line, struct err *e)
{
        autostr copy = strdup(line);
        struct fstab f;
        struct stat st;

        if (!copy)
                return err_nomem(e);
        /* What is wrong with it is said where it is mounted. */
        if (fstab_parse(copy, &f, NULL) < 0 || !str_eq(fstab_linux_type(f.type), "bind") || (f.set & MOUNT_ATTR_RDONLY))
                return 0;
        if (stat(f.source, &st) < 0)
                return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(e, "%s", f.source);
        return S_ISDIR(st.st_mode) ? add_stat(t, &st, e) : 0;
}

static int add_fstab(struct trees *t, const char *file, struct err *e)
{
        autostr text = NULL;
        char *save, *line;
        int r = fd_slurp(AT_FDCWD, file, FSTAB_MAX, &text, NULL, e);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
                if (add_mount(t, line, e) < 0)
                        return -e->code;
        return 0;
}

static int add_mounts(struct trees *t, const struct jail_spec *spec, struct err *e)
{
        for (size_t i = 0; i < spec->mount.n; i++)
                if (add_mount(t, spec->mount.v[i], e) < 0)
                        return -e->code;
        for (size_t i = 0; i < spec->mount_fstab.n; i++)
                if (add_fstab(t, spec->mount_fstab.v[i], e) < 0)
                        return -e->code;
        return 0;
}

/*
 * By the record: the configuration may have changed since the jail was made. From a jail whose root is the host's own
 * nothing can be kept.
 */
static int find_trees(const struct record *rec, struct trees *ret, struct err *e)
{
        const char *path = rec->spec.path ? rec->spec.path : "/";

        if (add_mounts(ret, &rec->spec, e) < 0)
                return -e->code;
        if (rec->spec.root_base.n == 0)
                return str_eq(path, "/") ? 0 : add_tree(ret, path, e);
        for (size_t i = 0; i < rec->n_entries; i++)
                if (str_eq(rec->entries[i].step, "layer") && rec->entries[i].note[0] == '/' &&
                    add_layer(ret, rec->entries[i].note, e) < 0)
                        return -e->code;
        return 0;
}

static bool is_tree(const struct trees *t, const struct stat *st)
{
        for (size_t i = 0; i < t->n; i++)
                if (t->st[i].st_dev == st->st_dev && t->st[i].st_ino == st->st_ino)
                        return true;
        return false;
}

static bool climbs(const char *path)
{
        while (*path) {
                size_t n;

                path += strspn(path, "/");
                n = strcspn(path, "/");
                if (n == 2 && memcmp(path, "..", 2) == 0)
                        return true;
                path += n;
        }
        return false;
}

struct walk {
        struct trees trees;
        const char *path;       /* as it was written */
        int at;
        char *left;             /* what is still to go */
        int links;
};

static void walk_finish(struct walk *w)
{
        fd_drop(&w->at);
        free(w->left);
        free(w->trees.st);
}

static int walk_begin(struct walk *w, const struct run *run, struct err *e)
{
        autostr cwd = *w->path == '/' ? NULL : getcwd(NULL, 0);
        autobuf left = {0};

        if (*w->path != '/' && !cwd)
                return err_sys(e, "%s", w->path);
        if (strbuf_addf(&left, "%s/%s", cwd ? cwd : "", w->path) < 0)
                return err_nomem(e);
        w->at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (w->at < 0)
                return err_sys(e, "/");
        w->left = left.s;
        left = (struct strbuf){0};
        return find_trees(run->record, &w->trees, e);
}

/* Ends the walk at dir, which is taken. */
static int arrive(int *dir, const char *rest, bool jails, struct hostpath *ret, struct err *e)
{
        rest += strspn(rest, "/");
        ret->rest = strdup(*rest ? rest : ".");
        if (!ret->rest)
                return err_nomem(e);
        ret->dir = fd_take(dir);
        ret->jails = jails;
        return 1;
}

/* A directory is asked for as such first: that is what mounts one that is mounted on demand. */
static int open_name(int at, const char *name)
{
        int fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (fd >= 0 || (errno != ENOTDIR && errno != ELOOP))
                return fd;
        return openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

/* What the kernel would refuse to follow: fs.protected_symlinks, nosymfollow. */
static int may_follow(int at, const struct stat *link, const struct statfs *fs)
{
        struct stat dir;

        if (fs->f_flags & NO_LINKS_HERE)
                return -ELOOP;
        if (fstat(at, &dir) < 0)
                return -errno;
        if ((dir.st_mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH))
                return 0;
        return link->st_uid == geteuid() || link->st_uid == dir.st_uid ? 0 : -EACCES;
}

/* The text of the link takes its place in what is still to go. */
static int follow(struct walk *w, int link, const char *behind, struct err *e)
{
        char text[PATH_MAX];
        ssize_t n = readlinkat(link, "", text, sizeof text - 1);
        autobuf left = {0};

        if (n < 0)
                return err_sys(e, "%s", w->path);
        if (++w->links > LINKS_MAX)
                return err_code(e, ELOOP, "%s", w->path);
        text[n] = '\0';
        if (strbuf_add(&left, text) < 0 || strbuf_add(&left, behind) < 0)
                return err_nomem(e);
        if (text[0] == '/') {
                fd_drop(&w->at);
                w->at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (w->at < 0)
                        return err_sys(e, "/");
        }
        free(w->left);
        w->left = left.s;
        left = (struct strbuf){0};
        return 0;
}

/*
 * A link of the administrator's. Those in /proc are more than their text says, so the kernel follows them; *fd is then
 * where they lead, and empty if the text was followed. Returns 1 when that was the end of the walk.
 */
static int take_link(struct walk *w, const char *name, const char *behind, int *fd, const struct stat *st,
                     struct hostpath *ret, struct err *e)
{
        struct statfs fs;
        int r;

        if (fstatfs(*fd, &fs) < 0)
                return err_sys(e, "%s", w->path);
        if (fs.f_type == PROC_SUPER_MAGIC) {
                if (!*behind)
                        return arrive(&w->at, name, false, ret, e);
                fd_drop(fd);
                *fd = openat(w->at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
                return *fd < 0 ? err_sys(e, "%s", w->path) : 0;
        }
        r = may_follow(w->at, st, &fs);
        if (r < 0)
                return err_code(e, r, "%s", w->path);
        r = follow(w, *fd, behind, e);
        fd_drop(fd);
        return r;
}

/* One name further. Returns 1 when *ret is found. */
static int walk_name(struct walk *w, struct hostpath *ret, struct err *e)
{
        const char *start = w->left + strspn(w->left, "/"), *behind = start + strcspn(start, "/");
        autostr name = strndup(start, (size_t)(behind - start));
        autofd fd = -EBADF;
        struct stat st;
        int r;

        if (!name)
                return err_nomem(e);
        if (!*name)
                return arrive(&w->at, ".", false, ret, e);
        fd = open_name(w->at, name);
        if (fd < 0 && errno == ENOENT && !*behind)
                return arrive(&w->at, name, false, ret, e);
        if (fd < 0 || fstat(fd, &st) < 0)
                return err_sys(e, "%s", w->path);
        if (S_ISLNK(st.st_mode)) {
                r = take_link(w, name, behind, &fd, &st, ret, e);
                if (r != 0 || fd < 0)
                        return r;
                if (fstat(fd, &st) < 0)
                        return err_sys(e, "%s", w->path);
        }
        /* Going up leads to no tree that was not come to before: one that is met then is the whole host's. */
        if (!str_eq(name, ".") && !str_eq(name, "..") && is_tree(&w->trees, &st)) {
                if (climbs(behind))
                        return err_set(e, EINVAL, "\"..\" is not allowed: %s", w->path);
                return arrive(&fd, behind, true, ret, e);
        }
        if (!*behind)
                return arrive(&w->at, name, false, ret, e);
        if (!S_ISDIR(st.st_mode))
                return err_code(e, ENOTDIR, "%s", w->path);
        memmove(w->left, behind, strlen(behind) + 1);
        fd_drop(&w->at);
        w->at = fd_take(&fd);
        return 0;
}

int hostpath_find(const struct run *run, const char *path, struct hostpath *ret, struct err *e)
{
        struct walk __attribute__((cleanup(walk_finish))) w = { .path = path, .at = -EBADF };
        struct hostpath found = HOSTPATH_NONE;
        int r = walk_begin(&w, run, e);

        while (r == 0)
                r = walk_name(&w, &found, e);
        if (r < 0)
                return r;
        *ret = found;
        return 0;
}

void hostpath_finish(struct hostpath *h)
{
        fd_drop(&h->dir);
        free(h->rest);
        h->rest = NULL;
}

int hostpath_blame(int r, const char *path, struct err *e)
{
        if (r >= 0)
                return r;
        return r == -ELOOP ? err_set(e, ELOOP, "%s is a symbolic link", path) : err_code(e, r, "%s", path);
}
