/*
 * The programs that confine a jail on the host's network stack to its addresses.
 * They are attached to the directory that holds the control groups of all such
 * jails and look the jail up by the group of who calls; addr.c loads them.
 *
 * The rules are FreeBSD's, jail(8) "Network": whoever binds to no address in
 * particular is bound to the jail's; the loopback address means the jail's first
 * one, for bind and connect; every other address that is not the jail's cannot
 * be assigned. Addresses are changed before the kernel has seen them, so
 * getsockname(2) and getpeername(2) tell what is really there.
 *
 * Sockets that were never bound (listen(2) or sendto(2) come first) get a port of
 * the kernel's choice on all addresses, and no program is asked. What reaches
 * those is looked at as it comes in; their source is set as they send.
 *
 * Plain C for clang's bpf target: no libraries, everything is inlined, and every
 * verdict on an address is one function. ANCIENT is for kernels before 5.18.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/if_ether.h>
#include <linux/in.h>

#include "addr_abi.h"

#define PROGRAM(name) __attribute__((section("prog." #name), used))
#define inline_ static inline __attribute__((always_inline))

#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define IPPROTO_V6ICMP 58
#define IPV6_V6ONLY 26
#define TCP_CLOSE 7
#define TCP_LISTEN 10

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define net32(x) __builtin_bswap32(x)
#else
#define net32(x) (x)
#endif

#define LOOPBACK4 net32(0x7f000001)
#define MAPPED net32(0x0000ffff)

/* Numbers of the maps' descriptors stand here once they are loaded (addr.c). */
extern char map_jails, map_addrs, map_ports, map_socks;

static void *(*const map_lookup)(const void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static __u64 (*const current_cgroup)(void) = (void *)BPF_FUNC_get_current_cgroup_id;
static __u64 (*const current_ancestor)(int level) = (void *)BPF_FUNC_get_current_ancestor_cgroup_id;
static __u64 (*const skb_cgroup)(const struct __sk_buff *skb) = (void *)BPF_FUNC_skb_cgroup_id;
static __u64 (*const skb_ancestor)(const struct __sk_buff *skb, int level) = (void *)BPF_FUNC_skb_ancestor_cgroup_id;
static __u64 (*const netns_cookie)(void *ctx) = (void *)BPF_FUNC_get_netns_cookie;
static long (*const bind_to)(struct bpf_sock_addr *ctx, const void *addr, int len) = (void *)BPF_FUNC_bind;
static long (*const skb_load)(const void *skb, __u32 at, void *to, __u32 n) = (void *)BPF_FUNC_skb_load_bytes;
static long (*const sock_hash_update)(struct bpf_sock_ops *ctx, void *map, void *key, __u64 flags) =
        (void *)BPF_FUNC_sock_hash_update;
static void *(*const storage_of)(void *map, void *sk, void *value, __u64 flags) = (void *)BPF_FUNC_sk_storage_get;
static long (*const assign)(struct bpf_sk_lookup *ctx, void *sk, __u64 flags) = (void *)BPF_FUNC_sk_assign;
static long (*const release)(void *sk) = (void *)BPF_FUNC_sk_release;
static struct bpf_sock *(*const full_socket)(struct bpf_sock *sk) = (void *)BPF_FUNC_sk_fullsock;
#ifndef ANCIENT
static __u64 (*const current_uid_gid)(void) = (void *)BPF_FUNC_get_current_uid_gid;
static int (*const set_retval)(int code) = (void *)BPF_FUNC_set_retval;
#endif

/* Verifiers before 6.5 or so refuse loops that clang lays out in certain ways; there are none when it writes them out. */
#define UNROLL _Pragma("clang loop unroll(full)")

#define barrier() __asm__ volatile("" ::: "memory")

enum { DENY = 0, PASS = 1, PASS_RESERVED = 3 };

/* Without a reason of its own a refusal is EPERM. */
inline_ int deny(int code)
{
#ifndef ANCIENT
        set_retval(-code);
#endif
        return DENY;
}

/* ------------------------------------------------------------------- jails */

struct who {
        __u64 cgroup;
        const struct addr_jail *jail;
};

/* 0: there is no such group, or it is no jail's. */
inline_ int is_jail(struct who *w, __u64 cgroup)
{
        if (!cgroup)
                return 0;
        w->cgroup = cgroup;
        w->jail = map_lookup(&map_jails, &w->cgroup);
        return w->jail != 0;
}

/* From the deepest level to the top: of jails within jails the innermost. Twelve levels below the root of the tree. */
#define FIND(w, ancestor)                                                                                             \
        (is_jail(w, ancestor(12)) || is_jail(w, ancestor(11)) || is_jail(w, ancestor(10)) || is_jail(w, ancestor(9)) || \
         is_jail(w, ancestor(8)) || is_jail(w, ancestor(7)) || is_jail(w, ancestor(6)) || is_jail(w, ancestor(5)) ||  \
         is_jail(w, ancestor(4)) || is_jail(w, ancestor(3)) || is_jail(w, ancestor(2)) || is_jail(w, ancestor(1)))

/*
 * A process is in the group of its jail; if the jail has made groups in it, in one below. A process of another part of
 * the tree, to whom a socket was handed, has no jail here and may not use the socket to bind or connect.
 */
inline_ struct who current_jail(void)
{
        struct who w = {0};

        if (!is_jail(&w, current_cgroup()))
                (void)FIND(&w, current_ancestor);
        return w;
}

inline_ struct who jail_of_skb(const struct __sk_buff *skb)
{
        struct who w = {0};

#define ancestor_of_skb(level) skb_ancestor(skb, level)
        if (!is_jail(&w, skb_cgroup(skb)))
                (void)FIND(&w, ancestor_of_skb);
        return w;
}

/* A stack that the jail, or one below it, has made for itself is none of our business. */
inline_ int is_elsewhere(void *ctx, const struct who *w)
{
        return w->jail->stack && netns_cookie(ctx) != w->jail->stack;
}

inline_ int has4(const struct who *w, __u32 ip)
{
        struct addr_key key = { .cgroup = w->cgroup, .ip = { 0, 0, MAPPED, ip } };

        if (w->jail->mode4 != ADDR_LIST)
                return w->jail->mode4 == ADDR_ALL;
        if (w->jail->n4 == 0)
                return 0;
        if (ip == w->jail->ip4)
                return 1;
        return w->jail->n4 > 1 && map_lookup(&map_addrs, &key);
}

inline_ int same6(const __u32 a[4], const __u32 b[4])
{
        return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}

inline_ int has6(const struct who *w, const __u32 ip[4])
{
        struct addr_key key = { .cgroup = w->cgroup, .ip = { ip[0], ip[1], ip[2], ip[3] } };

        if (w->jail->mode6 != ADDR_LIST)
                return w->jail->mode6 == ADDR_ALL;
        if (w->jail->n6 == 0)
                return 0;
        if (same6(ip, w->jail->ip6))
                return 1;
        return w->jail->n6 > 1 && map_lookup(&map_addrs, &key);
}

inline_ int is_loopback4(__u32 ip)
{
        return (net32(ip) >> 24) == 127;
}

inline_ int is_any6(const __u32 ip[4])
{
        return (ip[0] | ip[1] | ip[2] | ip[3]) == 0;
}

inline_ int is_loopback6(const __u32 ip[4])
{
        return (ip[0] | ip[1] | ip[2]) == 0 && ip[3] == net32(1);
}

inline_ int is_mapped(const __u32 ip[4])
{
        return (ip[0] | ip[1]) == 0 && ip[2] == MAPPED;
}

/* ----------------------------------------------------------------- sources */

/* Of the jail's first addresses the one with most leading bits in common with the destination. */
inline_ __u32 source4(const struct who *w, __u32 dst)
{
        struct addr_key key = { .cgroup = w->cgroup, .ip = { ADDR_SLOT, ADDR_SLOT, AF_INET, 0 } };
        __u32 best = w->jail->ip4;

        if (!(w->jail->flags & ADDR_SELECT4) || w->jail->n4 < 2)
                return best;
        UNROLL for (int i = 1; i < ADDR_SELECT; i++) {
                const struct addr_ip *other;

                key.ip[3] = i;
                other = map_lookup(&map_addrs, &key);
                if (!other)
                        break;
                if (net32(other->ip[3] ^ dst) < net32(best ^ dst))
                        best = other->ip[3];
        }
        return best;
}

inline_ int closer6(const __u32 a[4], const __u32 b[4], const __u32 dst[4])
{
        UNROLL for (int i = 0; i < 4; i++) {
                __u32 x = net32(a[i] ^ dst[i]), y = net32(b[i] ^ dst[i]);

                if (x != y)
                        return x < y;
        }
        return 0;
}

inline_ void copy6(__u32 to[4], const __u32 from[4])
{
        to[0] = from[0];
        to[1] = from[1];
        to[2] = from[2];
        to[3] = from[3];
}

inline_ void source6(const struct who *w, const __u32 dst[4], __u32 ret[4])
{
        struct addr_key key = { .cgroup = w->cgroup, .ip = { ADDR_SLOT, ADDR_SLOT, AF_INET6, 0 } };

        copy6(ret, w->jail->ip6);
        if (!(w->jail->flags & ADDR_SELECT6) || w->jail->n6 < 2)
                return;
        UNROLL for (int i = 1; i < ADDR_SELECT; i++) {
                const struct addr_ip *other;

                key.ip[3] = i;
                other = map_lookup(&map_addrs, &key);
                if (!other)
                        break;
                if (closer6(other->ip, ret, dst))
                        copy6(ret, other->ip);
        }
}

/* ------------------------------------------------------------------ socket */

PROGRAM(sock_create)
int sock_create(struct bpf_sock *sk)
{
        struct who w = current_jail();
        int mode;

        if (!w.jail)
                return DENY;
        if (is_elsewhere(sk, &w)) {
                struct addr_sock *s = storage_of(&map_socks, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

                if (!s)
                        return deny(ENOBUFS);
                s->flags = ADDR_SOCK_ELSEWHERE;
                return PASS;
        }
        mode = sk->family == AF_INET ? w.jail->mode4 : w.jail->mode6;
        if (mode == ADDR_NONE)
                return deny(EAFNOSUPPORT);
        if (mode == ADDR_ALL)
                return PASS;
        if (sk->type == SOCK_RAW)
                return w.jail->flags & ADDR_RAW ? PASS : deny(EPERM);
        switch (sk->protocol) {
        case IPPROTO_TCP:
        case IPPROTO_UDP:
        case IPPROTO_UDPLITE:
                return PASS;
        case IPPROTO_ICMP:
        case IPPROTO_V6ICMP:
                return w.jail->flags & ADDR_RAW ? PASS : deny(EPROTONOSUPPORT);
        default:
                /* Protocols that take more than one address, or ask no program. */
                return deny(EPROTONOSUPPORT);
        }
}

/* -------------------------------------------------------------------- bind */

/* In its own user namespace root has no right to ports of a stack that belongs to another. */
inline_ int pass_bind(const struct who *w)
{
#ifndef ANCIENT
        if ((w->jail->flags & ADDR_RESERVED) && (__u32)current_uid_gid() == w->jail->root)
                return PASS_RESERVED;
#endif
        return PASS;
}

/*
 * Does what never asks for a certain port keep all addresses? Its port is the kernel's choice and in nobody's way, and
 * what comes in is looked at.
 */
inline_ int may_stay_open(const struct bpf_sock_addr *ctx)
{
        return ctx->type == SOCK_DGRAM && ctx->user_port == 0;
}

/*
 * A listener that wants all of several addresses: Linux has no socket for that, so it is bound to one, and the others
 * lead to it (program lookup). Datagram sockets cannot be found in that way.
 */
inline_ int remember(struct bpf_sock_addr *ctx, const struct who *w, __u32 flags)
{
        struct addr_sock *s = ctx->sk ? storage_of(&map_socks, ctx->sk, 0, BPF_SK_STORAGE_GET_F_CREATE) : 0;

        if (!s)
                return deny(ENOBUFS);
        s->cgroup = w->cgroup;
        s->flags = (s->flags & ~ADDR_SOCK_OPEN) | flags;
        return pass_bind(w);
}

/* A stream that wants a single address of several. */
inline_ int bind_single(struct bpf_sock_addr *ctx, const struct who *w)
{
        return ctx->type == SOCK_STREAM && w->jail->n4 + w->jail->n6 > 1 ? remember(ctx, w, 0) : pass_bind(w);
}

inline_ int is_v6only(struct bpf_sock_addr *ctx, const struct who *w)
{
        const struct addr_sock *s = ctx->sk ? storage_of(&map_socks, ctx->sk, 0, 0) : 0;

        if (s && (s->flags & (ADDR_SOCK_V6ONLY | ADDR_SOCK_DUAL)))
                return s->flags & ADDR_SOCK_V6ONLY;
        return w->jail->flags & ADDR_V6ONLY;
}

PROGRAM(bind4)
int bind4(struct bpf_sock_addr *ctx)
{
        struct who w = current_jail();
        __u32 ip = ctx->user_ip4;

        if (!w.jail)
                return DENY;
        if (is_elsewhere(ctx, &w))
                return PASS;
        if (has4(&w, ip))
                return bind_single(ctx, &w);
        if (w.jail->mode4 == ADDR_NONE || w.jail->n4 == 0)
                return deny(EADDRNOTAVAIL);
        if (ip == 0 && w.jail->n4 > 1 && may_stay_open(ctx))
                return PASS;
        if (ip != 0 && !is_loopback4(ip))
                return deny(EADDRNOTAVAIL);
        ctx->user_ip4 = w.jail->ip4;
        return ip == 0 && w.jail->n4 > 1 && ctx->type == SOCK_STREAM ? remember(ctx, &w, ADDR_SOCK_OPEN) : pass_bind(&w);
}

inline_ int bind_mapped(struct bpf_sock_addr *ctx, const struct who *w, __u32 ip)
{
        if (has4(w, ip))
                return bind_single(ctx, w);
        if (w->jail->mode4 == ADDR_NONE || w->jail->n4 == 0 || (ip != 0 && !is_loopback4(ip)))
                return deny(EADDRNOTAVAIL);
        ctx->user_ip6[3] = w->jail->ip4;
        return pass_bind(w);
}

PROGRAM(bind6)
int bind6(struct bpf_sock_addr *ctx)
{
        struct who w = current_jail();
        __u32 ip[4] = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3] };

        if (!w.jail)
                return DENY;
        if (is_elsewhere(ctx, &w))
                return PASS;
        if (is_mapped(ip))
                return bind_mapped(ctx, &w, ip[3]);
        if (has6(&w, ip))
                return bind_single(ctx, &w);
        if (w.jail->mode6 == ADDR_NONE || w.jail->n6 == 0)
                return deny(EADDRNOTAVAIL);
        if (is_any6(ip) && (w.jail->n6 > 1 || w.jail->mode4 != ADDR_NONE) && may_stay_open(ctx))
                return PASS;
        if (!is_any6(ip) && !is_loopback6(ip))
                return deny(EADDRNOTAVAIL);
        if (is_any6(ip) && ctx->type == SOCK_STREAM && w.jail->mode4 == ADDR_LIST && w.jail->n4 > 0 && !is_v6only(ctx, &w)) {
                /* Bound to an IPv6 address it could never have IPv4 connections; the other way round it can. */
                ctx->user_ip6[2] = MAPPED;
                ctx->user_ip6[3] = w.jail->ip4;
                return remember(ctx, &w, ADDR_SOCK_OPEN);
        }
        ctx->user_ip6[0] = w.jail->ip6[0];
        ctx->user_ip6[1] = w.jail->ip6[1];
        ctx->user_ip6[2] = w.jail->ip6[2];
        ctx->user_ip6[3] = w.jail->ip6[3];
        return is_any6(ip) && w.jail->n6 > 1 && ctx->type == SOCK_STREAM ? remember(ctx, &w, ADDR_SOCK_OPEN) : pass_bind(&w);
}

/* What a bind needs to know, and no program can ask the kernel for. */
PROGRAM(setsockopt)
int setsockopt(struct bpf_sockopt *ctx)
{
        const int *value = (void *)ctx->optval;
        struct addr_sock *s;

        if (ctx->level == IPPROTO_IPV6 && ctx->optname == IPV6_V6ONLY && ctx->sk && value + 1 <= (const int *)ctx->optval_end) {
                s = storage_of(&map_socks, ctx->sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
                if (s)
                        s->flags = (s->flags & ~(ADDR_SOCK_V6ONLY | ADDR_SOCK_DUAL)) |
                                   (*value ? ADDR_SOCK_V6ONLY : ADDR_SOCK_DUAL);
        }
        /* What is longer than the kernel has copied is not to be taken from the copy. */
        if (ctx->optlen > 4096)
                ctx->optlen = 0;
        return PASS;
}

/* --------------------------------------------------------------- listeners */

inline_ void lead_here(struct bpf_sock_ops *ctx, const struct who *w, __u32 port, const __u32 ip[4], __u64 flags)
{
        struct addr_port key = { .netns = w->jail->netns, .port = port, .ip = { ip[0], ip[1], ip[2], ip[3] } };

        sock_hash_update(ctx, &map_ports, &key, flags);
}

inline_ void lead_all_here(struct bpf_sock_ops *ctx, const struct who *w, int family, __u32 port)
{
        struct addr_key key = { .cgroup = w->cgroup, .ip = { ADDR_SLOT, ADDR_SLOT, family, 0 } };

        for (int i = 1; i < ADDR_MAX; i++) {
                const struct addr_ip *other;

                key.ip[3] = i;
                other = map_lookup(&map_addrs, &key);
                if (!other)
                        break;
                lead_here(ctx, w, port, other->ip, BPF_ANY);
        }
}

/*
 * Somebody listens. One that is open to all the jail has is found by each of its addresses; one that wants a single
 * address takes that over from it.
 */
PROGRAM(sock_ops)
int sock_ops(struct bpf_sock_ops *ctx)
{
        const struct addr_sock *s;
        struct bpf_sock *sk;
        struct who w = {0};
        __u32 ip[4], ip4, port;

        if (ctx->op != BPF_SOCK_OPS_TCP_LISTEN_CB)
                return PASS;
        sk = ctx->sk;
        if (!sk)
                return PASS;
        s = storage_of(&map_socks, sk, 0, 0);
        if (!s || !is_jail(&w, s->cgroup))
                return PASS;
        /* Both are read before it is asked which counts: else clang shares a read in a way that the verifier refuses. */
        port = ctx->local_port;
        ip4 = ctx->local_ip4;
        ip[0] = ctx->local_ip6[0];
        ip[1] = ctx->local_ip6[1];
        ip[2] = ctx->local_ip6[2];
        ip[3] = ctx->local_ip6[3];
        barrier();
        if (!(s->flags & ADDR_SOCK_OPEN)) {
                if (ctx->family == AF_INET) {
                        ip[2] = MAPPED;
                        ip[3] = ip4;
                }
                lead_here(ctx, &w, port, ip, BPF_EXIST);
                return PASS;
        }
        lead_all_here(ctx, &w, AF_INET, port);
        if (ctx->family == AF_INET)
                return PASS;
        if (ip[2] == MAPPED) {
                copy6(ip, w.jail->ip6);
                lead_here(ctx, &w, port, ip, BPF_ANY);
        }
        lead_all_here(ctx, &w, AF_INET6, port);
        return PASS;
}

/* Attached to the network namespace: by which socket is a connection to this address taken? */
PROGRAM(lookup)
int lookup(struct bpf_sk_lookup *ctx)
{
        struct addr_port key = { .netns = ADDR_NETNS_MARK, .port = ctx->local_port };
        struct bpf_sock *sk;
        __u32 ip4;

        if (ctx->protocol != IPPROTO_TCP)
                return SK_PASS;
        ip4 = ctx->local_ip4;
        key.ip[0] = ctx->local_ip6[0];
        key.ip[1] = ctx->local_ip6[1];
        key.ip[2] = ctx->local_ip6[2];
        key.ip[3] = ctx->local_ip6[3];
        barrier();
        if (ctx->family == AF_INET) {
                key.ip[2] = MAPPED;
                key.ip[3] = ip4;
        }
        sk = map_lookup(&map_ports, &key);
        if (sk) {
                /* Refused for one that is for IPv6 only: then it goes on as if there were none. */
                assign(ctx, sk, 0);
                release(sk);
        }
        return SK_PASS;
}

/* What it calls itself: the owner of a socket bound to no address in particular gets to see none. */
inline_ int is_open(struct bpf_sock_addr *ctx)
{
        const struct addr_sock *s = ctx->sk ? storage_of(&map_socks, ctx->sk, 0, 0) : 0;

        return s && (s->flags & ADDR_SOCK_OPEN);
}

PROGRAM(getsockname4)
int getsockname4(struct bpf_sock_addr *ctx)
{
        if (is_open(ctx))
                ctx->user_ip4 = 0;
        return PASS;
}

PROGRAM(getsockname6)
int getsockname6(struct bpf_sock_addr *ctx)
{
        if (is_open(ctx)) {
                ctx->user_ip6[0] = 0;
                ctx->user_ip6[1] = 0;
                ctx->user_ip6[2] = 0;
                ctx->user_ip6[3] = 0;
        }
        return PASS;
}

/* ----------------------------------------------------------------- connect */

struct address4 {
        __u16 family, port;
        __u32 ip;
        __u8 zero[8];
};

struct address6 {
        __u16 family, port;
        __u32 flow;
        __u32 ip[4];
        __u32 scope;
};

inline_ int bind_source6(struct bpf_sock_addr *ctx, const __u32 ip[4])
{
        struct address6 a = { .family = AF_INET6, .ip = { ip[0], ip[1], ip[2], ip[3] } };

        return bind_to(ctx, &a, sizeof a) < 0 ? deny(EADDRNOTAVAIL) : PASS;
}

/* A socket of either family on its way to an IPv4 address. */
inline_ int bind_source4(struct bpf_sock_addr *ctx, __u32 ip)
{
        struct address4 a = { .family = AF_INET, .ip = ip };
        const __u32 mapped[4] = { 0, 0, MAPPED, ip };

        if (ctx->family == AF_INET6)
                return bind_source6(ctx, mapped);
        return bind_to(ctx, &a, sizeof a) < 0 ? deny(EADDRNOTAVAIL) : PASS;
}

inline_ int has_source(struct bpf_sock_addr *ctx)
{
        const struct bpf_sock *sk = ctx->sk;

        if (!sk)
                return 0;
        if (ctx->family == AF_INET)
                return sk->src_ip4 != 0;
        return (sk->src_ip6[0] | sk->src_ip6[1] | sk->src_ip6[2] | sk->src_ip6[3]) != 0;
}

/* The host's own services listen on its loopback, and "no address" is that too: in a jail both are the jail itself. */
inline_ __u32 destination4(const struct who *w, __u32 ip)
{
        return (ip == 0 || is_loopback4(ip)) && !has4(w, ip) ? w->jail->ip4 : ip;
}

PROGRAM(connect4)
int connect4(struct bpf_sock_addr *ctx)
{
        struct who w = current_jail();
        __u32 ip = ctx->user_ip4;

        if (!w.jail)
                return DENY;
        if (is_elsewhere(ctx, &w))
                return PASS;
        if (w.jail->mode4 == ADDR_ALL)
                return PASS;
        if (w.jail->mode4 == ADDR_NONE || w.jail->n4 == 0)
                return deny(EAFNOSUPPORT);
        ip = destination4(&w, ip);
        ctx->user_ip4 = ip;
        return has_source(ctx) ? PASS : bind_source4(ctx, source4(&w, ip));
}

inline_ int connect_mapped(struct bpf_sock_addr *ctx, const struct who *w, __u32 ip)
{
        if (w->jail->mode4 == ADDR_ALL)
                return PASS;
        if (w->jail->mode4 == ADDR_NONE || w->jail->n4 == 0)
                return deny(EAFNOSUPPORT);
        ip = destination4(w, ip);
        ctx->user_ip6[3] = ip;
        return has_source(ctx) ? PASS : bind_source4(ctx, source4(w, ip));
}

PROGRAM(connect6)
int connect6(struct bpf_sock_addr *ctx)
{
        struct who w = current_jail();
        __u32 ip[4] = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3] }, source[4];

        if (!w.jail)
                return DENY;
        if (is_elsewhere(ctx, &w))
                return PASS;
        if (is_mapped(ip))
                return connect_mapped(ctx, &w, ip[3]);
        if (w.jail->mode6 == ADDR_ALL)
                return PASS;
        if (w.jail->mode6 == ADDR_NONE || w.jail->n6 == 0)
                return deny(EAFNOSUPPORT);
        if (is_any6(ip) || is_loopback6(ip)) {
                copy6(ip, w.jail->ip6);
                ctx->user_ip6[0] = ip[0];
                ctx->user_ip6[1] = ip[1];
                ctx->user_ip6[2] = ip[2];
                ctx->user_ip6[3] = ip[3];
        }
        if (has_source(ctx))
                return PASS;
        source6(&w, ip, source);
        return bind_source6(ctx, source);
}

/* -------------------------------------------------------------------- send */

PROGRAM(sendmsg4)
int sendmsg4(struct bpf_sock_addr *ctx)
{
        struct who w = current_jail();
        __u32 ip = ctx->user_ip4, source = ctx->msg_src_ip4;

        if (!w.jail)
                return DENY;
        if (is_elsewhere(ctx, &w))
                return PASS;
        if (w.jail->mode4 == ADDR_ALL)
                return PASS;
        if (w.jail->mode4 == ADDR_NONE || w.jail->n4 == 0)
                return deny(EAFNOSUPPORT);
        ip = destination4(&w, ip);
        ctx->user_ip4 = ip;
        if (source == 0)
                ctx->msg_src_ip4 = source4(&w, ip);
        else if (!has4(&w, source))
                return deny(EADDRNOTAVAIL);
        return PASS;
}

PROGRAM(sendmsg6)
int sendmsg6(struct bpf_sock_addr *ctx)
{
        struct who w = current_jail();
        __u32 ip[4] = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3] };
        __u32 source[4] = { ctx->msg_src_ip6[0], ctx->msg_src_ip6[1], ctx->msg_src_ip6[2], ctx->msg_src_ip6[3] };

        if (!w.jail)
                return DENY;
        if (is_elsewhere(ctx, &w))
                return PASS;
        if (w.jail->mode6 == ADDR_ALL)
                return PASS;
        if (w.jail->mode6 == ADDR_NONE || w.jail->n6 == 0)
                return deny(EAFNOSUPPORT);
        if (is_any6(ip) || is_loopback6(ip)) {
                copy6(ip, w.jail->ip6);
                ctx->user_ip6[0] = ip[0];
                ctx->user_ip6[1] = ip[1];
                ctx->user_ip6[2] = ip[2];
                ctx->user_ip6[3] = ip[3];
        }
        if (!is_any6(source))
                return has6(&w, source) ? PASS : deny(EADDRNOTAVAIL);
        source6(&w, ip, source);
        ctx->msg_src_ip6[0] = source[0];
        ctx->msg_src_ip6[1] = source[1];
        ctx->msg_src_ip6[2] = source[2];
        ctx->msg_src_ip6[3] = source[3];
        return PASS;
}

/* ----------------------------------------------------------------- packets */

/* May the jail have a packet with its own address at this place of the header? */
inline_ int own_packet(const struct __sk_buff *skb, const struct who *w, __u32 at4, __u32 at6, int multicast)
{
        __u32 ip[4];

        if (skb->protocol == net32(ETH_P_IP) >> 16) {
                if (skb_load(skb, at4, &ip[3], 4) < 0)
                        return DENY;
                if (multicast && (net32(ip[3]) >= 0xe0000000))
                        return w->jail->mode4 != ADDR_NONE;
                return has4(w, ip[3]);
        }
        if (skb_load(skb, at6, ip, 16) < 0)
                return DENY;
        if (multicast && (net32(ip[0]) >> 24) == 0xff)
                return w->jail->mode6 != ADDR_NONE;
        return has6(w, ip);
}

inline_ int is_raw(const struct bpf_sock *sk)
{
        return sk->type == SOCK_RAW || sk->protocol == IPPROTO_ICMP || sk->protocol == IPPROTO_V6ICMP;
}

inline_ int is_foreign(struct bpf_sock *sk)
{
        const struct addr_sock *s = storage_of(&map_socks, sk, 0, 0);

        return s && (s->flags & ADDR_SOCK_ELSEWHERE);
}

/* What is bound or connected has been judged: only sockets open to all addresses are left, and raw ones. */
PROGRAM(ingress)
int ingress(struct __sk_buff *skb)
{
        struct bpf_sock *sk = skb->sk;
        struct who w;

        if (!sk || !(sk = full_socket(sk)))
                return PASS;
        if (!is_raw(sk)) {
                if (sk->state != TCP_LISTEN && sk->state != TCP_CLOSE)
                        return PASS;
                if (sk->family == AF_INET ? sk->src_ip4 != 0
                                          : (sk->src_ip6[0] | sk->src_ip6[1] | sk->src_ip6[2] | sk->src_ip6[3]) != 0)
                        return PASS;
        }
        if (is_foreign(sk))
                return PASS;
        w = jail_of_skb(skb);
        return w.jail ? own_packet(skb, &w, 16, 24, sk->protocol != IPPROTO_TCP) : DENY;
}

/* Raw sockets bind to what they like and write headers as they like. */
PROGRAM(egress)
int egress(struct __sk_buff *skb)
{
        struct bpf_sock *sk = skb->sk;
        struct who w;

        if (!sk || !(sk = full_socket(sk)) || !is_raw(sk))
                return PASS;
        if (is_foreign(sk))
                return PASS;
        w = jail_of_skb(skb);
        return w.jail ? own_packet(skb, &w, 12, 8, 0) : DENY;
}
