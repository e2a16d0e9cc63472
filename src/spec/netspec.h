/*
 * The text forms of vnet.interface, vnet.ip4.addr, vnet.ip6.addr, vnet.gateway
 * and publish. Errors quote the part that is wrong; the caller puts the
 * parameter in front. Nothing here asks the kernel.
 */
#ifndef SPEC_NETSPEC_H
#define SPEC_NETSPEC_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* One value each, for the table of parameters. Return 0 or -errno. */
int netspec_check_name(const char *value, struct err *e);
int netspec_check_alias4(const char *value, struct err *e);
int netspec_check_alias6(const char *value, struct err *e);
int netspec_check_interface(const char *value, struct err *e);
int netspec_check_addr4(const char *value, struct err *e);
int netspec_check_addr6(const char *value, struct err *e);
int netspec_check_gateway(const char *value, struct err *e);
int netspec_check_publish(const char *value, struct err *e);

struct net_ip {
        int family;             /* AF_INET, AF_INET6; 0: none */
        uint8_t b[16];          /* network order, zeroes behind IPv4 */
};

#define NET_IP_TEXT INET6_ADDRSTRLEN
const char *net_ip_text(const struct net_ip *ip, char buf[NET_IP_TEXT]);
bool net_ip_is_link_local(const struct net_ip *ip);      /* fe80::/10 */

enum net_kind {
        NET_MOVED,              /* DEV[:NAME], a device of the host's */
        NET_ROUTED,             /* auto[:NAME] */
        NET_BRIDGED,            /* auto@BRIDGE[:NAME] */
};

struct net_iface {
        enum net_kind kind;
        char dev[IFNAMSIZ];     /* the device moved, or the bridge */
        char name[IFNAMSIZ];    /* inside the jail; "" as parsed: not given */
};

int netspec_interface(const char *value, struct net_iface *ret, struct err *e);
/*
 * The whole list, every name settled: a moved device keeps its own, the cables get the first of eth0, eth1, ... that no
 * other has. Names given twice are an error. *ret is values->n long, the caller frees it.
 */
int netspec_interfaces(const struct strv *values, struct net_iface **ret, struct err *e);

/* [IFACE|]ADDR[/LEN], for IPv4 also /MASK */
struct net_addr {
        char iface[IFNAMSIZ];   /* "": not given */
        struct net_ip ip;
        unsigned len;
};

int netspec_addr(const char *value, int family, struct net_addr *ret, struct err *e);

/*
 * An address on the host's stack, jail(8) "ip4.addr": the same, and what FreeBSD hands on to ifconfig(8) behind it
 * is refused. iface: where it is added as an alias; "": nowhere.
 */
int netspec_alias(const char *value, int family, struct net_addr *ret, struct err *e);

/* [IFACE|]ADDR, or none */
struct net_gateway {
        bool none;
        char iface[IFNAMSIZ];
        struct net_ip ip;
};

int netspec_gateway(const char *value, struct net_gateway *ret, struct err *e);

/* [HOSTADDR:]PORT[-PORT]:JAILPORT[-JAILPORT][/tcp|/udp|/sctp] */
struct net_publish {
        struct net_ip host;     /* family 0: every address of the host's */
        uint8_t protocol;       /* IPPROTO_* */
        uint16_t port, jail_port;
        unsigned count;
};

int netspec_publish(const char *value, struct net_publish *ret, struct err *e);
const char *netspec_protocol(uint8_t protocol);

#endif
