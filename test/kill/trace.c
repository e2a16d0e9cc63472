#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <elf.h>
#include <linux/ptrace.h>
#include <unistd.h>

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |             \
                 PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

struct task {
        pid_t tid;
        unsigned number;
        bool fail;              /* the call it is in is to return -error */
};

struct trace {
        const struct trace_want *want;
        struct trace_seen *seen;
        pid_t command;
        bool started;           /* it has executed what it is to run */
        bool leaving;           /* the command is dead or dying, or there is nothing more to do: who stops is let go */
        struct task task[TRACE_TASKS];
        size_t n;               /* still traced */
};

static const char *const names[] = {
#include "names.h"
};

const char *trace_name(long nr)
{
        return nr >= 0 && (size_t)nr < sizeof names / sizeof *names && names[nr] ? names[nr] : "?";
}

/* -------------------------------------------------------------- registers */

/* PTRACE_SET_SYSCALL_INFO would do, from Linux 6.16 on. */
static void skip_call(pid_t tid)
{
#if defined(__x86_64__)
        ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, orig_rax), -1L);
#elif defined(__aarch64__)
        int none = -1;
        struct iovec v = { &none, sizeof none };

        ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &v);
#else
#error "trace.c: how is a system call skipped on this processor?"
#endif
}

static void set_result(pid_t tid, long result)
{
#if defined(__x86_64__)
        ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rax), result);
#elif defined(__aarch64__)
        struct user_regs_struct regs;
        struct iovec v = { &regs, sizeof regs };

        ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &v);
        regs.regs[0] = (unsigned long)result;
        ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &v);
#endif
}

/* ------------------------------------------------------------------ tasks */

static struct task *find(struct trace *t, pid_t tid)
{
        for (size_t i = 0; i < t->n; i++)
                if (t->task[i].tid == tid)
                        return &t->task[i];
        return NULL;
}

static struct task *meet(struct trace *t, pid_t tid)
{
        struct task *known = find(t, tid);

        if (known)
                return known;
        if (t->n == TRACE_TASKS || t->seen->tasks == TRACE_TASKS)
                return NULL;
        t->task[t->n] = (struct task){ .tid = tid, .number = t->seen->tasks++ };
        return &t->task[t->n++];
}

static void forget(struct trace *t, pid_t tid)
{
        struct task *gone = find(t, tid);

        if (gone)
                *gone = t->task[--t->n];
}

/* Is nothing to be known of it but its children? What comes after the place, or counts for nothing, runs unobserved. */
static bool only_children(const struct trace *t, const struct task *task)
{
        return t->want->act != TRACE_NOTHING && task->number != t->want->task;
}

static void let_go(struct trace *t, pid_t tid, int sig)
{
        ptrace(PTRACE_DETACH, tid, 0, (long)sig);
        forget(t, tid);
}

/* Children may be running: they are stopped first, and let go when they have stopped. */
static void let_all_go(struct trace *t)
{
        t->leaving = true;
        for (size_t i = 0; i < t->n; i++)
                ptrace(PTRACE_INTERRUPT, t->task[i].tid, 0, 0);
}

/* ------------------------------------------------------------------ calls */

/* Closing and dying are done whatever they return; to skip them would make a program that does not exist. */
static bool done_all_the_same(long nr)
{
        return nr == SYS_close || nr == SYS_close_range || nr == SYS_munmap;
}

static bool strike(struct trace *t, struct task *task, long nr)
{
        const struct trace_want *want = t->want;

        switch (want->act) {
        case TRACE_KILL:
                kill(t->command, SIGKILL);
                let_all_go(t);
                return true;
        case TRACE_KILL_CALLER:
                kill(task->tid, SIGKILL);       /* any thread's number reaches its process */
                return true;
        case TRACE_FAIL:
                t->seen->error = want->error ? want->error : want->choose(nr);
                if (!t->seen->error)
                        return false;
                task->fail = true;
                if (!done_all_the_same(nr))
                        skip_call(task->tid);
                return true;
        case TRACE_ELSE:
                if (!want->strike())
                        return false;
                let_all_go(t);
                return true;
        case TRACE_NOTHING:
                break;
        }
        return false;
}

static void entered(struct trace *t, struct task *task, long nr)
{
        const struct trace_want *want = t->want;
        unsigned call = ++t->seen->calls[task->number];

        if (want->each)
                want->each(task->number, call, nr);
        if (task->number != want->task || call != want->call)
                return;
        t->seen->reached = true;
        t->seen->nr = nr;
        if (!want->at_exit)
                t->seen->hit = strike(t, task, nr);
}

static void left(struct trace *t, struct task *task)
{
        if (task->fail) {
                task->fail = false;
                set_result(task->tid, -t->seen->error);
                let_all_go(t);
        } else if (t->want->at_exit && t->seen->reached && !t->seen->hit && task->number == t->want->task &&
                   t->seen->calls[task->number] == t->want->call) {
                t->seen->hit = strike(t, task, t->seen->nr);
        }
}

static void system_call(struct trace *t, struct task *task)
{
        struct ptrace_syscall_info info = {0};

        if (ptrace(PTRACE_GET_SYSCALL_INFO, task->tid, sizeof info, &info) <= 0)
                return;
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
                entered(t, task, (long)info.entry.nr);
        else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
                left(t, task);
}

/* ------------------------------------------------------------------ stops */

static void stopped(struct trace *t, pid_t tid, int status)
{
        int sig = WSTOPSIG(status), event = status >> 16;
        struct task *task = meet(t, tid);

        if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
                unsigned long child;

                /* Known from now on: it is stopped, or will stop, and must not be forgotten there. */
                if (ptrace(PTRACE_GETEVENTMSG, tid, 0, &child) == 0)
                        meet(t, (pid_t)child);
        }
        if (!task || (t->leaving && !task->fail)) {
                /* A signal on its way is delivered, unless the stop is ours. */
                let_go(t, tid, event || sig == (SIGTRAP | 0x80) ? 0 : sig);
                return;
        }
        if (event == PTRACE_EVENT_EXEC && tid == t->command) {
                t->started = true;
        } else if (event == PTRACE_EVENT_EXEC) {
                let_go(t, tid, 0);
                return;
        } else if (sig == (SIGTRAP | 0x80)) {
                system_call(t, task);
        }
        if (event || sig == (SIGTRAP | 0x80))
                sig = 0;
        ptrace(t->started && !only_children(t, task) ? PTRACE_SYSCALL : PTRACE_CONT, tid, 0, (long)sig);
}

static volatile sig_atomic_t time_is_up;

static void ring(int sig)
{
        time_is_up = 1;
}

static void kill_all(struct trace *t)
{
        t->seen->timed_out = true;
        kill(t->command, SIGKILL);
        for (size_t i = 0; i < t->n; i++)
                kill(t->task[i].tid, SIGKILL);
}

static void follow(struct trace *t)
{
        bool ended = false;

        while (!ended || t->n > 0) {
                int status;
                pid_t tid = waitpid(-1, &status, __WALL);

                if (tid < 0 && errno == EINTR && time_is_up) {
                        time_is_up = 0;
                        kill_all(t);
                }
                if (tid < 0 && errno == EINTR)
                        continue;
                if (tid < 0)
                        return;
                if (WIFSTOPPED(status)) {
                        stopped(t, tid, status);
                        continue;
                }
                forget(t, tid);
                if (tid == t->command) {
                        t->seen->status = status;
                        ended = true;
                        let_all_go(t);
                }
        }
}

/* ------------------------------------------------------------------ start */

static _Noreturn void become(char *const *argv, const struct trace_want *want, int go)
{
        char byte;

        if (read(go, &byte, 1) != 1)
                _exit(127);
        for (int i = 0; want->stdio && i < 3; i++)
                if (dup2(want->stdio[i], i) < 0)
                        _exit(127);
        execvp(argv[0], argv);
        _exit(127);
}

int trace_run(char *const *argv, const struct trace_want *want, struct trace_seen *ret)
{
        struct trace t = { .want = want, .seen = ret };
        struct itimerval timer = { .it_value.tv_sec = want->timeout, .it_interval.tv_sec = 1 };
        struct sigaction action = { .sa_handler = ring }, before;
        int go[2], r = 0;

        *ret = (struct trace_seen){ .nr = -1 };
        if (pipe2(go, O_CLOEXEC) < 0)
                return -errno;
        t.command = fork();
        if (t.command == 0)
                become(argv, want, go[0]);
        close(go[0]);
        if (t.command < 0 || ptrace(PTRACE_SEIZE, t.command, 0, (long)OPTIONS) < 0) {
                r = -errno;
                close(go[1]);
                return r;
        }
        meet(&t, t.command);
        time_is_up = 0;
        sigaction(SIGALRM, &action, &before);
        setitimer(ITIMER_REAL, &timer, NULL);
        if (write(go[1], "g", 1) != 1)
                r = -errno;
        close(go[1]);
        follow(&t);
        setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
        sigaction(SIGALRM, &before, NULL);
        if (r == 0 && !t.started)
                r = -ENOENT;
        return r;
}
