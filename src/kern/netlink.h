/*
 * rtnetlink and nfnetlink, enough for links, addresses, routes, neighbours and
 * nftables set elements. Batches: messages are collected and sent with one
 * sendmsg; the kernel answers each, the first error is reported with the
 * object the caller named.
 */
#ifndef KERN_NETLINK_H
#define KERN_NETLINK_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct nl {
        int fd;                 /* -EBADF: closed */
        uint32_t seq;
        int filter;             /* nfnetlink of the same namespace, see nl_open_filter() */
};

#define NL_CLOSED ((struct nl){ .fd = -EBADF, .filter = -EBADF })

/* protocol: NETLINK_ROUTE or NETLINK_NETFILTER. The socket speaks for the caller's network namespace for good. */
int nl_open(int protocol, struct nl *ret, struct err *e);
/*
 * The same in network namespace netns. The calling thread goes there and comes back to home, the descriptor of the
 * one it is in; -ENOTRECOVERABLE: it could not come back, and must not go on working for the host.
 */
int nl_open_in(int protocol, int netns, int home, struct nl *ret, struct err *e);
/*
 * Opens an nfnetlink socket beside an open one, to be kept as long: after something was deleted from an nftables table,
 * closing any such socket waits for the kernel to forget it, 5 to 15 ms.
 */
int nl_open_filter(struct nl *nl, struct err *e);
/* Closes both. */
void nl_close(struct nl *nl);
#define autonl __attribute__((cleanup(nl_close))) struct nl

/*
 * A batch under construction. Adding never fails; a batch that ran out of memory says so when it is sent.
 * what: the object in messages, not copied, must live until the batch is sent.
 */
struct nlb {
        struct nl *nl;
        char *buf;
        size_t len, size;
        struct nlb_msg {
                size_t at;
                const char *what;
                int forgiven;
        } *msg;
        size_t n, room;
        size_t answered;        /* position of the last message the kernel answers, plus one; 0: of the very last */
        int broken;             /* ENOMEM or EMSGSIZE: nothing can be added or sent any more */
};

#define NLB(socket) ((struct nlb){ .nl = (socket) })
#define autonlb __attribute__((cleanup(nlb_free))) struct nlb
void nlb_free(struct nlb *b);

/* Starts a message; header is the protocol's own, behind struct nlmsghdr. NLM_F_REQUEST goes without saying. */
void nlb_msg(struct nlb *b, uint16_t type, uint16_t flags, const void *header, size_t size, const char *what);
/* The message just added may fail with this errno; that is then no error. */
void nlb_forgive(struct nlb *b, int code);
/* The message just added is the last to be answered: what closes an nfnetlink transaction never is on old kernels. */
void nlb_last(struct nlb *b);
void nlb_put(struct nlb *b, uint16_t type, const void *data, size_t size);
void nlb_str(struct nlb *b, uint16_t type, const char *s);
void nlb_u8(struct nlb *b, uint16_t type, uint8_t v);
void nlb_u16(struct nlb *b, uint16_t type, uint16_t v);
void nlb_u32(struct nlb *b, uint16_t type, uint32_t v);
/* Nested attributes: everything added between nest and end is inside. raw: bytes of the nest's own header, or NULL. */
size_t nlb_nest(struct nlb *b, uint16_t type, const void *raw, size_t size);
void nlb_end(struct nlb *b, size_t nest);

/* Sees each answer that is neither error nor end; a negative return stops listening to them and becomes the result. */
typedef int (*nl_reader)(const struct nlmsghdr *h, void *arg);

/*
 * Sends all, waits for all, empties the batch. The kernel works through every message even when one fails; the
 * first that failed unforgiven is the result, "WHAT: reason", and its position goes to *ret_failed (may be NULL).
 */
int nlb_send(struct nlb *b, size_t *ret_failed, struct err *e);
int nlb_ask(struct nlb *b, nl_reader read, void *arg, size_t *ret_failed, struct err *e);

/* Sorts the attributes of a message or nest by type into tb[0..max]. */
void nl_attrs(const void *data, size_t size, const struct nlattr **tb, size_t max);
static inline const void *nl_data(const struct nlattr *a)
{
        return a + 1;
}
static inline size_t nl_size(const struct nlattr *a)
{
        return a->nla_len - sizeof *a;
}
uint32_t nl_u32(const struct nlattr *a);        /* 0 for NULL */
void nl_name(const struct nlattr *a, char ret[IFNAMSIZ]);       /* "" for NULL */

/* Links. Those named, not numbered, are looked up by the kernel when it comes to the message. */
struct nl_veth {
        const char *name, *peer;
        const uint8_t *mac, *peer_mac;
        int peer_netns;
        int master;             /* of the near end; 0: none */
        uint32_t group;         /* of the near end */
};

/* Makes the pair with the near end up. (Up on the peer in the same message is ENOTCONN and 15 ms of rollback.) */
void nl_add_veth(struct nlb *b, const struct nl_veth *v, const char *what);
void nl_add_bridge(struct nlb *b, const char *name, const uint8_t *mac, uint32_t group, const char *what);
void nl_del_link(struct nlb *b, int index, const char *what);
void nl_set_up(struct nlb *b, const char *name, bool up, const char *what);
void nl_set_name(struct nlb *b, int index, const char *name, const char *what);
void nl_set_master(struct nlb *b, const char *name, int master, const char *what);
/* Moves a link of the socket's namespace; %d in name takes the next free number. */
void nl_set_netns(struct nlb *b, int index, int netns, const char *name, const char *what);
/* The same into the namespace that thread tid (as the caller numbers it) is in. */
void nl_set_netns_of(struct nlb *b, int index, int tid, const char *name, const char *what);
/* net.ipv4.conf.NAME.*, by number (IPV4_DEVCONF_*), without a walk through /proc/sys. */
void nl_set_conf4(struct nlb *b, const char *name, const int (*conf)[2], size_t n, const char *what);
/*
 * Shows every packet that arrives on link index to a classic BPF program before anything else does: TC_ACT_SHOT drops
 * it, TC_ACT_UNSPEC lets it on. It is part of the link, not of the firewall, and goes with it.
 */
void nl_add_ingress(struct nlb *b, int index, const struct sock_filter *insns, size_t n, const char *what);
/* No IPv6 link-local address, so no duplicate address detection and multicast for it. A kernel without IPv6 is fine. */
void nl_set_no_ll6(struct nlb *b, const char *name, const char *what);

/* Addresses are 4 or 16 bytes in network order, by family. */
void nl_add_addr(struct nlb *b, int index, int family, const void *addr, unsigned len, uint32_t flags,
                 const char *what);
/* Takes an address of this length away; without promote_secondaries those of the same network behind it go too. */
void nl_del_addr(struct nlb *b, int index, int family, const void *addr, unsigned len, const char *what);
void nl_add_neigh(struct nlb *b, int index, int family, const void *addr, const uint8_t *mac, const char *what);

struct nl_route {
        int family;
        uint8_t dst[16];
        unsigned len;           /* 0: the default route */
        const void *via;        /* NULL: neighbours of dev; otherwise reached on dev, whatever the prefixes say */
        int dev;
        uint32_t table;         /* 0: main */
        uint8_t type;           /* RTN_*; only nl_get_route sets it */
};

void nl_add_route(struct nlb *b, const struct nl_route *r, const char *what);   /* EEXIST: the prefix has a route */
void nl_del_route(struct nlb *b, const struct nl_route *r, const char *what);
/* Packets from addr look in table. */
void nl_add_rule(struct nlb *b, int family, const void *addr, uint32_t table, const char *what);

/* Questions. */
struct nl_link {
        int index, master;
        char name[IFNAMSIZ], kind[IFNAMSIZ];    /* kind "": a real device */
        uint32_t group;
        bool up;
        int peer_netns;         /* of a cable: the kernel's number for its other end's namespace; -1: gone or ours */
};

/*
 * Number of a link, -ENODEV when there is none. Costs less than a message, but has the kernel look for a module of that
 * name (modprobe(8), for root) when there is no such link: for names that should be there.
 */
int nl_index(const struct nl *nl, const char *name);
/* By number, or by name where index is 0. -ENODEV: none. */
int nl_get_link(struct nl *nl, int index, const char *name, struct nl_link *ret, struct err *e);
/* Is the namespace of that number still in use, by processes or descriptors? 1, 0, or -errno. */
int nl_netns_alive(struct nl *nl, int number, struct err *e);
/* Calls each for every port of the bridge. */
int nl_ports(struct nl *nl, int bridge, void (*each)(const struct nl_link *port, void *arg), void *arg, struct err *e);
/* Numbers of the links over which routers have announced an IPv6 default route, at most max of them, to *ret_n. */
int nl_ra_links(struct nl *nl, int *ret, size_t max, size_t *ret_n, struct err *e);
/* The entry of the routing tables that packets to addr follow, as it stands there. -ENETUNREACH: none. */
int nl_get_route(struct nl *nl, int family, const void *addr, struct nl_route *ret, struct err *e);
/* Is that of nl_get_route's errors the kernel's way of saying that there is no way, or none that it may take? */
bool nl_no_route(int r);

#endif
