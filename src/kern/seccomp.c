#include "seccomp.h"

#include <errno.h>
#include <stdint.h>
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
