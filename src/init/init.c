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
 * Where uname(2) is to say something else than the kernel does (jail(8),
 * osrelease), argv[3] and argv[4] are the release and the name of the system,
 * empty for the kernel's. Then descriptor 4 is a socket over which whoever puts
 * a process into the jail sends two descriptors, one to answer on and the
 * filter's listener (seccomp_unotify(2)) of that process and all it starts;
 * 5 is its other end, kept for them to fetch; 6 is a procfs of the jail's
 * processes and nothing else. Every call is answered by writing to the caller's
 * memory. argv[5] is there when jails with names of their own may be inside.
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
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/time_types.h>
#include <linux/utsname.h>
#include <linux/wait.h>
#include <asm/ioctl.h>
#include <asm/unistd.h>

#include "orders.h"

#define AF_UNIX 1
#define SOCK_SEQPACKET 5
#define ESRCH 3
#define ECHILD 10
#define EFAULT 14

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
                      x3 __asm__("x3") = d, x4 __asm__("x4") = 0;

        __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
        return x0;
}
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tb start\n");
#elif defined(__riscv) && __riscv_xlen == 64
static long call(long n, long a, long b, long c, long d)
{
        register long a7 __asm__("a7") = n, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c,
                      a3 __asm__("a3") = d, a4 __asm__("a4") = 0;

        __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4) : "memory");
        return a0;
}
__asm__(".globl _start\n_start:\n\tmv a0, sp\n\tj start\n");
#else
#error "init.c: no system call stub for this processor"
#endif

/* The compiler may call it without being asked to. */
void *memset(void *to, int byte, unsigned long n);
void *memset(void *to, int byte, unsigned long n)
{
        for (char *p = to; n > 0; n--) {
                *p++ = (char)byte;
                __asm__ volatile("" : : : "memory");    /* or this loop would become a call of itself */
        }
        return to;
}

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

/* ------------------------------------------------------------------- uname */

#define PROC_FD 6
#define INBOX_FD 4

struct watch {
        int epoll;
        const char *release, *sysname;
        int nested;             /* callers may be in another UTS namespace than we */
};

/* PID/NAME below the procfs. Returns a descriptor or -errno. */
static int open_of(unsigned pid, const char *name, int flags)
{
        char path[32], digits[12];
        int n = 0, at = 0;

        do
                digits[n++] = (char)('0' + pid % 10);
        while ((pid /= 10));
        while (n)
                path[at++] = digits[--n];
        while (*name)
                path[at++] = *name++;
        path[at] = 0;
        return (int)call(__NR_openat, PROC_FD, (long)path, flags | O_CLOEXEC, 0);
}

static void put_text(char *field, const char *text)
{
        int i = 0;

        if (!*text)
                return;
        for (; text[i] && i < __NEW_UTS_LEN; i++)
                field[i] = text[i];
        for (; i <= __NEW_UTS_LEN; i++)
                field[i] = 0;
}

/* The caller's own names: of a jail in this one, they are other ones than ours. */
static void names_of(const struct watch *w, unsigned pid, struct new_utsname *ret)
{
        int theirs = w->nested ? open_of(pid, "/ns/uts", O_RDONLY) : -1;
        int ours = theirs >= 0 ? open_of(1, "/ns/uts", O_RDONLY) : -1;
        int there = ours >= 0 && call(__NR_setns, theirs, CLONE_NEWUTS, 0, 0) == 0;

        call(__NR_uname, (long)ret, 0, 0, 0);
        if (there && call(__NR_setns, ours, CLONE_NEWUTS, 0, 0) != 0)
                call(__NR_exit_group, 1, 0, 0, 0);
        if (theirs >= 0)
                call(__NR_close, theirs, 0, 0, 0);
        if (ours >= 0)
                call(__NR_close, ours, 0, 0, 0);
}

static void answer(const struct watch *w, int listener)
{
        /* more room than any kernel's struct seccomp_notif so far needs, and all zero as it asks */
        union {
                struct seccomp_notif n;
                char room[256];
        } ask = { .room = { 0 } };
        struct seccomp_notif_resp reply = { 0 };
        struct new_utsname name;
        int mem;

        if (call(__NR_ioctl, listener, SECCOMP_IOCTL_NOTIF_RECV, (long)&ask, 0) != 0)
                return;         /* the caller has died meanwhile */
        reply.id = ask.n.id;
        mem = open_of(ask.n.pid, "/mem", O_WRONLY);
        /* From here the descriptor is for the caller's memory and no other's, if the call is still waiting now. */
        if (mem < 0 || call(__NR_ioctl, listener, SECCOMP_IOCTL_NOTIF_ID_VALID, (long)&ask.n.id, 0) != 0) {
                reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        } else {
                names_of(w, ask.n.pid, &name);
                put_text(name.release, w->release);
                put_text(name.sysname, w->sysname);
                if (call(__NR_pwrite64, mem, (long)&name, sizeof name, (long)ask.n.data.args[0]) != sizeof name)
                        reply.error = -EFAULT;
        }
        if (mem >= 0)
                call(__NR_close, mem, 0, 0, 0);
        call(__NR_ioctl, listener, SECCOMP_IOCTL_NOTIF_SEND, (long)&reply, 0);
}

/* linux/socket.h has none of these without a C library. */
struct message {
        void *name;
        int name_len;
        struct {
                void *base;
                unsigned long len;
        } *iov;
        unsigned long iov_len;
        void *control;
        unsigned long control_len;
        unsigned flags;
};

#define MSG_DONTWAIT 0x40
#define MSG_CMSG_CLOEXEC 0x40000000

/* One event; epoll_pwait, where it is the only one, is given no mask. */
static long wait_event(int epoll, struct epoll_event *ret, int timeout)
{
#ifdef __NR_epoll_wait
        return call(__NR_epoll_wait, epoll, (long)ret, 1, timeout);
#else
        return call(__NR_epoll_pwait, epoll, (long)ret, 1, timeout);
#endif
}

/* Out of the way of what owns the jail, which is looked for below OFFERED_FD and hangs up for another reason. */
static int high(int fd)
{
        int copy = fd < 0 ? fd : (int)call(__NR_fcntl, fd, F_DUPFD_CLOEXEC, OFFERED_FD + 1, 0);

        if (fd >= 0)
                call(__NR_close, fd, 0, 0, 0);
        return copy;
}

static void watch_fd(const struct watch *w, int fd)
{
        struct epoll_event event = { .events = EPOLLIN, .data = (__u64)fd };

        call(__NR_epoll_ctl, w->epoll, EPOLL_CTL_ADD, fd, (long)&event);
}

/* Somebody comes in: their socket to answer on, and their listener. A limit on descriptors may have let only one by. */
static void take_in(const struct watch *w)
{
        struct {
                unsigned long len;
                int level, type, fd[2];
        } control = { .len = 0 };
        int listener;
        char byte;
        __typeof__(*((struct message *)0)->iov) iov = { &byte, 1 };
        struct message m = { .iov = (void *)&iov, .iov_len = 1, .control = &control, .control_len = sizeof control };

        if (call(__NR_recvmsg, INBOX_FD, (long)&m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, 0) != 1 ||
            m.control_len < sizeof control - sizeof(int))
                return;
        listener = control.len >= sizeof control ? high(control.fd[1]) : -1;
        if (listener >= 0) {
                watch_fd(w, listener);
                call(__NR_write, control.fd[0], (long)"k", 1, 0);
        }
        call(__NR_close, control.fd[0], 0, 0, 0);
}

/*
 * Waits for a signal as rt_sigtimedwait(2) would, and does the other work meanwhile. timeout in milliseconds.
 * Returns the signal or something negative.
 */
static long wait_watching(const struct watch *w, int signals, siginfo_t *ret, int timeout)
{
        for (;;) {
                struct epoll_event event;
                struct signalfd_siginfo info;
                int fd;

                if (wait_event(w->epoll, &event, timeout) != 1)
                        return -1;
                fd = (int)event.data;
                if (fd == signals) {
                        if (call(__NR_read, signals, (long)&info, sizeof info, 0) != sizeof info)
                                return -1;
                        ret->si_code = info.ssi_code;
                        ret->si_pid = (int)info.ssi_pid;
                        return (long)info.ssi_signo;
                }
                if (fd == INBOX_FD)
                        take_in(w);
                else if (event.events & EPOLLIN)
                        answer(w, fd);
                else    /* nobody is left under that filter */
                        call(__NR_close, fd, 0, 0, 0);
        }
}

/* Called by _start; sp points at argc. */
__attribute__((noreturn, used)) void start(long *sp);

/* argv[n], "" beyond its end. */
static const char *argument(const long *sp, long n)
{
        return n < sp[0] ? (const char *)sp[1 + n] : "";
}

void start(long *sp)
{
        const char *mode = argument(sp, 1);
        struct watch w = { .epoll = -1, .release = argument(sp, 3), .sysname = argument(sp, 4), .nested = sp[0] > 5 };
        int persist = 1, told = 0, ending = 0, owned = mode[0] && mode[1] == 'o', signals = -1;
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
        if (sp[0] > 3) {
                w.epoll = high((int)call(__NR_epoll_create1, O_CLOEXEC, 0, 0, 0));
                signals = high((int)call(__NR_signalfd4, -1, (long)&all, sizeof all, O_CLOEXEC));
                watch_fd(&w, signals);
                watch_fd(&w, INBOX_FD);
                if (w.epoll < 0 || signals < 0)
                        call(__NR_exit_group, 1, 0, 0, 0);
        }
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
                long sig = signals >= 0
                        ? wait_watching(&w, signals, &info, ending ? 10 : persist ? -1 : 2000)
                        : call(__NR_rt_sigtimedwait, (long)&all, (long)&info,
                               ending ? (long)&soon : persist ? 0 : (long)&later, sizeof all);
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
