/*
 * A detached mount can be given the ids of a user namespace as long as it is nowhere attached: what is 0 on disk is 0
 * inside, and what 0 inside makes is 0 on disk. tmpfs can since Linux 6.3; before that it says EINVAL, and is made
 * inside instead (root.c).
 */
#include "kernel.h"

static int user_namespace(pid_t *ret_pid)
{
        char path[48];
        int fd;

        *ret_pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0);
        if (*ret_pid == 0)
                for (;;)
                        pause();
        if (*ret_pid < 0)
                err(77, "no leave to make namespaces");
        snprintf(path, sizeof path, "/proc/%d/uid_map", *ret_pid);
        put(path, "0 300000 65536");
        snprintf(path, sizeof path, "/proc/%d/gid_map", *ret_pid);
        put(path, "0 300000 65536");
        snprintf(path, sizeof path, "/proc/%d/ns/user", *ret_pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        expect(fd >= 0);
        return fd;
}

int main(void)
{
        struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
        struct stat st;
        int tree, user;
        pid_t holder, pid;

        need_root();
        enter_new(CLONE_NEWNS);
        user = user_namespace(&holder);
        expect(mount("none", "/mnt", "tmpfs", 0, "mode=0777") == 0);
        expect(mkdir("/mnt/mine", 0755) == 0);
        attr.userns_fd = (uint64_t)user;
        /* Not where it is attached. */
        expect(mount_setattr(AT_FDCWD, "/mnt", 0, &attr, sizeof attr) < 0 && errno == EINVAL);
        tree = open_tree(AT_FDCWD, "/mnt", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        expect(tree >= 0);
        if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0) {
                expect(errno == EINVAL);
        } else {
                expect(fstatat(tree, "mine", &st, 0) == 0 && st.st_uid == 300000);
                pid = fork();
                if (pid == 0)
                        _exit(setresgid(300000, 300000, 300000) < 0 || setresuid(300000, 300000, 300000) < 0 ||
                              mkdirat(tree, "theirs", 0755) < 0);
                expect_well(pid);
                expect(stat("/mnt/theirs", &st) == 0 && st.st_uid == 0 && st.st_gid == 0);
        }
        kill(holder, SIGKILL);
        waitpid(holder, NULL, 0);
        return 0;
}
