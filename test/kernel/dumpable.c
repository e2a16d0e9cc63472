/*
 * Who is not dumpable is not looked into by another of the same ids without CAP_SYS_PTRACE: no program, no descriptor,
 * no memory. Fork passes it on, a change of ids brings it about, execve ends it (enter.c).
 */
#include "kernel.h"

#include <sys/prctl.h>

static bool open_of(pid_t pid, const char *what)
{
        char path[64];
        int fd;

        snprintf(path, sizeof path, "/proc/%d/%s", pid, what);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
                close(fd);
        return fd >= 0;
}

/* A process with our ids. */
static pid_t waiting(bool dumpable, bool exec)
{
        char *args[] = { (char *)"sleep", (char *)"60", NULL };
        int ready[2];
        char byte;
        pid_t pid;

        expect(pipe2(ready, O_CLOEXEC) == 0);
        expect(prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0) == 0);
        pid = fork();
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
                if (exec)
                        execvp(args[0], args);
                if (exec || write(ready[1], "", 1) != 1)
                        _exit(1);
                for (;;)
                        pause();
        }
        expect(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
        close(ready[1]);
        expect(read(ready[0], &byte, 1) == (exec ? 0 : 1));
        return pid;
}

static void expect_open(pid_t pid, bool open)
{
        expect(open_of(pid, "exe") == open);
        expect(open_of(pid, "fd/0") == open);
        expect(open_of(pid, "mem") == open);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
}

int main(void)
{
        need_root();
        expect(open("/dev/null", O_RDONLY) >= 0 && dup2(open("/dev/null", O_RDONLY), 0) == 0);
        expect(setresgid(1, 1, 1) == 0 && setresuid(1, 1, 1) == 0);
        /* The change of ids has made us so. */
        expect(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1);
        expect_open(waiting(true, false), true);
        expect_open(waiting(false, false), false);
        expect_open(waiting(false, true), true);
        return 0;
}
