/*
 *     try GROUP                all attempts of a group: file, namespace, process, kernel, socket
 *     try NAME...              these
 *     try TOOL ARGUMENT...     see tools.c
 *
 * Prints a line for each attempt, "NAME: reason", or "NAME: done" if it worked.
 * Each is made in a process of its own: it may be killed for it.
 */
#include "try.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
        const char *name;
        const struct attempt *attempts;
} groups[] = {
        { "file", file_attempts }, { "namespace", namespace_attempts }, { "process", process_attempts },
        { "kernel", kernel_attempts }, { "socket", socket_attempts },
};

#define COUNT(a) (sizeof (a) / sizeof *(a))
#define WORKED 0
#define KILLED 255

static void make(const struct attempt *a)
{
        int status;
        pid_t pid = fork();

        if (pid < 0)
                err(1, "fork");
        if (pid == 0) {
                errno = 0;
                alarm(10);
                _exit(a->make() == 0 ? WORKED : errno);
        }
        if (waitpid(pid, &status, 0) != pid)
                err(1, "wait");
        if (WIFSIGNALED(status))
                printf("%s: killed by %s\n", a->name, strsignal(WTERMSIG(status)));
        else
                printf("%s: %s\n", a->name, WEXITSTATUS(status) ? strerror(WEXITSTATUS(status)) : "done");
        fflush(stdout);
}

static bool make_named(const char *name)
{
        for (size_t g = 0; g < COUNT(groups); g++) {
                bool all = strcmp(groups[g].name, name) == 0, any = false;

                for (const struct attempt *a = groups[g].attempts; a->name; a++)
                        if (all || strcmp(a->name, name) == 0) {
                                make(a);
                                any = true;
                        }
                if (any)
                        return true;
        }
        return false;
}

int main(int argc, char **argv)
{
        for (const struct tool *t = tools; argc > 1 && t->name; t++)
                if (strcmp(t->name, argv[1]) == 0)
                        return t->run(argc - 1, argv + 1);
        for (int i = 1; i < argc; i++)
                if (!make_named(argv[i]))
                        errx(2, "no such attempt: %s", argv[i]);
        return argc > 1 ? 0 : 2;
}
