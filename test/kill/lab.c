#include "lab.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seconds until a command counts as hung, or a difference as one that stays. A busy machine is slow, not at fault. */
#define PATIENCE 300

/* ---------------------------------------------------------------- commands */

static int new_text(void)
{
        int fd = memfd_create("stderr", MFD_CLOEXEC);

        if (fd < 0)
                err(2, "memfd_create");
        return fd;
}

static int null_fd(void)
{
        static int fd = -1;

        if (fd < 0)
                fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        return fd;
}

/* Takes what has been written to fd, and closes it. */
static void read_text(int fd, struct outcome *o)
{
        ssize_t n = pread(fd, o->text, sizeof o->text - 1, 0);

        close(fd);
        o->text[n < 0 ? 0 : n] = '\0';
        for (const char *p = o->text; (p = strchr(p, '\n')); p++)
                o->lines++;
}

static int status_of(int wait_status)
{
        return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/* What -m changes: a name, limits of groups that are there already and that are not. */
#define CHANGES "host.hostname=changed.example.org", "rctl.maxproc=48", "rctl.pcpu=50", "rctl.openfiles=64"

struct command {
        char *argv[12], name[80];
};

static void compose(const struct lab *lab, const char *op, struct command *ret)
{
        const char *const change[] = { lab->jail, "-q", op, ret->name, CHANGES, NULL };
        const char *const other[] = { lab->jail, "-q", "-f", lab->conf, op, lab->name, NULL };

        snprintf(ret->name, sizeof ret->name, "name=%s", lab->name);
        if (strcmp(op, "-m") == 0)
                memcpy(ret->argv, change, sizeof change);
        else
                memcpy(ret->argv, other, sizeof other);
}

struct running lab_start(struct lab *lab, const char *op)
{
        struct running r = { .err = new_text() };
        struct command c;

        compose(lab, op, &c);
        r.pid = fork();
        if (r.pid < 0)
                err(2, "fork");
        if (r.pid == 0) {
                if (dup2(null_fd(), 0) == 0 && dup2(null_fd(), 1) == 1 && dup2(r.err, 2) == 2)
                        execvp(c.argv[0], c.argv);
                _exit(127);
        }
        return r;
}

struct outcome lab_wait(struct running *running)
{
        struct outcome o = {0};
        int pidfd = (int)syscall(SYS_pidfd_open, running->pid, 0), status;
        struct pollfd p = { .fd = pidfd, .events = POLLIN };
        bool hung;

        if (pidfd < 0)
                err(2, "pidfd_open");
        hung = poll(&p, 1, PATIENCE * 1000) == 0;
        if (hung)
                kill(running->pid, SIGKILL);
        close(pidfd);
        if (waitpid(running->pid, &status, 0) < 0)
                err(2, "waitpid");
        o.status = hung ? -1 : status_of(status);
        read_text(running->err, &o);
        return o;
}

struct outcome lab_run(struct lab *lab, const char *op, const struct trace_want *want, struct trace_seen *ret_seen)
{
        struct trace_want mine;
        struct outcome o = {0};
        struct command c;
        int stdio[3], r;

        if (!want) {
                struct running running = lab_start(lab, op);

                return lab_wait(&running);
        }
        stdio[0] = stdio[1] = null_fd();
        stdio[2] = new_text();
        mine = *want;
        mine.stdio = stdio;
        mine.timeout = PATIENCE;
        compose(lab, op, &c);
        r = trace_run(c.argv, &mine, ret_seen);
        if (r < 0)
                errx(2, "%s: %s", lab->jail, strerror(-r));
        o.status = ret_seen->timed_out ? -1 : status_of(ret_seen->status);
        read_text(stdio[2], &o);
        return o;
}

/* ----------------------------------------------------------------- answers */

bool lab_refused(const struct lab *lab, const struct outcome *o, const char *line)
{
        size_t n = line ? strlen(line) : 0;

        if (o->status != 1 || o->lines != 1 || strncmp(o->text, "jail: ", 6) != 0)
                return false;
        return !line || (strncmp(o->text + 6, line, n) == 0 && strcmp(o->text + 6 + n, "\n") == 0);
}

static bool answers(const struct lab *lab, const struct outcome *o, const char *what)
{
        char line[256];

        snprintf(line, sizeof line, "\"%s\" %s", lab->name, what);
        return lab_refused(lab, o, line);
}

bool lab_not_found(const struct lab *lab, const struct outcome *o)
{
        return answers(lab, o, "not found");
}

bool lab_exists(const struct lab *lab, const struct outcome *o)
{
        return answers(lab, o, "already exists");
}

/* ---------------------------------------------------------------- verdicts */

void lab_fail(struct lab *lab, const struct outcome *o, const char *fmt, ...)
{
        va_list ap;

        fflush(stdout);
        fprintf(stderr, "%s: %s: ", lab->title, lab->place);
        va_start(ap, fmt);
        vfprintf(stderr, fmt, ap);
        va_end(ap);
        if (o && o->status < 0)
                fprintf(stderr, " (hung)");
        else if (o)
                fprintf(stderr, " (status %d)", o->status);
        fprintf(stderr, "\n%s", o ? o->text : "");
        lab->failures++;
        if (!lab->go_on)
                exit(lab_finish(lab));
}

bool lab_create(struct lab *lab)
{
        struct outcome o = lab_run(lab, "-c", NULL, NULL);

        if (o.status != 0)
                lab_fail(lab, &o, "jail -c fails");
        return o.status == 0;
}

/* The state that stays the same for a second. */
static char *take_quiet(const struct snapshot_want *want)
{
        char *text = snapshot_take(want);

        for (int quiet = 0; quiet < 10; quiet++) {
                char *next;

                usleep(100 * 1000);
                next = snapshot_take(want);
                if (strcmp(text, next) != 0)
                        quiet = -1;
                free(text);
                text = next;
        }
        return text;
}

bool lab_settled(struct lab *lab, const char *after)
{
        if (snapshot_settles(&lab->want, lab->before, PATIENCE / 10, PATIENCE))
                return true;
        lab_fail(lab, NULL, "%s the host is not as it was before", after);
        /* Going on: what is left over now is no fault of what comes. */
        lab_run(lab, "-R", NULL, NULL);
        free(lab->before);
        lab->before = take_quiet(&lab->want);
        return false;
}

int lab_init(struct lab *lab, const char *title, int argc, char **argv, const char *more_options,
             bool (*option)(int c, const char *value))
{
        char options[64];
        int c;

        *lab = (struct lab){ .title = title };
        snprintf(options, sizeof options, "j:f:n:k%s", more_options);
        while ((c = getopt(argc, argv, options)) >= 0)
                switch (c) {
                case 'j':
                        lab->jail = optarg;
                        break;
                case 'f':
                        lab->conf = optarg;
                        break;
                case 'n':
                        lab->name = optarg;
                        break;
                case 'k':
                        lab->go_on = true;
                        break;
                default:
                        if (!option || !option(c, optarg))
                                exit(2);
                }
        if (!lab->jail || !lab->conf || !lab->name)
                errx(2, "-j, -f and -n are needed");
        lab->want.cgroups = lab->name;
        /* Once for all that is made by the first and stays: directories, the index, what modules bring along. */
        snprintf(lab->place, sizeof lab->place, "before all");
        if (lab_create(lab)) {
                struct outcome o = lab_run(lab, "-r", NULL, NULL);

                if (o.status != 0)
                        lab_fail(lab, &o, "jail -r fails");
        }
        if (lab->failures)
                exit(lab_finish(lab));
        lab->before = take_quiet(&lab->want);
        return optind;
}

int lab_finish(struct lab *lab)
{
        free(lab->before);
        return lab->failures > 0;
}
