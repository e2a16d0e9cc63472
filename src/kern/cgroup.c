#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"
#include "base/str.h"
#include "pidfd.h"

/* ------------------------------------------------------------------ layout */

/* Version 1 calls io blkio. The freezer is no controller of version 2: every group has it. */
static const struct {
        const char *v1, *v2;
} ctl_names[CGROUP_CTL_N] = {
        [CGROUP_MEMORY] = { "memory", "memory" },
        [CGROUP_PIDS] = { "pids", "pids" },
        [CGROUP_CPU] = { "cpu", "cpu" },
        [CGROUP_IO] = { "blkio", "io" },
        [CGROUP_FREEZER] = { "freezer", "" },
        [CGROUP_DEVICES] = { "devices", "" },
        [CGROUP_CPUSET] = { "cpuset", "cpuset" },
};

const char *cgroup_ctl_name(enum cgroup_ctl ctl)
{
        return *ctl_names[ctl].v2 ? ctl_names[ctl].v2 : ctl_names[ctl].v1;
}

static unsigned ctl_bit(const char *word, bool v2)
{
        for (unsigned i = 0; i < CGROUP_CTL_N; i++)
                if (str_eq(word, v2 ? ctl_names[i].v2 : ctl_names[i].v1))
                        return 1u << i;
        return 0;
}

/* The fields of one line of mountinfo that matter, proc_pid_mountinfo(5). Points into the line. */
struct mount_line {
        char *root, *point, *type, *options;
};

/* \040 and its like, in place. */
static void unescape(char *s)
{
        char *to = s;

        while (*s) {
                if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
                        *to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
                        s += 4;
                } else {
                        *to++ = *s++;
                }
        }
        *to = '\0';
}

static bool split_mount_line(char *line, struct mount_line *ret)
{
        char *field[6], *rest;

        for (size_t i = 0; i < COUNT(field); i++)
                if (!(field[i] = strsep(&line, " ")))
                        return false;
        ret->root = field[3];
        ret->point = field[4];
        do                              /* optional fields, up to a lone dash */
                rest = strsep(&line, " ");
        while (rest && !str_eq(rest, "-"));
        ret->type = strsep(&line, " ");
        strsep(&line, " ");             /* source */
        ret->options = line;
        if (!rest || !ret->type || !ret->options)
                return false;
        unescape(ret->root);
        unescape(ret->point);
        return true;
}

/* The controllers of a version 1 tree out of its mount options, "rw,cpu,cpuacct"; as bits and joined by commas. */
static unsigned v1_controllers(const char *options, struct strbuf *ret_name)
{
        static const char *const others[] = { "cpuacct", "net_cls", "net_prio", "perf_event", "hugetlb", "rdma", "misc" };
        struct strv words = { 0 };
        unsigned bits = 0;

        if (strv_split(&words, options, ",") < 0)
                return 0;
        for (size_t i = 0; i < words.n; i++) {
                unsigned bit = ctl_bit(words.v[i], false);
                bool other = false;

                for (size_t k = 0; k < COUNT(others); k++)
                        other |= str_eq(words.v[i], others[k]);
                bits |= bit;
                if ((bit || other) && strbuf_addf(ret_name, "%s%s", ret_name->len ? "," : "", words.v[i]) < 0)
                        bits = 0;
        }
        strv_free(&words);
        return bits;
}

/*
 * Our own group as /proc/self/cgroup has it, "4:memory:/a/b" or "0::/a/b", relative to a mount that shows the tree from
 * root on. Outside of what we can see ("/../x" from a cgroup namespace, a bind mount of another part): the mount itself.
 */
static char *own_group(const char *self, const char *name, bool v2, const char *root)
{
        size_t skip = str_eq(root, "/") ? 0 : strlen(root), len = strlen(name);

        for (const char *line = self; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
                const char *ctls = strchr(line, ':'), *path = ctls ? strchr(ctls + 1, ':') : NULL;
                size_t n;

                if (!path)
                        continue;
                n = (size_t)(path++ - ++ctls);
                if (v2 ? n != 0 : n != len || strncmp(ctls, name, len) != 0)
                        continue;
                n = strcspn(path, "\n");
                if (n < skip || strncmp(path, root, skip) != 0 || (n > skip && path[skip] != '/'))
                        break;
                path += skip;
                n -= skip;
                while (n > 0 && *path == '/')
                        path++, n--;
                if (n >= 2 && path[0] == '.' && path[1] == '.')
                        break;
                return strndup(path, n);
        }
        return strdup("");
}

static void free_tree(struct cgroup_tree *t)
{
        free(t->name);
        free(t->mount);
        free(t->own);
        free(t->prefix);
        fd_drop(&t->dir);
}

void cgroup_layout_free(struct cgroup_layout *layout)
{
        for (size_t i = 0; i < layout->n; i++)
                free_tree(&layout->tree[i]);
        layout->n = 0;
}

/* The same tree may be mounted twice: the first is taken, but for one that shows it from the top. */
static int add_tree(struct cgroup_layout *layout, const struct mount_line *m, const char *name, unsigned ctls, bool v2,
                    const char *self)
{
        struct cgroup_tree tree = { .ctls = ctls, .v2 = v2, .dir = -EBADF }, *slot = NULL;

        for (size_t i = 0; i < layout->n; i++)
                if (str_eq(layout->tree[i].name, name))
                        slot = &layout->tree[i];
        if (slot && !str_eq(m->root, "/"))
                return 0;
        if (slot && slot->ctls & (1u << CGROUP_CTL_N))
                return 0;
        if (!slot && layout->n == COUNT(layout->tree))
                return 0;
        tree.name = strdup(name);
        tree.mount = strdup(m->point);
        tree.own = own_group(self, name, v2, m->root);
        tree.prefix = strdup("");
        if (!tree.name || !tree.mount || !tree.own || !tree.prefix) {
                free_tree(&tree);
                return -ENOMEM;
        }
        /* Remembers, until the parsing is done, that this one is from the top. */
        if (str_eq(m->root, "/"))
                tree.ctls |= 1u << CGROUP_CTL_N;
        if (slot)
                free_tree(slot);
        else
                slot = &layout->tree[layout->n++];
        *slot = tree;
        return 0;
}

int cgroup_layout_parse(const char *mountinfo, const char *self, struct cgroup_layout *ret, struct err *e)
{
        autostr text = strdup(mountinfo);
        char *rest = text, *line;

        *ret = (struct cgroup_layout){ .n = 0 };
        if (!text)
                return err_nomem(e);
        while ((line = strsep(&rest, "\n"))) {
                struct strbuf name = { 0 };
                struct mount_line m;
                unsigned ctls = 0;
                int r = 0;

                if (!split_mount_line(line, &m))
                        continue;
                if (str_eq(m.type, "cgroup2"))
                        r = add_tree(ret, &m, "v2", 0, true, self);
                else if (str_eq(m.type, "cgroup") && (ctls = v1_controllers(m.options, &name)))
                        r = add_tree(ret, &m, name.s, ctls, false, self);
                strbuf_free(&name);
                if (r < 0) {
                        cgroup_layout_free(ret);
                        return err_nomem(e);
                }
        }
        for (size_t i = 0; i < ret->n; i++)
                ret->tree[i].ctls &= (1u << CGROUP_CTL_N) - 1;
        return 0;
}

void cgroup_layout_add_v2(struct cgroup_layout *layout, const char *controllers)
{
        struct strv words = { 0 };
        struct cgroup_tree *v2 = NULL;

        for (size_t i = 0; i < layout->n; i++)
                if (layout->tree[i].v2)
                        v2 = &layout->tree[i];
        if (!v2 || strv_split(&words, controllers, " \n") < 0)
                return;
        for (size_t i = 0; i < words.n; i++)
                v2->ctls |= ctl_bit(words.v[i], true);
        /* Better than version 1's, which stops half of a group for good when one process hangs. */
        v2->ctls |= 1u << CGROUP_FREEZER;
        strv_free(&words);
}

const struct cgroup_tree *cgroup_tree_of(const struct cgroup_layout *layout, enum cgroup_ctl ctl)
{
        const struct cgroup_tree *found = NULL;

        for (size_t i = 0; i < layout->n; i++)
                if ((layout->tree[i].ctls & (1u << ctl)) && (!found || layout->tree[i].v2))
                        found = &layout->tree[i];
        return found;
}

const struct cgroup_tree *cgroup_tree_named(const struct cgroup_layout *layout, const char *name)
{
        for (size_t i = 0; i < layout->n; i++)
                if (str_eq(layout->tree[i].name, name))
                        return &layout->tree[i];
        return NULL;
}

/* A part of the tree that was handed to us. A read-only mount is not writable for root either. */
static int find_prefix(struct cgroup_tree *t)
{
        size_t n = 0, len = strlen(t->own);

        if (faccessat(t->dir, ".", W_OK, AT_EACCESS) == 0)
                return 0;
        while (n < len) {
                autostr part = NULL;

                n += strcspn(t->own + n + 1, "/") + 1;
                part = strndup(t->own, n);
                if (!part)
                        return -ENOMEM;
                if (faccessat(t->dir, part, W_OK, AT_EACCESS) == 0)
                        return str_set(&t->prefix, part);
        }
        return 0;
}

/* Opens the trees and finds where in them we may write. */
static int open_trees(struct cgroup_layout *layout, struct err *e)
{
        for (size_t i = 0; i < layout->n; i++) {
                struct cgroup_tree *t = &layout->tree[i];

                t->dir = open(t->mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (t->dir < 0)
                        return err_sys(e, "open %s", t->mount);
                if (find_prefix(t) < 0)
                        return err_nomem(e);
                if (t->v2) {
                        char controllers[512];

                        if (fd_get(t->dir, "cgroup.controllers", controllers, sizeof controllers, e) < 0)
                                return err_wrap(e, "%s", t->mount);
                        cgroup_layout_add_v2(layout, controllers);
                }
        }
        return 0;
}

/* The one global of this room: a cache of facts, filled once, never changed. */
static struct {
        pthread_once_t once;
        struct cgroup_layout layout;
        struct err err;
} cache = { .once = PTHREAD_ONCE_INIT };

static void fill_cache(void)
{
        autostr mountinfo = NULL;
        autostr self = NULL;
        struct err *e = &cache.err;

        if (fd_slurp(AT_FDCWD, "/proc/self/mountinfo", 64 << 20, &mountinfo, NULL, e) < 0 ||
            fd_slurp(AT_FDCWD, "/proc/self/cgroup", 1 << 20, &self, NULL, e) < 0 ||
            cgroup_layout_parse(mountinfo, self, &cache.layout, e) < 0)
                return;
        if (open_trees(&cache.layout, e) < 0)
                cgroup_layout_free(&cache.layout);
}

int cgroup_layout_get(const struct cgroup_layout **ret, struct err *e)
{
        pthread_once(&cache.once, fill_cache);
        if (cache.err.code) {
                if (e)
                        *e = cache.err;
                return -cache.err.code;
        }
        *ret = &cache.layout;
        return 0;
}

static struct {
        pthread_once_t once;
        struct cgroup_tree tree;
        struct err err;
} private_v2 = { .once = PTHREAD_ONCE_INIT };

void cgroup_layout_forget(void)
{
        cgroup_layout_free(&cache.layout);
        cache.once = (pthread_once_t)PTHREAD_ONCE_INIT;
        cache.err = (struct err){0};
        if (private_v2.tree.name)
                free_tree(&private_v2.tree);
        private_v2.tree = (struct cgroup_tree){ .dir = -EBADF };
        private_v2.once = (pthread_once_t)PTHREAD_ONCE_INIT;
        private_v2.err = (struct err){0};
}

/* A kernel that has all its controllers on version 1 has the other tree all the same. */
static void mount_v2(void)
{
        struct cgroup_tree *t = &private_v2.tree;
        struct err *e = &private_v2.err;
        autofd fs = (int)syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC);

        t->dir = -EBADF;
        if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
                err_sys(e, "mount cgroup2");
                return;
        }
        t->dir = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
        t->name = strdup("v2");
        t->mount = strdup("cgroup2");
        t->own = strdup("");
        t->prefix = strdup("");
        t->v2 = true;
        if (t->dir < 0)
                err_sys(e, "mount cgroup2");
        else if (!t->name || !t->mount || !t->own || !t->prefix)
                err_nomem(e);
}

const struct cgroup_tree *cgroup_v2(const struct cgroup_layout *layout, struct err *e)
{
        const struct cgroup_tree *t = cgroup_tree_named(layout, "v2");

        if (t)
                return t;
        pthread_once(&private_v2.once, mount_v2);
        if (!private_v2.err.code)
                return &private_v2.tree;
        if (e)
                *e = private_v2.err;
        return NULL;
}

/* ------------------------------------------------------------------ groups */

/* Opens something below the mount, and by no link. */
static int open_beneath(const struct cgroup_tree *t, const char *path, struct err *e)
{
        struct open_how how = {
                .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
        };
        int fd;

        if (*path == '/' || str_eq(path, "..") || str_starts(path, "../") || strstr(path, "/.."))
                return err_set(e, EINVAL, "%s: not a path in a cgroup tree", path);
        fd = (int)syscall(SYS_openat2, t->dir, path, &how, sizeof how);
        /* Before 5.6. There are no links in a cgroup file system, and ".." has been refused. */
        if (fd < 0 && errno == ENOSYS)
                fd = openat(t->dir, path, (int)how.flags | O_NOFOLLOW);
        return fd < 0 ? err_sys(e, "open %s/%s", t->mount, path) : fd;
}

int cgroup_open(const struct cgroup_tree *t, const char *path, struct err *e)
{
        return open_beneath(t, path, e);
}

/* "a/b/c" into the directory "a/b", or ".", and "c". */
static int split_path(const char *path, char *parent, size_t size, const char **ret_leaf, struct err *e)
{
        const char *slash = strrchr(path, '/');
        size_t n = slash ? (size_t)(slash - path) : 0;

        if (n >= size)
                return err_code(e, ENAMETOOLONG, "%s", path);
        memcpy(parent, slash ? path : ".", slash ? n : 1);
        parent[slash ? n : 1] = '\0';
        *ret_leaf = slash ? slash + 1 : path;
        return 0;
}

/* Has the group's cgroup.subtree_control, or whatever file, all these words? */
static bool has_words(int group, const char *file, unsigned ctls)
{
        struct strv words = { 0 };
        char text[512];
        bool all = fd_get(group, file, text, sizeof text, NULL) >= 0 && strv_split(&words, text, " ") == 0;

        for (unsigned i = 0; all && i < CGROUP_CTL_N; i++)
                if ((ctls & (1u << i)) && *ctl_names[i].v2)
                        all = strv_has(&words, ctl_names[i].v2);
        strv_free(&words);
        return all;
}

/* Below a group with processes of its own there may be no limits; only the root of all, which has no type, is free. */
static bool is_inhabited(int group)
{
        char text[64];

        return fd_get(group, "cgroup.type", text, sizeof text, NULL) >= 0 &&
               fd_get(group, "cgroup.procs", text, sizeof text, NULL) != 0;
}

/* Writing stops the world for cgroups, looking does not. */
static int enable_in(const struct cgroup_tree *t, const char *path, unsigned ctls, struct err *e)
{
        autofd group = open_beneath(t, path, e);
        char words[128], name[PATH_MAX];
        size_t n = 0;
        int r;

        if (group < 0)
                return group;
        if (has_words(group, "cgroup.subtree_control", ctls))
                return 0;
        for (unsigned i = 0; i < CGROUP_CTL_N; i++)
                if ((ctls & (1u << i)) && *ctl_names[i].v2)
                        n += (size_t)snprintf(words + n, sizeof words - n, "%s+%s", n ? " " : "", ctl_names[i].v2);
        if (n == 0)
                return 0;
        snprintf(name, sizeof name, "%s%s%s", t->mount, str_eq(path, ".") ? "" : "/", str_eq(path, ".") ? "" : path);
        /* The kernel refuses with EBUSY, but for pids and cpu it makes a tree of threads of it instead. */
        if (is_inhabited(group))
                return err_set(e, EBUSY, "%s: has processes of its own, so groups below it cannot be limited", name);
        r = fd_put(group, "cgroup.subtree_control", words, e);
        if (r == -ENOENT && !has_words(group, "cgroup.controllers", ctls))
                return err_set(e, EOPNOTSUPP, "%s: not all of %s was handed down to it", name, words);
        return r < 0 ? err_wrap(e, "%s", name) : 0;
}

int cgroup_enable(const struct cgroup_tree *t, const char *path, unsigned ctls, struct err *e)
{
        char parent[PATH_MAX], grandparent[PATH_MAX];
        const char *leaf;
        int r;

        if (!t->v2 || !ctls)
                return 0;
        r = split_path(path, parent, sizeof parent, &leaf, e);
        if (r == 0)
                r = split_path(parent, grandparent, sizeof grandparent, &leaf, e);
        if (r == 0)
                r = enable_in(t, grandparent, ctls, e);
        return r < 0 ? r : enable_in(t, parent, ctls, e);
}

static int make_in(const struct cgroup_tree *t, const char *parent, const char *leaf, const char *path, struct err *e)
{
        autofd dir = open_beneath(t, parent, e);

        if (dir < 0)
                return dir;
        return mkdirat(dir, leaf, 0755) < 0 ? err_sys(e, "mkdir %s/%s", t->mount, path) : 0;
}

int cgroup_make(const struct cgroup_tree *t, const char *path, unsigned ctls, struct err *e)
{
        char parent[PATH_MAX];
        const char *leaf;
        int r = split_path(path, parent, sizeof parent, &leaf, e);

        /* Another process may remove the parent, which was empty until now, under our hands. */
        for (int tries = 0; r == 0 && tries < 100; tries++) {
                if (mkdirat(t->dir, parent, 0755) < 0 && errno != EEXIST)
                        return err_sys(e, "mkdir %s/%s", t->mount, parent);
                r = cgroup_enable(t, path, ctls, e);
                if (r == 0)
                        r = make_in(t, parent, leaf, path, e);
                if (r != -ENOENT && r != -ENODEV)
                        return r;
                r = 0;
        }
        return r < 0 ? r : err_code(e, EAGAIN, "mkdir %s/%s", t->mount, path);
}

int cgroup_attach(int group, pid_t pid, struct err *e)
{
        char text[16];

        snprintf(text, sizeof text, "%d", (int)pid);
        return fd_put(group, "cgroup.procs", text, e);
}

int cgroup_processes(int group, pid_t **ret, size_t *ret_n, struct err *e)
{
        autostr text = NULL;
        pid_t *pids = NULL;
        size_t n = 0;
        char *rest, *line;

        int r = fd_slurp(group, "cgroup.procs", 64 << 20, &text, NULL, e);

        if (r < 0)
                return r;
        /* No line is shorter than two bytes. */
        pids = calloc(strlen(text) / 2 + 1, sizeof *pids);
        if (!pids)
                return err_nomem(e);
        for (rest = text; (line = strsep(&rest, "\n"));) {
                int pid;

                /* 0 is a process that our pid namespace does not have, and to kill(2) it is all of ours */
                if (num_int(line, &pid) == 0 && pid > 0)
                        pids[n++] = pid;
        }
        *ret = pids;
        *ret_n = n;
        return 0;
}

/* ----------------------------------------------------------------- removal */

/* pidfd_open before the second look: only who is in the list after that is certainly who is in the group. */
static void kill_processes(int group)
{
        pid_t *pids, *again;
        size_t n, n_again;

        if (cgroup_processes(group, &pids, &n, NULL) < 0)
                return;
        for (size_t i = 0; i < n; i++) {
                autofd pidfd = pids[i] == getpid() ? -EBADF : pidfd_open_pid(pids[i], NULL);

                if (pidfd < 0 || cgroup_processes(group, &again, &n_again, NULL) < 0)
                        continue;
                for (size_t k = 0; k < n_again; k++)
                        if (again[k] == pids[i]) {
                                pidfd_kill(pidfd, SIGKILL);
                                break;
                        }
                free(again);
        }
        free(pids);
}

/* The name of a directory in it; false: none. */
static bool first_below(int group, char *name, size_t size)
{
        int fd = openat(group, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *d = fd < 0 ? NULL : fdopendir(fd);
        bool found = false;
        struct dirent *de;

        if (!d) {
                fd_close(fd);
                return false;
        }
        while (!found && (de = readdir(d)))
                if (de->d_type == DT_DIR && !str_eq(de->d_name, ".") && !str_eq(de->d_name, "..") &&
                    strlen(de->d_name) < size) {
                        strcpy(name, de->d_name);
                        found = true;
                }
        closedir(d);
        return found;
}

/*
 * Removes the groups below, however deep a jail may have nested them: always the first one that can go, down to where
 * there is none below, and then again from the top. No recursion, and two descriptors. Returns 0 when none is left,
 * -EBUSY when something could not go yet; what is in the way is killed.
 */
static int remove_below(int group)
{
        char name[256];

        while (first_below(group, name, sizeof name)) {
                autofd at = fcntl(group, F_DUPFD_CLOEXEC, 3);

                while (at >= 0 && first_below(at, name, sizeof name)) {
                        int next;

                        if (unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                                break;
                        next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
                        if (next < 0)
                                break;
                        fd_drop(&at);
                        at = next;
                        if (!first_below(at, name, sizeof name)) {
                                /* A leaf that did not go has processes. */
                                kill_processes(at);
                                return -EBUSY;
                        }
                }
                if (at < 0)
                        return -EBUSY;
        }
        return 0;
}

/* 0: gone. */
static int remove_once(const struct cgroup_tree *t, const char *path, const char *parent, const char *leaf, bool *killed)
{
        autofd dir = open_beneath(t, parent, NULL), group = -EBADF;

        if (dir < 0)
                return dir == -ENOENT ? 0 : dir;
        /* Nearly always it is empty by now. */
        if (unlinkat(dir, leaf, AT_REMOVEDIR) == 0 || errno == ENOENT)
                return 0;
        if (errno != EBUSY && errno != ENOTEMPTY)
                return -errno;
        group = open_beneath(t, path, NULL);
        if (group < 0)
                return group == -ENOENT ? 0 : group;
        if (!*killed) {
                /* All at once, with those below and without a race; 5.14. */
                if (!t->v2 || fd_put(group, "cgroup.kill", "1", NULL) < 0)
                        kill_processes(group);
                *killed = t->v2;
        }
        if (remove_below(group) < 0)
                return -EBUSY;
        return unlinkat(dir, leaf, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

int cgroup_remove(const struct cgroup_tree *t, const char *path, struct err *e)
{
        struct timespec pause = { .tv_nsec = 500 * 1000 };
        char parent[PATH_MAX];
        const char *leaf;
        bool killed = false;
        int r = split_path(path, parent, sizeof parent, &leaf, e);

        if (r < 0)
                return r;
        if (strstr(path, "..") || *path == '/' || str_eq(parent, "."))
                return err_set(e, EINVAL, "%s: not a path of a group", path);
        /* 0.5 ms, 1, 2, ... 64, and on in steps of 64: about five seconds. */
        for (int tries = 0; tries < 80; tries++) {
                r = remove_once(t, path, parent, leaf, &killed);
                if (r != -EBUSY && r != -ENOTEMPTY)
                        break;
                if (tries == 40)
                        killed = false;
                nanosleep(&pause, NULL);
                if (pause.tv_nsec < 64 * 1000 * 1000)
                        pause.tv_nsec *= 2;
        }
        if (r < 0)
                return err_code(e, r, "rmdir %s/%s", t->mount, path);
        /* Fails while other groups are in it, as it should. */
        unlinkat(t->dir, parent, AT_REMOVEDIR);
        return 0;
}

int cgroup_discard(const struct cgroup_tree *t, const char *path, struct err *e)
{
        char parent[PATH_MAX];
        const char *leaf;
        autofd dir = -EBADF;
        int r = split_path(path, parent, sizeof parent, &leaf, e);

        if (r < 0)
                return r;
        dir = open_beneath(t, parent, e);
        if (dir < 0)
                return dir == -ENOENT ? 0 : dir;
        if (unlinkat(dir, leaf, AT_REMOVEDIR) < 0 && errno != ENOENT)
                return err_sys(e, "rmdir %s/%s", t->mount, path);
        unlinkat(t->dir, parent, AT_REMOVEDIR);
        return 0;
}

/* ------------------------------------------------------------------ freeze */

static bool is_frozen(const struct cgroup_tree *t, int group, bool freeze)
{
        char text[256];

        if (fd_get(group, t->v2 ? "cgroup.events" : "freezer.state", text, sizeof text, NULL) < 0)
                return false;
        if (t->v2)
                return strstr(text, freeze ? "frozen 1" : "frozen 0");
        return str_eq(text, freeze ? "FROZEN" : "THAWED");
}

int cgroup_freeze(const struct cgroup_tree *t, int group, bool freeze, struct err *e)
{
        const char *file = t->v2 ? "cgroup.freeze" : "freezer.state";
        const char *word = t->v2 ? (freeze ? "1" : "0") : freeze ? "FROZEN" : "THAWED";
        struct timespec pause = { .tv_nsec = 200 * 1000 };

        for (int tries = 0; tries < 50; tries++) {
                /* Version 1 goes on with a freeze that got stuck only when it is told again. */
                if (tries == 0 || !t->v2) {
                        int r = fd_put(group, file, word, e);

                        if (r < 0)
                                return r;
                }
                if (is_frozen(t, group, freeze))
                        return 0;
                nanosleep(&pause, NULL);
                if (pause.tv_nsec < 64 * 1000 * 1000)
                        pause.tv_nsec *= 2;
        }
        if (freeze)
                fd_put(group, file, t->v2 ? "0" : "THAWED", NULL);
        return err_code(e, ETIMEDOUT, "write %s", file);
}

/* -------------------------------------------------------------------- disk */

/* btrfs and its like have device numbers of their own; the mount tells the disk. */
static int disk_of_mount(const char *path, const struct statx *stx, dev_t *ret, struct err *e)
{
        autostr text = NULL;
        char *rest, *line;
        int r = fd_slurp(AT_FDCWD, "/proc/self/mountinfo", 64 << 20, &text, NULL, e);

        if (r < 0)
                return r;
        for (rest = text; (line = strsep(&rest, "\n"));) {
                char *type = strstr(line, " - "), *source, *end;
                struct stat st;

                if (!type || strtoull(line, NULL, 10) != stx->stx_mnt_id)
                        continue;
                type += 3;
                source = strchr(type, ' ');
                if (!source)
                        break;
                *source++ = '\0';
                end = strchr(source, ' ');
                if (end)
                        *end = '\0';
                unescape(source);
                if (*source == '/' && stat(source, &st) == 0 && S_ISBLK(st.st_mode)) {
                        *ret = st.st_rdev;
                        return 0;
                }
                return err_set(e, ENODEV, "%s: on no block device (%s)", path, type);
        }
        return err_set(e, ENODEV, "%s: on no block device", path);
}

int cgroup_disk_of(const char *path, char *ret, size_t size, struct err *e)
{
        struct statx stx;
        char file[96];
        dev_t dev;

        if (statx(AT_FDCWD, path, 0, STATX_BASIC_STATS | STATX_MNT_ID, &stx) < 0)
                return err_sys(e, "%s", path);
        dev = makedev(stx.stx_dev_major, stx.stx_dev_minor);
        if (stx.stx_dev_major == 0) {
                int r = disk_of_mount(path, &stx, &dev, e);

                if (r < 0)
                        return r;
        }
        snprintf(ret, size, "%u:%u", major(dev), minor(dev));
        snprintf(file, sizeof file, "/sys/dev/block/%s/partition", ret);
        if (access(file, F_OK) < 0)
                return 0;
        /* The directory of a partition is in that of its disk. */
        snprintf(file, sizeof file, "/sys/dev/block/%s/../dev", ret);
        return fd_get(AT_FDCWD, file, ret, size, e) < 0 ? err_wrap(e, "%s", path) : 0;
}
