#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "sample.h"

static int set(struct jail_spec *s, const char *name, const char *value, struct err *e)
{
        char *values[] = { (char *)(uintptr_t)value };

        return spec_set(s, name, values, value ? 1 : 0, e);
}

/* Every row can be set, read back, copied and freed: a row that points nowhere is found here. */
static void every_row_goes_round(void **state)
{
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t i = 0; i < n; i++) {
                struct jail_spec s, copy;
                struct err e = {0};
                autostrv got = {0};
                const char *value = param_sample(&t[i]);

                if (!value)
                        continue;
                spec_init(&s);
                assert_true(spec_is_default(&s, &t[i]));
                if (set(&s, t[i].name, value, &e) < 0)
                        fail_msg("%s", e.text);
                assert_true(spec_given(&s, &t[i]));
                assert_int_equal(spec_copy(&copy, &s), 0);
                spec_finish(&s);
                assert_int_equal(spec_get(&copy, &t[i], &got), 0);
                assert_int_equal(got.n, 1);
                assert_string_equal(got.v[0], value);
                spec_finish(&copy);
        }
}

/* A row without a place in the spec is one that nothing can be assigned to, and it says why. */
static void rows_that_keep_nothing_say_why(void **state)
{
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t i = 0; i < n; i++) {
                struct jail_spec s;
                struct err e = {0};
                char want[200];

                assert_int_equal(t[i].type == P_NONE, t[i].refuse != NULL);
                assert_true(!t[i].needs || t[i].lack);
                assert_true((t[i].flags & P_RDONLY) == 0 || (t[i].flags & (P_CREATE | P_MODIFY)) == 0);
                if (!t[i].refuse)
                        continue;
                snprintf(want, sizeof want, "%s: %s", t[i].name, t[i].refuse);
                spec_init(&s);
                assert_int_equal(set(&s, t[i].name, "1", &e), -ENOTSUP);
                assert_string_equal(e.text, want);
                assert_int_equal(set(&s, t[i].name, NULL, &e), -ENOTSUP);
                spec_finish(&s);
        }
}

struct edit {
        const char *name, *value;
        const char *text;       /* of meta, afterwards */
};

/* jail(8), "meta": a new key goes in front, one that is there is replaced where it is. */
static const struct edit edits[] = {
        { "meta.a", "1", "a=1" },
        { "meta.b", "2", "b=2\na=1" },
        { "meta.a", "one", "b=2\na=one" },
        { "meta.c.d", "", "c.d=\nb=2\na=one" },
        { "meta.nosuch", NULL, "c.d=\nb=2\na=one" },
        { "meta.b", NULL, "c.d=\na=one" },
        { "meta.a", NULL, "c.d=" },
        { "meta.c", NULL, "c.d=" },
        { "meta.e", "x=y", "e=x=y\nc.d=" },
        { "meta.c.d", NULL, "e=x=y" },
        { "meta.e", NULL, "" },
        { "meta", "free text\nk=v\nmore", "free text\nk=v\nmore" },
        { "meta.k", "w", "free text\nk=w\nmore" },
        { "meta.free text", NULL, "free text\nk=w\nmore" },
        { "meta.k", NULL, "free text\nmore" },
        { "meta", NULL, "" },
};

static const char *meta_of(const struct jail_spec *s)
{
        return s->meta.text ? s->meta.text : "";
}

static void lines_of_meta(void **state)
{
        struct jail_spec s, other;
        char *value;

        spec_init(&s);
        for (size_t i = 0; i < COUNT(edits); i++) {
                assert_int_equal(set(&s, edits[i].name, edits[i].value, NULL), 0);
                assert_string_equal(meta_of(&s), edits[i].text);
                if (str_starts(edits[i].name, "meta.")) {
                        assert_int_equal(spec_get_key(&s, edits[i].name, &value), 0);
                        if (edits[i].value)
                                assert_string_equal(value, edits[i].value);
                        else
                                assert_null(value);
                        free(value);
                }
        }
        spec_finish(&s);

        /* the same edits, carried over onto another jail's */
        spec_init(&s);
        spec_init(&other);
        assert_int_equal(set(&other, "meta", "a=0\nz=9", NULL), 0);
        assert_int_equal(set(&s, "meta.a", "1", NULL), 0);
        assert_int_equal(set(&s, "meta.b", "2", NULL), 0);
        assert_int_equal(set(&s, "meta.z", NULL, NULL), 0);
        assert_int_equal(spec_merge_keyed(&other, &s, param_find("meta", NULL), NULL), 0);
        assert_string_equal(meta_of(&other), "b=2\na=1");
        assert_int_equal(set(&s, "meta", "whole", NULL), 0);
        assert_int_equal(set(&s, "meta.c", "3", NULL), 0);
        assert_int_equal(spec_merge_keyed(&other, &s, param_find("meta", NULL), NULL), 0);
        assert_string_equal(meta_of(&other), "c=3\nwhole");
        spec_finish(&other);
        spec_finish(&s);
}

static void meta_has_a_limit(void **state)
{
        char longest[KEYED_MAX + 2];
        struct jail_spec s;
        struct err e = {0};

        memset(longest, 'x', sizeof longest - 1);
        longest[sizeof longest - 1] = '\0';
        spec_init(&s);
        assert_int_equal(set(&s, "meta", longest, &e), -EFBIG);
        assert_string_equal(e.text, "meta: File too large");
        longest[KEYED_MAX] = '\0';
        assert_int_equal(set(&s, "meta", longest, &e), 0);
        assert_int_equal(set(&s, "meta.k", "v", &e), -EFBIG);
        assert_string_equal(e.text, "meta: File too large");
        assert_int_equal(set(&s, "env.a=b", "v", &e), -EINVAL);
        assert_string_equal(e.text, "env.a=b: a line has no line break in it, and a key no \"=\"");
        assert_int_equal(set(&s, "env.a", "v\nw", &e), -EINVAL);
        assert_string_equal(e.text, "env.a: a line has no line break in it, and a key no \"=\"");
        spec_finish(&s);
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
        { "osrelease", "14.1 RELEASE", "osrelease: not a release: 14.1 RELEASE" },
        { "osrelease", "12345678901234567890123456789012",
          "osrelease: 12345678901234567890123456789012: File name too long" },
        { "osreldate", "0", "osreldate: 0: not a date of release" },
        { "cpuset.cpus", "all", "cpuset.cpus: not a list of CPUs: all" },
        { "cpuset.id", "3", "cpuset.id: read-only parameter" },
        { "exec.fib", "1", "exec.fib: 1: Linux has no routing table of a process; a vnet jail has its own" },
        { "zfs.dataset", "-r", "zfs.dataset: not a dataset: -r" },
        { "meta.", "x", "unknown parameter: meta." },
        { "metal", "x", "unknown parameter: metal" },
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
        { { "name", "w", "vnet", "new", "ip6.addr", "fd00::1" }, "vnet jails cannot have IP address restrictions" },
        { { "name", "w", "ip4", "new" }, NULL },
        { { "name", "w", "ip4", "inherit", "ip6.addr", "lo|fd00::1/64" }, NULL },
        { { "name", "w", "path", "/a/../b" }, "path: \"..\" is not allowed: /a/../b" },
        { { "name", "w", "user", "disable" }, "user: cannot be disabled" },
        { { "name", "w", "linux", "disable" }, "linux: cannot be disabled" },
        { { "name", "w", "sysvmsg", "inherit", "sysvshm", "new" }, "sysvshm: cannot be new while sysvmsg is inherit" },
        { { "name", "w", "allow.sysvipc", "true", "sysvsem", "new" }, "sysvsem: cannot be new while sysvmsg is inherit" },
        { { "name", "w", "sysvsem", "inherit", "rctl.nshm", "5" }, "rctl.nshm: not while sysvsem is inherit" },
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

/* What was not asked for is not shared along. */
static void one_namespace_for_three(void **state)
{
        struct jail_spec s;

        spec_init(&s);
        assert_int_equal(set(&s, "name", "w", NULL), 0);
        assert_int_equal(spec_validate(&s, NULL), 0);
        spec_settle(&s);
        assert_true(spec_own_ipc(&s));
        assert_int_equal(set(&s, "sysvmsg", "disable", NULL), 0);
        assert_int_equal(spec_validate(&s, NULL), 0);
        spec_settle(&s);
        assert_true(spec_own_ipc(&s));
        assert_int_equal(set(&s, "sysvshm", "inherit", NULL), 0);
        assert_int_equal(spec_validate(&s, NULL), 0);
        spec_settle(&s);
        assert_false(spec_own_ipc(&s));
        assert_int_equal(s.sysvmsg, JAILSYS_DISABLE);
        assert_int_equal(s.sysvsem, JAILSYS_DISABLE);
        spec_finish(&s);

        spec_init(&s);
        assert_int_equal(set(&s, "name", "w", NULL), 0);
        assert_int_equal(set(&s, "allow.sysvipc", NULL, NULL), 0);
        assert_int_equal(spec_validate(&s, NULL), 0);
        spec_settle(&s);
        assert_int_equal(s.sysvmsg, JAILSYS_INHERIT);
        assert_int_equal(s.sysvsem, JAILSYS_INHERIT);
        assert_int_equal(s.sysvshm, JAILSYS_INHERIT);
        spec_finish(&s);
}

static void set_list(struct jail_spec *s, const char *name, const char *const *values, size_t n)
{
        char *list[300];

        for (size_t i = 0; i < n; i++)
                list[i] = (char *)(uintptr_t)values[i];
        assert_int_equal(spec_set(s, name, list, n, NULL), 0);
}

static void addresses_are_sorted_behind_the_first(void **state)
{
        static const char *const given[] = { "10.0.0.9", "10.0.0.30", "em0|10.0.0.3/24", "10.0.0.200" };
        struct jail_spec s;

        spec_init(&s);
        assert_int_equal(set(&s, "name", "w", NULL), 0);
        assert_false(spec_shares_stack(&s));
        set_list(&s, "ip4.addr", given, COUNT(given));
        assert_int_equal(spec_validate(&s, NULL), 0);
        assert_int_equal(s.ip4, JAILSYS_NEW);
        assert_true(spec_shares_stack(&s));
        assert_true(spec_is_confined(&s));
        assert_string_equal(s.ip4_addr.v[0], "10.0.0.9");
        assert_string_equal(s.ip4_addr.v[1], "em0|10.0.0.3/24");
        assert_string_equal(s.ip4_addr.v[2], "10.0.0.30");
        assert_string_equal(s.ip4_addr.v[3], "10.0.0.200");
        spec_finish(&s);
}

static void no_address_is_given_twice(void **state)
{
        static const char *const lists[][3] = {
                { "fd00::1", "fd00::2", "em0|fd00:0::1/64" }, { "fd00::2", "fd00::1", "fd00:0::1" },
        };

        for (size_t i = 0; i < COUNT(lists); i++) {
                struct jail_spec s;
                struct err e = {0};

                spec_init(&s);
                assert_int_equal(set(&s, "name", "w", NULL), 0);
                set_list(&s, "ip6.addr", lists[i], 3);
                assert_int_equal(spec_validate(&s, &e), -EINVAL);
                assert_string_equal(e.text, "ip6.addr: fd00::1: given twice");
                spec_finish(&s);
        }
}

static void there_are_at_most_255_addresses(void **state)
{
        static char text[256][16];
        const char *list[256];

        for (unsigned n = 255; n <= 256; n++) {
                struct jail_spec s;
                struct err e = {0};

                for (unsigned i = 0; i < n; i++) {
                        snprintf(text[i], sizeof text[i], "10.0.%u.%u", i / 100, i % 100 + 1);
                        list[i] = text[i];
                }
                spec_init(&s);
                assert_int_equal(set(&s, "name", "w", NULL), 0);
                set_list(&s, "ip4.addr", list, n);
                assert_int_equal(spec_validate(&s, &e), n == 255 ? 0 : -EINVAL);
                assert_string_equal(e.text, n == 255 ? "" : "too many IPv4 addresses");
                spec_finish(&s);
        }
}

/* What is on the host's stack, and who needs programs there. */
static void words_for_families(void **state)
{
        static const struct {
                const char *ip4, *ip6, *user;
                bool shares, confined;
        } cases[] = {
                { "disable", "disable", "new", false, false }, { "new", "new", "new", false, false },
                { "inherit", "disable", "new", true, true },   { "inherit", "inherit", "new", true, true },
                { "inherit", "inherit", "inherit", true, false }, { "disable", "inherit", "inherit", true, true },
        };

        for (size_t i = 0; i < COUNT(cases); i++) {
                struct jail_spec s;

                spec_init(&s);
                assert_int_equal(set(&s, "name", "w", NULL), 0);
                assert_int_equal(set(&s, "ip4", cases[i].ip4, NULL), 0);
                assert_int_equal(set(&s, "ip6", cases[i].ip6, NULL), 0);
                assert_int_equal(set(&s, "user", cases[i].user, NULL), 0);
                assert_int_equal(spec_validate(&s, NULL), 0);
                assert_int_equal(spec_shares_stack(&s), cases[i].shares);
                assert_int_equal(spec_is_confined(&s), cases[i].confined);
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
                cmocka_unit_test(rows_that_keep_nothing_say_why),
                cmocka_unit_test(lines_of_meta),
                cmocka_unit_test(meta_has_a_limit),
                cmocka_unit_test(one_namespace_for_three),
                cmocka_unit_test(names_are_unique_and_found),
                cmocka_unit_test(no_prefix_is_for_booleans),
                cmocka_unit_test(bad_values_say_what_is_wrong),
                cmocka_unit_test(scalars_take_the_last_value),
                cmocka_unit_test(empty_and_dash_are_empty_lists),
                cmocka_unit_test(parameters_must_fit_together),
                cmocka_unit_test(paths_become_plain),
                cmocka_unit_test(a_jail_without_a_name_is_checked_too),
                cmocka_unit_test(addresses_are_sorted_behind_the_first),
                cmocka_unit_test(no_address_is_given_twice),
                cmocka_unit_test(there_are_at_most_255_addresses),
                cmocka_unit_test(words_for_families),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
