#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "nft.h"

static struct err last;
static struct nl nl = NL_CLOSED;

#define ok(expression) \
        do { \
                last = (struct err){0}; \
                if ((expression) < 0) \
                        fail_msg("%s: %s", #expression, last.text); \
        } while (0)

static void fields_are_padded(void **state)
{
        const uint8_t protocol = 6, expected[] = { 6, 0, 0, 0, 0x1f, 0x90, 0, 0, 10, 0, 0, 2 };
        const uint16_t port = htons(8080);
        struct nft_elem el = {0};
        uint8_t more[64] = {0};

        nft_key(&el, &protocol, 1);
        assert_int_equal(el.key_size, 1);       /* alone it is as long as it is */
        nft_key(&el, &port, 2);
        nft_key(&el, "\12\0\0\2", 4);
        assert_int_equal(el.key_size, sizeof expected);
        assert_memory_equal(el.key, expected, sizeof expected);
        nft_key(&el, more, sizeof more);        /* what has no room is left out, not cut */
        assert_int_equal(el.key_size, sizeof expected);
}

static struct nft_elem port_of(uint16_t port, uint8_t host, const char *comment)
{
        struct nft_elem el = { .table = "t", .set = "m", .comment = comment };
        const uint8_t addr[4] = { 10, 0, 0, host };

        port = htons(port);
        nft_key(&el, &port, sizeof port);
        nft_data(&el, addr, sizeof addr);
        snprintf(el.what, sizeof el.what, "port %d", ntohs(port));
        return el;
}

static void all_or_none(void **state)
{
        struct nft_elem el[3] = { port_of(80, 1, "1 web"), port_of(81, 1, "1 web"), port_of(82, 1, NULL) };
        char comment[NFT_COMMENT];
        size_t failed;

        ok(nft_run("add table inet t { map m { type inet_service : ipv4_addr; }; }", -EBADF, &last));
        ok(nft_add(&nl, el + 1, 1, NULL, &last));
        assert_int_equal(nft_add(&nl, el, 3, &failed, &last), -EEXIST);
        assert_int_equal(failed, 1);
        assert_string_equal(last.text, "port 81: File exists");
        assert_int_equal(nft_get(&nl, &el[0], comment, &last), -ENOENT);
        ok(nft_get(&nl, &el[1], comment, &last));
        assert_string_equal(comment, "1 web");
        assert_int_equal(system("nft list map inet t m | grep -q '81 comment \"1 web\" : 10.0.0.1'"), 0);
        assert_int_equal(nft_del(&nl, el, 2, &last), -ENOENT);
        ok(nft_get(&nl, &el[1], comment, &last));
        ok(nft_del(&nl, el + 1, 1, &last));
        ok(nft_add(&nl, el, 3, NULL, &last));
        ok(nft_get(&nl, &el[2], comment, &last));
        assert_string_equal(comment, "");
        ok(nft_del(&nl, el, 3, &last));
        ok(nft_add(&nl, NULL, 0, NULL, &last));
}

static void long_comments_are_cut(void **state)
{
        const char *text = "0123456789012345678901234567890123456789012345678901234567890123456789";
        struct nft_elem el = port_of(90, 1, text);
        char comment[NFT_COMMENT];

        ok(nft_add(&nl, &el, 1, NULL, &last));
        ok(nft_get(&nl, &el, comment, &last));
        assert_int_equal(strlen(comment), NFT_COMMENT - 1);
        assert_memory_equal(comment, text, NFT_COMMENT - 1);
}

static void missing_tables(void **state)
{
        struct nft_elem el = port_of(80, 1, "1 web");
        char comment[NFT_COMMENT];

        ok(nft_del_table(&nl, "t", &last));
        ok(nft_del_table(&nl, "t", &last));
        assert_int_equal(nft_add(&nl, &el, 1, NULL, &last), -ENOENT);
        assert_int_equal(nft_get(&nl, &el, comment, &last), -ENOENT);
}

static void shared_elements_may_be_there(void **state)
{
        struct nft_elem el[2] = { port_of(80, 1, "1 web"), port_of(81, 1, "1 web") };

        ok(nft_run("add table inet t { map m { type inet_service : ipv4_addr; }; }", -EBADF, &last));
        el[0].shared = true;
        ok(nft_add(&nl, el, 1, NULL, &last));
        ok(nft_add(&nl, el, 2, NULL, &last));
        assert_int_equal(nft_add(&nl, el, 2, NULL, &last), -EEXIST);
        assert_string_equal(last.text, "port 81: File exists");
        /* ... but not with another value */
        el[0] = port_of(80, 2, "1 web");
        el[0].shared = true;
        assert_true(nft_add(&nl, el, 1, NULL, &last) < 0);
        ok(nft_del_table(&nl, "t", &last));
}

static void chains_are_what_nft_would_make(void **state)
{
        static const uint32_t group = 5;
        static const uint8_t net[16] = { 0xfe, 0x80 }, mask[16] = { 0xff, 0xc0 }, family = NFPROTO_IPV6;
        struct nft_chain c;

        assert_int_equal(nft_chain_look(&nl, "t", "c", &last), -ENOENT);
        for (int i = 0; i < 2; i++) {   /* the second replaces the first */
                nft_chain_begin(&c, &nl, "t", "c", NF_INET_PRE_ROUTING, -300);
                nft_meta(&c, NFT_META_IIFGROUP);
                nft_cmp(&c, NFT_CMP_NEQ, &group, sizeof group);
                nft_verdict(&c, NF_ACCEPT);
                nft_meta(&c, NFT_META_NFPROTO);
                nft_cmp(&c, NFT_CMP_EQ, &family, sizeof family);
                nft_payload(&c, 8, sizeof net);
                nft_mask(&c, mask, sizeof mask);
                nft_cmp(&c, NFT_CMP_EQ, net, sizeof net);
                nft_verdict(&c, NF_DROP);
                ok(nft_chain_commit(&c, &last));
        }
        ok(nft_chain_look(&nl, "t", "c", &last));
        assert_int_equal(system("test \"$(nft -n list chain inet t c | xargs)\" = "
                                "'table inet t { chain c { type filter hook prerouting priority -300; policy accept; "
                                "iifgroup != 5 accept ip6 saddr fe80::/10 drop } }'"), 0);
        ok(nft_del_table(&nl, "t", &last));
        assert_int_equal(nft_chain_look(&nl, "t", "c", &last), -ENOENT);
}

static void nft_says_why(void **state)
{
        autostr path = strdup(getenv("PATH"));
        int r;

        assert_int_equal(nft_run("add chain inet none c\n", -EBADF, &last), -EIO);
        assert_true(str_starts(last.text, "nft: "));
        assert_non_null(strstr(last.text, "No such file or directory"));
        setenv("PATH", "/nowhere", 1);
        r = nft_run("", -EBADF, &last);
        setenv("PATH", path, 1);
        assert_int_equal(r, -ENOENT);
        assert_string_equal(last.text, "nft: No such file or directory");
}

int main(void)
{
        const struct CMUnitTest plain[] = {
                cmocka_unit_test(fields_are_padded),
        };
        const struct CMUnitTest kernel[] = {
                cmocka_unit_test(all_or_none),
                cmocka_unit_test(long_comments_are_cut),
                cmocka_unit_test(missing_tables),
                cmocka_unit_test(shared_elements_may_be_there),
                cmocka_unit_test(chains_are_what_nft_would_make),
                cmocka_unit_test(nft_says_why),
        };
        int failed = cmocka_run_group_tests_name("fields", plain, NULL, NULL);

        if (failed)
                return failed;
        if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
                fprintf(stderr, "skipped: the tests against the kernel need root, to make a network namespace\n");
                return 77;
        }
        if (system("command -v nft > /dev/null") != 0) {
                fprintf(stderr, "skipped: the tests against the kernel need nft(8)\n");
                return 77;
        }
        if (nl_open(NETLINK_NETFILTER, &nl, &last) < 0) {
                fprintf(stderr, "skipped: the tests against the kernel need nftables: %s\n", last.text);
                return 77;
        }
        failed = cmocka_run_group_tests_name("kernel", kernel, NULL, NULL);
        nl_close(&nl);
        return failed;
}
