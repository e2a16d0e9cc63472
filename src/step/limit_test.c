/*
 * Limits end to end, with a record and a process in a pid namespace of its own
 * for a jail. As root; groups are called gaol-test-PID.
 */
#include "limit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "kern/caps.h"
#include "kern/cgroup.h"
#include "kern/pidfd.h"
#include "state/record.h"

/* ------------------------------------------------------------ each process */

static int in_child(int (*body)(void))
{
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0)
                _exit(body());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static int lower_all(void)
{
        struct jail_spec s;
        struct rlimit before, now;

        spec_init(&s);
        if (limit_rlimits(&s, false, NULL) < 0)
                return 1;
        s.rctl[RCTL_OPENFILES] = 64;
        s.rctl[RCTL_CPUTIME] = 1000;
        s.rctl[RCTL_COREDUMPSIZE] = 0;
        s.rctl[RCTL_MSGQSIZE] = 4096;
        s.rctl[RCTL_STACKSIZE] = 8 << 20;
        s.rctl[RCTL_DATASIZE] = s.rctl[RCTL_VMEMORYUSE] = 1u << 30;
        s.rctl[RCTL_MEMORYLOCKED] = 16384;
        getrlimit(RLIMIT_NOFILE, &before);
        if (limit_rlimits(&s, true, NULL) < 0)
                return 2;
        getrlimit(RLIMIT_NOFILE, &now);
        if (now.rlim_max != before.rlim_max || now.rlim_cur != before.rlim_cur)
                return 6;
        if (limit_rlimits(&s, false, NULL) < 0)
                return 2;
        getrlimit(RLIMIT_NOFILE, &now);
        if (now.rlim_cur != 64 || now.rlim_max != 64)
                return 3;
        getrlimit(RLIMIT_AS, &now);
        if (now.rlim_cur != 1u << 30 || now.rlim_max != 1u << 30)
                return 4;
        getrlimit(RLIMIT_MSGQUEUE, &now);
        return now.rlim_max == 4096 ? 0 : 5;
}

static int above_hard(void)
{
        struct rlimit limit = { 100, 100 };
        struct err e = { 0 };
        struct jail_spec s;

        spec_init(&s);
        s.rctl[RCTL_OPENFILES] = 1048576;
        if (caps_limit(0, NULL) < 0 && geteuid() == 0)
                return 1;
        setrlimit(RLIMIT_NOFILE, &limit);
        if (limit_rlimits(&s, false, &e) != -EPERM)
                return 2;
        return str_eq(e.text, "rctl.openfiles: 1048576: above the hard limit 100") ? 0 : 3;
}

static void test_rlimits(void **state)
{
        (void)state;
        assert_int_equal(in_child(lower_all), 0);
        assert_int_equal(in_child(above_hard), 0);
}

/* ------------------------------------------------------------------- a jail */

static const struct cgroup_layout *layout;
static struct store store;
static char dir[] = "/tmp/gaol-limit-XXXXXX";

struct jail {
        struct jail_spec spec;
        struct record rec;
        struct run run;
};

static void fail_with(const struct err *e)
{
        fail_msg("%s", e->text);
}

static void jail_begin(struct jail *j, const char *prefix)
{
        struct err e = { 0 };
        char name[64];

        snprintf(name, sizeof name, "%sgaol-test-%d", prefix, (int)getpid());
        spec_init(&j->spec);
        assert_int_equal(str_set(&j->spec.name, name), 0);
        assert_int_equal(str_set(&j->spec.path, "/"), 0);
        if (record_create(&store, &j->spec, 0, &j->rec, &e) < 0)
                fail_with(&e);
        run_init(&j->run);
        j->run.spec = &j->spec;
        j->run.name = j->rec.name;
        j->run.record = &j->rec;
}

static void enact(struct jail *j)
{
        struct err e = { 0 };

        if (step_limit.enact(&j->run, &e) < 0)
                fail_with(&e);
}

/* As plan_undo() does it; twice, for that must do no harm. Nothing of the jail's name may be left in any tree. */
static void jail_end(struct jail *j)
{
        struct err e = { 0 };

        for (int twice = 0; twice < 2; twice++)
                for (size_t i = j->rec.n_entries; i-- > 0;)
                        if (step_limit.undo(&j->run, j->rec.entries[i].note, &e) < 0)
                                fail_with(&e);
        for (size_t i = 0; i < j->rec.n_entries; i++) {
                const char *blank = strchr(j->rec.entries[i].note, ' ');
                const struct cgroup_tree *t;
                struct stat st;

                for (size_t k = 0; k < layout->n; k++) {
                        t = &layout->tree[k];
                        assert_int_equal(fstatat(t->dir, blank + 1, &st, 0), -1);
                }
        }
        run_finish(&j->run);
        record_unlink(&j->rec, NULL);
        record_close(&j->rec);
        spec_finish(&j->spec);
}

/* The group that has a controller, by the record. */
static int group_of(struct jail *j, enum cgroup_ctl ctl)
{
        const struct cgroup_tree *t = cgroup_tree_of(layout, ctl);
        struct err e = { 0 };

        for (size_t i = 0; i < j->rec.n_entries; i++) {
                const char *note = j->rec.entries[i].note, *blank = strchr(note, ' ');

                if (strlen(t->name) == (size_t)(blank - note) && strncmp(note, t->name, strlen(t->name)) == 0) {
                        int fd = cgroup_open(t, blank + 1, &e);

                        if (fd < 0)
                                fail_with(&e);
                        return fd;
                }
        }
        return -EBADF;
}

static void expect(struct jail *j, enum cgroup_ctl ctl, const char *v1, const char *v2, const char *want)
{
        autofd group = group_of(j, ctl);
        char text[256];
        struct err e = { 0 };

        assert_true(group >= 0);
        if (fd_get(group, cgroup_tree_of(layout, ctl)->v2 ? v2 : v1, text, sizeof text, &e) < 0)
                fail_with(&e);
        assert_string_equal(text, want);
}

static bool v2_has(enum cgroup_ctl ctl)
{
        return cgroup_tree_of(layout, ctl)->v2;
}

static void need(enum cgroup_ctl ctl)
{
        const struct cgroup_tree *t = cgroup_tree_of(layout, ctl);

        if (!t || faccessat(t->dir, *t->prefix ? t->prefix : ".", W_OK, 0) < 0) {
                print_message("skipped: needs a writable %s cgroup\n", cgroup_ctl_name(ctl));
                skip();
        }
}

/* PID 1 of a pid namespace, with two processes more, as the maker makes it; it ends when told so, or killed. */
static void spawn(struct jail *j, bool attach)
{
        struct err e = { 0 };
        int go[2];
        char c;

        assert_int_equal(pipe2(go, O_CLOEXEC), 0);
        j->run.init = pidfd_clone(CLONE_NEWPID, j->run.cgroup, &j->run.init_pidfd);
        if (j->run.init == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                close(go[1]);
                if (read(go[0], &c, 1) != 1)
                        _exit(1);
                for (int i = 0; i < 2; i++)
                        if (fork() == 0) {
                                /* one more pid namespace, below */
                                if (i == 1 && unshare(CLONE_NEWPID) == 0)
                                        fork();
                                for (;;)
                                        pause();
                        }
                for (;;)
                        pause();
        }
        assert_true(j->run.init > 0);
        close(go[0]);
        if (attach && limit_attach(&j->run, j->run.init, &e) < 0)
                fail_with(&e);
        assert_int_equal(write(go[1], "g", 1), 1);
        close(go[1]);
}

static void end_init(struct jail *j)
{
        pidfd_kill(j->run.init_pidfd, SIGKILL);
        pidfd_reap(j->run.init_pidfd, NULL);
}

static size_t members(struct jail *j, enum cgroup_ctl ctl)
{
        autofd group = group_of(j, ctl);
        pid_t *pids;
        size_t n;

        assert_int_equal(cgroup_processes(group, &pids, &n, NULL), 0);
        free(pids);
        return n;
}

static void wait_for_members(struct jail *j, enum cgroup_ctl ctl, size_t n)
{
        for (int tries = 0; tries < 500 && members(j, ctl) != n; tries++)
                usleep(10 * 1000);
        assert_int_equal(members(j, ctl), n);
}

static void test_nothing_asked(void **state)
{
        struct jail j;

        (void)state;
        jail_begin(&j, "");
        enact(&j);
        assert_int_equal(j.rec.n_entries, 0);
        assert_int_equal(j.run.cgroup, -EBADF);
        assert_int_equal(limit_attach(&j.run, getpid(), NULL), 0);
        assert_int_equal(limit_open(&j.run, NULL), 0);
        jail_end(&j);
}

static void test_enact(void **state)
{
        struct err e = { 0 };
        struct jail j;
        bool entered;

        (void)state;
        need(CGROUP_MEMORY);
        need(CGROUP_PIDS);
        need(CGROUP_CPU);
        jail_begin(&j, "");
        j.spec.rctl[RCTL_MEMORYUSE] = 64 << 20;
        j.spec.rctl[RCTL_MAXPROC] = 9;
        j.spec.rctl[RCTL_PCPU] = 250;
        enact(&j);
        expect(&j, CGROUP_MEMORY, "memory.limit_in_bytes", "memory.max", "67108864");
        expect(&j, CGROUP_PIDS, "pids.max", "pids.max", "9");
        expect(&j, CGROUP_CPU, "cpu.cfs_quota_us", "cpu.max", v2_has(CGROUP_CPU) ? "250000 100000" : "250000");
        spawn(&j, true);
        wait_for_members(&j, CGROUP_PIDS, 4);
        wait_for_members(&j, CGROUP_MEMORY, 4);
        wait_for_members(&j, CGROUP_CPU, 4);

        /* somebody enters who has only the record */
        entered = j.run.cgroup >= 0;
        fd_drop(&j.run.cgroup);
        if (entered)
                assert_int_equal(limit_attach(&j.run, getpid(), &e), -ENOENT);
        assert_int_equal(limit_open(&j.run, &e), 0);
        assert_int_equal(j.run.cgroup >= 0, entered);
        end_init(&j);
        jail_end(&j);
}

/* What the kernel refuses: parameter, value, file, reason, in a line. */
static void test_refused(void **state)
{
        struct err e = { 0 };
        char want[128];
        struct jail j;

        (void)state;
        need(CGROUP_CPU);
        jail_begin(&j, "");
        j.spec.rctl[RCTL_PCPU] = 0;
        assert_int_equal(step_limit.enact(&j.run, &e), -EINVAL);
        snprintf(want, sizeof want, "rctl.pcpu: 0: write %s: Invalid argument",
                 v2_has(CGROUP_CPU) ? "cpu.max" : "cpu.cfs_quota_us");
        assert_string_equal(e.text, want);
        jail_end(&j);

        jail_begin(&j, "");
        j.spec.rctl[RCTL_PCPU] = UINT64_MAX - 1;
        assert_int_equal(step_limit.enact(&j.run, &e), -ERANGE);
        jail_end(&j);

        need(CGROUP_MEMORY);
        if (!v2_has(CGROUP_MEMORY)) {
                jail_begin(&j, "");
                j.spec.rctl[RCTL_SWAPUSE] = 1 << 20;
                assert_int_equal(step_limit.enact(&j.run, &e), -EINVAL);
                assert_string_equal(e.text, "rctl.swapuse: 1048576: cgroup version 1 limits swap only together with "
                                            "rctl.memoryuse");
                jail_end(&j);
        }
}

/* Names of files that are in every group. */
static void test_names(void **state)
{
        static const char *const prefixes[] = { "memory.", "_", "cgroup.procs.", "a.b." };
        struct jail j;

        (void)state;
        need(CGROUP_PIDS);
        for (size_t i = 0; i < COUNT(prefixes); i++) {
                jail_begin(&j, prefixes[i]);
                j.spec.rctl[RCTL_MAXPROC] = 3;
                enact(&j);
                assert_int_equal(!!strstr(j.rec.entries[0].note, "/_"), i < 3);
                expect(&j, CGROUP_PIDS, "pids.max", "pids.max", "3");
                jail_end(&j);
        }
}

/* Somebody else's group of that name is left alone, and its processes with it. */
static void test_taken(void **state)
{
        const struct cgroup_tree *t;
        struct err e = { 0 };
        struct jail j;
        char theirs[256];
        pid_t pid;
        int status;

        (void)state;
        need(CGROUP_PIDS);
        t = cgroup_tree_of(layout, CGROUP_PIDS);
        snprintf(theirs, sizeof theirs, "%s%s%s/gaol-test-%d", t->prefix, *t->prefix ? "/" : "",
                 t->v2 ? "gaol.pids" : "gaol", (int)getpid());
        assert_int_equal(cgroup_make(t, theirs, 1u << CGROUP_PIDS, &e), 0);
        pid = fork();
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;)
                        pause();
        }
        {
                autofd group = cgroup_open(t, theirs, &e);

                assert_int_equal(cgroup_attach(group, pid, &e), 0);
        }
        jail_begin(&j, "");
        j.spec.rctl[RCTL_MAXPROC] = 9;
        enact(&j);
        assert_int_equal(j.rec.n_entries, 1);
        assert_non_null(strchr(j.rec.entries[0].note, '~'));
        spawn(&j, true);
        wait_for_members(&j, CGROUP_PIDS, 4);
        end_init(&j);
        jail_end(&j);
        assert_int_equal(kill(pid, 0), 0);
        assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
        assert_int_equal(cgroup_remove(t, theirs, &e), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void change(struct jail *j, const struct jail_spec *new, int want, struct err *e)
{
        const struct jail_spec *old = j->run.spec;
        int r;

        j->run.spec = new;
        r = step_limit.change(&j->run, old, e);
        if (r < 0 && want == 0)
                fail_with(e);
        assert_int_equal(r, want);
        if (r < 0)
                j->run.spec = old;
}

static void test_change(void **state)
{
        struct err e = { 0 };
        struct jail_spec a, b, c, d;
        struct jail j;
        size_t notes;

        (void)state;
        need(CGROUP_PIDS);
        need(CGROUP_CPU);
        need(CGROUP_MEMORY);
        jail_begin(&j, "");
        enact(&j);
        spawn(&j, true);
        usleep(100 * 1000);
        assert_int_equal(spec_copy(&a, &j.spec), 0);
        assert_int_equal(spec_copy(&b, &j.spec), 0);
        assert_int_equal(spec_copy(&c, &j.spec), 0);
        assert_int_equal(spec_copy(&d, &j.spec), 0);

        /* one that cannot be: nothing is made, nobody is moved */
        a.rctl[RCTL_MAXPROC] = 20;
        a.rctl[RCTL_PCPU] = 0;
        change(&j, &a, -EINVAL, &e);
        for (size_t i = 0; i < j.rec.n_entries; i++)
                assert_true(j.rec.entries[i].done);
        assert_int_equal(j.rec.n_entries, 0);

        /* a first limit on a jail that has none */
        b.rctl[RCTL_MAXPROC] = 20;
        change(&j, &b, 0, &e);
        wait_for_members(&j, CGROUP_PIDS, 4);
        expect(&j, CGROUP_PIDS, "pids.max", "pids.max", "20");
        assert_true(j.rec.entries[0].done);
        notes = j.rec.n_entries;

        /* another one comes, the first one changes */
        c.rctl[RCTL_MAXPROC] = 30;
        c.rctl[RCTL_MEMORYUSE] = 256 << 20;
        change(&j, &c, 0, &e);
        wait_for_members(&j, CGROUP_MEMORY, 4);
        wait_for_members(&j, CGROUP_PIDS, 4);
        expect(&j, CGROUP_PIDS, "pids.max", "pids.max", "30");
        expect(&j, CGROUP_MEMORY, "memory.limit_in_bytes", "memory.max", "268435456");
        assert_int_equal(j.rec.n_entries, v2_has(CGROUP_MEMORY) == v2_has(CGROUP_PIDS) && v2_has(CGROUP_PIDS) ? notes : 2);

        /* one of several is refused: the others are as before */
        d.rctl[RCTL_MAXPROC] = 40;
        d.rctl[RCTL_MEMORYUSE] = 512 << 20;
        d.rctl[RCTL_PCPU] = 0;
        change(&j, &d, -EINVAL, &e);
        expect(&j, CGROUP_PIDS, "pids.max", "pids.max", "30");
        expect(&j, CGROUP_MEMORY, "memory.limit_in_bytes", "memory.max", "268435456");

        /* and off again */
        change(&j, &j.spec, 0, &e);
        expect(&j, CGROUP_PIDS, "pids.max", "pids.max", "max");
        expect(&j, CGROUP_MEMORY, "memory.limit_in_bytes", "memory.max",
               v2_has(CGROUP_MEMORY) ? "max" : "9223372036854771712");
        end_init(&j);
        jail_end(&j);
        spec_finish(&a);
        spec_finish(&b);
        spec_finish(&c);
        spec_finish(&d);
}

static void test_swap(void **state)
{
        static const uint64_t steps[][2] = { { 64, 32 }, { 256, 16 }, { 32, 300 }, { 16, 0 } };
        struct err e = { 0 };
        struct jail_spec spec[COUNT(steps)];
        struct jail j;
        char want[32];
        int r;

        (void)state;
        need(CGROUP_MEMORY);
        jail_begin(&j, "");
        enact(&j);
        spawn(&j, true);
        for (size_t i = 0; i < COUNT(steps); i++) {
                const struct jail_spec *old = j.run.spec;

                assert_int_equal(spec_copy(&spec[i], &j.spec), 0);
                spec[i].rctl[RCTL_MEMORYUSE] = steps[i][0] << 20;
                spec[i].rctl[RCTL_SWAPUSE] = steps[i][1] << 20;
                j.run.spec = &spec[i];
                r = step_limit.change(&j.run, old, &e);
                if (i == 0 && r == -EOPNOTSUPP) {
                        assert_true(strstr(e.text, "rctl.swapuse: 33554432: the kernel does not account swap (no "));
                        print_message("skipped: %s\n", e.text);
                        spec_finish(&spec[0]);
                        end_init(&j);
                        jail_end(&j);
                        skip();
                }
                if (r < 0)
                        fail_with(&e);
                snprintf(want, sizeof want, "%llu", (unsigned long long)steps[i][0] << 20);
                expect(&j, CGROUP_MEMORY, "memory.limit_in_bytes", "memory.max", want);
                snprintf(want, sizeof want, "%llu",
                         (unsigned long long)(steps[i][1] + (v2_has(CGROUP_MEMORY) ? 0 : steps[i][0])) << 20);
                expect(&j, CGROUP_MEMORY, "memory.memsw.limit_in_bytes", "memory.swap.max", want);
        }
        change(&j, &j.spec, 0, &e);
        expect(&j, CGROUP_MEMORY, "memory.memsw.limit_in_bytes", "memory.swap.max",
               v2_has(CGROUP_MEMORY) ? "max" : "9223372036854771712");
        end_init(&j);
        jail_end(&j);
        for (size_t i = 0; i < COUNT(steps); i++)
                spec_finish(&spec[i]);
}

static void test_io(void **state)
{
        static const char *const places[] = { "/", "/home", "/var", "/scratch" };
        struct err e = { 0 };
        char disk[32], want[128];
        struct jail_spec more;
        struct jail j;
        size_t place = 0;

        (void)state;
        need(CGROUP_IO);
        jail_begin(&j, "");
        assert_int_equal(str_set(&j.spec.path, "/proc"), 0);
        j.spec.rctl[RCTL_READBPS] = 1 << 20;
        assert_int_equal(step_limit.enact(&j.run, &e), -ENODEV);
        assert_string_equal(e.text, "rctl.readbps: 1048576: /proc: on no block device (proc)");
        jail_end(&j);

        jail_begin(&j, "");
        j.spec.rctl[RCTL_READBPS] = 1 << 20;
        j.spec.rctl[RCTL_WRITEIOPS] = 100;
        while (place < COUNT(places) && cgroup_disk_of(places[place], disk, sizeof disk, &e) < 0)
                place++;
        if (place == COUNT(places)) {
                jail_end(&j);
                print_message("skipped: needs a directory on a disk: %s\n", e.text);
                skip();
        }
        assert_int_equal(str_set(&j.spec.path, places[place]), 0);
        enact(&j);
        if (v2_has(CGROUP_IO)) {
                snprintf(want, sizeof want, "%s rbps=1048576 wbps=max riops=max wiops=100", disk);
                expect(&j, CGROUP_IO, "", "io.max", want);
        } else {
                snprintf(want, sizeof want, "%s 1048576", disk);
                expect(&j, CGROUP_IO, "blkio.throttle.read_bps_device", "", want);
                snprintf(want, sizeof want, "%s 100", disk);
                expect(&j, CGROUP_IO, "blkio.throttle.write_iops_device", "", want);
        }
        spawn(&j, true);
        assert_int_equal(spec_copy(&more, &j.spec), 0);
        more.rctl[RCTL_READBPS] = RCTL_NONE;
        more.rctl[RCTL_WRITEIOPS] = 0;
        change(&j, &more, -ERANGE, &e);
        assert_true(str_starts(e.text, "rctl.writeiops: 0: write "));
        more.rctl[RCTL_WRITEIOPS] = RCTL_NONE;
        change(&j, &more, 0, &e);
        expect(&j, CGROUP_IO, "blkio.throttle.read_bps_device", "io.max", "");
        end_init(&j);
        jail_end(&j);
        spec_finish(&more);
}

/* Children of PID 1 that are in no group of the jail. One that is ending is in none either, for an instant. */
static int outside(struct jail *j)
{
        char path[64], children[4096], groups[4096];
        int n = 0;

        snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)j->run.init, (int)j->run.init);
        if (fd_get(AT_FDCWD, path, children, sizeof children, NULL) < 0)
                return 0;
        for (char *rest = children, *word; (word = strsep(&rest, " "));) {
                snprintf(path, sizeof path, "/proc/%s/cgroup", word);
                if (*word && fd_get(AT_FDCWD, path, groups, sizeof groups, NULL) > 0)
                        n += !strstr(groups, strchr(j->rec.entries[0].note, ' ') + 1);
        }
        return n;
}

/* A limit comes while processes beget their successors all the time: no line of them may stay outside. */
static void test_fork_storm(void **state)
{
        struct err e = { 0 };
        struct jail_spec limited;
        struct jail j;
        int n = 1;

        (void)state;
        need(CGROUP_PIDS);
        jail_begin(&j, "");
        enact(&j);
        j.run.init = pidfd_clone(CLONE_NEWPID, -1, &j.run.init_pidfd);
        if (j.run.init == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                signal(SIGCHLD, SIG_IGN);
                for (int i = 0; i < 5; i++)
                        if (fork() == 0)
                                for (;;) {
                                        usleep(500);
                                        if (fork() != 0)
                                                _exit(0);
                                }
                for (;;)
                        pause();
        }
        assert_true(j.run.init > 0);
        usleep(20 * 1000);
        assert_int_equal(spec_copy(&limited, &j.spec), 0);
        limited.rctl[RCTL_MAXPROC] = 200;
        change(&j, &limited, 0, &e);
        /* A line outside would be seen every time. */
        for (int tries = 0; n > 0 && tries < 50; tries++) {
                usleep(7 * 1000);
                n = outside(&j);
        }
        assert_int_equal(n, 0);
        end_init(&j);
        jail_end(&j);
        spec_finish(&limited);
}

static int setup(void **state)
{
        struct err e = { 0 };

        (void)state;
        if (cgroup_layout_get(&layout, &e) < 0 || !mkdtemp(dir) || store_open(&store, dir, true, &e) < 0) {
                fprintf(stderr, "%s: %s\n", dir, e.text);
                return -1;
        }
        return 0;
}

static int teardown(void **state)
{
        char command[64];

        (void)state;
        store_close(&store);
        snprintf(command, sizeof command, "rm -rf %s", dir);
        return system(command);
}

int main(void)
{
        const struct CMUnitTest anybody[] = {
                cmocka_unit_test(test_rlimits),
        };
        const struct CMUnitTest root[] = {
                cmocka_unit_test(test_nothing_asked),
                cmocka_unit_test(test_enact),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_taken),
                cmocka_unit_test(test_change),
                cmocka_unit_test(test_swap),
                cmocka_unit_test(test_io),
                cmocka_unit_test(test_fork_storm),
        };
        int r = cmocka_run_group_tests(anybody, NULL, NULL);

        if (r != 0)
                return r;
        if (geteuid() != 0) {
                puts("skipped: making control groups needs root");
                return 77;
        }
        return cmocka_run_group_tests(root, setup, teardown);
}
