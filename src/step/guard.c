/*
 * What comes over a routed cable comes from an address that is routed into
 * it, or goes no further. root in the jail rules its end of the cable and can
 * give it any address; IPv6 has no rp_filter, and IPv4's is as loose as the
 * host's "all" says.
 *
 * One chain of five rules in a table of its own, "inet gaol_guard", looks only
 * at cables, however many there are. The first jail with a routed cable makes
 * it, the last takes it away, and each looks whether somebody flushed it. It
 * needs no connection tracking, so that a host which publishes nothing has
 * none for our sake.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>

#include "base/fd.h"
#include "kern/nft.h"
#include "spec/netspec.h"
#include "state/record.h"
#include "step/host.h"
#include "step/net.h"

#define TABLE "gaol_guard"
#define CHAIN "cables"

static bool wants_guard(const struct jail_spec *spec)
{
        struct net_iface v;

        if (spec->vnet != JAILSYS_NEW)
                return false;
        for (size_t i = 0; i < spec->vnet_interface.n; i++)
                if (netspec_interface(spec->vnet_interface.v[i], &v, NULL) == 0 && v.kind == NET_ROUTED)
                        return true;
        return false;
}

static void match_family(struct nft_chain *c, uint8_t family)
{
        nft_meta(c, NFT_META_NFPROTO);
        nft_cmp(c, NFT_CMP_EQ, &family, sizeof family);
}

/*
 * Before connection tracking: the answer to a port published on 127.0.0.1 has here the address it had on the wire.
 * An IPv6 source may be unspecified or of the link (neighbour discovery); it leads no further than the link.
 */
static int make_guard(struct nl *nft, struct err *e)
{
        static const uint32_t cables = GAOL_IFGROUP, nowhere;
        static const uint8_t loopback = 127, unspecified[16], link_mask[16] = { 0xff, 0xc0 }, link[16] = { 0xfe, 0x80 };
        struct nft_chain c;

        nft_chain_begin(&c, nft, TABLE, CHAIN, NF_INET_PRE_ROUTING, NF_IP_PRI_RAW);

        nft_meta(&c, NFT_META_IIFGROUP);
        nft_cmp(&c, NFT_CMP_NEQ, &cables, sizeof cables);
        nft_verdict(&c, NF_ACCEPT);

        match_family(&c, NFPROTO_IPV4);
        nft_payload(&c, 16, sizeof loopback);           /* destination */
        nft_cmp(&c, NFT_CMP_EQ, &loopback, sizeof loopback);
        nft_verdict(&c, NF_DROP);

        match_family(&c, NFPROTO_IPV6);
        nft_payload(&c, 8, sizeof link);                /* source */
        nft_mask(&c, link_mask, sizeof link_mask);
        nft_cmp(&c, NFT_CMP_EQ, link, sizeof link);
        nft_verdict(&c, NF_ACCEPT);

        match_family(&c, NFPROTO_IPV6);
        nft_payload(&c, 8, sizeof unspecified);
        nft_cmp(&c, NFT_CMP_EQ, unspecified, sizeof unspecified);
        nft_verdict(&c, NF_ACCEPT);

        /* The source has no route out of where it came in: not the jail's. */
        nft_fib(&c, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF, NFT_FIB_RESULT_OIF);
        nft_cmp(&c, NFT_CMP_EQ, &nowhere, sizeof nowhere);
        nft_verdict(&c, NF_DROP);

        return nft_chain_commit(&c, e);
}

static int guard_enact(struct run *run, struct err *e)
{
        autofd lock = store_lock(&run->host->store, "guard", e);
        struct nl nft;
        int r;

        if (lock < 0)
                return lock;
        if (step_note(run, &step_net_guard, e, "cables") < 0 || net_filter_socket(run, &nft, e) < 0 ||
            shared_join(&run->host->store, "guard", run->jid, NULL, e) < 0)
                return -e->code;
        r = nft_chain_look(&nft, TABLE, CHAIN, e);
        return r == -ENOENT ? make_guard(&nft, e) : r;
}

static int guard_undo(struct run *run, const char *note, struct err *e)
{
        autofd lock = store_lock(&run->host->store, "guard", e);
        struct nl nft;
        int r;

        if (lock < 0)
                return lock;
        r = shared_leave(&run->host->store, "guard", run->jid, NULL, 0, e);
        if (r <= 0)
                return r;
        if (net_filter_socket(run, &nft, e) < 0 || nft_del_table(&nft, TABLE, e) < 0)
                return -e->code;
        return shared_forget(&run->host->store, "guard", e);
}

const struct step step_net_guard = {
        .name = "net.guard", .param = "vnet.interface", .wanted = wants_guard, .enact = guard_enact, .undo = guard_undo,
};
