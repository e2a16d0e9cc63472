#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "caps.h"

/* 0: may; a thread that is root, or may be in a user namespace of its own. */
static int become_privileged(void)
{
        struct caps have;

        if (caps_get(&have, NULL) == 0 && (have.effective & CAP_BIT(CAP_SETPCAP)))
                return 0;
        return unshare(CLONE_NEWUSER) < 0 ? -1 : 0;
}

#define CHECK(c) do { if (!(c)) { fprintf(stderr, "line %d: %s\n", __LINE__, #c); return 1; } } while (0)

/* Capabilities do not come back: every case has a process of its own. 2: cannot be tried here. */
static void in_child(int (*body)(void))
{
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0)
                _exit(become_privileged() < 0 ? 2 : body());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 2) {
                print_message("skipped: needs root or user namespaces\n");
                skip();
        }
        assert_int_equal(WEXITSTATUS(status), 0);
}

static int exact(void)
{
        const uint64_t set = CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_SETPCAP) | CAP_BIT(CAP_SYS_CHROOT);
        struct caps start = { .effective = ~0UL, .permitted = ~0UL, .bounding = ~0UL, .inheritable = CAP_BIT(CAP_KILL),
                              .ambient = CAP_BIT(CAP_KILL) };
        struct caps now;

        CHECK(caps_set(&start, NULL) == 0);
        CHECK(caps_get(&now, NULL) == 0);
        CHECK(now.ambient == CAP_BIT(CAP_KILL) && now.inheritable == CAP_BIT(CAP_KILL));
        CHECK(caps_limit(set, NULL) == 0);
        CHECK(caps_get(&now, NULL) == 0);
        CHECK(now.effective == set && now.permitted == set && now.bounding == set);
        CHECK(now.inheritable == 0 && now.ambient == 0);
        CHECK(caps_limit(set, NULL) == 0);              /* again: nothing to do */
        CHECK(caps_limit(~0UL, NULL) == 0);             /* there is no way back */
        CHECK(caps_get(&now, NULL) == 0);
        CHECK(now.permitted == set && now.bounding == set);
        return 0;
}

static int none(void)
{
        struct caps now;

        CHECK(caps_no_new_privs(NULL) == 0);
        CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
        CHECK(caps_limit(0, NULL) == 0);
        CHECK(caps_get(&now, NULL) == 0);
        CHECK(!now.effective && !now.permitted && !now.bounding && !now.inheritable && !now.ambient);
        CHECK(socket(AF_INET, SOCK_RAW, 1) < 0 && errno == EPERM);
        return 0;
}

static int five_sets(void)
{
        const uint64_t a = CAP_BIT(CAP_CHOWN), b = CAP_BIT(CAP_KILL);
        struct caps want = { .effective = a, .permitted = a | b, .inheritable = b, .bounding = a | b | CAP_BIT(CAP_SETPCAP),
                             .ambient = b }, now;

        CHECK(caps_set(&want, NULL) == 0);
        CHECK(caps_get(&now, NULL) == 0);
        CHECK(now.effective == a && now.permitted == (a | b) && now.inheritable == b && now.ambient == b);
        CHECK(now.bounding == want.bounding);
        return 0;
}

static int securebits(void)
{
        CHECK(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0) == 0);
        CHECK(caps_limit(CAP_BIT(CAP_SETPCAP), NULL) == 0);
        CHECK(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) == SECUREBITS_DEFAULT);
        return 0;
}

/* Without CAP_SETPCAP the bounding set cannot shrink, and that is never passed over. */
static int refused(void)
{
        struct caps want = { .effective = 0, .permitted = 0, .bounding = ~0UL };
        struct err e = { 0 };

        CHECK(caps_set(&want, NULL) == 0);
        CHECK(caps_limit(0, &e) == -EPERM);
        CHECK(e.code == EPERM);
        return 0;
}

#define CASE(name) static void test_##name(void **state) { (void)state; in_child(name); }
CASE(exact)
CASE(none)
CASE(five_sets)
CASE(securebits)
CASE(refused)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_exact),
                cmocka_unit_test(test_none),
                cmocka_unit_test(test_five_sets),
                cmocka_unit_test(test_securebits),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
