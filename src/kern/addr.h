/*
 * Jails on the host's network stack, confined to addresses by programs on a
 * directory of control groups: attaching the programs, and telling them what
 * each jail has. addr_abi.h has the words.
 *
 * What is attached to the directory lives as long as it, and that as long as there
 * is a group in it. One program is on the network namespace, which has nothing to
 * keep it: a descriptor does, in the processes number 1 of the jails (addr_lead()).
 */
#ifndef KERN_ADDR_H
#define KERN_ADDR_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kern/addr_abi.h"

struct addr_maps {
        int jails, addrs, ports, socks;
};
#define ADDR_MAPS_CLOSED ((struct addr_maps){ -EBADF, -EBADF, -EBADF, -EBADF })
void addr_maps_close(struct addr_maps *m);
#define autoaddr __attribute__((cleanup(addr_maps_close))) struct addr_maps

/* What tells a control group for as long as the machine runs: a number that is never used again. */
int addr_group_id(int group, uint64_t *ret, struct err *e);

/*
 * Sees to it that the programs are on the directory (of the version 2 tree), and opens their maps. The caller has a
 * group in it, so that the directory stays. Waits for others who do the same.
 */
int addr_prepare(int directory, struct addr_maps *ret, struct err *e);

/*
 * Sees to it that listeners of the stack netns are found by all their addresses, and returns the descriptor that keeps
 * it so: it is to be held by a process of every jail there. directory as above.
 */
int addr_lead(int directory, const struct addr_maps *m, int netns, struct err *e);

/* Only opens the maps; -ENOENT: the programs are not on the directory. */
int addr_open(int directory, struct addr_maps *ret, struct err *e);

/* A jail as the programs shall see it: lists of IPv4 addresses (as ::ffff:a.b.c.d) and IPv6 addresses, first one first. */
struct addr_set {
        struct addr_jail jail;          /* but for ip4, ip6, n4, n6 */
        const struct addr_ip *ip4, *ip6;
        unsigned n4, n6;
};

/*
 * Sets or changes what the jail has; for a moment in between it may have both the old and the new. On failure
 * the old holds, or, where nothing did, nothing.
 */
int addr_put(const struct addr_maps *m, uint64_t group, const struct addr_set *set, struct err *e);

/* Forgets the jail. 0 also when it was not known. */
int addr_drop(const struct addr_maps *m, uint64_t group, struct err *e);

/* For the test: loads every program, in the newer or the older form, without attaching it. The log says why not. */
int addr_try(bool ancient, char *log, size_t log_size, struct err *e);

#endif
