#include "own.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "init/orders.h"
#include "kern/pidfd.h"
#include "state/record.h"
#include "step/host.h"

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

int own_cookie(int fd, char ret_note[OWN_NOTE])
{
        int domain = 0, type = 0;
        socklen_t n = sizeof domain, m = sizeof type, k = sizeof(uint64_t);
        uint64_t cookie = 0;

        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &m) < 0 ||
            domain != AF_UNIX || type != SOCK_SEQPACKET || getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &k) < 0)
                return -EBADF;
        snprintf(ret_note, OWN_NOTE, "%" PRIx64, cookie);
        return 0;
}

static int own(struct run *run, struct err *e)
{
        struct host *h = run->host;
        char note[OWN_NOTE];

        if (!h->own)
                return 0;
        if (own_cookie(run->sync, note) < 0)
                return err_code(e, EBADF, "jail descriptor");
        if (step_note(run, &step_own, e, "%s", note) < 0)
                return -e->code;
        h->owner = fcntl(run->sync, F_DUPFD_CLOEXEC, 3);
        return h->owner < 0 ? err_sys(e, "jail descriptor") : 0;
}

/* The mark is nothing but a line of the record. */
static int disown(struct run *run, const char *note, struct err *e)
{
        return 0;
}

const struct step step_own = { .name = "own", .boot = true, .enact = own, .undo = disown };

/* Fetches the offered end; with gone waits until PID 1 has closed it. -ETIMEDOUT. */
static int fetch(const struct run *run, bool gone)
{
        for (int tries = 0; tries < 2000; tries++) {
                int fd = pidfd_fetch(run->init_pidfd, OFFERED_FD);

                if (gone ? fd == -EBADF : fd != -EBADF)
                        return fd;
                fd_close(fd);
                nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
        }
        return -ETIMEDOUT;
}

/*
 * PID 1 takes no descriptors, so it makes the pair itself and we fetch its other end, which it then closes: until it is
 * told so it is an owner of its own, and an end of ours before that leaves the jail as it was. The lock of the record is
 * held until it has closed it, or the next owner would fetch the same end.
 */
int own_take(struct run *run, struct err *e)
{
        autofd fd = -EBADF;
        char note[OWN_NOTE];
        int r = pidfd_kill(run->init_pidfd, ORDER_OFFER);

        if (r < 0)
                return err_code(e, r, "tell init");
        fd = fetch(run, false);
        if (fd < 0)
                return err_code(e, fd, "jail descriptor");
        if (own_cookie(fd, note) < 0)
                return err_code(e, EBADF, "jail descriptor");
        if (step_note(run, &step_own, e, "%s", note) < 0 || record_done(run->record, step_own.name, note, e) < 0)
                return -e->code;
        r = pidfd_kill(run->init_pidfd, ORDER_TAKEN);
        if (r < 0)
                return err_code(e, r, "tell init");
        r = fetch(run, true);
        return r == -EBADF ? fd_take(&fd) : err_code(e, r, "jail descriptor");
}
