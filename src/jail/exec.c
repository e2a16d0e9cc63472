#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/passwd.h"
#include "jail/engine.h"
#include "kern/pidfd.h"
#include "step/enter.h"
#include "step/exec.h"

/* Passed on to the command; the terminal sends its own to the whole foreground group, the command among it. */
static const int passed_on[] = { SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM };
static const int ignored[] = { SIGINT, SIGQUIT };

/*
 * Waits for a command as the shell that started us would: when it stops, so do we, and go on together. The signals
 * are blocked by the caller and read here.
 */
static int wait_as_if_it(pid_t pid, int pidfd, int signals, int *ret_status, struct err *e)
{
        for (;;) {
                struct pollfd p[] = { { .fd = pidfd, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
                struct signalfd_siginfo info;
                int status;

                if (poll(p, COUNT(p), -1) < 0 && errno != EINTR)
                        return err_sys(e, "wait for command");
                if (read(signals, &info, sizeof info) == sizeof info && info.ssi_signo != SIGCHLD)
                        pidfd_kill(pidfd, (int)info.ssi_signo);
                if (waitpid(pid, &status, WUNTRACED | WNOHANG) == pid) {
                        if (!WIFSTOPPED(status)) {
                                *ret_status = status;
                                return 0;
                        }
                        kill(getpid(), SIGSTOP);
                        pidfd_kill(pidfd, SIGCONT);
                }
        }
}

static int run_and_wait(struct run *run, const struct enter *cmd, int *ret_status, struct err *e)
{
        autofd pidfd = -EBADF, signals = -EBADF;
        struct sigaction old[COUNT(ignored)], ignore = { .sa_handler = SIG_IGN };
        sigset_t set, before;
        pid_t pid;
        int r;

        pid = enter_spawn(run, cmd, &pidfd, e);
        if (pid < 0)
                return pid;
        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        for (size_t i = 0; i < COUNT(passed_on); i++)
                sigaddset(&set, passed_on[i]);
        pthread_sigmask(SIG_BLOCK, &set, &before);
        for (size_t i = 0; i < COUNT(ignored); i++)
                sigaction(ignored[i], &ignore, &old[i]);
        signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        r = signals < 0 ? err_sys(e, "signalfd") : wait_as_if_it(pid, pidfd, signals, ret_status, e);
        for (size_t i = 0; i < COUNT(ignored); i++)
                sigaction(ignored[i], &old[i], NULL);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return r;
}

/* The environment of jexec(8): ours, or with -l or a user that user's, and -e on top of all. */
static int environment(const struct jail_exec *exec, const struct user *u, struct strv *ret)
{
        if (exec_environment(ret, u, exec->clean, 0, NULL, NULL) < 0)
                return -ENOMEM;
        for (char *const *v = exec->setenv; v && *v; v++) {
                const char *eq = strchr(*v, '=');
                autostr name = eq ? strndup(*v, (size_t)(eq - *v)) : strdup(*v);

                if (!name || exec_setenv(ret, name, eq ? eq + 1 : "") < 0)
                        return -ENOMEM;
        }
        return 0;
}

static const char *shell_of(const struct strv *env)
{
        for (size_t i = 0; i < env->n; i++)
                if (str_starts(env->v[i], "SHELL=/"))
                        return env->v[i] + strlen("SHELL=");
        return "/bin/sh";
}

static int exec_in(struct run *run, const struct jail_exec *exec, int *ret_status, struct err *e)
{
        struct user __attribute__((cleanup(user_finish))) user = {0};
        struct enter cmd = { .argv = exec->argv, .dir = exec->dir, .output = -1 };
        char *shell[] = { NULL, (char *)"-i", NULL };
        autostrv env = {0};

        if (exec->user) {
                if (enter_user(run, exec->user, exec->host_user, &user, e) < 0)
                        return -e->code;
                cmd.user = &user;
        }
        if (environment(exec, cmd.user, &env) < 0)
                return err_nomem(e);
        cmd.env = env.v ? env.v : (char *const[]){ NULL };
        if (!cmd.dir && cmd.user && *user.home)
                cmd.dir = user.home;
        shell[0] = (char *)(uintptr_t)shell_of(&env);
        if (!cmd.argv || !cmd.argv[0])
                cmd.argv = shell;
        return run_and_wait(run, &cmd, ret_status, e);
}

/* Opens a jail to run something in. One that was made without processes gets what it needs for them, under its lock. */
static int open_to_enter(struct lane *lane, const char *name, struct record *rec, struct run *run, struct err *e)
{
        int r = engine_open(lane, name, false, rec, run, e);

        if (r < 0 || !record_dormant(rec))
                return r;
        run_finish(run);
        record_close(rec);
        r = engine_open(lane, name, true, rec, run, e);
        if (r < 0)
                return r;
        r = engine_boot(lane, rec, run, e);
        if (r == 0) {
                record_yield(rec);
                return 0;
        }
        run_finish(run);
        record_close(rec);
        return r;
}

int jail_exec(struct jail_host *host, const char *jail, const struct jail_exec *exec, int *ret_status, struct err *e)
{
        struct lane lane = { .host = &host->host, .nl = NL_CLOSED };
        autostr name = NULL;
        struct record rec;
        struct run run;
        int r;

        if (engine_resolve(&host->host, jail, &name, e) < 0)
                return -e->code;
        r = open_to_enter(&lane, name, &rec, &run, e);
        if (r == -ENOENT)
                return err_set(e, ENOENT, "jail \"%s\" not found", jail);
        if (r < 0)
                return r;
        r = exec_in(&run, exec, ret_status, e);
        /* The command was our child, not PID 1's: let it look whether it is alone now. */
        pidfd_kill(run.init_pidfd, SIGCHLD);
        run_finish(&run);
        record_close(&rec);
        return r;
}
