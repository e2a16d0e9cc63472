#include "rights.h"

#include <linux/capability.h>

#define BIT(cap) (UINT64_C(1) << (cap))

/* What root has in every jail: podman's default set. The kernel confines each of them to the jail's user namespace. */
static const uint64_t always = BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_KILL) |
                               BIT(CAP_SETFCAP) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP) | BIT(CAP_SETUID) |
                               BIT(CAP_SYS_CHROOT);

/* A flag that adds the same whatever else is set. */
static const struct grant {
        enum allow allow;
        uint64_t caps;
        unsigned classes;
} grants[] = {
        { ALLOW_RESERVED_PORTS, BIT(CAP_NET_BIND_SERVICE), 0 },
        { ALLOW_RAW_SOCKETS, BIT(CAP_NET_RAW), RIGHT_PACKET },
        { ALLOW_ROUTING, BIT(CAP_NET_ADMIN), 0 },
        { ALLOW_SOCKET_AF, 0, RIGHT_SOCKET_AF | RIGHT_SOCKETCALL },
        { ALLOW_CHFLAGS, BIT(CAP_LINUX_IMMUTABLE), 0 },
        { ALLOW_MLOCK, BIT(CAP_IPC_LOCK), 0 },
        { ALLOW_READ_MSGBUF, BIT(CAP_SYSLOG), RIGHT_MSGBUF },
        { ALLOW_ADJTIME, BIT(CAP_SYS_TIME), 0 },
        { ALLOW_SETTIME, BIT(CAP_SYS_TIME), RIGHT_TIME },
        { ALLOW_QUOTAS, 0, RIGHT_QUOTA },
        { ALLOW_SETAUDIT, BIT(CAP_AUDIT_CONTROL), 0 },
};

/* jail(8): allow.mount is worth nothing without one of allow.mount.*, nor while enforce_statfs hides all mounts. */
static bool may_mount(const struct jail_spec *s)
{
        bool some = false;

        for (int i = ALLOW_MOUNT_DEVFS; i <= ALLOW_MOUNT_ZFS; i++)
                some |= s->allow[i];
        return some && s->allow[ALLOW_MOUNT] && s->enforce_statfs < 2;
}

/* What is closed to everybody in the jail, jail(8) "sysvmsg". */
static unsigned sysv(const struct jail_spec *s)
{
        unsigned r = (s->sysvmsg ? RIGHT_SYSVMSG : 0) | (s->sysvsem ? RIGHT_SYSVSEM : 0) | (s->sysvshm ? RIGHT_SYSVSHM : 0);

        return r == (RIGHT_SYSVMSG | RIGHT_SYSVSEM | RIGHT_SYSVSHM) ? r | RIGHT_SYSV_ALL : r;
}

/* What a secure level takes, whatever else gives it: flags of files, then the clock, then the network. */
static void secure(const struct jail_spec *s, struct rights *r)
{
        if (s->securelevel >= 1)
                r->caps &= ~BIT(CAP_LINUX_IMMUTABLE);
        if (s->securelevel >= 2) {
                r->caps &= ~BIT(CAP_SYS_TIME);
                r->classes &= ~(unsigned)RIGHT_TIME;
        }
        if (s->securelevel >= 3)
                r->caps &= ~BIT(CAP_NET_ADMIN);
}

/* Below another jail, which has a dot in the name, "inherit" means that one's ids. Should they be the host's, no matter. */
static bool has_host_ids(const struct jail_spec *s)
{
        return s->user != JAILSYS_NEW && !(s->name && strchr(s->name, '.'));
}

void rights_of(const struct jail_spec *s, struct rights *ret)
{
        struct rights r = { .caps = always, .classes = sysv(s) };

        if (s->allow[ALLOW_UNPRIVILEGED_PROC_DEBUG])
                r.classes |= RIGHT_DEBUG;
        if (!s->allow[ALLOW_SUSER]) {
                /* Doors that only root could pass stay shut: a user namespace would make anybody root of its inside. */
                if (s->allow[ALLOW_SOCKET_AF])
                        r.classes |= RIGHT_SOCKET_AF | RIGHT_SOCKETCALL;
                r.caps = 0;
                r.no_new_privs = true;
                *ret = r;
                return;
        }
        for (size_t i = 0; i < COUNT(grants); i++)
                if (s->allow[grants[i].allow]) {
                        r.caps |= grants[i].caps;
                        r.classes |= grants[i].classes;
                }
        /* With a stack of its own root does everything about it, jail(8) "vnet"; it can reach no other one. */
        if (s->vnet == JAILSYS_NEW) {
                r.caps |= BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW);
                r.classes |= RIGHT_PACKET;
        }
        if (may_mount(s)) {
                r.caps |= BIT(CAP_SYS_ADMIN);
                r.classes |= RIGHT_MOUNT;
        }
        /*
         * A jail in a jail is made of namespaces, and their owner needs no further capability over them. The hostname
         * of an inner jail is set from inside its namespace, so that door comes along. gaol keeps its own processes from
         * being looked into, also by itself: to open their namespaces takes CAP_SYS_PTRACE.
         */
        if (s->children_max > 0) {
                r.caps |= BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_PTRACE) | BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW);
                r.classes |= RIGHT_NS | RIGHT_MOUNT | RIGHT_HOSTNAME | RIGHT_DEBUG;
        }
        /*
         * For quotas and trusted.* attributes the kernel asks for the capability in the first user namespace: to a jail
         * with ids of its own CAP_SYS_ADMIN would give neither, only everything else.
         */
        /* Packet sockets see and send what is the host's and other jails', and so does who administers their stack. */
        if (spec_is_confined(s)) {
                r.classes &= ~(unsigned)RIGHT_PACKET;
                if (!s->allow[ALLOW_ROUTING] && has_host_ids(s))
                        r.caps &= ~BIT(CAP_NET_ADMIN);
                if (!s->allow[ALLOW_RAW_SOCKETS] && has_host_ids(s))
                        r.caps &= ~BIT(CAP_NET_RAW);
        }
        if (has_host_ids(s) && (s->allow[ALLOW_QUOTAS] || s->allow[ALLOW_EXTATTR]))
                r.caps |= BIT(CAP_SYS_ADMIN);
        if (s->allow[ALLOW_SET_HOSTNAME] && s->host == JAILSYS_NEW && (r.caps & BIT(CAP_SYS_ADMIN)))
                r.classes |= RIGHT_HOSTNAME;
        secure(s, &r);
        *ret = r;
}

const struct param *rights_lacking(const struct jail_spec *s, size_t i, const char **ret_why)
{
        size_t n;
        const struct param *t = param_table(&n);

        for (size_t k = 0; k < n; k++) {
                const char *why = NULL;

                /* the right is over who owns the stack, which a jail with ids of its own does not */
                if (str_eq(t[k].name, "allow.raw_sockets") && s->allow[ALLOW_RAW_SOCKETS] && !has_host_ids(s) &&
                    spec_shares_stack(s) && i-- == 0) {
                        *ret_why = "on the host's stack only with user=inherit; the jail goes without";
                        return &t[k];
                }
                if (!(t[k].flags & P_HOSTIDS) && !t[k].lack)
                        continue;
                if (spec_is_default(s, &t[k]))
                        continue;
                /* the kernel grants it to nobody in a user namespace (user_namespaces(7)) */
                if (t[k].flags & P_HOSTIDS)
                        why = has_host_ids(s) ? NULL : "only with user=inherit; the jail goes without";
                else if (!(t[k].flags & P_IN_DEV) || !s->mount_devfs)
                        why = t[k].lack;
                if (why && i-- == 0) {
                        *ret_why = why;
                        return &t[k];
                }
        }
        return NULL;
}
