/*
 * A socket pair ends for one side when the other's last holder has died, by SIGKILL too; a copy that somebody inherited
 * keeps it open. What was said before the end is still read (create.c).
 */
#include "kernel.h"

#include <poll.h>
#include <sys/socket.h>

int main(void)
{
        struct pollfd p = { .events = POLLIN };
        int pair[2];
        char byte;
        pid_t maker, heir;

        need_root();
        expect(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
        maker = fork();
        if (maker == 0) {
                close(pair[1]);
                if (write(pair[0], "r", 1) != 1)
                        _exit(1);
                for (;;)
                        pause();
        }
        heir = fork();
        if (heir == 0) {
                close(pair[1]);
                for (;;)
                        pause();
        }
        close(pair[0]);
        p.fd = pair[1];
        expect(poll(&p, 1, -1) == 1);
        kill(maker, SIGKILL);
        waitpid(maker, NULL, 0);
        expect(read(pair[1], &byte, 1) == 1 && byte == 'r');
        expect(poll(&p, 1, 100) == 0);
        kill(heir, SIGKILL);
        waitpid(heir, NULL, 0);
        expect(read(pair[1], &byte, 1) == 0);
        return 0;
}
