/*
 * Theory of operation
 *
 * overlayfs takes layers by path. Since Linux 6.15 a path of a detached mount will do, /proc/self/fd/N; before that a
 * layer must be attached where the caller is. They are attached then in the jail's own namespace for as long as the
 * mounting takes; unmounting them again costs a grace period, which newer kernels save.
 *
 * It refuses a layer that lies below another one of the same mount (ELOOP): a file could then be reached as two, one
 * of them behind the back of the other. A clone does not help, since what it compares are directories of the file
 * system and not mounts. But the tree of an overlay is a file system of its own, so the list is cut in two: the lower
 * part becomes an overlay without a private layer, and that is the lowest layer under the trees of the upper part.
 */
#include "overlay.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "kern/cred.h"
#include "kern/mnt.h"
#include "kern/ns.h"
#include "step/host.h"

void layers_close(struct layers *l)
{
        for (size_t i = 0; i < l->n; i++)
                fd_drop(&l->lower[i]);
        fd_drop(&l->private);
        fd_drop(&l->empty);
        l->n = 0;
}

/*
 * How overlayfs is told of mounts: by descriptor, or attached at HOST_SCRATCH/0, HOST_SCRATCH/1, ... An attached one
 * stays so until all is done: it cannot be taken off and attached again.
 */
struct reach {
        struct run *run;
        int scratch;            /* < 0: by descriptor */
        int at[64], n;          /* what is attached at 0, 1, ... so far */
};

/* The path of a mount, which is attached for it if need be. */
static int reach_add(struct reach *reach, int mnt, struct strbuf *ret, struct err *e)
{
        char name[24];
        int i;

        if (reach->scratch < 0)
                return strbuf_addf(ret, "/proc/self/fd/%d", mnt) < 0 ? err_nomem(e) : 0;
        for (i = 0; i < reach->n && reach->at[i] != mnt; i++)
                ;
        snprintf(name, sizeof name, "%d", i);
        if (i == reach->n) {
                if (reach->n == COUNT(reach->at))
                        return err_code(e, E2BIG, "attach layers");
                if (mkdirat(reach->scratch, name, 0700) < 0)
                        return err_sys(e, "make layer directory");
                if (mnt_attach(mnt, reach->scratch, name, "layer", e) < 0)
                        return -e->code;
                reach->at[reach->n++] = mnt;
        }
        return strbuf_addf(ret, HOST_SCRATCH "/%s", name) < 0 ? err_nomem(e) : 0;
}

/* The descriptor is about to be closed: its number may come again for another. */
static void reach_forget(struct reach *reach, int mnt)
{
        for (int i = 0; i < reach->n; i++)
                if (reach->at[i] == mnt)
                        reach->at[i] = -EBADF;
}

/* An overlay of those layers, of which private may be missing. */
static int lay(struct reach *reach, const int *lower, size_t n, int private, unsigned attrs, struct err *e)
{
        autobuf lowerdir = {0}, at = {0}, upper = {0}, work = {0};
        struct mnt_opt opts[4];
        size_t n_opts = 0;

        for (size_t i = 0; i < n; i++)
                if ((i && strbuf_addc(&lowerdir, ':') < 0) || reach_add(reach, lower[i], &lowerdir, e) < 0)
                        return e->code ? -e->code : err_nomem(e);
        opts[n_opts++] = (struct mnt_opt)MNT_STR("lowerdir", lowerdir.s);
        if (private >= 0) {
                if (reach_add(reach, private, &at, e) < 0)
                        return -e->code;
                if (strbuf_addf(&upper, "%s/upper", at.s) < 0 || strbuf_addf(&work, "%s/work", at.s) < 0)
                        return err_nomem(e);
                opts[n_opts++] = (struct mnt_opt)MNT_STR("upperdir", upper.s);
                opts[n_opts++] = (struct mnt_opt)MNT_STR("workdir", work.s);
        }
        if (reach->run->host->nested)
                opts[n_opts++] = (struct mnt_opt)MNT_FLAG("userxattr");
        return mnt_new("overlay", opts, n_opts, attrs, e);
}

/* All layers in one overlay, or, cut > 0, those from there on in one of their own. */
static int lay_all(struct reach *reach, const struct layers *l, size_t cut, unsigned attrs, struct err *e)
{
        int part[COUNT(l->lower) + 1], mnt;
        autofd inner = -EBADF;
        size_t n = 0;

        if (cut == 0)
                return lay(reach, l->lower, l->n, l->private, attrs, e);
        for (size_t i = cut; i < l->n; i++)
                part[n++] = l->lower[i];
        /* An overlay without a private layer wants two. */
        if (n == 1)
                part[n++] = l->empty;
        inner = lay(reach, part, n, -EBADF, MOUNT_ATTR_RDONLY, e);
        if (inner < 0)
                return inner;
        for (n = 0; n < cut; n++)
                part[n] = l->lower[n];
        part[n++] = inner;
        mnt = lay(reach, part, n, l->private, attrs, e);
        reach_forget(reach, inner);
        return mnt;
}

/*
 * overlayfs works on its layers as whoever mounted it. On an idmapped private layer only the jail's ids exist, so the
 * mount is made with the file system ids of the jail's root. -ELOOP: another cut may do.
 */
static int lay_cut(struct reach *reach, struct layers *l, size_t cut, unsigned attrs, struct err *e)
{
        struct run *run = reach->run;
        bool as_jail = run->userns >= 0 && !run->spec->root_discard;
        int mnt;

        if (cut && l->n - cut == 1 && l->empty < 0) {
                l->empty = host_template(run->host, TEMPLATE_EMPTY, e);
                if (l->empty < 0)
                        return l->empty;
        }
        if (reach->scratch >= 0 && ns_mnt_enter(run_stage(run), e) < 0)
                return -e->code;
        if (as_jail && cred_set_fs(run->uid_base, run->uid_base) < 0)
                mnt = err_sys(e, "take the jail's ids");
        else
                mnt = lay_all(reach, l, cut, attrs, e);
        /* Whatever we did next for the host would be done under the wrong ids. */
        if (as_jail && cred_set_fs(0, 0) < 0)
                abort();
        if (reach->scratch >= 0)
                ns_mnt_return(&run->host->self);
        return mnt;
}

/*
 * Where to cut is for the kernel to say, but one case is so common that it is worth not asking: trees that lie below "/"
 * in front of it. On its file system everything does.
 */
static size_t guess_cut(const struct layers *l)
{
        size_t host = 0, tree;
        struct stat root, st;

        while (host < l->n && !l->joined[host])
                host++;
        for (tree = host; tree < l->n && l->joined[tree]; tree++)
                ;
        if (tree == l->n || fstat(l->lower[tree], &root) < 0)
                return 0;
        for (size_t i = 0; i < host; i++)
                if (fstat(l->lower[i], &st) == 0 && st.st_dev == root.st_dev)
                        return host;
        return 0;
}

static int lay_by_any_cut(struct reach *reach, struct layers *l, unsigned attrs, struct err *e)
{
        size_t guess = guess_cut(l);
        int mnt = lay_cut(reach, l, guess, attrs, e);

        for (size_t cut = 0; mnt == -ELOOP && cut < l->n; cut++)
                if (cut != guess && (cut == 0 || !l->joined[cut - 1]))
                        mnt = lay_cut(reach, l, cut, attrs, e);
        return mnt == -ELOOP ? err_set(e, ELOOP, "more than two of its trees lie one within another") : mnt;
}

static int attach_scratch(struct run *run, int scratch, struct err *e)
{
        int r;

        if (ns_mnt_enter(run_stage(run), e) < 0)
                return -e->code;
        r = mnt_attach(scratch, AT_FDCWD, HOST_SCRATCH, HOST_SCRATCH, e);
        ns_mnt_return(&run->host->self);
        return r;
}

/* The layers must not stay: below the jail's root they would be uncovered by whoever may unmount it. */
static int detach_scratch(struct run *run, struct err *e)
{
        int r = 0;

        if (ns_mnt_enter(run_stage(run), e) < 0)
                return -e->code;
        if (umount2(HOST_SCRATCH, MNT_DETACH) < 0)
                r = err_sys(e, "unmount layers");
        ns_mnt_return(&run->host->self);
        return r;
}

static int lay_attached(struct run *run, struct layers *l, unsigned attrs, struct err *e)
{
        autofd scratch = mnt_new("tmpfs", NULL, 0, 0, e), mnt = -EBADF;
        struct reach reach = { .run = run, .scratch = scratch };
        struct err failed;

        if (scratch < 0)
                return scratch;
        if (attach_scratch(run, scratch, e) < 0)
                return -e->code;
        mnt = lay_by_any_cut(&reach, l, attrs, e);
        if (mnt < 0) {
                failed = *e;
                detach_scratch(run, e);
                *e = failed;
                return -e->code;
        }
        if (detach_scratch(run, e) < 0)
                return -e->code;
        run->host->attach_layers = true;
        return fd_take(&mnt);
}

/* The kernel says "invalid argument" to a third overlay on two others. */
static bool on_overlay(const struct layers *l)
{
        struct statfs st;

        for (size_t i = 0; i < l->n; i++)
                if (fstatfs(l->lower[i], &st) == 0 && st.f_type == OVERLAYFS_SUPER_MAGIC)
                        return true;
        return false;
}

int overlay_make(struct run *run, struct layers *l, unsigned attrs, struct err *e)
{
        struct reach reach = { .run = run, .scratch = -EBADF };
        int mnt = -EINVAL;

        if (!run->host->attach_layers)
                mnt = lay_by_any_cut(&reach, l, attrs, e);
        if (mnt == -EINVAL)
                mnt = lay_attached(run, l, attrs, e);
        if (mnt == -EINVAL && on_overlay(l))
                return err_set(e, EINVAL, "one of its trees is on an overlay, and the kernel stacks no more than two");
        return mnt;
}
