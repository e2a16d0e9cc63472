/* A tree that was cloned in one mount namespace can be attached in another, and is then not in the first (host.c). */
#include "kernel.h"

int main(void)
{
        int home, other, tree;
        struct stat st;

        need_root();
        enter_new(CLONE_NEWNS);
        expect(mount("none", "/mnt", "tmpfs", 0, NULL) == 0);
        expect(mkdir("/mnt/mark", 0700) == 0);
        home = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        tree = open_tree(AT_FDCWD, "/mnt", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        expect(home >= 0 && tree >= 0);
        expect(unshare(CLONE_NEWNS) == 0);
        other = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        expect(other >= 0);
        expect(move_mount(tree, "", AT_FDCWD, "/tmp", MOVE_MOUNT_F_EMPTY_PATH) == 0);
        expect(stat("/tmp/mark", &st) == 0);
        expect(setns(home, CLONE_NEWNS) == 0);
        expect(stat("/tmp/mark", &st) < 0 && errno == ENOENT);
        /* Where it came from can go, the clone stays. */
        expect(umount2("/mnt", MNT_DETACH) == 0);
        expect(setns(other, CLONE_NEWNS) == 0);
        expect(stat("/tmp/mark", &st) == 0);
        return 0;
}
