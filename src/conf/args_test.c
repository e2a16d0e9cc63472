/* jail(8): "jail -c param=value ... command=...". */
#include "conf/check.h"

#define ARGS(...) (const char *const[]){ __VA_ARGS__, NULL }

static void assert_args(const char *const *argv, const char *params)
{
        autoconf conf = NULL;
        struct err e = {0};
        int argc = 0;

        while (argv[argc])
                argc++;
        assert_int_equal(conf_args(argc, (char *const *)argv, &conf, &e), 0);
        assert_int_equal(conf->n_jails, 1);
        assert_null(conf->jails[0].name);
        assert_false(conf->jails[0].failed);
        assert_params(&conf->jails[0], params);
}

static void assert_args_refused(const char *const *argv, int argc, const char *text)
{
        struct conf *conf = NULL;
        struct err e = {0};

        assert_int_equal(conf_args(argc, (char *const *)argv, &conf, &e), -EINVAL);
        assert_string_equal(e.text, text);
        assert_null(conf);
}

static void no_words(void **state)
{
        assert_args((const char *const[]){ NULL }, "");
}

static void values_and_bare_names_in_order(void **state)
{
        assert_args(ARGS("path=/x", "name=web", "persist", "host.hostname=a=b c"),
                    "path</x> name<web> persist host.hostname<a=b c>");
}

static void value_may_be_empty(void **state)
{
        assert_args(ARGS("path=", "depend="), "path<> depend<>");
}

static void nothing_is_special_in_a_value(void **state)
{
        assert_args(ARGS("path=/a,b/$x/'\"#;"), "path</a,b/$x/'\"#;>");
}

static void repeated_parameter_gathers_values(void **state)
{
        assert_args(ARGS("exec.start=a,b", "path=/x", "exec.start=c"), "exec.start<a,b><c> path</x>");
        assert_args(ARGS("path=/x", "path=/y"), "path</x></y>");
}

static void comma_lists_are_split_and_repeat(void **state)
{
        assert_args(ARGS("vnet.interface=e0,e1", "depend=a", "vnet.interface=e2", "depend=b,c"),
                    "vnet.interface<e0><e1><e2> depend<a><b><c>");
        assert_args(ARGS("depend=,a,"), "depend<><a><>");
}

static void bare_name_forgets_the_values(void **state)
{
        assert_args(ARGS("depend=a", "path=x", "depend", "depend=b"), "depend<b> path<x>");
}

static void no_prefix_keeps_the_last_spelling(void **state)
{
        assert_args(ARGS("persist", "path=x", "nopersist"), "nopersist path<x>");
        assert_args(ARGS("allow.mount.nodevfs", "allow.mount.devfs=1"), "allow.mount.devfs<1>");
}

static void command_takes_the_rest(void **state)
{
        assert_args(ARGS("path=/", "command=/bin/sh", "-c", "echo $1, x=y", "name=x", "command=z", ""),
                    "path</> command</bin/sh><-c><echo $1, x=y><name=x><command=z><>");
        assert_args(ARGS("command", "ls", "-l"), "command<ls><-l>");
        assert_args(ARGS("command=ls -l"), "command<ls -l>");
        assert_args(ARGS("command=", "ls"), "command<ls>");
        assert_args(ARGS("command="), "command<>");
        assert_args(ARGS("command"), "command");
        assert_args(ARGS("commander=1", "path=x"), "commander<1> path<x>");
}

static void unknown_names_are_kept(void **state)
{
        assert_args(ARGS("nosuch=a,b", "=x", "$y=z"), "nosuch<a,b> <x> $y<z>");
}

static void name_and_jid_are_given_once(void **state)
{
        assert_args_refused(ARGS("name=a", "path=x", "name=b"), 3, "cannot redefine parameter \"name\".");
        assert_args_refused(ARGS("jid=1", "jid=1"), 2, "cannot redefine parameter \"jid\".");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_words),
                cmocka_unit_test(values_and_bare_names_in_order),
                cmocka_unit_test(value_may_be_empty),
                cmocka_unit_test(nothing_is_special_in_a_value),
                cmocka_unit_test(repeated_parameter_gathers_values),
                cmocka_unit_test(comma_lists_are_split_and_repeat),
                cmocka_unit_test(bare_name_forgets_the_values),
                cmocka_unit_test(no_prefix_keeps_the_last_spelling),
                cmocka_unit_test(command_takes_the_rest),
                cmocka_unit_test(unknown_names_are_kept),
                cmocka_unit_test(name_and_jid_are_given_once),
        };

        return cmocka_run_group_tests_name("conf args", tests, NULL, NULL);
}
