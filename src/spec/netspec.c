#include "netspec.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

/* The longest piece looked at: what is longer is no name, address or port. */
#define PIECE 128

const char *net_ip_text(const struct net_ip *ip, char buf[NET_IP_TEXT])
{
        return inet_ntop(ip->family, ip->b, buf, NET_IP_TEXT);
}

bool net_ip_is_link_local(const struct net_ip *ip)
{
        return ip->family == AF_INET6 && ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

/* Cuts text in two at the first of c; *tail is NULL without one. False when the head does not fit. */
static bool cut(const char *text, char c, char *head, size_t size, const char **tail)
{
        const char *at = strchr(text, c);
        size_t n = at ? (size_t)(at - text) : strlen(text);

        *tail = at ? at + 1 : NULL;
        if (n >= size)
                return false;
        memcpy(head, text, n);
        head[n] = '\0';
        return true;
}

/* The kernel's rules (dev_valid_name), less what our own forms use and '%', which it takes for a pattern. */
static bool valid_name(const char *s)
{
        if (!*s || strlen(s) >= IFNAMSIZ || str_eq(s, ".") || str_eq(s, ".."))
                return false;
        for (; *s; s++)
                if (isspace((unsigned char)*s) || iscntrl((unsigned char)*s) || strchr("/:@|,%", *s))
                        return false;
        return true;
}

static int take_name(const char *s, char ret[IFNAMSIZ], struct err *e)
{
        if (!valid_name(s))
                return err_set(e, EINVAL, "not an interface name: %s", s);
        memset(ret, 0, IFNAMSIZ);
        memcpy(ret, s, strlen(s));
        return 0;
}

int netspec_interface(const char *value, struct net_iface *ret, struct err *e)
{
        struct net_iface v = {0};
        char outside[PIECE], dev[PIECE];
        const char *name, *bridge;
        int r = 0;

        if (!cut(value, ':', outside, sizeof outside, &name) || !cut(outside, '@', dev, sizeof dev, &bridge))
                return err_set(e, EINVAL, "not an interface name: %s", value);
        if (str_eq(dev, "auto")) {
                v.kind = bridge ? NET_BRIDGED : NET_ROUTED;
                if (bridge)
                        r = take_name(bridge, v.dev, e);
        } else {
                v.kind = NET_MOVED;
                r = take_name(outside, v.dev, e);
        }
        if (r == 0 && name)
                r = take_name(name, v.name, e);
        if (r < 0)
                return r;
        /* The kernel makes one in every network namespace and lets none go. */
        if (str_eq(v.dev, "lo") || str_eq(v.name, "lo"))
                return err_set(e, EINVAL, "lo: every vnet jail has its own");
        *ret = v;
        return 0;
}

static bool taken(const struct net_iface *v, size_t n, const char *name)
{
        for (size_t i = 0; i < n; i++)
                if (str_eq(v[i].name, name))
                        return true;
        return false;
}

static int settle_names(struct net_iface *v, size_t n, struct err *e)
{
        unsigned next = 0;

        for (size_t i = 0; i < n; i++) {
                if (v[i].kind == NET_MOVED && !v[i].name[0])
                        memcpy(v[i].name, v[i].dev, sizeof v[i].name);
                if (v[i].name[0] && taken(v, i, v[i].name))
                        return err_set(e, EEXIST, "%s: named twice", v[i].name);
                for (size_t k = 0; k < i && v[i].kind == NET_MOVED; k++)
                        if (v[k].kind == NET_MOVED && str_eq(v[k].dev, v[i].dev))
                                return err_set(e, EEXIST, "%s: named twice", v[i].dev);
        }
        for (size_t i = 0; i < n; i++) {
                char name[IFNAMSIZ];

                if (v[i].name[0])
                        continue;
                do
                        snprintf(name, sizeof name, "eth%u", next++);
                while (taken(v, n, name));
                memcpy(v[i].name, name, sizeof name);
        }
        return 0;
}

int netspec_interfaces(const struct strv *values, struct net_iface **ret, struct err *e)
{
        struct net_iface *v = calloc(values->n ? values->n : 1, sizeof *v);
        int r = 0;

        if (!v)
                return err_nomem(e);
        for (size_t i = 0; i < values->n && r == 0; i++)
                r = netspec_interface(values->v[i], &v[i], e);
        if (r == 0)
                r = settle_names(v, values->n, e);
        if (r < 0) {
                free(v);
                return r;
        }
        *ret = v;
        return 0;
}

static bool parse_ip(const char *s, int family, struct net_ip *ret)
{
        struct net_ip ip = { .family = family };

        if (inet_pton(family, s, ip.b) != 1)
                return false;
        *ret = ip;
        return true;
}

/* Neither the unspecified address, nor a multicast or the broadcast one. */
static bool is_host(const struct net_ip *ip)
{
        static const uint8_t zero[16];

        if (memcmp(ip->b, zero, sizeof zero) == 0)
                return false;
        return ip->family == AF_INET ? ip->b[0] < 224 && ip->b[0] != 0 : ip->b[0] != 0xff;
}

/* A whole number up to max, digits only. */
static bool parse_number(const char *s, unsigned max, unsigned *ret)
{
        unsigned v = 0;

        if (!*s)
                return false;
        for (; *s; s++) {
                if (!isdigit((unsigned char)*s))
                        return false;
                v = v * 10 + (unsigned)(*s - '0');
                if (v > max)
                        return false;
        }
        *ret = v;
        return true;
}

static bool parse_mask(const char *s, unsigned *ret)
{
        struct in_addr mask;
        uint32_t v;

        if (inet_pton(AF_INET, s, &mask) != 1)
                return false;
        v = ntohl(mask.s_addr);
        *ret = (unsigned)__builtin_popcount(v);
        return (~v & (~v + 1)) == 0;    /* ones, then zeroes */
}

/* Splits off "IFACE|". */
static int take_iface(const char **value, char ret[IFNAMSIZ], struct err *e)
{
        char iface[PIECE];
        const char *rest;
        int r;

        memset(ret, 0, IFNAMSIZ);
        if (!strchr(*value, '|'))
                return 0;
        if (!cut(*value, '|', iface, sizeof iface, &rest))
                return err_set(e, EINVAL, "not an interface name: %s", *value);
        r = take_name(iface, ret, e);
        if (r == 0)
                *value = rest;
        return r;
}

int netspec_addr(const char *value, int family, struct net_addr *ret, struct err *e)
{
        const unsigned bits = family == AF_INET ? 32 : 128;
        struct net_addr v = { .len = bits };
        char addr[PIECE];
        const char *len;
        int r = take_iface(&value, v.iface, e);

        if (r < 0)
                return r;
        if (!cut(value, '/', addr, sizeof addr, &len) || !parse_ip(addr, family, &v.ip) || !is_host(&v.ip))
                return err_set(e, EINVAL, "not an %s address: %.*s", family == AF_INET ? "IPv4" : "IPv6",
                               (int)strcspn(value, "/"), value);
        if (len && !parse_number(len, bits, &v.len) && !(family == AF_INET && parse_mask(len, &v.len)))
                return err_set(e, EINVAL, "not a prefix length: %s", len);
        *ret = v;
        return 0;
}

int netspec_alias(const char *value, int family, struct net_addr *ret, struct err *e)
{
        const char *words = strpbrk(value, " \t");

        if (words && words[strspn(words, " \t")])
                return err_set(e, EOPNOTSUPP, "nothing but an address and its length can be given: %s", value);
        return netspec_addr(value, family, ret, e);
}

int netspec_gateway(const char *value, struct net_gateway *ret, struct err *e)
{
        struct net_gateway v = { .none = str_eq(value, "none") };
        int r = v.none ? 0 : take_iface(&value, v.iface, e);

        if (r < 0)
                return r;
        if (!v.none && ((!parse_ip(value, AF_INET, &v.ip) && !parse_ip(value, AF_INET6, &v.ip)) || !is_host(&v.ip)))
                return err_set(e, EINVAL, "not an IP address: %s", value);
        *ret = v;
        return 0;
}

static const struct {
        const char *name;
        uint8_t number;
} protocols[] = {
        { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "sctp", IPPROTO_SCTP },
};

const char *netspec_protocol(uint8_t protocol)
{
        for (size_t i = 0; i < COUNT(protocols); i++)
                if (protocols[i].number == protocol)
                        return protocols[i].name;
        return "?";
}

static int parse_protocol(const char *s, uint8_t *ret, struct err *e)
{
        for (size_t i = 0; i < COUNT(protocols); i++)
                if (str_eq(s, protocols[i].name)) {
                        *ret = protocols[i].number;
                        return 0;
                }
        return err_set(e, EPROTONOSUPPORT, "unknown protocol: %s", s);
}

/* PORT or PORT-PORT */
static int parse_ports(const char *s, uint16_t *ret_first, unsigned *ret_count, struct err *e)
{
        char first[PIECE];
        const char *last;
        unsigned from, to;

        if (!cut(s, '-', first, sizeof first, &last) || !parse_number(first, 65535, &from) || from == 0)
                return err_set(e, EINVAL, "not a port: %s", s);
        to = from;
        if (last && (!parse_number(last, 65535, &to) || to < from))
                return err_set(e, EINVAL, "not a range of ports: %s", s);
        *ret_first = (uint16_t)from;
        *ret_count = to - from + 1;
        return 0;
}

/* HOSTADDR, brackets around IPv6; 0.0.0.0 and [::] are every address of their family. */
static int parse_host(char *s, struct net_ip *ret, struct err *e)
{
        size_t n = strlen(s);
        bool ok;

        if (s[0] == '[' && s[n - 1] == ']') {
                s[n - 1] = '\0';
                ok = parse_ip(s + 1, AF_INET6, ret);
                s[n - 1] = ']';
        } else {
                ok = parse_ip(s, AF_INET, ret);
        }
        return ok ? 0 : err_set(e, EINVAL, "not an IP address: %s", s);
}

int netspec_publish(const char *value, struct net_publish *ret, struct err *e)
{
        struct net_publish v = { .protocol = IPPROTO_TCP };
        char text[PIECE], *inside, *outside;
        const char *protocol;
        unsigned inside_count;
        int r = 0;

        if (!cut(value, '/', text, sizeof text, &protocol))
                return err_set(e, EINVAL, "not a published port: %s", value);
        if (protocol)
                r = parse_protocol(protocol, &v.protocol, e);
        inside = strrchr(text, ':');
        if (!inside)
                return err_set(e, EINVAL, "neither PORT:JAILPORT nor ADDRESS:PORT:JAILPORT: %s", value);
        *inside++ = '\0';
        outside = strrchr(text, ':');
        if (outside) {
                *outside++ = '\0';
                if (r == 0)
                        r = parse_host(text, &v.host, e);
        } else {
                outside = text;
        }
        if (r == 0)
                r = parse_ports(outside, &v.port, &v.count, e);
        if (r == 0)
                r = parse_ports(inside, &v.jail_port, &inside_count, e);
        if (r < 0)
                return r;
        if (v.count != inside_count)
                return err_set(e, EINVAL, "ranges of different length: %s", value);
        *ret = v;
        return 0;
}

int netspec_check_name(const char *value, struct err *e)
{
        char name[IFNAMSIZ];

        return *value ? take_name(value, name, e) : 0;
}

int netspec_check_alias4(const char *value, struct err *e)
{
        struct net_addr v;

        return netspec_alias(value, AF_INET, &v, e);
}

int netspec_check_alias6(const char *value, struct err *e)
{
        struct net_addr v;

        return netspec_alias(value, AF_INET6, &v, e);
}

int netspec_check_interface(const char *value, struct err *e)
{
        struct net_iface v;

        return netspec_interface(value, &v, e);
}

int netspec_check_addr4(const char *value, struct err *e)
{
        struct net_addr v;

        return netspec_addr(value, AF_INET, &v, e);
}

int netspec_check_addr6(const char *value, struct err *e)
{
        struct net_addr v;

        return netspec_addr(value, AF_INET6, &v, e);
}

int netspec_check_gateway(const char *value, struct err *e)
{
        struct net_gateway v;

        return netspec_gateway(value, &v, e);
}

int netspec_check_publish(const char *value, struct err *e)
{
        struct net_publish v;

        return netspec_publish(value, &v, e);
}
