/* jls(8): whole outputs, of jails that are not there. */
#include "check.h"

#include <errno.h>
#include <stdio.h>

#include "cmd.h"
#include "fake.h"

#define LONG_PATH "/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/x"
#define CUT_PATH "/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456"

static const struct fake_value web[] = {
        { "persist", { "true" } },
        { "path", { "/" } },
        { "root.base", { "/srv/site/web", "/" } },
        { "host.hostname", { "web.example.org" } },
        { "vnet.interface", { "auto" } },
        { "vnet.ip4.addr", { "eth0|10.77.0.10/24", "10.77.0.11" } },
        { "vnet.ip6.addr", { "eth0|fd00::1/64" } },
        { "publish", { "8080:80", "8443:443" } },
        { "allow.mount", { "true" } },
        { NULL, { NULL } },
};

static const struct fake_value backup[] = {
        { "path", { LONG_PATH } },
        { "parent", { "1" } },
        { "vnet", { "inherit" } },
        { "host.hostname", { "0123456789012345678901234567890" } },
        { NULL, { NULL } },
};

static const struct fake_jail two[] = { { 1, "web", web }, { 123456, "web.backup-of-tonight", backup } };

static int with_two(void **state)
{
        (void)state;
        fake_reset();
        fake.jails = two;
        fake.n_jails = 2;
        return 0;
}

static void with_one(const char *name, const struct fake_value *values)
{
        static struct fake_jail jail;

        jail = (struct fake_jail){ 7, name, values };
        fake_reset();
        fake.jails = &jail;
        fake.n_jails = 1;
}

static void jls(const char *line, const char *out)
{
        check_run(cmd_jls, line, 0, out, "");
}

static void jls_fails(const char *line, const char *err)
{
        check_run(cmd_jls, line, 1, "", err);
}

/* ------------------------------------------------------------------ tables */

static void table(void **state)
{
        (void)state;
        jls("jls", "   JID  IP Address      Hostname                      Path\n"
                   "     1  10.77.0.10      web.example.org               /\n"
                   "123456  -               01234567890123456789012345678 " CUT_PATH "\n");
}

static void table_of_names(void **state)
{
        (void)state;
        jls("jls -N", " JID             IP Address      Hostname                      Path\n"
                      " web             10.77.0.10      web.example.org               /\n"
                      " web.backup-of-tonight -               01234567890123456789012345678 " CUT_PATH "\n");
}

static void table_without_jails(void **state)
{
        (void)state;
        fake_reset();
        jls("jls", "   JID  IP Address      Hostname                      Path\n");
        jls("jls -n", "");
        jls("jls -h jid name", "jid name\n");
}

static void verbose(void **state)
{
        static const char expected[] =
                "   JID  Hostname                      Path\n"
                "        Name                          State\n"
                "        CPUSetID\n"
                "        IP Address(es)\n"
                "     1  web.example.org               /\n"
                "        web                           ACTIVE\n"
                "        -\n"
                "        10.77.0.10\n"
                "        10.77.0.11\n"
                "        fd00::1\n"
                "123456  01234567890123456789012345678 " CUT_PATH "\n"
                "        web.backup-of-tonight         ACTIVE\n"
                "        -\n";

        (void)state;
        jls("jls -v", expected);
        jls("jls -N -v -q", expected);
        jls("jls -n -v", expected);
        jls("jls -s -h -v", expected);
}

static void empty_values_in_the_table(void **state)
{
        static const struct fake_value nothing[] = { { "path", { "/" } }, { NULL, { NULL } } };

        (void)state;
        with_one("7", nothing);
        jls("jls", "   JID  IP Address      Hostname                      Path\n"
                   "     7  -                                             /\n");
}

static void a_jail_does_not_write_to_the_terminal(void **state)
{
        static const struct fake_value hostile[] = {
                { "path", { "/" } }, { "host.hostname", { "a\x1b[2J\n\xc2\x9b\xff\x7f" } }, { NULL, { NULL } },
        };

        (void)state;
        with_one("x", hostile);
        jls("jls", "   JID  IP Address      Hostname                      Path\n"
                   "     7  -               a?[2J????                     /\n");
}

static void characters_are_not_cut_in_two(void **state)
{
        static const struct fake_value wide[] = {
                { "path", { "/" } },
                { "host.hostname", { "éééééééééééééééééééééééééééééé" } },        /* 30 of 2 bytes */
                { NULL, { NULL } },
        };

        (void)state;
        with_one("x", wide);
        jls("jls", "   JID  IP Address      Hostname                      Path\n"
                   "     7  -               ééééééééééééééééééééééééééééé /\n");
}

/* -------------------------------------------------------------- parameters */

static void chosen_parameters(void **state)
{
        (void)state;
        jls("jls jid name host.hostname", "1 web web.example.org\n"
                                          "123456 web.backup-of-tonight 0123456789012345678901234567890\n");
        jls("jls persist nopersist", "true false\n"
                                     "false true\n");
        jls("jls -v jid", "1\n123456\n");
        jls("jls name name jid name", "web 1\nweb.backup-of-tonight 123456\n");
        jls("jls -- jid", "1\n123456\n");
}

static void lists(void **state)
{
        (void)state;
        jls("jls root.base vnet.ip4.addr", "/srv/site/web,/ eth0|10.77.0.10/24,10.77.0.11\n"
                                           "- -\n");
        jls("jls -q root.base", "/srv/site/web,/\n\"\"\n");
        jls("jls -n root.base", "root.base=/srv/site/web,/\nroot.base=\n");
        jls("jls -nq root.base", "root.base=/srv/site/web,/\nroot.base=\"\"\n");
}

static void empty_strings(void **state)
{
        static const struct fake_value nothing[] = { { NULL, { NULL } } };

        (void)state;
        with_one("x", nothing);
        jls("jls path name", "\"\" x\n");
        jls("jls -q path", "\"\"\n");
        jls("jls -n path", "path=\"\"\n");
}

static void header(void **state)
{
        (void)state;
        jls("jls -h jid nopersist children.max", "jid nopersist children.max\n"
                                                 "1 false 0\n"
                                                 "123456 true 0\n");
}

static void names(void **state)
{
        (void)state;
        jls("jls -n jid persist allow.mount nopersist vnet",
            "jid=1 persist allow.mount persist vnet=new\n"
            "jid=123456 nopersist allow.nomount nopersist vnet=inherit\n");
        jls("jls -hn -j web jid", "jid\njid=1\n");
}

static void all_parameters(void **state)
{
        static const char all_names[] =
                "dying host jid name parent path persist publish vnet allow.mount allow.mount.devfs children.cur "
                "children.max host.hostname root.base vnet.interface vnet.ip4.addr vnet.ip6.addr vnet.nat\n";
        char expected[1024];

        (void)state;
        snprintf(expected, sizeof expected, "%s%s", all_names,
                 "false new 1 web 0 / true 8080:80,8443:443 new true false 0 0 web.example.org /srv/site/web,/ "
                 "auto eth0|10.77.0.10/24,10.77.0.11 eth0|fd00::1/64 false\n");
        jls("jls -h -j web", expected);
        jls("jls -h -j 1 all", expected);
        jls("jls -n -j web",
            "nodying host=new jid=1 name=web parent=0 path=/ persist publish=8080:80,8443:443 vnet=new allow.mount "
            "allow.mount.nodevfs children.cur=0 children.max=0 host.hostname=web.example.org "
            "root.base=/srv/site/web,/ vnet.interface=auto vnet.ip4.addr=eth0|10.77.0.10/24,10.77.0.11 "
            "vnet.ip6.addr=eth0|fd00::1/64 vnet.nonat\n");
        jls("jls -j web name all name", "web false new 1 0 / true 8080:80,8443:443 new true false 0 0 web.example.org "
            "/srv/site/web,/ auto eth0|10.77.0.10/24,10.77.0.11 eth0|fd00::1/64 false\n");
}

static void quoted(void **state)
{
        static const struct fake_value odd[] = {
                { "path", { "/a b" } }, { "host.hostname", { "it's \"x\"" } }, { "publish", { "a\\b", "c\td" } },
                { "root.base", { "/say \"x\"" } }, { NULL, { NULL } },
        };

        (void)state;
        with_one("x", odd);
        jls("jls path host.hostname publish root.base", "/a b it's \"x\" a\\b,c\td /say \"x\"\n");
        jls("jls -q name path host.hostname publish root.base",
            "x \"/a b\" \"it's \\\"x\\\"\" \"a\\\\b,c\td\" '/say \"x\"'\n");
}

static void settable(void **state)
{
        (void)state;
        jls("jls -s", "host=new jid=1 name=web path=/ persist publish=8080:80,8443:443 vnet=new allow.mount "
                      "allow.mount.nodevfs children.max=0 host.hostname=web.example.org root.base=/srv/site/web "
                      "root.base=/ vnet.interface=auto vnet.ip4.addr=\"eth0|10.77.0.10/24,10.77.0.11\" "
                      "vnet.ip6.addr=\"eth0|fd00::1/64\" vnet.nonat\n"
                      "host=new jid=123456 name=web.backup-of-tonight path=" LONG_PATH " nopersist publish=\"\" "
                      "vnet=inherit allow.nomount allow.mount.nodevfs children.max=0 "
                      "host.hostname=0123456789012345678901234567890 root.base=\"\"\n");
        jls("jls -s dying vnet.ip4.addr jid parent vnet",
            "vnet.ip4.addr=\"eth0|10.77.0.10/24,10.77.0.11\" jid=1 vnet=new\njid=123456 vnet=inherit\n");
        jls("jls -h -s -j web jid", "jid=1\n");
        jls("jls -s -h -j web jid dying", "jid dying\njid=1 nodying\n");
}

/* ----------------------------------------------------------------- choosing */

static void one_jail(void **state)
{
        (void)state;
        jls("jls -j web.backup-of-tonight jid", "123456\n");
        jls("jls -j123456 name", "web.backup-of-tonight\n");
        jls_fails("jls -j none", "jls: jail \"none\" not found\n");
        jls_fails("jls -j 99 -v", "jls: jail 99 not found\n");
        jls_fails("jls -j none --libxo json", "jls: jail \"none\" not found\n");
}

static void existence(void **state)
{
        (void)state;
        jls("jls -c -j web", "");
        jls("jls -dc -j 1", "");
        jls_fails("jls -c -j none", "");
        jls_fails("jls -c -j 2", "");
        fake.list_error = EACCES;
        jls_fails("jls -c -j web", "jls: Permission denied\n");
}

static void dying_jails(void **state)
{
        static const struct fake_value dead[] = { { "dying", { "true" } }, { "path", { "/" } }, { NULL, { NULL } } };

        (void)state;
        with_one("old", dead);
        jls("jls jid", "");
        jls("jls -d jid", "7\n");
        jls("jls -a -j old jid", "7\n");
        jls("jls -av", "   JID  Hostname                      Path\n"
                       "        Name                          State\n"
                       "        CPUSetID\n"
                       "        IP Address(es)\n"
                       "     7                                /\n"
                       "        old                           DYING\n"
                       "        -\n");
        jls_fails("jls -j old", "jls: jail \"old\" not found\n");
        jls_fails("jls -j 7", "jls: jail 7 not found\n");
        jls_fails("jls -c -j old", "");
        jls("jls -cd -j old", "");
}

/* -------------------------------------------------------------------- libxo */

static void json(void **state)
{
        (void)state;
        jls("jls --libxo json",
            "{\"__version\": \"2\", \"jail-information\": {\"jail\": ["
            "{\"jid\":1,\"ipv4\":\"10.77.0.10\",\"hostname\":\"web.example.org\",\"path\":\"/\"}, "
            "{\"jid\":123456,\"ipv4\":\"-\",\"hostname\":\"0123456789012345678901234567890\","
            "\"path\":\"" LONG_PATH "\"}]}}\n");
        jls("jls -N -j web --libxo=json",
            "{\"__version\": \"2\", \"jail-information\": {\"jail\": ["
            "{\"name\":\"web\",\"ipv4\":\"10.77.0.10\",\"hostname\":\"web.example.org\",\"path\":\"/\"}]}}\n");
        jls("jls -v --libxo json",
            "{\"__version\": \"2\", \"jail-information\": {\"jail\": ["
            "{\"jid\":1,\"hostname\":\"web.example.org\",\"path\":\"/\",\"name\":\"web\",\"state\":\"ACTIVE\", "
            "\"ipv4_addrs\": [\"10.77.0.10\",\"10.77.0.11\"], \"ipv6_addrs\": [\"fd00::1\"]}, "
            "{\"jid\":123456,\"hostname\":\"0123456789012345678901234567890\",\"path\":\"" LONG_PATH "\","
            "\"name\":\"web.backup-of-tonight\",\"state\":\"ACTIVE\", \"ipv4_addrs\": [], "
            "\"ipv6_addrs\": []}]}}\n");
        fake_reset();
        jls("jls --libxo json", "{\"__version\": \"2\", \"jail-information\": {\"jail\": []}}\n");
}

static void json_of_parameters(void **state)
{
        (void)state;
        jls("jls -j web jid persist vnet.ip4.addr name publish host.hostname --libxo json",
            "{\"__version\": \"2\", \"jail-information\": {\"jail\": ["
            "{\"jid\":\"1\",\"persist\":\"true\", \"vnet.ip4.addr\": [\"eth0|10.77.0.10/24\",\"10.77.0.11\"],"
            "\"name\":\"web\",\"publish\":\"8080:80,8443:443\",\"host.hostname\":\"web.example.org\"}]}}\n");
        jls("jls --libxo json -nq jid persist nopersist root.base vnet.ip6.addr",
            "{\"__version\": \"2\", \"jail-information\": {\"jail\": ["
            "{\"jid\":\"1\",\"persist\":true,\"nopersist\":false,\"root.base\":\"/srv/site/web,/\", "
            "\"vnet.ip6.addr\": [\"eth0|fd00::1/64\"]}, "
            "{\"jid\":\"123456\",\"persist\":false,\"nopersist\":true,\"root.base\":\"\", \"vnet.ip6.addr\": []}]}}\n");
        jls("jls --libxo json -s -j web root.base dying",
            "{\"__version\": \"2\", \"jail-information\": {\"jail\": [{\"root.base\":\"/srv/site/web,/\"}]}}\n");
}

static void json_pretty(void **state)
{
        (void)state;
        jls("jls --libxo json,pretty -v",
            "{\n"
            "  \"__version\": \"2\", \n"
            "  \"jail-information\": {\n"
            "    \"jail\": [\n"
            "      {\n"
            "        \"jid\": 1,\n"
            "        \"hostname\": \"web.example.org\",\n"
            "        \"path\": \"/\",\n"
            "        \"name\": \"web\",\n"
            "        \"state\": \"ACTIVE\",\n"
            "        \"ipv4_addrs\": [\n"
            "          \"10.77.0.10\",\n"
            "          \"10.77.0.11\"\n"
            "        ],\n"
            "        \"ipv6_addrs\": [\n"
            "          \"fd00::1\"\n"
            "        ]\n"
            "      },\n"
            "      {\n"
            "        \"jid\": 123456,\n"
            "        \"hostname\": \"0123456789012345678901234567890\",\n"
            "        \"path\": \"" LONG_PATH "\",\n"
            "        \"name\": \"web.backup-of-tonight\",\n"
            "        \"state\": \"ACTIVE\",\n"
            "        \"ipv4_addrs\": [\n"
            "        ],\n"
            "        \"ipv6_addrs\": [\n"
            "        ]\n"
            "      }\n"
            "    ]\n"
            "  }\n"
            "}\n");
        fake_reset();
        jls("jls --libxo=pretty,json",
            "{\n"
            "  \"__version\": \"2\", \n"
            "  \"jail-information\": {\n"
            "    \"jail\": [\n"
            "    ]\n"
            "  }\n"
            "}\n");
}

static void json_escapes(void **state)
{
        static const struct fake_value odd[] = {
                { "path", { "/a\"\\\b\f\n\r\t\x01/é\xff\xed\xa0\x80" } }, { NULL, { NULL } },
        };

        (void)state;
        with_one("x", odd);
        jls("jls --libxo json path",
            "{\"__version\": \"2\", \"jail-information\": {\"jail\": ["
            "{\"path\":\"/a\\\"\\\\\\b\\f\\n\\r\\t\\u0001/é\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}]}}\n");
}

static void xml(void **state)
{
        (void)state;
        jls("jls --libxo xml",
            "<jail-information version=\"2\">"
            "<jail><jid>1</jid><ipv4>10.77.0.10</ipv4><hostname>web.example.org</hostname><path>/</path></jail>"
            "<jail><jid>123456</jid><ipv4>-</ipv4><hostname>0123456789012345678901234567890</hostname>"
            "<path>" LONG_PATH "</path></jail></jail-information>\n");
        jls("jls --libxo xml -n -j web persist vnet.ip4.addr publish",
            "<jail-information version=\"2\"><jail><persist>true</persist><ipv4_addr>eth0|10.77.0.10/24</ipv4_addr>"
            "<ipv4_addr>10.77.0.11</ipv4_addr><publish>8080:80,8443:443</publish></jail></jail-information>\n");
        jls("jls --libxo xml,pretty -v -j web",
            "<jail-information version=\"2\">\n"
            "  <jail>\n"
            "    <jid>1</jid>\n"
            "    <hostname>web.example.org</hostname>\n"
            "    <path>/</path>\n"
            "    <name>web</name>\n"
            "    <state>ACTIVE</state>\n"
            "    <ipv4_addr>10.77.0.10</ipv4_addr>\n"
            "    <ipv4_addr>10.77.0.11</ipv4_addr>\n"
            "    <ipv6_addr>fd00::1</ipv6_addr>\n"
            "  </jail>\n"
            "</jail-information>\n");
}

static void xml_escapes(void **state)
{
        static const struct fake_value odd[] = {
                { "path", { "/<a>&\"'\t\n\r\x01\xff\xef\xbf\xbf" } }, { NULL, { NULL } },
        };

        (void)state;
        with_one("x", odd);
        jls("jls --libxo xml path",
            "<jail-information version=\"2\"><jail>"
            "<path>/&lt;a&gt;&amp;\"'\t\n&#13;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd</path></jail></jail-information>\n");
}

static void html(void **state)
{
        (void)state;
        jls("jls --libxo html -j web",
            "<div class=\"line\"><div class=\"title\">   JID</div><div class=\"padding\">  </div>"
            "<div class=\"title\">IP Address</div><div class=\"padding\">      </div>"
            "<div class=\"title\">Hostname</div><div class=\"padding\">                      </div>"
            "<div class=\"title\">Path</div></div>"
            "<div class=\"line\"><div class=\"data\" data-tag=\"jid\">     1</div><div class=\"padding\">  </div>"
            "<div class=\"data\" data-tag=\"ipv4\">10.77.0.10     </div><div class=\"padding\"> </div>"
            "<div class=\"data\" data-tag=\"hostname\">web.example.org              </div>"
            "<div class=\"padding\"> </div><div class=\"data\" data-tag=\"path\">/</div></div>\n");
        jls("jls --libxo html,pretty -nq -j web persist root.base vnet.ip4.addr",
            "<div class=\"line\">\n"
            "  <div class=\"data\" data-tag=\"persist\">persist</div>\n"
            "  <div class=\"padding\"> </div>\n"
            "  <div class=\"label\">root.base</div>\n"
            "  <div class=\"decoration\">=</div>\n"
            "  <div class=\"data\" data-tag=\"root.base\">/srv/site/web,/</div>\n"
            "  <div class=\"padding\"> </div>\n"
            "  <div class=\"label\">vnet.ip4.addr</div>\n"
            "  <div class=\"decoration\">=</div>\n"
            "  <div class=\"data\" data-tag=\"vnet.ip4.addr\">eth0|10.77.0.10/24,10.77.0.11</div>\n"
            "</div>\n");
}

static void html_escapes(void **state)
{
        static const struct fake_value odd[] = { { "path", { "/<b>&\x01" } }, { NULL, { NULL } } };

        (void)state;
        with_one("x", odd);
        jls("jls --libxo html path",
            "<div class=\"line\"><div class=\"data\" data-tag=\"path\">/&lt;b&gt;&amp;\xef\xbf\xbd</div></div>\n");
}

static void text(void **state)
{
        (void)state;
        jls("jls --libxo text", "   JID  IP Address      Hostname                      Path\n"
                                "     1  10.77.0.10      web.example.org               /\n"
                                "123456  -               01234567890123456789012345678 " CUT_PATH "\n");
        jls("jls --libxo json --libxo text,pretty -n jid", "jid=1\njid=123456\n");
}

/* -------------------------------------------------------------------- usage */

#define USAGE "usage: jls [--libxo format] [-adhNnqsv] [-j jail] [parameter ...]\n" \
              "       jls -c [-d] -j jail\n"

static void wrong_usage(void **state)
{
        (void)state;
        jls_fails("jls -x", "jls: illegal option -- x\n" USAGE);
        jls_fails("jls -j", "jls: option requires an argument -- j\n" USAGE);
        jls_fails("jls --libxo", USAGE);
        jls_fails("jls --help", "jls: illegal option -- -\n" USAGE);
        jls_fails("jls -c", USAGE);
        jls_fails("jls -c -j web jid", USAGE);
        jls_fails("jls -c -v -j web", USAGE);
        jls_fails("jls --libxo json,yaml,pretty", "jls: unknown libxo option: yaml\n");
        jls_fails("jls --libxo=", "jls: unknown libxo option: \n");
        jls_fails("jls jid nosuch name", "jls: unknown parameter: nosuch\n");
        jls_fails("jls noname", "jls: unknown parameter: noname\n");
        jls_fails("jls jid -n", "jls: unknown parameter: -n\n");
        jls_fails("jls -- --libxo json", "jls: unknown parameter: --libxo\n");
}

static void what_the_library_says(void **state)
{
        (void)state;
        fake.open_error = EPERM;
        jls_fails("jls", "jls: open /run/gaol: no\n");
        fake.open_error = 0;
        fake.list_error = ENOMEM;
        jls_fails("jls", "jls: Cannot allocate memory\n");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, with_two)
        static const struct CMUnitTest tests[] = {
                TEST(table), TEST(table_of_names), TEST(table_without_jails), TEST(verbose),
                TEST(empty_values_in_the_table), TEST(a_jail_does_not_write_to_the_terminal),
                TEST(characters_are_not_cut_in_two),
                TEST(chosen_parameters), TEST(lists), TEST(empty_strings), TEST(header), TEST(names),
                TEST(all_parameters), TEST(quoted), TEST(settable),
                TEST(one_jail), TEST(existence), TEST(dying_jails),
                TEST(json), TEST(json_of_parameters), TEST(json_pretty), TEST(json_escapes),
                TEST(xml), TEST(xml_escapes), TEST(html), TEST(html_escapes), TEST(text),
                TEST(wrong_usage), TEST(what_the_library_says),
        };

        return cmocka_run_group_tests_name("jls", tests, NULL, NULL);
}
