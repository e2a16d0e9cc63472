#include "exec.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/passwd.h"
#include "kern/cred.h"
#include "kern/mnt.h"
#include "kern/pidfd.h"
#include "state/record.h"
#include "step/enter.h"
#include "step/host.h"
#include "step/hostpath.h"

/* The characters that make a command line one for the shell, jail(8) */
#define SHELL_CHARS "!\"$&'()*;<>?[\\]`{|}~"

extern char **environ;

static bool in_jail(enum hook hook)
{
        return hook == HOOK_START || hook == HOOK_COMMAND || hook == HOOK_STOP;
}

int exec_setenv(struct strv *env, const char *name, const char *value)
{
        autobuf pair = {0};
        size_t n = strlen(name);

        if (strbuf_addf(&pair, "%s=%s", name, value) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < env->n; i++)
                if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=')
                        return str_set(&env->v[i], pair.s);
        return strv_push(env, pair.s);
}

int exec_environment(struct strv *ret, const struct user *u, bool clean, int jid, const char *name, const char *path)
{
        const char *term = getenv("TERM");
        char number[16];

        if (!clean)
                for (char **v = environ; v && *v; v++)
                        if (strv_push(ret, *v) < 0)
                                return -ENOMEM;
        if (clean && (exec_setenv(ret, "PATH", "/bin:/usr/bin") < 0 || (term && exec_setenv(ret, "TERM", term) < 0)))
                return -ENOMEM;
        if (u || clean) {
                bool root = !u;

                if (exec_setenv(ret, "USER", root ? "root" : u->name) < 0 ||
                    exec_setenv(ret, "HOME", root || !*u->home ? "/" : u->home) < 0 ||
                    exec_setenv(ret, "SHELL", root || !*u->shell ? "/bin/sh" : u->shell) < 0)
                        return -ENOMEM;
        }
        if (clean || jid <= 0)
                return 0;
        snprintf(number, sizeof number, "%d", jid);
        return exec_setenv(ret, "JID", number) < 0 || exec_setenv(ret, "JNAME", name) < 0 ||
               exec_setenv(ret, "JPATH", path) < 0 ? -ENOMEM : 0;
}

/*
 * The log itself, in a directory that the jail rules: what is there is looked at before it is opened, since opening a
 * device or a FIFO may already do something, and then that and nothing else is opened.
 */
static int open_log_in(int dir, const char *name, const char *log, struct err *e)
{
        const int flags = O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC;

        for (int tries = 0; tries < 100; tries++) {
                autofd there = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
                char self[32];
                struct stat st;
                int fd;

                if (there < 0 && errno == ENOENT) {
                        fd = openat(dir, name, flags | O_CREAT | O_EXCL, 0666);
                        if (fd >= 0)
                                return fd;
                        if (errno == EEXIST)
                                continue;
                }
                if (there < 0 || fstat(there, &st) < 0)
                        return err_sys(e, "exec.consolelog: %s", log);
                if (S_ISLNK(st.st_mode))
                        return err_set(e, ELOOP, "exec.consolelog: %s is a symbolic link", log);
                if (!S_ISREG(st.st_mode))
                        return err_set(e, EINVAL, "exec.consolelog: %s: not a regular file", log);
                snprintf(self, sizeof self, "/proc/self/fd/%d", there);
                fd = open(self, flags);
                return fd < 0 ? err_sys(e, "exec.consolelog: %s", log) : fd;
        }
        return err_code(e, EBUSY, "exec.consolelog: %s", log);
}

/* A log in a tree of the jail's is the jail's to tamper with: no link on the way. Elsewhere it is the admin's. */
static int open_log(const struct run *run, const char *log, struct err *e)
{
        autohostpath at = HOSTPATH_NONE;
        autostr parent = NULL;
        autofd dir = -EBADF;
        const char *name;
        int fd;

        if (hostpath_find(run, log, &at, e) < 0)
                return err_wrap(e, "exec.consolelog");
        if (!at.jails) {
                fd = openat(at.dir, at.rest, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666);
                return fd < 0 ? err_sys(e, "exec.consolelog: %s", log) : fd;
        }
        name = strrchr(at.rest, '/');
        name = name ? name + 1 : at.rest;
        parent = strndup(at.rest, (size_t)(name - at.rest));
        if (!parent)
                return err_nomem(e);
        dir = mnt_open_in(at.dir, parent, O_PATH | O_DIRECTORY, true, e);
        if (dir == -ELOOP)
                return err_set(e, ELOOP, "exec.consolelog: %s: a symbolic link leads to it", log);
        if (dir < 0)
                return err_code(e, dir, "exec.consolelog: %s", log);
        return open_log_in(dir, name, log, e);
}

/* A jail that has spoiled its log is to be stopped all the same: then what its last commands say is lost. */
static int log_for(struct run *run, const struct jail_spec *spec, enum hook hook, struct err *e)
{
        int fd = open_log(run, spec->exec_consolelog, e);

        if (fd >= 0 || hook != HOOK_STOP)
                return fd;
        err_set(&run->log_lost, e->code, "%s, going on without it", e->text);
        *e = (struct err){0};
        fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
        return fd < 0 ? err_sys(e, "/dev/null") : fd;
}

/* A command line as words: by the shell if it needs one, else split at blanks. *ret_background: ends in a lone "&". */
static int words(const char *line, struct strv *ret, bool *ret_background)
{
        autostr copy = strdup(line);
        size_t n;

        if (!copy)
                return -ENOMEM;
        n = strlen(copy);
        while (n > 0 && strchr(" \t\n", copy[n - 1]))
                copy[--n] = '\0';
        *ret_background = n > 0 && copy[n - 1] == '&' && strcspn(copy, SHELL_CHARS) == n - 1;
        if (*ret_background)
                copy[n - 1] = '\0';
        if (copy[strcspn(copy, SHELL_CHARS)])
                return strv_push(ret, "/bin/sh") < 0 || strv_push(ret, "-c") < 0 || strv_push(ret, copy) < 0 ? -ENOMEM : 0;
        return strv_split(ret, copy, " \t\n");
}

static _Noreturn void become_user(const struct enter *cmd, int sync)
{
        int code;

        if (cmd->session)
                setsid();
        if (cmd->output >= 0 && (dup2(cmd->output, 1) < 0 || dup2(cmd->output, 2) < 0))
                goto fail;
        if (cmd->user && (cred_setgroups(cmd->user->n_groups, cmd->user->groups) < 0 ||
                          cred_setgid(cmd->user->gid) < 0 || cred_setuid(cmd->user->uid) < 0))
                goto fail;
        if (cmd->dir && chdir(cmd->dir) < 0)
                goto fail;
        environ = (char **)(uintptr_t)cmd->env;
        /* Ours are close-on-exec; those that our caller left open are none of the command's either. */
        close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
        execvp(cmd->argv[0], cmd->argv);
fail:
        code = errno;
        if (write(sync, &code, sizeof code) < 0)
                _exit(2);
        _exit(1);
}

/*
 * A command that may be given up is the child of a process that does nothing but gather: whatever the command starts and
 * leaves behind becomes its child too, and is found below it. It ends as the command does; what is left then is init's.
 */
static _Noreturn void gather(const struct enter *cmd, int sync)
{
        void (*old)(int) = signal(SIGCHLD, SIG_DFL);
        sigset_t all, before;
        int pidfd, status = 0;
        pid_t pid, r;

        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, &before);
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        pid = pidfd_clone(0, -1, &pidfd);
        if (pid == 0) {
                signal(SIGCHLD, old);
                sigprocmask(SIG_SETMASK, &before, NULL);
                become_user(cmd, sync);
        }
        if (pid < 0) {
                int code = -pid;

                _exit(write(sync, &code, sizeof code) < 0 ? 2 : 1);
        }
        /* The locks of records are among them. */
        close_range(3, ~0u, 0);
        do
                r = waitpid(-1, &status, 0);
        while (r != pid && (r >= 0 || errno == EINTR));
        if (r == pid && WIFSIGNALED(status)) {
                signal(WTERMSIG(status), SIG_DFL);
                raise(WTERMSIG(status));
                sigprocmask(SIG_UNBLOCK, &all, NULL);
        }
        _exit(r == pid ? WEXITSTATUS(status) : 1);
}

static pid_t spawn_on_host(const struct enter *cmd, bool limited, int *ret_pidfd, struct err *e)
{
        autofd theirs = -EBADF, ours = -EBADF;
        int pair[2], code = 0;
        ssize_t n;
        pid_t pid;

        if (pipe2(pair, O_CLOEXEC) < 0)
                return err_sys(e, "pipe");
        ours = pair[0];
        theirs = pair[1];
        pid = pidfd_clone(0, -1, ret_pidfd);
        if (pid < 0)
                return err_code(e, pid, "fork");
        if (pid == 0 && limited)
                gather(cmd, theirs);
        if (pid == 0)
                become_user(cmd, theirs);
        fd_drop(&theirs);
        do
                n = read(ours, &code, sizeof code);
        while (n < 0 && errno == EINTR);
        if (n == 0)
                return pid;
        pidfd_reap(*ret_pidfd, NULL);
        fd_drop(ret_pidfd);
        return err_code(e, n < 0 ? errno : code, "execvp: %s", cmd->argv[0]);
}

static int wait_for(struct run *run, const char *line, pid_t pid, int pidfd, int timeout, struct err *e)
{
        int status, r;

        if (run->host->block)
                run->host->block(run->host->block_ctx);
        r = pidfd_wait_end(pidfd, timeout > 0 && timeout < 2000000 ? timeout * 1000 : -1);
        if (run->host->unblock)
                run->host->unblock(run->host->block_ctx);
        if (r <= 0) {
                /*
                 * FreeBSD leaves it running; a jail that failed to start must not (jail(8), DIFFERENCES). And a child of ours
                 * in the jail that nobody waits for would keep PID 1 from ending.
                 */
                pidfd_kill_tree(pid, pidfd);
                pidfd_reap(pidfd, NULL);
                return r < 0 ? err_code(e, r, "%s: wait", line) : err_set(e, ETIMEDOUT, "%s: timed out", line);
        }
        r = pidfd_reap(pidfd, &status);
        if (r < 0)
                return err_code(e, r, "%s: wait", line);
        if (WIFSIGNALED(status))
                return err_set(e, ECHILD, "%s: exited on signal %d", line, WTERMSIG(status));
        return WEXITSTATUS(status) ? err_set(e, ECHILD, "%s: failed", line) : 0;
}

int exec_on_host(struct run *run, char *const *argv, struct err *e)
{
        struct enter cmd = { .argv = argv, .env = environ, .output = -1 };
        autofd pidfd = -EBADF;
        autobuf line = {0};
        pid_t pid;

        for (size_t i = 0; argv[i]; i++)
                if (strbuf_addf(&line, "%s%s", i ? " " : "", argv[i]) < 0)
                        return err_nomem(e);
        host_trace(run->host, "%s: run command: %s", run->name, line.s);
        pid = spawn_on_host(&cmd, false, &pidfd, e);
        return pid < 0 ? pid : wait_for(run, line.s, pid, pidfd, 0, e);
}

static int run_command(struct run *run, const struct jail_spec *spec, enum hook hook, const char *line,
                       const struct strv *argv, bool background, struct err *e)
{
        const char *name = in_jail(hook) ? spec->exec_jail_user : spec->exec_system_user;
        struct user __attribute__((cleanup(user_finish))) user = {0};
        autostrv env = {0};
        autofd log = -EBADF, pidfd = -EBADF;
        struct enter cmd = { .argv = argv->v, .output = -1, .session = background };
        pid_t pid;

        host_trace(run->host, "%s: run command%s%s%s: %s", run->name, in_jail(hook) ? " in jail" : "",
                   name ? " as " : "", name ? name : "", line);
        /* A clean environment is somebody's: the current user's, who is root, if nobody else is named. */
        if (name || spec->exec_clean) {
                int r = enter_user(run, name, !in_jail(hook) || spec->exec_system_jail_user, &user, e);

                /* A tree of a program or two has no list of users. */
                if (r < 0 && (name || r != -ENOENT))
                        return r;
                if (r == 0)
                        cmd.user = &user;
                else
                        *e = (struct err){0};
        }
        if (exec_environment(&env, cmd.user, spec->exec_clean, run->jid, run->name, spec->path) < 0)
                return err_nomem(e);
        cmd.env = env.v ? env.v : (char *const[]){ NULL };
        if (in_jail(hook) && spec->exec_consolelog) {
                log = log_for(run, spec, hook, e);
                if (log < 0)
                        return log;
                cmd.output = log;
        }
        if (in_jail(hook) && cmd.user && *cmd.user->home)
                cmd.dir = cmd.user->home;
        pid = in_jail(hook) ? enter_spawn(run, &cmd, &pidfd, e)
                            : spawn_on_host(&cmd, !background && spec->exec_timeout > 0, &pidfd, e);
        if (pid < 0)
                return pid;
        return background ? 0 : wait_for(run, line, pid, pidfd, spec->exec_timeout, e);
}

int exec_hook(struct run *run, const struct jail_spec *spec, enum hook hook, struct err *e)
{
        const struct strv *lines = &spec->hook[hook];

        /* On a command line "command=" has swallowed the rest as words; they go to execvp as they are. */
        if (hook == HOOK_COMMAND && lines->n > 1)
                return run_command(run, spec, hook, lines->v[0], lines, false, e);
        for (size_t i = 0; i < lines->n; i++) {
                autostrv argv = {0};
                bool background;

                if (words(lines->v[i], &argv, &background) < 0)
                        return err_nomem(e);
                if (argv.n && run_command(run, spec, hook, lines->v[i], &argv, background, e) < 0)
                        return -e->code;
        }
        return 0;
}

int exec_hook_yielded(struct run *run, const struct jail_spec *spec, enum hook hook, struct err *e)
{
        struct err late;
        int r;

        if (!spec->hook[hook].n)
                return 0;
        record_yield(run->record);
        r = exec_hook(run, spec, hook, e);
        if (record_resume(run->record, &late) == 0)
                return r;
        *e = late;
        return -e->code;
}

/* The jail is there from here on, for jls and whoever wants to enter or remove it; its commands may take for ever. */
static int run_while_up(struct run *run, enum hook hook, struct err *e)
{
        int r;

        if (!run->record->up && record_set_up(run->record, true, e) < 0)
                return -e->code;
        if (run->host->up)
                run->host->up(run->host->trace_ctx, run->name);
        r = exec_hook_yielded(run, run->spec, hook, e);
        /* Whoever began to remove it was killed: we do the rest. */
        if (run->record->removing)
                return err_set(e, ESTALE, "was removed meanwhile");
        return r;
}

#define HOOK_STEP(symbol, id, text, how)                                                                             \
        static bool symbol##_wanted(const struct jail_spec *s) { return s->hook[id].n > 0; }                         \
        static int symbol##_enact(struct run *run, struct err *e) { return how(run, id, e); }                        \
        const struct step symbol = { .name = text, .wanted = symbol##_wanted, .enact = symbol##_enact }

static int run_before(struct run *run, enum hook hook, struct err *e)
{
        return exec_hook(run, run->spec, hook, e);
}

HOOK_STEP(step_exec_prepare, HOOK_PREPARE, "exec.prepare", run_before);
HOOK_STEP(step_exec_prestart, HOOK_PRESTART, "exec.prestart", run_before);
HOOK_STEP(step_exec_created, HOOK_CREATED, "exec.created", run_while_up);
HOOK_STEP(step_exec_start, HOOK_START, "exec.start", run_while_up);
HOOK_STEP(step_command, HOOK_COMMAND, "command", run_while_up);
HOOK_STEP(step_exec_poststart, HOOK_POSTSTART, "exec.poststart", run_while_up);
