#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "spec.h"

static int set(struct jail_spec *s, const char *name, const char *value, struct err *e)
{
        char *values[] = { (char *)(uintptr_t)value };

        return spec_set(s, name, values, value ? 1 : 0, e);
}

/* Every row can be set, read back, copied and freed: a row that points nowhere is found here. */
static void every_row_goes_round(void **state)
{
        static const char *const sample[] = {
                [P_BOOL] = "true", [P_INT] = "1", [P_ULONG] = "77", [P_SIZE] = "4096", [P_STRING] = "os",
                [P_PATH] = "/srv/x", [P_JAILSYS] = "inherit", [P_LIST] = "/a", [P_COMMA] = "x",
        };
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t i = 0; i < n; i++) {
                struct jail_spec s, copy;
                struct err e = {0};
                autostrv got = {0};
                const char *value = sample[t[i].type];

                if (t[i].flags & P_RDONLY)
                        continue;
                if (t[i].type == P_COMMA)
                        value = strstr(t[i].name, "ip4") ? "10.0.0.1" : strstr(t[i].name, "ip6") ? "fd00::1" :
                                strstr(t[i].name, "gateway") ? "none" : strstr(t[i].name, "publish") ? "80:80" : "auto";
                spec_init(&s);
                if (set(&s, t[i].name, value, &e) < 0)
                        fail_msg("%s: %s", t[i].name, e.text);
                assert_true(spec_given(&s, &t[i]));
                assert_int_equal(spec_copy(&copy, &s), 0);
                spec_finish(&s);
                assert_int_equal(spec_get(&copy, &t[i], &got), 0);
                assert_int_equal(got.n, 1);
                assert_string_equal(got.v[0], value);
                spec_finish(&copy);
        }
}

static void names_are_unique_and_found(void **state)
{
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t i = 0; i < n; i++) {
                assert_ptr_equal(param_find(t[i].name, NULL), &t[i]);
                assert_true(n <= sizeof ((struct jail_spec *)0)->given * 8);
        }
        assert_null(param_find("persis", NULL));
        assert_null(param_find("persistt", NULL));
        assert_null(param_find("", NULL));
}

static void no_prefix_is_for_booleans(void **state)
{
        struct jail_spec s;
        struct err e = {0};
        bool no;

        assert_string_equal(param_find("nopersist", &no)->name, "persist");
        assert_true(no);
        assert_string_equal(param_find("allow.noset_hostname", &no)->name, "allow.set_hostname");
        assert_true(no);
        assert_null(param_find("nopath", &no));
        spec_init(&s);
        assert_int_equal(set(&s, "allow.noset_hostname", NULL, &e), 0);
        assert_false(s.allow[ALLOW_SET_HOSTNAME]);
        assert_int_equal(set(&s, "allow.noset_hostname", "false", &e), 0);
        assert_true(s.allow[ALLOW_SET_HOSTNAME]);
        spec_finish(&s);
}

struct refusal {
        const char *name, *value, *text;
};

static const struct refusal refusals[] = {
        { "frobnicate", "1", "unknown parameter: frobnicate" },
        { "persist", "maybe", "persist: unknown boolean value \"maybe\"" },
        { "children.max", "lots", "children.max: non-integer value \"lots\"" },
        { "children.max", "5000", "children.max: 5000: out of range (0 to 4096)" },
        { "vnet", "maybe", "vnet: unknown value \"maybe\"" },
        { "path", "srv/web", "path: not an absolute pathname: srv/web" },
        { "parent", "1", "parent: read-only parameter" },
        { "level", "moon", "level: no such level: moon" },
        { "name", "a/b", "name: \"a/b\" is not a valid name" },
        { "name", "../x", "name: \"../x\" is not a valid name" },
        { "name", "@new.1", "name: \"@new.1\" is not a valid name" },
        { "rctl.memoryuse", "-1", "rctl.memoryuse: not an amount: -1" },
        { "rctl.memoryuse", "12q", "rctl.memoryuse: not an amount: 12q" },
        { "path", NULL, "path: no value" },
};

static void bad_values_say_what_is_wrong(void **state)
{
        for (size_t i = 0; i < COUNT(refusals); i++) {
                struct jail_spec s;
                struct err e = {0};

                spec_init(&s);
                assert_true(set(&s, refusals[i].name, refusals[i].value, &e) < 0);
                assert_string_equal(e.text, refusals[i].text);
                spec_finish(&s);
        }
}

static void scalars_take_the_last_value(void **state)
{
        char *values[] = { (char *)"/a", (char *)"/b" };
        struct jail_spec s;

        spec_init(&s);
        assert_int_equal(spec_set(&s, "path", values, 2, NULL), 0);
        assert_string_equal(s.path, "/b");
        spec_finish(&s);
}

static void empty_and_dash_are_empty_lists(void **state)
{
        struct jail_spec s;

        spec_init(&s);
        assert_int_equal(set(&s, "vnet.ip4.addr", "10.0.0.1", NULL), 0);
        assert_int_equal(s.vnet_ip4.n, 1);
        assert_int_equal(set(&s, "vnet.ip4.addr", "-", NULL), 0);
        assert_int_equal(s.vnet_ip4.n, 0);
        assert_int_equal(set(&s, "exec.start", "", NULL), 0);
        assert_int_equal(s.hook[HOOK_START].n, 0);
        spec_finish(&s);
}

struct whole {
        const char *params[8];  /* name, value, ... */
        const char *text;       /* NULL: valid */
};

static const struct whole wholes[] = {
        { { "name", "web" }, NULL },
        { { "name", "5" }, NULL },
        { { "name", "5", "jid", "5" }, NULL },
        { { "name", "05" }, "name cannot be numeric (unless it is the jid)" },
        { { "name", "5", "jid", "6" }, "name cannot be numeric (unless it is the jid)" },
        { { "name", "w", "root.base", "/", "path", "/x" }, "root.base: cannot be combined with path" },
        { { "name", "w", "root.discard", "true" }, "root.discard: only with root.base" },
        { { "name", "w", "vnet.interface", "auto" }, "vnet.interface: only with vnet" },
        { { "name", "w", "vnet", "new", "ip4", "inherit" }, "vnet jails cannot have IP address restrictions" },
        { { "name", "w", "path", "/a/../b" }, "path: \"..\" is not allowed: /a/../b" },
        { { "name", "w", "user", "disable" }, "user: cannot be disabled" },
};

static void parameters_must_fit_together(void **state)
{
        for (size_t i = 0; i < COUNT(wholes); i++) {
                struct jail_spec s;
                struct err e = {0};

                spec_init(&s);
                for (size_t k = 0; k < COUNT(wholes[i].params) && wholes[i].params[k]; k += 2)
                        assert_int_equal(set(&s, wholes[i].params[k], wholes[i].params[k + 1], &e), 0);
                if (wholes[i].text) {
                        assert_true(spec_validate(&s, &e) < 0);
                        assert_string_equal(e.text, wholes[i].text);
                } else {
                        assert_int_equal(spec_validate(&s, &e), 0);
                        assert_string_equal(s.level, "os");
                        assert_string_equal(s.path, "/");
                }
                spec_finish(&s);
        }
}

static void paths_become_plain(void **state)
{
        struct jail_spec s;

        spec_init(&s);
        assert_int_equal(set(&s, "name", "w", NULL), 0);
        assert_int_equal(set(&s, "path", "//srv/./web//x/", NULL), 0);
        assert_int_equal(spec_validate(&s, NULL), 0);
        assert_string_equal(s.path, "/srv/web/x");
        spec_finish(&s);
}

/* It is called by its jid then, which is not known yet; that is no reason to look at nothing else. */
static void a_jail_without_a_name_is_checked_too(void **state)
{
        struct jail_spec s;
        struct err e = {0};

        spec_init(&s);
        assert_int_equal(set(&s, "persist", NULL, NULL), 0);
        assert_int_equal(spec_validate(&s, NULL), 0);
        assert_string_equal(s.path, "/");
        assert_string_equal(s.level, "os");
        assert_int_equal(set(&s, "vnet.nat", NULL, NULL), 0);
        assert_int_equal(spec_validate(&s, &e), -EINVAL);
        assert_string_equal(e.text, "vnet.nat: only with vnet");
        spec_finish(&s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_row_goes_round),
                cmocka_unit_test(names_are_unique_and_found),
                cmocka_unit_test(no_prefix_is_for_booleans),
                cmocka_unit_test(bad_values_say_what_is_wrong),
                cmocka_unit_test(scalars_take_the_last_value),
                cmocka_unit_test(empty_and_dash_are_empty_lists),
                cmocka_unit_test(parameters_must_fit_together),
                cmocka_unit_test(paths_become_plain),
                cmocka_unit_test(a_jail_without_a_name_is_checked_too),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
