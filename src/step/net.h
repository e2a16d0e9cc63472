/*
 * The network of a vnet jail. Cables are named g<jid>.<position> on the host
 * and die with the jail's namespace; what does not is noted in the record:
 * moved interfaces, membership of bridges, entries of the nftables tables.
 *
 * run must have netns and nl_jail (but for undo), nl_host, host, record, jid and name. nl_host is the thread's: what
 * a step leaves in it (its sequence, nfnetlink once opened) goes on to the thread's next jail. Every step works in the
 * host's namespaces; bridges and the table are shared by all jails and guarded by store_lock().
 */
#ifndef STEP_NET_H
#define STEP_NET_H

#include <net/if.h>
#include <stdbool.h>

#include "spec/netspec.h"
#include "step/step.h"

extern const struct step step_net_guard;        /* routed cables carry only what the jail may say; before step_spawn */
extern const struct step step_net_lo;           /* lo is up in every vnet jail */
extern const struct step step_net_interface;    /* vnet.interface */
extern const struct step step_net_addr;         /* vnet.ip4.addr, vnet.ip6.addr, vnet.gateway */
extern const struct step step_net_publish;      /* vnet.nat, publish */

/* ip link show group 26476: all our cables on the host. nftables rules name them by it, the administrator's too. */
#define GAOL_IFGROUP 26476
/* Bridges made by us. One without this mark is never taken away. */
#define GAOL_BRIDGE_GROUP 26466

/* What jails on routed cables know the host by. No host has these addresses: neighbours are entered, not asked for. */
#define GAOL_HOST4 "169.254.1.1"
#define GAOL_HOST6 "fe80::1"

/* The host's end of the cable at a position of vnet.interface. */
void net_cable_name(int jid, size_t position, char ret[IFNAMSIZ]);

/* nfnetlink on the host. It stays open with the thread's nl_host and is not to be closed: see nl_open_filter(). */
int net_filter_socket(struct run *run, struct nl *ret, struct err *e);

/* Is something published on the host's 127.0.0.1 that leads over the cable at this position of v? */
bool net_publishes_loopback(const struct jail_spec *spec, const struct net_iface *v, size_t position);

/* Does a jail of this jid live, by the records? */
bool net_jail_lives(const struct run *run, int jid);

#endif
