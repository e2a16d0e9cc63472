/* jail.conf(5): the grammar, its error messages and ".include". */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "conf/check.h"

/* ---- grammar ---- */

static void empty_file(void **state)
{
        autoconf conf = read_text("");
        autoconf blank = read_text(" # nothing\n");

        assert_int_equal(conf->n_jails, 0);
        assert_int_equal(blank->n_jails, 0);
        assert_null(conf_find(conf, "a"));
}

static void four_forms_of_a_statement(void **state)
{
        assert_body("persist; path = x; mount = a, b; mount += c, d; exec.start e, f;",
                    "persist path<x> mount<a><b><c><d> exec.start<e><f>");
}

static void stray_semicolons(void **state)
{
        autoconf conf = read_text(";; a { ; path = x;; }; ; b { };");

        assert_jail(conf, "a", "name<a> path<x>");
        assert_jail(conf, "b", "name<b>");
}

static void quoted_names(void **state)
{
        autoconf conf = read_text("'a b' { \"path\" = x; 'per'; }");

        assert_jail(conf, "a b", "name<a b> path<x> per");
}

static void variable_in_either_spelling_is_a_key(void **state)
{
        assert_body("${x} = y; $x += z; $w v; path = $x, $w;", "path<y><z><v>");
}

static void semicolon_before_the_brace_is_mandatory(void **state)
{
        assert_refused("a { path = x }", "F line 1: }: syntax error\n");
        assert_refused("a { persist }\nb { path }", "F line 1: }: syntax error\nF line 2: }: syntax error\n");
}

static void name_is_one_piece(void **state)
{
        assert_refused("foo.* { path = x; }", "F line 1: *: syntax error\n");
        assert_refused("a { ex'ec' = x; }", "F line 1: 'ec': syntax error\n");
        assert_refused("a { ex\"ec\" x; }", "F line 1: \"ec\": syntax error\n");
        assert_refused("\"$x\" { }", "F line 1: $x: syntax error\n");
        assert_refused("a$x = y;", "F line 1: $x: syntax error\n");
}

static void star_alone_and_quoted_are_names(void **state)
{
        autoconf conf = read_text("* { persist; } foo.bar { } \"foo.*\" { vnet; }");

        assert_jail(conf, "foo.bar", "name<foo.bar> persist vnet");
}

static void variable_is_no_name_of_a_jail(void **state)
{
        assert_refused("$x { path = y; }", "F line 1: {: syntax error\n");
}

static void missing_values(void **state)
{
        assert_refused("path = ;", "F line 1: ;: syntax error\n");
        assert_refused("path += ;", "F line 1: ;: syntax error\n");
        assert_refused("path = a, ;", "F line 1: ;: syntax error\n");
        assert_refused("path = a,, b;", "F line 1: ,: syntax error\n");
        assert_refused("path , a;", "F line 1: ,: syntax error\n");
        assert_refused("path = = a;", "F line 1: =: syntax error\n");
        assert_refused("path = += a;", "F line 1: +=: syntax error\n");
}

static void two_values_without_a_comma(void **state)
{
        assert_refused("path = a b;", "F line 1: b: syntax error\n");
        assert_refused("path a b;", "F line 1: b: syntax error\n");
        assert_refused("path = a 'b\nc';", "F line 2: 'b?c': syntax error\n");
}

static void what_cannot_start_a_statement(void **state)
{
        assert_refused("= x;", "F line 1: =: syntax error\n");
        assert_refused("{ path = x; }", "F line 1: {: syntax error\n");
        assert_refused("a { { path = x; } }", "F line 1: {: syntax error\n");
        assert_refused("a { } }", "F line 1: }: syntax error\n");
}

static void missing_semicolon_shows_at_the_next_word(void **state)
{
        assert_refused("a {\n path = x\n host.hostname = y;\n}\n", "F line 3: host.hostname: syntax error\n");
        assert_refused("a {\n path = x\n b { persist; }\n vnet = ;\n}\n",
                       "F line 3: b: syntax error\nF line 4: ;: syntax error\n");
}

static void unexpected_eof(void **state)
{
        assert_refused("path = x", "F: unexpected EOF\n");
        assert_refused("path", "F: unexpected EOF\n");
        assert_refused("a {", "F: unexpected EOF\n");
        assert_refused("a { b { path = x; }", "F: unexpected EOF\n");
        assert_refused("a { path = ", "F: unexpected EOF\n");
}

static void reading_goes_on_to_report_more(void **state)
{
        assert_refused("a { path = ; persist = ;\n}\nb { = x; }\n$y $;\n'c' = \"\n;\n",
                       "F line 1: ;: syntax error\nF line 1: ;: syntax error\nF line 3: =: syntax error\n"
                       "F line 5: unterminated string\nF line 6: ;: syntax error\n");
}

static void long_text_is_cut_in_messages(void **state)
{
        char text[512], lines[512];

        memset(text, 'x', sizeof text);
        memcpy(text, "a b ", 4);
        strcpy(text + 404, ";");
        snprintf(lines, sizeof lines, "F line 1: %.200s...: syntax error\n", text + 4);
        assert_refused(text, lines);
}

/* ---- nested blocks ---- */

static void inner_jails_are_named_in_full(void **state)
{
        autoconf conf = read_text("a { path = x; b { persist; c { } } vnet; } d { }");

        assert_int_equal(conf->n_jails, 4);
        assert_string_equal(conf->jails[0].name, "a");
        assert_string_equal(conf->jails[1].name, "a.b");
        assert_string_equal(conf->jails[2].name, "a.b.c");
        assert_string_equal(conf->jails[3].name, "d");
        assert_jail(conf, "a", "name<a> path<x> vnet");
        assert_jail(conf, "a.b", "name<a.b> persist");
}

static void inner_wildcard(void **state)
{
        autoconf conf = read_text("a { * { persist; } b { } } b { }");

        assert_int_equal(conf->n_jails, 3);
        assert_jail(conf, "a", "name<a>");
        assert_jail(conf, "a.b", "name<a.b> persist");
        assert_jail(conf, "b", "name<b>");
}

static void nesting_ends_where_names_do(void **state)
{
        autobuf text = {0};
        autoconf conf = NULL;

        for (size_t i = 0; i < 127; i++)
                strbuf_add(&text, "ab{");
        for (size_t i = 0; i < 127; i++)
                strbuf_add(&text, "}");
        assert_refused(text.s, "F line 1: name of nested jail too long\n");
        strbuf_free(&text);
        for (size_t i = 0; i < 128; i++)
                strbuf_add(&text, "a{");
        for (size_t i = 0; i < 128; i++)
                strbuf_add(&text, "}");
        conf = read_text(text.s);
        assert_int_equal(conf->n_jails, 128);
}

/* ---- files ---- */

static char dir[] = "/tmp/gaol-conf-XXXXXX";

static int enter_dir(void **state)
{
        return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave_dir(void **state)
{
        static const char *const names[] = { "sub/x.conf", "sub/y.conf", "sub/.hidden.conf", "sub[1]/x.conf",
                                             "sub[1]/y.conf", "main.conf", "other.conf", "sub[1]", "sub" };

        for (size_t i = 0; i < COUNT(names); i++)
                remove(names[i]);
        return chdir("/") == 0 && rmdir(dir) == 0 ? 0 : -1;
}

static void put(const char *name, const char *text)
{
        autofd fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

static struct conf *read_file(const char *name)
{
        struct conf *conf = NULL;
        struct err e = {0};
        int r = conf_read(name, collect, &said, &conf, &e);

        assert_string_equal(e.text, "");
        assert_int_equal(r, 0);
        return conf;
}

static void assert_unreadable(const char *name, int code, const char *text)
{
        struct conf *conf = NULL;
        struct err e = {0};

        assert_int_equal(conf_read(name, collect, &said, &conf, &e), -code);
        assert_string_equal(e.text, text);
        assert_null(conf);
}

static void file_is_read_and_named(void **state)
{
        autoconf conf = NULL;

        put("main.conf", "a { path = x; }\n");
        conf = read_file("main.conf");
        assert_jail(conf, "a", "name<a> path<x>");
        put("main.conf", "\na { = }\n");
        assert_unreadable("./main.conf", EBADMSG, "");
        assert_said("./main.conf line 2: =: syntax error\n");
}

static void file_that_cannot_be_read(void **state)
{
        assert_unreadable("none.conf", ENOENT, "none.conf: No such file or directory");
        assert_unreadable("/", EISDIR, "/: Is a directory");
        assert_said("");
}

static void minus_is_stdin(void **state)
{
        static const char *const texts[] = { "a { path = x; }\n", "a { path = ; }\n", ".include \"sub/x.conf\";" };
        autofd saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

        mkdir("sub", 0700);
        put("sub/x.conf", "b { }\n");
        for (size_t i = 0; i < COUNT(texts); i++) {
                autoconf conf = NULL;
                int ends[2];

                assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
                assert_int_equal(fd_write_all(ends[1], texts[i], strlen(texts[i])), 0);
                close(ends[1]);
                assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
                close(ends[0]);
                if (i == 1) {
                        assert_unreadable("-", EBADMSG, "");
                        assert_said("STDIN line 1: ;: syntax error\n");
                        continue;
                }
                conf = read_file("-");
                assert_int_equal(conf->n_jails, 1);
                assert_string_equal(conf->jails[0].name, i ? "b" : "a");
        }
        dup2(saved, STDIN_FILENO);
}

static void stdin_that_cannot_be_read(void **state)
{
        autofd saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

        close(STDIN_FILENO);
        assert_unreadable("-", EBADF, "STDIN: Bad file descriptor");
        if (saved >= 0)
                dup2(saved, STDIN_FILENO);
}

/* ---- .include ---- */

static void include_is_relative_to_its_file(void **state)
{
        autoconf conf = NULL;
        autobuf path = {0};

        mkdir("sub", 0700);
        put("main.conf", ".include \"sub/x.conf\"; z { }\n");
        put("sub/x.conf", "x { }\n.include 'y.conf';\n");
        put("sub/y.conf", "y { }\n");
        strbuf_addf(&path, "%s/main.conf", dir);
        conf = read_file("main.conf");
        assert_int_equal(conf->n_jails, 3);
        assert_string_equal(conf->jails[0].name, "x");
        assert_string_equal(conf->jails[1].name, "y");
        assert_string_equal(conf->jails[2].name, "z");
        conf_free(conf);
        conf = read_file(path.s);
        assert_int_equal(conf->n_jails, 3);
}

static void include_takes_absolute_names_and_lists(void **state)
{
        autoconf conf = NULL;
        autobuf text = {0};

        mkdir("sub", 0700);
        put("sub/x.conf", "x { }\n");
        put("other.conf", "y { }\n");
        strbuf_addf(&text, ".include \"%s/other.conf\", 'sub/x.conf';", dir);
        put("main.conf", text.s);
        conf = read_file("./main.conf");
        assert_int_equal(conf->n_jails, 2);
        assert_string_equal(conf->jails[0].name, "y");
}

static void include_pattern(void **state)
{
        autoconf conf = NULL;

        mkdir("sub", 0700);
        put("sub/y.conf", "y { }\n");
        put("sub/x.conf", "x { }\n");
        put("sub/.hidden.conf", "hidden { }\n");
        put("main.conf", ".include \"s*/*.conf\";\n.include 'none/*', '?.none', 'jail[.]conf';\n");
        conf = read_file("main.conf");
        assert_int_equal(conf->n_jails, 2);
        assert_string_equal(conf->jails[0].name, "x");
        assert_string_equal(conf->jails[1].name, "y");
        conf_free(conf);
        put("main.conf", ".include \"sub//[!y]*.conf\", 'su\\\\b/\\\\y.con?', 'sub/.*.conf';\n");
        conf = read_file("main.conf");
        assert_int_equal(conf->n_jails, 3);
        assert_string_equal(conf->jails[1].name, "y");
        assert_string_equal(conf->jails[2].name, "hidden");
}

static void directory_of_the_file_is_no_pattern(void **state)
{
        autoconf conf = NULL;

        mkdir("sub[1]", 0700);
        put("sub[1]/x.conf", "x { }\n.include 'y.*';\n");
        put("sub[1]/y.conf", "y { }\n");
        conf = read_file("sub[1]/x.conf");
        assert_int_equal(conf->n_jails, 2);
}

static void include_of_a_plain_name_must_be_there(void **state)
{
        mkdir("sub", 0700);
        put("main.conf", "a { path = ; }\n.include \"sub/none.conf\";\nb { path = ; }\n");
        assert_unreadable("main.conf", ENOENT, "sub/none.conf: No such file or directory");
        assert_said("main.conf line 1: ;: syntax error\n");
        put("main.conf", ".include \"sub\";\n");
        assert_unreadable("main.conf", EISDIR, "sub: Is a directory");
}

static void include_in_a_block(void **state)
{
        autoconf conf = NULL;

        put("main.conf", "a { .include other.conf; persist; } c { }\n");
        put("other.conf", "path = x; b { vnet; } * { host; }\n");
        conf = read_file("main.conf");
        assert_int_equal(conf->n_jails, 3);
        assert_jail(conf, "a", "name<a> path<x> persist");
        assert_jail(conf, "a.b", "name<a.b> vnet host");
        assert_jail(conf, "c", "name<c>");
}

static void included_file_closes_its_own_blocks_only(void **state)
{
        put("main.conf", "a { .include other.conf; }\n");
        put("other.conf", "}\nb {\n");
        assert_unreadable("main.conf", EBADMSG, "");
        assert_said("other.conf line 1: }: syntax error\nother.conf: unexpected EOF\n");
}

static void include_takes_no_variables(void **state)
{
        put("other.conf", "b { = }\n");
        put("main.conf", "$x = other;\n.include \"$x.conf\", other.conf;\n");
        assert_unreadable("main.conf", EBADMSG, "");
        assert_said("main.conf line 2: variables not permitted in '.include' filename\n"
                    "other.conf line 1: =: syntax error\n");
}

static void include_is_no_parameter(void **state)
{
        put("main.conf", "a { .include = none.conf;\n.include;\n}\nb { .include += x;\n.include { path = x; }\n}\n"
                         ".include, x;\n");
        assert_unreadable("main.conf", EBADMSG, "");
        assert_said("main.conf line 1: =: syntax error\nmain.conf line 2: ;: syntax error\n"
                    "main.conf line 4: +=: syntax error\nmain.conf line 5: {: syntax error\n"
                    "main.conf line 7: ,: syntax error\n");
        put("main.conf", "b { $.include = 1; }\n");
        assert_unreadable("main.conf", EBADMSG, "");
        assert_said("main.conf line 1: .include: syntax error\n");
}

static void include_of_itself_ends(void **state)
{
        put("main.conf", "a { }\n.include main.conf;\n");
        assert_unreadable("main.conf", ELOOP, "maximum include depth exceeded");
        put("main.conf", "a { .include \"m*.conf\"; }\n");
        assert_unreadable("main.conf", ELOOP, "maximum include depth exceeded");
}

static void thirty_two_includes_deep_is_allowed(void **state)
{
        for (int deepest = 32; deepest <= 33; deepest++) {
                char name[32], text[64];

                for (int i = 0; i <= deepest; i++) {
                        snprintf(name, sizeof name, "d%d.conf", i);
                        snprintf(text, sizeof text, i < deepest ? ".include d%d.conf;" : "j%d { }", i + 1);
                        put(name, text);
                }
                if (deepest == 32) {
                        autoconf conf = read_file("d0.conf");

                        assert_int_equal(conf->n_jails, 1);
                } else {
                        assert_unreadable("d0.conf", ELOOP, "maximum include depth exceeded");
                }
                for (int i = 0; i <= deepest; i++) {
                        snprintf(name, sizeof name, "d%d.conf", i);
                        unlink(name);
                }
        }
}

static void text_in_memory_includes_nothing(void **state)
{
        assert_refused("a { }\n.include \"/etc/passwd\";\nb = ;", "F line 2: '.include' not permitted here\n"
                       "F line 3: ;: syntax error\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(empty_file),
                cmocka_unit_test(four_forms_of_a_statement),
                cmocka_unit_test(stray_semicolons),
                cmocka_unit_test(quoted_names),
                cmocka_unit_test(variable_in_either_spelling_is_a_key),
                cmocka_unit_test(semicolon_before_the_brace_is_mandatory),
                cmocka_unit_test(name_is_one_piece),
                cmocka_unit_test(star_alone_and_quoted_are_names),
                cmocka_unit_test(variable_is_no_name_of_a_jail),
                cmocka_unit_test(missing_values),
                cmocka_unit_test(two_values_without_a_comma),
                cmocka_unit_test(what_cannot_start_a_statement),
                cmocka_unit_test(missing_semicolon_shows_at_the_next_word),
                cmocka_unit_test(unexpected_eof),
                cmocka_unit_test(reading_goes_on_to_report_more),
                cmocka_unit_test(long_text_is_cut_in_messages),
                cmocka_unit_test(inner_jails_are_named_in_full),
                cmocka_unit_test(inner_wildcard),
                cmocka_unit_test(nesting_ends_where_names_do),
                cmocka_unit_test(file_is_read_and_named),
                cmocka_unit_test(file_that_cannot_be_read),
                cmocka_unit_test(minus_is_stdin),
                cmocka_unit_test(stdin_that_cannot_be_read),
                cmocka_unit_test(include_is_relative_to_its_file),
                cmocka_unit_test(include_takes_absolute_names_and_lists),
                cmocka_unit_test(include_pattern),
                cmocka_unit_test(directory_of_the_file_is_no_pattern),
                cmocka_unit_test(include_of_a_plain_name_must_be_there),
                cmocka_unit_test(include_in_a_block),
                cmocka_unit_test(included_file_closes_its_own_blocks_only),
                cmocka_unit_test(include_takes_no_variables),
                cmocka_unit_test(include_is_no_parameter),
                cmocka_unit_test(include_of_itself_ends),
                cmocka_unit_test(thirty_two_includes_deep_is_allowed),
                cmocka_unit_test(text_in_memory_includes_nothing),
        };

        return cmocka_run_group_tests_name("conf parse", tests, enter_dir, leave_dir);
}
