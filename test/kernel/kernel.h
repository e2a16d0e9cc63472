/*
 * What the programs of this directory share. Each shows one thing about Linux
 * that gaol leans on and that one would not guess, in the smallest way: where
 * the kernel is another, it fails and says what is not so.
 */
#ifndef TEST_KERNEL_H
#define TEST_KERNEL_H

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define expect(what) \
        do { \
                if (!(what)) \
                        errx(1, "%s:%d: not so: %s (errno: %s)", __FILE__, __LINE__, #what, strerror(errno)); \
        } while (0)

/* 77: skipped, as meson has it. */
static inline void need_root(void)
{
        if (geteuid() != 0)
                errx(77, "needs root");
        alarm(60);
}

static inline void enter_new(int flags)
{
        if (unshare(flags) < 0)
                err(77, "no leave to make namespaces");
        if (flags & CLONE_NEWNS)
                expect(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

/* Ends the program with what the child found out. */
static inline void expect_well(pid_t pid)
{
        int status;

        expect(waitpid(pid, &status, 0) == pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status))
                exit(1);
}

static inline void put(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
                err(1, "write %s", path);
        close(fd);
}

#endif
