/*
 * A process that was born in a pid namespace from outside is its maker's to reap, and not the first process's; and that
 * one has not ended before it is reaped (enter.c, jexec).
 */
#include "kernel.h"

#include <poll.h>

static int pidfd_of(pid_t pid)
{
        int fd = (int)syscall(SYS_pidfd_open, pid, 0u);

        expect(fd >= 0);
        return fd;
}

int main(void)
{
        struct pollfd p = { .events = POLLIN };
        int home, status;
        pid_t init, foreign;

        need_root();
        home = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
        enter_new(CLONE_NEWPID);
        init = fork();
        expect(init >= 0);
        if (init == 0)
                for (;;) {
                        wait(NULL);
                        pause();
                }
        foreign = fork();
        expect(foreign >= 0);
        if (foreign == 0)
                for (;;)
                        pause();
        expect(setns(home, CLONE_NEWPID) == 0);
        p.fd = pidfd_of(init);
        expect(kill(init, SIGKILL) == 0);
        expect(poll(&p, 1, 200) == 0);
        expect(waitpid(foreign, &status, 0) == foreign && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        expect(poll(&p, 1, -1) == 1);
        expect(waitpid(init, NULL, 0) == init);
        return 0;
}
