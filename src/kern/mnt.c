#include "mnt.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

/*
 * A file system context explains itself in lines "e text", "w text", "i text" read from its descriptor
 * (Documentation/filesystems/mount_api.rst). The first error is the cause.
 */
static int context_error(int fd, const char *type, const char *key, struct err *e)
{
        int code = errno;
        char line[512];
        ssize_t n;

        while ((n = read(fd, line, sizeof line - 1)) > 0) {
                line[n] = '\0';
                line[strcspn(line, "\n")] = '\0';
                if (line[0] == 'e' && line[1] == ' ')
                        return err_set(e, code, "mount %s: %s", type, line + 2);
        }
        if (key)
                return err_code(e, code, "mount %s: option %s", type, key);
        return err_code(e, code, "mount %s", type);
}

int mnt_new(const char *type, const struct mnt_opt *opts, size_t n, unsigned attrs, struct err *e)
{
        autofd fs = fsopen(type, FSOPEN_CLOEXEC);
        int mnt;

        if (fs < 0)
                return err_sys(e, "mount %s", type);
        for (size_t i = 0; i < n; i++) {
                int r;

                if (opts[i].fd >= 0)
                        r = fsconfig(fs, FSCONFIG_SET_FD, opts[i].key, NULL, opts[i].fd);
                else if (opts[i].value)
                        r = fsconfig(fs, FSCONFIG_SET_STRING, opts[i].key, opts[i].value, 0);
                else
                        r = fsconfig(fs, FSCONFIG_SET_FLAG, opts[i].key, NULL, 0);
                if (r < 0)
                        return context_error(fs, type, opts[i].key, e);
        }
        if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
                return context_error(fs, type, NULL, e);
        mnt = fsmount(fs, FSMOUNT_CLOEXEC, attrs);
        return mnt < 0 ? context_error(fs, type, NULL, e) : mnt;
}

int mnt_clone(int dirfd, const char *path, bool recursive, struct err *e)
{
        int fd = open_tree(dirfd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (*path ? 0 : AT_EMPTY_PATH) |
                                        (recursive ? AT_RECURSIVE : 0));

        return fd < 0 ? err_sys(e, "%s", *path ? path : "clone mount") : fd;
}

int mnt_setattr(int mnt, uint64_t set, uint64_t clear, int userns, bool recursive, struct err *e)
{
        struct mount_attr attr = {
                .attr_set = set | (userns >= 0 ? MOUNT_ATTR_IDMAP : 0),
                /* noatime and its like are values of one field: the old value goes first, mount_setattr(2) */
                .attr_clr = clear | (set & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0),
                .propagation = MS_PRIVATE,
                .userns_fd = userns >= 0 ? (uint64_t)userns : 0,
        };

        if (mount_setattr(mnt, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof attr) < 0)
                return err_sys(e, userns >= 0 ? "idmap mount" : "change mount");
        return 0;
}

int mnt_attach(int mnt, int dirfd, const char *path, const char *what, struct err *e)
{
        if (move_mount(mnt, "", dirfd, path, MOVE_MOUNT_F_EMPTY_PATH | (*path ? 0 : MOVE_MOUNT_T_EMPTY_PATH)) < 0)
                return err_sys(e, "mount on %s", what);
        return 0;
}

int mnt_open_in(int root, const char *path, int flags, bool nolinks, struct err *e)
{
        struct open_how how = {
                .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (nolinks ? RESOLVE_NO_SYMLINKS : 0),
        };
        int fd;

        /* EAGAIN: the kernel saw a rename it could not prove harmless, openat2(2) */
        for (int tries = 0; tries < 64; tries++) {
                fd = (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);
                if (fd >= 0 || errno != EAGAIN)
                        break;
        }
        if (fd < 0 && errno == ELOOP && nolinks)
                return err_set(e, ELOOP, "%s is a symbolic link", path);
        return fd < 0 ? err_sys(e, "%s", path) : fd;
}

int mnt_mkdir_in(int root, const char *path, mode_t mode, struct err *e)
{
        char done[PATH_MAX] = "";
        autofd at = mnt_open_in(root, "", O_PATH | O_DIRECTORY, true, e);

        if (at < 0)
                return at;
        for (const char *p = path;;) {
                char name[NAME_MAX + 1];
                size_t n;
                int next;

                p += strspn(p, "/");
                n = strcspn(p, "/");
                if (n == 0)
                        return fd_take(&at);
                if (n > NAME_MAX || strlen(done) + n + 2 > sizeof done)
                        return err_code(e, ENAMETOOLONG, "%s", path);
                memcpy(name, p, n);
                name[n] = '\0';
                p += n;
                if (str_eq(name, ".."))
                        return err_set(e, EINVAL, "\"..\" is not allowed: %s", path);
                strcat(strcat(done, "/"), name);
                if (mkdirat(at, name, mode) < 0 && errno != EEXIST)
                        return err_sys(e, "mkdir %s", done);
                /* One component at a time below a descriptor we hold: nothing can be swapped underneath. */
                next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (next < 0 && (errno == ELOOP || errno == ENOTDIR)) {
                        struct stat st;

                        if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
                                return err_set(e, ELOOP, "%s is a symbolic link", done);
                        errno = ENOTDIR;
                }
                if (next < 0)
                        return err_sys(e, "%s", done);
                fd_drop(&at);
                at = next;
        }
}
