#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "netlink.h"

static struct err last;

#define ok(expression) \
        do { \
                last = (struct err){0}; \
                if ((expression) < 0) \
                        fail_msg("%s: %s", #expression, last.text); \
        } while (0)

/* --------------------------------------------------- messages, no rights */

static void attributes_nest(void **state)
{
        struct nl nl = NL_CLOSED;
        autonlb b = NLB(&nl);
        const struct nlattr *tb[IFLA_LINKINFO + 1], *info[IFLA_INFO_DATA + 1], *data[VETH_INFO_PEER + 1];
        const struct nlattr *peer[IFLA_NET_NS_FD + 1];
        const uint8_t near[6] = { 2, 1 }, far[6] = { 2, 2 };
        char name[IFNAMSIZ];

        nl_add_veth(&b, &(struct nl_veth){ .name = "g1.0", .peer = "eth0", .mac = near, .peer_mac = far,
                                           .peer_netns = 77, .group = 9 }, "cable");
        assert_int_equal(b.n, 1);
        assert_int_equal(b.len % 4, 0);
        nl_attrs(b.buf + NLMSG_SPACE(sizeof(struct ifinfomsg)), b.len - NLMSG_SPACE(sizeof(struct ifinfomsg)), tb,
                 IFLA_LINKINFO);
        nl_name(tb[IFLA_IFNAME], name);
        assert_string_equal(name, "g1.0");
        assert_memory_equal(nl_data(tb[IFLA_ADDRESS]), near, 6);
        assert_null(tb[IFLA_MASTER]);
        nl_attrs(nl_data(tb[IFLA_LINKINFO]), nl_size(tb[IFLA_LINKINFO]), info, IFLA_INFO_DATA);
        assert_string_equal(nl_data(info[IFLA_INFO_KIND]), "veth");
        nl_attrs(nl_data(info[IFLA_INFO_DATA]), nl_size(info[IFLA_INFO_DATA]), data, VETH_INFO_PEER);
        nl_attrs((const char *)nl_data(data[VETH_INFO_PEER]) + sizeof(struct ifinfomsg),
                 nl_size(data[VETH_INFO_PEER]) - sizeof(struct ifinfomsg), peer, IFLA_NET_NS_FD);
        nl_name(peer[IFLA_IFNAME], name);
        assert_string_equal(name, "eth0");
        assert_int_equal(nl_u32(peer[IFLA_NET_NS_FD]), 77);
}

static void lengths_are_16_bits(void **state)
{
        static char big[65536];
        struct nl nl = NL_CLOSED;
        autonlb b = NLB(&nl);
        struct ifinfomsg m = {0};
        size_t nest;

        nlb_msg(&b, RTM_NEWLINK, 0, &m, sizeof m, "x");
        nlb_put(&b, IFLA_IFNAME, big, sizeof big - sizeof(struct nlattr));
        assert_int_equal(nlb_send(&b, NULL, &last), -EMSGSIZE);
        assert_string_equal(last.text, "netlink message: Message too long");

        nlb_msg(&b, RTM_NEWLINK, 0, &m, sizeof m, "x");
        nest = nlb_nest(&b, IFLA_LINKINFO, NULL, 0);
        nlb_put(&b, 1, big, 40000);
        nlb_put(&b, 2, big, 40000);
        nlb_end(&b, nest);
        assert_int_equal(nlb_send(&b, NULL, &last), -EMSGSIZE);
        /* A broken batch is an empty one once it has been said. */
        assert_int_equal(nlb_send(&b, NULL, &last), 0);
}

static void attributes_of_others_are_not_trusted(void **state)
{
        _Alignas(4) unsigned char bytes[] = { 8, 0, 1, 0, 42, 0, 0, 0, /* */ 200, 0, 2, 0, 1, 1, 1, 1 };
        const struct nlattr *tb[3];

        nl_attrs(bytes, sizeof bytes, tb, 2);
        assert_int_equal(nl_u32(tb[1]), 42);
        assert_null(tb[2]);                     /* longer than what it is in */
        bytes[8] = 3;
        nl_attrs(bytes, sizeof bytes, tb, 2);
        assert_null(tb[2]);                     /* shorter than its own header */
        bytes[8] = 6;
        nl_attrs(bytes, sizeof bytes, tb, 2);
        assert_int_equal(nl_u32(tb[2]), 0);     /* too short for what is asked of it */
        assert_int_equal(nl_u32(NULL), 0);
        nl_attrs(bytes, 3, tb, 2);
        assert_null(tb[1]);
}

/* ------------------------------------- against the kernel, needs root */

static struct nl nl = NL_CLOSED;
static int home = -EBADF, other = -EBADF;
static struct nl nl_other = NL_CLOSED;

static int start(void **state)
{
        ok(home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        ok(nl_open(NETLINK_ROUTE, &nl, &last));
        ok(unshare(CLONE_NEWNET));
        ok(other = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        ok(setns(home, CLONE_NEWNET));
        ok(nl_open_in(NETLINK_ROUTE, other, home, &nl_other, &last));
        return 0;
}

static int stop(void **state)
{
        nl_close(&nl);
        nl_close(&nl_other);
        fd_drop(&home);
        fd_drop(&other);
        return 0;
}

static void add_pair(struct nlb *b, const char *near, const char *far, uint32_t group, int master)
{
        static const uint8_t a[6] = { 2, 1 }, z[6] = { 2, 2 };

        nl_add_veth(b, &(struct nl_veth){ .name = near, .peer = far, .mac = a, .peer_mac = z, .peer_netns = other,
                                          .group = group, .master = master }, near);
}

static void a_pair_is_made_across(void **state)
{
        struct nl_link link;
        autonlb b = NLB(&nl);

        add_pair(&b, "t0", "eth0", 5, 0);
        ok(nlb_send(&b, NULL, &last));
        ok(nl_get_link(&nl, 0, "t0", &link, &last));
        assert_int_equal(link.index, nl_index(&nl, "t0"));
        assert_string_equal(link.name, "t0");
        assert_string_equal(link.kind, "veth");
        assert_int_equal(link.group, 5);
        assert_true(link.up);
        assert_int_equal(nl_netns_alive(&nl, link.peer_netns, NULL), 1);
        assert_int_equal(nl_netns_alive(&nl, link.peer_netns + 1000, NULL), 0);
        assert_int_equal(nl_netns_alive(&nl, -1, NULL), 0);
        ok(nl_get_link(&nl_other, 0, "eth0", &link, &last));
        assert_false(link.up);
        nl_del_link(&b, nl_index(&nl, "t0"), "t0");
        ok(nlb_send(&b, NULL, &last));
        assert_int_equal(nl_index(&nl_other, "eth0"), -ENODEV);
}

static void errors_say_whose_they_are(void **state)
{
        autonlb b = NLB(&nl);
        struct nl_link link;
        size_t failed = 9;

        assert_int_equal(nl_get_link(&nl, 0, "no0", &link, &last), -ENODEV);
        assert_string_equal(last.text, "no0: No such device");
        nl_set_up(&b, "lo", true, "first");
        nl_set_up(&b, "no1", true, "second");
        nl_set_up(&b, "no2", true, "third");
        assert_int_equal(nlb_send(&b, &failed, &last), -ENODEV);
        assert_string_equal(last.text, "second: No such device");
        assert_int_equal(failed, 1);
        /* The rest was carried out nevertheless, and what is forgiven is none. */
        ok(nl_get_link(&nl, 0, "lo", &link, &last));
        assert_true(link.up);
        nl_set_up(&b, "no1", true, "second");
        nlb_forgive(&b, ENODEV);
        nl_set_up(&b, "lo", true, "first");
        ok(nlb_send(&b, NULL, &last));
        /* The kernel's own words are added. */
        nl_add_addr(&b, nl_index(&nl, "lo"), AF_INET, "\177\0\0\2", 33, 0, "addr");
        assert_int_equal(nlb_send(&b, NULL, &last), -EINVAL);
        assert_string_equal(last.text, "addr: Invalid argument (ipv4: Invalid prefix length)");
        /* An empty batch is no news. */
        ok(nlb_send(&b, NULL, &last));
}

static void large_batches_pass(void **state)
{
        autonlb b = NLB(&nl);

        for (int i = 0; i < 20000; i++)
                nl_set_up(&b, "lo", true, "lo");
        ok(nlb_send(&b, NULL, &last));
        for (int i = 0; i < 20000; i++)
                nl_set_up(&b, "no0", true, "no0");
        assert_int_equal(nlb_send(&b, NULL, &last), -ENODEV);
        nl_set_up(&b, "lo", true, "lo");
        ok(nlb_send(&b, NULL, &last));
}

static void routes_are_found(void **state)
{
        static const uint8_t dst[4] = { 198, 51, 100, 7 }, via[4] = { 169, 254, 1, 1 }, mac[6] = { 2, 3 };
        struct nl_route r = { .family = AF_INET, .dst = { 198, 51, 100, 7 }, .len = 32 }, found;
        autonlb b = NLB(&nl);

        add_pair(&b, "t0", "eth0", 0, 0);
        ok(nlb_send(&b, NULL, &last));
        assert_int_equal(nl_get_route(&nl, AF_INET, dst, &found, &last), -ENETUNREACH);
        r.dev = nl_index(&nl, "t0");
        nl_add_route(&b, &r, "route");
        nl_add_neigh(&b, r.dev, AF_INET, dst, mac, "neighbour");
        nl_add_route(&b, &(struct nl_route){ .family = AF_INET, .via = via, .dev = r.dev }, "default");
        ok(nlb_send(&b, NULL, &last));
        ok(nl_get_route(&nl, AF_INET, dst, &found, &last));
        assert_int_equal(found.len, 32);
        assert_int_equal(found.dev, r.dev);
        assert_int_equal(found.type, RTN_UNICAST);
        assert_memory_equal(found.dst, dst, 4);
        ok(nl_get_route(&nl, AF_INET, via, &found, &last));
        assert_int_equal(found.len, 0);
        nl_add_route(&b, &r, "again");
        assert_int_equal(nlb_send(&b, NULL, &last), -EEXIST);
        nl_del_route(&b, &r, "route");
        ok(nlb_send(&b, NULL, &last));
        ok(nl_get_route(&nl, AF_INET, dst, &found, &last));
        assert_int_equal(found.len, 0);
        ok(nl_get_route(&nl, AF_INET, "\177\0\0\1", &found, &last));
        assert_int_equal(found.type, RTN_LOCAL);
        nl_del_link(&b, r.dev, "t0");
        ok(nlb_send(&b, NULL, &last));
}

static void count(const struct nl_link *port, void *arg)
{
        size_t *n = arg;

        assert_true(port->name[0] == 'p');
        (*n)++;
}

static void ports_are_listed(void **state)
{
        static const uint8_t mac[6] = { 2, 9 };
        autonlb b = NLB(&nl);
        struct nl_link link;
        size_t n = 0;
        int bridge;

        nl_add_bridge(&b, "b0", mac, 3, "b0");
        ok(nlb_send(&b, NULL, &last));
        bridge = nl_index(&nl, "b0");
        ok(nl_ports(&nl, bridge, count, &n, &last));
        assert_int_equal(n, 0);
        add_pair(&b, "p0", "e0", 0, bridge);
        add_pair(&b, "p1", "e1", 0, bridge);
        add_pair(&b, "x2", "e2", 0, 0);
        ok(nlb_send(&b, NULL, &last));
        ok(nl_ports(&nl, bridge, count, &n, &last));
        assert_int_equal(n, 2);
        nl_set_name(&b, nl_index(&nl, "x2"), "p2", "rename");
        nl_set_master(&b, "p2", bridge, "p2");
        ok(nlb_send(&b, NULL, &last));
        n = 0;
        ok(nl_ports(&nl, bridge, count, &n, &last));
        assert_int_equal(n, 3);
        ok(nl_get_link(&nl, bridge, NULL, &link, &last));
        assert_string_equal(link.kind, "bridge");
        assert_int_equal(link.group, 3);
}

static void links_move(void **state)
{
        autonlb b = NLB(&nl), far = NLB(&nl_other);
        int index;

        add_pair(&b, "m0", "e9", 0, 0);
        ok(nlb_send(&b, NULL, &last));
        index = nl_index(&nl, "m0");
        nl_set_netns(&b, index, other, "in0", "m0");
        ok(nlb_send(&b, NULL, &last));
        assert_int_equal(nl_index(&nl, "m0"), -ENODEV);
        assert_int_equal(nl_index(&nl_other, "in0"), index);
        nl_set_netns_of(&far, index, gettid(), "back%d", "in0");
        ok(nlb_send(&far, NULL, &last));
        assert_int_equal(nl_index(&nl, "back0"), index);
}

int main(void)
{
        const struct CMUnitTest plain[] = {
                cmocka_unit_test(attributes_nest),
                cmocka_unit_test(lengths_are_16_bits),
                cmocka_unit_test(attributes_of_others_are_not_trusted),
        };
        const struct CMUnitTest kernel[] = {
                cmocka_unit_test(a_pair_is_made_across),
                cmocka_unit_test(errors_say_whose_they_are),
                cmocka_unit_test(large_batches_pass),
                cmocka_unit_test(routes_are_found),
                cmocka_unit_test(ports_are_listed),
                cmocka_unit_test(links_move),
        };
        int failed = cmocka_run_group_tests_name("messages", plain, NULL, NULL);

        if (failed)
                return failed;
        if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
                fprintf(stderr, "skipped: the tests against the kernel need root, to make network namespaces\n");
                return 77;
        }
        return cmocka_run_group_tests_name("kernel", kernel, start, stop);
}
