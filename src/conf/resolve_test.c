/* jail.conf(5): combining definitions, and what variables become. */
#include <stdio.h>
#include <time.h>

#include "conf/check.h"

/* ---- wildcards ---- */

static void star_components(void **state)
{
        assert_true(conf_is_wildcard("*"));
        assert_true(conf_is_wildcard("*.a"));
        assert_true(conf_is_wildcard("a.*.b"));
        assert_true(conf_is_wildcard("a.*"));
        assert_false(conf_is_wildcard("a"));
        assert_false(conf_is_wildcard("a*"));
        assert_false(conf_is_wildcard("*a.b"));
        assert_false(conf_is_wildcard("a.**"));
        assert_false(conf_is_wildcard(""));
}

static void last_star_fits_one_or_more_components(void **state)
{
        assert_true(conf_match("*", "foo"));
        assert_true(conf_match("*", "foo.bar.baz"));
        assert_true(conf_match("foo.*", "foo.bar"));
        assert_true(conf_match("foo.*", "foo.bar.baz"));
        assert_false(conf_match("foo.*", "foo"));
        assert_false(conf_match("foo.*", "food.bar"));
        assert_false(conf_match("foo.*", "fo.bar"));
}

static void inner_star_fits_one_component(void **state)
{
        assert_true(conf_match("*.b", "a.b"));
        assert_true(conf_match("a.*.c", "a.b.c"));
        assert_true(conf_match("*.*", "a.b.c"));
        assert_false(conf_match("*.b", "b"));
        assert_false(conf_match("*.b", "a.x.b"));
        assert_false(conf_match("a.*.c", "a.b.x.c"));
        assert_false(conf_match("*.*", "a"));
}

static void other_components_must_be_equal(void **state)
{
        assert_true(conf_match("a.b", "a.b"));
        assert_false(conf_match("a.b", "a"));
        assert_false(conf_match("a", "a.b"));
        assert_false(conf_match("a*", "ab"));
        assert_true(conf_match("a*", "a*"));
}

static void wildcards_are_no_jails(void **state)
{
        autoconf conf = read_text("* { persist; } 'a.*' { } '*.b' { } b { } 'a*' { }");

        assert_int_equal(conf->n_jails, 2);
        assert_jail(conf, "b", "name<b> persist");
        assert_jail(conf, "a*", "name<a*> persist");
        assert_null(conf_find(conf, "*"));
        assert_null(conf_find(conf, "a"));
}

/* ---- order ---- */

static void before_own_after(void **state)
{
        autoconf conf = read_text("* { path = before; vnet = before; host = before; }\n"
                                  "a { path = own; vnet = own; }\n"
                                  "* { path = after; }\n"
                                  "b { path = own; }\n");

        assert_jail(conf, "a", "name<a> path<after> vnet<own> host<before>");
        assert_jail(conf, "b", "name<b> path<own> vnet<before> host<before>");
}

static void only_wildcards_that_fit(void **state)
{
        autoconf conf = read_text("'a.*' { persist; } '*.b' { vnet; } a { } a.b { } c.b { } a.b.c { }");

        assert_jail(conf, "a", "name<a>");
        assert_jail(conf, "a.b", "name<a.b> persist vnet");
        assert_jail(conf, "c.b", "name<c.b> vnet");
        assert_jail(conf, "a.b.c", "name<a.b.c> persist");
}

static void global_statements_stand_where_the_first_does(void **state)
{
        autoconf conf = read_text("path = g1; a { path = own; } path = g2; persist; b { }");
        autoconf late = read_text("a { path = own; } path = g1; b { path = own; }");

        assert_jail(conf, "a", "name<a> path<own> persist");
        assert_jail(conf, "b", "name<b> path<g2> persist");
        assert_jail(late, "a", "name<a> path<g1>");
        assert_jail(late, "b", "name<b> path<own>");
}

static void global_statements_are_not_a_written_star(void **state)
{
        autoconf conf = read_text("path = g1; * { path = star; } path = g2; a { }");

        assert_jail(conf, "a", "name<a> path<star>");
}

static void block_is_placed_at_its_brace(void **state)
{
        autoconf conf = read_text("a { '*' { path = w; } b { path = own; } '*' { path = last; } path = x; }");

        assert_jail(conf, "a", "name<a> path<x>");
        assert_jail(conf, "a.b", "name<a.b> path<last>");
}

static void blocks_of_one_name_are_one_jail(void **state)
{
        autoconf conf = read_text("a { path = 1; mount = x; } b { } * { path = w; vnet = w; }\n"
                                  "a { vnet = 2; mount += y; } c { a { persist; } } c.a { path = 3; }\n"
                                  "a { mount += z; }");

        assert_int_equal(conf->n_jails, 4);
        assert_string_equal(conf->jails[0].name, "a");
        assert_string_equal(conf->jails[1].name, "b");
        assert_string_equal(conf->jails[2].name, "c");
        assert_string_equal(conf->jails[3].name, "c.a");
        assert_jail(conf, "a", "name<a> path<w> mount<x><y><z> vnet<2>");
        assert_jail(conf, "c.a", "name<c.a> path<3> vnet<w> persist");
}

/* ---- the label ---- */

static void label_sets_name_or_jid(void **state)
{
        autoconf conf = read_text("web { } 5309 { } 0 { } 00 { } 007 { } 12x { } -5 { }");

        assert_jail(conf, "web", "name<web>");
        assert_jail(conf, "5309", "jid<5309> name<5309>");
        assert_jail(conf, "0", "name<0>");
        assert_jail(conf, "00", "name<00>");
        assert_jail(conf, "007", "jid<007> name<007>");
        assert_jail(conf, "12x", "name<12x>");
        assert_jail(conf, "-5", "name<-5>");
}

static void label_leaves_the_other_one_free(void **state)
{
        autoconf conf = read_text("5309 { name = web; path = \"/j/$name\"; }\n"
                                  "db { jid = 5310; path = \"/j/$jid\"; }");

        assert_said("");
        assert_jail(conf, "5309", "jid<5309> name<web> path</j/web>");
        assert_jail(conf, "db", "name<db> jid<5310> path</j/5310>");
}

static void name_and_jid_are_set_once(void **state)
{
        assert_failed("name = bar;", "a: cannot redefine parameter \"name\".\n");
        assert_failed("name = a;", "a: cannot redefine parameter \"name\".\n");
        assert_failed("name += b; noname;", "a: cannot redefine parameter \"name\".\n"
                      "a: cannot redefine parameter \"name\".\n");
        assert_failed("jid = 1; jid = 2;", "a: cannot redefine parameter \"jid\".\n");
}

static void numeric_label_cannot_be_renumbered(void **state)
{
        autoconf conf = read_text("7 { jid = 8; } 9 { name = x; name = y; }");

        assert_said("7: cannot redefine parameter \"jid\".\n9: cannot redefine parameter \"name\".\n");
        assert_true(conf->jails[0].failed);
        assert_true(conf->jails[1].failed);
        assert_jail(conf, "9", "jid<9> name<x>");
}

static void name_is_there_for_substitution(void **state)
{
        autoconf conf = read_text("path = \"/j/$name\"; a { } 5 { } b { c { } }");

        assert_jail(conf, "a", "name<a> path</j/a>");
        assert_jail(conf, "5", "jid<5> path</j/5> name<5>");
        assert_jail(conf, "b.c", "name<b.c> path</j/b.c>");
}

/* ---- assigning ---- */

static void equal_replaces_the_list(void **state)
{
        assert_body("mount = a, b; path = x; mount = c;", "mount<c> path<x>");
}

static void plus_equal_appends(void **state)
{
        assert_body("mount += a; mount += b, c;", "mount<a><b><c>");
}

static void bare_name_clears(void **state)
{
        assert_body("mount = a, b; mount;", "mount");
        assert_body("mount = a; mount; mount += b;", "mount<b>");
}

static void no_prefix_names_the_same_parameter(void **state)
{
        assert_body("persist; nopersist;", "nopersist");
        assert_body("nopersist; persist = true;", "persist<true>");
        assert_body("allow.mount.nodevfs; allow.mount.devfs;", "allow.mount.devfs");
        assert_body("allow.mount.devfs = 1; path = x; allow.mount.nodevfs;", "allow.mount.nodevfs path<x>");
}

static void no_prefix_stands_before_the_last_component(void **state)
{
        assert_body("allow.mount.devfs; noallow.mount.devfs; allow.nomount.devfs;",
                    "allow.mount.devfs noallow.mount.devfs allow.nomount.devfs");
        assert_body("no; allow.no; allow.;", "no allow.no allow.");
}

static void variables_are_dropped(void **state)
{
        assert_body("$x = y; ${z z} += a; path = b;", "path<b>");
}

static void variable_named_like_a_parameter(void **state)
{
        assert_failed("$path = x;", "a: variable \"$path\" cannot have the same name as a parameter.\n");
        assert_failed("$nopersist = x;",
                      "a: variable \"$nopersist\" cannot have the same name as a parameter.\n");
        /* words only we know must not spoil a FreeBSD file's variables */
        assert_body("$user = www; $level = 3; path = /j/$user$level;", "path</j/www3>");
        assert_failed("foo = 1; $foo = x;", "a: variable \"$foo\" cannot have the same name as a parameter.\n");
        assert_failed("$foo = 1; foo = x;", "a: variable \"$foo\" cannot have the same name as a parameter.\n");
}

static void variables_do_not_know_the_no_prefix(void **state)
{
        assert_body("$note = 1; $te = 2; path = $note$te;", "path<12>");
        assert_body("$foo = 1; bar = 2; $nobar = 3; path = $foo$bar$nobar;", "bar<2> path<123>");
}

/* ---- substitution ---- */

static void source_may_come_later(void **state)
{
        autoconf conf = read_text("a { path = \"$root/$name\"; } $root = /j; b { $root = /k; path = $root; }");

        assert_jail(conf, "a", "name<a> path</j/a>");
        assert_jail(conf, "b", "name<b> path</k>");
}

static void sources_are_substituted_first(void **state)
{
        assert_body("path = \"$x!\"; $x = \"<$y>\"; $y = \"[$name]\"; exec.start = $path, $x;",
                    "path<<[a]>!> exec.start<<[a]>!><<[a]>>");
}

static void parameter_is_found_as_spelled(void **state)
{
        assert_body("nopersist = 1; path = $nopersist;", "nopersist<1> path<1>");
        assert_failed("nopersist = 1; path = $persist;", "a: path: variable \"persist\" not found\n");
}

static void variable_not_found(void **state)
{
        assert_failed("path = \"/j/$x\";", "a: path: variable \"x\" not found\n");
        assert_failed("path = \"$x$y\"; $z = $w;", "a: path: variable \"x\" not found\n"
                      "a: path: variable \"y\" not found\na: z: variable \"w\" not found\n");
        assert_failed("path = \"${}\";", "a: path: variable \"\" not found\n");
}

static void bare_name_has_no_value(void **state)
{
        assert_failed("persist; path = $persist;", "a: path: variable \"persist\" not found\n");
        assert_failed("$x = 1; $x; path = $x;", "a: path: variable \"x\" not found\n");
}

static void what_depends_on_a_bad_value_is_silent(void **state)
{
        autoconf conf = read_text("a { path = $x; $x = $y; mount = $x; exec.start = $path; host = new; }");

        assert_said("a: x: variable \"y\" not found\n");
        assert_true(conf->jails[0].failed);
        assert_jail(conf, "a", "name<a> host<new>");
}

static void variable_loop(void **state)
{
        assert_failed("$x = $y; $y = $x; path = $x;", "a: x: variable loop\n");
        assert_failed("path = $path;", "a: path: variable loop\n");
        assert_failed("path = $x; $x = $y; $y = $z; $z = $x;", "a: x: variable loop\n");
        assert_failed("$x = $y; $y = $x$x;", "a: x: variable loop\n");
}

static void jid_only_if_set(void **state)
{
        assert_failed("path = $jid;", "a: path: variable \"jid\" not found\n");
}

static void array_as_the_entire_string(void **state)
{
        assert_body("$l = a, b; mount = $l; mount += x, \"$l\", ${l};", "mount<a><b><x><a><b><a><b>");
        assert_body("$l = a, b; $m = $l, c; mount = $m;", "mount<a><b><c>");
        assert_body("mount = a, b; exec.start = $mount;", "mount<a><b> exec.start<a><b>");
}

static void array_cannot_be_substituted_inline(void **state)
{
        assert_failed("$l = a, b; mount = \"x$l\";", "a: mount: array cannot be substituted inline\n");
        assert_failed("$l = a, b; mount = ${l}x;", "a: mount: array cannot be substituted inline\n");
        assert_failed("$l = a, b; $m = \"$l$l\";", "a: m: array cannot be substituted inline\n"
                      "a: m: array cannot be substituted inline\n");
}

static void single_quoted_command_reaches_the_shell_whole(void **state)
{
        assert_body("exec.poststop = 'echo $JID';", "exec.poststop<echo $JID>");
}

static void one_failed_jail_does_not_stop_the_others(void **state)
{
        autoconf conf = read_text("path = \"/j/$x\"; a { } b { $x = y; } c { }");

        assert_said("a: path: variable \"x\" not found\nc: path: variable \"x\" not found\n");
        assert_true(conf_find(conf, "a")->failed);
        assert_false(conf_find(conf, "b")->failed);
        assert_true(conf_find(conf, "c")->failed);
        assert_jail(conf, "b", "name<b> path</j/y>");
        assert_jail(conf, "c", "name<c>");
}

static void substitution_has_an_end(void **state)
{
        assert_failed("$a = aaaaaaaaaa; $b = $a$a$a$a$a$a$a$a$a$a; $c = $b$b$b$b$b$b$b$b$b$b;\n"
                      "$d = $c$c$c$c$c$c$c$c$c$c; $e = $d$d$d$d$d$d$d$d$d$d; $f = $e$e$e$e$e$e$e$e$e$e;\n"
                      "path = $f;", "a: f: substituted values too long\n");
        assert_failed("$a = x, x, x, x, x, x, x, x, x, x; $b = $a, $a, $a, $a, $a, $a, $a, $a, $a, $a;\n"
                      "$c = $b, $b, $b, $b, $b, $b, $b, $b, $b, $b; $d = $c, $c, $c, $c, $c, $c, $c, $c, $c, $c;\n",
                      "a: d: substituted values too long\n");
}

static void long_chain_of_variables(void **state)
{
        autobuf body = {0};

        for (int i = 0; i < 4000; i++)
                strbuf_addf(&body, "$v%d = $v%d;\n", i, i + 1);
        strbuf_add(&body, "$v4000 = end; path = $v0;");
        assert_body(body.s, "path<end>");
}

/* ---- size ---- */

/* A margin of some fifty over what it takes, so that only a quadratic walk fails here. */
static void ten_thousand_jails_in_linear_time(void **state)
{
        autobuf text = {0};
        autoconf conf = NULL;
        char name[32];
        clock_t start;

        strbuf_add(&text, "$root = /jails; path = \"$root/$name\"; mount.devfs; exec.clean;\n"
                   "exec.start = '/bin/sh /etc/rc'; exec.stop = '/bin/sh /etc/rc.shutdown';\n"
                   "'j1.*' { persist; } * { host.hostname = \"$name.example.org\"; }\n");
        for (int i = 0; i < 10000; i++)
                strbuf_addf(&text, "j%d { vnet; vnet.interface = \"e%d\"; depend = j%d; }\n", i, i, i / 2);
        strbuf_add(&text, "* { allow.raw_sockets; }\n");
        start = clock();
        conf = read_text(text.s);
        for (int i = 0; i < 10000; i++) {
                snprintf(name, sizeof name, "j%d", i);
                assert_non_null(conf_find(conf, name));
        }
        assert_true(clock() - start < 3 * CLOCKS_PER_SEC);
        assert_int_equal(conf->n_jails, 10000);
        assert_jail(conf, "j9999", "name<j9999> path</jails/j9999> mount.devfs exec.clean "
                    "exec.start</bin/sh /etc/rc> exec.stop</bin/sh /etc/rc.shutdown> "
                    "host.hostname<j9999.example.org> vnet vnet.interface<e9999> depend<j4999> allow.raw_sockets");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(star_components),
                cmocka_unit_test(last_star_fits_one_or_more_components),
                cmocka_unit_test(inner_star_fits_one_component),
                cmocka_unit_test(other_components_must_be_equal),
                cmocka_unit_test(wildcards_are_no_jails),
                cmocka_unit_test(before_own_after),
                cmocka_unit_test(only_wildcards_that_fit),
                cmocka_unit_test(global_statements_stand_where_the_first_does),
                cmocka_unit_test(global_statements_are_not_a_written_star),
                cmocka_unit_test(block_is_placed_at_its_brace),
                cmocka_unit_test(blocks_of_one_name_are_one_jail),
                cmocka_unit_test(label_sets_name_or_jid),
                cmocka_unit_test(label_leaves_the_other_one_free),
                cmocka_unit_test(name_and_jid_are_set_once),
                cmocka_unit_test(numeric_label_cannot_be_renumbered),
                cmocka_unit_test(name_is_there_for_substitution),
                cmocka_unit_test(equal_replaces_the_list),
                cmocka_unit_test(plus_equal_appends),
                cmocka_unit_test(bare_name_clears),
                cmocka_unit_test(no_prefix_names_the_same_parameter),
                cmocka_unit_test(no_prefix_stands_before_the_last_component),
                cmocka_unit_test(variables_are_dropped),
                cmocka_unit_test(variable_named_like_a_parameter),
                cmocka_unit_test(variables_do_not_know_the_no_prefix),
                cmocka_unit_test(source_may_come_later),
                cmocka_unit_test(sources_are_substituted_first),
                cmocka_unit_test(parameter_is_found_as_spelled),
                cmocka_unit_test(variable_not_found),
                cmocka_unit_test(bare_name_has_no_value),
                cmocka_unit_test(what_depends_on_a_bad_value_is_silent),
                cmocka_unit_test(variable_loop),
                cmocka_unit_test(jid_only_if_set),
                cmocka_unit_test(array_as_the_entire_string),
                cmocka_unit_test(array_cannot_be_substituted_inline),
                cmocka_unit_test(single_quoted_command_reaches_the_shell_whole),
                cmocka_unit_test(one_failed_jail_does_not_stop_the_others),
                cmocka_unit_test(substitution_has_an_end),
                cmocka_unit_test(long_chain_of_variables),
                cmocka_unit_test(ten_thousand_jails_in_linear_time),
        };

        return cmocka_run_group_tests_name("conf resolve", tests, NULL, NULL);
}
