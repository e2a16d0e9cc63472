#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "native.h"

static const struct param *row(const char *name)
{
        /* Rows of their own, so that this does not depend on what the table has so far. */
        static const struct param rows[] = {
                { .name = "a.flag", .type = P_BOOL }, { .name = "a.number", .type = P_INT }, { .name = "a.sys", .type = P_JAILSYS },
                { .name = "an.id", .type = P_ULONG }, { .name = "an.amount", .type = P_SIZE }, { .name = "a.string", .type = P_STRING },
                { .name = "a.path", .type = P_PATH }, { .name = "a.list", .type = P_LIST }, { .name = "commas", .type = P_COMMA },
                { .name = "ip4.addr", .type = P_COMMA }, { .name = "ip6.addr", .type = P_COMMA },
        };

        for (size_t i = 0; i < COUNT(rows); i++)
                if (str_eq(rows[i].name, name))
                        return &rows[i];
        fail_msg("no row %s", name);
        return NULL;
}

/* "<a><b>": what a value passed to jail_set() means. */
static void assert_read(const char *name, const void *value, size_t len, const char *want)
{
        autostrv values = {0};
        autobuf got = {0};

        assert_int_equal(native_read(row(name), value, len, &values, NULL), 0);
        assert_int_equal(strbuf_add(&got, ""), 0);
        for (size_t i = 0; i < values.n; i++)
                strbuf_addf(&got, "<%s>", values.v[i]);
        assert_string_equal(got.s, want);
}

static void assert_not_read(const char *name, const void *value, size_t len, int code, const char *text)
{
        autostrv values = {0};
        struct err e = {0};

        assert_int_equal(native_read(row(name), value, len, &values, &e), -code);
        assert_int_equal(e.code, code);
        assert_string_equal(e.text, text);
}

static void test_read(void **state)
{
        int n = -3, sys = 2, bad = 3;
        unsigned long amount = 4096, none = RCTL_NONE;
        struct in_addr a[2] = { { htonl(0xc0000201) }, { htonl(0xc0000202) } };
        struct in6_addr a6 = { { { 0x20, 1, 0xd, 0xb8, [15] = 1 } } };

        assert_read("a.flag", NULL, 0, "");
        assert_read("a.number", &n, sizeof n, "<-3>");
        assert_read("a.sys", &sys, sizeof sys, "<2>");
        assert_read("an.id", &amount, sizeof amount, "<4096>");
        assert_read("an.amount", &none, sizeof none, "<unlimited>");
        assert_read("a.string", "web", 4, "<web>");
        assert_read("a.list", "a\0b", 4, "<a><b>");
        assert_read("commas", NULL, 0, "");
        assert_read("ip4.addr", a, sizeof a, "<192.0.2.1><192.0.2.2>");
        assert_read("ip4.addr", NULL, 0, "");
        assert_read("ip6.addr", &a6, sizeof a6, "<2001:db8::1>");

        assert_not_read("a.flag", &n, sizeof n, EINVAL, "a.flag: a value of 4 bytes, not 0");
        assert_not_read("a.number", &n, 3, EINVAL, "a.number: a value of 3 bytes, not 4");
        assert_not_read("a.number", NULL, 4, EFAULT, "a.number: Bad address");
        assert_not_read("a.sys", &bad, sizeof bad, EINVAL, "a.sys: unknown jailsys value \"3\"");
        assert_not_read("an.id", &n, sizeof n, EINVAL, "an.id: a value of 4 bytes, not 8");
        assert_not_read("a.string", "web", 3, EINVAL, "a.string: not a NUL-terminated string");
        assert_not_read("a.string", NULL, 0, EINVAL, "a.string: not a NUL-terminated string");
        assert_not_read("a.string", "we\0b", 5, EINVAL, "a.string: a string of 3 bytes, not 5");
        assert_not_read("a.list", "a\0b", 3, EINVAL, "a.list: not a NUL-terminated string");
        assert_not_read("ip4.addr", a, 7, EINVAL, "ip4.addr: a value of 7 bytes, not a multiple of 4");
        assert_not_read("ip6.addr", &a6, 15, EINVAL, "ip6.addr: a value of 15 bytes, not a multiple of 16");
}

static void assert_written(const char *name, char *const *values, size_t n, bool no, const void *want, size_t len)
{
        struct strv list = { (char **)(uintptr_t)values, n };
        autobuf got = {0};

        assert_int_equal(native_write(row(name), &list, no, &got), 0);
        assert_int_equal(got.len, len);
        assert_memory_equal(got.len ? got.s : "", want, len);
}

#define VALUES(...) (char *[]){ __VA_ARGS__ }, sizeof (char *[]){ __VA_ARGS__ } / sizeof(char *)

static void test_write(void **state)
{
        int yes = 1, no = 0, n = -3, inherit = 2;
        unsigned long none = RCTL_NONE, amount = 2 << 20;
        struct in_addr a[2] = { { htonl(0xc0000201) }, { htonl(0xc0000202) } };

        assert_written("a.flag", VALUES((char *)"true"), false, &yes, sizeof yes);
        assert_written("a.flag", VALUES((char *)"true"), true, &no, sizeof no);
        assert_written("a.flag", VALUES((char *)"false"), true, &yes, sizeof yes);
        assert_written("a.number", VALUES((char *)"-3"), false, &n, sizeof n);
        assert_written("a.sys", VALUES((char *)"inherit"), false, &inherit, sizeof inherit);
        assert_written("an.amount", VALUES((char *)"unlimited"), false, &none, sizeof none);
        assert_written("an.amount", VALUES((char *)"2M"), false, &amount, sizeof amount);
        assert_written("a.path", VALUES((char *)"/srv"), false, "/srv", 5);
        assert_written("a.string", NULL, 0, false, "", 1);
        assert_written("a.list", VALUES((char *)"a", (char *)"bc"), false, "a\0bc", 5);
        assert_written("commas", NULL, 0, false, "", 0);
        assert_written("ip4.addr", VALUES((char *)"lo|192.0.2.1/32", (char *)"192.0.2.2"), false, a, sizeof a);
}

static void assert_import(const char *name, const char *text, const void *want, size_t len, const char *back)
{
        autobuf bytes = {0}, again = {0};

        assert_int_equal(native_import(name, row(name), text, &bytes, NULL), 0);
        assert_int_equal(bytes.len, len);
        assert_memory_equal(len ? bytes.s : "", want, len);
        assert_int_equal(native_export(row(name), bytes.s ? bytes.s : "", bytes.len, &again), 0);
        assert_string_equal(again.s, back);
}

static void assert_no_import(const char *name, const char *text, const char *why)
{
        autobuf bytes = {0};
        struct err e = {0};

        assert_int_equal(native_import(name, row(name), text, &bytes, &e), -EINVAL);
        assert_string_equal(e.text, why);
}

static void test_import_and_export(void **state)
{
        int one = 1, zero = 0, seven = 7, disable = 0, new = 1, n = -5;
        unsigned long amount = 1 << 20, none = RCTL_NONE, id = 12;
        struct in_addr a[2] = { { htonl(0xc0000201) }, { htonl(0xc0000202) } };
        struct in6_addr a6 = { { { 0x20, 1, 0xd, 0xb8, [15] = 1 } } };

        assert_import("a.flag", "TRUE", &one, sizeof one, "true");
        assert_import("a.flag", "false", &zero, sizeof zero, "false");
        assert_import("a.flag", "7", &seven, sizeof seven, "true");
        assert_import("a.number", "-5", &n, sizeof n, "-5");
        assert_import("a.sys", "", &new, sizeof new, "new");
        assert_import("a.sys", "Disable", &disable, sizeof disable, "disable");
        assert_import("a.sys", "7", &seven, sizeof seven, "7");
        assert_import("an.id", "12", &id, sizeof id, "12");
        assert_import("an.amount", "1M", &amount, sizeof amount, "1048576");
        assert_import("an.amount", "unlimited", &none, sizeof none, "unlimited");
        assert_import("a.string", "a,b", "a,b", 4, "a,b");
        assert_import("a.list", "a,b", "a,b", 4, "a,b");
        assert_import("commas", "a,b", "a\0b", 4, "a,b");
        assert_import("commas", "-", "", 0, "");
        assert_import("ip4.addr", "192.0.2.1,192.0.2.2", a, sizeof a, "192.0.2.1,192.0.2.2");
        assert_import("ip4.addr", "", "", 0, "");
        assert_import("ip6.addr", "2001:db8::1", &a6, sizeof a6, "2001:db8::1");

        assert_no_import("a.flag", "maybe", "a.flag: unknown boolean value \"maybe\"");
        assert_no_import("a.sys", "old", "a.sys: unknown jailsys value \"old\"");
        assert_no_import("a.number", "", "a.number: non-integer value \"\"");
        assert_no_import("a.number", "12x", "a.number: non-integer value \"12x\"");
        assert_no_import("an.id", "-1", "an.id: non-integer value \"-1\"");
        assert_no_import("an.amount", "much", "an.amount: non-integer value \"much\"");
        assert_no_import("ip4.addr", "192.0.2.1,2001:db8::1", "ip4.addr: not an IPv4 address: 2001:db8::1");
        assert_no_import("ip6.addr", "192.0.2.1", "ip6.addr: not an IPv6 address: 192.0.2.1");
}

/* The default of every row comes back from the form of jail_get() as jail_set() would take it. */
static void test_every_row(void **state)
{
        struct jail_spec fresh;
        size_t n;
        const struct param *t = param_table(&n);

        spec_init(&fresh);
        for (size_t i = 0; i < n; i++) {
                autostrv values = {0}, back = {0};
                autobuf bytes = {0};

                if (t[i].flags & P_RDONLY || t[i].type == P_NONE || native_form(&t[i]) == NATIVE_FLAG)
                        continue;
                assert_int_equal(spec_get(&fresh, &t[i], &values), 0);
                assert_int_equal(native_write(&t[i], &values, false, &bytes), 0);
                assert_int_equal(native_read(&t[i], bytes.s, bytes.len, &back, NULL), 0);
                assert_int_equal(back.n, values.n);
                for (size_t k = 0; k < back.n && native_form(&t[i]) != NATIVE_JAILSYS; k++)
                        assert_string_equal(back.v[k], values.v[k]);
        }
        spec_finish(&fresh);
}

static void test_settable(void **state)
{
        assert_true(native_settable(param_find("persist", NULL)));
        assert_true(native_settable(param_find("mount.devfs", NULL)));
        assert_true(native_settable(param_find("mount", NULL)));
        assert_false(native_settable(param_find("exec.start", NULL)));
        assert_false(native_settable(param_find("depend", NULL)));
        assert_false(native_settable(param_find("stop.timeout", NULL)));
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_read), cmocka_unit_test(test_write), cmocka_unit_test(test_import_and_export),
                cmocka_unit_test(test_every_row), cmocka_unit_test(test_settable),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
