#include "seccomp.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* program[], and which of its returns are doors: doorways[] = { at, door } */
struct doorway {
        uint16_t at, door;
};
#include "seccomp_filter.h"

#define PROGRAM_LEN (sizeof program / sizeof *program)

_Static_assert(PROGRAM_LEN <= BPF_MAXINSNS, "the kernel takes no longer filter");

int seccomp_build(unsigned doors, struct sock_filter *ret, size_t max)
{
        if (max < PROGRAM_LEN)
                return -ENOSPC;
        memcpy(ret, program, sizeof program);
        for (size_t i = 0; i < sizeof doorways / sizeof *doorways; i++)
                if (doorways[i].door & doors)
                        ret[doorways[i].at].k = SECCOMP_RET_ALLOW;
        return (int)PROGRAM_LEN;
}

int seccomp_install(unsigned doors, struct err *e)
{
        struct sock_filter insns[PROGRAM_LEN];
        struct sock_fprog prog = { .len = PROGRAM_LEN, .filter = insns };

        seccomp_build(doors, insns, PROGRAM_LEN);
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
                return err_sys(e, "system call filter");
        return 0;
}

/* uname(2) of each ABI. Where there are older calls of the name besides, the profile refuses those. */
static const struct {
        uint32_t arch, nr;
} unames[] = {
#if defined(__x86_64__)
        { AUDIT_ARCH_X86_64, 63 }, { AUDIT_ARCH_I386, 122 },
#elif defined(__aarch64__)
        { AUDIT_ARCH_AARCH64, 160 }, { AUDIT_ARCH_ARM, 122 },
#elif defined(__riscv)
        { AUDIT_ARCH_RISCV64, 160 },
#endif
};

#define N_UNAMES (sizeof unames / sizeof *unames)

int seccomp_watch_uname(struct err *e)
{
        struct sock_filter insns[2 + N_UNAMES * 4], *f = insns;
        struct sock_fprog prog = { .filter = insns };
        int fd;

        *f++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
        for (size_t i = 0; i < N_UNAMES; i++) {
                *f++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, unames[i].arch, 0, 3);
                *f++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
                /* not it: the number is of no architecture, so the comparisons that follow all fail */
                *f++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, unames[i].nr, 0, 1);
                *f++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
        }
        *f++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        prog.len = (unsigned short)(f - insns);
        fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                          SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &prog);
        if (fd < 0 && errno == EINVAL)  /* before 5.19: then a signal interrupts the call and it is asked again */
                fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
        return fd < 0 ? err_sys(e, "watch uname") : fd;
}
