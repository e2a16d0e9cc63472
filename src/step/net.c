/*
 * A routed cable is its own segment with one jail on it, so nothing about it
 * needs to be found out: the host knows the jail's address (from its MAC on:
 * it is made from the jid), the jail knows the host as 169.254.1.1 and fe80::1
 * at a MAC that is the same for all. Both sides enter the other as a permanent
 * neighbour; no ARP, no neighbour discovery, no limit of the neighbour table.
 * The host's side checks source addresses (guard.c), which is why a jail with
 * two routed cables gets rules that send each address by its own.
 */
#include "net.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/ns.h"
#include "spec/netspec.h"
#include "state/record.h"
#include "step/host.h"

/* The host's end of every routed cable. */
static const uint8_t host_mac[6] = { 0x02, 'g', 'a', 'o', 'l', 1 };

void net_cable_name(int jid, size_t position, char ret[IFNAMSIZ])
{
        snprintf(ret, IFNAMSIZ, "g%d.%zu", jid, position);
}

/* The jid in a cable's name, 0 if it is none. */
static int cable_jid(const char *name)
{
        int jid, used = 0;
        unsigned position;

        return sscanf(name, "g%9d.%3u%n", &jid, &position, &used) == 2 && !name[used] ? jid : 0;
}

bool net_jail_lives(const struct run *run, int jid)
{
        const struct store *st = &run->host->store;
        autostrv names = {0};
        bool lives = false;

        if (jid == run->jid)
                return true;
        if (store_names(st, &names, NULL) < 0)
                return true;            /* when in doubt, nobody's address is taken away */
        for (size_t i = 0; i < names.n && !lives; i++) {
                struct record rec;

                int r = record_open(st, names.v[i], false, &rec, NULL);

                if (r == -ENOENT)
                        continue;
                if (r < 0)
                        return true;
                lives = rec.jid == jid && record_alive(&rec, NULL);
                record_close(&rec);
        }
        return lives;
}

static bool wants_vnet(const struct jail_spec *spec)
{
        return spec->vnet == JAILSYS_NEW;
}

static bool wants_interface(const struct jail_spec *spec)
{
        return spec->vnet == JAILSYS_NEW && spec->vnet_interface.n > 0;
}

static bool wants_addr(const struct jail_spec *spec)
{
        return spec->vnet == JAILSYS_NEW && (spec->vnet_ip4.n > 0 || spec->vnet_ip6.n > 0 || spec->vnet_gateway.n > 0);
}

/* ------------------------------------------------------------------ lo */

static int lo_enact(struct run *run, struct err *e)
{
        autonlb b = NLB(&run->nl_jail);

        /* 127.0.0.1/8 and ::1 come by themselves. */
        nl_set_up(&b, "lo", true, "lo");
        return nlb_send(&b, NULL, e);
}

const struct step step_net_lo = {
        .name = "net.lo", .param = "vnet", .boot = true, .wanted = wants_vnet, .enact = lo_enact,
};

/* ------------------------------------------------------- moved interfaces */

/* What brings a moved interface back, as the note holds it. Names are never empty there: "-" stands for none. */
struct moved {
        int index;              /* the kernel keeps it in the jail unless it is taken there */
        char dev[IFNAMSIZ], inside[IFNAMSIZ];
        char state[8];          /* up or down */
        char master[IFNAMSIZ], kind[IFNAMSIZ];
};

/*
 * A real device goes home by itself should the jail's processes end before it was fetched; any other would end with
 * their namespace. So that is kept.
 */
static bool needs_pin(const char *kind)
{
        return !str_eq(kind, "-");
}

static void pin_name(const struct run *run, int index, char *ret, size_t size)
{
        snprintf(ret, size, "net.%d.%d", run->jid, index);
}

static int move_in(struct run *run, const struct net_iface *v, struct err *e)
{
        autonlb host = NLB(&run->nl_host), jail = NLB(&run->nl_jail);
        struct nl_link link, master = { .name = "-" };
        const char *kind;
        char pin[32];

        if (nl_get_link(&run->nl_host, 0, v->dev, &link, e) < 0 ||
            (link.master && nl_get_link(&run->nl_host, link.master, NULL, &master, e) < 0))
                return -e->code;
        kind = link.kind[0] ? link.kind : "-";
        pin_name(run, link.index, pin, sizeof pin);
        if (step_note(run, &step_net_interface, e, "move %d %s %s %s %s %s", link.index, v->dev, v->name,
                      link.up ? "up" : "down", master.name, kind) < 0 ||
            (needs_pin(kind) && ns_pin(run->netns, run->host->store.dir, pin, e) < 0))
                return -e->code;
        nl_set_netns(&host, link.index, run->netns, v->name, v->dev);
        if (nlb_send(&host, NULL, e) < 0)
                return -e->code;
        nl_set_up(&jail, v->name, true, v->name);
        return nlb_send(&jail, NULL, e);
}

/* The device of that number, or with 0 of that name, if it is of the right kind: another is not it. */
static int look(struct nl *nl, int index, const char *name, const struct moved *m, struct nl_link *ret, struct err *e)
{
        int r = nl_get_link(nl, index, name, ret, e);

        if (r < 0)
                return r;
        return str_eq(ret->kind[0] ? ret->kind : "-", m->kind) ? 0 : err_code(e, ENODEV, "%s", m->dev);
}

/* Opens the jail's netlink for who takes an interface out of it. -ENOENT: its namespace is gone. */
static int open_jail(struct run *run, const struct moved *m, struct nl *ret, struct err *e)
{
        autofd pinned = -EBADF;
        int netns = run->netns;
        char pin[32];

        if (netns < 0) {
                if (!needs_pin(m->kind))
                        return err_code(e, ENOENT, "%s", m->dev);
                pin_name(run, m->index, pin, sizeof pin);
                netns = pinned = ns_pinned(run->host->store.dir, pin, e);
        }
        return netns < 0 ? netns : nl_open_in(NETLINK_ROUTE, netns, run->host->self.net, ret, e);
}

/* Takes it out of the jail's namespace. 1: it is home under its name; 0: it was not in there, or its name is taken. */
static int fetch(struct run *run, const struct moved *m, struct err *e)
{
        autonl mine = NL_CLOSED;
        struct nl *jail = &run->nl_jail;
        autonlb b = NLB(NULL);
        struct nl_link link;
        int r;

        if (jail->fd < 0) {
                r = open_jail(run, m, &mine, e);
                if (r < 0)
                        return r == -ENOENT ? 0 : r;
                jail = &mine;
        }
        b.nl = jail;
        /* By number first, whatever root in the jail has renamed it to. */
        r = look(jail, m->index, NULL, m, &link, e);
        if (r == -ENODEV)
                r = look(jail, 0, m->inside, m, &link, e);
        if (r < 0)
                return r == -ENODEV ? 0 : r;
        nl_set_netns_of(&b, link.index, gettid(), m->dev, m->dev);
        r = nlb_send(&b, NULL, e);
        if (r != -EEXIST)
                return r < 0 ? r : 1;
        /* Another device has its name, and so its place, by now. */
        nl_set_netns_of(&b, link.index, gettid(), "dev%d", m->dev);
        return nlb_send(&b, NULL, e);
}

/*
 * After the namespace has died the kernel sends real devices back, asynchronously, to the initial namespace: under
 * their number if it is free, and under the name they had in the jail, or devNUMBER. Others died. By name alone
 * nothing is ours: it may have been given to another device meanwhile.
 */
static int find_returned(struct run *run, const struct moved *m, struct nl_link *ret, struct err *e)
{
        const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
        struct nl_link other;
        char dev[IFNAMSIZ];

        snprintf(dev, sizeof dev, "dev%d", m->index);
        for (int i = 0; i < 300; i++) {
                int r = look(&run->nl_host, m->index, NULL, m, ret, e);

                if (r < 0 && r != -ENODEV)
                        return r;
                if (r == 0)
                        return str_eq(ret->name, m->dev) || str_eq(ret->name, m->inside) || str_eq(ret->name, dev)
                                       ? 0 : -ENODEV;
                if (!str_eq(m->kind, "-") || nl_get_link(&run->nl_host, 0, m->dev, &other, NULL) == 0)
                        break;
                nanosleep(&pause, NULL);
        }
        return -ENODEV;
}

/* On the host again, it becomes what it was. */
static int settle_in(struct run *run, const struct moved *m, const struct nl_link *link, struct err *e)
{
        autonlb b = NLB(&run->nl_host);
        struct nl_link master;
        int r = -ENODEV;

        if (!str_eq(m->master, "-"))
                r = nl_get_link(&run->nl_host, 0, m->master, &master, e);
        if (r < 0 && r != -ENODEV)
                return r;
        if (!str_eq(link->name, m->dev))
                nl_set_name(&b, link->index, m->dev, m->dev);
        if (r == 0 && link->master != master.index)
                nl_set_master(&b, m->dev, master.index, m->master);
        if (link->up != str_eq(m->state, "up"))
                nl_set_up(&b, m->dev, !link->up, m->dev);
        return nlb_send(&b, NULL, e);
}

static int move_out(struct run *run, const char *note, struct err *e)
{
        struct nl_link link;
        struct moved m;
        char pin[32];
        int r;

        if (sscanf(note, "move %d %15s %15s %7s %15s %15s", &m.index, m.dev, m.inside, m.state, m.master, m.kind) != 6)
                return err_set(e, EINVAL, "not a note: %s", note);
        r = fetch(run, &m, e);
        if (r < 0)
                return r;
        r = r ? look(&run->nl_host, 0, m.dev, &m, &link, e) : find_returned(run, &m, &link, e);
        if (r == 0)
                r = settle_in(run, &m, &link, e);
        else if (r == -ENODEV)
                r = 0;                  /* pulled out, dead with the jail, or home under another name */
        if (r < 0 || !needs_pin(m.kind))
                return r;
        pin_name(run, m.index, pin, sizeof pin);
        return ns_unpin(run->host->store.dir, pin, e);
}

/* ---------------------------------------------------------------- bridges */

static void random_mac(uint8_t ret[6])
{
        while (getrandom(ret, 6, 0) != 6)
                ;
        ret[0] = (uint8_t)((ret[0] & 0xfc) | 0x02);
}

/* The bridge to hang a cable on, made if it is missing. */
static int bridge_ready(struct run *run, const char *name, int *ret_index, struct err *e)
{
        autofd lock = -EBADF;
        autonlb b = NLB(&run->nl_host);
        struct nl_link link;
        uint8_t mac[6];
        char object[32];
        int r = nl_get_link(&run->nl_host, 0, name, &link, e);

        if (r < 0 && r != -ENODEV)
                return r;
        if (r == 0 && link.group != GAOL_BRIDGE_GROUP) {
                if (!str_eq(link.kind, "bridge"))
                        return err_set(e, EINVAL, "%s: not a bridge", name);
                *ret_index = link.index;
                return 0;
        }
        lock = store_lock(&run->host->store, "bridge", e);
        if (lock < 0)
                return lock;
        snprintf(object, sizeof object, "bridge.%s", name);
        if (step_note(run, &step_net_interface, e, "%s", object) < 0 ||
            shared_join(&run->host->store, object, run->jid, NULL, e) < 0)
                return -e->code;
        /* Looked up again: until we joined, the last jail on it may have taken it away. */
        r = nl_get_link(&run->nl_host, 0, name, &link, e);
        if (r < 0 && r != -ENODEV)
                return r;
        if (r == -ENODEV) {
                /* An address of its own, or it would take, and change, that of its lowest port. */
                random_mac(mac);
                nl_add_bridge(&b, name, mac, GAOL_BRIDGE_GROUP, name);
                nl_set_no_ll6(&b, name, name);
                if (nlb_send(&b, NULL, e) < 0 || nl_get_link(&run->nl_host, 0, name, &link, e) < 0)
                        return -e->code;
        }
        *ret_index = link.index;
        return 0;
}

static void count_foreign(const struct nl_link *port, void *arg)
{
        size_t *n = arg;

        /* Cables still there belong to jails that are dying: the living are members. */
        if (port->group != GAOL_IFGROUP)
                (*n)++;
}

static int bridge_leave(struct run *run, const char *object, struct err *e)
{
        const char *name = object + strlen("bridge.");
        autofd lock = store_lock(&run->host->store, "bridge", e);
        autonlb b = NLB(&run->nl_host);
        struct nl_link link;
        size_t foreign = 0;
        int r;

        if (lock < 0)
                return lock;
        r = shared_leave(&run->host->store, object, run->jid, NULL, 0, e);
        if (r <= 0)
                return r;
        r = nl_get_link(&run->nl_host, 0, name, &link, e);
        if (r < 0 && r != -ENODEV)
                return r;
        if (r == 0 && link.group == GAOL_BRIDGE_GROUP) {
                if (nl_ports(&run->nl_host, link.index, count_foreign, &foreign, e) < 0)
                        return -e->code;
                if (foreign == 0) {
                        nl_del_link(&b, link.index, name);
                        nlb_forgive(&b, ENODEV);
                        if (nlb_send(&b, NULL, e) < 0)
                                return -e->code;
                }
        }
        return shared_forget(&run->host->store, object, e);
}

/* ----------------------------------------------------------------- cables */

/* Segments of their own: any address will do that both ends can work out. */
static void routed_mac(int jid, size_t position, uint8_t ret[6])
{
        const uint8_t mac[6] = {
                0x06, 'g', (uint8_t)position, (uint8_t)(jid >> 16), (uint8_t)(jid >> 8), (uint8_t)jid,
        };

        memcpy(ret, mac, sizeof mac);
}

/*
 * On a bridge the address must differ from those of other machines' jails, and should be the same each time, so that
 * a DHCP server knows the jail again: a hash (FNV-1a) of the machine and of what the jail and the interface are called.
 */
static void bridged_mac(const struct run *run, const char *inside, uint8_t ret[6])
{
        char machine[64];
        const char *parts[] = { machine, run->name, inside };
        uint64_t h = 0xcbf29ce484222325;

        if (fd_get(AT_FDCWD, "/etc/machine-id", machine, sizeof machine, NULL) <= 0)
                snprintf(machine, sizeof machine, "%s", run->host->store.boot_id);
        for (size_t i = 0; i < COUNT(parts); i++)
                for (const char *p = parts[i];; p++) {
                        h = (h ^ (uint8_t)*p) * 0x100000001b3;
                        if (!*p)
                                break;
                }
        for (size_t i = 0; i < 6; i++)
                ret[i] = (uint8_t)(h >> (16 + 8 * i));
        ret[0] = (uint8_t)((ret[0] & 0xfc) | 0x02);
}

/* The end on a bridge, which never speaks: high, so that no bridge takes its own address from it. */
static void port_mac(int jid, size_t position, uint8_t ret[6])
{
        routed_mac(jid, position, ret);
        ret[0] = 0xfe;
}

/*
 * Out of the way with a cable of a jail that had our jid before and whose namespace is still being torn down, or is
 * held open by somebody's descriptor. Renamed, not deleted: that would wait for the kernel, 17 ms.
 */
static int retire(struct run *run, const char *name, struct err *e)
{
        autonlb b = NLB(&run->nl_host);
        struct nl_link link;
        int r = nl_get_link(&run->nl_host, 0, name, &link, e);

        if (r < 0)
                return r == -ENODEV ? 0 : r;
        if (link.group != GAOL_IFGROUP)
                return err_code(e, EEXIST, "%s", name);
        /* Down first: it loses its routes by it, and kernels before 6.2 rename nothing that is up. */
        nl_set_up(&b, name, false, name);
        nlb_forgive(&b, ENODEV);
        nl_set_name(&b, link.index, "gdead%d", name);
        nlb_forgive(&b, ENODEV);
        return nlb_send(&b, NULL, e);
}

/*
 * Answers to the host's 127.0.0.1 come back over the cable, where something is published on that (publish.c). The
 * kernel then takes anything for 127.0.0.0/8 from the cable, all that listens on the host's loopback; so what has such
 * an address while it is still on the wire goes no further. That is a part of the cable, and not a rule of nftables,
 * because who empties the firewall must not open the host by it.
 */
static int admit_loopback(struct run *run, int index, const char *name, struct err *e)
{
        static const struct sock_filter drop_loopback[] = {
                BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 3),
                BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF + 16),         /* destination */
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 127, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, TC_ACT_SHOT),
                BPF_STMT(BPF_RET | BPF_K, (uint32_t)TC_ACT_UNSPEC),
        };
        static const int local[][2] = { { IPV4_DEVCONF_ROUTE_LOCALNET, 1 } };
        autonlb b = NLB(&run->nl_host);

        nl_add_ingress(&b, index, drop_loopback, COUNT(drop_loopback), "drop 127.0.0.0/8");
        if (nlb_send(&b, NULL, e) < 0)
                return -e->code;
        nl_set_conf4(&b, name, local, COUNT(local), name);
        return nlb_send(&b, NULL, e);
}

static int lay(struct run *run, const struct net_iface *all, size_t position, int master, struct err *e)
{
        const struct net_iface *v = &all[position];
        static const int checked[][2] = { { IPV4_DEVCONF_RP_FILTER, 1 } };
        autonlb host = NLB(&run->nl_host), jail = NLB(&run->nl_jail);
        const char *what = run->spec->vnet_interface.v[position];
        uint8_t near[6], far[6];
        char name[IFNAMSIZ];
        struct nl_link link;
        struct nl_veth veth = {
                .name = name, .peer = v->name, .mac = near, .peer_mac = far, .peer_netns = run->netns,
                .master = master, .group = GAOL_IFGROUP,
        };

        net_cable_name(run->jid, position, name);
        if (v->kind == NET_ROUTED) {
                memcpy(near, host_mac, sizeof near);
                routed_mac(run->jid, position, far);
        } else {
                port_mac(run->jid, position, near);
                bridged_mac(run, v->name, far);
        }
        nl_add_veth(&host, &veth, what);
        if (v->kind == NET_ROUTED)
                nl_set_conf4(&host, name, checked, COUNT(checked), what);
        /* Before the other end is up: until then there is no carrier, and IPv6 has not started. */
        nl_set_no_ll6(&host, name, what);
        if (nlb_send(&host, NULL, e) < 0)
                return -e->code;
        nl_set_no_ll6(&jail, v->name, what);
        nl_set_up(&jail, v->name, true, what);
        if (nlb_send(&jail, NULL, e) < 0)
                return -e->code;
        /*
         * The carrier is there, but until the kernel's link watch has heard of it packets are dropped, a bridge does
         * not forward and IPv6 does not listen; whoever called the jail at once would wait for his second try, a
         * second later. Being asked for a link makes it listen (Linux 6.8).
         */
        if (nl_get_link(&run->nl_jail, 0, v->name, &link, e) < 0 || nl_get_link(&run->nl_host, 0, name, &link, e) < 0)
                return -e->code;
        return net_publishes_loopback(run->spec, all, position) ? admit_loopback(run, link.index, name, e) : 0;
}

static int lay_cable(struct run *run, const struct net_iface *all, size_t position, struct err *e)
{
        const struct net_iface *v = &all[position];
        char name[IFNAMSIZ];
        int master = 0, r;

        if (v->kind == NET_BRIDGED && bridge_ready(run, v->dev, &master, e) < 0)
                return -e->code;
        r = lay(run, all, position, master, e);
        if (r == -EEXIST) {
                net_cable_name(run->jid, position, name);
                if (retire(run, name, e) < 0)
                        return -e->code;
                r = lay(run, all, position, master, e);
        }
        if (r == -EXFULL)
                return err_set(e, EXFULL, "%s: the bridge has no port left; 'auto' needs none", v->dev);
        return r;
}

static int interface_enact(struct run *run, struct err *e)
{
        struct net_iface *v;
        size_t n = run->spec->vnet_interface.n;
        int r;

        if (n > 1000)                   /* three digits in the cable's name */
                return err_code(e, E2BIG, "%zu interfaces", n);
        r = netspec_interfaces(&run->spec->vnet_interface, &v, e);
        if (r < 0)
                return r;
        /* While only lo is there, a real device keeps its number in the jail, by which we find it again. */
        for (size_t i = 0; i < n && r == 0; i++)
                if (v[i].kind == NET_MOVED)
                        r = move_in(run, &v[i], e);
        for (size_t i = 0; i < n && r == 0; i++)
                if (v[i].kind != NET_MOVED)
                        r = lay_cable(run, v, i, e);
        free(v);
        return r;
}

static int interface_undo(struct run *run, const char *note, struct err *e)
{
        return str_starts(note, "bridge.") ? bridge_leave(run, note, e) : move_out(run, note, e);
}

const struct step step_net_interface = {
        .name = "net.interface", .param = "vnet.interface", .wanted = wants_interface, .enact = interface_enact,
        .undo = interface_undo, .undo_alive = true,
};

/* -------------------------------------------------------------- addresses */

/* The jail's interfaces and the addresses of one family, as the spec has them and the kernel numbers them. */
struct placed {
        struct net_addr a;
        char text[NET_IP_TEXT];
        size_t position;        /* in vnet.interface; wiring.n: some other interface, lo say */
        int index;              /* inside */
};

struct wiring {
        struct run *run;
        struct net_iface *v;
        size_t n;
        struct placed *addr;
        size_t n_addr;
};

static void wiring_finish(struct wiring *w)
{
        free(w->v);
        free(w->addr);
}

/* Where an address or gateway goes: name, or with "" the first of vnet.interface, or lo. */
static int place(const struct wiring *w, const char *name, size_t *ret_position, int *ret_index, struct err *e)
{
        int index;

        if (!name[0])
                name = w->n ? w->v[0].name : "lo";
        *ret_position = w->n;
        for (size_t i = 0; i < w->n; i++)
                if (str_eq(w->v[i].name, name))
                        *ret_position = i;
        index = nl_index(&w->run->nl_jail, name);
        if (index < 0)
                return err_code(e, index, "%s", name);
        *ret_index = index;
        return 0;
}

static bool is_routed(const struct wiring *w, size_t position)
{
        return position < w->n && w->v[position].kind == NET_ROUTED;
}

static int parse_addrs(struct wiring *w, const struct strv *values, int family, struct err *e)
{
        w->n_addr = 0;
        free(w->addr);
        w->addr = calloc(values->n ? values->n : 1, sizeof *w->addr);
        if (!w->addr)
                return err_nomem(e);
        for (size_t i = 0; i < values->n; i++) {
                struct placed *p = &w->addr[i];

                if (netspec_addr(values->v[i], family, &p->a, e) < 0 ||
                    place(w, p->a.iface, &p->position, &p->index, e) < 0)
                        return -e->code;
                net_ip_text(&p->a.ip, p->text);
                for (size_t k = 0; k < i; k++)
                        if (str_eq(w->addr[k].text, p->text))
                                return err_set(e, EEXIST, "%s: given twice", p->text);
                w->n_addr++;
        }
        return 0;
}

static unsigned bits(int family)
{
        return family == AF_INET ? 32 : 128;
}

static const uint8_t *host_addr(int family)
{
        static const uint8_t v4[4] = { 169, 254, 1, 1 };        /* GAOL_HOST4 */
        static const uint8_t v6[16] = { 0xfe, 0x80, [15] = 1 }; /* GAOL_HOST6 */

        return family == AF_INET ? v4 : v6;
}

/* Is the link what is left of a jail that has ended? */
static int is_dead(struct run *run, const struct nl_link *link, struct err *e)
{
        /* The kernel knows at once of most; a namespace may outlive its jail in the hands of others. */
        int alive = nl_netns_alive(&run->nl_host, link->peer_netns, e);

        return alive < 0 ? alive : !alive || !net_jail_lives(run, cable_jid(link->name));
}

/* The address must be nobody's; a route to a jail that has ended, and is not gone yet, goes. */
static int claim(struct run *run, const struct placed *p, struct err *e)
{
        autonlb b = NLB(&run->nl_host);
        struct nl_link link;
        struct nl_route r;
        int result = nl_get_route(&run->nl_host, p->a.ip.family, p->a.ip.b, &r, e);

        if (result < 0)
                return nl_no_route(result) ? 0 : result;
        if (r.len != bits(p->a.ip.family))
                return 0;
        if (r.type == RTN_LOCAL)
                return err_set(e, EADDRINUSE, "%s: the host's own address", p->text);
        if (r.type != RTN_UNICAST)
                return 0;
        result = nl_get_link(&run->nl_host, r.dev, NULL, &link, e);
        if (result < 0)
                return result == -ENODEV ? 0 : result;
        if (link.group != GAOL_IFGROUP)
                return err_set(e, EADDRINUSE, "%s: the host has it behind %s", p->text, link.name);
        result = is_dead(run, &link, e);
        if (result <= 0)
                return result < 0 ? result : err_set(e, EADDRINUSE, "%s: in use by another jail", p->text);
        r.table = 0;
        nl_del_route(&b, &r, p->text);
        nlb_forgive(&b, ESRCH);
        return nlb_send(&b, NULL, e);
}

/* The host's side of one address: the way to it, and its neighbour. */
static int add_host_side(const struct wiring *w, const struct placed *p, struct err *e)
{
        struct nl_route r = { .family = p->a.ip.family, .len = bits(p->a.ip.family) };
        autonlb b = NLB(&w->run->nl_host);
        char name[IFNAMSIZ];
        uint8_t mac[6];
        int result;

        if (claim(w->run, p, e) < 0)
                return -e->code;
        net_cable_name(w->run->jid, p->position, name);
        r.dev = nl_index(&w->run->nl_host, name);
        if (r.dev < 0)
                return err_code(e, r.dev, "%s", name);
        memcpy(r.dst, p->a.ip.b, sizeof r.dst);
        routed_mac(w->run->jid, p->position, mac);
        /* Link-local addresses are on every link, and the same in many jails. */
        if (!net_ip_is_link_local(&p->a.ip))
                nl_add_route(&b, &r, p->text);
        nl_add_neigh(&b, r.dev, r.family, r.dst, mac, p->text);
        result = nlb_send(&b, NULL, e);
        if (result == -EEXIST)          /* since claim() looked */
                return err_set(e, EADDRINUSE, "%s: in use by another jail", p->text);
        return result;
}

/* The jail's side of one address. */
static void jail_side(const struct wiring *w, const struct placed *p, struct nlb *b)
{
        const int family = p->a.ip.family;
        struct nl_route net = { .family = family, .len = p->a.len, .via = host_addr(family), .dev = p->index };
        uint32_t flags = family == AF_INET6 ? IFA_F_NODAD : 0;

        if (!is_routed(w, p->position)) {
                nl_add_addr(b, p->index, family, p->a.ip.b, p->a.len, flags, p->text);
                return;
        }
        /* Of a longer segment only the host is on this cable: the rest of the prefix is behind it. */
        nl_add_addr(b, p->index, family, p->a.ip.b, p->a.len, flags | IFA_F_NOPREFIXROUTE, p->text);
        nl_add_neigh(b, p->index, family, host_addr(family), host_mac, p->text);
        if (p->a.len == 0 || p->a.len == bits(family))
                return;
        memcpy(net.dst, p->a.ip.b, sizeof net.dst);
        for (unsigned i = p->a.len; i < bits(family); i++)
                net.dst[i / 8] &= (uint8_t)~(0x80 >> i % 8);
        nl_add_route(b, &net, p->text);
        nlb_forgive(b, EEXIST);         /* two addresses of one prefix */
}

/*
 * The ways out by routed cables that nobody has to ask for. The first cable gets the default route, or, where
 * vnet.gateway says otherwise, at least the way back to the host. What bears the address of another cable leaves by
 * that one: the host takes it from no other.
 */
static void automatic_routes(const struct wiring *w, int family, struct nlb *b)
{
        const bool automatic = w->run->spec->vnet_gateway.n == 0;
        size_t first = w->n;

        for (size_t i = 0; i < w->n_addr; i++)
                if (is_routed(w, w->addr[i].position) && w->addr[i].position < first)
                        first = w->addr[i].position;
        for (size_t i = 0; i < w->n_addr; i++) {
                const struct placed *p = &w->addr[i];
                struct nl_route r = { .family = family, .via = host_addr(family), .dev = p->index };

                if (!is_routed(w, p->position))
                        continue;
                if (p->position != first) {
                        if (!automatic)
                                continue;
                        r.table = 1000 + (uint32_t)p->position;
                        nl_add_rule(b, family, p->a.ip.b, r.table, p->text);
                } else if (!automatic) {
                        memcpy(r.dst, host_addr(family), bits(family) / 8);
                        r.len = bits(family);
                        r.via = NULL;
                }
                nl_add_route(b, &r, p->text);
                nlb_forgive(b, EEXIST); /* another address of the same cable had it made */
        }
}

/*
 * The kernel makes an IPv6 address good in the background, even where nobody asks for its detection elsewhere; until
 * then packets to it are refused. It takes less than a millisecond; we do not insist.
 */
static void settle(const struct wiring *w)
{
        const struct timespec pause = { .tv_nsec = 100 * 1000 };
        struct nl_route r;

        for (size_t i = 0; i < w->n_addr; i++)
                for (int tries = 0; tries < 100; tries++) {
                        if (nl_get_route(&w->run->nl_jail, AF_INET6, w->addr[i].a.ip.b, &r, NULL) == 0 &&
                            r.type == RTN_LOCAL)
                                break;
                        nanosleep(&pause, NULL);
                }
}

static int add_addrs(struct wiring *w, const struct strv *values, int family, struct err *e)
{
        autonlb jail = NLB(&w->run->nl_jail);

        if (values->n == 0)
                return 0;
        if (parse_addrs(w, values, family, e) < 0)
                return -e->code;
        for (size_t i = 0; i < w->n_addr; i++)
                if (is_routed(w, w->addr[i].position) && add_host_side(w, &w->addr[i], e) < 0)
                        return -e->code;
        for (size_t i = 0; i < w->n_addr; i++)
                jail_side(w, &w->addr[i], &jail);
        automatic_routes(w, family, &jail);
        if (nlb_send(&jail, NULL, e) < 0)
                return -e->code;
        if (family == AF_INET6)
                settle(w);
        return 0;
}

static int add_gateway(struct wiring *w, const char *value, struct err *e)
{
        autonlb b = NLB(&w->run->nl_jail);
        struct net_gateway g;
        struct nl_route r = { .via = g.ip.b };
        size_t position;
        int result;

        if (netspec_gateway(value, &g, e) < 0)
                return -e->code;
        if (g.none)
                return 0;
        if (place(w, g.iface, &position, &r.dev, e) < 0)
                return -e->code;
        r.family = g.ip.family;
        nl_add_route(&b, &r, value);
        /* On a routed cable whoever is asked for is the host. */
        if (is_routed(w, position))
                nl_add_neigh(&b, r.dev, r.family, g.ip.b, host_mac, value);
        result = nlb_send(&b, NULL, e);
        if (result == -EEXIST)
                return err_set(e, EEXIST, "%s: the second of its family", value);
        return result;
}

static int addr_enact(struct run *run, struct err *e)
{
        const struct jail_spec *spec = run->spec;
        struct wiring w = { .run = run, .n = spec->vnet_interface.n };
        int r = netspec_interfaces(&spec->vnet_interface, &w.v, e);

        if (r < 0)
                return err_wrap(e, "vnet.interface");
        if (add_addrs(&w, &spec->vnet_ip4, AF_INET, e) < 0)
                r = err_wrap(e, "vnet.ip4.addr");
        else if (add_addrs(&w, &spec->vnet_ip6, AF_INET6, e) < 0)
                r = err_wrap(e, "vnet.ip6.addr");
        for (size_t i = 0; i < spec->vnet_gateway.n && r == 0; i++)
                if (add_gateway(&w, spec->vnet_gateway.v[i], e) < 0)
                        r = err_wrap(e, "vnet.gateway");
        wiring_finish(&w);
        return r;
}

const struct step step_net_addr = {
        .name = "net.addr", .wanted = wants_addr, .enact = addr_enact,
};
