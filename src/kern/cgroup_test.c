/*
 * The layouts of other machines from their texts; on this one, as root, a group
 * of our own name: a limit that bites, freezing, and removing what is nested.
 */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/str.h"
#include "pidfd.h"

/* ------------------------------------------------------------------ layout */

static const char hybrid_mounts[] =
        "22 1 0:20 / /proc rw - proc proc rw\n"
        "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
        "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
        "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:10 master:2 - cgroup cgroup rw,memory\n"
        "38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio\n"
        "39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"
        "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd\n"
        "42 31 0:39 / /sys/fs/cgroup/net_cls rw,relatime - cgroup cgroup rw,net_cls\n"
        "43 31 0:40 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n";
static const char hybrid_self[] =
        "9:name=systemd:/user.slice\n7:blkio:/\n6:freezer:/\n4:memory:/api/27ee\n3:pids:/\n"
        "1:cpu,cpuacct:/a\n0::/user.slice/x\n";

static void test_hybrid(void **state)
{
        struct cgroup_layout l;
        const struct cgroup_tree *t;

        (void)state;
        assert_int_equal(cgroup_layout_parse(hybrid_mounts, hybrid_self, &l, NULL), 0);
        assert_int_equal(l.n, 6);
        cgroup_layout_add_v2(&l, "");
        t = cgroup_tree_of(&l, CGROUP_MEMORY);
        assert_string_equal(t->name, "memory");
        assert_string_equal(t->mount, "/sys/fs/cgroup/memory");
        assert_string_equal(t->own, "api/27ee");
        assert_false(t->v2);
        t = cgroup_tree_of(&l, CGROUP_CPU);
        assert_string_equal(t->name, "cpu,cpuacct");
        assert_string_equal(t->own, "a");
        assert_string_equal(cgroup_tree_of(&l, CGROUP_IO)->name, "blkio");
        /* the version 2 tree has no controllers, but it can freeze */
        t = cgroup_tree_of(&l, CGROUP_FREEZER);
        assert_true(t->v2);
        assert_string_equal(t->own, "user.slice/x");
        assert_ptr_equal(cgroup_tree_named(&l, "v2"), t);
        assert_null(cgroup_tree_of(&l, CGROUP_CPUSET));
        assert_null(cgroup_tree_named(&l, "net_cls"));
        cgroup_layout_free(&l);

        /* a controller that is on version 2 is on no other tree; should a kernel say both, the newer counts */
        assert_int_equal(cgroup_layout_parse(hybrid_mounts, hybrid_self, &l, NULL), 0);
        cgroup_layout_add_v2(&l, "cpuset pids io\n");
        assert_true(cgroup_tree_of(&l, CGROUP_PIDS)->v2);
        assert_true(cgroup_tree_of(&l, CGROUP_IO)->v2);
        assert_false(cgroup_tree_of(&l, CGROUP_MEMORY)->v2);
        cgroup_layout_free(&l);
}

static void test_v2(void **state)
{
        struct cgroup_layout l;

        (void)state;
        assert_int_equal(cgroup_layout_parse("30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
                                             "0::/system.slice/ssh.service\n", &l, NULL), 0);
        assert_int_equal(l.n, 1);
        cgroup_layout_add_v2(&l, "cpuset cpu io memory hugetlb pids rdma misc");
        for (int i = 0; i < CGROUP_CTL_N; i++)
                assert_true(i == CGROUP_DEVICES ? !cgroup_tree_of(&l, i) : cgroup_tree_of(&l, i)->v2);
        assert_string_equal(l.tree[0].own, "system.slice/ssh.service");
        cgroup_layout_free(&l);
}

static void test_v1(void **state)
{
        struct cgroup_layout l;

        (void)state;
        assert_int_equal(cgroup_layout_parse("33 31 0:30 / /cg rw - cgroup none rw,cpuset,cpu,memory,pids,devices,blkio\n",
                                             "1:cpuset,cpu,memory,pids,devices,blkio:/\n", &l, NULL), 0);
        assert_int_equal(l.n, 1);
        assert_ptr_equal(cgroup_tree_of(&l, CGROUP_PIDS), cgroup_tree_of(&l, CGROUP_DEVICES));
        assert_string_equal(l.tree[0].own, "");
        assert_null(cgroup_tree_of(&l, CGROUP_FREEZER));
        cgroup_layout_free(&l);
        assert_int_equal(cgroup_layout_parse("22 1 0:20 / /proc rw - proc proc rw\n", "", &l, NULL), 0);
        assert_int_equal(l.n, 0);
        /* lines that are none */
        assert_int_equal(cgroup_layout_parse("1 2 3\n\nx - cgroup\n1 2 3 4 5 6 - cgroup2\n", "::\n:\n0::", &l, NULL), 0);
        assert_int_equal(l.n, 0);
}

/* In a container: part of the tree bind-mounted, or a cgroup namespace, or both views at once. */
static void test_nested(void **state)
{
        struct cgroup_layout l;

        (void)state;
        assert_int_equal(cgroup_layout_parse("40 39 0:30 /docker/ab /cg/pids\\040here ro - cgroup cgroup rw,pids\n"
                                             "41 39 0:31 /docker/ab /cg/memory ro - cgroup cgroup rw,memory\n"
                                             "42 39 0:32 /docker/ab /cg/cpu ro - cgroup cgroup rw,cpu\n",
                                             "3:pids:/docker/ab\n2:memory:/docker/ab/inner\n1:cpu:/docker/abc\n", &l, NULL), 0);
        assert_string_equal(cgroup_tree_of(&l, CGROUP_PIDS)->own, "");
        assert_string_equal(cgroup_tree_of(&l, CGROUP_PIDS)->mount, "/cg/pids here");
        assert_string_equal(cgroup_tree_of(&l, CGROUP_MEMORY)->own, "inner");
        assert_string_equal(cgroup_tree_of(&l, CGROUP_CPU)->own, "");
        cgroup_layout_free(&l);

        assert_int_equal(cgroup_layout_parse("40 39 0:30 / /cg rw - cgroup2 cgroup2 rw\n", "0::/../../other\n", &l, NULL), 0);
        assert_string_equal(l.tree[0].own, "");
        cgroup_layout_free(&l);

        assert_int_equal(cgroup_layout_parse("40 39 0:30 /a /cg/part rw - cgroup2 cgroup2 rw\n"
                                             "41 39 0:30 / /cg/all rw - cgroup2 cgroup2 rw\n"
                                             "42 39 0:30 / /cg/again rw - cgroup2 cgroup2 rw\n", "0::/a/b\n", &l, NULL), 0);
        assert_int_equal(l.n, 1);
        assert_string_equal(l.tree[0].mount, "/cg/all");
        assert_string_equal(l.tree[0].own, "a/b");
        cgroup_layout_free(&l);
}

/* ----------------------------------------------------------- on this kernel */

static const struct cgroup_layout *layout;
static char base[64];

/* A tree to write to that has the controller, or the test is skipped. */
static const struct cgroup_tree *need(enum cgroup_ctl ctl)
{
        const struct cgroup_tree *t;

        if (!layout)
                assert_int_equal(cgroup_layout_get(&layout, NULL), 0);
        snprintf(base, sizeof base, "gaol-test-%d", (int)getpid());
        t = cgroup_tree_of(layout, ctl);
        if (geteuid() != 0 || !t || faccessat(t->dir, *t->prefix ? t->prefix : ".", W_OK, 0) < 0) {
                print_message("skipped: needs root and a writable %s cgroup\n", cgroup_ctl_name(ctl));
                skip();
        }
        return t;
}

static char *path_of(const struct cgroup_tree *t, const char *leaf)
{
        static char path[512];

        snprintf(path, sizeof path, "%s%s%s/%s", t->prefix, *t->prefix ? "/" : "", base, leaf);
        return path;
}

static bool gone(const struct cgroup_tree *t)
{
        char path[512];
        struct stat st;

        snprintf(path, sizeof path, "%s%s%s", t->prefix, *t->prefix ? "/" : "", base);
        return fstatat(t->dir, path, &st, 0) < 0 && errno == ENOENT;
}

static void put(int group, const char *file, const char *text)
{
        struct err e = { 0 };

        if (fd_put(group, file, text, &e) < 0)
                fail_msg("%s", e.text);
}

/* Runs body in a child that is in the group: born there, or moved in while it waits. Returns its wait status. */
static int run_in(const struct cgroup_tree *t, int group, int (*body)(void))
{
        autofd pidfd = -EBADF;
        int go[2], status;
        pid_t pid;
        char c;

        assert_int_equal(pipe(go), 0);
        pid = pidfd_clone(0, t->v2 ? group : -1, &pidfd);
        if (pid == 0) {
                close(go[1]);
                if (read(go[0], &c, 1) != 1)
                        _exit(99);
                _exit(body());
        }
        close(go[0]);
        if (pid < 0) {
                close(go[1]);
                return pid;
        }
        if (!t->v2)
                assert_int_equal(cgroup_attach(group, pid, NULL), 0);
        assert_int_equal(write(go[1], "g", 1), 1);
        close(go[1]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return status;
}

static int fork_until_refused(void)
{
        pid_t children[16];
        int n = 0, code = 98;

        for (; n < 16; n++) {
                children[n] = fork();
                if (children[n] == 0) {
                        pause();
                        _exit(0);
                }
                if (children[n] < 0) {
                        code = errno == EAGAIN ? n : 97;
                        break;
                }
        }
        while (n-- > 0) {
                kill(children[n], SIGKILL);
                waitpid(children[n], NULL, 0);
        }
        return code;
}

static void test_pids(void **state)
{
        const struct cgroup_tree *t = need(CGROUP_PIDS);
        struct err e = { 0 };
        autofd group = -EBADF;
        int status;

        (void)state;
        if (cgroup_make(t, path_of(t, "a"), 1u << CGROUP_PIDS, &e) < 0)
                fail_msg("%s", e.text);
        group = cgroup_open(t, path_of(t, "a"), &e);
        assert_true(group >= 0);
        put(group, "pids.max", "4");
        status = run_in(t, group, fork_until_refused);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 3);
        assert_int_equal(fd_put(group, "pids.max", "many", &e), -EINVAL);
        assert_string_equal(e.text, "write pids.max: Invalid argument");
        assert_int_equal(cgroup_remove(t, path_of(t, "a"), &e), 0);
        assert_int_equal(cgroup_remove(t, path_of(t, "a"), &e), 0);
        assert_true(gone(t));
}

static int touch_memory(void)
{
        size_t size = 64 << 20;
        char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED)
                return 1;
        for (size_t i = 0; i < size; i += 4096)
                p[i] = 1;
        return 0;
}

static void test_memory(void **state)
{
        const struct cgroup_tree *t = need(CGROUP_MEMORY);
        struct err e = { 0 };
        autofd group = -EBADF;
        int status;

        (void)state;
        if (cgroup_make(t, path_of(t, "a"), 1u << CGROUP_MEMORY, &e) < 0)
                fail_msg("%s", e.text);
        group = cgroup_open(t, path_of(t, "a"), &e);
        assert_true(group >= 0);
        put(group, t->v2 ? "memory.max" : "memory.limit_in_bytes", "16777216");
        if (t->v2)
                fd_put(group, "memory.swap.max", "0", NULL);
        else
                fd_put(group, "memory.memsw.limit_in_bytes", "16777216", NULL);
        status = run_in(t, group, touch_memory);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGKILL);
        assert_int_equal(cgroup_remove(t, path_of(t, "a"), &e), 0);
        assert_true(gone(t));
}

/* Version 2: only what was asked for is on, and the second of two groups does not lose its parent. */
static void test_controllers(void **state)
{
        const struct cgroup_tree *t = need(CGROUP_PIDS);
        struct err e = { 0 };
        char text[256], b[512];
        autofd group = -EBADF;

        (void)state;
        if (cgroup_make(t, path_of(t, "b"), 1u << CGROUP_PIDS, &e) < 0)
                fail_msg("%s", e.text);
        snprintf(b, sizeof b, "%s", path_of(t, "b"));
        assert_int_equal(cgroup_make(t, path_of(t, "a"), 1u << CGROUP_PIDS, &e), 0);
        if (t->v2) {
                group = cgroup_open(t, b, &e);
                assert_true(group >= 0);
                assert_true(fd_get(group, "cgroup.controllers", text, sizeof text, NULL) >= 0);
                assert_string_equal(text, "pids");
                if (cgroup_tree_of(layout, CGROUP_MEMORY) == t) {
                        assert_int_equal(cgroup_enable(t, b, 1u << CGROUP_MEMORY, &e), 0);
                        assert_true(fd_get(group, "cgroup.controllers", text, sizeof text, NULL) >= 0);
                        assert_string_equal(text, "memory pids");
                }
        }
        assert_int_equal(cgroup_remove(t, path_of(t, "a"), &e), 0);
        assert_false(gone(t));
        assert_int_equal(cgroup_remove(t, b, &e), 0);
        assert_true(gone(t));
}

static pid_t sleeper_in(int group)
{
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                for (;;)
                        pause();
        }
        assert_int_equal(cgroup_attach(group, pid, NULL), 0);
        return pid;
}

/* What a jail may have left: nested groups with processes that do not want to go. */
static void remove_nested(const struct cgroup_tree *t)
{
        struct err e = { 0 };
        pid_t pids[3];
        size_t n = 0;

        if (cgroup_make(t, path_of(t, "a"), 0, &e) < 0)
                fail_msg("%s", e.text);
        assert_int_equal(mkdirat(t->dir, path_of(t, "a/x"), 0755), 0);
        assert_int_equal(mkdirat(t->dir, path_of(t, "a/x/y"), 0755), 0);
        assert_int_equal(mkdirat(t->dir, path_of(t, "a/z"), 0755), 0);
        for (int i = 0; i < 40; i++) {
                char deep[512] = "a/z";

                for (int k = 0; k <= i; k++)
                        strcat(deep, "/d");
                assert_int_equal(mkdirat(t->dir, path_of(t, deep), 0755), 0);
        }
        {
                autofd a = cgroup_open(t, path_of(t, "a"), &e), y = cgroup_open(t, path_of(t, "a/x/y"), &e),
                       z = cgroup_open(t, path_of(t, "a/z"), &e);

                pids[n++] = sleeper_in(a);
                pids[n++] = sleeper_in(y);
                pids[n++] = sleeper_in(z);
        }
        /* it is taken: another of that name may not have it */
        assert_int_equal(cgroup_make(t, path_of(t, "a"), 0, &e), -EEXIST);
        if (cgroup_remove(t, path_of(t, "a"), &e) < 0)
                fail_msg("%s", e.text);
        assert_true(gone(t));
        for (size_t i = 0; i < n; i++) {
                int status;

                assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
                assert_true(WIFSIGNALED(status));
        }
}

static void test_remove_nested(void **state)
{
        need(CGROUP_PIDS);
        (void)state;
        for (size_t i = 0; i < layout->n; i++)
                if (!(layout->tree[i].ctls & (1u << CGROUP_CPUSET)) || layout->tree[i].v2)
                        remove_nested(&layout->tree[i]);
}

/* Taken is taken, also when it is empty; nothing outside is ever opened. */
static void test_left_over(void **state)
{
        const struct cgroup_tree *t = need(CGROUP_PIDS);
        struct err e = { 0 };

        (void)state;
        assert_int_equal(cgroup_make(t, path_of(t, "a"), 0, &e), 0);
        assert_int_equal(cgroup_make(t, path_of(t, "a"), 0, &e), -EEXIST);
        assert_int_equal(cgroup_discard(t, path_of(t, "a"), &e), 0);
        assert_int_equal(cgroup_discard(t, path_of(t, "a"), &e), 0);
        assert_int_equal(cgroup_make(t, path_of(t, "a"), 0, &e), 0);
        assert_int_equal(cgroup_open(t, "../proc", &e), -EINVAL);
        assert_int_equal(cgroup_open(t, path_of(t, "../.."), &e), -EINVAL);
        assert_int_equal(cgroup_open(t, "/proc", &e), -EINVAL);
        assert_int_equal(cgroup_remove(t, base, &e), -EINVAL);
        assert_int_equal(cgroup_remove(t, path_of(t, "a/../b"), &e), -EINVAL);
        assert_int_equal(cgroup_remove(t, path_of(t, "a"), &e), 0);
        assert_int_equal(cgroup_open(t, path_of(t, "a"), &e), -ENOENT);
        assert_true(gone(t));
}

static void freeze_in(const struct cgroup_tree *t)
{
        struct err e = { 0 };
        autofd group = -EBADF;
        char before[256], after[256], path[32];
        pid_t pid;
        int status;

        if (cgroup_make(t, path_of(t, "a"), 0, &e) < 0)
                fail_msg("%s", e.text);
        group = cgroup_open(t, path_of(t, "a"), &e);
        assert_true(group >= 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
                for (volatile unsigned long spin = 0;; spin++)
                        ;
        assert_int_equal(cgroup_attach(group, pid, &e), 0);
        if (cgroup_freeze(t, group, true, &e) < 0)
                fail_msg("%s", e.text);
        /* no processor time passes */
        snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
        assert_true(fd_get(AT_FDCWD, path, before, sizeof before, NULL) > 0);
        usleep(30 * 1000);
        assert_true(fd_get(AT_FDCWD, path, after, sizeof after, NULL) > 0);
        assert_string_equal(before, after);
        assert_int_equal(cgroup_freeze(t, group, false, &e), 0);
        assert_int_equal(kill(pid, 0), 0);
        assert_int_equal(cgroup_remove(t, path_of(t, "a"), &e), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(gone(t));
}

static void test_freeze(void **state)
{
        need(CGROUP_FREEZER);
        (void)state;
        for (size_t i = 0; i < layout->n; i++)
                if (layout->tree[i].ctls & (1u << CGROUP_FREEZER))
                        freeze_in(&layout->tree[i]);
}

int main(void)
{
        const struct CMUnitTest layouts[] = {
                cmocka_unit_test(test_hybrid),
                cmocka_unit_test(test_v2),
                cmocka_unit_test(test_v1),
                cmocka_unit_test(test_nested),
        };
        const struct CMUnitTest groups[] = {
                cmocka_unit_test(test_pids),
                cmocka_unit_test(test_memory),
                cmocka_unit_test(test_controllers),
                cmocka_unit_test(test_remove_nested),
                cmocka_unit_test(test_left_over),
                cmocka_unit_test(test_freeze),
        };
        int r = cmocka_run_group_tests(layouts, NULL, NULL);

        if (r != 0)
                return r;
        if (geteuid() != 0) {
                puts("skipped: making control groups needs root");
                return 77;
        }
        return cmocka_run_group_tests(groups, NULL, NULL);
}
