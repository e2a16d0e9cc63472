/*
 * What the kernel alone takes for something like a jail: bench/floor ROOT COMMAND [ARG...]
 *
 * One clone3(2) with every namespace a jail has, the maps of its user ids, a
 * root by chroot(2), /proc, and the command as root of it. No record, no /dev,
 * nothing masked, no filter, the host's mounts not even put away: a floor to
 * measure from, nothing to keep anybody in.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAP "0 536870912 65536\n"

static void fail(const char *what)
{
        fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
        _exit(1);
}

static void write_map(pid_t pid, const char *name)
{
        char path[64];
        int fd;

        snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, MAP, strlen(MAP)) < 0)
                fail(path);
        close(fd);
}

/* In the new namespaces; go says when the maps are there. */
static void inside(int go, const char *root, char **command)
{
        char c;

        if (read(go, &c, 1) != 1)
                _exit(1);
        if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
                fail("become root");
        if (chdir(root) < 0 || chroot(".") < 0)
                fail(root);
        if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
                fail("/proc");
        execv(command[0], command);
        fail(command[0]);
}

int main(int argc, char **argv)
{
        struct clone_args args = {
                .flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWCGROUP | CLONE_NEWNET |
                         CLONE_NEWUSER,
                .exit_signal = SIGCHLD,
        };
        int go[2], status = 0;
        pid_t pid;

        if (argc < 3) {
                fprintf(stderr, "usage: floor ROOT COMMAND [ARG...]\n");
                return 2;
        }
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, go) < 0)
                fail("socketpair");
        pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
        if (pid < 0)
                fail("clone3");
        if (pid == 0)
                inside(go[1], argv[1], argv + 2);
        write_map(pid, "uid_map");
        write_map(pid, "gid_map");
        if (write(go[0], "g", 1) != 1 || waitpid(pid, &status, 0) != pid)
                fail("wait");
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
