/*
 * PID 1 of a jail: reaps what is orphaned, and ends when the jail is to end.
 *
 * It has no libc, allocates nothing and opens nothing, so that an idle jail
 * costs a kernel stack and a few pages. It never gets a word from inside the
 * jail: only signals whose sender is outside of its pid namespace (si_pid 0)
 * are orders; what the jail's own root sends is ignored.
 *
 *     SIGUSR1     end with the last process (persist cleared)
 *     SIGUSR2     stay without processes (persist set)
 *     SIGTERM     pass SIGTERM on to every process, end with the last
 *     SIGURG      offer a descriptor that owns the jail, SIGWINCH: it is taken (orders.h)
 *     any         look whether the last process is gone
 *
 * Descriptor 3 is a socket to whoever makes the jail. "r" is said when all is
 * set up. A jail that is not to persist (argv[1] is "t") first waits for
 * SIGUSR1, the end of its making, and then says "s" if it stays, or ends; one
 * that persists ("p") has nothing more to say. Either way 3 is closed, unless the
 * jail is owned by who has its other end ("to", "po"): then it is kept, and when
 * that end is closed the jail ends. There may be more such sockets, by SIGURG.
 *
 * The same image, called with "w", is the shadow of a process that attached
 * itself to the jail and is in the pid namespace of its own making: it counts for
 * it. Descriptor 0 is a pidfd of that process, with whose end it ends; 1 is a
 * socket by which the kernel kills that process when this one is killed.
 *
 * With argv[1] "x" it is not PID 1 but stands between the host's program and a
 * command in a jail with the host's ids: it executes argv[2] with the rest as
 * its arguments. The command may be a script of "#!/proc/self/exe", or be
 * looked at the moment it starts: what it finds is this sealed image, and not
 * a file of the host that root could write to. If there is nothing to execute,
 * errno is written to 3.
 */
#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/signal.h>
#include <linux/time_types.h>
#include <linux/wait.h>
#include <asm/unistd.h>

#include "orders.h"

#define AF_UNIX 1
#define SOCK_SEQPACKET 5
#define ESRCH 3
#define ECHILD 10

#if defined(__x86_64__)
static long call(long n, long a, long b, long c, long d)
{
        register long r10 __asm__("r10") = d;
        long ret;

        __asm__ volatile("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
        return ret;
}
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n\thlt\n");
#elif defined(__aarch64__)
static long call(long n, long a, long b, long c, long d)
{
        register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
                      x3 __asm__("x3") = d;

        __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
        return x0;
}
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tb start\n");
#elif defined(__riscv) && __riscv_xlen == 64
static long call(long n, long a, long b, long c, long d)
{
        register long a7 __asm__("a7") = n, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c,
                      a3 __asm__("a3") = d;

        __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
        return a0;
}
__asm__(".globl _start\n_start:\n\tmv a0, sp\n\tj start\n");
#else
#error "init.c: no system call stub for this processor"
#endif

static void reap(void)
{
        while (call(__NR_wait4, -1, 0, WNOHANG, 0) > 0)
                ;
}

/* kill(-1) counts everyone in the pid namespace but ourselves; ESRCH: there is nobody. */
static int alone(void)
{
        return call(__NR_kill, -1, 0, 0, 0) == -ESRCH;
}

/* argc, the arguments, NULL, the environment, NULL: as the kernel lays them out. */
static void execute(long *sp)
{
        int code;

        call(__NR_fcntl, 3, F_SETFD, FD_CLOEXEC, 0);
        code = (int)-call(__NR_execve, sp[3], (long)&sp[4], (long)&sp[2 + sp[0]], 0);
        call(__NR_write, 3, (long)&code, sizeof code, 0);
        call(__NR_exit_group, 1, 0, 0, 0);
        __builtin_unreachable();
}

/* The kernel shall send SIGIO when something happens to the other end. */
static void watch(int fd)
{
        call(__NR_fcntl, fd, F_SETOWN, 1, 0);
        call(__NR_fcntl, fd, F_SETFL, FASYNC | O_NONBLOCK, 0);
}

/* Was the other end of a socket that owns the jail closed? Nothing else is ever open below OFFERED_FD. */
static int abandoned(void)
{
        const struct __kernel_timespec at_once = { .tv_sec = 0 };
        struct pollfd fds[OFFERED_FD];

        for (int i = 0; i < OFFERED_FD; i++)
                fds[i] = (struct pollfd){ .fd = i };
        if (call(__NR_ppoll, (long)fds, OFFERED_FD, (long)&at_once, 0) <= 0)
                return 0;
        for (int i = 0; i < OFFERED_FD; i++)
                if (fds[i].revents & POLLHUP)
                        return 1;
        return 0;
}

static void offer(void)
{
        int pair[2];

        if (call(__NR_fcntl, OFFERED_FD, F_GETFD, 0, 0) >= 0)
                return;
        if (call(__NR_socketpair, AF_UNIX, SOCK_SEQPACKET, 0, (long)pair) < 0)
                return;
        if (pair[1] < OFFERED_FD) {
                watch(pair[0]);
                call(__NR_dup3, pair[1], OFFERED_FD, 0, 0);
        }
        call(__NR_close, pair[1], 0, 0, 0);
}

/* "w": the shadow of a process outside. Signals have their usual effect. */
__attribute__((noreturn)) static void shadow(void)
{
        struct pollfd process = { .fd = 0, .events = POLLIN };

        while (call(__NR_ppoll, (long)&process, 1, 0, 0) < 1)
                ;
        call(__NR_exit_group, 0, 0, 0, 0);
        __builtin_unreachable();
}

/* Called by _start; sp points at argc. */
__attribute__((noreturn, used)) void start(long *sp);

void start(long *sp)
{
        const char *mode = sp[0] > 1 ? (const char *)sp[2] : "";
        int persist = 1, told = 0, ending = 0, owned = mode[0] && mode[1] == 'o';
        unsigned long all = ~0UL;
        /*
         * A process entered from outside is no child of ours, and its end is told by who started it; should that have been
         * killed, nobody tells. So where it matters look again from time to time.
         */
        const struct __kernel_timespec soon = { .tv_sec = 0, .tv_nsec = 10 * 1000 * 1000 }, later = { .tv_sec = 2 };

        if (mode[0] == 'x')
                execute(sp);
        call(__NR_prctl, PR_SET_NAME, (long)"gaol-init", 0, 0);
        call(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0);
        if (mode[0] == 'w')
                shadow();
        /* Anybody in a jail may execute what stood between, once it has executed him. */
        if (call(__NR_getpid, 0, 0, 0, 0) != 1)
                call(__NR_exit_group, 1, 0, 0, 0);
        call(__NR_rt_sigprocmask, SIG_SETMASK, (long)&all, 0, sizeof all);
        if (owned)
                watch(3);
        call(__NR_write, 3, (long)"r", 1, 0);
        if (mode[0] == 'p') {
                if (!owned)
                        call(__NR_close, 3, 0, 0, 0);
                told = 1;
        }
        for (;;) {
                /* Looked at before waiting: it may have been closed before there was anybody to tell. */
                if (owned && abandoned())
                        call(__NR_exit_group, 0, 0, 0, 0);
                siginfo_t info = { .si_signo = 0 };
                long sig = call(__NR_rt_sigtimedwait, (long)&all, (long)&info, ending ? (long)&soon : persist ? 0 : (long)&later, sizeof all);
                /* SI_USER is the kernel's own word: who queues a signal with made-up origins cannot say it */
                int order = sig > 0 && info.si_code == SI_USER && info.si_pid == 0;

                reap();
                if (order && sig == SIGUSR1)
                        persist = 0;
                else if (order && sig == SIGUSR2)
                        persist = 1;
                else if (order && sig == SIGTERM) {
                        ending = 1;
                        call(__NR_kill, -1, SIGTERM, 0, 0);
                        call(__NR_kill, -1, SIGCONT, 0, 0);
                } else if (order && sig == ORDER_OFFER) {
                        offer();
                        owned = 1;
                } else if (order && sig == ORDER_TAKEN) {
                        call(__NR_close, OFFERED_FD, 0, 0, 0);
                }
                if ((ending || !persist) && alone())
                        call(__NR_exit_group, 0, 0, 0, 0);
                if (order && !told) {
                        call(__NR_write, 3, (long)"s", 1, 0);
                        if (!owned)
                                call(__NR_close, 3, 0, 0, 0);
                        told = 1;
                }
        }
}
