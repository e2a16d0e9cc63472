/*
 *     sweep -j JAIL -f FILE -n NAME [-s STRIDE] [-i SHARE/OF] [-x] [-t] [-a] [-k] MODE
 *
 * Does something to "jail -c NAME" (modes kill-create, fail-create) or to
 * "jail -r NAME" (kill-remove, fail-remove) at its first system call, then at
 * its second, and so on to the last; then again for each of its children that
 * run our code. After each, the next "jail -r", or "jail -c" and "jail -r",
 * must leave the host as it was before.
 *
 * kill: SIGKILL to the command as it enters the call (-x: as it leaves it;
 * -t: to the process that makes the call, which is another one only for children).
 * fail: the call returns an error of a kind it is known for (-a: one run for
 * each such error, not one for all). Then the command must exit with 1, one
 * line and nothing left, or not mind.
 *
 * -s takes each STRIDE-th call, -i the SHARE-th part OF them, for running side by side.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "lab.h"

static struct {
        bool fail, remove, at_exit, caller, all_errors;
        unsigned stride, share, of;
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

static void gone(struct lab *lab, const char *op)
{
        struct outcome o = lab_run(lab, op, NULL, NULL);

        if (o.status != 0 && !lab_not_found(lab, &o))
                lab_fail(lab, &o, "jail %s afterwards fails", op);
}

/* What an administrator might do next: remove it, make it, or remove it without its commands. */
static const char *recover(struct lab *lab, unsigned turn)
{
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

/* Returns whether the place exists. */
static bool one(struct lab *lab, unsigned task, unsigned call, unsigned turn)
{
        struct trace_want want = {
                .act = how.fail ? TRACE_FAIL : how.caller ? TRACE_KILL_CALLER : TRACE_KILL, .task = task, .call = call,
                .at_exit = how.at_exit, .choose = choose_error,
        };
        struct trace_seen seen;
        struct outcome o;
        const char *after;

        snprintf(lab->place, sizeof lab->place, "task %u call %u", task, call);
        if (how.remove && !lab_create(lab))
                return true;
        o = lab_run(lab, how.remove ? "-r" : "-c", &want, &seen);
        snprintf(lab->place, sizeof lab->place, "task %u call %u, %s%s%s", task, call, trace_name(seen.nr),
                 seen.error ? ", " : "", seen.error ? strerrorname_np(seen.error) : "");
        count.runs += seen.hit;
        count.unreached += !seen.reached;
        count.untouched += seen.reached && !seen.hit;
        if (seen.timed_out)
                lab_fail(lab, &o, "hangs");
        else if (!seen.hit && o.status != 0)
                lab_fail(lab, &o, "fails without being touched");
        else if (seen.hit && how.fail)
                judge_failed(lab, &o);
        else if (seen.hit && how.caller && task > 0 && o.status != 0 && !lab_refused(lab, &o, NULL))
                lab_fail(lab, &o, "neither done nor refused with one line");
        else if (seen.hit && !(how.caller && task > 0) && o.status != 128 + 9)
                lab_fail(lab, &o, "did not end by SIGKILL");
        /* Who could still answer has cleaned up himself. */
        if (!how.remove && o.status == 1 && !lab_settled(lab, "after the failure"))
                return seen.reached;
        after = recover(lab, turn);
        lab_settled(lab, after);
        return seen.reached;
}

/* ---------------------------------------------------------------- all places */

/* The calls of a program that starts by itself, before it reaches main(): ours tells by its first prctl(2). */
static unsigned first_own;

static void look_for_start(unsigned task, unsigned call, long nr)
{
        if (task == 0 && nr == SYS_prctl && !first_own)
                first_own = call;
}

static void sweep_task(struct lab *lab, unsigned task, unsigned calls)
{
        unsigned missed = 0, turn = how.share;

        for (unsigned i = how.share * how.stride;; i += how.of * how.stride, turn++) {
                unsigned call = i + 1, kinds = how.fail && how.all_errors ? 3 : 1;
                bool there = false;

                if (how.fail && task == 0 && call < first_own)
                        continue;
                for (unsigned k = 0; k < kinds; k++) {
                        unsigned before = count.runs;

                        which_error = kinds > 1 ? k : turn;
                        there = one(lab, task, call, turn + k);
                        if (count.runs == before)
                                break;
                }
                missed = there ? 0 : missed + 1;
                if (call > calls && (missed > 1 || call > calls + 100))
                        break;
        }
}

static bool option(int c, const char *value)
{
        switch (c) {
        case 's':
                how.stride = (unsigned)atoi(value);
                return how.stride > 0;
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
        struct trace_want watch = { .each = look_for_start };
        struct timespec start, end;
        struct trace_seen seen;
        struct outcome o;
        struct lab lab;
        char title[96];
        unsigned calls = 0;

        if (argc < 2)
                errx(2, "usage: sweep -j jail -f file -n name [-s stride] [-i share/of] [-x] [-t] [-a] [-k] mode");
        snprintf(title, sizeof title, "%s", argv[argc - 1]);
        how.fail = strncmp(title, "fail-", 5) == 0;
        how.remove = strcmp(title + 5, "remove") == 0;
        if (lab_init(&lab, title, argc, argv, "s:i:xta", option) != argc - 1)
                errx(2, "sweep: one mode");
        clock_gettime(CLOCK_MONOTONIC, &start);
        snprintf(lab.place, sizeof lab.place, "counting");
        if (how.remove)
                lab_create(&lab);
        o = lab_run(&lab, how.remove ? "-r" : "-c", &watch, &seen);
        if (o.status != 0)
                lab_fail(&lab, &o, "fails under the tracer");
        if (!how.remove)
                gone(&lab, "-r");
        lab_settled(&lab, "after counting");
        for (unsigned task = 0; task < seen.tasks; task++) {
                sweep_task(&lab, task, seen.calls[task]);
                calls += seen.calls[task];
        }
        clock_gettime(CLOCK_MONOTONIC, &end);
        printf("%s %s%s%s share %u/%u: %u calls in %u tasks, %u %s", title, lab.name, how.at_exit ? " at exit" : "",
               how.caller ? " caller" : "", how.share + 1, how.of, calls, seen.tasks, count.runs,
               how.fail ? "made to fail" : "kills");
        if (how.fail)
                printf(" (%u refused, %u harmless), %u cannot fail", count.fatal, count.harmless, count.untouched);
        printf(", %d failures, %lld s\n", lab.failures, (long long)(end.tv_sec - start.tv_sec));
        return lab_finish(&lab);
}
