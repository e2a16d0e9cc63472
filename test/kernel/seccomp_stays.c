/*
 * A filter goes with fork and with execve, and cannot be taken off; without no_new_privs it takes CAP_SYS_ADMIN in the
 * process's user namespace to install (create.c).
 */
#include "kernel.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

static struct sock_filter no_chroot[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_chroot, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static int install(void)
{
        struct sock_fprog prog = { .len = 4, .filter = no_chroot };

        return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

int main(int argc, char **argv)
{
        char *args[] = { argv[0], (char *)"again", NULL }, *env[] = { NULL };
        pid_t pid;

        if (argc > 1) {
                pid = fork();
                if (pid == 0)
                        _exit(chroot("/") == 0 || errno != ENOTTY);
                expect_well(pid);
                expect(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0);
                return 0;
        }
        need_root();
        pid = fork();
        if (pid == 0)
                _exit(setresuid(1, 1, 1) < 0 || install() == 0 || errno != EACCES);
        expect_well(pid);
        expect(install() == 0);
        execve("/proc/self/exe", args, env);
        err(1, "execve");
}
