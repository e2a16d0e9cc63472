/* jail_attach(): the calling process in a jail, to the end of either. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib.h"

/* Runs in a child, where nothing may go wrong: the number of the first line that did is its exit status. */
#define MUST(x) do { if (!(x)) _exit(__LINE__ & 0xff ? __LINE__ & 0xff : 1); } while (0)

static int jid;

/* Calls f in a child of ours that is attached to the jail; its exit status, 128 + signal. */
static int attached(void (*f)(void))
{
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                MUST(jail_attach(jid) == 0);
                f();
                _exit(0);
        }
        waitpid(pid, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void is_in_it(void)
{
        struct utsname uts;
        struct stat root, cwd;
        gid_t groups[4];
        char link[64];

        MUST(uname(&uts) == 0 && strcmp(uts.nodename, "inside") == 0);
        MUST(stat("/", &root) == 0 && stat(".", &cwd) == 0 && root.st_ino == cwd.st_ino && root.st_dev == cwd.st_dev);
        MUST(access("/marker", F_OK) == 0 && access("/etc", F_OK) != 0);
        MUST(getuid() == 0 && geteuid() == 0 && getgid() == 0 && getgroups(4, groups) == 1 && groups[0] == 7);
        /* confined: no rights but those of a jail, a filter, and nobody may look in */
        MUST(prctl(PR_CAPBSET_READ, 21 /* CAP_SYS_ADMIN */, 0, 0, 0) == 0);
        MUST(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2);
        MUST(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
        MUST(unshare(CLONE_NEWNS) < 0 && errno == EPERM);
        MUST(mkdir("/made", 0755) == 0 && stat("/made", &root) == 0 && root.st_uid == 0);
        /* no directory of the host is open */
        for (int fd = 0; fd < 256; fd++)
                MUST(fstat(fd, &root) < 0 || !S_ISDIR(root.st_mode));
        MUST(readlink("/proc/self/exe", link, sizeof link) < 0);
        MUST(chdir("/../..") == 0 && access("marker", F_OK) == 0);
}

/* Children are in the jail's pid namespace: the shadow is there, and PID 1. */
static void has_children_in_it(void)
{
        int status;
        pid_t pid = fork();

        if (pid == 0)
                _exit(getpid() > 1 && getppid() == 0 ? 0 : 1);
        MUST(waitpid(pid, &status, 0) == pid && status == 0);
        MUST(waitpid(-1, &status, 0) < 0 && errno == ECHILD);
}

static void sees_no_jails(void)
{
        MUST(jail_getid("a") == -1);
}

static void waits(void)
{
        pause();
}

static void execs(void)
{
        execl("/busybox", "busybox", "sleep", "100", NULL);
}

static void closes_and_waits(void)
{
        close_range(3, ~0u, 0);
        waits();
}

static void enters(void)
{
        tap_number(attached(is_in_it), 0, "root, names, ids, rights are the jail's");
        tap_number(attached(has_children_in_it), 0, "children are in its pid namespace, and no stranger is among them");
        tap_number(attached(sees_no_jails), 0, "the host's jails are not seen from there");
}

/* Attached, doing f, when the jail is removed by another process. */
static void removed_while(void (*f)(void), const char *name, const char *what)
{
        int status = 0, ready[2];
        char byte;
        pid_t pid;

        if (pipe(ready) < 0)
                abort();
        jid = jail_set(LIST(STRING("name", name), FLAG("persist"), STRING("path", "/jail")), JAIL_CREATE);
        pid = fork();
        if (pid == 0) {
                close(ready[0]);
                MUST(jail_attach(jid) == 0);
                MUST(write(ready[1], "r", 1) == 1);
                f();
                _exit(99);
        }
        close(ready[1]);
        if (!tap(read(ready[0], &byte, 1) == 1, "attached"))
                return;
        tap_number(jail_remove(jid), 0, "the jail is removed");
        for (int tries = 0; tries < 500 && waitpid(pid, &status, WNOHANG) == 0; tries++)
                usleep(10000);
        if (!tap(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%s", what))
                kill(pid, SIGKILL);
        close(ready[0]);
}

/* A jail that does not persist lives as long as the process that made it and is in it. */
static void lives_with_it(void)
{
        int go[2], status, fd = -1, id;
        struct pollfd p = { .events = POLLIN };
        char byte;
        pid_t pid;

        if (pipe(go) < 0)
                abort();
        pid = fork();
        if (pid == 0) {
                close(go[1]);
                MUST(jail_set(LIST(STRING("name", "brief"), STRING("path", "/jail")), JAIL_CREATE | JAIL_ATTACH) > 0);
                MUST(access("/marker", F_OK) == 0);
                MUST(read(go[0], &byte, 1) == 0);
                _exit(5);
        }
        close(go[0]);
        for (int tries = 0; tries < 500 && (id = jail_getid("brief")) < 0; tries++)
                usleep(10000);
        tap(id > 0, "JAIL_CREATE with JAIL_ATTACH");
        jail_get(LIST(VARIABLE("jid", id), VARIABLE("desc", fd)), JAIL_GET_DESC);
        p.fd = fd;
        tap_number(poll(&p, 1, 2500), 0, "lives while its process does");
        id = -1;
        tap(jail_get(LIST(STRING("name", "brief"), VARIABLE("persist", id)), 0) > 0 && id == 0, "and does not persist");
        close(go[1]);
        waitpid(pid, &status, 0);
        tap_number(WEXITSTATUS(status), 5, "the process ends as it likes");
        tap_number(poll(&p, 1, 10000), 1, "and the jail with it");
        close(fd);
        jail_set(LIST(STRING("name", "brief"), FLAG("persist")), JAIL_CREATE);
        tap_number(jail_remove(jail_getid("brief")), 0, "the name is free");
}

static void *other_thread(void *arg)
{
        pthread_barrier_wait(arg);
        pthread_barrier_wait(arg);
        return NULL;
}

static void refuses(void)
{
        pthread_barrier_t barrier;
        pthread_t thread;
        char want[64];
        int dir = open("/", O_RDONLY | O_DIRECTORY);
        int before = open_descriptors();

        snprintf(want, sizeof want, "descriptor %d is a directory", dir);
        tap_fails(jail_attach(jid), EPERM, want, "with an open directory");
        tap_fails(jail_set(LIST(STRING("name", "b")), JAIL_CREATE | JAIL_ATTACH), EPERM, want, "and so jail_set");
        tap_fails(jail_getid("b"), ENOENT, "jail \"b\" not found", "which made nothing");
        close(dir);
        pthread_barrier_init(&barrier, NULL, 2);
        pthread_create(&thread, NULL, other_thread, &barrier);
        pthread_barrier_wait(&barrier);
        tap_fails(jail_attach(jid), EBUSY, "the process has other threads", "with another thread");
        pthread_barrier_wait(&barrier);
        pthread_join(thread, NULL);
        pthread_barrier_destroy(&barrier);
        tap_number(open_descriptors(), before - 1, "no descriptor is left open");
}

int main(void)
{
        gid_t groups[] = { 7 };

        signal(SIGPIPE, SIG_IGN);
        /* a tree that tells itself from the host's */
        if (shell("mkdir -p /jail && mount -t tmpfs jail /jail && touch /jail/marker && cp $(command -v busybox) /jail/busybox") != 0 ||
            setgroups(1, groups) < 0) {
                puts("Bail out! no tree");
                return 1;
        }
        jid = jail_set(LIST(STRING("name", "a"), FLAG("persist"), STRING("path", "/jail"), STRING("host.hostname", "inside")),
                       JAIL_CREATE);
        tap(jid > 0, "a jail");
        refuses();
        enters();
        tap_number(jail_remove(jid), 0, "removed");
        removed_while(waits, "w", "a process that waits is killed");
        removed_while(execs, "x", "a program that it has become is killed");
        removed_while(closes_and_waits, "y", "a process that closes every descriptor is killed");
        lives_with_it();
        shell("umount /jail; rmdir /jail");
        return tap_done();
}
