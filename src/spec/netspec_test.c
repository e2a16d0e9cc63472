#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "netspec.h"

/* Each form and the message it is refused with; NULL: it is fine. */
struct form {
        const char *value, *message;
};

static void walk(const struct form *forms, size_t n, int (*check)(const char *value, struct err *e))
{
        for (size_t i = 0; i < n; i++) {
                struct err e = {0};
                int r = check(forms[i].value, &e);

                if (forms[i].message) {
                        assert_string_equal(e.text, forms[i].message);
                        assert_int_equal(r, -e.code);
                } else if (r < 0) {
                        fail_msg("%s: %s", forms[i].value, e.text);
                }
        }
}

static void interfaces_are_refused(void **state)
{
        static const struct form forms[] = {
                { "eth3", NULL },
                { "eth3:wan0", NULL },
                { "eth0.100", NULL },
                { "auto", NULL },
                { "auto:lan0", NULL },
                { "auto@br0", NULL },
                { "auto@br0:dmz0", NULL },
                { "automatic0", NULL },
                { "", "not an interface name: " },
                { ":x", "not an interface name: " },
                { "eth3:", "not an interface name: " },
                { "auto@", "not an interface name: " },
                { "auto@:x", "not an interface name: " },
                { "eth3@br0", "not an interface name: eth3@br0" },
                { "sixteen.letters.", "not an interface name: sixteen.letters." },
                { "a/b", "not an interface name: a/b" },
                { "a b", "not an interface name: a b" },
                { "..", "not an interface name: .." },
                { "eth%d", "not an interface name: eth%d" },
                { "a:b:c", "not an interface name: b:c" },
                { "lo", "lo: every vnet jail has its own" },
                { "auto:lo", "lo: every vnet jail has its own" },
        };

        walk(forms, COUNT(forms), netspec_check_interface);
}

static void names_are_settled(void **state)
{
        char *values[] = { (char *)"auto", (char *)"eth1", (char *)"auto@br0", (char *)"auto:lan0", (char *)"en0:eth2",
                           (char *)"auto" };
        static const char *const names[] = { "eth0", "eth1", "eth3", "lan0", "eth2", "eth4" };
        static const enum net_kind kinds[] = {
                NET_ROUTED, NET_MOVED, NET_BRIDGED, NET_ROUTED, NET_MOVED, NET_ROUTED,
        };
        const struct strv list = { values, COUNT(values) };
        struct net_iface *v;
        struct err e = {0};

        assert_int_equal(netspec_interfaces(&list, &v, &e), 0);
        for (size_t i = 0; i < COUNT(values); i++) {
                assert_string_equal(v[i].name, names[i]);
                assert_int_equal(v[i].kind, kinds[i]);
        }
        assert_string_equal(v[2].dev, "br0");
        assert_string_equal(v[4].dev, "en0");
        free(v);
}

static void names_are_given_once(void **state)
{
        char *same_name[] = { (char *)"auto:eth0", (char *)"eth0" };
        char *same_device[] = { (char *)"eth3:a", (char *)"eth3:b" };
        const struct strv a = { same_name, 2 }, b = { same_device, 2 }, none = {0};
        struct net_iface *v;
        struct err e = {0};

        assert_int_equal(netspec_interfaces(&a, &v, &e), -EEXIST);
        assert_string_equal(e.text, "eth0: named twice");
        assert_int_equal(netspec_interfaces(&b, &v, &e), -EEXIST);
        assert_string_equal(e.text, "eth3: named twice");
        assert_int_equal(netspec_interfaces(&none, &v, &e), 0);
        free(v);
}

static void addresses_are_refused(void **state)
{
        static const struct form forms4[] = {
                { "10.0.0.2", NULL },
                { "10.0.0.2/24", NULL },
                { "eth0|10.0.0.2/255.255.255.0", NULL },
                { "lo|127.0.0.2/8", NULL },
                { "10.0.0.256", "not an IPv4 address: 10.0.0.256" },
                { "10.0.0.2x/24", "not an IPv4 address: 10.0.0.2x" },
                { "fd00::2", "not an IPv4 address: fd00::2" },
                { "", "not an IPv4 address: " },
                { "0.0.0.0", "not an IPv4 address: 0.0.0.0" },
                { "255.255.255.255", "not an IPv4 address: 255.255.255.255" },
                { "224.0.0.1", "not an IPv4 address: 224.0.0.1" },
                { "10.0.0.2/33", "not a prefix length: 33" },
                { "10.0.0.2/", "not a prefix length: " },
                { "10.0.0.2/-1", "not a prefix length: -1" },
                { "10.0.0.2/255.0.255.0", "not a prefix length: 255.0.255.0" },
                { "10.0.0.2/24 up", "not a prefix length: 24 up" },
                { "|10.0.0.2", "not an interface name: " },
                { "a/b|10.0.0.2", "not an interface name: a/b" },
                { "eth0|", "not an IPv4 address: " },
        };
        static const struct form forms6[] = {
                { "fd00::2", NULL },
                { "eth0|fd00::2/64", NULL },
                { "fe80::2/64", NULL },
                { "::ffff:10.0.0.2", NULL },
                { "10.0.0.2", "not an IPv6 address: 10.0.0.2" },
                { "::", "not an IPv6 address: ::" },
                { "ff02::1", "not an IPv6 address: ff02::1" },
                { "fd00::2/129", "not a prefix length: 129" },
                { "fd00::2/255.255.255.0", "not a prefix length: 255.255.255.0" },
        };

        static const struct form aliases[] = {
                { "em0|10.0.0.2/24", NULL },
                { "10.0.0.2", NULL },
                { "10.0.0.256", "not an IPv4 address: 10.0.0.256" },
                { "em0|10.0.0.2/24 vhid 1", "nothing but an address and its length can be given: em0|10.0.0.2/24 vhid 1" },
        };

        walk(forms4, COUNT(forms4), netspec_check_addr4);
        walk(forms6, COUNT(forms6), netspec_check_addr6);
        walk(aliases, COUNT(aliases), netspec_check_alias4);
}

static void addresses_are_read(void **state)
{
        struct net_addr a;
        struct err e = {0};
        char text[NET_IP_TEXT];

        assert_int_equal(netspec_addr("10.0.0.2", AF_INET, &a, &e), 0);
        assert_string_equal(a.iface, "");
        assert_int_equal(a.len, 32);
        assert_string_equal(net_ip_text(&a.ip, text), "10.0.0.2");
        assert_int_equal(netspec_addr("wan0|10.0.0.2/255.255.240.0", AF_INET, &a, &e), 0);
        assert_string_equal(a.iface, "wan0");
        assert_int_equal(a.len, 20);
        assert_int_equal(netspec_addr("fd00:0::0:2/64", AF_INET6, &a, &e), 0);
        assert_int_equal(a.len, 64);
        assert_string_equal(net_ip_text(&a.ip, text), "fd00::2");
        assert_false(net_ip_is_link_local(&a.ip));
        assert_int_equal(netspec_addr("fe80::2", AF_INET6, &a, &e), 0);
        assert_int_equal(a.len, 128);
        assert_true(net_ip_is_link_local(&a.ip));
}

static void gateways(void **state)
{
        static const struct form forms[] = {
                { "none", NULL },
                { "10.0.0.1", NULL },
                { "fe80::1", NULL },
                { "wan0|fd00::1", NULL },
                { "10.0.0.1/24", "not an IP address: 10.0.0.1/24" },
                { "0.0.0.0", "not an IP address: 0.0.0.0" },
                { "wan0|none", "not an IP address: none" },
                { "", "not an IP address: " },
        };
        struct net_gateway g;
        struct err e = {0};

        walk(forms, COUNT(forms), netspec_check_gateway);
        assert_int_equal(netspec_gateway("wan0|fd00::1", &g, &e), 0);
        assert_string_equal(g.iface, "wan0");
        assert_int_equal(g.ip.family, AF_INET6);
        assert_int_equal(netspec_gateway("none", &g, &e), 0);
        assert_true(g.none);
}

static void published_ports_are_refused(void **state)
{
        static const struct form forms[] = {
                { "8080:80", NULL },
                { "8080:80/udp", NULL },
                { "1-65535:1-65535/sctp", NULL },
                { "192.0.2.1:80:80", NULL },
                { "0.0.0.0:80:80", NULL },
                { "[2001:db8::1]:80:80", NULL },
                { "[::]:80:80", NULL },
                { "8080", "neither PORT:JAILPORT nor ADDRESS:PORT:JAILPORT: 8080" },
                { "", "neither PORT:JAILPORT nor ADDRESS:PORT:JAILPORT: " },
                { ":80", "not a port: " },
                { "80:", "not a port: " },
                { "0:80", "not a port: 0" },
                { "80:65536", "not a port: 65536" },
                { "http:80", "not a port: http" },
                { "80: 80", "not a port:  80" },
                { "9-8:80-81", "not a range of ports: 9-8" },
                { "8-:80", "not a range of ports: 8-" },
                { "8-9:80", "ranges of different length: 8-9:80" },
                { "80:80/icmp", "unknown protocol: icmp" },
                { "80:80/TCP", "unknown protocol: TCP" },
                { "2001:db8::1:80:80", "not an IP address: 2001:db8::1" },
                { "host:80:80", "not an IP address: host" },
                { "[10.0.0.1]:80:80", "not an IP address: [10.0.0.1]" },
                { "[]:80:80", "not an IP address: []" },
                { ":80:80", "not an IP address: " },
        };

        walk(forms, COUNT(forms), netspec_check_publish);
}

static void published_ports_are_read(void **state)
{
        struct net_publish p;
        struct err e = {0};
        char text[NET_IP_TEXT];

        assert_int_equal(netspec_publish("8080:80", &p, &e), 0);
        assert_int_equal(p.host.family, 0);
        assert_int_equal(p.protocol, IPPROTO_TCP);
        assert_int_equal(p.port, 8080);
        assert_int_equal(p.jail_port, 80);
        assert_int_equal(p.count, 1);
        assert_int_equal(netspec_publish("[2001:db8::1]:5000-5009:6000-6009/udp", &p, &e), 0);
        assert_string_equal(net_ip_text(&p.host, text), "2001:db8::1");
        assert_string_equal(netspec_protocol(p.protocol), "udp");
        assert_int_equal(p.port, 5000);
        assert_int_equal(p.jail_port, 6000);
        assert_int_equal(p.count, 10);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(interfaces_are_refused),
                cmocka_unit_test(names_are_settled),
                cmocka_unit_test(names_are_given_once),
                cmocka_unit_test(addresses_are_refused),
                cmocka_unit_test(addresses_are_read),
                cmocka_unit_test(gateways),
                cmocka_unit_test(published_ports_are_refused),
                cmocka_unit_test(published_ports_are_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
