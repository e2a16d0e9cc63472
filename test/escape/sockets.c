/* Sockets of families that a jail has no business with. */
#include "try.h"

#include <linux/netlink.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif
#ifndef AF_XDP
#define AF_XDP 44
#endif

#define SOCKET(name, family, type, protocol)                                                    \
        static int name(void) { return socket(family, type, protocol) < 0 ? -1 : 0; }

SOCKET(alg, AF_ALG, SOCK_SEQPACKET, 0)
SOCKET(vsock, AF_VSOCK, SOCK_STREAM, 0)
SOCKET(packet, AF_PACKET, SOCK_RAW, 0)
SOCKET(raw, AF_INET, SOCK_RAW, 1)
SOCKET(xdp, AF_XDP, SOCK_RAW, 0)
SOCKET(bluetooth, AF_BLUETOOTH, SOCK_RAW, 1)
SOCKET(pfkey, AF_KEY, SOCK_RAW, 2)
SOCKET(can, AF_CAN, SOCK_RAW, 1)
SOCKET(tipc, AF_TIPC, SOCK_SEQPACKET, 0)
SOCKET(rds, AF_RDS, SOCK_SEQPACKET, 0)
SOCKET(audit, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)
SOCKET(route, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
SOCKET(inet, AF_INET, SOCK_STREAM, 0)
SOCKET(inet6, AF_INET6, SOCK_STREAM, 0)
SOCKET(local, AF_UNIX, SOCK_STREAM, 0)

static int alg_wide(void)
{
        return syscall(SYS_socket, UINT64_C(1) << 32 | AF_ALG, SOCK_SEQPACKET, 0) < 0 ? -1 : 0;
}

const struct attempt socket_attempts[] = {
        { "inet", inet }, { "inet6", inet6 }, { "local", local }, { "route", route },
        { "alg", alg }, { "alg-wide", alg_wide }, { "vsock", vsock }, { "packet", packet }, { "raw", raw },
        { "xdp", xdp }, { "bluetooth", bluetooth }, { "pfkey", pfkey }, { "can", can }, { "tipc", tipc },
        { "rds", rds }, { "audit", audit }, {0},
};
