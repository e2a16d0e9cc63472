/*
 * Entering a mount namespace sets root and working directory of the process to that namespace's root, and to what is
 * mounted on it, however they were before (enter.c).
 */
#include "kernel.h"

int main(void)
{
        struct stat root, cwd, top;
        int there;

        need_root();
        enter_new(CLONE_NEWNS);
        expect(mount("none", "/", "tmpfs", 0, NULL) == 0);
        there = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        expect(there >= 0);
        expect(stat("/..", &top) == 0);
        expect(unshare(CLONE_NEWNS) == 0);
        expect(chdir("/usr") == 0 && chroot("/usr") == 0);
        expect(setns(there, CLONE_NEWNS) == 0);
        expect(stat("/", &root) == 0 && stat(".", &cwd) == 0);
        expect(root.st_dev == top.st_dev && root.st_ino == top.st_ino);
        expect(cwd.st_dev == top.st_dev && cwd.st_ino == top.st_ino);
        return 0;
}
