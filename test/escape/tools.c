/*
 *     signal PID SIGNAL            kill(2)
 *     forge PID SIGNAL             a signal that claims to come from outside
 *     ids                          real, effective and saved user id
 *     shm-make KEY, shm-find KEY   System V shared memory
 *     mq-make NAME, mq-find NAME   a POSIX message queue
 *     abstract-listen NAME         an abstract socket, until killed
 *     abstract-connect NAME
 *     swap A B                     exchanges two names, over and over, until killed
 *     watch COUNT                  looks into every process that appears, until it has seen so many
 *     steal COUNT                  takes hold of so many programs that are no file of the jail's, and writes to them
 */
#include "try.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int said(const char *what, int r)
{
        if (r < 0) {
                printf("%s: %s\n", what, strerror(errno));
                return 1;
        }
        printf("%s: done\n", what);
        return 0;
}

static int send_signal(int argc, char **argv)
{
        return argc == 3 ? said("signal", kill(atoi(argv[1]), atoi(argv[2]))) : 2;
}

/* The kernel sets the sender's number of kill(2), but takes that of rt_sigqueueinfo(2) from the caller. */
static int forge(int argc, char **argv)
{
        siginfo_t info = { .si_code = SI_QUEUE };

        if (argc != 3)
                return 2;
        info.si_signo = atoi(argv[2]);
        info.si_pid = 0;
        return said("forge", (int)syscall(SYS_rt_sigqueueinfo, atoi(argv[1]), info.si_signo, &info));
}

static int ids(int argc, char **argv)
{
        uid_t real, effective, saved;

        (void)argc, (void)argv;
        if (getresuid(&real, &effective, &saved) < 0)
                err(1, "getresuid");
        printf("%u %u %u\n", (unsigned)real, (unsigned)effective, (unsigned)saved);
        return 0;
}

static int shm_make(int argc, char **argv)
{
        return argc == 2 ? said("shm", shmget(atoi(argv[1]), 4096, IPC_CREAT | 0666)) : 2;
}

static int shm_find(int argc, char **argv)
{
        return argc == 2 ? said("shm", shmget(atoi(argv[1]), 4096, 0)) : 2;
}

static int shm_remove(int argc, char **argv)
{
        return argc == 2 ? said("shm", shmctl(shmget(atoi(argv[1]), 4096, 0), IPC_RMID, NULL)) : 2;
}

static int mq_make(int argc, char **argv)
{
        umask(0);
        return argc == 2 ? said("mq", mq_open(argv[1], O_RDWR | O_CREAT, 0666, NULL)) : 2;
}

static int mq_find(int argc, char **argv)
{
        return argc == 2 ? said("mq", mq_open(argv[1], O_RDWR)) : 2;
}

static int mq_remove(int argc, char **argv)
{
        return argc == 2 ? said("mq", mq_unlink(argv[1])) : 2;
}

static socklen_t abstract(const char *name, struct sockaddr_un *ret)
{
        *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
        strncpy(ret->sun_path + 1, name, sizeof ret->sun_path - 2);
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(ret->sun_path + 1));
}

static int abstract_listen(int argc, char **argv)
{
        struct sockaddr_un at;
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        if (argc != 2 || bind(fd, (struct sockaddr *)&at, abstract(argv[1], &at)) < 0 || listen(fd, 8) < 0)
                err(1, "listen");
        printf("listening\n");
        fflush(stdout);
        for (;;)
                close(accept(fd, NULL, NULL));
}

static int abstract_connect(int argc, char **argv)
{
        struct sockaddr_un at;
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        return argc == 2 ? said("connect", connect(fd, (struct sockaddr *)&at, abstract(argv[1], &at))) : 2;
}

static int swap(int argc, char **argv)
{
        if (argc != 3)
                return 2;
        for (;;)
                if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) < 0)
                        err(1, "swap");
}

/*
 * Says so if the file of a process that runs exe can be opened and is not the one that we have ourselves. pipe: it may be
 * one. Of who did not even let his program be seen, that is the descriptor of the image he has executed since then, by which
 * it says why it could not execute a command.
 */
static unsigned look_at(const char *exe, const char *path, int flags, const char *mine, int pipe)
{
        int fd = open(path, flags);
        struct stat its, ours;

        if (fd < 0)
                return 0;
        if (pipe && fstat(fd, &its) == 0 && S_ISFIFO(its.st_mode)) {
                close(fd);
                return 0;
        }
        if (mine && fstat(fd, &its) == 0 && stat(mine, &ours) == 0 && its.st_dev == ours.st_dev && its.st_ino == ours.st_ino) {
                close(fd);
                return 0;
        }
        printf("%s: %s\n", exe, path);
        close(fd);
        return 1;
}

/*
 * What can be got at of a process that is not ours: descriptors beyond the standard three, another root than ours,
 * memory. Of one that is just ending, and has no program any more, the kernel shows root and namespaces for an instant;
 * by then they are ours.
 */
static unsigned look_into(int pid)
{
        static const struct {
                const char *path, *mine;
        } places[] = {
                { "root/.", "/" }, { "cwd/.", "/" }, { "ns/mnt", "/proc/self/ns/mnt" }, { "ns/net", "/proc/self/ns/net" },
        };
        char path[64], exe[256] = "?";
        unsigned found = 0;
        ssize_t n;

        /* Of one that runs a program of the jail everything may be seen, and of the image that it is executed by. */
        snprintf(path, sizeof path, "/proc/%d/exe", pid);
        n = readlink(path, exe, sizeof exe - 1);
        if (n > 0) {
                exe[n] = '\0';
                if (access(exe, F_OK) == 0 || (pid != 1 && strcmp(exe, "/memfd:gaol-init (deleted)") == 0))
                        return 0;
        }
        for (int fd = 3; fd < 64; fd++) {
                snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
                found += look_at(exe, path, O_PATH, NULL, n <= 0 && fd == 3);
        }
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
                snprintf(path, sizeof path, "/proc/%d/%s", pid, places[i].path);
                found += look_at(exe, path, O_RDONLY, places[i].mine, 0);
        }
        snprintf(path, sizeof path, "/proc/%d/mem", pid);
        return found + (n > 0 ? look_at(exe, path, O_RDONLY, NULL, 0) : 0);
}

static int watch(int argc, char **argv)
{
        unsigned want = argc == 2 ? (unsigned)atoi(argv[1]) : 1, seen = 0, found = 0;
        int last = 0;

        printf("watching\n");
        fflush(stdout);
        while (seen < want) {
                DIR *proc = opendir("/proc");
                struct dirent *d;

                if (!proc)
                        err(1, "/proc");
                while ((d = readdir(proc))) {
                        int pid = atoi(d->d_name);

                        if (pid <= 0 || pid == getpid())
                                continue;
                        if (pid > last) {
                                seen++;
                                last = pid;
                        }
                        found += look_into(pid);
                }
                closedir(proc);
        }
        printf("found %u\n", found);
        return found > 0;
}

/* As soon as nobody runs it any more: until then the kernel refuses to open it for writing. */
static void overwrite(int fd, const char *exe)
{
        char path[32];
        int to = -1;

        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        for (int tries = 0; tries < 2000; tries++) {
                to = open(path, O_WRONLY);
                if (to >= 0 || errno != ETXTBSY)
                        break;
                usleep(1000);
        }
        printf("%s: %s\n", exe, to < 0 || pwrite(to, "!", 1, 0) < 0 ? strerror(errno) : "written");
        fflush(stdout);
        if (to >= 0)
                close(to);
}

static int steal(int argc, char **argv)
{
        char path[64], exe[256];
        int fd, want = argc == 2 ? atoi(argv[1]) : 1;

        printf("watching\n");
        fflush(stdout);
        /* The next number is the next process; it has one of its own in each jail. */
        for (int pid = 2; want > 0; pid = pid < getpid() + 1000 ? pid + 1 : 2) {
                ssize_t n;

                snprintf(path, sizeof path, "/proc/%d/exe", pid);
                fd = open(path, O_RDONLY | O_CLOEXEC);
                if (fd < 0)
                        continue;
                snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
                n = readlink(path, exe, sizeof exe - 1);
                exe[n < 0 ? 0 : n] = '\0';
                if (access(exe, F_OK) < 0) {
                        overwrite(fd, exe);
                        want--;
                }
                close(fd);
        }
        return 0;
}

const struct tool tools[] = {
        { "signal", send_signal }, { "forge", forge }, { "ids", ids }, { "shm-make", shm_make },
        { "shm-find", shm_find }, { "shm-remove", shm_remove }, { "mq-make", mq_make }, { "mq-find", mq_find },
        { "mq-remove", mq_remove }, { "abstract-listen", abstract_listen }, { "abstract-connect", abstract_connect },
        { "swap", swap }, { "watch", watch }, { "steal", steal }, {0},
};
