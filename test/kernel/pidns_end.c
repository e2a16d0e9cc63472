/*
 * SIGKILL of a pid namespace's first process is the end of all in it, and it has not ended before they have: who waits
 * for it waits for all (create.c, unspawn).
 */
#include "kernel.h"

int main(void)
{
        char byte;
        int alive[2];
        pid_t init;

        need_root();
        expect(pipe2(alive, O_CLOEXEC) == 0);
        enter_new(CLONE_NEWPID);
        init = fork();
        expect(init >= 0);
        if (init == 0) {
                for (int i = 0; i < 20; i++)
                        if (fork() == 0) {
                                signal(SIGTERM, SIG_IGN);
                                setsid();
                                for (;;)
                                        pause();
                        }
                if (write(alive[1], "", 1) != 1)
                        _exit(1);
                for (;;)
                        pause();
        }
        close(alive[1]);
        expect(read(alive[0], &byte, 1) == 1);
        expect(kill(init, SIGKILL) == 0);
        expect(waitpid(init, NULL, 0) == init);
        /* Each of them had the pipe; now nobody has. */
        expect(fcntl(alive[0], F_SETFL, O_NONBLOCK) == 0);
        expect(read(alive[0], &byte, 1) == 0);
        return 0;
}
