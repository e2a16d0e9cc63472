#include "attach.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"
#include "kern/cgroup.h"
#include "kern/cred.h"
#include "kern/pidfd.h"
#include "state/record.h"
#include "step/create.h"
#include "step/host.h"
#include "step/limit.h"

/* Out of the way of who closes, or expects, the first few. */
#define TIE_FD 64

/* The ids of the process. They stay the numbers they are, and mean the jail's from then on. */
struct ids {
        uid_t uid[3];
        gid_t gid[3], groups[NGROUPS_MAX];
        size_t n_groups;
};

static int ids_get(struct ids *ids, uint32_t count, struct err *e)
{
        int n = getgroups(NGROUPS_MAX, ids->groups);

        if (n < 0 || getresuid(&ids->uid[0], &ids->uid[1], &ids->uid[2]) < 0 ||
            getresgid(&ids->gid[0], &ids->gid[1], &ids->gid[2]) < 0)
                return err_sys(e, "user ids");
        ids->n_groups = 0;
        for (int i = 0; i < n; i++)     /* a number the jail does not have is nothing in it */
                if (!count || ids->groups[i] < count)
                        ids->groups[ids->n_groups++] = ids->groups[i];
        return 0;
}

static int ids_set(const struct ids *ids, struct err *e)
{
        if (cred_setgroups(ids->n_groups, ids->groups) < 0 ||
            syscall(SYS_setresgid, ids->gid[0], ids->gid[1], ids->gid[2]) < 0 ||
            syscall(SYS_setresuid, ids->uid[0], ids->uid[1], ids->uid[2]) < 0)
                return err_sys(e, "become a user of the jail");
        return 0;
}

static int enter(struct run *run, const struct ids *ids, struct err *e)
{
        int flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP | CLONE_NEWPID |
                    (run->enter_user ? CLONE_NEWUSER : 0);

        if (setns(run->init_pidfd, flags) < 0)
                return err_sys(e, "enter jail");
        /* No osrelease for it: its listener would have to be handed to PID 1 with rights that are gone then, jail_set(3). */
        if (ids_set(ids, e) < 0 || create_confine(run->spec, 0, NULL, e) < 0)
                return -e->code;
        /* As after an execve(2) that gains rights: nobody traces it or reads its memory, jail_attach(2). */
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
                return err_sys(e, "PR_SET_DUMPABLE");
        return chdir("/") < 0 ? err_sys(e, "chdir /") : 0;
}

/* A plain fork that sends no signal and that only we wait for; the filter of a jail lets nothing newer pass. */
static pid_t fork_quietly(void)
{
        return (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
}

static void reap_quietly(pid_t pid)
{
        while (waitpid(pid, NULL, __WCLONE) < 0 && errno == EINTR)
                ;
}

/* All of it by a child, which then ends. */
static int try(struct run *run, const struct ids *ids, struct err *e)
{
        int pipe_fds[2];
        struct err said = { .code = ECHILD };
        pid_t pid;

        if (pipe2(pipe_fds, O_CLOEXEC) < 0)
                return err_sys(e, "pipe");
        pid = fork_quietly();
        if (pid == 0) {
                said = (struct err){0};
                enter(run, ids, &said);
                _exit(fd_write_all(pipe_fds[1], &said, sizeof said) < 0);
        }
        fd_close(pipe_fds[1]);
        if (pid < 0) {
                fd_close(pipe_fds[0]);
                return err_sys(e, "fork");
        }
        if (read(pipe_fds[0], &said, sizeof said) != sizeof said)
                said = (struct err){ ECHILD, "enter jail: was killed" };
        fd_close(pipe_fds[0]);
        reap_quietly(pid);
        if (!said.code)
                return 0;
        *e = said;
        return -said.code;
}

static int into_groups(struct run *run, struct err *e)
{
        pid_t self = getpid();

        if (limit_attach(run, self, e) < 0)
                return -e->code;
        return run->cgroup >= 0 ? cgroup_attach(run->cgroup, self, e) : 0;
}

/* -------------------------------------------------------------------- the list */

#define LIST "attached"

static void list_name(char *ret, size_t size, int jid, pid_t pid)
{
        snprintf(ret, size, LIST "/%d.%d", jid, (int)pid);
}

/* Before the process is in the jail: one that is killed in between is not there to be found. */
static int list_add(const struct store *store, int jid, struct err *e)
{
        char name[48], start[32];
        uint64_t ticks;

        if (pidfd_start_time(getpid(), &ticks, e) < 0)
                return -e->code;
        list_name(name, sizeof name, jid, getpid());
        snprintf(start, sizeof start, "%" PRIu64, ticks);
        for (;;) {
                if (mkdirat(store->dir, LIST, 0700) < 0 && errno != EEXIST)
                        return err_sys(e, "mkdir " LIST);
                /* that of another with this number, who is dead */
                unlinkat(store->dir, name, 0);
                if (symlinkat(start, store->dir, name) == 0)
                        return 0;
                if (errno != ENOENT)    /* removed meanwhile, with the last of its links */
                        return err_sys(e, "write %s", name);
        }
}

static void list_drop(const struct store *store, int jid)
{
        char name[48];

        list_name(name, sizeof name, jid, getpid());
        unlinkat(store->dir, name, 0);
        unlinkat(store->dir, LIST, AT_REMOVEDIR);
}

/* Is it still the process that the link at dir tells of? kill: then it is killed. */
static bool list_alive(int dir, const char *name, pid_t pid, bool kill)
{
        char text[32] = "";
        uint64_t start = 0, ticks = 0;
        autofd pidfd = pidfd_open_pid(pid, NULL);

        if (pidfd < 0 || readlinkat(dir, name, text, sizeof text - 1) < 0 || num_u64(text, &start) < 0 ||
            pidfd_start_time(pid, &ticks, NULL) != 1 || ticks != start)
                return false;
        if (kill)
                pidfd_kill(pidfd, SIGKILL);
        return true;
}

/* Goes through the links: those of dead processes are dropped, and those of the jail, having been killed, if there is one. */
static void list_sweep(const struct store *store, int jid)
{
        int fd = openat(store->dir, LIST, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        DIR *dir = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;

        if (!dir) {
                fd_close(fd);
                return;
        }
        while ((entry = readdir(dir))) {
                int of, pid;

                if (sscanf(entry->d_name, "%d.%d", &of, &pid) == 2 &&
                    (!list_alive(fd, entry->d_name, pid, of == jid) || of == jid))
                        unlinkat(fd, entry->d_name, 0);
        }
        closedir(dir);
        unlinkat(store->dir, LIST, AT_REMOVEDIR);
}

void attach_kill(const struct store *store, int jid)
{
        list_sweep(store, jid);
}

/* ------------------------------------------------------------------ the shadow */

/* In the jail, confined, a child of the caller's child: executes the image with the two descriptors it needs. */
static _Noreturn void become_shadow(int pidfd, int tie, int image)
{
        char *argv[] = { (char *)"gaol-init", (char *)"w", NULL }, *envp[] = { NULL };
        sigset_t none;

        /* out of each other's way */
        pidfd = fcntl(pidfd, F_DUPFD_CLOEXEC, 100);
        tie = fcntl(tie, F_DUPFD_CLOEXEC, 100);
        image = fcntl(image, F_DUPFD_CLOEXEC, 100);
        dup2(pidfd, 0);
        dup2(tie, 1);
        dup2(image, 2);
        fcntl(2, F_SETFD, FD_CLOEXEC);
        close_range(3, ~0u, 0);
        sigemptyset(&none);
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
        for (int sig = 1; sig < 32; sig++)      /* what is ignored stays so over execve(2) */
                signal(sig, SIG_DFL);
        syscall(SYS_execveat, 2, "", argv, envp, AT_EMPTY_PATH);
        _exit(1);
}

/* The shadow's parent is PID 1 of the jail, since the process in between has ended. */
static int leave_shadow(int pidfd, int tie, int image)
{
        pid_t between = fork_quietly();

        if (between == 0) {
                pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

                if (pid == 0)
                        become_shadow(pidfd, tie, image);
                _exit(0);
        }
        if (between < 0)
                return -errno;
        reap_quietly(between);
        return 0;
}

struct tie {
        int ours, theirs;
};

static void untie(struct tie *tie)
{
        if (tie->ours >= 0)
                fcntl(tie->ours, F_SETFL, 0);
        fd_drop(&tie->ours);
        fd_drop(&tie->theirs);
}

/* The signal is asked for while we are root of the machine: the kernel sends it with those rights. */
static int make_tie(struct tie *tie, struct err *e)
{
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return err_sys(e, "socketpair");
        tie->theirs = pair[1];
        tie->ours = fcntl(pair[0], F_DUPFD, TIE_FD);
        if (tie->ours < 0)
                tie->ours = fcntl(pair[0], F_DUPFD, 3);
        fd_close(pair[0]);
        if (tie->ours >= 0 && fcntl(tie->ours, F_SETOWN, getpid()) == 0 && fcntl(tie->ours, F_SETSIG, SIGKILL) == 0 &&
            fcntl(tie->ours, F_SETFL, O_ASYNC | O_NONBLOCK) == 0)
                return 0;
        err_sys(e, "socketpair");
        untie(tie);
        return -e->code;
}

int attach_self(struct run *run, struct err *e)
{
        const struct store *store = &run->host->store;
        autofd self = -EBADF;
        struct tie tie;
        struct ids ids;

        if (ids_get(&ids, run->uid_count, e) < 0 || host_image(run->host, e) < 0)
                return -e->code;
        self = pidfd_open_pid(getpid(), e);
        if (self < 0 || try(run, &ids, e) < 0 || make_tie(&tie, e) < 0)
                return -e->code;
        list_sweep(store, 0);
        if (list_add(store, run->jid, e) < 0 || into_groups(run, e) < 0) {
                list_drop(store, run->jid);
                untie(&tie);
                return -e->code;
        }
        if (enter(run, &ids, e) < 0 || leave_shadow(self, tie.theirs, run->host->init_image) < 0)
                raise(SIGKILL);
        /* Now the shadow has the only copy: should there be no shadow, this is our end. */
        fd_drop(&tie.theirs);
        return 0;
}
