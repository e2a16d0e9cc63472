/*
 * Address jails: on the host's network stack, with some of its addresses.
 *
 * Three things outlive the jail's namespaces and are noted: an alias on an
 * interface of the host's ("alias IF ADDR/LEN"), the claim to an address, by
 * which jails are kept from clashing ("claim ADDR"), and what the programs know
 * of the jail ("map ID TREE-PATH"). The first two are shared objects of the store.
 */
#ifndef STEP_ADDR_H
#define STEP_ADDR_H

#include "step/step.h"

extern const struct step step_alias;    /* interface, and the long form of ip4.addr and ip6.addr */
extern const struct step step_lead;     /* for PID 1; before step_spawn */
extern const struct step step_addr;     /* ip4, ip6, ip4.addr, ip6.addr and their saddrsel; after step_limit */

#endif
