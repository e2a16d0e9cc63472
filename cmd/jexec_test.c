/* jexec(8): what it asks the library for, and what it makes of the answer. */
#include "check.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd.h"
#include "fake.h"

#define USAGE "usage: jexec [-l] [-d directory] [-e name=value] [-u user | -U user] jail [command ...]\n"

static int setup(void **state)
{
        (void)state;
        fake_reset();
        return 0;
}

static void asks(const char *line, const char *exec)
{
        check_run(cmd_jexec, line, 0, "", "");
        assert_string_equal(fake.exec, exec);
}

static void fails(const char *line, const char *err)
{
        check_run(cmd_jexec, line, 1, "", err);
        assert_string_equal(fake.exec, "");
}

static void command_and_shell(void **state)
{
        (void)state;
        asks("jexec web", "web dir=- user=-|");
        asks("jexec web ls -l /", "web dir=- user=-|ls|-l|/|");
        asks("jexec -n web -- x", "web dir=- user=-|--|x|");
        asks("jexec -- web ls", "web dir=- user=-|ls|");
}

static void options(void **state)
{
        (void)state;
        asks("jexec -d /srv web pwd", "web dir=/srv user=-|pwd|");
        asks("jexec -e A=1 -e B= -eC=x=y web env", "web dir=- user=-|env A=1|env B=|env C=x=y|env|");
        asks("jexec -u bob web id", "web dir=- host_user=bob|id|");
        asks("jexec -U bob web id", "web dir=- user=bob|id|");
        asks("jexec -lU bob web", "web clean dir=- user=bob|");
        asks("jexec -l -u bob web", "web clean dir=- host_user=bob|");
}

static void clean_is_the_current_user(void **state)
{
        const struct passwd *self = getpwuid(getuid());
        char expected[200];

        (void)state;
        if (self) {
                snprintf(expected, sizeof expected, "web clean dir=- host_user=%s|", self->pw_name);
                asks("jexec -l web", expected);
        } else {
                snprintf(expected, sizeof expected, "jexec: unknown uid: %u\n", getuid());
                fails("jexec -l web", expected);
        }
}

static void exit_status(void **state)
{
        (void)state;
        fake.exec_status = 7 << 8;
        check_run(cmd_jexec, "jexec web x", 7, "", "");
        fake.exec_status = 255 << 8;
        check_run(cmd_jexec, "jexec web x", 255, "", "");
        fake.exec_status = 9;           /* SIGKILL */
        check_run(cmd_jexec, "jexec web x", 137, "", "");
        fake.exec_status = 11 | 0x80;   /* SIGSEGV, and a core */
        check_run(cmd_jexec, "jexec web x", 139, "", "");
}

static void errors(void **state)
{
        (void)state;
        fails("jexec none ls", "jexec: jail \"none\" not found\n");
        fake.open_error = EPERM;
        fails("jexec web", "jexec: open /run/gaol: no\n");
}

static void wrong_usage(void **state)
{
        (void)state;
        fails("jexec", USAGE);
        fails("jexec -l", USAGE);
        fails("jexec -u a -U b web", USAGE);
        fails("jexec -x web", "jexec: illegal option -- x\n" USAGE);
        fails("jexec -u", "jexec: option requires an argument -- u\n" USAGE);
        fails("jexec -e A web", "jexec: -e A: not name=value\n");
        fails("jexec -e =x web", "jexec: -e =x: not name=value\n");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
        static const struct CMUnitTest tests[] = {
                TEST(command_and_shell), TEST(options), TEST(clean_is_the_current_user), TEST(exit_status),
                TEST(errors), TEST(wrong_usage),
        };

        return cmocka_run_group_tests_name("jexec", tests, NULL, NULL);
}
