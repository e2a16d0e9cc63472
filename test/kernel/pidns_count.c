/*
 * /proc/sys/user/max_pid_namespaces of a user namespace counts the pid namespaces made in it, and not the one that came
 * with it; one too many is ENOSPC (create.c, limit_children).
 */
#include "kernel.h"

static int make(void)
{
        pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, 0);

        if (pid == 0)
                for (;;)
                        pause();
        return pid;
}

static void inside(int proc, int go)
{
        pid_t one;
        char byte;
        int fd;

        expect(read(go, &byte, 1) == 1);
        expect(setresuid(0, 0, 0) == 0);
        fd = openat(proc, "sys/user/max_pid_namespaces", O_WRONLY);
        expect(fd >= 0 && write(fd, "1", 1) == 1);
        one = make();
        expect(one > 0);
        expect(make() < 0 && errno == ENOSPC);
        expect(kill(one, SIGKILL) == 0 && waitpid(one, NULL, 0) == one);
}

int main(void)
{
        int proc, go[2];
        char path[48];
        pid_t pid;

        need_root();
        proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        expect(proc >= 0 && pipe(go) == 0);
        pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, 0);
        if (pid < 0)
                err(77, "no leave to make namespaces");
        if (pid == 0) {
                inside(proc, go[0]);
                _exit(0);
        }
        snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
        put(path, "0 300000 65536");
        expect(write(go[1], "", 1) == 1);
        expect_well(pid);
        return 0;
}
