#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int cmd_getopt(int argc, char **argv, const char *options)
{
        int c;

        opterr = 0;
        c = getopt(argc, argv, options);
        if (c == '?')
                fprintf(stderr, "%s: illegal option -- %c\n", argv[0], optopt);
        if (c == ':')
                fprintf(stderr, "%s: option requires an argument -- %c\n", argv[0], optopt);
        return c == ':' ? '?' : c;
}

int cmd_fail(const char *name, const struct err *e)
{
        fprintf(stderr, "%s: %s\n", name, e->text[0] ? e->text : strerror(e->code));
        return 1;
}

static void ignore_signal(int sig)
{
        (void)sig;
}

/* A handler and not SIG_IGN: commands that are run have the default again, as they expect. */
static void survive_closed_pipes(void)
{
        struct sigaction act;

        if (sigaction(SIGPIPE, NULL, &act) < 0 || act.sa_handler != SIG_DFL)
                return;
        act = (struct sigaction){ .sa_handler = ignore_signal, .sa_flags = SA_RESTART };
        sigaction(SIGPIPE, &act, NULL);
}

static int open_standard_fds(void)
{
        for (int fd = 0; fd <= STDERR_FILENO; fd++) {
                if (fcntl(fd, F_GETFD) >= 0)
                        continue;
                /* Those below are open, so open(2) takes this one. It is not close-on-exec: it stands for a stream. */
                if (open("/dev/null", O_RDWR | O_NOCTTY) != fd)
                        return -1;
        }
        return 0;
}

int cmd_prepare(const char *name)
{
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
                fprintf(stderr, "%s: prctl: %s\n", name, strerror(errno));
                return -1;
        }
        if (open_standard_fds() < 0) {
                fprintf(stderr, "%s: /dev/null: %s\n", name, strerror(errno));
                return -1;
        }
        survive_closed_pipes();
        /* Ignored by our caller, it would be ignored by us too, and children could not be waited for. */
        signal(SIGCHLD, SIG_DFL);
        return 0;
}

int cmd_finish(const char *name, int status)
{
        bool failed = ferror(stdout);

        errno = 0;
        if (fclose(stdout) == 0 && !failed)
                return status;
        fprintf(stderr, "%s: standard output: %s\n", name, errno ? strerror(errno) : "not all was written");
        return 1;
}
