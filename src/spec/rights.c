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
};

/* jail(8): allow.mount is worth nothing without one of allow.mount.*, nor while enforce_statfs hides all mounts. */
static bool may_mount(const struct jail_spec *s)
{
        return s->allow[ALLOW_MOUNT] && s->enforce_statfs < 2 &&
               (s->allow[ALLOW_MOUNT_DEVFS] || s->allow[ALLOW_MOUNT_FDESCFS] || s->allow[ALLOW_MOUNT_FUSEFS] ||
                s->allow[ALLOW_MOUNT_NULLFS] || s->allow[ALLOW_MOUNT_PROCFS] || s->allow[ALLOW_MOUNT_TMPFS]);
}

/* Below another jail, which has a dot in the name, "inherit" means that one's ids. Should they be the host's, no matter. */
static bool has_host_ids(const struct jail_spec *s)
{
        return s->user != JAILSYS_NEW && !(s->name && strchr(s->name, '.'));
}

void rights_of(const struct jail_spec *s, struct rights *ret)
{
        struct rights r = { .caps = always };

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
        if (has_host_ids(s) && (s->allow[ALLOW_QUOTAS] || s->allow[ALLOW_EXTATTR]))
                r.caps |= BIT(CAP_SYS_ADMIN);
        if (s->allow[ALLOW_SET_HOSTNAME] && s->host == JAILSYS_NEW && (r.caps & BIT(CAP_SYS_ADMIN)))
                r.classes |= RIGHT_HOSTNAME;
        *ret = r;
}

/* Rights over the machine, which the kernel grants to nobody in a user namespace (user_namespaces(7)). */
static const struct {
        enum allow allow;
        const char *name;
} host_rights[] = {
        { ALLOW_CHFLAGS, "allow.chflags" }, { ALLOW_QUOTAS, "allow.quotas" }, { ALLOW_MLOCK, "allow.mlock" },
        { ALLOW_READ_MSGBUF, "allow.read_msgbuf" }, { ALLOW_EXTATTR, "allow.extattr" },
        { ALLOW_ADJTIME, "allow.adjtime" }, { ALLOW_SETTIME, "allow.settime" },
};

const char *rights_refused(const struct jail_spec *s, size_t i, const char **ret_why)
{
        const struct {
                bool set;
                const char *name, *why;
        } others[] = {
                { s->securelevel > 0, "securelevel", "Linux has none; the jail goes without" },
                { s->allow[ALLOW_NFSD], "allow.nfsd", "the kernel's NFS server cannot be run in a jail; the jail goes without" },
                { s->allow[ALLOW_VMM], "allow.vmm", "the device is in no ruleset; the jail goes without" },
        };

        for (size_t k = 0; k < sizeof host_rights / sizeof *host_rights; k++)
                if (!has_host_ids(s) && s->allow[host_rights[k].allow] && i-- == 0) {
                        *ret_why = "only with user=inherit; the jail goes without";
                        return host_rights[k].name;
                }
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
                if (others[k].set && i-- == 0) {
                        *ret_why = others[k].why;
                        return others[k].name;
                }
        return NULL;
}
