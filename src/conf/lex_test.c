/* jail.conf(5): the lexical rules, as a file shows them to its writer. */
#include "conf/check.h"

static void blanks_mean_nothing(void **state)
{
        assert_body("path\t=\r\n\n  x\n;", "path<x>");
        assert_body("path=x;persist;", "path<x> persist");
}

static void comments_of_all_three_kinds(void **state)
{
        assert_body("# path = a;\npath = b; # c\n// path = d;\n", "path<b>");
        assert_body("/* path = a;\n * ' \" ${ */ path = b; /**/ persist; /***/ vnet;", "path<b> persist vnet");
}

static void comments_do_not_nest(void **state)
{
        assert_body("/* /* */ path = b;", "path<b>");
        assert_body("/*/ path = a; */ path = b;", "path<b>");
}

static void hash_glued_to_a_word_starts_a_comment(void **state)
{
        assert_body("path = a#b;\n;", "path<a>");
}

static void unquoted_value_is_cut_at_two_slashes(void **state)
{
        assert_body("path = /a//b;\n;", "path</a>");
        assert_body("path = \"/a//b\";", "path</a//b>");
}

static void unquoted_value_is_cut_at_slash_star(void **state)
{
        assert_body("path = /a/*.conf;\n b */;", "path</a>");
        assert_body("path = '/a/*.conf';", "path</a/*.conf>");
}

static void comment_parts_two_strings(void **state)
{
        assert_refused("a { path = b/**/c; }", "F line 1: c: syntax error\n");
}

static void bare_word_characters(void **state)
{
        assert_body("path = azAZ09_!%&()-.:<>?@[]^`|~;", "path<azAZ09_!%&()-.:<>?@[]^`|~>");
}

static void bare_one_character_pieces(void **state)
{
        assert_body("path = /a*b+c/$/$;", "path</a*b+c/$/$>");
}

static void plus_before_equal_is_the_operator(void **state)
{
        assert_body("path=a;path+=b;", "path<a><b>");
        assert_body("path = a+;", "path<a+>");
}

static void other_bytes_are_syntax_errors(void **state)
{
        assert_refused("a { path = \xc3\xa4x; }", "F line 1: \xc3\xa4: syntax error\n");
        assert_refused("a { path = x\xff; }", "F line 1: \xff: syntax error\n");
        assert_refused("\fpersist;", "F line 1: ?: syntax error\n");
        assert_body("path = '\xc3\xa4';", "path<\xc3\xa4>");
}

static void pieces_that_touch_join(void **state)
{
        assert_body("$n = m; path = /jails/\"$n\"'x'$n\\ y;", "path</jails/mxm y>");
        assert_body("path = 'a'\"b\"c;", "path<abc>");
}

static void quoted_strings_span_lines(void **state)
{
        assert_body("path = 'a\nb', \"c\nd\";", "path<a\nb><c\nd>");
}

static void quotes_hide_everything_reserved(void **state)
{
        assert_body("path = \"a;{}=,+=#//x/*'y\", 'a;{}=,+=#//x/*\"y';",
                    "path<a;{}=,+=#//x/*'y><a;{}=,+=#//x/*\"y>");
}

static void empty_strings_are_values(void **state)
{
        assert_body("path = '', \"\";", "path<><>");
}

static void single_quotes_know_no_variables(void **state)
{
        assert_body("$x = y; path = '$x${x}';", "path<$x${x}>");
}

static void single_quotes_know_escapes(void **state)
{
        assert_body("path = 'a\\'b\\\\c\\x41';", "path<a'b\\cA>");
}

static void double_quotes_know_variables_and_escapes(void **state)
{
        assert_body("$x = y; path = \"a$x-${x}b\\x41\\\"\";", "path<ay-ybA\">");
        assert_body("$x = y; path = \"$x\", \"$x$x\", \"a$x\", \"${x}a\";", "path<y><yy><ay><ya>");
}

static void dollar_without_a_name_is_a_dollar(void **state)
{
        assert_body("path = \"$5 $\", $5;", "path<$5 $><$5>");
        assert_body("$x = y; path = \"$$x$5\", $$x;", "path<$y$5><$y>");
}

static void escaped_dollar_is_a_dollar(void **state)
{
        assert_body("$x = y; path = \"\\$x\", \\$x;", "path<$x><$x>");
}

static void escapes_with_a_letter(void **state)
{
        assert_body("path = '\\a\\b\\f\\n\\r\\t\\v', \"\\n\", x\\n;", "path<\a\b\f\n\r\t\v><\n><x\n>");
}

static void escapes_in_octal(void **state)
{
        assert_body("path = '\\1018', \"\\101\", \\101, '\\7x', '\\778';", "path<A8><A><A><\ax><?8>");
}

static void escapes_in_hexadecimal(void **state)
{
        assert_body("path = '\\x41B', \"\\x4g\", \\x4a;", "path<AB><\x04g><J>");
}

static void escaped_newline_disappears(void **state)
{
        assert_body("path = 'a\\\nb', \"c\\\nd\", e\\\nf;", "path<ab><cd><ef>");
}

static void any_other_escaped_character_is_itself(void **state)
{
        assert_body("path = '\\q\\8\\xg', \"\\;\", \\;\\{\\ \\#;", "path<q8xg><;><;{ #>");
}

static void nul_is_refused(void **state)
{
        struct conf *conf = NULL;
        struct err e = {0};

        assert_refused("a { path = 'x\\0y'; }", "F line 1: 'x\\0y': syntax error\n");
        assert_refused("a { path = \\400; }", "F line 1: \\400: syntax error\n");
        assert_int_equal(conf_read_text("F", "a\0;", 3, collect, &said, &conf, &e), -EBADMSG);
        assert_said("F line 1: ?: syntax error\n");
        assert_int_equal(conf_read_text("F", "a = '\0';", 8, collect, &said, &conf, &e), -EBADMSG);
        assert_said("F line 1: '?': syntax error\n");
}

static void variable_ends_at_a_dot(void **state)
{
        assert_body("$_a9 = x; path = $_a9.y;", "path<x.y>");
        assert_body("$x = y; path = $x-z;", "path<y-z>");
}

static void braces_take_any_name(void **state)
{
        assert_body("${a b.c} = x; path = ${a b.c}d, \"${a b.c}d\";", "path<xd><xd>");
        assert_body("host.hostname = h; path = \"${host.hostname}\";", "host.hostname<h> path<h>");
}

static void unterminated_comment(void **state)
{
        assert_refused("persist;\n/* never\n\n", "F line 2: unterminated comment\n");
        assert_refused("/*", "F line 1: unterminated comment\n");
}

static void unterminated_string(void **state)
{
        assert_refused("\npath = 'x;\n", "F line 2: unterminated string\nF: unexpected EOF\n");
        assert_refused("path = \"x;\n", "F line 1: unterminated string\nF: unexpected EOF\n");
}

static void unterminated_variable(void **state)
{
        assert_refused("path = ${x;\n", "F line 1: unterminated variable\nF: unexpected EOF\n");
        assert_refused("path = ${x\n};", "F line 1: unterminated variable\nF line 2: }: syntax error\n");
        assert_refused("path = a${x{};", "F line 1: unterminated variable\nF line 1: {: syntax error\n");
        assert_refused("path = \"${x\";", "F line 1: unterminated variable\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(blanks_mean_nothing),
                cmocka_unit_test(comments_of_all_three_kinds),
                cmocka_unit_test(comments_do_not_nest),
                cmocka_unit_test(hash_glued_to_a_word_starts_a_comment),
                cmocka_unit_test(unquoted_value_is_cut_at_two_slashes),
                cmocka_unit_test(unquoted_value_is_cut_at_slash_star),
                cmocka_unit_test(comment_parts_two_strings),
                cmocka_unit_test(bare_word_characters),
                cmocka_unit_test(bare_one_character_pieces),
                cmocka_unit_test(plus_before_equal_is_the_operator),
                cmocka_unit_test(other_bytes_are_syntax_errors),
                cmocka_unit_test(pieces_that_touch_join),
                cmocka_unit_test(quoted_strings_span_lines),
                cmocka_unit_test(quotes_hide_everything_reserved),
                cmocka_unit_test(empty_strings_are_values),
                cmocka_unit_test(single_quotes_know_no_variables),
                cmocka_unit_test(single_quotes_know_escapes),
                cmocka_unit_test(double_quotes_know_variables_and_escapes),
                cmocka_unit_test(dollar_without_a_name_is_a_dollar),
                cmocka_unit_test(escaped_dollar_is_a_dollar),
                cmocka_unit_test(escapes_with_a_letter),
                cmocka_unit_test(escapes_in_octal),
                cmocka_unit_test(escapes_in_hexadecimal),
                cmocka_unit_test(escaped_newline_disappears),
                cmocka_unit_test(any_other_escaped_character_is_itself),
                cmocka_unit_test(nul_is_refused),
                cmocka_unit_test(variable_ends_at_a_dot),
                cmocka_unit_test(braces_take_any_name),
                cmocka_unit_test(unterminated_comment),
                cmocka_unit_test(unterminated_string),
                cmocka_unit_test(unterminated_variable),
        };

        return cmocka_run_group_tests_name("conf lex", tests, NULL, NULL);
}
