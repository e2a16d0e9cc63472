/*
 * gen-seccomp MACHINE: compiles src/kern/seccomp_profile.h to the header that
 * src/kern/seccomp.c includes. Runs on the machine that builds. libseccomp is
 * asked for the numbers of calls and for nothing else: of the same profile it
 * makes a tree of 1002 instructions that takes 184 us to install, this makes
 * one of 241 that takes 63, and with doors.
 *
 * The kernel runs a new filter once for every call of every ABI to find those
 * it allows whatever the arguments, and does not run it for them any more. Its
 * cost is therefore paid at installation, in instructions walked and, more
 * still, in instructions translated to machine code; and a jail is often a
 * single short process. So: the cheapest mixture of branches over ranges of
 * numbers and of short chains over single ones, and only operations that the
 * kernel's walk understands.
 *
 * The program is written from its end. A jump then always knows where its
 * targets are, equal tails are found and shared, and a target that is out of a
 * conditional jump's reach (255) gets a stepping stone.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "kern/seccomp_profile.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define NEW_NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
                        CLONE_NEWNET)

/* Every ABI in which the machine's kernel takes calls. All are little-endian, as arg_low() wants it. */
static const struct machine {
        const char *family;
        struct abi {
                uint32_t audit, scmp;
        } abi[2];
} machines[] = {
        /* x32 comes under the same name as x86-64 with bit 30 set in the number: newer than the profile, ENOSYS. */
        { "x86_64", { { AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64 }, { AUDIT_ARCH_I386, SCMP_ARCH_X86 } } },
        { "aarch64", { { AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64 }, { AUDIT_ARCH_ARM, SCMP_ARCH_ARM } } },
        { "riscv64", { { AUDIT_ARCH_RISCV64, SCMP_ARCH_RISCV64 } } },
};

/* Sets of numbers that get the same treatment. */
struct range {
        uint32_t first;
        const struct rule *rule;
};

static const struct rule newer_than_us = { .verdict = VERDICT_ERRNO, .errnum = ENOSYS, .names = "" };

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        fputs("gen-seccomp: ", stderr);
        vfprintf(stderr, fmt, ap);
        fputc('\n', stderr);
        va_end(ap);
        exit(1);
}

/* ---- the program, last instruction first ---- */

struct insn {
        struct sock_filter bpf;
        unsigned door;          /* a return that allows when the door is open */
};

static struct insn prog[BPF_MAXINSNS];
static unsigned prog_len;

/* A label is the index of an instruction in prog[]. */
typedef unsigned label;

static label put(struct sock_filter bpf, unsigned door)
{
        if (prog_len == COUNT(prog))
                die("the filter is too long");
        prog[prog_len] = (struct insn){ bpf, door };
        return prog_len++;
}

/* How far the instruction about to be put has to jump. */
static unsigned distance(label to)
{
        return prog_len - 1 - to;
}

static bool same(const struct insn *a, const struct sock_filter *b, unsigned door)
{
        return a->bpf.code == b->code && a->bpf.jt == b->jt && a->bpf.jf == b->jf && a->bpf.k == b->k && a->door == door;
}

static label put_return(uint32_t value, unsigned door)
{
        struct sock_filter bpf = BPF_STMT(BPF_RET | BPF_K, value);

        /* The jump that wants it may be followed by another one with a stepping stone: keep a little in hand. */
        for (label l = prog_len; l-- > 0 && distance(l) < 250;)
                if (same(&prog[l], &bpf, door))
                        return l;
        return put(bpf, door);
}

static label put_jump(unsigned op, uint32_t k, label yes, label no)
{
        if (yes == no)
                return yes;
        if (distance(yes) > 255)
                yes = put((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, distance(yes)), 0);
        if (distance(no) > 255) {
                no = put((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, distance(no)), 0);
                if (distance(yes) > 255)
                        die("a branch in reach went out of it");
        }
        return put((struct sock_filter)BPF_JUMP(BPF_JMP | op | BPF_K, k, distance(yes), distance(no)), 0);
}

/* Loads a word, then goes on with what was put last. */
static label put_load(unsigned offset, label then)
{
        if (distance(then) != 0)
                then = put((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, distance(then)), 0);
        return put((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset), 0);
}

/*
 * The kernel takes all the arguments checked here as 32 bits and drops the rest; a filter that looked at 64
 * would be told apart from the kernel by setting a high bit (snapd, CVE-2019-7303).
 */
static unsigned arg_low(unsigned n)
{
        return (unsigned)offsetof(struct seccomp_data, args) + n * 8;
}

/* ---- what is checked ---- */

static label allow(void)
{
        return put_return(SECCOMP_RET_ALLOW, 0);
}

static label refuse(int errnum, unsigned door)
{
        return put_return(SECCOMP_RET_ERRNO | (uint32_t)errnum, door);
}

static label one_of(const uint32_t *values, size_t n, label yes, label no)
{
        while (n-- > 0)
                no = put_jump(BPF_JEQ, values[n], yes, no);
        return no;
}

static label check_socket(void)
{
        static const uint32_t always[] = { AF_UNIX, AF_INET, AF_INET6 };
        /*
         * Tails first: the netlink branch, then the families. ALG is the kernel's cryptography with its splice into
         * page cache, refused even where all families are allowed. Packet sockets are CAP_NET_RAW's, and without the
         * capability the kernel says EPERM as well.
         */
        label ok = allow();
        label netlink = put_load(arg_low(2), put_jump(BPF_JEQ, NETLINK_AUDIT, refuse(EINVAL, 0), ok));
        label never = refuse(EAFNOSUPPORT, 0);
        label l = put_jump(BPF_JEQ, AF_ALG, never, refuse(EAFNOSUPPORT, DOOR_SOCKET_AF));

        l = put_jump(BPF_JEQ, AF_PACKET, refuse(EPERM, DOOR_PACKET), l);
        l = put_jump(BPF_JEQ, AF_NETLINK, netlink, l);
        l = one_of(always, COUNT(always), ok, l);
        return put_load(arg_low(0), l);
}

static label put_check(enum check check)
{
        static const uint32_t personalities[] = { 0, 0x8, 0x20000, 0x20008, 0xffffffff };
        static const uint32_t typing[] = { TIOCSTI, TIOCLINUX };
        static const uint32_t making[] = { 1 /* SYS_SOCKET */, 8 /* SYS_SOCKETPAIR */ };
        label ok = allow(), l;

        switch (check) {
        case CHECK_CLONE:
                l = put_jump(BPF_JSET, NEW_NAMESPACES, refuse(EPERM, DOOR_NS), ok);
                return put_load(arg_low(0), l);
        case CHECK_UNSHARE:
                l = put_jump(BPF_JSET, NEW_NAMESPACES | CLONE_NEWTIME, refuse(EPERM, DOOR_NS), ok);
                return put_load(arg_low(0), l);
        case CHECK_PERSONALITY:
                l = one_of(personalities, COUNT(personalities), ok, refuse(EPERM, 0));
                return put_load(arg_low(0), l);
        case CHECK_IOCTL:
                l = one_of(typing, COUNT(typing), refuse(EPERM, 0), ok);
                return put_load(arg_low(1), l);
        case CHECK_SOCKET:
                return check_socket();
        case CHECK_SOCKETCALL:
                l = one_of(making, COUNT(making), refuse(EPERM, DOOR_SOCKETCALL), ok);
                return put_load(arg_low(0), l);
        }
        die("unknown check");
}

static label put_rule(const struct rule *r)
{
        switch (r->verdict) {
        case VERDICT_ALLOW:
                return allow();
        case VERDICT_ERRNO:
                return refuse(r->errnum, r->door);
        case VERDICT_CHECK:
                return put_check(r->check);
        }
        die("unknown verdict");
}

/* ---- the tree ---- */

static bool alike(const struct rule *a, const struct rule *b)
{
        return a->verdict == b->verdict && a->errnum == b->errnum && a->door == b->door &&
               (a->verdict != VERDICT_CHECK || a->check == b->check);
}

/*
 * What an instruction costs in being translated to machine code, in units of walking one: both were measured at
 * installation, 0.17 us and 2.1 ns.
 */
#define COST_OF_INSN 80.0

#define MAX_RANGES 512
#define MAX_CHAIN 8             /* comparisons in a row that replace branches of the tree */

/* The cheapest way to tell ranges i to j apart: at, or as a chain of single numbers apart from one rule for the rest. */
static struct plan {
        double cost;
        size_t split;                   /* the upper branch starts here; 0: a chain */
        const struct rule *rest;
} plans[MAX_RANGES][MAX_RANGES];

static double numbers_in(const struct range *r, size_t i, size_t j)
{
        return (double)r[j + 1].first - r[i].first;
}

static double cost_of_chain(const struct range *r, size_t i, size_t j, const struct rule *rest)
{
        double links = 0;

        for (size_t k = i; k <= j; k++)
                if (!alike(r[k].rule, rest))
                        links += numbers_in(r, k, k);
        return links > MAX_CHAIN ? -1 : links * (COST_OF_INSN + numbers_in(r, i, j));
}

static void plan_branch(const struct range *r, size_t i, size_t j)
{
        struct plan *p = &plans[i][j];

        p->cost = -1;
        for (size_t k = i; k <= j && k <= i + 1; k++) {
                double cost = cost_of_chain(r, i, j, r[k].rule);

                if (cost >= 0 && (p->cost < 0 || cost < p->cost))
                        *p = (struct plan){ cost, 0, r[k].rule };
        }
        for (size_t k = i + 1; k <= j; k++) {
                double cost = COST_OF_INSN + numbers_in(r, i, j) + plans[i][k - 1].cost + plans[k][j].cost;

                if (p->cost < 0 || cost < p->cost)
                        *p = (struct plan){ cost, k, NULL };
        }
}

static label put_branch(const struct range *r, size_t i, size_t j)
{
        const struct plan *p = &plans[i][j];
        label upper, lower;

        if (p->split) {
                upper = put_branch(r, p->split, j);
                lower = put_branch(r, i, p->split - 1);
                return put_jump(BPF_JGE, r[p->split].first, upper, lower);
        }
        lower = put_rule(p->rest);
        for (size_t k = j + 1; k-- > i;) {
                if (alike(r[k].rule, p->rest))
                        continue;
                for (uint32_t nr = r[k + 1].first; nr-- > r[k].first;) {
                        upper = put_rule(r[k].rule);
                        lower = put_jump(BPF_JEQ, nr, upper, lower);
                }
        }
        return lower;
}

/* r[n].first is where the numbers end that are worth telling apart quickly. */
static label put_tree(const struct range *r, size_t n)
{
        for (size_t len = 0; len < n; len++)
                for (size_t i = 0; i + len < n; i++)
                        plan_branch(r, i, i + len);
        return put_branch(r, 0, n - 1);
}

/* ---- numbers ---- */

#define MAX_NR 512

/* 32-bit ARM has a few of its own far above the others. */
#define ARM_PRIVATE 0xf0000

/*
 * Looked up by number, because libseccomp resolves the name of what used to be reached by socketcall or ipc to a
 * number of its own invention, also where the kernel has the call itself by now.
 */
static int scan(const struct abi *abi, const char *name, uint32_t first, uint32_t last)
{
        for (uint32_t nr = first; nr <= last; nr++) {
                char *known = seccomp_syscall_resolve_num_arch(abi->scmp, (int)nr);
                bool found = known && strcmp(known, name) == 0;

                free(known);
                if (found)
                        return (int)nr;
        }
        return -1;
}

static int number_of(const struct machine *m, const struct abi *abi, const char *name)
{
        int nr;

        for (size_t i = 0; i < COUNT(newer); i++)
                if (strcmp(newer[i].name, name) == 0) {
                        bool here = !newer[i].family || (strcmp(newer[i].family, m->family) == 0 && abi == m->abi);

                        return here ? newer[i].nr : -1;
                }
        if (seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
                die("%s: no such call", name);
        nr = scan(abi, name, 0, PROFILE_NEWEST);
        return nr >= 0 || abi->scmp != SCMP_ARCH_ARM ? nr : scan(abi, name, ARM_PRIVATE, ARM_PRIVATE + 15);
}

struct call {
        uint32_t nr;
        const struct rule *rule;
};

static int by_number(const void *a, const void *b)
{
        uint32_t x = ((const struct call *)a)->nr, y = ((const struct call *)b)->nr;

        return x < y ? -1 : x > y;
}

/* All calls of the ABI that the profile names, sorted. */
static size_t list_calls(const struct machine *m, const struct abi *abi, struct call *calls, size_t max)
{
        size_t n = 0;

        for (size_t i = 0; i < COUNT(rules); i++) {
                char *names = strdup(rules[i].names), *rest = names, *name;

                while ((name = strsep(&rest, " "))) {
                        int nr = *name ? number_of(m, abi, name) : -1;

                        if (nr < 0)
                                continue;
                        if (n == max)
                                die("too many calls");
                        calls[n++] = (struct call){ (uint32_t)nr, &rules[i] };
                }
                free(names);
        }
        qsort(calls, n, sizeof *calls, by_number);
        for (size_t i = 1; i < n; i++)
                if (calls[i].nr == calls[i - 1].nr)
                        die("call %u is in the profile twice", calls[i].nr);
        return n;
}

static void check_complete(const struct abi *abi, const struct call *calls, size_t n)
{
        for (uint32_t nr = 0; nr <= PROFILE_NEWEST; nr++) {
                struct call key = { .nr = nr };
                char *name = seccomp_syscall_resolve_num_arch(abi->scmp, (int)nr);

                if (name && !bsearch(&key, calls, n, sizeof *calls, by_number))
                        die("%s is not in the profile", name);
                free(name);
        }
}

static label put_abi(const struct machine *m, const struct abi *abi)
{
        struct call calls[MAX_NR];
        struct range ranges[MAX_RANGES];
        size_t n = list_calls(m, abi, calls, COUNT(calls)), n_ranges = 0;
        uint32_t next = 0;

        check_complete(abi, calls, n);
        for (size_t i = 0; i <= n; i++) {
                if (n_ranges + 3 > COUNT(ranges))
                        die("too many ranges");
                if (i == n || calls[i].nr > next) {
                        if (n_ranges == 0 || !alike(ranges[n_ranges - 1].rule, &newer_than_us))
                                ranges[n_ranges++] = (struct range){ next, &newer_than_us };
                }
                if (i == n)
                        break;
                if (n_ranges == 0 || !alike(ranges[n_ranges - 1].rule, calls[i].rule))
                        ranges[n_ranges++] = (struct range){ calls[i].nr, calls[i].rule };
                next = calls[i].nr + 1;
        }
        /* Far enough that the numbers to come are never taken for a few single ones. */
        ranges[n_ranges] = (struct range){ .first = ranges[n_ranges - 1].first + MAX_CHAIN + 64 };
        return put_load(offsetof(struct seccomp_data, nr), put_tree(ranges, n_ranges));
}

static void put_program(const struct machine *m)
{
        label l = put_return(SECCOMP_RET_KILL_PROCESS, 0);

        /* The native ABI is put last and so comes first. */
        for (size_t i = COUNT(m->abi); i-- > 0;) {
                label calls;

                if (!m->abi[i].audit)
                        continue;
                calls = put_abi(m, &m->abi[i]);
                l = put_jump(BPF_JEQ, m->abi[i].audit, calls, l);
        }
        put_load(offsetof(struct seccomp_data, arch), l);
}

static void print_program(const char *family)
{
        printf("/* Made by tools/gen-seccomp for %s; %u instructions. */\n", family, prog_len);
        puts("static const struct sock_filter program[] = {");
        for (label l = prog_len; l-- > 0;)
                printf("        { 0x%02x, %u, %u, 0x%08x },\n", prog[l].bpf.code, prog[l].bpf.jt, prog[l].bpf.jf,
                       prog[l].bpf.k);
        puts("};\nstatic const struct doorway doorways[] = {");
        for (label l = prog_len; l-- > 0;)
                if (prog[l].door)
                        printf("        { %u, 0x%x },\n", prog_len - 1 - l, prog[l].door);
        puts("};");
}

int main(int argc, char **argv)
{
        if (argc != 2)
                die("usage: gen-seccomp MACHINE");
        for (size_t i = 0; i < COUNT(machines); i++)
                if (strcmp(machines[i].family, argv[1]) == 0) {
                        put_program(&machines[i]);
                        print_program(argv[1]);
                        return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
                }
        die("no profile for %s: its kernel's ABIs have to be listed in tools/gen-seccomp.c", argv[1]);
}
