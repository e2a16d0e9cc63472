/*
 * What the programs of addr.bpf.c and the C code that feeds them have in common:
 * the keys and values of their two maps. Included by both, so plain kernel types
 * and no prototypes. A change here is a change of the maps' names (ADDR_ABI):
 * programs outlive the gaol that has attached them.
 */
#ifndef KERN_ADDR_ABI_H
#define KERN_ADDR_ABI_H

#include <linux/types.h>

#define ADDR_ABI "1"

/* What a jail may do with an address family. */
enum addr_mode {
        ADDR_NONE,      /* nothing: no socket of it can be made */
        ADDR_LIST,      /* the addresses it has */
        ADDR_ALL,       /* everything the host may */
};

enum {
        ADDR_RAW = 1 << 0,              /* raw sockets, and those that ping with */
        ADDR_RESERVED = 1 << 1,         /* its root may have ports below 1024 */
        ADDR_SELECT4 = 1 << 2,          /* the source is the address most like the destination, not the first */
        ADDR_SELECT6 = 1 << 3,
        ADDR_V6ONLY = 1 << 4,           /* IPV6_V6ONLY is on unless a socket says otherwise, net.ipv6.bindv6only */
};

/* Map "jails", by the id of the jail's control group. Addresses are in network order. */
struct addr_jail {
        __u32 ip4;                      /* the first of the list */
        __u32 ip6[4];
        __u32 root;                     /* the host's id for the user that is root in there */
        __u32 netns;                    /* number of the stack's namespace */
        __u16 n4, n6;                   /* lengths of the lists */
        __u8 mode4, mode6;              /* enum addr_mode */
        __u8 flags;
        __u8 zero[5];
        __u64 stack;                    /* cookie of the namespace; 0: this kernel does not tell it, all are meant */
};

/*
 * Map "addrs", only for lists of two and more. Two kinds of keys: an address (IPv4 as ::ffff:a.b.c.d), which is there if
 * the jail has it; and { ADDR_SLOT, ADDR_SLOT, family, position }, whose value is the address at that position.
 */
struct addr_key {
        __u64 cgroup;
        __u32 ip[4];
};

struct addr_ip {
        __u32 ip[4];
};

/*
 * Map "ports", of sockets: listeners that have an address in particular only because the kernel cannot bind them to all
 * that the jail has. By the other addresses, they are found here.
 */
struct addr_port {
        __u32 netns, port;              /* the port in host order */
        __u32 ip[4];
};

/* Map "socks", something to remember with a socket. */
struct addr_sock {
        __u64 cgroup;                   /* whose it was when it was bound */
        __u32 flags;
        __u32 zero;
};
enum {
        ADDR_SOCK_OPEN = 1 << 0,        /* bound to all addresses, as its owner sees it */
        ADDR_SOCK_V6ONLY = 1 << 1,      /* the owner has set IPV6_V6ONLY */
        ADDR_SOCK_DUAL = 1 << 2,        /* the owner has cleared it */
        ADDR_SOCK_ELSEWHERE = 1 << 3,   /* of another stack than the jail's */
};

/* In the program "lookup" the loader puts the number of the namespace in its place. */
#define ADDR_NETNS_MARK 0x6e657473

#define ADDR_SLOT 0xffffffffu
#define ADDR_MAX 255                    /* addresses of one family, as security.jail.jail_max_af_ips */
/* How many of them are considered as source: the verifier walks through every round, and that is time at the first jail. */
#define ADDR_SELECT 16
#define ADDR_JAILS 65536                /* room in the maps */
#define ADDR_ADDRS 65536
#define ADDR_PORTS 65536

#endif
