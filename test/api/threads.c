/* Many threads at once, each with jails and errors of its own; and a program that keeps what is its own. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib.h"

#define THREADS 8
#define ROUNDS 6

static atomic_int wrong, signals;

static void child_ended(int sig)
{
        signals++;
}

static void *work(void *arg)
{
        int me = (int)(long)arg;

        for (int i = 0; i < ROUNDS; i++) {
                char name[32], missing[32], text[64], got[64] = "";
                int fd = -1, jid;

                snprintf(name, sizeof name, "t%d", me);
                snprintf(missing, sizeof missing, "none%d", me);
                snprintf(text, sizeof text, "jail \"none%d\" not found", me);
                jid = jail_set(LIST({ (char *)"name", 5 }, { name, strlen(name) + 1 }, FLAG("persist"),
                                    { (char *)"host.hostname", 14 }, { name, strlen(name) + 1 }, VARIABLE("desc", fd)),
                               JAIL_CREATE | (i % 2 ? JAIL_OWN_DESC : JAIL_GET_DESC));
                if (jid < 0)
                        printf("# %s\n", jail_errmsg);
                wrong += jid < 0;
                wrong += jail_getid(name) != jid;
                wrong += jail_get(LIST(VARIABLE("jid", jid), BUFFER("host.hostname", got)), 0) != jid || strcmp(got, name) != 0;
                wrong += jail_getid(missing) != -1 || errno != ENOENT;
                usleep(1000);
                wrong += strcmp(jail_errmsg, text) != 0;
                if (i % 2) {
                        close(fd);
                        for (int tries = 0; tries < 1000 && jail_getid(name) > 0; tries++)
                                usleep(10000);
                } else {
                        wrong += jail_remove_jd(fd) != 0;
                        close(fd);
                }
        }
        return NULL;
}

static void many(void)
{
        pthread_t threads[THREADS];

        for (long i = 0; i < THREADS; i++)
                pthread_create(&threads[i], NULL, work, (void *)i);
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
        tap_number(wrong, 0, "eight threads make, read, own and remove jails, each with errors of its own");
}

/* What jails leave on the host that are gone with their owner is the next owner's to sweep. */
static void sweep(void)
{
        int fd = -1;

        tap(jail_set(LIST(STRING("name", "last"), FLAG("persist"), VARIABLE("desc", fd)), JAIL_CREATE | JAIL_OWN_DESC) > 0 &&
                    jail_remove_jd(fd) == 0, "swept");
        close(fd);
}

static ino_t inode(const char *path)
{
        struct stat st;

        return stat(path, &st) < 0 ? 0 : st.st_ino;
}

/* What a program has, before and after. */
static void keeps(void)
{
        static const char *const things[] = {
                "/proc/self/ns/mnt", "/proc/self/ns/net", "/proc/self/ns/uts", "/proc/self/ns/ipc", "/proc/self/ns/cgroup",
                "/proc/self/ns/user", "/proc/self/ns/pid_for_children", "/", ".", "/proc",
        };
        ino_t before[sizeof things / sizeof *things];
        sigset_t mask, same;
        bool kept = true;
        int jid;

        if (chdir("/tmp") < 0)
                abort();
        sigemptyset(&mask);
        sigaddset(&mask, SIGUSR2);
        pthread_sigmask(SIG_SETMASK, &mask, NULL);
        for (size_t i = 0; i < sizeof things / sizeof *things; i++)
                before[i] = inode(things[i]);
        jid = MAKE("keep", FLAG("mount.procfs"), FLAG("mount.devfs"));
        for (size_t i = 0; i < sizeof things / sizeof *things; i++)
                kept &= inode(things[i]) == before[i];
        tap(jid > 0, "a jail");
        tap(kept, "namespaces, root and directory are as they were");
        pthread_sigmask(SIG_SETMASK, NULL, &same);
        tap(sigismember(&same, SIGUSR2) == 1 && sigismember(&same, SIGUSR1) == 0, "and the signal mask");
        tap_number(waitpid(-1, NULL, WNOHANG), -1, "there is no child");
        tap_number(waitpid(-1, NULL, WNOHANG | __WALL), -1, "of any kind");
        tap_number(jail_remove(jid), 0, "removed");
        tap_number(signals, 0, "and no SIGCHLD came");
}

int main(void)
{
        int before = open_descriptors();

        signal(SIGCHLD, child_ended);
        signal(SIGPIPE, SIG_DFL);
        many();
        keeps();
        sweep();
        tap_number(open_descriptors(), before, "no descriptor is left open");
        return tap_done();
}
