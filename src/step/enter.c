#include "enter.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/cred.h"
#include "kern/fdpass.h"
#include "kern/mnt.h"
#include "kern/pidfd.h"
#include "step/create.h"
#include "step/host.h"
#include "step/limit.h"
#include "step/uname.h"

#define PASSWD_MAX (4 << 20)

struct complaint {
        int code;
        char text[240];
};

static _Noreturn void complain(int sync, const struct err *e)
{
        struct complaint c = { .code = e->code ? e->code : EINVAL };

        memcpy(c.text, e->text, sizeof c.text - 1);
        if (write(sync, &c, sizeof c) < 0)
                _exit(2);
        _exit(1);
}

/*
 * How a command is executed in a jail with the host's ids, where root is the owner of the program that we run from: by
 * the image of init.c (its "x"), which stands between. All of it is made before the clone.
 */
struct between {
        int image;              /* < 0: there is nothing between */
        int failed;             /* the image's descriptor 3: errno comes back on it, or its end */
        char **argv;            /* for the image; [2] is the command's path */
};

static void between_finish(struct between *b)
{
        fd_drop(&b->failed);
        free(b->argv);
}

static int between_make(struct run *run, const struct enter *enter, struct between *ret, int *ret_failed, struct err *e)
{
        size_t n = 0;
        int pair[2];

        if (run->uid_count)
                return 0;
        ret->image = host_image(run->host, e);
        if (ret->image < 0)
                return ret->image;
        while (enter->argv[n])
                n++;
        ret->argv = calloc(n + 4, sizeof *ret->argv);
        if (!ret->argv)
                return err_nomem(e);
        ret->argv[0] = (char *)(uintptr_t)"gaol-init";
        ret->argv[1] = (char *)(uintptr_t)"x";
        memcpy(ret->argv + 3, enter->argv, n * sizeof *enter->argv);
        if (pipe2(pair, O_CLOEXEC) < 0)
                return err_sys(e, "pipe");
        *ret_failed = pair[0];
        ret->failed = pair[1];
        return 0;
}

/* Is this what execve(2) would take? Real and effective ids are the same here. */
static bool executable(const char *path)
{
        struct stat st;

        if (stat(path, &st) < 0 || access(path, X_OK) < 0)
                return false;
        if (!S_ISREG(st.st_mode))
                errno = EACCES;
        return S_ISREG(st.st_mode);
}

static void execute(const char *path, const struct enter *enter, const struct between *b)
{
        if (b->image < 0) {
                execve(path, enter->argv, enter->env);
        } else if (executable(path)) {
                b->argv[2] = (char *)(uintptr_t)path;
                syscall(SYS_execveat, b->image, "", b->argv, enter->env, AT_EMPTY_PATH);
        }
}

/* The image's descriptor 3; whatever else is open, that it may be, goes out of the way. */
static int between_arrange(struct between *b, int *sync)
{
        if (b->image < 0)
                return 0;
        *sync = fcntl(*sync, F_DUPFD_CLOEXEC, 4);
        b->image = fcntl(b->image, F_DUPFD_CLOEXEC, 4);
        b->failed = fcntl(b->failed, F_DUPFD_CLOEXEC, 4);
        return *sync < 0 || b->image < 0 || b->failed < 0 || dup2(b->failed, 3) < 0 ? -errno : 0;
}

/* execvp(3) by hand: the C library's takes locks and memory, which a child of a threaded process must not. */
static void search_and_exec(const struct enter *enter, const struct between *b)
{
        const char *cmd = enter->argv[0], *path = "/bin:/usr/bin";
        int reason = ENOENT;

        if (strchr(cmd, '/')) {
                execute(cmd, enter, b);
                return;
        }
        for (char *const *v = enter->env; *v; v++)
                if (str_starts(*v, "PATH="))
                        path = *v + 5;
        for (;;) {
                size_t n = strcspn(path, ":");
                char full[4096];

                if (n + strlen(cmd) + 2 <= sizeof full) {
                        memcpy(full, path, n);
                        full[n] = '/';
                        strcpy(full + n + (n > 0), cmd);
                        execute(full, enter, b);
                        if (errno != ENOENT && errno != ENOTDIR)
                                reason = errno;
                }
                if (!path[n])
                        break;
                path += n + 1;
        }
        errno = reason;
}

/* A directory on a standard descriptor would be a way out of the jail's root. */
static bool leads_out(struct err *e)
{
        struct stat st;

        for (int fd = 0; fd < 3; fd++)
                if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
                        return err_set(e, EPERM, "descriptor %d is a directory", fd) < 0;
        return false;
}

/* The kernel says "(unreachable)" in front of a working directory that is not below the root, getcwd(2). */
static int check_cwd(const char *dir, struct err *e)
{
        char cwd[4096];

        if (syscall(SYS_getcwd, cwd, sizeof cwd) < 0 && errno != ERANGE)
                return err_sys(e, "chdir %s", dir);
        return errno != ERANGE && cwd[0] != '/' ? err_set(e, EPERM, "chdir %s: outside of the jail", dir) : 0;
}

/* From the clone to the exec. Only async-signal-safe calls; non-dumpable until the exec, so that nobody in there reaches us. */
static _Noreturn void become(struct run *run, const struct enter *enter, int sync, struct between between)
{
        static const gid_t root_groups[] = { 0 };
        int keep[] = { sync, run->init_pidfd, between.image, between.failed };
        const struct user *u = enter->user;
        int flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP |
                    (run->enter_user ? CLONE_NEWUSER : 0);
        struct err e = {0};
        int watch = -EBADF;
        char go;

        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        if (enter->output >= 0 && (dup2(enter->output, 1) < 0 || dup2(enter->output, 2) < 0)) {
                err_sys(&e, "redirect output");
                complain(sync, &e);
        }
        create_close_but(keep, COUNT(keep));
        if (leads_out(&e))
                complain(sync, &e);
        if (setns(run->init_pidfd, flags) < 0) {
                err_sys(&e, "enter jail");
                complain(sync, &e);
        }
        /*
         * setns has put root and cwd at the jail's root; from here no descriptor of the host is open but 0, 1, 2, and what
         * the image is run from.
         */
        close(run->init_pidfd);
        if (between_arrange(&between, &sync) < 0) {
                err_sys(&e, "arrange descriptors");
                complain(sync, &e);
        }
        /* The maker puts us into version 1 cgroups meanwhile; its end before that is ours as well. */
        if (read(sync, &go, 1) != 1)
                _exit(1);
        if (enter->session)
                setsid();
        if (cred_setgroups(u ? u->n_groups : 1, u ? u->groups : root_groups) < 0 || cred_setgid(u ? u->gid : 0) < 0 ||
            cred_setuid(0) < 0)
                err_sys(&e, "become root of the jail");
        else if (create_confine(run->spec, u ? u->uid : 0, &watch, &e) == 0) {
                const char *dir = enter->dir ? enter->dir : "/";

                if (watch >= 0 && fdpass_send(sync, "u", 1, &watch, 1) < 0)
                        _exit(1);
                fd_drop(&watch);
                if (chdir(dir) < 0) {
                        err_sys(&e, "chdir %s", dir);
                } else if (check_cwd(dir, &e) == 0) {
                        search_and_exec(enter, &between);
                        err_sys(&e, "execvp: %s", enter->argv[0]);
                }
        }
        complain(sync, &e);
}

/* The image is running: has it executed the command? Told by who is in the jail: it is a number and nothing else. */
static int between_result(const struct enter *enter, int failed, struct err *e)
{
        struct pollfd p = { .fd = failed, .events = POLLIN };
        int code = 0, r;
        ssize_t n;

        do
                r = poll(&p, 1, 30 * 1000);
        while (r < 0 && errno == EINTR);
        if (r <= 0)
                return err_code(e, ETIMEDOUT, "enter jail");
        n = read(failed, &code, sizeof code);
        if (n == 0)
                return 0;
        return err_code(e, n == sizeof code && code > 0 && code < 4096 ? code : EIO, "execvp: %s", enter->argv[0]);
}

/*
 * What the process says until it has exec'd, which closes the socket: the listener of uname(2), which goes on to PID 1,
 * and a complaint. Returns the length of the complaint, 0 when there was none, or -errno; -EAGAIN: it took too long.
 */
static ssize_t hear_out(struct run *run, int sync, struct complaint *ret, struct err *e)
{
        struct pollfd p = { .fd = sync, .events = POLLIN };

        for (;;) {
                int fds[FDPASS_MAX], r = 0;
                size_t n_fds;
                ssize_t n;

                /* Who is root in there may stop the process before it has exec'd; the host does not wait for that. */
                while (poll(&p, 1, 30 * 1000) < 0 && errno == EINTR)
                        ;
                n = fdpass_recv(sync, ret, sizeof *ret, MSG_DONTWAIT, fds, &n_fds);
                if (n <= 0 || n_fds == 0)
                        return n;
                r = uname_hand_over(run, fds[0], e);
                for (size_t i = 0; i < n_fds; i++)
                        fd_close(fds[i]);
                if (r < 0)
                        return r;
        }
}

pid_t enter_spawn(struct run *run, const struct enter *enter, int *ret_pidfd, struct err *e)
{
        struct between __attribute__((cleanup(between_finish))) between = { .image = -EBADF, .failed = -EBADF };
        autofd ours = -EBADF, theirs = -EBADF, pidfd = -EBADF, failed = -EBADF;
        struct complaint complaint = {0};
        int pair[2];
        ssize_t n;
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return err_sys(e, "socketpair");
        ours = pair[0];
        theirs = pair[1];
        if (between_make(run, enter, &between, &failed, e) < 0)
                return -e->code;
        /* Children of this thread are born in the jail's pid namespace until we come back. */
        if (ns_enter(run->init_pidfd, CLONE_NEWPID, e) < 0)
                return -e->code;
        pid = pidfd_clone(0, run->cgroup, &pidfd);
        if (pid == 0)
                become(run, enter, theirs, between);
        ns_return(&run->host->self, CLONE_NEWPID);
        if (pid < 0)
                return err_code(e, pid, "clone");
        fd_drop(&theirs);
        fd_drop(&between.failed);
        if (limit_attach(run, pid, e) < 0 || send(ours, "g", 1, MSG_NOSIGNAL) != 1) {
                if (!e->code)
                        err_code(e, EPIPE, "enter jail");
                pidfd_kill(pidfd, SIGKILL);
                pidfd_reap(pidfd, NULL);
                /* It may have had something to say before it died. */
                if (e->code == EPIPE && recv(ours, &complaint, sizeof complaint, MSG_DONTWAIT) > 0)
                        return err_set(e, complaint.code, "%.*s", (int)sizeof complaint.text - 1, complaint.text);
                return -e->code;
        }
        n = hear_out(run, ours, &complaint, e);
        if (n < 0) {
                pidfd_kill(pidfd, SIGKILL);
                pidfd_reap(pidfd, NULL);
                return e->code ? -e->code : err_code(e, n == -EAGAIN ? ETIMEDOUT : (int)n, "enter jail");
        }
        if (n != 0) {
                pidfd_reap(pidfd, NULL);
                return err_set(e, complaint.code, "%.*s", (int)sizeof complaint.text - 1, complaint.text);
        }
        if (failed >= 0 && between_result(enter, failed, e) < 0) {
                pidfd_kill(pidfd, SIGKILL);
                pidfd_reap(pidfd, NULL);
                return -e->code;
        }
        *ret_pidfd = fd_take(&pidfd);
        return pid;
}

/* A file of the jail's, which may be anything: never wait for it, never read more than a sane file has. */
static int read_inside(struct run *run, const char *path, char **ret, struct err *e)
{
        autofd root = -EBADF, fd = -EBADF;
        struct statfs fs;
        struct stat st;
        char self[32];
        int r = 0;

        r = ns_mnt_enter(run->mntns >= 0 ? run->mntns : run->init_pidfd, e);
        if (r < 0)
                return r;
        root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        fd = root < 0 ? -EBADF : mnt_open_in(root, path, O_PATH, false, e);
        if (root < 0)
                r = err_sys(e, "%s", path);
        else if (fd < 0)
                r = fd;
        ns_mnt_return(&run->host->self);
        if (r < 0)
                return r;
        /* The kernel's own files look like files, and some of them wait when they are read. */
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || fstatfs(fd, &fs) < 0 || fs.f_type == PROC_SUPER_MAGIC ||
            fs.f_type == SYSFS_MAGIC)
                return err_set(e, EINVAL, "%s: not a regular file", path);
        snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
        r = fd_slurp(AT_FDCWD, self, PASSWD_MAX, ret, NULL, e);
        return r < 0 ? err_code(e, r, "%s", path) : 0;
}

int enter_user(struct run *run, const char *name, bool host, struct user *ret, struct err *e)
{
        autostr passwd = NULL;
        autostr group = NULL;

        if (host) {
                if (fd_slurp(AT_FDCWD, "/etc/passwd", PASSWD_MAX, &passwd, NULL, e) < 0)
                        return -e->code;
                fd_slurp(AT_FDCWD, "/etc/group", PASSWD_MAX, &group, NULL, NULL);
        } else {
                if (read_inside(run, "/etc/passwd", &passwd, e) < 0)
                        return -e->code;
                read_inside(run, "/etc/group", &group, NULL);
        }
        return name ? passwd_find(passwd, group, name, ret, e) : passwd_find_uid(passwd, group, 0, ret, e);
}
