#include "jail/lookup.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "spec/netspec.h"

/* As FreeBSD words what getaddrinfo(3) returns; NULL: it has no such thing. */
static const char *why(int error)
{
        switch (error) {
        case EAI_ADDRFAMILY: return "Address family for hostname not supported";
        case EAI_AGAIN: return "Name could not be resolved at this time";
        case EAI_BADFLAGS: return "Flags parameter had an invalid value";
        case EAI_FAIL: return "Non-recoverable failure in name resolution";
        case EAI_FAMILY: return "Address family not recognized";
        case EAI_MEMORY: return "Memory allocation failure";
        case EAI_NODATA: return "No address associated with hostname";
        case EAI_NONAME: return "Name does not resolve";
        case EAI_SERVICE: return "Service was not recognized for socket type";
        case EAI_SOCKTYPE: return "Intended socket type was not recognized";
        case EAI_OVERFLOW: return "Argument buffer overflow";
        }
        return NULL;
}

static int failed(const char *name, int error, int code, struct err *e)
{
        const char *text = error == EAI_SYSTEM ? err_text(code) : why(error);

        return err_set(e, error == EAI_MEMORY ? ENOMEM : error == EAI_AGAIN ? EAGAIN : EINVAL, "host.hostname %s: %s", name,
                       text ? text : gai_strerror(error));
}

/* false: an address of a family that jails do not have. */
static bool to_ip(const struct sockaddr *sa, struct net_ip *ret)
{
        const struct sockaddr_in *in = (const void *)sa;
        const struct sockaddr_in6 *in6 = (const void *)sa;

        *ret = (struct net_ip){ .family = sa->sa_family };
        if (sa->sa_family == AF_INET)
                memcpy(ret->b, &in->sin_addr, sizeof in->sin_addr);
        else if (sa->sa_family == AF_INET6)
                memcpy(ret->b, &in6->sin6_addr, sizeof in6->sin6_addr);
        else
                return false;
        return true;
}

static bool has(const struct strv *list, const struct net_ip *ip)
{
        struct net_addr a;

        for (size_t i = 0; i < list->n; i++)
                if (netspec_alias(list->v[i], ip->family, &a, NULL) == 0 && memcmp(&a.ip, ip, sizeof *ip) == 0)
                        return true;
        return false;
}

static int add(struct jail_spec *spec, const struct net_ip *ip, struct err *e)
{
        const struct strv *list = ip->family == AF_INET ? &spec->ip4_addr : &spec->ip6_addr;
        autostrv longer = {0};
        char text[NET_IP_TEXT];

        if (has(list, ip))
                return 0;
        if (strv_extend(&longer, list) < 0 || strv_push(&longer, net_ip_text(ip, text)) < 0)
                return err_nomem(e);
        return spec_set(spec, ip->family == AF_INET ? "ip4.addr" : "ip6.addr", longer.v, longer.n, e);
}

int lookup_hostname(struct jail_spec *spec, struct err *e)
{
        /* An address for each socket type would be each address several times. */
        struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
        struct net_ip ip;
        int error, r = 0;

        if (!spec->ip_hostname || !spec->hostname || !*spec->hostname)
                return 0;
        spec->ip_hostname = false;
        if (access("/proc/sys/net/ipv6", F_OK) < 0)
                hints.ai_family = AF_INET;
        error = getaddrinfo(spec->hostname, NULL, &hints, &found);
        if (error != 0)
                return failed(spec->hostname, error, errno, e);
        for (const struct addrinfo *a = found; a && r == 0; a = a->ai_next)
                if (to_ip(a->ai_addr, &ip))
                        r = add(spec, &ip, e);
        freeaddrinfo(found);
        return r < 0 ? r : spec_validate(spec, e);
}
