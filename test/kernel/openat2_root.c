/*
 * RESOLVE_IN_ROOT takes the descriptor for the root: absolute links and ".." stay below it, and links of the kernel's
 * own, which would lead out, are refused (mnt.c). RESOLVE_NO_SYMLINKS says ELOOP.
 */
#include "kernel.h"

#include <linux/openat2.h>

static int resolve(int root, const char *path, uint64_t more)
{
        struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | more };

        return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static bool is(int fd, const char *path)
{
        struct stat a, b;

        return fd >= 0 && fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int main(void)
{
        char magic[32];
        int root, host;

        need_root();
        enter_new(CLONE_NEWNS);
        expect(mount("none", "/mnt", "tmpfs", 0, NULL) == 0);
        expect(mkdir("/mnt/root", 0755) == 0 && mkdir("/mnt/root/etc", 0755) == 0 && mkdir("/mnt/root/proc", 0755) == 0);
        expect(symlink("/etc", "/mnt/root/absolute") == 0 && symlink("../../etc", "/mnt/root/up") == 0);
        expect(mount("none", "/mnt/root/proc", "proc", 0, NULL) == 0);
        root = open("/mnt/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
        host = open("/usr", O_PATH | O_DIRECTORY);
        expect(root >= 0 && host >= 0);
        expect(is(resolve(root, "absolute", 0), "/mnt/root/etc"));
        expect(is(resolve(root, "up", 0), "/mnt/root/etc"));
        expect(is(resolve(root, "../../..", 0), "/mnt/root"));
        expect(is(resolve(root, "/etc", 0), "/mnt/root/etc"));
        expect(resolve(root, "absolute", RESOLVE_NO_SYMLINKS) < 0 && errno == ELOOP);
        expect(resolve(root, "proc/self/root", 0) < 0 && errno == ELOOP);
        snprintf(magic, sizeof magic, "proc/self/fd/%d", host);
        expect(resolve(root, magic, 0) < 0 && errno == ELOOP);
        return 0;
}
