/* Jail descriptors: whom they name, that the last one that owns a jail takes it along, and what poll(2) says. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib.h"

static int jid_of(int fd)
{
        return jail_get(LIST(VARIABLE("desc", fd)), JAIL_USE_DESC);
}

/* What poll(2) says within some time; asked for nothing, only POLLHUP and the like are told. */
static int polled(int fd, int events, int ms)
{
        struct pollfd p = { .fd = fd, .events = (short)events };

        return poll(&p, 1, ms) > 0 ? p.revents : 0;
}

static int make_owned(const char *name, int *fd)
{
        *fd = -1;
        return jail_set(LIST(STRING("name", name), FLAG("persist"), VARIABLE("desc", *fd)), JAIL_CREATE | JAIL_OWN_DESC);
}

static int get_desc(const char *name, int flags)
{
        int fd = -1;

        return jail_get(LIST(STRING("name", name), VARIABLE("desc", fd)), flags) < 0 ? -1 : fd;
}

static void gone(const char *name, const char *what)
{
        char text[300];

        snprintf(text, sizeof text, "jail \"%s\" not found", name);
        tap_fails(jail_getid(name), ENOENT, text, what);
}

static void naming(void)
{
        char name[64] = "", hostname[64] = "";
        int fd = -1, jid = jail_set(LIST(STRING("name", "a"), FLAG("persist"), VARIABLE("desc", fd)), JAIL_CREATE | JAIL_GET_DESC);
        int wrong = 9, other;

        tap(jid > 0 && fd >= 0, "JAIL_CREATE with JAIL_GET_DESC");
        tap_number(fcntl(fd, F_GETFD), FD_CLOEXEC, "the descriptor is close-on-exec");
        tap_number(jail_get(LIST(VARIABLE("desc", fd), BUFFER("name", name)), JAIL_USE_DESC), jid, "names the jail");
        tap_text(name, "a", "by its name");
        tap_number(jail_set(LIST(VARIABLE("desc", fd), STRING("host.hostname", "byfd")), JAIL_UPDATE | JAIL_USE_DESC), jid, "is the key of a change");
        tap_number(jail_get(LIST(VARIABLE("jid", jid), BUFFER("host.hostname", hostname)), 0), jid, "that");
        tap_text(hostname, "byfd", "came about");
        other = get_desc("a", JAIL_GET_DESC);
        tap_number(jid_of(other), jid, "another of jail_get's");
        close(other);
        tap_number(polled(fd, POLLIN, 0), 0, "poll says nothing while it is there");
        tap_fails(jail_set(LIST(VARIABLE("desc", fd), VARIABLE("jid", wrong)), JAIL_UPDATE | JAIL_USE_DESC), EINVAL,
                  "jid: not that of the descriptor", "a jid besides that is another's");
        tap_number(jail_remove_jd(fd), 0, "jail_remove_jd");
        tap(polled(fd, POLLIN, 10000) & POLLIN, "poll says that it is gone");
        gone("a", "it is");
        tap_fails(jid_of(fd), ENOENT, "descriptor to dead jail", "the descriptor is that of a dead one");
        tap_fails(jail_remove_jd(fd), EINVAL, "descriptor to dead jail", "jail_remove_jd of it");
        tap_fails(jail_attach_jd(fd), EINVAL, "descriptor to dead jail", "jail_attach_jd of it");
        tap_fails(jail_set(LIST(VARIABLE("desc", fd), FLAG("persist")), JAIL_CREATE | JAIL_UPDATE | JAIL_USE_DESC), ENOENT,
                  "descriptor to dead jail", "it makes no new one");
        close(fd);
}

static void others(void)
{
        int pair[2], null = open("/dev/null", O_RDONLY), self = (int)syscall(SYS_pidfd_open, getpid(), 0), none = -1, fd = 5;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
                abort();
        tap_fails(jid_of(null), EBADF, "not a jail descriptor", "a file");
        tap_fails(jid_of(pair[0]), EBADF, "not a jail descriptor", "a socket");
        tap_fails(jid_of(self), EBADF, "not a jail descriptor", "a process that is no jail's first");
        tap_fails(jid_of(none), EBADF, "not a jail descriptor", "none");
        tap_fails(jail_attach_jd(null), EINVAL, "not a jail descriptor", "jail_attach_jd of a file");
        tap_fails(jail_remove_jd(pair[0]), EINVAL, "not a jail descriptor", "jail_remove_jd of a socket");
        tap_fails(jail_get(LIST(VARIABLE("desc", fd)), 0), EINVAL, "desc: needs a flag that says what it is", "without a flag");
        tap_fails(jail_get(LIST(STRING("name", "a")), JAIL_GET_DESC), EINVAL, "desc: missing", "a flag without desc");
        tap_fails(jail_get(LIST(VARIABLE("desc", fd)), JAIL_USE_DESC | JAIL_AT_DESC), EINVAL, "JAIL_USE_DESC with JAIL_AT_DESC",
                  "flags that exclude each other");
        tap_fails(jail_get(LIST(BYTES("desc", &fd, 2)), JAIL_USE_DESC), EINVAL, "desc: a value of 2 bytes, not 4", "a wrong size");
        close(null);
        close(pair[0]);
        close(pair[1]);
        close(self);
}

static void owning(void)
{
        int fd, copy, named, jid = make_owned("o", &fd);

        tap(jid > 0 && fd >= 0, "JAIL_OWN_DESC");
        tap_number(jid_of(fd), jid, "names the jail");
        named = get_desc("o", JAIL_GET_DESC);
        copy = dup(fd);
        close(fd);
        tap_number(polled(named, POLLIN, 300), 0, "while there is a copy the jail is");
        close(copy);
        tap(polled(named, POLLIN, 10000) & POLLIN, "with the last it is gone");
        gone("o", "by name too");
        close(named);

        jid = make_owned("o", &fd);
        tap(jid > 0, "the name can be used again");
        tap_number(jail_remove(jid), 0, "an owned jail can be removed by jid");
        tap(polled(fd, 0, 10000) & POLLHUP, "then its owner is told POLLHUP");
        tap_fails(jid_of(fd), ENOENT, "descriptor to dead jail", "and is that of a dead one");
        close(fd);
}

/* A jail that is there gets owners afterwards, each of which takes it along. */
static void owning_later(void)
{
        int jid = MAKE("l"), first, second;

        tap(jid > 0, "a jail without owner");
        first = get_desc("l", JAIL_OWN_DESC);
        second = get_desc("l", JAIL_OWN_DESC);
        tap(first >= 0 && second >= 0, "gets two owners");
        tap(jid_of(first) == jid && jid_of(second) == jid, "that name it");
        tap_number(polled(second, POLLIN, 100), 0, "both wait");
        close(first);
        tap(polled(second, 0, 10000) & POLLHUP, "either's close removes the jail");
        gone("l", "it is gone");
        close(second);
}

/* A process makes a jail with a process in it, and is killed. */
static void killed(void)
{
        int ready[2], fd, named, status;
        char byte;
        pid_t pid;

        if (pipe(ready) < 0)
                abort();
        pid = fork();
        if (pid == 0) {
                if (make_owned("k", &fd) < 0 || write(ready[1], "r", 1) != 1)
                        _exit(1);
                pause();
        }
        if (read(ready[0], &byte, 1) != 1)
                abort();
        named = get_desc("k", JAIL_GET_DESC);
        tap(named >= 0, "a process that owns a jail");
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        tap(WIFSIGNALED(status), "is killed");
        tap(polled(named, POLLIN, 10000) & POLLIN, "and its jail is gone");
        gone("k", "by name too");
        close(named);
        close(ready[0]);
        close(ready[1]);
        tap(make_owned("k2", &fd) > 0, "the next owner sweeps");
        tap_number(shell("test \"$(ls /run/gaol/jails)\" = k2"), 0, "so that no record is left but its own");
        tap_number(jail_remove_jd(fd), 0, "removed by its own descriptor");
        close(fd);

        /* Killed at whatever moment of making one: there is a jail with an owner, or none. */
        for (int us = 0; us < 40000; us += 1500) {
                pid = fork();
                if (pid == 0) {
                        make_owned("m", &fd);
                        pause();
                }
                usleep((useconds_t)us);
                kill(pid, SIGKILL);
                waitpid(pid, &status, 0);
                for (int tries = 0; tries < 1000 && jail_getid("m") > 0; tries++)
                        usleep(10000);
        }
        gone("m", "killed at many moments of making one, it leaves none that lives");
        tap(make_owned("m", &fd) > 0, "the name can be used");
        close(fd);
}

/* To another process, which ends last. */
static void passed(void)
{
        int fd, named, go[2], status;
        pid_t pid;

        make_owned("p", &fd);
        named = get_desc("p", JAIL_GET_DESC);
        if (pipe(go) < 0)
                abort();
        pid = fork();
        if (pid == 0) {
                char byte;

                close(go[1]);
                _exit(read(go[0], &byte, 1) == 1 && jid_of(fd) > 0 ? 0 : 1);
        }
        close(fd);
        tap_number(polled(named, POLLIN, 300), 0, "a copy in another process keeps the jail");
        if (write(go[1], "g", 1) != 1)
                abort();
        waitpid(pid, &status, 0);
        tap_number(status, 0, "it can use it");
        tap(polled(named, POLLIN, 10000) & POLLIN, "its end is the jail's");
        close(named);
        close(go[0]);
        close(go[1]);
}

/* In the place of a jail: names are those below it. */
static void at(void)
{
        int fd = -1, children = 4, last = 0, d, jid, parent;
        char name[64] = "";

        parent = jail_set(LIST(STRING("name", "at"), FLAG("persist"), VARIABLE("children.max", children), VARIABLE("desc", fd)),
                          JAIL_CREATE | JAIL_GET_DESC);
        tap(parent > 0, "a jail that may have children");
        d = fd;
        jid = jail_set(LIST(STRING("name", "kid"), FLAG("persist"), VARIABLE("desc", d)), JAIL_CREATE | JAIL_AT_DESC);
        tap(jid > 0, "a child by JAIL_AT_DESC");
        tap_number(jail_getid("at.kid"), jid, "has its parent's name in front");
        tap_number(jail_get(LIST(VARIABLE("desc", d), VARIABLE("lastjid", last), BUFFER("name", name)), JAIL_AT_DESC), jid,
                   "lastjid finds what is below");
        tap_text(name, "kid", "under the name it has there");
        tap_number(jail_get(LIST(VARIABLE("desc", d), STRING("name", "kid")), JAIL_AT_DESC), jid, "and so does name");
        tap_fails(jail_get(LIST(VARIABLE("desc", d), STRING("name", "at")), JAIL_AT_DESC), ENOENT, "jail \"at\" not found",
                  "the jail itself is not below it");
        tap_fails(jail_set(LIST(FLAG("persist"), VARIABLE("desc", d)), JAIL_CREATE | JAIL_AT_DESC), EINVAL,
                  "name: needed with JAIL_AT_DESC", "a child without a name");
        tap_number(jail_remove(jid), 0, "the child is removed");
        tap_number(jail_remove(parent), 0, "and its parent");
        close(fd);
}

static void by_text(void)
{
        char desc[16] = "", name[16] = "";
        int jid = jail_setv(JAIL_CREATE | JAIL_OWN_DESC, "name", "t", "persist", NULL, "desc", desc, NULL);

        tap(jid > 0 && atoi(desc) > 0, "jail_setv with desc");
        tap_number(jail_getv(JAIL_USE_DESC, "desc", desc, "name", name, NULL), jid, "jail_getv with desc");
        tap_text(name, "t", "reads the name");
        close(atoi(desc));
        for (int tries = 0; tries < 1000 && jail_getid("t") > 0; tries++)
                usleep(10000);
        gone("t", "owned by a number in text");
}

int main(void)
{
        int before = open_descriptors(), fd;

        naming();
        others();
        owning();
        owning_later();
        killed();
        passed();
        by_text();
        at();
        /* The records that the jails above have left are the next owner's to sweep. */
        tap(make_owned("last", &fd) > 0 && jail_remove_jd(fd) == 0, "swept");
        close(fd);
        tap_number(open_descriptors(), before, "no descriptor is left open");
        return tap_done();
}
