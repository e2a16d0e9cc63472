/*
 * vnet.nat and publish: one table, "inet gaol", in the host's network
 * namespace. Its rules never change and look up maps and sets, so a jail costs
 * elements, not rules. The first jail makes it and switches forwarding on, the
 * last takes it away and puts forwarding back.
 *
 * A note of the record describes elements in words; element() turns the same
 * words into them when they are made, when they are taken back and when the
 * table has to be filled anew. Each element says whose it is in its comment,
 * "JID NAME", so that nobody takes away what another jail has by now.
 */
#include "net.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/nft.h"
#include "spec/netspec.h"
#include "state/record.h"
#include "step/host.h"

#define TABLE "gaol"
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define CABLES TEXT(GAOL_IFGROUP)

/*
 * forward: what keeps jails closed while the host forwards. Answers and what came by a published port go in, what the
 * administrator has marked too. Behind vnet.nat a jail is not there for others, whoever made the host forward; and
 * where that was us, it was done for the jails named here and makes no other reachable. Packets between other
 * interfaces are none of our business.
 *
 * publish: what is for one address before what is for any. 127.0.0.1 has elements of its own, for jails on routed
 * cables only: elsewhere the answer could not come back, and refusing is better than hanging.
 *
 * hairpin: what goes back out where it came from would be answered past us, so it goes in our name.
 *
 * postrouting: iif is 0 for what never was routed, but is shown to us on its way from one port of a bridge to another
 * (br_netfilter, which Docker loads).
 */
static const char ruleset[] =
        "add table inet " TABLE "\n"
        "delete table inet " TABLE "\n"
        "table inet " TABLE " {\n"
        "       map publish4 { type inet_proto . inet_service : ipv4_addr . inet_service; }\n"
        "       map publish6 { type inet_proto . inet_service : ipv6_addr . inet_service; }\n"
        "       map publish4at { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }\n"
        "       map publish6at { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }\n"
        "       set nat4 { type ipv4_addr; }\n"
        "       set nat6 { type ipv6_addr; }\n"
        "       set wire { type ifname . ifname; }\n"
        "       set ours { type nf_proto; }\n"
        "       chain forward {\n"
        "               type filter hook forward priority filter; policy accept;\n"
        "               oifgroup != " CABLES " accept\n"
        "               iifgroup " CABLES " accept\n"
        "               ct state established,related accept\n"
        "               ct status dnat accept\n"
        "               meta mark " CABLES " accept\n"
        "               ip daddr @nat4 drop\n"
        "               ip6 daddr @nat6 drop\n"
        "               meta nfproto @ours drop\n"
        "       }\n"
        "       chain publish {\n"
        "               dnat ip to ip daddr . meta l4proto . th dport map @publish4at\n"
        "               dnat ip6 to ip6 daddr . meta l4proto . th dport map @publish6at\n"
        "               fib daddr type != local return\n"
        "               ip daddr 127.0.0.0/8 return\n"
        "               ip6 daddr ::1 return\n"
        "               dnat ip to meta l4proto . th dport map @publish4\n"
        "               dnat ip6 to meta l4proto . th dport map @publish6\n"
        "       }\n"
        "       chain prerouting {\n"
        "               type nat hook prerouting priority dstnat; policy accept;\n"
        "               meta l4proto { tcp, udp, sctp } jump publish\n"
        "       }\n"
        "       chain output {\n"
        "               type nat hook output priority -100; policy accept;\n"
        "               meta l4proto { tcp, udp, sctp } jump publish\n"
        "       }\n"
        "       chain hairpin {\n"
        "               oifgroup != " CABLES " masquerade\n"
        "               meta nfproto ipv4 snat ip to " GAOL_HOST4 "\n"
        "               snat ip6 to " GAOL_HOST6 "\n"
        "       }\n"
        "       chain postrouting {\n"
        "               type nat hook postrouting priority srcnat; policy accept;\n"
        "               ct status dnat iifname . oifname @wire jump hairpin\n"
        "               oifgroup " CABLES " ip saddr 127.0.0.0/8 snat ip to " GAOL_HOST4 "\n"
        "               oifgroup " CABLES " ip6 saddr ::1 snat ip6 to " GAOL_HOST6 "\n"
        "               oifgroup != " CABLES " iif != 0 ip saddr @nat4 masquerade\n"
        "               oifgroup != " CABLES " iif != 0 ip6 saddr @nat6 masquerade\n"
        "       }\n"
        "}\n";

static bool wants_publish(const struct jail_spec *spec)
{
        return spec->vnet == JAILSYS_NEW && (spec->vnet_nat || spec->publish.n > 0);
}

/* ------------------------------------------------------------- forwarding */

static const struct forward {
        char family;            /* as the note names it */
        const char *object, *file;
} forwards[] = {
        { '4', "forward4", "/proc/sys/net/ipv4/ip_forward" },
        { '6', "forward6", "/proc/sys/net/ipv6/conf/all/forwarding" },
};

/* Links whose default route a router announced. With forwarding on, accept_ra=1 means no more of that. */
#define RA_LINKS 8

static int accept_ra(const char *dev, const char *value, struct err *e)
{
        char path[64];
        int r;

        snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/accept_ra", dev);
        r = fd_put(AT_FDCWD, path, value, e);
        return r == -ENOENT ? 0 : r;    /* the device has gone */
}

/*
 * What forwarding was, and behind colons (which no device has in its name) the devices that would lose their default
 * route to it if they were not told to go on listening to routers.
 */
static int describe_forward(struct run *run, const struct forward *f, char *ret_was, size_t size, struct err *e)
{
        int links[RA_LINKS];
        size_t n = 0, used;

        if (fd_get(AT_FDCWD, f->file, ret_was, 16, e) < 0)
                return -e->code;
        if (f->family != '6' || !str_eq(ret_was, "0"))
                return 0;
        if (nl_ra_links(&run->nl_host, links, COUNT(links), &n, e) < 0)
                return -e->code;
        used = strlen(ret_was);
        for (size_t i = 0; i < n; i++) {
                struct nl_link link;
                char path[64], value[16];

                if (nl_get_link(&run->nl_host, links[i], NULL, &link, NULL) < 0)
                        continue;
                snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/accept_ra", link.name);
                if (fd_get(AT_FDCWD, path, value, sizeof value, NULL) > 0 && str_eq(value, "1"))
                        used += (size_t)snprintf(ret_was + used, size - used, ":%s", link.name);
        }
        return 0;
}

static int forward_on(struct run *run, const struct forward *f, struct err *e)
{
        char was[16 + RA_LINKS * IFNAMSIZ];
        autostrv devices = {0};

        if (describe_forward(run, f, was, sizeof was, e) < 0 ||
            shared_join(&run->host->store, f->object, run->jid, was, e) < 0)
                return -e->code;
        /* Looked at each time, not only by the first: that one may have been killed right here. */
        if (was[0] != '0')
                return 0;
        if (strv_split(&devices, was, ":") < 0)
                return err_nomem(e);
        for (size_t i = 1; i < devices.n; i++)
                if (accept_ra(devices.v[i], "2", e) < 0)
                        return -e->code;
        return fd_put(AT_FDCWD, f->file, "1", e);
}

/* --------------------------------------------------------------- elements */

struct elems {
        struct nft_elem *v;
        size_t n, room;
        char owner[NFT_COMMENT];
};

static void elems_free(struct elems *l)
{
        free(l->v);
}
#define autoelems __attribute__((cleanup(elems_free))) struct elems

static void elems_init(struct elems *l, int jid, const char *name)
{
        *l = (struct elems){0};
        snprintf(l->owner, sizeof l->owner, "%d %s", jid, name);
}

/* The next element, or NULL. */
static struct nft_elem *elems_next(struct elems *l, const char *set)
{
        if (l->n == l->room) {
                size_t room = l->room ? l->room * 2 : 8;
                struct nft_elem *v = realloc(l->v, room * sizeof *v);

                if (!v)
                        return NULL;
                l->v = v;
                l->room = room;
        }
        l->v[l->n] = (struct nft_elem){ .table = TABLE, .set = set, .comment = l->owner };
        return &l->v[l->n++];
}

static size_t ip_size(const struct net_ip *ip)
{
        return ip->family == AF_INET ? 4 : 16;
}

static bool parse_ip(const char *s, struct net_ip *ret)
{
        *ret = (struct net_ip){ .family = strchr(s, ':') ? AF_INET6 : AF_INET };
        return inet_pton(ret->family, s, ret->b) == 1;
}

static bool is_any(const struct net_ip *ip)
{
        static const uint8_t zero[16];

        return memcmp(ip->b, zero, sizeof zero) == 0;
}

static bool is_loopback(const struct net_ip *ip)
{
        static const uint8_t v6[16] = { [15] = 1 };

        return ip->family == AF_INET ? ip->b[0] == 127 : memcmp(ip->b, v6, sizeof v6) == 0;
}

/* One element for each port of a range: at the host's address, or NULL for any, to the jail's. */
static int map_ports(struct elems *l, const struct net_publish *p, const struct net_ip *at, const struct net_ip *jail)
{
        const bool v4 = jail->family == AF_INET;
        const char *set = at ? v4 ? "publish4at" : "publish6at" : v4 ? "publish4" : "publish6";
        char text[NET_IP_TEXT] = "";

        if (at)
                net_ip_text(at, text);
        for (unsigned i = 0; i < p->count; i++) {
                struct nft_elem *el = elems_next(l, set);
                uint16_t port = htons((uint16_t)(p->port + i)), jail_port = htons((uint16_t)(p->jail_port + i));

                if (!el)
                        return -ENOMEM;
                if (at)
                        nft_key(el, at->b, ip_size(at));
                nft_key(el, &p->protocol, sizeof p->protocol);
                nft_key(el, &port, sizeof port);
                nft_data(el, jail->b, ip_size(jail));
                nft_data(el, &jail_port, sizeof jail_port);
                snprintf(el->what, sizeof el->what, at ? v4 ? "%s:%u/%s" : "[%s]:%u/%s" : "%s%u/%s", text, p->port + i,
                         netspec_protocol(p->protocol));
        }
        return 0;
}

/* publish VALUE ADDRESS routed|other: the ports of one value for one address of the jail's. */
static int publish_elements(struct elems *l, char *const *word, size_t n, struct err *e)
{
        static const struct net_ip loopback4 = { AF_INET, { 127, 0, 0, 1 } };
        const bool routed = n == 4 && str_eq(word[3], "routed");
        struct net_publish p;
        struct net_ip jail;
        int r;

        if (n != 4 || !parse_ip(word[2], &jail))
                return err_set(e, EINVAL, "not a note: %s", word[0]);
        if (netspec_publish(word[1], &p, e) < 0)
                return -e->code;
        if (p.host.family && !is_any(&p.host))
                return map_ports(l, &p, &p.host, &jail) < 0 ? err_nomem(e) : 0;
        r = map_ports(l, &p, NULL, &jail);
        if (r == 0 && routed && jail.family == AF_INET)
                r = map_ports(l, &p, &loopback4, &jail);
        return r < 0 ? err_nomem(e) : 0;
}

/* Turns a note into elements. */
static int elements(struct elems *l, const char *note, struct err *e)
{
        autostrv word = {0};
        struct nft_elem *el = NULL;
        struct net_ip ip;

        if (strv_split(&word, note, " ") < 0)
                return err_nomem(e);
        if (word.n > 0 && str_eq(word.v[0], "publish"))
                return publish_elements(l, word.v, word.n, e);
        if (word.n == 2 && str_eq(word.v[0], "nat") && parse_ip(word.v[1], &ip)) {
                el = elems_next(l, ip.family == AF_INET ? "nat4" : "nat6");
                if (!el)
                        return err_nomem(e);
                nft_key(el, ip.b, ip_size(&ip));
        } else if (word.n == 2 && (str_eq(word.v[0], "wire") || str_eq(word.v[0], "bridge"))) {
                char name[IFNAMSIZ] = "";

                el = elems_next(l, "wire");
                if (!el)
                        return err_nomem(e);
                strncpy(name, word.v[1], sizeof name - 1);
                nft_key(el, name, sizeof name);
                nft_key(el, name, sizeof name);
                /* A bridge is every jail's on it: the element is nobody's, and stays as long as the table. */
                if (str_eq(word.v[0], "bridge")) {
                        el->comment = NULL;
                        el->shared = true;
                }
        } else {
                return err_set(e, EINVAL, "not a note: %s", note);
        }
        snprintf(el->what, sizeof el->what, "%s", word.v[1]);
        return 0;
}

/* The jid in an element's comment, 0 when it is none of ours. */
static int owner_in(const char *comment)
{
        int jid;

        return sscanf(comment, "%9d ", &jid) == 1 ? jid : 0;
}

/* Takes back those of the elements that are still the jail's. */
static int remove_elements(struct run *run, struct nl *nft, struct elems *l, struct err *e)
{
        char comment[NFT_COMMENT];
        size_t kept = 0;

        for (size_t i = 0; i < l->n; i++) {
                int r = nft_get(nft, &l->v[i], comment, e);

                if (r < 0 && r != -ENOENT)
                        return r;
                if (r == 0 && owner_in(comment) == run->jid)
                        l->v[kept++] = l->v[i];
        }
        return nft_del(nft, l->v, kept, e);
}

/* Those families that forward for our sake only are in the set "ours": the note of whoever switched it on tells. */
static int forward_element(struct run *run, const struct forward *f, struct elems *l, struct err *e)
{
        const uint8_t family = f->family == '4' ? NFPROTO_IPV4 : NFPROTO_IPV6;
        struct nft_elem *el;
        char was[4];
        int r = shared_was(&run->host->store, f->object, was, sizeof was, e);

        if (r <= 0 || was[0] != '0')
                return r < 0 ? r : 0;
        el = elems_next(l, "ours");
        if (!el)
                return err_nomem(e);
        el->comment = NULL;
        el->shared = true;
        nft_key(el, &family, sizeof family);
        snprintf(el->what, sizeof el->what, "%s", f->file);
        return 0;
}

/* The elements of one living jail. */
static int refill_from(struct run *run, struct nl *nft, const char *name, struct err *e)
{
        autoelems l = {0};
        struct record rec;
        int r = record_open(&run->host->store, name, false, &rec, e);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        elems_init(&l, rec.jid, rec.name);
        for (size_t k = 0; k < rec.n_entries && r == 0 && rec.jid != run->jid && record_live(&rec); k++) {
                const struct entry *entry = &rec.entries[k];

                if (str_eq(entry->step, step_net_publish.name) && entry->done && !str_starts(entry->note, "gate "))
                        r = elements(&l, entry->note, e);
        }
        if (r == 0)
                r = nft_add(nft, l.v, l.n, NULL, e);
        record_close(&rec);
        return r;
}

static int refill_all(struct run *run, struct nl *nft, struct err *e)
{
        autostrv names = {0};
        autoelems ours = {0};

        for (size_t i = 0; i < COUNT(forwards); i++)
                if (forward_element(run, &forwards[i], &ours, e) < 0)
                        return -e->code;
        if (nft_add(nft, ours.v, ours.n, NULL, e) < 0 || store_names(&run->host->store, &names, e) < 0)
                return -e->code;
        for (size_t i = 0; i < names.n; i++)
                if (refill_from(run, nft, names.v[i], e) < 0)
                        return -e->code;
        return 0;
}

/*
 * Makes the table anew that somebody flushed, with what the living jails' records say: among it is what closes them to
 * others. All of it or, for the next to try again, nothing.
 */
static int refill(struct run *run, struct nl *nft, int lock, struct err *e)
{
        int r;

        if (nft_run(ruleset, lock, e) < 0)
                return -e->code;
        r = refill_all(run, nft, e);
        if (r < 0)
                nft_run("delete table inet " TABLE "\n", lock, NULL);
        return r;
}

/* Adds all or none. A leftover of a jail that lives no more is in nobody's way. */
static int add_elements(struct run *run, struct nl *nft, int lock, struct elems *l, struct err *e)
{
        bool refilled = false;
        size_t failed;
        int r;

        while ((r = nft_add(nft, l->v, l->n, &failed, e)) < 0) {
                const struct nft_elem *el = &l->v[failed];
                char comment[NFT_COMMENT];
                int owner;

                if (r == -ENOENT && !refilled) {
                        if (refill(run, nft, lock, e) < 0)
                                return -e->code;
                        refilled = true;
                        continue;
                }
                if (r != -EEXIST && r != -EBUSY)
                        return r;
                r = nft_get(nft, el, comment, e);
                if (r == -ENOENT)
                        return err_set(e, EEXIST, "%s: given twice", el->what);
                if (r < 0)
                        return r;
                owner = owner_in(comment);
                if (owner != run->jid && (owner == 0 || net_jail_lives(run, owner)))
                        return err_set(e, EADDRINUSE, "%s: already %s by %s", el->what,
                                       str_starts(el->set, "publish") ? "published" : "used",
                                       owner ? comment + strcspn(comment, " ") + 1 : "hand");
                if (nft_del(nft, el, 1, e) < 0)
                        return -e->code;
        }
        return 0;
}

/* -------------------------------------------------------------- the table */

static int gate_open(struct run *run, int lock, const char *families, struct elems *l, struct err *e)
{
        int first;

        if (step_note(run, &step_net_publish, e, "gate %s", families) < 0)
                return -e->code;
        first = shared_join(&run->host->store, "nft", run->jid, NULL, e);
        if (first < 0)
                return first;
        if (first && nft_run(ruleset, lock, e) < 0)
                return -e->code;
        for (size_t i = 0; i < COUNT(forwards); i++)
                if (strchr(families, forwards[i].family) &&
                    (forward_on(run, &forwards[i], e) < 0 || forward_element(run, &forwards[i], l, e) < 0))
                        return -e->code;
        return 0;
}

/* One family forwards no more for our sake: whoever makes it forward from now on does so himself. */
static int forward_forget(struct nl *nft, const struct forward *f, struct err *e)
{
        autoelems l = {0};
        struct nft_elem *el = elems_next(&l, "ours");
        const uint8_t family = f->family == '4' ? NFPROTO_IPV4 : NFPROTO_IPV6;
        int r;

        if (!el)
                return err_nomem(e);
        nft_key(el, &family, sizeof family);
        snprintf(el->what, sizeof el->what, "%s", f->file);
        r = nft_del(nft, l.v, l.n, e);
        return r == -ENOENT ? 0 : r;
}

static int forward_off(struct run *run, struct nl *nft, const struct forward *f, struct err *e)
{
        char was[16 + RA_LINKS * IFNAMSIZ];
        autostrv devices = {0};
        int r = shared_leave(&run->host->store, f->object, run->jid, was, sizeof was, e);

        if (r <= 0)
                return r;
        if (was[0] == '0') {
                if (strv_split(&devices, was, ":") < 0)
                        return err_nomem(e);
                if (fd_put(AT_FDCWD, f->file, "0", e) < 0)
                        return -e->code;
                for (size_t i = 1; i < devices.n; i++)
                        if (accept_ra(devices.v[i], "1", e) < 0)
                                return -e->code;
                if (forward_forget(nft, f, e) < 0)
                        return -e->code;
        }
        return shared_forget(&run->host->store, f->object, e);
}

static int gate_close(struct run *run, struct nl *nft, const char *families, struct err *e)
{
        int r;

        for (size_t i = 0; i < COUNT(forwards); i++)
                if (strchr(families, forwards[i].family) && forward_off(run, nft, &forwards[i], e) < 0)
                        return -e->code;
        r = shared_leave(&run->host->store, "nft", run->jid, NULL, 0, e);
        if (r <= 0)
                return r;
        if (nft_del_table(nft, TABLE, e) < 0)
                return -e->code;
        return shared_forget(&run->host->store, "nft", e);
}

/* --------------------------------------------------------------- the step */

/* The addresses the world shall reach the jail at: the first of each family; and where they are. */
struct place {
        struct net_ip ip;               /* family 0: none */
        char text[NET_IP_TEXT];
        const struct net_iface *on;     /* NULL: lo, or what was brought by other means */
        size_t position;
};

static int first_address(const struct jail_spec *spec, const struct net_iface *v, int family, struct place *ret,
                         struct err *e)
{
        const struct strv *values = family == AF_INET ? &spec->vnet_ip4 : &spec->vnet_ip6;
        const size_t n = spec->vnet_interface.n;
        struct net_addr a;

        *ret = (struct place){0};
        for (size_t i = 0; i < values->n && !ret->ip.family; i++) {
                if (netspec_addr(values->v[i], family, &a, e) < 0)
                        return -e->code;
                if (!net_ip_is_link_local(&a.ip))
                        ret->ip = a.ip;
        }
        if (!ret->ip.family)
                return 0;
        net_ip_text(&a.ip, ret->text);
        for (size_t i = 0; i < n; i++)
                if (a.iface[0] ? str_eq(v[i].name, a.iface) : i == 0) {
                        ret->on = &v[i];
                        ret->position = i;
                }
        return 0;
}

static bool is_routed(const struct place *p)
{
        return p->on && p->on->kind == NET_ROUTED;
}

/* Notes what is described and adds it to the elements to make. */
static int begin(struct run *run, struct elems *l, struct err *e, const char *fmt, ...) ERR_PRINTF(4, 5);

static int begin(struct run *run, struct elems *l, struct err *e, const char *fmt, ...)
{
        char note[256];
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(note, sizeof note, fmt, ap);
        va_end(ap);
        if (step_note(run, &step_net_publish, e, "%s", note) < 0)
                return -e->code;
        return elements(l, note, e);
}

static int publish_one(struct run *run, const char *value, const struct place *place, struct elems *l, struct err *e)
{
        static const int families[] = { AF_INET, AF_INET6 };
        struct net_publish p;
        bool any = false;

        if (netspec_publish(value, &p, e) < 0)
                return -e->code;
        if (is_loopback(&p.host) && p.host.family && !(p.host.family == AF_INET && is_routed(&place[0])))
                return err_set(e, EINVAL, "%s: loopback leads only to IPv4 addresses on routed cables", value);
        for (size_t i = 0; i < COUNT(families); i++) {
                if (!place[i].ip.family || (p.host.family && p.host.family != families[i]))
                        continue;
                if (begin(run, l, e, "publish %s %s %s", value, place[i].text,
                          is_routed(&place[i]) ? "routed" : "other") < 0)
                        return -e->code;
                any = true;
        }
        return any ? 0 : err_set(e, EADDRNOTAVAIL, "%s: the jail has no %saddress", value,
                                 p.host.family == AF_INET ? "IPv4 " : p.host.family ? "IPv6 " : "");
}

static int nat_all(struct run *run, const struct strv *values, int family, struct elems *l, struct err *e)
{
        for (size_t i = 0; i < values->n; i++) {
                char text[NET_IP_TEXT];
                struct net_addr a;

                if (netspec_addr(values->v[i], family, &a, e) < 0)
                        return -e->code;
                if (!net_ip_is_link_local(&a.ip) && begin(run, l, e, "nat %s", net_ip_text(&a.ip, text)) < 0)
                        return -e->code;
        }
        return 0;
}

/* A published port may lead back to where its caller is, see the chain hairpin. */
static int wires(struct run *run, const struct place *place, struct elems *l, struct err *e)
{
        for (size_t i = 0; i < 2; i++) {
                const struct place *p = &place[i];
                char name[IFNAMSIZ];
                int r = 0;

                if (!p->on || (i == 1 && place[0].on == p->on))
                        continue;
                if (p->on->kind == NET_BRIDGED) {
                        r = begin(run, l, e, "bridge %s", p->on->dev);
                } else if (p->on->kind == NET_ROUTED) {
                        net_cable_name(run->jid, p->position, name);
                        r = begin(run, l, e, "wire %s", name);
                }
                if (r < 0)
                        return r;
        }
        return 0;
}

static int enter_all(struct run *run, struct nl *nft, int lock, const struct place *place, struct err *e)
{
        const struct jail_spec *spec = run->spec;
        const char *param = spec->vnet_nat ? "vnet.nat" : "publish";
        autoelems l;
        int r = 0;

        elems_init(&l, run->jid, run->name);
        if (gate_open(run, lock, place[0].ip.family && place[1].ip.family ? "46" : place[0].ip.family ? "4" : "6", &l,
                      e) < 0)
                return err_wrap(e, "%s", param);
        if (spec->vnet_nat) {
                r = nat_all(run, &spec->vnet_ip4, AF_INET, &l, e);
                if (r == 0)
                        r = nat_all(run, &spec->vnet_ip6, AF_INET6, &l, e);
        }
        if (r == 0 && spec->publish.n) {
                param = "publish";
                r = wires(run, place, &l, e);
        }
        for (size_t i = 0; i < spec->publish.n && r == 0; i++)
                r = publish_one(run, spec->publish.v[i], place, &l, e);
        if (r == 0)
                r = add_elements(run, nft, lock, &l, e);
        return r < 0 ? err_wrap(e, "%s", param) : 0;
}

/* The socket stays with the thread's: closing it would wait, see nl_open_filter(). */
int net_filter_socket(struct run *run, struct nl *ret, struct err *e)
{
        if (run->nl_host.filter < 0 && nl_open_filter(&run->nl_host, e) < 0)
                return -e->code;
        *ret = (struct nl){ .fd = run->nl_host.filter, .filter = -EBADF };
        return 0;
}

bool net_publishes_loopback(const struct jail_spec *spec, const struct net_iface *v, size_t position)
{
        struct place p;

        if (v[position].kind != NET_ROUTED || first_address(spec, v, AF_INET, &p, NULL) < 0 || p.on != &v[position])
                return false;
        for (size_t i = 0; i < spec->publish.n; i++) {
                struct net_publish pub;

                /* as publish_elements() has it */
                if (netspec_publish(spec->publish.v[i], &pub, NULL) == 0 &&
                    (!pub.host.family ||
                     (pub.host.family == AF_INET && (is_any(&pub.host) || is_loopback(&pub.host)))))
                        return true;
        }
        return false;
}

static int publish_enact(struct run *run, struct err *e)
{
        const struct jail_spec *spec = run->spec;
        struct place place[2];
        struct net_iface *v;
        int r = netspec_interfaces(&spec->vnet_interface, &v, e);

        if (r < 0)
                return err_wrap(e, "vnet.interface");
        if (first_address(spec, v, AF_INET, &place[0], e) < 0)
                r = err_wrap(e, "vnet.ip4.addr");
        else if (first_address(spec, v, AF_INET6, &place[1], e) < 0)
                r = err_wrap(e, "vnet.ip6.addr");
        else if (!place[0].ip.family && !place[1].ip.family)
                r = err_set(e, EADDRNOTAVAIL, "%s: the jail has no address", spec->vnet_nat ? "vnet.nat" : "publish");
        if (r == 0) {
                autofd lock = store_lock(&run->host->store, "nft", e);
                struct nl nft;

                r = lock < 0 ? lock : net_filter_socket(run, &nft, e);
                r = r < 0 ? err_wrap(e, "%s", spec->vnet_nat ? "vnet.nat" : "publish")
                          : enter_all(run, &nft, lock, place, e);
        }
        free(v);
        return r;
}

static int publish_undo(struct run *run, const char *note, struct err *e)
{
        autofd lock = store_lock(&run->host->store, "nft", e);
        autoelems l;
        struct nl nft;

        elems_init(&l, run->jid, run->name);
        if (lock < 0)
                return lock;
        if (net_filter_socket(run, &nft, e) < 0)
                return -e->code;
        if (str_starts(note, "gate "))
                return gate_close(run, &nft, note + strlen("gate "), e);
        if (elements(&l, note, e) < 0)
                return -e->code;
        return remove_elements(run, &nft, &l, e);
}

const struct step step_net_publish = {
        .name = "net.publish", .wanted = wants_publish, .enact = publish_enact, .undo = publish_undo,
};
