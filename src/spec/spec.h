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

/* More than the table has rows, for who keeps something for each. */
#define PARAM_MAX 256

/* FreeBSD's jailsys values, jail(8) "vnet", "host", "ip4". */
enum jailsys { JAILSYS_DISABLE, JAILSYS_NEW, JAILSYS_INHERIT };

enum allow {
        ALLOW_SET_HOSTNAME, ALLOW_RESERVED_PORTS, ALLOW_RAW_SOCKETS, ALLOW_SOCKET_AF, ALLOW_SYSVIPC,
        ALLOW_CHFLAGS, ALLOW_QUOTAS, ALLOW_MLOCK, ALLOW_READ_MSGBUF,
        ALLOW_MOUNT, ALLOW_MOUNT_DEVFS, ALLOW_MOUNT_FDESCFS, ALLOW_MOUNT_FUSEFS, ALLOW_MOUNT_NULLFS,
        ALLOW_MOUNT_PROCFS, ALLOW_MOUNT_LINPROCFS, ALLOW_MOUNT_LINSYSFS, ALLOW_MOUNT_TMPFS, ALLOW_MOUNT_ZFS,
        ALLOW_UNPRIVILEGED_PROC_DEBUG, ALLOW_UNPRIVILEGED_PARENT_TAMPERING, ALLOW_SUSER, ALLOW_EXTATTR,
        ALLOW_ADJTIME, ALLOW_SETTIME, ALLOW_ROUTING, ALLOW_SETAUDIT, ALLOW_NFSD, ALLOW_VMM, ALLOW_VMM_PPT,
        ALLOW_DYING,
        ALLOW_N
};

/* FreeBSD's rctl(8) resources that Linux can limit; UINT64_MAX is "no limit". */
enum rctl {
        RCTL_MEMORYUSE, RCTL_SWAPUSE, RCTL_MAXPROC, RCTL_PCPU,
        RCTL_READBPS, RCTL_WRITEBPS, RCTL_READIOPS, RCTL_WRITEIOPS,
        /* per process, as rlimits */
        RCTL_CPUTIME, RCTL_DATASIZE, RCTL_STACKSIZE, RCTL_COREDUMPSIZE, RCTL_MEMORYLOCKED,
        RCTL_OPENFILES, RCTL_VMEMORYUSE, RCTL_MSGQSIZE,
        /* of the jail's System V objects and terminals */
        RCTL_NMSGQ, RCTL_NSEM, RCTL_NSEMOP, RCTL_NSHM, RCTL_SHMSIZE, RCTL_PSEUDOTERMINALS,
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

/* Lines KEY=VALUE, changed one by one or as a whole. {0} is empty. */
struct keyed {
        char *text;             /* NULL: empty */
        struct strv edits;      /* "KEY=VALUE" or "KEY" (removed), in the order they were asked for */
        bool whole;             /* the text was given as a whole: it is not for adding to another */
};
#define KEYED_MAX 4095

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
        struct strv ip4_addr, ip6_addr; /* on the host's stack, as netspec_alias() reads them; the first one first */
        bool ip4_saddrsel, ip6_saddrsel;
        char *interface;                /* for those that name none */
        bool ip_hostname;               /* those that hostname resolves to are to be added */
        int children_max;
        int enforce_statfs, devfs_ruleset, securelevel;
        char *cpuset_cpus;              /* "0-3,6"; NULL: any */
        char *osrelease;                /* NULL: the kernel's */
        int osreldate;
        struct keyed meta, env;
        int linux_abi;                  /* enum jailsys, of the parameter "linux" */
        char *linux_osname, *linux_osrelease;
        int linux_oss_version;
        int sysvmsg, sysvsem, sysvshm;
        int zfs_mount_snapshot, exec_fib;
        struct strv zfs_dataset;
        bool allow[ALLOW_N];
        uint64_t rctl[RCTL_N];
        struct strv hook[HOOK_N];
        bool exec_clean, exec_system_jail_user;
        char *exec_jail_user, *exec_system_user, *exec_consolelog;
        int exec_timeout, stop_timeout; /* seconds; 0: none */
        struct strv mount, mount_fstab, depend;
        bool mount_devfs, mount_fdescfs, mount_procfs;

        uint64_t given[PARAM_MAX / 64];              /* one bit per row of the table: named by the user */
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
        P_KEYED,        /* struct keyed; NAME.KEY is one line of it */
        P_NONE,         /* nothing is kept: see refuse */
};

enum {
        P_CREATE = 1 << 0,      /* may be given at creation */
        P_MODIFY = 1 << 1,      /* may be changed on a running jail */
        P_RDONLY = 1 << 2,      /* only jls shows it */
        P_LINUX = 1 << 4,       /* a word FreeBSD does not know: jail.conf(5) may have a $variable of that name */
        P_HOSTIDS = 1 << 5,     /* a right over the machine: only with user=inherit, said otherwise */
        P_IN_DEV = 1 << 6,      /* comes about in /dev: lack is said where mount.devfs is off */
        P_PSEUDO = 1 << 3,      /* jail(8)'s own: not a property of the running jail, jls does not show it */
};

/* What the jail above has to say about a value (jail(8), HIERARCHY). */
enum param_down {
        DOWN_NOTHING,   /* each jail has its own */
        DOWN_ONLY,      /* boolean: on only where it is on above; switched off above it goes off below */
        DOWN_LEAST,     /* integer: at least that of the jail above; raised above it is raised below */
        DOWN_LESS,      /* integer: lower than that of the jail above */
        DOWN_KEPT,      /* what is made inside a jail has that jail's value */
        DOWN_COPY,      /* where nothing is said, the value of the jail above at creation */
};

struct param {
        const char *name;
        enum param_type type;
        unsigned flags;
        size_t at;              /* offset in struct jail_spec */
        int64_t min, max;       /* P_INT: bounds, both 0: any */
        enum param_down down;
        const char *refuse;     /* P_NONE: why Linux cannot have it */
        const char *lack;       /* accepted, but this of it cannot be had: said when the value is not the default */
        const char *needs;      /* ... and only where this file is missing */
        /* Extra check of one value; says what is wrong without naming the parameter. May be NULL. */
        int (*check)(const char *value, struct err *e);
};

/* The one table, in the order of the man page; *ret_n rows. */
const struct param *param_table(size_t *ret_n);

/*
 * Finds a row by name. "noX" and "a.b.noX" find boolean rows too, then *ret_no is true; "meta.KEY" finds "meta".
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

/* The value of KEY for "meta.KEY" or "env.KEY", to be freed; *ret is NULL when there is none. 0 or -ENOMEM. */
int spec_get_key(const struct jail_spec *s, const char *name, char **ret);

/* Carries what params says of a P_KEYED row out on s: lines, or the whole. Returns 0 or -errno. */
int spec_merge_keyed(struct jail_spec *s, const struct jail_spec *params, const struct param *p, struct err *e);

/* What uname(2) says in the jail; NULL: as the kernel says. */
const char *spec_uname_release(const struct jail_spec *s);
const char *spec_uname_sysname(const struct jail_spec *s);

/* Has the jail System V objects of its own, and so a namespace for them? */
bool spec_own_ipc(const struct jail_spec *s);
/* Is the jail on the network stack of who makes it? Otherwise it has one of its own, if only an empty one. */
bool spec_shares_stack(const struct jail_spec *s);
/* ... and must it be kept from something there? (Or be allowed to have ports below 1024, by the same means.) */
bool spec_is_confined(const struct jail_spec *s);

/* Was the parameter named by the user? */
bool spec_given(const struct jail_spec *s, const struct param *p);

/* Checks what needs more than one parameter, makes paths and names final. Returns 0 or -errno. */
int spec_validate(struct jail_spec *s, struct err *e);

/*
 * What follows from the rest for a jail that is about to be made, as if the user had said so: it is to be in the record.
 * After spec_validate().
 */
void spec_settle(struct jail_spec *s);

/* The values of a row as text, one element per value (booleans "true"/"false", jailsys words). 0 or -ENOMEM. */
int spec_get(const struct jail_spec *s, const struct param *p, struct strv *ret);

/*
 * The same for who asks what the jail is: an address alone, as the kernel of FreeBSD would know it, and not what it is
 * an alias on.
 */
int spec_show(const struct jail_spec *s, const struct param *p, struct strv *ret);

/* Is the value the default of a fresh struct? */
bool spec_is_default(const struct jail_spec *s, const struct param *p);

/* A valid jail name? Errors as jail_set(2) words them. */
int spec_check_name(const char *name, struct err *e);

#endif
