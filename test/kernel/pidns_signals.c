/*
 * To the first process of a pid namespace a signal from outside comes with sender 0, one from inside with the sender's
 * number; and nobody inside can make one up that says SI_USER. kill(-1, 0) finds nobody when it is alone (init.c).
 */
#include "kernel.h"

static void expect_signal(int from_outside)
{
        const struct timespec patience = { .tv_sec = 20 };
        siginfo_t info;
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        expect(sigtimedwait(&set, &info, &patience) == SIGUSR1);
        expect(info.si_code == SI_USER && (info.si_pid == 0) == (from_outside == 1));
}

static void inside(int told)
{
        siginfo_t lie = { .si_signo = SIGUSR1, .si_code = SI_USER };
        int status;
        pid_t pid;

        expect(getpid() == 1);
        expect(kill(-1, 0) < 0 && errno == ESRCH);
        pid = fork();
        if (pid == 0) {
                if (syscall(SYS_rt_sigqueueinfo, 1, SIGUSR1, &lie) == 0 || errno != EPERM)
                        _exit(1);
                _exit(kill(1, SIGUSR1) == 0 ? 0 : 2);
        }
        expect_signal(0);
        expect(kill(-1, 0) == 0);               /* even when it has ended, until it is reaped */
        expect(waitpid(pid, &status, 0) == pid && status == 0);
        expect(kill(-1, 0) < 0 && errno == ESRCH);
        expect(write(told, "", 1) == 1);
        expect_signal(1);
}

int main(void)
{
        sigset_t all;
        int told[2];
        char byte;
        pid_t init;

        need_root();
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, NULL);
        expect(pipe2(told, O_CLOEXEC) == 0);
        enter_new(CLONE_NEWPID);
        init = fork();
        expect(init >= 0);
        if (init == 0) {
                inside(told[1]);
                _exit(0);
        }
        close(told[1]);
        if (read(told[0], &byte, 1) == 1)
                expect(kill(init, SIGUSR1) == 0);
        expect_well(init);
        return 0;
}
