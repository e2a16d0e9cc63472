/* Mounts, device nodes, the root directory, files by number. */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int node(mode_t type, unsigned major, unsigned minor)
{
        unlink("/tmp/node");
        return mknod("/tmp/node", type | 0600, makedev(major, minor));
}

static int mknod_disk(void)
{
        return node(S_IFBLK, 8, 0);
}

static int mknod_mem(void)
{
        return node(S_IFCHR, 1, 1);
}

static int mknod_null(void)
{
        return node(S_IFCHR, 1, 3);
}

/* Nodes that somebody else has made in the tree. */
static int open_node(const char *path, int flags)
{
        return open(path, flags) < 0 ? -1 : 0;
}

static int open_found_null(void)
{
        return open_node("/found/null", O_WRONLY);
}

static int open_found_disk(void)
{
        return open_node("/found/disk", O_RDONLY);
}

static int mount_tmpfs(void)
{
        return mount("none", "/mnt", "tmpfs", 0, NULL);
}

static int mount_proc(void)
{
        return mount("none", "/mnt", "proc", 0, NULL);
}

static int mount_sysfs(void)
{
        return mount("none", "/mnt", "sysfs", 0, NULL);
}

static int mount_cgroup(void)
{
        return mount("none", "/mnt", "cgroup2", 0, NULL);
}

static int mount_devpts(void)
{
        return mount("none", "/mnt", "devpts", 0, NULL);
}

static int mount_bind(void)
{
        return mount("/etc", "/mnt", NULL, MS_BIND, NULL);
}

static int remount_root(void)
{
        return mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL);
}

static int remount_dev(void)
{
        return mount(NULL, "/dev", NULL, MS_REMOUNT | MS_BIND, NULL);
}

static int remount_proc_sys(void)
{
        return mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL);
}

static int share_root(void)
{
        return mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL);
}

static int umount_root(void)
{
        return umount2("/", MNT_DETACH);
}

static int umount_mask(void)
{
        return umount2("/proc/timer_list", MNT_DETACH);
}

static int umount_proc_sys(void)
{
        return umount2("/proc/sys", MNT_DETACH);
}

static int call_fsopen(void)
{
        return syscall(SYS_fsopen, "tmpfs", 0) < 0 ? -1 : 0;
}

static int call_fspick(void)
{
        return syscall(SYS_fspick, AT_FDCWD, "/", 0) < 0 ? -1 : 0;
}

static int call_open_tree(void)
{
        return syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE) < 0 ? -1 : 0;
}

static int call_move_mount(void)
{
        return (int)syscall(SYS_move_mount, AT_FDCWD, "/dev", AT_FDCWD, "/mnt", 0);
}

static int call_mount_setattr(void)
{
        struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };

        return (int)syscall(SYS_mount_setattr, AT_FDCWD, "/dev", 0, &attr, sizeof attr);
}

static int call_pivot_root(void)
{
        return (int)syscall(SYS_pivot_root, "/tmp", "/tmp");
}

/*
 * chroot(2) into a directory, with a descriptor of another above it: ".." goes up from there to the root of the mount
 * namespace. What is found there must be the jail's own root.
 */
static int chroot_escape(void)
{
        struct stat root, now;
        int up;

        if (stat("/", &root) < 0 || (mkdir("/tmp/deep", 0700) < 0 && errno != EEXIST))
                return -1;
        up = open("/", O_RDONLY | O_DIRECTORY);
        if (up < 0 || chroot("/tmp/deep") < 0 || fchdir(up) < 0)
                return -1;
        for (int i = 0; i < 64; i++)
                if (chdir("..") < 0)
                        return -1;
        if (chroot(".") < 0 || stat("/", &now) < 0)
                return -1;
        if (now.st_dev == root.st_dev && now.st_ino == root.st_ino) {
                errno = EXDEV;          /* this far and no further */
                return -1;
        }
        return 0;
}

/* The root of the mount namespace may have something below it, "/.." leads on top of what is mounted there. */
static int parent_of_root(void)
{
        struct stat root, up;

        if (stat("/", &root) < 0 || stat("/../../..", &up) < 0)
                return -1;
        if (up.st_dev == root.st_dev && up.st_ino == root.st_ino) {
                errno = EXDEV;
                return -1;
        }
        return 0;
}

/* The first inode of ext4 and others, the way "shocker" read the host's files. */
static int file_handle(void)
{
        struct {
                struct file_handle h;
                unsigned char f[128];
        } x = { .h.handle_bytes = 8, .h.handle_type = 1 };
        int root = open("/", O_RDONLY | O_DIRECTORY);

        memcpy(x.f, (unsigned[]){ 2, 0 }, 8);
        return open_by_handle_at(root, &x.h, O_RDONLY) < 0 ? -1 : 0;
}

static int write_file(const char *path)
{
        int fd = open(path, O_WRONLY);

        return fd >= 0 && write(fd, "1", 1) == 1 ? 0 : -1;
}

#define WRITE(name, path) static int name(void) { return write_file(path); }

WRITE(write_core_pattern, "/proc/sys/kernel/core_pattern")
WRITE(write_modprobe, "/proc/sys/kernel/modprobe")
WRITE(write_sysrq, "/proc/sysrq-trigger")
WRITE(write_uevent, "/sys/kernel/uevent_helper")
WRITE(write_profiling, "/sys/kernel/profiling")
WRITE(write_irq, "/proc/irq/default_smp_affinity")

static int open_kcore(void)
{
        char c;
        int fd = open("/proc/kcore", O_RDONLY);

        if (fd >= 0 && read(fd, &c, 1) == 0)
                errno = ENODATA;        /* masked */
        else if (fd >= 0)
                return 0;
        return -1;
}

/* A link that leads out of a chroot must not lead out of here: it counts from this root. */
static int absolute_link(void)
{
        unlink("/tmp/link");
        if (symlink("/../../../../../../../host-marker", "/tmp/link") < 0)
                return -1;
        return open("/tmp/link", O_RDONLY) < 0 ? -1 : 0;
}

const struct attempt file_attempts[] = {
        { "mknod-disk", mknod_disk }, { "mknod-mem", mknod_mem }, { "mknod-null", mknod_null },
        { "open-found-null", open_found_null }, { "open-found-disk", open_found_disk },
        { "mount-tmpfs", mount_tmpfs }, { "mount-proc", mount_proc }, { "mount-sysfs", mount_sysfs },
        { "mount-cgroup", mount_cgroup }, { "mount-devpts", mount_devpts }, { "mount-bind", mount_bind },
        { "remount-root", remount_root }, { "remount-dev", remount_dev }, { "remount-proc-sys", remount_proc_sys },
        { "share-root", share_root }, { "umount-root", umount_root }, { "umount-mask", umount_mask },
        { "umount-proc-sys", umount_proc_sys }, { "fsopen", call_fsopen }, { "fspick", call_fspick },
        { "open_tree", call_open_tree }, { "move_mount", call_move_mount }, { "mount_setattr", call_mount_setattr },
        { "pivot_root", call_pivot_root }, { "chroot-escape", chroot_escape }, { "parent-of-root", parent_of_root },
        { "file-handle", file_handle }, { "write-core-pattern", write_core_pattern },
        { "write-modprobe", write_modprobe }, { "write-sysrq", write_sysrq }, { "write-uevent-helper", write_uevent },
        { "write-profiling", write_profiling }, { "write-irq", write_irq }, { "open-kcore", open_kcore },
        { "absolute-link", absolute_link }, {0},
};
