/*
 * What a jail shall be: one struct, filled by every front door, const once
 * spec_validate() has passed. Running facts (pids, descriptors, numbers the
 * kernel chose) are struct run's, never here.
 */
#ifndef SPEC_SPEC_H
#define SPEC_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* FreeBSD's jailsys values, jail(8) "vnet", "host", "ip4". */
enum jailsys { JAILSYS_DISABLE, JAILSYS_NEW, JAILSYS_INHERIT };

enum allow {
        ALLOW_SET_HOSTNAME, ALLOW_RESERVED_PORTS, ALLOW_RAW_SOCKETS, ALLOW_SOCKET_AF, ALLOW_SYSVIPC,
        ALLOW_CHFLAGS, ALLOW_QUOTAS, ALLOW_MLOCK, ALLOW_READ_MSGBUF,
        ALLOW_MOUNT, ALLOW_MOUNT_DEVFS, ALLOW_MOUNT_FDESCFS, ALLOW_MOUNT_FUSEFS, ALLOW_MOUNT_NULLFS,
        ALLOW_MOUNT_PROCFS, ALLOW_MOUNT_TMPFS,
        ALLOW_UNPRIVILEGED_PROC_DEBUG, ALLOW_SUSER, ALLOW_EXTATTR, ALLOW_ADJTIME, ALLOW_SETTIME,
        ALLOW_ROUTING, ALLOW_NFSD, ALLOW_VMM,
        ALLOW_N
};

/* FreeBSD's rctl(8) resources that Linux can limit; UINT64_MAX is "no limit". */
enum rctl {
        RCTL_MEMORYUSE, RCTL_SWAPUSE, RCTL_MAXPROC, RCTL_PCPU,
        RCTL_READBPS, RCTL_WRITEBPS, RCTL_READIOPS, RCTL_WRITEIOPS,
        /* per process, as rlimits */
        RCTL_CPUTIME, RCTL_DATASIZE, RCTL_STACKSIZE, RCTL_COREDUMPSIZE, RCTL_MEMORYLOCKED,
        RCTL_OPENFILES, RCTL_VMEMORYUSE, RCTL_MSGQSIZE,
        RCTL_N
};
#define RCTL_NONE UINT64_MAX

/* stop.timeout of a jail for which nobody says one, in seconds */
#define STOP_TIMEOUT 10

/* The commands of exec.*, each a list of lines for the shell or execvp. */
enum hook {
        HOOK_PREPARE, HOOK_PRESTART, HOOK_CREATED, HOOK_START, HOOK_COMMAND, HOOK_POSTSTART,
        HOOK_PRESTOP, HOOK_STOP, HOOK_POSTSTOP, HOOK_RELEASE,
        HOOK_N
};

struct jail_spec {
        int jid;                        /* 0: the next free one */
        char *name, *level;
        char *path;
        struct strv root_base;          /* lower trees, topmost first */
        char *root_layer;               /* directory of the private layer */
        bool root_discard;              /* the layer lives in memory and dies with the jail */
        uint64_t root_size;             /* bytes a discarded layer may hold */
        bool persist;
        int user;                       /* enum jailsys: new = a uid range of its own */
        int host;
        char *hostname, *domainname, *hostuuid;
        uint64_t hostid;
        int vnet, ip4, ip6;
        struct strv vnet_interface, vnet_ip4, vnet_ip6, vnet_gateway, publish;
        bool vnet_nat;
        int children_max;
        int enforce_statfs, devfs_ruleset, securelevel;
        bool allow[ALLOW_N];
        uint64_t rctl[RCTL_N];
        struct strv hook[HOOK_N];
        bool exec_clean, exec_system_jail_user;
        char *exec_jail_user, *exec_system_user, *exec_consolelog;
        int exec_timeout, stop_timeout; /* seconds; 0: none */
        struct strv mount, mount_fstab, depend;
        bool mount_devfs, mount_fdescfs, mount_procfs;

        uint64_t given[4];              /* one bit per row of the table: named by the user */
};

enum param_type {
        P_BOOL,         /* bool */
        P_INT,          /* int */
        P_ULONG,        /* uint64_t */
        P_SIZE,         /* uint64_t with a K/M/G suffix; RCTL_NONE is unset */
        P_STRING,       /* char * */
        P_PATH,         /* char *, absolute */
        P_JAILSYS,      /* int, enum jailsys */
        P_LIST,         /* struct strv, one string per value */
        P_COMMA,        /* struct strv; on a command line also split at commas */
};

enum {
        P_CREATE = 1 << 0,      /* may be given at creation */
        P_MODIFY = 1 << 1,      /* may be changed on a running jail */
        P_RDONLY = 1 << 2,      /* only jls shows it */
        P_LINUX = 1 << 4,       /* a word FreeBSD does not know: jail.conf(5) may have a $variable of that name */
        P_PSEUDO = 1 << 3,      /* jail(8)'s own: not a property of the running jail, jls does not show it */
};

struct param {
        const char *name;
        enum param_type type;
        unsigned flags;
        size_t at;              /* offset in struct jail_spec */
        int64_t min, max;       /* P_INT: bounds, both 0: any */
        /* Extra check of one value; says what is wrong without naming the parameter. May be NULL. */
        int (*check)(const char *value, struct err *e);
};

/* The one table, in the order of the man page; *ret_n rows. */
const struct param *param_table(size_t *ret_n);

/*
 * Finds a row by name. "noX" and "a.b.noX" find boolean rows too, then *ret_no is true.
 * Returns NULL for an unknown name. ret_no may be NULL.
 */
const struct param *param_find(const char *name, bool *ret_no);

void spec_init(struct jail_spec *s);            /* everything at its default */
void spec_finish(struct jail_spec *s);
int spec_copy(struct jail_spec *dst, const struct jail_spec *src);

/*
 * Assigns values[0..n) to a parameter by name; n == 0 is a bare name (true, "new" or empty).
 * A scalar given several values takes the last (jail.conf(5)). Errors say
 * "NAME: ..." or "unknown parameter: NAME", jail.md section 1.6. Returns 0 or -errno.
 */
int spec_set(struct jail_spec *s, const char *name, char *const *values, size_t n, struct err *e);

/* Was the parameter named by the user? */
bool spec_given(const struct jail_spec *s, const struct param *p);

/* Checks what needs more than one parameter, makes paths and names final. Returns 0 or -errno. */
int spec_validate(struct jail_spec *s, struct err *e);

/* The values of a row as text, one element per value (booleans "true"/"false", jailsys words). 0 or -ENOMEM. */
int spec_get(const struct jail_spec *s, const struct param *p, struct strv *ret);

/* Is the value the default of a fresh struct? */
bool spec_is_default(const struct jail_spec *s, const struct param *p);

/* A valid jail name? Errors as jail_set(2) words them. */
int spec_check_name(const char *name, struct err *e);

#endif
