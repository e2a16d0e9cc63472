/* jail(8), "-e": quoting, and a jail on one line. */
#include "conf/print.h"

#include "conf/check.h"

static void assert_quoted(const char *s, const char *expected)
{
        autobuf b = {0};

        assert_int_equal(conf_quote(&b, s), 0);
        assert_string_equal(b.s ? b.s : "", expected);
}

static void plain_text_is_bare(void **state)
{
        assert_quoted("/jails/web", "/jails/web");
        assert_quoted("a;b$c#{},=", "a;b$c#{},=");
}

static void empty_string(void **state)
{
        assert_quoted("", "\"\"");
}

static void blanks(void **state)
{
        assert_quoted("a b", "\"a b\"");
        assert_quoted("a\tb", "\"a\tb\"");
        assert_quoted("a\nb", "\"a\nb\"");         /* several lines of meta are one word */
}

static void single_quote(void **state)
{
        assert_quoted("it's", "\"it's\"");
}

static void double_quote(void **state)
{
        assert_quoted("a\"b", "'a\"b'");
        assert_quoted("a \"b\"", "'a \"b\"'");
}

static void both_quotes(void **state)
{
        assert_quoted("'\"", "\"'\\\"\"");
}

static void backslash(void **state)
{
        assert_quoted("a\\b", "a\\\\b");
        assert_quoted("a\\ b", "\"a\\\\ b\"");
}

static void assert_quoted_for_shell(const char *s, const char *expected)
{
        autobuf b = {0};

        assert_int_equal(conf_quote_shell(&b, s), 0);
        assert_string_equal(b.s ? b.s : "", expected);
}

static void for_the_shell(void **state)
{
        assert_quoted_for_shell("/jails/web-1,fd00::1/64=@x", "/jails/web-1,fd00::1/64=@x");
        assert_quoted_for_shell("", "\"\"");
        assert_quoted_for_shell("a b", "\"a b\"");
        assert_quoted_for_shell("it's", "\"it's\"");
        assert_quoted_for_shell("a \"$b\"", "'a \"$b\"'");
        assert_quoted_for_shell("eth0|192.0.2.1", "\"eth0|192.0.2.1\"");
        assert_quoted_for_shell("$(x) `y`", "\"\\$(x) \\`y\\`\"");
        assert_quoted_for_shell("a\\b", "\"a\\\\b\"");
        assert_quoted_for_shell("\"\\", "\"\\\"\\\\\"");
        assert_quoted_for_shell("two\nlines", "\"two\nlines\"");
}

static void what_is_set(void **state)
{
        autoconf conf = read_text("a { path = '/a b'; nopersist; depend = a; exec.start = x; allow.nomount; unheard = of; }");
        autobuf b = {0};

        assert_int_equal(conf_print_set(&b, &conf->jails[0]), 0);
        assert_string_equal(b.s, " name=a path=\"/a b\" nopersist allow.nomount unheard=of");
}

static void jail_on_a_line(void **state)
{
        autoconf conf = read_text("a { path = '/a b'; persist; mount = x, ''; exec.start = \"it's\"; }");
        autobuf b = {0};

        assert_int_equal(conf_print_jail(&b, &conf->jails[0], "; "), 0);
        assert_string_equal(b.s, "name=a; path=\"/a b\"; persist; mount=x,\"\"; exec.start=\"it's\"");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(plain_text_is_bare),
                cmocka_unit_test(empty_string),
                cmocka_unit_test(blanks),
                cmocka_unit_test(single_quote),
                cmocka_unit_test(double_quote),
                cmocka_unit_test(both_quotes),
                cmocka_unit_test(backslash),
                cmocka_unit_test(for_the_shell),
                cmocka_unit_test(what_is_set),
                cmocka_unit_test(jail_on_a_line),
        };

        return cmocka_run_group_tests_name("conf print", tests, NULL, NULL);
}
