/*
 * The filter twice over: run by a small interpreter for every call, ABI and
 * set of doors and held against the profile, and run by the kernel. Prints
 * its length, the instructions common calls walk and the time to install it.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "seccomp.h"
#include "seccomp_profile.h"

static struct sock_filter prog[BPF_MAXINSNS];
static int prog_len;

/* What the kernel would make of it; counts the instructions walked. */
static uint32_t run(const struct seccomp_data *data, unsigned *ret_walked)
{
        uint32_t a = 0;
        unsigned walked = 0;

        for (int pc = 0; pc < prog_len; pc++) {
                const struct sock_filter *f = &prog[pc];
                bool yes;

                walked++;
                switch (f->code) {
                case BPF_LD | BPF_W | BPF_ABS:
                        assert_true(f->k % 4 == 0 && f->k + 4 <= sizeof *data);
                        memcpy(&a, (const char *)data + f->k, 4);
                        continue;
                case BPF_JMP | BPF_JA:
                        pc += (int)f->k;
                        continue;
                case BPF_JMP | BPF_JEQ | BPF_K:
                        yes = a == f->k;
                        break;
                case BPF_JMP | BPF_JGE | BPF_K:
                        yes = a >= f->k;
                        break;
                case BPF_JMP | BPF_JSET | BPF_K:
                        yes = a & f->k;
                        break;
                case BPF_RET | BPF_K:
                        if (ret_walked)
                                *ret_walked = walked;
                        return f->k;
                default:
                        /* Anything else would take the call out of the kernel's own short cut. */
                        fail_msg("instruction %d: code %#x", pc, f->code);
                        return 0;
                }
                pc += yes ? f->jt : f->jf;
        }
        fail_msg("ran off the end");
        return 0;
}

static uint32_t ask(uint32_t arch, int nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
        struct seccomp_data data = { .nr = nr, .arch = arch, .args = { a0, a1, a2 } };

        return run(&data, NULL);
}

#define REFUSED(e) (SECCOMP_RET_ERRNO | (uint32_t)(e))

static const struct {
        uint32_t audit, scmp;
        bool native;
} abis[] = {
#if defined(__x86_64__)
        { AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, true }, { AUDIT_ARCH_I386, SCMP_ARCH_X86, false },
#elif defined(__aarch64__)
        { AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64, true }, { AUDIT_ARCH_ARM, SCMP_ARCH_ARM, false },
#elif defined(__riscv)
        { AUDIT_ARCH_RISCV64, SCMP_ARCH_RISCV64, true },
#endif
};

/* Every set of the lower ones, and of the others enough to meet each with each, open and shut. */
static unsigned next_doors(unsigned doors)
{
        return doors + (doors < 1024 ? 1 : 31);
}

static const struct rule *rule_of(const char *name)
{
        const struct rule *found = NULL;

        for (size_t i = 0; i < COUNT(rules); i++) {
                struct strv names = { 0 };

                assert_int_equal(strv_split(&names, rules[i].names, " "), 0);
                if (strv_has(&names, name)) {
                        assert_null(found);
                        found = &rules[i];
                }
                strv_free(&names);
        }
        return found;
}

/* Names as the profile and this libseccomp have them. */
static char *name_of(size_t abi, int nr)
{
        for (size_t i = 0; i < COUNT(newer); i++)
                if (newer[i].nr == nr && (!newer[i].family ||
                                          (str_eq(newer[i].family, "x86_64") && abis[abi].audit == AUDIT_ARCH_X86_64) ||
                                          (str_eq(newer[i].family, "riscv64") && abis[abi].audit == AUDIT_ARCH_RISCV64)))
                        return strdup(newer[i].name);
        return seccomp_syscall_resolve_num_arch(abis[abi].scmp, nr);
}

static void test_every_row_resolves(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT(rules); i++) {
                struct strv names = { 0 };

                assert_int_equal(strv_split(&names, rules[i].names, " "), 0);
                for (size_t k = 0; k < names.n; k++) {
                        bool known = seccomp_syscall_resolve_name(names.v[k]) != __NR_SCMP_ERROR;

                        for (size_t j = 0; j < COUNT(newer); j++)
                                known |= str_eq(newer[j].name, names.v[k]);
                        if (!known)
                                fail_msg("%s", names.v[k]);
                }
                strv_free(&names);
        }
}

static void test_every_call(void **state)
{
        (void)state;
        for (size_t abi = 0; abi < COUNT(abis); abi++) {
                const struct rule *rule[PROFILE_NEWEST + 1] = { NULL };

                for (int nr = 0; nr <= PROFILE_NEWEST; nr++) {
                        char *name = name_of(abi, nr);

                        if (name) {
                                rule[nr] = rule_of(name);
                                if (!rule[nr])
                                        fail_msg("%s is not in the profile", name);
                        }
                        free(name);
                }
                for (unsigned doors = 0; doors <= DOOR_ALL; doors = next_doors(doors)) {
                        prog_len = seccomp_build(doors, prog, COUNT(prog));
                        for (int nr = 0; nr <= PROFILE_NEWEST; nr++) {
                                uint32_t want = REFUSED(ENOSYS);

                                if (rule[nr] && rule[nr]->verdict == VERDICT_CHECK)
                                        continue;
                                if (rule[nr])
                                        want = rule[nr]->verdict == VERDICT_ALLOW || (rule[nr]->door & doors)
                                                ? SECCOMP_RET_ALLOW : REFUSED(rule[nr]->errnum);
                                if (ask(abis[abi].audit, nr, 0, 0, 0) != want)
                                        fail_msg("abi %zu call %d doors %#x", abi, nr, doors);
                        }
                        assert_int_equal(ask(abis[abi].audit, PROFILE_NEWEST + 1, 0, 0, 0), REFUSED(ENOSYS));
                        assert_int_equal(ask(abis[abi].audit, -1, 0, 0, 0), REFUSED(ENOSYS));
                        assert_int_equal(ask(abis[abi].audit, INT32_MAX, 0, 0, 0), REFUSED(ENOSYS));
                }
        }
        assert_int_equal(ask(AUDIT_ARCH_S390X, 1, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
#ifdef __x86_64__
        prog_len = seccomp_build(DOOR_ALL, prog, COUNT(prog));
        /* x32: everything, also with all doors open */
        for (int nr = 0; nr <= 600; nr++)
                assert_int_equal(ask(AUDIT_ARCH_X86_64, 0x40000000 | nr, 0, 0, 0), REFUSED(ENOSYS));
#endif
}

static void test_arguments(void **state)
{
        const uint64_t high = 0xdead00000000;
        uint32_t arch = abis[0].audit;

        (void)state;
        prog_len = seccomp_build(0, prog, COUNT(prog));
        assert_int_equal(ask(arch, __NR_clone, SIGCHLD | CLONE_VM | CLONE_VFORK, 0, 0), SECCOMP_RET_ALLOW);
        for (int bit = 0; bit < 32; bit++) {
                uint64_t flag = 1UL << bit;
                bool ns = flag & (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                  CLONE_NEWPID | CLONE_NEWNET);
                bool time = flag == CLONE_NEWTIME;

                assert_int_equal(ask(arch, __NR_clone, flag | high, 0, 0), ns ? REFUSED(EPERM) : SECCOMP_RET_ALLOW);
                assert_int_equal(ask(arch, __NR_unshare, flag | high, 0, 0), ns || time ? REFUSED(EPERM) : SECCOMP_RET_ALLOW);
        }
        assert_int_equal(ask(arch, __NR_personality, 0x20008 | high, 0, 0), SECCOMP_RET_ALLOW);
        assert_int_equal(ask(arch, __NR_personality, 0xffffffff, 0, 0), SECCOMP_RET_ALLOW);
        assert_int_equal(ask(arch, __NR_personality, 0x400000 /* READ_IMPLIES_EXEC */, 0, 0), REFUSED(EPERM));
        assert_int_equal(ask(arch, __NR_ioctl, 0, TIOCSTI, 0), REFUSED(EPERM));
        assert_int_equal(ask(arch, __NR_ioctl, 0, TIOCSTI | high, 0), REFUSED(EPERM));
        assert_int_equal(ask(arch, __NR_ioctl, 0, TIOCLINUX | high, 0), REFUSED(EPERM));
        assert_int_equal(ask(arch, __NR_ioctl, TIOCSTI, TIOCGWINSZ, TIOCSTI), SECCOMP_RET_ALLOW);
        for (unsigned doors = 0; doors <= DOOR_ALL; doors = next_doors(doors)) {
                prog_len = seccomp_build(doors, prog, COUNT(prog));
                for (int call = 0; call < 2; call++)
                        for (uint64_t af = 0; af < 60; af++) {
                                int nr = call ? __NR_socketpair : __NR_socket;
                                uint32_t want = doors & DOOR_SOCKET_AF ? SECCOMP_RET_ALLOW : REFUSED(EAFNOSUPPORT);

                                if (af == AF_UNIX || af == AF_INET || af == AF_INET6 || af == AF_NETLINK)
                                        want = SECCOMP_RET_ALLOW;
                                if (af == AF_ALG)
                                        want = REFUSED(EAFNOSUPPORT);
                                if (af == AF_PACKET)
                                        want = doors & DOOR_PACKET ? SECCOMP_RET_ALLOW : REFUSED(EPERM);
                                assert_int_equal(ask(arch, nr, af | high, 0, 0), want);
                                if (af == AF_NETLINK)
                                        assert_int_equal(ask(arch, nr, af, 0, NETLINK_AUDIT), REFUSED(EINVAL));
                        }
#ifdef __x86_64__
                assert_int_equal(ask(AUDIT_ARCH_I386, 102, 1, 0, 0),
                                 doors & DOOR_SOCKETCALL ? SECCOMP_RET_ALLOW : REFUSED(EPERM));
                assert_int_equal(ask(AUDIT_ARCH_I386, 102, 8, 0, 0),
                                 doors & DOOR_SOCKETCALL ? SECCOMP_RET_ALLOW : REFUSED(EPERM));
                assert_int_equal(ask(AUDIT_ARCH_I386, 102, 3, 0, 0), SECCOMP_RET_ALLOW);
                assert_int_equal(ask(AUDIT_ARCH_I386, 359, AF_ALG, 0, 0), REFUSED(EAFNOSUPPORT));
#endif
        }
}

/* ---- in the kernel ---- */

struct probe {
        const char *what;
        long nr, a[4];
        int want;               /* errno; 0: success; -1: anything but the refusals */
};

static long native_call(const struct probe *p)
{
        long r = syscall(p->nr, p->a[0], p->a[1], p->a[2], p->a[3]);

        return r < 0 ? -errno : r;
}

#ifdef __x86_64__
/* i386's way in works from a 64-bit program too; numbers and arguments are then i386's. */
static long i386_call(const struct probe *p)
{
        long r;

        __asm__ volatile("int $0x80" : "=a"(r)
                         : "a"(p->nr), "b"(p->a[0]), "c"(p->a[1]), "d"(p->a[2]), "S"(p->a[3])
                         : "memory", "r8", "r9", "r10", "r11");
        return (int)r;
}
#endif

static int confine(unsigned doors)
{
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : seccomp_install(doors, NULL);
}

/* Runs the probes under the filter in a child: one may not take it off again. */
static void probe_all(unsigned doors, long (*call)(const struct probe *), const struct probe *p, size_t n)
{
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                int bad = confine(doors);

                if (bad < 0) {
                        fprintf(stderr, "install: %s\n", strerror(-bad));
                        _exit(1);
                }
                for (size_t i = 0; i < n; i++) {
                        long r = call(&p[i]);

                        if (r == 0 && (p[i].nr == __NR_clone || p[i].nr == __NR_fork) && call == native_call)
                                _exit(0);
                        if (p[i].want > 0 ? r != -p[i].want : p[i].want == 0 ? r < 0 : r == -ENOSYS || r == -EPERM) {
                                fprintf(stderr, "%s: %ld, not %d\n", p[i].what, r, -p[i].want);
                                bad = 1;
                        }
                }
                _exit(bad);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_native(void **state)
{
        static const struct probe closed[] = {
                { "getpid", SYS_getpid, { 0 }, 0 },
                { "futex", SYS_futex, { 0 }, -1 },
                { "clone", SYS_clone, { SIGCHLD }, 0 },
                { "clone3", SYS_clone3, { 0, 0 }, ENOSYS },
                { "clone NEWUSER", SYS_clone, { SIGCHLD | CLONE_NEWUSER }, EPERM },
                { "unshare NEWUSER", SYS_unshare, { CLONE_NEWUSER }, EPERM },
                { "unshare NEWTIME", SYS_unshare, { CLONE_NEWTIME }, EPERM },
                { "unshare FS", SYS_unshare, { CLONE_FS }, 0 },
                { "setns", SYS_setns, { -1, 0 }, EPERM },
                { "mount", SYS_mount, { 0 }, EPERM },
                { "umount2", SYS_umount2, { 0 }, EPERM },
                { "fsopen", SYS_fsopen, { 0 }, EPERM },
                { "socket UNIX", SYS_socket, { AF_UNIX, SOCK_STREAM }, 0 },
                { "socket INET", SYS_socket, { AF_INET, SOCK_DGRAM }, 0 },
                { "socket NETLINK", SYS_socket, { AF_NETLINK, SOCK_RAW, NETLINK_ROUTE }, 0 },
                { "socket AUDIT", SYS_socket, { AF_NETLINK, SOCK_RAW, NETLINK_AUDIT }, EINVAL },
                { "socket ALG", SYS_socket, { AF_ALG, SOCK_SEQPACKET }, EAFNOSUPPORT },
                { "socket ALG high", SYS_socket, { (long)(AF_ALG | 1UL << 40), SOCK_SEQPACKET }, EAFNOSUPPORT },
                { "socket VSOCK", SYS_socket, { AF_VSOCK, SOCK_STREAM }, EAFNOSUPPORT },
                { "socket PACKET", SYS_socket, { AF_PACKET, SOCK_RAW }, EPERM },
                { "ioctl STI", SYS_ioctl, { 0, TIOCSTI, 0 }, EPERM },
                { "ioctl STI high", SYS_ioctl, { 0, (long)(TIOCSTI | 0xffffffff00000000UL), 0 }, EPERM },
                { "ioctl LINUX", SYS_ioctl, { 0, TIOCLINUX, 0 }, EPERM },
                { "ioctl", SYS_ioctl, { -1, TIOCGWINSZ, 0 }, EBADF },
                { "personality", SYS_personality, { 0xffffffff }, 0 },
                { "personality bad", SYS_personality, { 0x40000 }, EPERM },
                { "bpf", SYS_bpf, { -1 }, EPERM },
                { "perf", SYS_perf_event_open, { 0 }, EPERM },
                { "userfaultfd", SYS_userfaultfd, { 0 }, EPERM },
                { "keyctl", SYS_keyctl, { 0 }, EPERM },
                { "add_key", SYS_add_key, { 0 }, EPERM },
                { "io_uring_setup", SYS_io_uring_setup, { 1, 0 }, ENOSYS },
                { "open_by_handle_at", SYS_open_by_handle_at, { 0 }, EPERM },
                { "kexec_load", SYS_kexec_load, { 0 }, EPERM },
                { "finit_module", SYS_finit_module, { -1 }, EPERM },
                { "reboot", SYS_reboot, { 0 }, EPERM },
                { "swapoff", SYS_swapoff, { 0 }, EPERM },
                { "syslog", SYS_syslog, { 10 }, EPERM },
                { "sethostname", SYS_sethostname, { 0, 0 }, EPERM },
                { "settimeofday", SYS_settimeofday, { 0, 0 }, EPERM },
                { "ptrace", SYS_ptrace, { -1, 0 }, EPERM },
                { "number to come", 1000, { 0 }, ENOSYS },
        };
        static const struct probe open_[] = {
                { "clone3", SYS_clone3, { 0, 0 }, EINVAL },
                { "unshare 0", SYS_unshare, { 0 }, 0 },
                { "unshare bad", SYS_unshare, { CLONE_NEWUSER | CLONE_PTRACE }, EINVAL },
                { "setns", SYS_setns, { -1, 0 }, EBADF },
                { "pidfd_getfd", SYS_pidfd_getfd, { -1, 0, 0 }, EBADF },
                { "ptrace", SYS_ptrace, { 16 /* ATTACH */, 0 }, ESRCH },
                { "socket ALG", SYS_socket, { AF_ALG, SOCK_SEQPACKET }, EAFNOSUPPORT },
                { "bpf", SYS_bpf, { -1 }, EPERM },
                { "open_tree", SYS_open_tree, { -1, 0, 0 }, EFAULT },
                { "io_uring_setup", SYS_io_uring_setup, { 1, 0 }, ENOSYS },
        };

        (void)state;
        probe_all(0, native_call, closed, COUNT(closed));
        probe_all(DOOR_ALL, native_call, open_, COUNT(open_));
}

static void test_i386(void **state)
{
        (void)state;
#ifdef __x86_64__
        static const struct probe probes[] = {
                { "getpid", 20, { 0 }, 0 },
                { "unshare NEWUSER", 310, { CLONE_NEWUSER }, EPERM },
                { "clone NEWUSER", 120, { SIGCHLD | CLONE_NEWUSER }, EPERM },
                { "clone3", 435, { 0, 0 }, ENOSYS },
                { "socket INET", 359, { AF_INET, SOCK_DGRAM }, 0 },
                { "socket ALG", 359, { AF_ALG, SOCK_SEQPACKET }, EAFNOSUPPORT },
                { "socketcall socket", 102, { 1, 0 }, EPERM },
                { "socketcall connect", 102, { 3, 0 }, EFAULT },
                { "ioctl STI", 54, { 0, TIOCSTI, 0 }, EPERM },
                { "mount", 21, { 0 }, EPERM },
                { "ptrace", 26, { 0 }, EPERM },
                { "keyctl", 288, { 0 }, EPERM },
                { "vm86", 166, { 0 }, EPERM },
                { "personality bad", 136, { 0x40000 }, EPERM },
        };
        pid_t pid = fork();
        int status;

        assert_true(pid >= 0);
        if (pid == 0) {
                /* without that gate it is a fault, and cmocka would take that for a test that fails, in the child too */
                signal(SIGSEGV, SIG_DFL);
                _exit(i386_call(&probes[0]) > 0 ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
                print_message("skipped: this kernel takes no i386 calls\n");
                skip();
        }
        probe_all(0, i386_call, probes, COUNT(probes));
#else
        skip();
#endif
}

#ifdef __x86_64__
static void test_x32(void **state)
{
        static const struct probe probes[] = { { "x32 getpid", 0x40000000 | SYS_getpid, { 0 }, ENOSYS } };

        (void)state;
        probe_all(DOOR_ALL, native_call, probes, COUNT(probes));
}
#endif

static void test_every_set_of_doors_loads(void **state)
{
        (void)state;
        for (unsigned doors = 0; doors <= DOOR_ALL; doors += doors < 16 ? 1 : 37) {
                int status;
                pid_t pid = fork();

                assert_true(pid >= 0);
                if (pid == 0)
                        _exit(confine(doors) < 0);
                assert_int_equal(waitpid(pid, &status, 0), pid);
                assert_int_equal(status, 0);
        }
}

/* With CAP_SYS_ADMIN it works without no_new_privs; without either it must fail, and say so. */
static void test_privilege(void **state)
{
        int status;
        pid_t pid = fork();

        (void)state;
        assert_true(pid >= 0);
        if (pid == 0) {
                struct err e = { 0 };
                int r = seccomp_install(0, &e);

                if (geteuid() == 0)
                        _exit(r == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ? 0 : 1);
                _exit(r == -EACCES && str_eq(e.text, "system call filter: Permission denied") ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static int by_value(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return x < y ? -1 : x > y;
}

static void test_cost(void **state)
{
        static const struct {
                const char *name;
                int nr;
        } common[] = {
                { "read", SYS_read }, { "write", SYS_write }, { "futex", SYS_futex }, { "openat", SYS_openat },
                { "clone", SYS_clone }, { "ioctl", SYS_ioctl }, { "socket", SYS_socket },
        };
        double us[101];

        (void)state;
        prog_len = seccomp_build(0, prog, COUNT(prog));
        print_message("filter: %d instructions; walked:", prog_len);
        for (size_t i = 0; i < COUNT(common); i++) {
                struct seccomp_data data = { .nr = common[i].nr, .arch = abis[0].audit };
                unsigned walked;

                run(&data, &walked);
                assert_true(walked < 20);
                print_message(" %s %u", common[i].name, walked);
        }
        print_message("\n");
        for (size_t i = 0; i < COUNT(us); i++) {
                int fd[2], status;
                pid_t pid;

                assert_int_equal(pipe(fd), 0);
                pid = fork();
                assert_true(pid >= 0);
                if (pid == 0) {
                        struct timespec a, b;
                        double took;

                        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
                        seccomp_build(0, prog, COUNT(prog));    /* faults the pages in */
                        clock_gettime(CLOCK_MONOTONIC, &a);
                        seccomp_install(0, NULL);
                        clock_gettime(CLOCK_MONOTONIC, &b);
                        took = (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
                        _exit(write(fd[1], &took, sizeof took) != sizeof took);
                }
                assert_int_equal(read(fd[0], &us[i], sizeof us[i]), sizeof us[i]);
                close(fd[0]);
                close(fd[1]);
                assert_int_equal(waitpid(pid, &status, 0), pid);
        }
        qsort(us, COUNT(us), sizeof *us, by_value);
        print_message("install: %.1f us median, %.1f us least\n", us[COUNT(us) / 2], us[0]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_row_resolves),
                cmocka_unit_test(test_every_call),
                cmocka_unit_test(test_arguments),
                cmocka_unit_test(test_native),
                cmocka_unit_test(test_i386),
#ifdef __x86_64__
                cmocka_unit_test(test_x32),
#endif
                cmocka_unit_test(test_every_set_of_doors_loads),
                cmocka_unit_test(test_privilege),
                cmocka_unit_test(test_cost),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
