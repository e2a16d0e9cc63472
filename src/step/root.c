/*
 * Theory of operation
 *
 * Trees are cloned from the host (open_tree), made private, idmapped by the
 * jail's user namespace while they are detached, and then attached in the
 * jail's mount namespace, which this process enters for the attaching only.
 * The root goes on top of the empty file system the namespace was cloned with;
 * there is nothing below it to uncover, and so nothing to unmount.
 *
 * No path of the jail's is ever resolved by name from the host's root: lookups
 * start at the descriptor of the jail's root, and mount targets may hold no
 * symbolic link at all (jail(8)).
 */
#include "root.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/cred.h"
#include "kern/mnt.h"
#include "kern/ns.h"
#include "spec/rights.h"
#include "state/record.h"
#include "step/fstab.h"
#include "step/host.h"
#include "step/hostpath.h"
#include "step/mask.h"
#include "step/overlay.h"
#include "step/uname.h"

#define NO_ROOT_DEVICES MOUNT_ATTR_NODEV        /* devices come by mount.devfs alone */

/* A file system this kernel cannot idmap is a fact to tell with its cure, not only EINVAL. */
static int idmap(int mnt, const struct run *run, uint64_t attrs, bool recursive, const char *what, struct err *e)
{
        int r = mnt_setattr(mnt, attrs, 0, run->userns, recursive, e);

        if (r == -EINVAL && run->userns >= 0)
                return err_set(e, EINVAL, "%s: its file system%s cannot be idmapped by this kernel; "
                               "move it, or use user=inherit", what, recursive ? ", or one mounted below it," : "");
        return r < 0 ? err_wrap(e, "%s", what) : 0;
}

/* Puts the root on top of the jail's empty one. */
static int attach_root(struct run *run, int *mnt, struct err *e)
{
        int r;

        if (ns_mnt_enter(run_stage(run), e) < 0)
                return -e->code;
        r = mnt_attach(*mnt, AT_FDCWD, "/", "the jail's root", e);
        ns_mnt_return(&run->host->self);
        if (r == 0)
                run->root = fd_take(mnt);
        return r;
}

/* ------------------------------------------------------------------- path */

static bool path_wanted(const struct jail_spec *s)
{
        return s->root_base.n == 0;
}

static int check_path(struct run *run, struct err *e)
{
        autofd dir = open(run->spec->path, O_PATH | O_DIRECTORY | O_CLOEXEC);

        return dir < 0 ? err_sys(e, "%s", run->spec->path) : 0;
}

static int use_path(struct run *run, struct err *e)
{
        const char *path = run->spec->path;
        /* The host's own root without what is mounted in it: /proc and /sys of the host are not for jails. */
        bool recursive = !str_eq(path, "/");
        autofd dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        autofd mnt = -EBADF;

        if (dir < 0)
                return err_sys(e, "%s", path);
        mnt = mnt_clone(dir, "", recursive, e);
        if (mnt < 0 || idmap(mnt, run, NO_ROOT_DEVICES, recursive, path, e) < 0)
                return -e->code;
        return attach_root(run, &mnt, e);
}

const struct step step_path = {
        .name = "path", .param = "path", .boot = true, .wanted = path_wanted, .check = check_path, .enact = use_path,
};

/* -------------------------------------------------------------- root.layer */

#define LAYERS "/var/lib/gaol"

static bool layer_wanted(const struct jail_spec *s)
{
        return s->root_base.n > 0 && !s->root_discard;
}

static int layer_path(const struct run *run, struct strbuf *ret, struct err *e)
{
        int r = run->spec->root_layer ? strbuf_add(ret, run->spec->root_layer)
                                      : strbuf_addf(ret, LAYERS "/%s", run->name);

        return r < 0 ? err_nomem(e) : 0;
}

/*
 * Kept from one life of the jail to the next, and of one living jail only: two overlays on one layer spoil it, and the
 * kernel says so only with an option that ties the layer to the trees below it for ever. A jail is a member of its
 * layer, which is told by device and inode: there may be several paths to it.
 */
static int layer_object(int dir, char *ret, size_t size, struct err *e)
{
        struct stat st;

        if (fstat(dir, &st) < 0)
                return err_sys(e, "stat layer");
        snprintf(ret, size, "layer.%llx.%llx", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
        return 0;
}

struct rival {
        struct run *run;
        struct err *e;
        char *name;
};

static int is_rival(void *ctx, int jid)
{
        struct rival *rival = ctx;

        return jid == rival->run->jid ? 0 : store_jid_lives(&rival->run->host->store, jid, &rival->name, rival->e);
}

/* Called under the lock. */
static int join_layer(struct run *run, int dir, const char *path, struct err *e)
{
        struct rival rival = { .run = run, .e = e };
        const struct store *st = &run->host->store;
        autostr name = NULL;
        char object[64];
        int r;

        if (layer_object(dir, object, sizeof object, e) < 0 || step_note(run, &step_layer, e, "%s", object) < 0 ||
            shared_join(st, object, run->jid, NULL, e) < 0)
                return -e->code;
        r = shared_ask(st, object, is_rival, &rival, e);
        name = rival.name;
        return r > 0 ? err_set(e, EBUSY, "%s: jail \"%s\" uses it", path, name) : r;
}

static int leave_layer(struct run *run, const char *object, struct err *e)
{
        const struct store *st = &run->host->store;
        autofd lock = store_lock(st, "layer", e);
        int r;

        if (lock < 0)
                return lock;
        r = shared_leave(st, object, run->jid, NULL, 0, e);
        return r > 0 ? shared_forget(st, object, e) : r;
}

/* A part of the layer, which must be a directory and no link to one. */
static int make_part(int dir, const char *name, struct err *e)
{
        struct stat st;

        /* the umask is the caller's; the mode is that of the jail's "/" */
        if (mkdirat(dir, name, 0755) == 0)
                return fchmodat(dir, name, 0755, 0) < 0 ? err_sys(e, "mkdir %s", name) : 0;
        if (errno != EEXIST || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return err_sys(e, "mkdir %s", name);
        return S_ISDIR(st.st_mode) ? 0 : err_code(e, ENOTDIR, "%s", name);
}

static int open_layer(const char *path, struct err *e)
{
        int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

        return dir < 0 ? err_sys(e, "%s", path) : dir;
}

static int make_layer(struct run *run, struct err *e)
{
        autofd lock = store_lock(&run->host->store, "layer", e);
        autobuf path = {0};
        autofd dir = -EBADF;

        if (lock < 0 || layer_path(run, &path, e) < 0 || step_note(run, &step_layer, e, "%s", path.s) < 0)
                return -e->code;
        if (!run->spec->root_layer && mkdir(LAYERS, 0711) < 0 && errno != EEXIST)
                return err_sys(e, "mkdir " LAYERS);
        if (mkdir(path.s, 0700) < 0 && errno != EEXIST)
                return err_sys(e, "mkdir %s", path.s);
        dir = open_layer(path.s, e);
        if (dir < 0 || join_layer(run, dir, path.s, e) < 0)
                return -e->code;
        if (make_part(dir, "upper", e) < 0 || make_part(dir, "work", e) < 0)
                return err_wrap(e, "%s", path.s);
        return 0;
}

/* What is not there, is not empty or is no directory stays as it is: it is not ours to remove. */
static int remove_if_empty(int dir, const char *name, struct err *e)
{
        if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT && errno != ENOTEMPTY && errno != ENOTDIR)
                return err_sys(e, "remove %s", name);
        return 0;
}

/* What overlayfs leaves in its work directory: whiteouts it kept for the next removal, never a directory. */
static int clear_whiteouts(int work, struct err *e)
{
        int fd = openat(work, "work", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        struct dirent *d;
        DIR *dir = NULL;
        int r = 0;

        if (fd < 0 && errno == ENOENT)
                return 0;
        if (fd >= 0)
                dir = fdopendir(fd);
        if (!dir) {
                fd_close(fd);
                return err_sys(e, "work/work");
        }
        while (r == 0 && (d = readdir(dir)))
                if (!str_eq(d->d_name, ".") && !str_eq(d->d_name, "..") && unlinkat(fd, d->d_name, 0) < 0 && errno != ENOENT)
                        r = err_sys(e, "remove work/work/%s", d->d_name);
        closedir(dir);
        return r;
}

static int clear_work(int layer, struct err *e)
{
        autofd work = openat(layer, "work", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

        if (work < 0)
                return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(e, "work");
        if (clear_whiteouts(work, e) < 0 || remove_if_empty(work, "work", e) < 0)
                return -e->code;
        return remove_if_empty(work, "index", e);
}

static int not_me(void *ctx, int jid)
{
        return jid != *(const int *)ctx;
}

/* Called under the lock: nobody becomes a member meanwhile. A layer that holds something is kept. */
static int clear_layer(struct run *run, int dir, const char *path, struct err *e)
{
        char object[64];
        int r;

        if (layer_object(dir, object, sizeof object, e) < 0)
                return -e->code;
        /* Of a jail that was killed half made, while another has the layer by now. */
        r = shared_ask(&run->host->store, object, not_me, &run->jid, e);
        if (r != 0)
                return r > 0 ? 0 : r;
        if (clear_work(dir, e) < 0 || remove_if_empty(dir, "work", e) < 0 || remove_if_empty(dir, "upper", e) < 0)
                return err_wrap(e, "%s", path);
        if (rmdir(path) < 0 && errno != ENOENT && errno != ENOTEMPTY)
                return err_sys(e, "remove %s", path);
        return 0;
}

static int unmake_layer(struct run *run, const char *note, struct err *e)
{
        autofd dir = -EBADF, lock = -EBADF;

        if (note[0] != '/')
                return leave_layer(run, note, e);
        lock = store_lock(&run->host->store, "layer", e);
        if (lock < 0)
                return lock;
        dir = open_layer(note, e);
        if (dir < 0)    /* not made, or not by us: a link or a file was in its place */
                return dir == -ENOENT || dir == -ENOTDIR ? 0 : dir;
        if (clear_layer(run, dir, note, e) < 0)
                return -e->code;
        if (str_starts(note, LAYERS "/") && rmdir(LAYERS) < 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST &&
            errno != EBUSY && errno != EROFS)
                return err_sys(e, "remove " LAYERS);
        return 0;
}

const struct step step_layer = {
        .name = "layer", .param = "root.layer", .on_disk = true, .wanted = layer_wanted, .enact = make_layer, .undo = unmake_layer,
};

/* --------------------------------------------------------------- root.base */

static bool base_wanted(const struct jail_spec *s)
{
        return s->root_base.n > 0;
}

/*
 * The layer that hides the secrets of the host's tree. Where the kernel can idmap tmpfs (6.3) one serves all jails of
 * this process; elsewhere each jail gets one whose directories belong to its own root.
 */
static int share_mask(struct run *run, int tree, struct mask *ret, struct err *e)
{
        struct host *h = run->host;
        int r = 0;

        pthread_mutex_lock(&h->lock);
        if (h->mask.front < 0)
                r = mask_make(tree, 0, h->nested, &h->mask, e);
        if (r == 0)
                r = ret->front = mnt_clone(h->mask.front, "", false, e);
        if (r >= 0 && h->mask.behind >= 0)
                r = ret->behind = mnt_clone(h->mask.behind, "", false, e);
        pthread_mutex_unlock(&h->lock);
        return r < 0 ? r : 0;
}

static int open_mask(struct run *run, int tree, struct mask *ret, struct err *e)
{
        struct host *h = run->host;
        int r;

        if (!h->no_idmap_tmpfs) {
                r = share_mask(run, tree, ret, e);
                /* before 6.15 there are no clones of what is attached nowhere */
                if (r < 0 && h->mask.front < 0)
                        return r;
                if (r == 0 && mnt_setattr(ret->front, MOUNT_ATTR_RDONLY, 0, run->userns, false, NULL) == 0 &&
                    (ret->behind < 0 || mnt_setattr(ret->behind, MOUNT_ATTR_RDONLY, 0, run->userns, false, NULL) == 0))
                        return 0;
                h->no_idmap_tmpfs = true;
                mask_close(ret);
        }
        return mask_make(tree, run->uid_base, h->nested, ret, e);
}

/*
 * A private layer in memory: it is mounted nowhere else, so it ends with the jail's mount namespace. The tmpfs is not
 * idmapped (6.1 could not); its directories simply belong to the jail's root.
 */
static int memory_layer(struct run *run, struct err *e)
{
        char size[32];
        struct mnt_opt opts[] = { MNT_STR("mode", "0700"), MNT_STR("size", size) };
        size_t n = COUNT(opts);
        autofd mnt = -EBADF;

        if (run->spec->root_size == RCTL_NONE)
                n--;
        else
                snprintf(size, sizeof size, "%llu", (unsigned long long)run->spec->root_size);
        mnt = mnt_new("tmpfs", opts, n, 0, e);
        if (mnt < 0)
                return mnt;
        if (mkdirat(mnt, "upper", 0755) < 0 || mkdirat(mnt, "work", 0700) < 0 || fchmodat(mnt, "upper", 0755, 0) < 0 ||
            fchownat(mnt, "upper", run->uid_base, run->uid_base, 0) < 0)
                return err_sys(e, "make layer");
        return fd_take(&mnt);
}

static int disk_layer(struct run *run, struct err *e)
{
        autobuf path = {0};
        autofd dir = -EBADF, mnt = -EBADF;

        if (layer_path(run, &path, e) < 0)
                return -e->code;
        dir = open_layer(path.s, e);
        mnt = dir < 0 ? dir : mnt_clone(dir, "", false, e);
        if (mnt < 0 || idmap(mnt, run, 0, false, path.s, e) < 0)
                return -e->code;
        return fd_take(&mnt);
}

/* The host's own tree, by whatever name: through a link or a bind mount it is full of the same secrets. */
static bool is_host_root(int tree)
{
        struct stat root, st;

        return stat("/", &root) == 0 && fstat(tree, &st) == 0 && st.st_dev == root.st_dev && st.st_ino == root.st_ino;
}

static void push_layer(struct layers *l, int *mnt, bool joined)
{
        l->joined[l->n] = joined;
        l->lower[l->n++] = fd_take(mnt);
}

static int open_base(struct run *run, const char *path, struct layers *l, struct err *e)
{
        autofd mnt = mnt_clone(AT_FDCWD, path, false, e);
        struct mask mask = MASK_NONE;

        if (mnt < 0)
                return mnt;
        if (l->n + 3 > COUNT(l->lower))
                return err_code(e, E2BIG, "%s", path);
        if (is_host_root(mnt)) {
                if (open_mask(run, mnt, &mask, e) < 0) {
                        mask_close(&mask);
                        return err_wrap(e, "/");
                }
                push_layer(l, &mask.front, true);
                if (mask.behind >= 0)
                        push_layer(l, &mask.behind, true);
        }
        if (idmap(mnt, run, MOUNT_ATTR_RDONLY, false, path, e) < 0)
                return -e->code;
        push_layer(l, &mnt, false);
        return 0;
}

static int use_base(struct run *run, struct err *e)
{
        struct layers __attribute__((cleanup(layers_close))) l = LAYERS_NONE;
        autofd mnt = -EBADF;

        for (size_t i = 0; i < run->spec->root_base.n; i++)
                if (open_base(run, run->spec->root_base.v[i], &l, e) < 0)
                        return -e->code;
        l.private = run->spec->root_discard ? memory_layer(run, e) : disk_layer(run, e);
        if (l.private < 0)
                return -e->code;
        mnt = overlay_make(run, &l, NO_ROOT_DEVICES, e);
        if (mnt < 0)
                return mnt;
        return attach_root(run, &mnt, e);
}

const struct step step_base = {
        .name = "base", .param = "root.base", .boot = true, .wanted = base_wanted, .enact = use_base,
};

/* ----------------------------------------------------- mounts in the jail */

/* Makes a directory of the private layer for a mount, as the jail's root: on an idmapped layer no other id exists. */
static int make_target(struct run *run, const char *path, struct err *e)
{
        bool as_jail = run->userns >= 0;
        int fd;

        if (as_jail && cred_set_fs(run->uid_base, run->uid_base) < 0)
                return err_sys(e, "take the jail's ids");
        fd = mnt_mkdir_in(run->root, path, 0755, e);
        if (as_jail && cred_set_fs(0, 0) < 0)
                abort();
        return fd;
}

static bool thin(const struct run *run)
{
        return run->spec->root_base.n > 0;
}

/*
 * Attaches mnt at a path below the jail's root, which errors call name. In a thin root missing directories are made: a
 * private layer is ours to change, a path of the admin's is not.
 */
static int attach_at(struct run *run, int mnt, const char *path, const char *name, struct err *e)
{
        autofd at = thin(run) ? make_target(run, path, e)
                              : hostpath_blame(mnt_open_in(run->root, path, O_PATH, true, e), name, e);
        int r;

        if (at < 0)
                return at;
        if (ns_mnt_enter(run_stage(run), e) < 0)
                return -e->code;
        r = mnt_attach(mnt, at, "", name, e);
        ns_mnt_return(&run->host->self);
        return r;
}

/* Is there what attach_at() would attach to? Only for roots that are a path. */
static int check_target(struct run *run, const char *path, struct err *e)
{
        autofd root = open(run->spec->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        autofd at = -EBADF;

        if (root < 0)
                return err_sys(e, "%s", run->spec->path);
        at = mnt_open_in(root, path, O_PATH, true, e);
        return at < 0 ? at : 0;
}

/* Below the jail's root, as the jail will see it; NULL when the target is elsewhere. */
static const char *inside(const struct jail_spec *s, const char *target)
{
        size_t n = strlen(s->path);

        if (str_eq(s->path, "/"))
                return target;
        if (strncmp(target, s->path, n) != 0 || (target[n] && target[n] != '/'))
                return NULL;
        return target[n] ? target + n : "/";
}

static int put_procfs(struct run *run, const char *name, struct err *e);
static int cover_sysfs(struct run *run, int sys, struct err *e);

static int clone_source(struct run *run, const char *source, struct err *e)
{
        autohostpath h = HOSTPATH_NONE;
        autofd at = -EBADF;
        int mnt;

        if (hostpath_find(run, source, &h, e) < 0)
                return -e->code;
        if (h.jails) {
                at = mnt_open_in(h.dir, h.rest, O_PATH, true, e);
                if (at < 0)
                        return hostpath_blame(at, source, e);
        }
        mnt = h.jails ? mnt_clone(at, "", true, e) : mnt_clone(h.dir, h.rest, true, e);
        return mnt < 0 ? err_code(e, mnt, "%s", source) : mnt;
}

/*
 * A file system finds its device by name. One that is in the jail's hands gets another name in text, which leads to *fd
 * and nowhere else. What is no path is left to the file system, and so is a path to nothing.
 */
static int hold_device(struct run *run, const char **source, char *text, size_t size, int *fd, struct err *e)
{
        autohostpath h = HOSTPATH_NONE;
        int r = **source == '/' ? hostpath_find(run, *source, &h, e) : 0;

        if (r < 0 && r != -ENOENT)
                return r;
        err_clear(e);
        if (!h.jails)
                return 0;
        *fd = mnt_open_in(h.dir, h.rest, O_PATH, true, e);
        if (*fd < 0)
                return hostpath_blame(*fd, *source, e);
        snprintf(text, size, "/proc/self/fd/%d", *fd);
        *source = text;
        return 0;
}

static int mount_device(struct run *run, const char *type, struct fstab *f, struct err *e)
{
        const char *source = f->source;
        char held[32];
        autofd device = -EBADF, mnt = -EBADF;

        if (hold_device(run, &source, held, sizeof held, &device, e) < 0)
                return -e->code;
        if (f->n_opts < COUNT(f->opts))
                f->opts[f->n_opts++] = (struct mnt_opt)MNT_STR("source", source);
        mnt = mnt_new(type, f->opts, f->n_opts, (unsigned)f->set, e);
        if (mnt < 0 || (!f->noidmap && idmap(mnt, run, f->set, false, f->source, e) < 0))
                return -e->code;
        return fd_take(&mnt);
}

static int make_mount(struct run *run, const struct fstab *f, struct err *e)
{
        const char *type = fstab_linux_type(f->type);
        char owner[16];
        struct mnt_opt own[] = { MNT_STR("uid", owner), MNT_STR("gid", owner) };
        autofd mnt = -EBADF;
        struct fstab t = *f;

        if (str_eq(type, "bind")) {
                if (f->n_opts)
                        return err_set(e, EINVAL, "unknown option: %s", f->opts[0].key);
                mnt = clone_source(run, f->source, e);
                if (mnt < 0)
                        return mnt;
                if (f->noidmap ? mnt_setattr(mnt, f->set, 0, -1, true, e) < 0
                               : idmap(mnt, run, f->set, true, f->source, e) < 0)
                        return -e->code;
                return fd_take(&mnt);
        }
        if (str_eq(type, "sysfs")) {
                if (ns_enter(run->init_pidfd, CLONE_NEWNET, e) < 0)
                        return -e->code;
                mnt = mnt_new("sysfs", NULL, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                                                MOUNT_ATTR_NOEXEC, e);
                ns_return(&run->host->self, CLONE_NEWNET);
                return mnt < 0 ? mnt : fd_take(&mnt);
        }
        if (str_eq(type, "tmpfs")) {
                snprintf(owner, sizeof owner, "%u", run->uid_base);
                for (size_t i = 0; i < COUNT(own) && t.n_opts < COUNT(t.opts); i++)
                        t.opts[t.n_opts++] = own[i];
                return mnt_new("tmpfs", t.opts, t.n_opts, (unsigned)t.set, e);
        }
        return mount_device(run, type, &t, e);
}

static int mount_line(struct run *run, const char *line, struct err *e)
{
        autostr copy = strdup(line);
        autofd mnt = -EBADF;
        struct fstab f;
        const char *target;

        if (!copy)
                return err_nomem(e);
        if (fstab_parse(copy, &f, e) < 0)
                return -e->code;
        target = inside(run->spec, f.target);
        if (!target)
                return err_set(e, EINVAL, "%s: not below the jail's path %s", f.target, run->spec->path);
        /* A bare procfs would show what mount.procfs hides, so there is only that one. */
        if (str_eq(fstab_linux_type(f.type), "proc")) {
                if (!str_eq(target, "/proc"))
                        return err_set(e, EINVAL, "%s: a procfs goes on /proc of the jail only", f.target);
                return run->spec->mount_procfs ? 0 : put_procfs(run, f.target, e);
        }
        mnt = make_mount(run, &f, e);
        if (mnt < 0)
                return mnt;
        if (attach_at(run, mnt, target, f.target, e) < 0)
                return -e->code;
        return str_eq(fstab_linux_type(f.type), "sysfs") ? cover_sysfs(run, mnt, e) : 0;
}

static bool mount_wanted(const struct jail_spec *s)
{
        return s->mount.n > 0;
}

static int mount_list(struct run *run, struct err *e)
{
        for (size_t i = 0; i < run->spec->mount.n; i++)
                if (mount_line(run, run->spec->mount.v[i], e) < 0)
                        return -e->code;
        return 0;
}

const struct step step_mount = {
        .name = "mount", .param = "mount", .boot = true, .wanted = mount_wanted, .enact = mount_list,
};

static bool fstab_wanted(const struct jail_spec *s)
{
        return s->mount_fstab.n > 0;
}

static int mount_fstab(struct run *run, struct err *e)
{
        for (size_t i = 0; i < run->spec->mount_fstab.n; i++) {
                autostr text = NULL;
                char *save, *line;

                if (fd_slurp(AT_FDCWD, run->spec->mount_fstab.v[i], FSTAB_MAX, &text, NULL, e) < 0)
                        return -e->code;
                for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                        line += strspn(line, " \t");
                        if (*line && *line != '#' && mount_line(run, line, e) < 0)
                                return err_wrap(e, "%s", run->spec->mount_fstab.v[i]);
                }
        }
        return 0;
}

const struct step step_fstab = {
        .name = "fstab", .param = "mount.fstab", .boot = true, .wanted = fstab_wanted, .enact = mount_fstab,
};

/* ------------------------------------------------------------------- /dev */

static bool devfs_wanted(const struct jail_spec *s)
{
        return s->mount_devfs;
}

/* A device the machine does not have is left out, jail(8) "allow.vmm": it was said. */
static unsigned devices(const struct jail_spec *s)
{
        return TEMPLATE_DEV | (s->devfs_ruleset == 5 ? TEMPLATE_TUN : 0) |
               (s->allow[ALLOW_MOUNT_FUSEFS] && access("/dev/fuse", F_OK) == 0 ? TEMPLATE_FUSE : 0) |
               (s->allow[ALLOW_VMM] && access("/dev/kvm", F_OK) == 0 ? TEMPLATE_KVM : 0);
}

static int check_devfs(struct run *run, struct err *e)
{
        return check_target(run, "/dev", e);
}

static int mount_devfs(struct run *run, struct err *e)
{
        char owner[16], tty[16], most[24];
        struct mnt_opt pts_opts[] = { MNT_STR("ptmxmode", "0666"), MNT_STR("mode", "0620"), MNT_STR("gid", tty),
                                      MNT_STR("max", most) };
        const uint64_t ptys = run->spec->rctl[RCTL_PSEUDOTERMINALS];
        struct mnt_opt shm_opts[] = { MNT_STR("mode", "1777"), MNT_STR("size", "64m"), MNT_STR("uid", owner),
                                      MNT_STR("gid", owner) };
        struct rights rights;
        autofd dev = -EBADF, at = -EBADF, pts = -EBADF, shm = -EBADF, mqueue = -EBADF;
        const unsigned quiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
        int r = 0;

        snprintf(owner, sizeof owner, "%u", run->uid_base);
        snprintf(tty, sizeof tty, "%u", run->uid_base + 5);
        dev = host_template(run->host, devices(run->spec), e);
        if (dev < 0)
                return dev;
        /*
         * Without this (tmpfs before 6.3) the nodes belong to nobody inside, and work all the same. The tree is shared:
         * where root may mount, and so make it writable, it must not own it.
         */
        rights_of(run->spec, &rights);
        if (run->userns >= 0 && !(rights.classes & RIGHT_MOUNT))
                mnt_setattr(dev, 0, 0, run->userns, false, NULL);
        snprintf(most, sizeof most, "%llu", (unsigned long long)ptys);
        pts = mnt_new("devpts", pts_opts, COUNT(pts_opts) - (ptys == RCTL_NONE), quiet, e);
        if (pts < 0 && ptys != RCTL_NONE)
                return err_wrap(e, "rctl.pseudoterminals: %s", most);
        shm = pts < 0 ? -EBADF : mnt_new("tmpfs", shm_opts, COUNT(shm_opts), quiet | MOUNT_ATTR_NODEV, e);
        if (shm < 0)
                return -e->code;
        if (ns_enter(run->init_pidfd, CLONE_NEWIPC, e) < 0)
                return -e->code;
        mqueue = mnt_new("mqueue", NULL, 0, quiet | MOUNT_ATTR_NODEV, e);
        ns_return(&run->host->self, CLONE_NEWIPC);
        if (mqueue < 0)
                return mqueue;
        at = thin(run) ? make_target(run, "/dev", e) : mnt_open_in(run->root, "/dev", O_PATH, true, e);
        if (at < 0 || ns_mnt_enter(run_stage(run), e) < 0)
                return -e->code;
        if (mnt_attach(dev, at, "", "/dev", e) < 0 || mnt_attach(pts, dev, "pts", "/dev/pts", e) < 0 ||
            mnt_attach(shm, dev, "shm", "/dev/shm", e) < 0 || mnt_attach(mqueue, dev, "mqueue", "/dev/mqueue", e) < 0)
                r = -e->code;
        ns_mnt_return(&run->host->self);
        return r;
}

const struct step step_devfs = {
        .name = "devfs", .param = "mount.devfs", .boot = true, .wanted = devfs_wanted, .check = check_devfs, .enact = mount_devfs,
};

static bool fdescfs_wanted(const struct jail_spec *s)
{
        /* With mount.devfs the links are there already. */
        return s->mount_fdescfs && !s->mount_devfs;
}

static int check_fdescfs(struct run *run, struct err *e)
{
        return check_target(run, "/dev/fd", e);
}

/* Linux's /dev/fd is a link into /proc. A tree of the admin's is not changed: it has the link, or the answer is no. */
static int mount_fdescfs(struct run *run, struct err *e)
{
        bool as_jail = run->userns >= 0;
        autofd dev = -EBADF;
        struct stat st;
        int r = 0;

        dev = thin(run) ? make_target(run, "/dev", e) : mnt_open_in(run->root, "/dev", O_PATH | O_DIRECTORY, true, e);
        if (dev < 0)
                return dev;
        if (fstatat(dev, "fd", &st, AT_SYMLINK_NOFOLLOW) == 0)
                return 0;
        if (!thin(run))
                return err_set(e, ENOENT, "/dev/fd: not there; mount.devfs has it");
        if (as_jail && cred_set_fs(run->uid_base, run->uid_base) < 0)
                return err_sys(e, "take the jail's ids");
        if (symlinkat("/proc/self/fd", dev, "fd") < 0)
                r = err_sys(e, "/dev/fd");
        if (as_jail && cred_set_fs(0, 0) < 0)
                abort();
        return r;
}

const struct step step_fdescfs = {
        .name = "fdescfs", .param = "mount.fdescfs", .boot = true, .wanted = fdescfs_wanted, .check = check_fdescfs, .enact = mount_fdescfs,
};

/* ------------------------------------------------------------------ /proc */

#define PROC_ATTRS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

struct proc_child {
        int mnt;
        bool only_processes;
        struct err e;
};

static const struct mnt_opt subset[] = { MNT_STR("subset", "pid") };

static int proc_child(void *arg)
{
        struct proc_child *c = arg;

        c->mnt = mnt_new("proc", subset, c->only_processes, PROC_ATTRS, &c->e);
        return 0;
}

/*
 * Before Linux 6.17 a procfs shows the pid namespace of the process that makes it, so one has to be sent there: it
 * shares our memory and descriptors, and we sleep while it lives.
 */
static int new_proc_by_child(struct run *run, bool only_processes, struct err *e)
{
        static const size_t size = 64 * 1024;
        struct proc_child c = { .mnt = -EBADF, .only_processes = only_processes };
        char *stack = malloc(size);
        pid_t pid;

        if (!stack)
                return err_nomem(e);
        if (ns_enter(run->init_pidfd, CLONE_NEWPID, e) < 0) {
                free(stack);
                return -e->code;
        }
        pid = clone(proc_child, stack + size, CLONE_VM | CLONE_VFORK | CLONE_FILES, &c);
        if (pid < 0)
                err_sys(e, "clone");
        ns_return(&run->host->self, CLONE_NEWPID);
        free(stack);
        if (pid < 0)
                return -e->code;
        /*
         * Reaped before PID 1 can end, or its end would wait for this one (pid_namespaces(7)). It sends no signal, so that
         * nobody else in the program waits for it.
         */
        while (waitpid(pid, NULL, __WCLONE) < 0 && errno == EINTR)
                ;
        if (c.mnt < 0) {
                *e = c.e;
                return -e->code;
        }
        return c.mnt;
}

int root_new_proc(struct run *run, bool only_processes, struct err *e)
{
        struct mnt_opt opts[] = { MNT_FD("pidns", -1), subset[0] };
        autofd pidns = ns_open(run->init_pidfd, run->init, "pid", e);
        int mnt;

        if (pidns < 0)
                return pidns;
        opts[0].fd = pidns;
        mnt = mnt_new("proc", opts, 1 + only_processes, PROC_ATTRS, e);
        return mnt == -EINVAL ? new_proc_by_child(run, only_processes, e) : mnt;
}

/* What container engines hide and protect of the kernel's files; a missing one is none to hide. */
static const char *const masked_files[] = {
        "kcore", "keys", "latency_stats", "timer_list", "timer_stats", "sched_debug", "kallsyms", "kpagecount",
        "kpageflags", "interrupts",
};
static const char *const masked_dirs[] = { "acpi", "scsi" };
static const char *const masked_sys[] = { "firmware", "fs/selinux", "dev/block", "devices/virtual/powercap" };
static const char *const read_only[] = { "asound", "bus", "fs", "irq", "sys", "sysrq-trigger" };

/* A file of the kernel's below one of its file systems, by that mount and not by a path of the jail's. 0: there is none. */
static int kernel_file(int mnt, const char *path, int *ret, struct err *e)
{
        *ret = mnt_open_in(mnt, path, O_PATH, true, e);
        if (*ret == -ENOENT || *ret == -ENOTDIR)
                return 0;
        return *ret < 0 ? *ret : 1;
}

/*
 * Called inside the jail's mount namespace. A mask is a clone of the one before it, so that only the first has to be
 * brought in from outside.
 */
static int cover(int mnt, const char *const *paths, size_t n, int first, struct err *e)
{
        autofd last = -EBADF;

        for (size_t i = 0; i < n; i++) {
                autofd at = -EBADF;
                autofd copy = -EBADF;
                int r = kernel_file(mnt, paths[i], &at, e);

                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                if (last < 0) {
                        if (mnt_attach(first, at, "", paths[i], e) < 0)
                                return -e->code;
                        last = fcntl(first, F_DUPFD_CLOEXEC, 3);
                        if (last < 0)
                                return err_sys(e, "mask %s", paths[i]);
                        continue;
                }
                copy = mnt_clone(last, "", false, e);
                if (copy < 0 || mnt_attach(copy, at, "", paths[i], e) < 0)
                        return err_wrap(e, "mask %s", paths[i]);
        }
        return 0;
}

static int protect(int mnt, struct err *e)
{
        for (size_t i = 0; i < COUNT(read_only); i++) {
                autofd at = -EBADF;
                autofd copy = -EBADF;
                int r = kernel_file(mnt, read_only[i], &at, e);

                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                copy = mnt_clone(at, "", false, e);
                if (copy < 0 || mnt_setattr(copy, MOUNT_ATTR_RDONLY, 0, -1, false, e) < 0 ||
                    mnt_attach(copy, at, "", read_only[i], e) < 0)
                        return err_wrap(e, "protect %s", read_only[i]);
        }
        return 0;
}

static int cover_sysfs(struct run *run, int sys, struct err *e)
{
        autofd empty = host_template(run->host, TEMPLATE_EMPTY, e);
        int r;

        if (empty < 0 || ns_mnt_enter(run_stage(run), e) < 0)
                return -e->code;
        r = cover(sys, masked_sys, COUNT(masked_sys), empty, e);
        ns_mnt_return(&run->host->self);
        return r;
}

static bool procfs_wanted(const struct jail_spec *s)
{
        return s->mount_procfs;
}

static int check_procfs(struct run *run, struct err *e)
{
        return check_target(run, "/proc", e);
}

static int put_procfs(struct run *run, const char *name, struct err *e)
{
        autofd proc = root_new_proc(run, false, e), empty = -EBADF, null = -EBADF;
        int r = 0;

        if (proc < 0)
                return proc;
        if (attach_at(run, proc, "/proc", name, e) < 0)
                return -e->code;
        empty = host_template(run->host, TEMPLATE_EMPTY, e);
        null = empty < 0 ? -EBADF : host_template(run->host, TEMPLATE_NULL, e);
        if (null < 0 || ns_mnt_enter(run_stage(run), e) < 0)
                return -e->code;
        if (cover(proc, masked_files, COUNT(masked_files), null, e) < 0 ||
            cover(proc, masked_dirs, COUNT(masked_dirs), empty, e) < 0 || protect(proc, e) < 0)
                r = -e->code;
        ns_mnt_return(&run->host->self);
        return r < 0 ? r : uname_cover_proc(run, proc, e);
}

static int mount_procfs(struct run *run, struct err *e)
{
        return put_procfs(run, "/proc", e);
}

const struct step step_procfs = {
        .name = "procfs", .param = "mount.procfs", .boot = true, .wanted = procfs_wanted, .check = check_procfs, .enact = mount_procfs,
};
