#include "mask.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <stdio.h>
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

static int make_skeleton(int mnt, uint32_t owner, bool user_xattr, struct err *e)
{
        const char *opaque = user_xattr ? "user.overlay.opaque" : "trusted.overlay.opaque";

        for (size_t i = 0; i < COUNT(skeleton); i++) {
                const char *path = skeleton[i].path;
                autofd fd = -EBADF;

                if (skeleton[i].link) {
                        if (symlinkat(skeleton[i].link, mnt, path) < 0 ||
                            fchownat(mnt, path, owner, owner, AT_SYMLINK_NOFOLLOW) < 0)
                                return err_sys(e, "make %s", path);
                        continue;
                }
                if (mkdirat(mnt, path, 0700) < 0 || own(mnt, path, skeleton[i].mode, owner, owner, e) < 0)
                        return err_sys(e, "make %s", path);
                if (strchr(path, '/'))
                        continue;
                /* Opaque: nothing of the host's directory of that name shines through. */
                fd = openat(mnt, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
                if (fd < 0 || fsetxattr(fd, opaque, "y", 1, 0) < 0)
                        return err_sys(e, "make %s opaque", path);
        }
        return 0;
}

/* Everything at the top that is neither let through nor in the skeleton. */
static int hide_top(int mnt, struct err *e)
{
        DIR *dir = opendir("/");
        struct dirent *d;
        int r = 0;

        if (!dir)
                return err_sys(e, "list /");
        while (r == 0 && (d = readdir(dir))) {
                bool keep = str_eq(d->d_name, ".") || str_eq(d->d_name, "..");

                for (size_t i = 0; !keep && i < COUNT(through); i++)
                        keep = str_eq(d->d_name, through[i]);
                for (size_t i = 0; !keep && i < COUNT(skeleton); i++)
                        keep = str_eq(d->d_name, skeleton[i].path);
                if (!keep)
                        r = whiteout(mnt, d->d_name, e);
        }
        closedir(dir);
        return r;
}

/*
 * Collects what below the host's directory dir (called prefix) not everybody may read: shadow files, private keys,
 * passwords of services. A directory that is not open to all is hidden as a whole.
 */
static int collect(int dir, const char *prefix, int depth, struct strv *ret, struct err *e)
{
        int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct dirent *d;
        DIR *list = NULL;
        int r = 0;

        if (copy >= 0)
                list = fdopendir(copy);
        if (!list) {
                fd_close(copy);
                return err_sys(e, "list %s", prefix);
        }
        while (r == 0 && (d = readdir(list))) {
                autobuf path = {0};
                struct stat st;

                if (str_eq(d->d_name, ".") || str_eq(d->d_name, ".."))
                        continue;
                if (strbuf_addf(&path, "%s/%s", prefix, d->d_name) < 0)
                        r = err_nomem(e);
                else if (fstatat(dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        r = errno == ENOENT ? 0 : err_sys(e, "stat %s", path.s);
                else if (S_ISDIR(st.st_mode) && (st.st_mode & 05) == 05 && depth < 32) {
                        autofd sub = openat(dir, d->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

                        if (sub >= 0)
                                r = collect(sub, path.s, depth + 1, ret, e);
                        else if (errno != ENOENT)
                                r = err_sys(e, "open %s", path.s);
                } else if (!S_ISLNK(st.st_mode) && (S_ISDIR(st.st_mode) || !(st.st_mode & 04)) &&
                           strv_push(ret, path.s) < 0)
                        r = err_nomem(e);
        }
        closedir(list);
        return r;
}

/* Hides one path, making the directories above it look like the host's, with which they are merged. */
static int hide(int mnt, const char *path, uint32_t owner, struct err *e)
{
        autofd at = openat(mnt, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        autobuf sofar = {0};

        for (const char *p = path;;) {
                size_t n = strcspn(p, "/");
                autostr name = strndup(p, n);
                struct stat st;
                int next;

                if (!name || strbuf_addc(&sofar, '/') < 0 || strbuf_addn(&sofar, p, n) < 0)
                        return err_nomem(e);
                if (!p[n])
                        return whiteout(at, name, e);
                p += n + 1;
                if (lstat(sofar.s, &st) < 0)
                        return err_sys(e, "stat %s", sofar.s);
                if (mkdirat(at, name, 0700) == 0 ? own(at, name, st.st_mode & 07777, owner + st.st_uid, owner + st.st_gid, e) < 0
                                                 : errno != EEXIST && err_sys(e, "make %s", sofar.s) < 0)
                        return -e->code;
                next = openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
                if (next < 0)
                        return err_sys(e, "open %s", sofar.s);
                fd_drop(&at);
                at = next;
        }
}

static int hide_etc(int mnt, uint32_t owner, struct err *e)
{
        autofd etc = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        autostrv hidden = {0};

        if (etc < 0)
                return err_sys(e, "open /etc");
        if (collect(etc, "etc", 0, &hidden, e) < 0)
                return -e->code;
        for (size_t i = 0; i < COUNT(identity); i++)
                if (strv_push(&hidden, identity[i]) < 0)
                        return err_nomem(e);
        for (size_t i = 0; i < hidden.n; i++)
                if (hide(mnt, hidden.v[i], owner, e) < 0)
                        return -e->code;
        return 0;
}

int mask_make(uint32_t owner, bool user_xattr, struct err *e)
{
        static const struct mnt_opt opts[] = { MNT_STR("mode", "0755"), MNT_STR("size", "4m") };
        autofd mnt = mnt_new("tmpfs", opts, COUNT(opts), 0, e);

        if (mnt < 0)
                return mnt;
        if (own(mnt, ".", 0755, owner, owner, e) < 0 || make_skeleton(mnt, owner, user_xattr, e) < 0 || hide_top(mnt, e) < 0 ||
            hide_etc(mnt, owner, e) < 0)
                return -e->code;
        return fd_take(&mnt);
}
