/*
 * A sealed memfd can be executed although it is open for writing, and cannot be changed through /proc/PID/exe by any
 * right: while it runs it is busy, afterwards its seals hold (host.c, enter.c).
 */
#include "kernel.h"

#include <sys/mman.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* This program once more, which in there waits to be killed. */
static void copy_self(int to)
{
        int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        char buf[65536];
        ssize_t n;

        while ((n = read(from, buf, sizeof buf)) > 0)
                expect(write(to, buf, (size_t)n) == n);
        expect(n == 0);
        close(from);
}

int main(int argc, char **argv)
{
        char path[32], *args[] = { argv[0], (char *)"wait", NULL }, *env[] = { NULL }, byte;
        int fd, to, up[2];
        pid_t pid;

        if (argc > 1) {
                if (write(3, "", 1) != 1)
                        return 1;
                for (;;)
                        pause();
        }
        need_root();
        fd = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
        if (fd < 0 && errno == EINVAL)
                fd = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        expect(fd >= 0);
        copy_self(fd);
        expect(fchmod(fd, 0555) == 0);
        expect(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
        expect(pipe2(up, O_CLOEXEC) == 0);
        pid = fork();
        if (pid == 0) {
                fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
                up[1] = fcntl(up[1], F_DUPFD_CLOEXEC, 10);
                dup2(up[1], 3);
                syscall(SYS_execveat, fd, "", args, env, AT_EMPTY_PATH);
                _exit(1);
        }
        close(up[1]);
        expect(read(up[0], &byte, 1) == 1);
        snprintf(path, sizeof path, "/proc/%d/exe", pid);
        to = open(path, O_RDWR | O_CLOEXEC);
        expect(to >= 0 || errno == ETXTBSY);
        expect(to < 0 || (pwrite(to, "x", 1, 0) < 0 && errno == EPERM));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        expect(pwrite(fd, "x", 1, 0) < 0 && errno == EPERM);
        expect(ftruncate(fd, 0) < 0 && errno == EPERM);
        expect(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM);
        expect(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) < 0 && errno == EPERM);
        return 0;
}
