/*
 *     sweep -j JAIL -f FILE -n NAME [-s STRIDE] [-o OFFSET] [-i SHARE/OF] [-xtaek] MODE
 *
 * Does something to "jail -c NAME" (modes kill-create, fail-create, init-create),
 * to "jail -r NAME" (kill-remove and so on) or to "jail -m NAME" (kill-modify and
 * so on) at its first system call, then at its second, and so on to the last;
 * then again for each of its children that run our code. After each, the next
 * "jail -r", or "jail -c" and "jail -r", must leave the host as it was before.
 *
 * kill: SIGKILL to the command as it enters the call (-x: as it leaves it;
 * -t: to the process that makes the call, which is another one only for children).
 * fail: the call returns an error of a kind it is known for (-a: one run for
 * each such error, not one for all). Then the command must exit with 1, one
 * line and nothing left, or not mind.
 * init: SIGKILL to PID 1 of the jail, if there is one. The command must exit with 1 and one line, or not mind.
 *
 * Left out are calls at which nothing can be seen that was not seen at the one before: kills behind a call that
 * changes nothing outside its process, calls that cannot fail, and most of a loop of the same call. -e leaves out none.
 *
 * -s takes each STRIDE-th call beginning with OFFSET, -i the SHARE-th part OF them, for running side by side.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lab.h"

static struct {
        bool fail, init, at_exit, caller, all_errors;
        const char *op;
        bool every;
        unsigned stride, offset, share, of;
} how = { .stride = 1, .of = 1 };

static struct {
        unsigned runs, unreached, untouched, fatal, harmless;
} count;

/* ----------------------------------------------------------------- errors */

/*
 * What is known to fail, and how. Calls that cannot are not here: capset(2), say, of who only gives up; nor is what only
 * the C library calls to start.
 */
static const struct {
        long nr;
        int errors[4];
} errors[] = {
        { SYS_openat, { EMFILE, EIO, ENOSPC } },
        { SYS_openat2, { EMFILE, EIO } },
        { SYS_read, { EIO, EINTR } },
        { SYS_pread64, { EIO } },
        { SYS_write, { ENOSPC, EIO } },
        { SYS_pwrite64, { ENOSPC, EIO } },
        { SYS_close, { EIO } },
        { SYS_fallocate, { ENOSPC, EIO } },
        { SYS_ftruncate, { ENOSPC, EIO } },
        { SYS_lseek, { EIO } },
        { SYS_newfstatat, { EIO, ENOMEM } },
        { SYS_fstat, { EIO } },
        { SYS_getdents64, { EIO } },
        { SYS_mkdirat, { ENOSPC, EIO } },
        { SYS_mknodat, { ENOSPC, EIO } },
        { SYS_symlinkat, { ENOSPC, EIO } },
        { SYS_readlinkat, { EIO } },
        { SYS_unlinkat, { EIO, EROFS } },
        { SYS_renameat2, { ENOSPC, EIO } },
        { SYS_faccessat2, { EIO } },
        { SYS_fchmod, { EIO } },
        { SYS_fchmodat, { EIO } },
        { SYS_fchownat, { EIO } },
        { SYS_fsetxattr, { ENOSPC, EIO } },
        { SYS_fcntl, { EMFILE } },
        { SYS_dup3, { EMFILE } },
        { SYS_flock, { ENOLCK, EINTR } },
        { SYS_fsync, { EIO, ENOSPC } },
        { SYS_mmap, { ENOMEM } },
        { SYS_brk, { ENOMEM } },
        { SYS_memfd_create, { EMFILE, ENOMEM } },
        { SYS_pipe2, { EMFILE } },
        { SYS_socket, { EMFILE, ENOBUFS } },
        { SYS_socketpair, { EMFILE, ENOBUFS } },
        { SYS_setsockopt, { ENOBUFS } },
        { SYS_sendto, { ENOBUFS, EINTR } },
        { SYS_sendmsg, { ENOBUFS } },
        { SYS_recvfrom, { ENOBUFS, EINTR } },
        { SYS_recvmsg, { ENOBUFS, EINTR } },
        { SYS_clone, { EAGAIN, ENOMEM } },
        { SYS_clone3, { EAGAIN, ENOMEM, ENOSPC } },
        { SYS_execve, { ENOMEM, EACCES } },
        { SYS_execveat, { ENOMEM, EACCES } },
        { SYS_unshare, { ENOMEM, ENOSPC } },
        { SYS_setns, { ENOMEM, EPERM } },
        { SYS_mount, { ENOMEM } },
        { SYS_umount2, { EBUSY } },
        { SYS_pivot_root, { EBUSY } },
        { SYS_fsopen, { ENOMEM, EMFILE } },
        { SYS_fsconfig, { ENOMEM, EINVAL } },
        { SYS_fsmount, { ENOMEM, EMFILE } },
        { SYS_open_tree, { ENOMEM, EMFILE } },
        { SYS_move_mount, { ENOMEM, ENOSPC } },
        { SYS_mount_setattr, { EPERM, EBUSY } },
        { SYS_chroot, { EPERM } },
        { SYS_chdir, { EACCES } },
        { SYS_fchdir, { EACCES } },
        { SYS_sethostname, { EPERM } },
        { SYS_setdomainname, { EPERM } },
        { SYS_setsid, { EPERM } },
        { SYS_setgroups, { ENOMEM } },
        { SYS_setresuid, { EAGAIN } },
        { SYS_setresgid, { EPERM } },
        { SYS_prctl, { EPERM } },
        { SYS_seccomp, { ENOMEM } },
        { SYS_ioctl, { ENOTTY, EMFILE } },
        { SYS_pidfd_open, { EMFILE } },
        { SYS_pidfd_send_signal, { EPERM } },
        { SYS_poll, { EINTR, ENOMEM } },
        { SYS_waitid, { EINTR } },
        { SYS_wait4, { EINTR } },
        { SYS_nanosleep, { EINTR } },
        { SYS_clock_nanosleep, { EINTR } },
        { SYS_dup2, { EBUSY } },
};

static unsigned which_error;    /* of its call's kinds; 0 for -a's first run */

static int choose_error(long nr)
{
        for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
                if (errors[i].nr == nr) {
                        unsigned n = 0;

                        while (n < 4 && errors[i].errors[n])
                                n++;
                        if (how.all_errors && which_error >= n)
                                return 0;
                        return errors[i].errors[which_error % n];
                }
        return 0;
}

/* ---------------------------------------------------------------- recovery */

static bool makes(void)
{
        return strcmp(how.op, "-c") == 0;
}

static void gone(struct lab *lab, const char *op)
{
        struct outcome o = lab_run(lab, op, NULL, NULL);

        if (o.status != 0 && !lab_not_found(lab, &o))
                lab_fail(lab, &o, "jail %s afterwards fails", op);
}

/* What an administrator might do next: remove it, make it, or remove it without its commands; or try again. */
static const char *recover(struct lab *lab, unsigned turn)
{
        if (strcmp(how.op, "-m") == 0 && turn % 2 == 0)
                gone(lab, "-m");
        switch (turn % 4) {
        case 0:
                gone(lab, "-r");
                return "after jail -r";
        case 1:
                gone(lab, "-R");
                return "after jail -R";
        default:
                /* Removed half way or not at all, it comes back whole; made to the end, it is there already. */
                {
                        struct outcome o = lab_run(lab, "-c", NULL, NULL);

                        if (o.status != 0 && !lab_exists(lab, &o))
                                lab_fail(lab, &o, "jail -c afterwards fails");
                        o = lab_run(lab, "-r", NULL, NULL);
                        if (o.status != 0)
                                lab_fail(lab, &o, "jail -r after a second jail -c fails");
                }
                return "after jail -c and -r";
        }
}

/* ------------------------------------------------------------------ one run */

static void judge_failed(struct lab *lab, const struct outcome *o)
{
        if (o->status == 0 && o->lines == 0)
                count.harmless++;
        else if (lab_refused(lab, o, NULL))
                count.fatal++;
        else
                lab_fail(lab, o, "neither done in silence nor refused with one line");
}

/* The number of the jail's PID 1, from its record; 0: none yet. */
static int find_init(const char *jail)
{
        char path[128], *line = NULL;
        size_t size = 0;
        int pid = 0;
        FILE *f;

        snprintf(path, sizeof path, "/run/gaol/jails/%s", jail);
        f = fopen(path, "re");
        while (f && getline(&line, &size, f) > 0)
                sscanf(line, "init %d ", &pid);
        free(line);
        if (f)
                fclose(f);
        return pid;
}

static const char *victim;      /* whose PID 1 */
static bool wait_for_end;

/*
 * The command goes on with a PID 1 that is just dying, or one that is dead; unless that waits for a child of the command's
 * in the jail, who is stopped.
 */
static bool kill_init(void)
{
        int pid = find_init(victim), fd;
        struct pollfd p = { .events = POLLIN };

        fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
        if (fd < 0)
                return false;
        kill(pid, SIGKILL);
        p.fd = fd;
        if (wait_for_end)
                poll(&p, 1, 100);
        close(fd);
        return true;
}

static const char mute[] = "jail: standard output: ";

static void one(struct lab *lab, unsigned task, unsigned call, unsigned turn)
{
        struct trace_want want = {
                .act = how.fail ? TRACE_FAIL : how.init ? TRACE_ELSE : how.caller ? TRACE_KILL_CALLER : TRACE_KILL,
                .task = task, .call = call, .at_exit = how.at_exit, .choose = choose_error, .strike = kill_init,
        };
        struct trace_seen seen;
        struct outcome o;
        const char *after;

        snprintf(lab->place, sizeof lab->place, "task %u call %u", task, call);
        victim = lab->name;
        wait_for_end = turn % 2;
        if (!makes() && !lab_create(lab))
                return;
        o = lab_run(lab, how.op, &want, &seen);
        snprintf(lab->place, sizeof lab->place, "task %u call %u, %s%s%s", task, call, trace_name(seen.nr),
                 seen.error ? ", " : "", seen.error ? strerrorname_np(seen.error) : "");
        count.runs += seen.hit;
        count.unreached += !seen.reached;
        count.untouched += seen.reached && !seen.hit;
        if (seen.timed_out)
                lab_fail(lab, &o, "hangs");
        else if (!seen.hit && o.status != 0)
                lab_fail(lab, &o, "fails without being touched");
        else if (seen.hit && (how.fail || how.init))
                judge_failed(lab, &o);
        else if (seen.hit && how.caller && task > 0 && o.status != 0 && !lab_refused(lab, &o, NULL))
                lab_fail(lab, &o, "neither done nor refused with one line");
        else if (seen.hit && !(how.caller && task > 0) && o.status != 128 + 9)
                lab_fail(lab, &o, "did not end by SIGKILL");
        /* Who could still answer has cleaned up himself; unless it was only the answer that failed, at the very end. */
        if (makes() && o.status == 1 && strncmp(o.text, mute, sizeof mute - 1) != 0 && !lab_settled(lab, "after the failure"))
                return;
        after = recover(lab, turn);
        lab_settled(lab, after);
}

/* ---------------------------------------------------------------- all places */

static struct {
        struct place {
                unsigned task, call;
                long nr;
        } *v;
        size_t n, room;
} places;

/* The calls of a program that starts by itself, before it reaches main(): ours tells by its first prctl(2). */
static unsigned first_own;

static void note_place(unsigned task, unsigned call, long nr)
{
        if (task == 0 && nr == SYS_prctl && !first_own)
                first_own = call;
        if (places.n == places.room) {
                places.room = places.room ? places.room * 2 : 1024;
                places.v = realloc(places.v, places.room * sizeof *places.v);
                if (!places.v)
                        errx(2, "out of memory");
        }
        places.v[places.n++] = (struct place){ task, call, nr };
}

static int by_task(const void *a, const void *b)
{
        const struct place *x = a, *y = b;

        return x->task != y->task ? (x->task > y->task) - (x->task < y->task) : (x->call > y->call) - (x->call < y->call);
}

/* Calls that change nothing outside of the process that makes them: who is killed behind one might as well before it. */
static bool is_private(long nr)
{
        static const long list[] = {
                SYS_prctl, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_brk,
                SYS_madvise, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_fstatfs, SYS_lseek, SYS_pread64, SYS_getdents64,
                SYS_faccessat, SYS_faccessat2, SYS_readlinkat, SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid,
                SYS_geteuid, SYS_prlimit64, SYS_setfsgid, SYS_setfsuid, SYS_capget, SYS_capset, SYS_clock_gettime,
                SYS_getrandom, SYS_uname, SYS_getcwd, SYS_fcntl, SYS_dup3, SYS_setsid, SYS_setgroups, SYS_setresuid,
                SYS_setresgid, SYS_umask, SYS_seccomp, SYS_chroot, SYS_chdir, SYS_fchdir,
        };

        for (size_t i = 0; i < sizeof list / sizeof *list; i++)
                if (list[i] == nr)
                        return true;
        return false;
}

/* How often the same call has been made in a row up to here. */
static size_t in_a_row(size_t at)
{
        size_t n = 1;

        while (n <= at && places.v[at - n].task == places.v[at].task && places.v[at - n].nr == places.v[at].nr)
                n++;
        return n;
}

/* Is there something to see at the place that is not seen at the one before it? */
static bool is_worth(size_t at)
{
        const struct place *p = &places.v[at];
        bool first = at == 0 || p[-1].task != p->task;

        /* To kill the command itself is what is done without -t. */
        if (how.caller && p->task == 0)
                return false;
        if (how.every)
                return true;
        if (!how.fail)
                return first || how.at_exit || !is_private(p[-1].nr);
        which_error = 0;
        /* Of loops over all capabilities or signals a few will do. */
        return choose_error(p->nr) && (!is_private(p->nr) || in_a_row(at) <= 2 || in_a_row(at) % 16 == 0);
}

/* By numbers of calls, not by how many of them were chosen: shares count for themselves, and not always the same. */
static bool is_mine(const struct place *p)
{
        return p->call % how.stride == how.offset % how.stride && p->call / how.stride % how.of == how.share;
}

static void sweep_place(struct lab *lab, const struct place *p, unsigned turn)
{
        unsigned kinds = how.fail && how.all_errors ? 3 : 1;

        for (unsigned k = 0; k < kinds; k++) {
                unsigned before = count.runs;

                which_error = kinds > 1 ? k : turn;
                one(lab, p->task, p->call, turn + k);
                if (count.runs == before)
                        break;
        }
}

static void sweep_all(struct lab *lab)
{
        unsigned turn = how.share;

        qsort(places.v, places.n, sizeof *places.v, by_task);
        for (size_t i = 0; i < places.n; i++) {
                const struct place *p = &places.v[i];

                if (is_mine(p) && is_worth(i) && !(how.fail && p->task == 0 && p->call < first_own))
                        sweep_place(lab, p, turn++);
        }
}

static bool option(int c, const char *value)
{
        switch (c) {
        case 's':
                how.stride = (unsigned)atoi(value);
                return how.stride > 0;
        case 'o':
                how.offset = (unsigned)atoi(value);
                return true;
        case 'e':
                return how.every = true;
        case 'i':
                return sscanf(value, "%u/%u", &how.share, &how.of) == 2 && how.share < how.of;
        case 'x':
                return how.at_exit = true;
        case 't':
                return how.caller = true;
        case 'a':
                return how.all_errors = true;
        default:
                return false;
        }
}

int main(int argc, char **argv)
{
        struct trace_want watch = { .each = note_place };
        struct timespec start, end;
        struct trace_seen seen;
        struct outcome o;
        struct lab lab;
        char title[96];
        unsigned calls = 0;

        if (argc < 2)
                errx(2, "usage: sweep -j jail -f file -n name [-s stride] [-o offset] [-i share/of] [-x] [-t] [-a] [-e] [-k] mode");
        snprintf(title, sizeof title, "%s", argv[argc - 1]);
        how.fail = strncmp(title, "fail-", 5) == 0;
        how.init = strncmp(title, "init-", 5) == 0;
        how.op = strstr(title, "-create") ? "-c" : strstr(title, "-remove") ? "-r" : "-m";
        if (lab_init(&lab, title, argc, argv, "s:o:i:xtae", option) != argc - 1)
                errx(2, "sweep: one mode");
        clock_gettime(CLOCK_MONOTONIC, &start);
        snprintf(lab.place, sizeof lab.place, "counting");
        if (!makes())
                lab_create(&lab);
        o = lab_run(&lab, how.op, &watch, &seen);
        if (o.status != 0)
                lab_fail(&lab, &o, "fails under the tracer");
        gone(&lab, "-r");
        lab_settled(&lab, "after counting");
        for (unsigned task = 0; task < seen.tasks; task++)
                calls += seen.calls[task];
        sweep_all(&lab);
        clock_gettime(CLOCK_MONOTONIC, &end);
        printf("%s %s%s%s share %u/%u: %u calls in %u tasks, %u %s", title, lab.name, how.at_exit ? " at exit" : "",
               how.caller ? " caller" : "", how.share + 1, how.of, calls, seen.tasks, count.runs,
               how.fail ? "made to fail" : "kills");
        if (how.fail || how.init)
                printf(" (%u refused, %u harmless), %u untouched", count.fatal, count.harmless, count.untouched);
        printf(", %d failures, %lld s\n", lab.failures, (long long)(end.tv_sec - start.tv_sec));
        return lab_finish(&lab);
}
