#include "host.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "init/image.h"
#include "kern/mnt.h"
#include "kern/pidfd.h"

/* linux/memfd.h of 6.3, which Debian 12 does not have */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

void host_trace(struct host *h, const char *fmt, ...)
{
        char line[1024];
        va_list ap;

        if (!h->trace)
                return;
        va_start(ap, fmt);
        vsnprintf(line, sizeof line, fmt, ap);
        va_end(ap);
        h->trace(h->trace_ctx, line);
}

/* The first user namespace maps every id to itself (user_namespaces(7)); no other may. */
static int in_user_namespace(bool *ret, struct err *e)
{
        char map[64];
        unsigned inside, outside, count;

        if (fd_get(AT_FDCWD, "/proc/self/uid_map", map, sizeof map, e) < 0)
                return -e->code;
        *ret = sscanf(map, "%u %u %u", &inside, &outside, &count) != 3 || inside || outside || count != UINT32_MAX;
        return 0;
}

/* Is the open directory the root of a mount? */
static bool is_mount(int dir)
{
        struct statx st;

        return statx(dir, "", AT_EMPTY_PATH, 0, &st) == 0 && (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/*
 * A jail with children may have the root of the jail above as its own, /run/gaol in it, and two stores would be one,
 * whose numbers of processes mean something else to each. So in a jail the store is a file system in memory, mounted in
 * the jail's own namespace by the first who looks: it goes with the jail. Without leave to mount there is nothing to
 * keep: whoever may make jails may.
 */
static int mount_store(const char *dir, struct err *e)
{
        static const struct mnt_opt opts[] = { MNT_STR("mode", "0700"), MNT_STR("size", "64m") };
        autofd below = -EBADF, now = -EBADF, mnt = -EBADF;

        if (!pidfd_may_clone())
                return 0;
        if (mkdir(dir, 0700) < 0 && errno != EEXIST)
                return err_sys(e, "mkdir %s", dir);
        below = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (below < 0)
                return err_sys(e, "open %s", dir);
        /* One at a time; the second finds it mounted. */
        while (!is_mount(below) && flock(below, LOCK_EX) < 0)
                if (errno != EINTR)
                        return err_sys(e, "lock %s", dir);
        now = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (now < 0)
                return err_sys(e, "open %s", dir);
        if (is_mount(now))
                return 0;
        mnt = mnt_new("tmpfs", opts, COUNT(opts), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, e);
        return mnt < 0 ? mnt : mnt_attach(mnt, now, "", dir, e);
}

int host_open(struct host *h, const char *dir, struct err *e)
{
        *h = (struct host){
                .store = { .dir = -EBADF, .jails = -EBADF }, .spawner = -EBADF, .init_image = -EBADF,
                .mask = MASK_NONE, .owner = -EBADF, .lock = PTHREAD_MUTEX_INITIALIZER,
        };
        if (in_user_namespace(&h->nested, e) < 0 || ns_self_open(&h->self, e) < 0)
                return -e->code;
        if ((h->nested && mount_store(dir, e) < 0) || store_open(&h->store, dir, true, e) < 0) {
                ns_self_close(&h->self);
                return -e->code;
        }
        return 0;
}

void host_close(struct host *h)
{
        fd_drop(&h->spawner);
        mask_close(&h->mask);
        fd_drop(&h->init_image);
        fd_drop(&h->owner);
        store_close(&h->store);
        ns_self_close(&h->self);
}

/*
 * The trees live attached in the spawner's namespace: a kernel before 6.15 clones only what is attached where the
 * caller is, and a namespace of their own would cost each command that makes a jail another grace period.
 */
static const char *const templates[] = {
        "dev", "dev1", "dev2", "dev3", "dev4", "dev5", "dev6", "dev7", "empty", &HOST_SCRATCH[1],
};

/*
 * The image is run from memory: no path in the jail or on the host leads to it, and the seals keep a jail that
 * reaches it through /proc/1/exe from changing what other jails run.
 */
static int make_init_image(struct err *e)
{
        size_t size;
        const unsigned char *image = init_image(&size);
        autofd fd = memfd_create("gaol-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
        int r;

        if (fd < 0 && errno == EINVAL)  /* before 6.3 there is no MFD_EXEC, and every memfd may be executed */
                fd = memfd_create("gaol-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return err_sys(e, "memfd_create");
        r = fd_write_all(fd, image, size);
        if (r < 0)
                return err_code(e, r, "write init image");
        if (fchmod(fd, 0555) < 0 ||
            fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
                return err_sys(e, "seal init image");
        return fd_take(&fd);
}

int host_image(struct host *h, struct err *e)
{
        int r;

        pthread_mutex_lock(&h->lock);
        if (h->init_image < 0)
                h->init_image = make_init_image(e);
        r = h->init_image < 0 ? -e->code : h->init_image;
        pthread_mutex_unlock(&h->lock);
        return r;
}

int host_prepare(struct host *h, struct err *e)
{
        int r = host_image(h, e);

        pthread_mutex_lock(&h->lock);
        if (r >= 0 && h->spawner < 0)
                r = h->spawner = ns_make_empty_mnt(&h->self, templates, COUNT(templates), e);
        pthread_mutex_unlock(&h->lock);
        return r < 0 ? r : 0;
}

/* devfs rules 1 to 4 of FreeBSD's devfs.rules, in Linux's devices, and what is added when it is asked for. */
static const struct node {
        const char *name;
        unsigned major, minor, asked;
} nodes[] = {
        { "null", 1, 3, 0 }, { "zero", 1, 5, 0 }, { "full", 1, 7, 0 }, { "random", 1, 8, 0 }, { "urandom", 1, 9, 0 },
        { "tty", 5, 0, 0 }, { "net/tun", 10, 200, TEMPLATE_TUN }, { "fuse", 10, 229, TEMPLATE_FUSE },
        { "kvm", 10, 232, TEMPLATE_KVM },
};

static bool has_node(unsigned which, const struct node *node)
{
        return !node->asked || (which & node->asked);
}
static const struct {
        const char *target, *name;
} links[] = {
        { "/proc/self/fd", "fd" }, { "/proc/self/fd/0", "stdin" }, { "/proc/self/fd/1", "stdout" },
        { "/proc/self/fd/2", "stderr" }, { "pts/ptmx", "ptmx" }, { "/run/log", "log" },
};
static const char *const dirs[] = { "pts", "shm", "mqueue", "jail", "net" };

/*
 * A device node; where we may not make one (in a jail with children) an empty file, on which the one of our own /dev
 * goes as soon as the tree is attached. *ret_bind tells.
 */
static int make_node(int mnt, const char *name, unsigned major, unsigned minor, bool *ret_bind, struct err *e)
{
        /* the umask is the caller's; the mode is ours */
        if (mknodat(mnt, name, S_IFCHR | 0666, makedev(major, minor)) == 0 && fchmodat(mnt, name, 0666, 0) == 0)
                return 0;
        if (errno == EPERM && mknodat(mnt, name, S_IFREG | 0444, 0) == 0) {
                *ret_bind = true;
                return 0;
        }
        return err_sys(e, "make /dev/%s", name);
}

static int make_dev(unsigned which, bool *ret_bind, struct err *e)
{
        static const struct mnt_opt opts[] = { MNT_STR("mode", "0755"), MNT_STR("size", "64k") };
        autofd mnt = mnt_new("tmpfs", opts, COUNT(opts), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, e);

        if (mnt < 0)
                return mnt;
        for (size_t i = 0; i < COUNT(dirs) - !(which & TEMPLATE_TUN); i++)
                if (mkdirat(mnt, dirs[i], 0755) < 0 || fchmodat(mnt, dirs[i], 0755, 0) < 0)
                        return err_sys(e, "make /dev/%s", dirs[i]);
        for (size_t i = 0; i < COUNT(nodes); i++)
                if (has_node(which, &nodes[i]) &&
                    make_node(mnt, nodes[i].name, nodes[i].major, nodes[i].minor, ret_bind, e) < 0)
                        return -e->code;
        for (size_t i = 0; i < COUNT(links); i++)
                if (symlinkat(links[i].target, mnt, links[i].name) < 0)
                        return err_sys(e, "make /dev/%s", links[i].name);
        return fd_take(&mnt);
}

/* Our own device nodes for a tree we could not make nodes in: opened before, attached in the spawner's namespace. */
static int clone_nodes(unsigned which, int *ret, struct err *e)
{
        char path[32];

        for (size_t i = 0; i < COUNT(nodes); i++) {
                if (!has_node(which, &nodes[i]))
                        continue;
                snprintf(path, sizeof path, "/dev/%s", nodes[i].name);
                ret[i] = mnt_clone(AT_FDCWD, path, false, e);
                if (ret[i] < 0)
                        return -e->code;
        }
        return 0;
}

static int attach_template(struct host *h, int mnt, const char *name, const int *own, bool bind, struct err *e)
{
        char path[32];
        int r;

        snprintf(path, sizeof path, "/%s", name);
        if (ns_mnt_enter(h->spawner, e) < 0)
                return -e->code;
        r = mnt_attach(mnt, AT_FDCWD, path, path, e);
        for (size_t i = 0; r == 0 && bind && i < COUNT(nodes); i++)
                r = own[i] < 0 ? 0 : mnt_attach(own[i], mnt, nodes[i].name, nodes[i].name, e);
        ns_mnt_return(&h->self);
        return r;
}

static int make_template(struct host *h, unsigned which, struct err *e)
{
        static const struct mnt_opt none[] = { MNT_STR("mode", "0555"), MNT_STR("size", "4k") };
        autofd mnt = -EBADF;
        int own[COUNT(nodes)], r = 0;
        bool bind = false;

        for (size_t i = 0; i < COUNT(own); i++)
                own[i] = -EBADF;
        mnt = which == TEMPLATE_EMPTY ? mnt_new("tmpfs", none, COUNT(none), 0, e)
                                      : make_dev(which, &bind, e);
        if (mnt < 0)
                return mnt;
        if (bind)
                r = clone_nodes(which, own, e);
        if (r == 0)
                r = mnt_setattr(mnt, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, -1, false, e);
        if (r == 0)
                r = attach_template(h, mnt, templates[which], own, bind, e);
        for (size_t i = 0; i < COUNT(own); i++)
                fd_close(own[i]);
        h->have_template[which] = r == 0;
        return r;
}

int host_template(struct host *h, unsigned which, struct err *e)
{
        unsigned tree = which == TEMPLATE_NULL ? TEMPLATE_DEV : which;
        char path[32];
        int r, fd;

        r = host_prepare(h, e);
        if (r < 0)
                return r;
        pthread_mutex_lock(&h->lock);
        if (!h->have_template[tree])
                r = make_template(h, tree, e);
        pthread_mutex_unlock(&h->lock);
        if (r < 0 || ns_mnt_enter(h->spawner, e) < 0)
                return -e->code;
        snprintf(path, sizeof path, "/%s%s", templates[tree], which == TEMPLATE_NULL ? "/null" : "");
        fd = mnt_clone(AT_FDCWD, path, true, e);
        ns_mnt_return(&h->self);
        if (fd >= 0 && mnt_setattr(fd, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, -1, true, e) < 0) {
                fd_close(fd);
                return -e->code;
        }
        return fd;
}
