#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "spec/below.h"

static void put(struct jail_spec *s, const char *name, const char *value)
{
        struct err e = {0};

        assert_int_equal(spec_set(s, name, (char *[]){ (char *)(uintptr_t)value }, 1, &e), 0);
}

static void begin(struct jail_spec *above, struct jail_spec *below)
{
        spec_init(above);
        spec_init(below);
}

static void defaults_are_what_the_jail_above_has(void **state)
{
        struct jail_spec above, below;
        struct err e = {0};

        begin(&above, &below);
        put(&above, "allow.set_hostname", "false");
        put(&above, "allow.raw_sockets", "true");
        put(&above, "devfs_ruleset", "5");
        put(&above, "securelevel", "2");
        put(&above, "enforce_statfs", "1");
        put(&above, "osrelease", "4.9");
        put(&above, "linux.osname", "Minix");
        put(&below, "linux.osname", "Xinu");
        assert_int_equal(spec_settle_below(&below, &above, &e), 0);
        assert_string_equal(below.osrelease, "4.9");
        assert_string_equal(below.linux_osname, "Xinu");
        assert_int_equal(below.osreldate, 0);
        assert_false(below.allow[ALLOW_SET_HOSTNAME]);
        assert_true(below.allow[ALLOW_RESERVED_PORTS]);
        assert_false(below.allow[ALLOW_RAW_SOCKETS]);
        assert_int_equal(below.devfs_ruleset, 5);
        assert_int_equal(below.securelevel, 2);
        assert_int_equal(below.enforce_statfs, 2);
        assert_int_equal(below.user, JAILSYS_INHERIT);
        spec_finish(&above);
        spec_finish(&below);
        (void)state;
}

static void what_the_jail_above_lacks_is_refused(void **state)
{
        static const struct {
                const char *name, *above, *below, *says;        /* above NULL: its default; says NULL: may be had */
        } rows[] = {
                { "allow.raw_sockets", NULL, "true", "allow.raw_sockets: the jail above does not have it" },
                { "allow.raw_sockets", "true", "true", NULL },
                { "allow.set_hostname", "false", "true", "allow.set_hostname: the jail above does not have it" },
                { "allow.unprivileged_proc_debug", "false", "true", NULL },
                { "allow.unprivileged_parent_tampering", NULL, "true", NULL },
                { "osrelease", "4.9", "5.0", NULL },
                { "children.max", "3", "3", "children.max: 3: not less than that of the jail above" },
                { "children.max", "3", "2", NULL },
                { "children.max", NULL, "1", "children.max: 1: not less than that of the jail above" },
                { "children.max", NULL, "0", NULL },
                { "enforce_statfs", NULL, "1", "enforce_statfs: 1: lower than that of the jail above" },
                { "enforce_statfs", "1", "1", NULL },
                { "devfs_ruleset", NULL, "5", "devfs_ruleset: 5: the jail above does not have it" },
                { "devfs_ruleset", "5", "4", NULL },
                { "securelevel", "1", "0", "securelevel: 0: lower than that of the jail above" },
                { "securelevel", "1", "2", NULL },
                { "user", NULL, "new", "user: a jail below another has its user ids" },
                { "user", NULL, "inherit", NULL },
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
                struct jail_spec above, below;
                struct err e = {0};
                int r;

                begin(&above, &below);
                if (rows[i].above)
                        put(&above, rows[i].name, rows[i].above);
                put(&below, rows[i].name, rows[i].below);
                r = spec_settle_below(&below, &above, &e);
                assert_string_equal(e.text, rows[i].says ? rows[i].says : "");
                assert_int_equal(r, rows[i].says ? -EPERM : 0);
                spec_finish(&above);
                spec_finish(&below);
        }
        (void)state;
}

static void what_is_lost_above_is_lost_below(void **state)
{
        struct jail_spec above, below;

        begin(&above, &below);
        assert_false(spec_push_down(&below, &above));
        put(&below, "enforce_statfs", "1");
        put(&below, "allow.unprivileged_proc_debug", "true");
        put(&above, "allow.unprivileged_proc_debug", "false");
        put(&above, "allow.reserved_ports", "false");
        put(&above, "securelevel", "1");
        assert_true(spec_push_down(&below, &above));
        assert_false(below.allow[ALLOW_RESERVED_PORTS]);
        assert_true(below.allow[ALLOW_UNPRIVILEGED_PROC_DEBUG]);
        assert_int_equal(below.securelevel, 1);
        assert_int_equal(below.enforce_statfs, 2);
        assert_false(spec_push_down(&below, &above));
        spec_finish(&above);
        spec_finish(&below);
        (void)state;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(defaults_are_what_the_jail_above_has),
                cmocka_unit_test(what_the_jail_above_lacks_is_refused),
                cmocka_unit_test(what_is_lost_above_is_lost_below),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
