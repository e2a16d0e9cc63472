/* A cgroup namespace begins where its maker is when it is made: moved afterwards, it sees itself above (create.c). */
#include "kernel.h"

static void where(char ret[256])
{
        FILE *f = fopen("/proc/self/cgroup", "re");
        char line[256];

        expect(f);
        *ret = '\0';
        while (fgets(line, sizeof line, f))
                if (strncmp(line, "0::", 3) == 0)
                        snprintf(ret, 256, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
        fclose(f);
}

static void inside(void)
{
        char path[256];

        put("/mnt/gaol-kernel-test/a/cgroup.procs", "0");
        expect(unshare(CLONE_NEWCGROUP) == 0);
        where(path);
        expect(strcmp(path, "/") == 0);
        put("/mnt/gaol-kernel-test/b/cgroup.procs", "0");
        where(path);
        expect(strcmp(path, "/../b") == 0);
}

int main(void)
{
        pid_t pid;
        int status;

        need_root();
        enter_new(CLONE_NEWNS);
        if (mount("none", "/mnt", "cgroup2", 0, NULL) < 0)
                err(77, "no control groups of version 2");
        expect(mkdir("/mnt/gaol-kernel-test", 0755) == 0 || errno == EEXIST);
        expect(mkdir("/mnt/gaol-kernel-test/a", 0755) == 0 || errno == EEXIST);
        expect(mkdir("/mnt/gaol-kernel-test/b", 0755) == 0 || errno == EEXIST);
        pid = fork();
        if (pid == 0) {
                inside();
                _exit(0);
        }
        expect(waitpid(pid, &status, 0) == pid);
        expect(rmdir("/mnt/gaol-kernel-test/a") == 0 && rmdir("/mnt/gaol-kernel-test/b") == 0);
        expect(rmdir("/mnt/gaol-kernel-test") == 0);
        return status == 0 ? 0 : 1;
}
