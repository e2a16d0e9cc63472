#include "mask.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "kern/mnt.h"

/* Of the host's root directory these come through; everything else, known or not, does not. */
static const char *const through[] = { "bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc" };

/* What a program expects to find, empty, in place of the host's. */
static const struct {
        const char *path;
        mode_t mode;
        const char *link;
} skeleton[] = {
        { "home", 0755, NULL }, { "root", 0700, NULL }, { "run", 0755, NULL }, { "run/lock", 01777, NULL },
        { "tmp", 01777, NULL }, { "dev", 0755, NULL }, { "proc", 0555, NULL }, { "sys", 0555, NULL },
        { "mnt", 0755, NULL }, { "media", 0755, NULL }, { "srv", 0755, NULL }, { "opt", 0755, NULL },
        { "var", 0755, NULL }, { "var/cache", 0755, NULL }, { "var/lib", 0755, NULL }, { "var/local", 0755, NULL },
        { "var/log", 0755, NULL }, { "var/mail", 01777, NULL }, { "var/opt", 0755, NULL },
        { "var/spool", 0755, NULL }, { "var/tmp", 01777, NULL }, { "var/www", 0755, NULL },
        { "var/run", 0, "/run" }, { "var/lock", 0, "/run/lock" },
};

/* World-readable, but the host's identity or of its disks: a jail has its own or none. */
static const char *const identity[] = { "etc/hostname", "etc/machine-id", "etc/fstab", "etc/crypttab", "etc/mtab",
        /* and secrets that passwd(1) and kin make anew under other names */
        "etc/shadow", "etc/gshadow", "etc/shadow-", "etc/gshadow-", "etc/shadow+", "etc/gshadow+", "etc/nshadow",
        "etc/passwd-", "etc/group-", };

static int whiteout(int dir, const char *name, struct err *e)
{
        /* overlayfs: a character device 0/0 stands for "not there", Documentation/filesystems/overlayfs.rst */
        if (mknodat(dir, name, S_IFCHR, makedev(0, 0)) < 0 && errno != EEXIST)
                return err_sys(e, "hide %s", name);
        return 0;
}

static int own(int dir, const char *name, mode_t mode, uint32_t uid, uint32_t gid, struct err *e)
{
        if (fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 || fchmodat(dir, name, mode, 0) < 0)
                return err_sys(e, "make %s", name);
        return 0;
}

static int new_layer(uint32_t owner, struct err *e)
{
        static const struct mnt_opt opts[] = { MNT_STR("mode", "0755"), MNT_STR("size", "4m") };
        autofd mnt = mnt_new("tmpfs", opts, COUNT(opts), 0, e);

        return mnt < 0 || own(mnt, ".", 0755, owner, owner, e) < 0 ? -e->code : fd_take(&mnt);
}

/*
 * Opaque: nothing of the host's directory of that name shines through. A tmpfs before Linux 6.6 has no user.*
 * attributes; a whiteout behind the directory says the same.
 */
static int make_opaque(struct mask *m, const char *name, uint32_t owner, bool user_xattr, struct err *e)
{
        autofd fd = openat(m->front, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

        if (fd < 0)
                return err_sys(e, "open %s", name);
        if (fsetxattr(fd, user_xattr ? "user.overlay.opaque" : "trusted.overlay.opaque", "y", 1, 0) == 0)
                return 0;
        if (errno != EOPNOTSUPP)
                return err_sys(e, "make %s opaque", name);
        if (m->behind < 0 && (m->behind = new_layer(owner, e)) < 0)
                return -e->code;
        return whiteout(m->behind, name, e);
}

static int make_skeleton(struct mask *m, uint32_t owner, bool user_xattr, struct err *e)
{
        int mnt = m->front;

        for (size_t i = 0; i < COUNT(skeleton); i++) {
                const char *path = skeleton[i].path;

                if (skeleton[i].link) {
                        if (symlinkat(skeleton[i].link, mnt, path) < 0 ||
                            fchownat(mnt, path, owner, owner, AT_SYMLINK_NOFOLLOW) < 0)
                                return err_sys(e, "make %s", path);
                        continue;
                }
                if (mkdirat(mnt, path, 0700) < 0 || own(mnt, path, skeleton[i].mode, owner, owner, e) < 0)
                        return err_sys(e, "make %s", path);
                if (!strchr(path, '/') && make_opaque(m, path, owner, user_xattr, e) < 0)
                        return -e->code;
        }
        return 0;
}

/*
 * The names in a directory of the host's tree. Not readdir(3): a walk of hundreds of directories would spend its time
 * on their buffers.
 */
struct listing {
        int fd;
        long at, n;
        char buf[32 * 1024] __attribute__((aligned(8)));
};

static int listing_open(struct listing *l, int host, const char *path, struct err *e)
{
        l->at = l->n = 0;
        l->fd = openat(host, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        return l->fd < 0 ? err_sys(e, "open /%s", path) : 0;
}

/* 1: there is one more, 0: that was all, or -errno. */
static int listing_next(struct listing *l, const char *path, struct dirent64 **ret, struct err *e)
{
        do {
                if (l->at >= l->n) {
                        l->at = 0;
                        l->n = getdents64(l->fd, l->buf, sizeof l->buf);
                        if (l->n <= 0)
                                return l->n < 0 ? err_sys(e, "list /%s", path) : 0;
                }
                *ret = (struct dirent64 *)(void *)(l->buf + l->at);
                l->at += (*ret)->d_reclen;
        } while (str_eq((*ret)->d_name, ".") || str_eq((*ret)->d_name, ".."));
        return 1;
}

/* Everything at the top that is neither let through nor in the skeleton. */
static int hide_top(struct listing *l, int host, int mnt, struct err *e)
{
        struct dirent64 *d;
        int r;

        if (listing_open(l, host, ".", e) < 0)
                return -e->code;
        while ((r = listing_next(l, ".", &d, e)) > 0) {
                bool keep = false;

                for (size_t i = 0; !keep && i < COUNT(through); i++)
                        keep = str_eq(d->d_name, through[i]);
                for (size_t i = 0; !keep && i < COUNT(skeleton); i++)
                        keep = str_eq(d->d_name, skeleton[i].path);
                if (!keep && whiteout(mnt, d->d_name, e) < 0) {
                        r = -e->code;
                        break;
                }
        }
        fd_drop(&l->fd);
        return r;
}

/* A tree deeper than any real one is hidden as a whole from there. */
static bool too_deep(const char *path)
{
        size_t n = 0;

        for (; *path; path++)
                n += *path == '/';
        return n > 32;
}

/*
 * One name below dir: to hide if not everybody may read it, to look into if it is a directory open to all. A link is
 * neither; most of what is in /etc are links, so their names must be enough.
 */
static int judge(const struct listing *l, const char *dir, const struct dirent64 *d, struct strv *dirs, struct strv *hidden,
                 struct err *e)
{
        autobuf path = {0};
        struct stat st;
        bool open_to_all;

        if (d->d_type == DT_LNK)
                return 0;
        if (fstatat(l->fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : err_sys(e, "stat /%s/%s", dir, d->d_name);
        if (S_ISLNK(st.st_mode) || (!S_ISDIR(st.st_mode) && (st.st_mode & 04)))
                return 0;
        if (strbuf_addf(&path, "%s/%s", dir, d->d_name) < 0)
                return err_nomem(e);
        open_to_all = S_ISDIR(st.st_mode) && (st.st_mode & 05) == 05 && !too_deep(path.s);
        return strv_push(open_to_all ? dirs : hidden, path.s) < 0 ? err_nomem(e) : 0;
}

/*
 * Collects what below the host's /etc not everybody may read: shadow files, private keys, passwords of services. Each
 * file is asked every time: a mode that changes leaves no trace in its directory, by which older answers could be told
 * to hold still.
 */
static int collect(struct listing *l, int host, struct strv *hidden, struct err *e)
{
        autostrv dirs = {0};
        struct dirent64 *d;

        if (strv_push(&dirs, "etc") < 0)
                return err_nomem(e);
        for (size_t i = 0; i < dirs.n; i++) {
                int r = listing_open(l, host, dirs.v[i], e);

                if (r == -ENOENT && i > 0)
                        continue;       /* removed meanwhile */
                if (r < 0)
                        return r;
                while ((r = listing_next(l, dirs.v[i], &d, e)) > 0)
                        if (judge(l, dirs.v[i], d, &dirs, hidden, e) < 0) {
                                r = -e->code;
                                break;
                        }
                fd_drop(&l->fd);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Hides one path, making the directories above it look like the host's, with which they are merged. */
static int hide(int host, int mnt, const char *path, uint32_t owner, struct err *e)
{
        autofd at = openat(mnt, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        autobuf sofar = {0};

        for (const char *p = path;;) {
                size_t n = strcspn(p, "/");
                autostr name = strndup(p, n);
                struct stat st;
                int next;

                if (!name || (sofar.len && strbuf_addc(&sofar, '/') < 0) || strbuf_addn(&sofar, p, n) < 0)
                        return err_nomem(e);
                if (!p[n])
                        return whiteout(at, name, e);
                p += n + 1;
                if (fstatat(host, sofar.s, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        return err_sys(e, "stat /%s", sofar.s);
                if (mkdirat(at, name, 0700) == 0 ? own(at, name, st.st_mode & 07777, owner + st.st_uid, owner + st.st_gid, e) < 0
                                                 : errno != EEXIST && err_sys(e, "make /%s", sofar.s) < 0)
                        return -e->code;
                next = openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
                if (next < 0)
                        return err_sys(e, "open /%s", sofar.s);
                fd_drop(&at);
                at = next;
        }
}

static int hide_etc(struct listing *l, int host, int mnt, uint32_t owner, struct err *e)
{
        autostrv hidden = {0};

        if (collect(l, host, &hidden, e) < 0)
                return -e->code;
        for (size_t i = 0; i < COUNT(identity); i++)
                if (strv_push(&hidden, identity[i]) < 0)
                        return err_nomem(e);
        for (size_t i = 0; i < hidden.n; i++)
                if (hide(host, mnt, hidden.v[i], owner, e) < 0)
                        return -e->code;
        return 0;
}

static int fill(int host, struct mask *m, uint32_t owner, bool user_xattr, struct err *e)
{
        struct listing *l;
        int r;

        if (make_skeleton(m, owner, user_xattr, e) < 0)
                return -e->code;
        l = malloc(sizeof *l);
        if (!l)
                return err_nomem(e);
        l->fd = -EBADF;
        r = hide_top(l, host, m->front, e);
        if (r == 0)
                r = hide_etc(l, host, m->front, owner, e);
        fd_close(l->fd);
        free(l);
        return r;
}

void mask_close(struct mask *m)
{
        fd_drop(&m->front);
        fd_drop(&m->behind);
}

int mask_make(int host, uint32_t owner, bool user_xattr, struct mask *ret, struct err *e)
{
        struct mask m = { .front = new_layer(owner, e), .behind = -EBADF };

        if (m.front < 0)
                return -e->code;
        if (fill(host, &m, owner, user_xattr, e) < 0) {
                mask_close(&m);
                return -e->code;
        }
        *ret = m;
        return 0;
}
