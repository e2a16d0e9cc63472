/*
 * The one table of parameters, in the order of jail(8). From a row come parsing
 * in every format, the "no" prefix, "cannot be changed after creation", the
 * columns of jls and the test that the man page has the entry.
 */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "base/num.h"
#include "spec/netspec.h"
#include "spec/spec.h"

#define AT(field) offsetof(struct jail_spec, field)
#define ALLOW(id) (AT(allow) + sizeof(bool) * (id))
#define RCTL(id) (AT(rctl) + sizeof(uint64_t) * (id))
#define HOOK(id) (AT(hook) + sizeof(struct strv) * (id))
#define ANY (P_CREATE | P_MODIFY)
#define PSEUDO (P_CREATE | P_MODIFY | P_PSEUDO)

static int check_level(const char *value, struct err *e)
{
        if (str_eq(value, "os"))
                return 0;
        return err_set(e, EINVAL, "no such level: %s", value);
}

static int check_hostname(const char *value, struct err *e)
{
        return strlen(value) > 64 ? err_code(e, ENAMETOOLONG, "%s", value) : 0;
}

static int check_uuid(const char *value, struct err *e)
{
        return strlen(value) >= 64 ? err_code(e, ENAMETOOLONG, "%s", value) : 0;
}

/* What uname(2) says: FreeBSD has room for 31 characters, and /proc/version is one line. */
static int check_release(const char *value, struct err *e)
{
        if (strlen(value) > 31)
                return err_code(e, ENAMETOOLONG, "%s", value);
        for (const char *c = value; *c; c++)
                if (*c <= ' ' || *c > '~')
                        return err_set(e, EINVAL, "not a release: %s", value);
        return 0;
}

static int check_osreldate(const char *value, struct err *e)
{
        int64_t v;

        return num_i64(value, &v) == 0 && v < 1 ? err_set(e, EINVAL, "%s: not a date of release", value) : 0;
}

static int check_cpus(const char *value, struct err *e)
{
        return strspn(value, "0123456789,-") != strlen(value) ? err_set(e, EINVAL, "not a list of CPUs: %s", value) : 0;
}

/* The two of FreeBSD that are made for jails: devfsrules_jail, and devfsrules_jail_vnet, which here adds the tunnel device. */
static int check_ruleset(const char *value, struct err *e)
{
        int64_t v;

        if (num_i64(value, &v) == 0 && v != 0 && v != 4 && v != 5)
                return err_set(e, EINVAL, "%s: no such ruleset", value);
        return 0;
}

/* A quota of nothing is none, and the kernel has no room for more than ten million CPUs. */
static int check_pcpu(const char *value, struct err *e)
{
        uint64_t v;

        if (num_size(value, &v) == 0 && (v < 1 || v > 1000000000))
                return err_set(e, ERANGE, "%s: out of range (1 to 1000000000)", value);
        return 0;
}

static int check_fib(const char *value, struct err *e)
{
        int64_t v;

        if (num_i64(value, &v) < 0 || v == 0)
                return 0;
        return err_set(e, ENOTSUP, "%s: Linux has no routing table of a process; a vnet jail has its own", value);
}

static int check_dataset(const char *value, struct err *e)
{
        if (value[0] == '/' || value[0] == '-' || strpbrk(value, " \t\n"))
                return err_set(e, EINVAL, "not a dataset: %s", value);
        return 0;
}

static const struct param table[] = {
        { .name = "jid",                .type = P_INT,     .at = AT(jid),          .flags = P_CREATE, .max = 999999 },
        { .name = "name",               .type = P_STRING,  .at = AT(name),         .flags = P_CREATE,
          .check = spec_check_name },
        { .name = "path",               .type = P_PATH,    .at = AT(path),         .flags = P_CREATE },
        { .name = "level",              .type = P_STRING,  .at = AT(level),        .flags = P_CREATE | P_LINUX,
          .check = check_level },
        { .name = "persist",            .type = P_BOOL,    .at = AT(persist),      .flags = ANY },
        { .name = "parent",             .type = P_INT,     .flags = P_RDONLY },
        { .name = "dying",              .type = P_BOOL,    .flags = P_RDONLY },
        { .name = "children.max",       .type = P_INT,     .at = AT(children_max), .flags = P_CREATE, .max = 4096,
          .down = DOWN_LESS },
        { .name = "children.cur",       .type = P_INT,     .flags = P_RDONLY },
        { .name = "enforce_statfs",     .type = P_INT,     .at = AT(enforce_statfs), .flags = ANY, .max = 2,
          .down = DOWN_LEAST },
        { .name = "devfs_ruleset",      .type = P_INT,     .at = AT(devfs_ruleset), .flags = P_CREATE, .max = 65535,
          .down = DOWN_KEPT, .check = check_ruleset },
        { .name = "securelevel",        .type = P_INT,     .at = AT(securelevel),  .flags = ANY, .min = -1, .max = 3,
          .down = DOWN_LEAST },
        { .name = "cpuset.id",          .type = P_INT,     .flags = P_RDONLY },
        { .name = "cpuset.cpus",        .type = P_STRING,  .at = AT(cpuset_cpus),  .flags = ANY | P_LINUX,
          .check = check_cpus },
        { .name = "osrelease",          .type = P_STRING,  .at = AT(osrelease),    .flags = P_CREATE, .down = DOWN_COPY,
          .check = check_release },
        { .name = "osreldate",          .type = P_INT,     .at = AT(osreldate),    .flags = P_CREATE, .max = INT_MAX,
          .down = DOWN_COPY, .check = check_osreldate, .lack = "Linux has no call that tells it; it is kept and shown" },
        { .name = "meta",               .type = P_KEYED,   .at = AT(meta),         .flags = ANY },
        { .name = "env",                .type = P_KEYED,   .at = AT(env),          .flags = ANY | P_IN_DEV,
          .lack = "only with mount.devfs can the jail read it" },
        { .name = "mac.label",          .type = P_NONE,    .flags = ANY,
          .refuse = "labels of security modules are the host's to set" },

        { .name = "root.base",          .type = P_LIST,    .at = AT(root_base),    .flags = P_CREATE },
        { .name = "root.layer",         .type = P_PATH,    .at = AT(root_layer),   .flags = P_CREATE },
        { .name = "root.discard",       .type = P_BOOL,    .at = AT(root_discard), .flags = P_CREATE },
        { .name = "root.size",          .type = P_SIZE,    .at = AT(root_size),    .flags = P_CREATE },
        { .name = "user",               .type = P_JAILSYS, .at = AT(user),         .flags = P_CREATE | P_LINUX },

        { .name = "host",               .type = P_JAILSYS, .at = AT(host),         .flags = P_CREATE },
        { .name = "host.hostname",      .type = P_STRING,  .at = AT(hostname),     .flags = ANY, .check = check_hostname },
        { .name = "host.domainname",    .type = P_STRING,  .at = AT(domainname),   .flags = ANY, .check = check_hostname },
        { .name = "host.hostuuid",      .type = P_STRING,  .at = AT(hostuuid),     .flags = ANY, .check = check_uuid,
          .lack = "Linux has no call that tells it; it is kept and shown" },
        { .name = "host.hostid",        .type = P_ULONG,   .at = AT(hostid),       .flags = ANY,
          .lack = "Linux has no call that tells it; it is kept and shown" },
        { .name = "linux",              .type = P_JAILSYS, .at = AT(linux_abi),    .flags = P_CREATE },
        { .name = "linux.osname",       .type = P_STRING,  .at = AT(linux_osname), .flags = P_CREATE, .down = DOWN_COPY,
          .check = check_release },
        { .name = "linux.osrelease",    .type = P_STRING,  .at = AT(linux_osrelease), .flags = P_CREATE,
          .down = DOWN_COPY, .check = check_release },
        { .name = "linux.oss_version",  .type = P_INT,     .at = AT(linux_oss_version), .flags = P_CREATE,
          .max = INT_MAX, .lack = "the kernel has no Open Sound System; it is kept and shown" },
        { .name = "sysvmsg",            .type = P_JAILSYS, .at = AT(sysvmsg),      .flags = P_CREATE },
        { .name = "sysvsem",            .type = P_JAILSYS, .at = AT(sysvsem),      .flags = P_CREATE },
        { .name = "sysvshm",            .type = P_JAILSYS, .at = AT(sysvshm),      .flags = P_CREATE },

        { .name = "vnet",               .type = P_JAILSYS, .at = AT(vnet),         .flags = P_CREATE },
        { .name = "vnet.interface",     .type = P_COMMA,   .at = AT(vnet_interface), .flags = P_CREATE,
          .check = netspec_check_interface },
        { .name = "vnet.ip4.addr",      .type = P_COMMA,   .at = AT(vnet_ip4),     .flags = P_CREATE,
          .check = netspec_check_addr4 },
        { .name = "vnet.ip6.addr",      .type = P_COMMA,   .at = AT(vnet_ip6),     .flags = P_CREATE,
          .check = netspec_check_addr6 },
        { .name = "vnet.gateway",       .type = P_COMMA,   .at = AT(vnet_gateway), .flags = P_CREATE,
          .check = netspec_check_gateway },
        { .name = "vnet.nat",           .type = P_BOOL,    .at = AT(vnet_nat),     .flags = P_CREATE },
        { .name = "publish",            .type = P_COMMA,   .at = AT(publish),      .flags = P_CREATE | P_LINUX,
          .check = netspec_check_publish },
        { .name = "ip4",                .type = P_JAILSYS, .at = AT(ip4),          .flags = P_CREATE },
        { .name = "ip6",                .type = P_JAILSYS, .at = AT(ip6),          .flags = P_CREATE },
        { .name = "ip4.addr",           .type = P_COMMA,   .at = AT(ip4_addr),     .flags = ANY,
          .check = netspec_check_alias4 },
        { .name = "ip6.addr",           .type = P_COMMA,   .at = AT(ip6_addr),     .flags = ANY,
          .check = netspec_check_alias6 },
        { .name = "ip4.saddrsel",       .type = P_BOOL,    .at = AT(ip4_saddrsel), .flags = ANY },
        { .name = "ip6.saddrsel",       .type = P_BOOL,    .at = AT(ip6_saddrsel), .flags = ANY },
        { .name = "interface",          .type = P_STRING,  .at = AT(interface),    .flags = PSEUDO,
          .check = netspec_check_name },
        { .name = "ip_hostname",        .type = P_BOOL,    .at = AT(ip_hostname),  .flags = PSEUDO },

        { .name = "allow.set_hostname", .type = P_BOOL, .at = ALLOW(ALLOW_SET_HOSTNAME), .flags = ANY,
          .down = DOWN_ONLY },
        { .name = "allow.reserved_ports", .type = P_BOOL, .at = ALLOW(ALLOW_RESERVED_PORTS), .flags = ANY,
          .down = DOWN_ONLY },
        { .name = "allow.raw_sockets", .type = P_BOOL, .at = ALLOW(ALLOW_RAW_SOCKETS), .flags = ANY,
          .down = DOWN_ONLY },
        { .name = "allow.socket_af", .type = P_BOOL, .at = ALLOW(ALLOW_SOCKET_AF), .flags = ANY, .down = DOWN_ONLY },
        { .name = "allow.sysvipc", .type = P_BOOL, .at = ALLOW(ALLOW_SYSVIPC), .flags = P_CREATE, .down = DOWN_ONLY },
        { .name = "allow.chflags", .type = P_BOOL, .at = ALLOW(ALLOW_CHFLAGS), .flags = ANY | P_HOSTIDS,
          .down = DOWN_ONLY },
        { .name = "allow.quotas", .type = P_BOOL, .at = ALLOW(ALLOW_QUOTAS), .flags = ANY | P_HOSTIDS,
          .down = DOWN_ONLY },
        { .name = "allow.mlock", .type = P_BOOL, .at = ALLOW(ALLOW_MLOCK), .flags = ANY | P_HOSTIDS,
          .down = DOWN_ONLY },
        { .name = "allow.read_msgbuf", .type = P_BOOL, .at = ALLOW(ALLOW_READ_MSGBUF), .flags = ANY | P_HOSTIDS,
          .down = DOWN_ONLY },
        { .name = "allow.mount", .type = P_BOOL, .at = ALLOW(ALLOW_MOUNT), .flags = ANY, .down = DOWN_ONLY },
        { .name = "allow.mount.devfs", .type = P_BOOL, .at = ALLOW(ALLOW_MOUNT_DEVFS), .flags = ANY,
          .down = DOWN_ONLY },
        { .name = "allow.mount.fdescfs", .type = P_BOOL, .at = ALLOW(ALLOW_MOUNT_FDESCFS), .flags = ANY,
          .down = DOWN_ONLY },
        { .name = "allow.mount.fusefs", .type = P_BOOL, .at = ALLOW(ALLOW_MOUNT_FUSEFS), .flags = P_CREATE,
          .down = DOWN_ONLY, .lack = "this machine has no /dev/fuse; the jail goes without", .needs = "/dev/fuse" },
        { .name = "allow.mount.nullfs", .type = P_BOOL, .at = ALLOW(ALLOW_MOUNT_NULLFS), .flags = ANY,
          .down = DOWN_ONLY },
        { .name = "allow.mount.procfs", .type = P_BOOL, .at = ALLOW(ALLOW_MOUNT_PROCFS), .flags = ANY,
          .down = DOWN_ONLY },
        { .name = "allow.mount.linprocfs", .type = P_BOOL, .at = ALLOW(ALLOW_MOUNT_LINPROCFS), .flags = ANY,
          .down = DOWN_ONLY },
        { .name = "allow.mount.linsysfs", .type = P_BOOL, .at = ALLOW(ALLOW_MOUNT_LINSYSFS), .flags = ANY,
          .down = DOWN_ONLY },
        { .name = "allow.mount.tmpfs", .type = P_BOOL, .at = ALLOW(ALLOW_MOUNT_TMPFS), .flags = ANY,
          .down = DOWN_ONLY },
        { .name = "allow.mount.zfs", .type = P_BOOL, .at = ALLOW(ALLOW_MOUNT_ZFS), .flags = ANY, .down = DOWN_ONLY,
          .lack = "this machine has no ZFS; the jail goes without", .needs = "/dev/zfs" },
        { .name = "allow.unprivileged_proc_debug", .type = P_BOOL, .at = ALLOW(ALLOW_UNPRIVILEGED_PROC_DEBUG),
          .flags = ANY },
        { .name = "allow.unprivileged_parent_tampering", .type = P_BOOL,
          .at = ALLOW(ALLOW_UNPRIVILEGED_PARENT_TAMPERING), .flags = ANY | P_HOSTIDS },
        { .name = "allow.suser", .type = P_BOOL, .at = ALLOW(ALLOW_SUSER), .flags = ANY, .down = DOWN_ONLY },
        { .name = "allow.extattr", .type = P_BOOL, .at = ALLOW(ALLOW_EXTATTR), .flags = ANY | P_HOSTIDS,
          .down = DOWN_ONLY },
        { .name = "allow.adjtime", .type = P_BOOL, .at = ALLOW(ALLOW_ADJTIME), .flags = ANY | P_HOSTIDS,
          .down = DOWN_ONLY },
        { .name = "allow.settime", .type = P_BOOL, .at = ALLOW(ALLOW_SETTIME), .flags = ANY | P_HOSTIDS,
          .down = DOWN_ONLY },
        { .name = "allow.routing", .type = P_BOOL, .at = ALLOW(ALLOW_ROUTING), .flags = ANY, .down = DOWN_ONLY },
        { .name = "allow.setaudit", .type = P_BOOL, .at = ALLOW(ALLOW_SETAUDIT), .flags = ANY | P_HOSTIDS,
          .down = DOWN_ONLY },
        { .name = "allow.nfsd", .type = P_BOOL, .at = ALLOW(ALLOW_NFSD), .flags = ANY, .down = DOWN_ONLY,
          .lack = "the kernel's NFS server cannot be run in a jail; the jail goes without" },
        { .name = "allow.vmm", .type = P_BOOL, .at = ALLOW(ALLOW_VMM), .flags = P_CREATE, .down = DOWN_ONLY,
          .lack = "this machine has no /dev/kvm; the jail goes without", .needs = "/dev/kvm" },
        { .name = "allow.vmm_ppt", .type = P_BOOL, .at = ALLOW(ALLOW_VMM_PPT), .flags = ANY, .down = DOWN_ONLY,
          .lack = "PCI devices cannot be passed on to a jail; the jail goes without" },

        { .name = "zfs.mount_snapshot", .type = P_INT, .at = AT(zfs_mount_snapshot), .flags = ANY, .max = 1,
          .lack = "this machine has no ZFS; the jail goes without", .needs = "/dev/zfs" },

        { .name = "rctl.memoryuse",     .type = P_SIZE, .at = RCTL(RCTL_MEMORYUSE),      .flags = ANY },
        { .name = "rctl.swapuse",       .type = P_SIZE, .at = RCTL(RCTL_SWAPUSE),        .flags = ANY },
        { .name = "rctl.maxproc",       .type = P_SIZE, .at = RCTL(RCTL_MAXPROC),        .flags = ANY },
        { .name = "rctl.pcpu",          .type = P_SIZE, .at = RCTL(RCTL_PCPU),           .flags = ANY,
          .check = check_pcpu },
        { .name = "rctl.readbps",       .type = P_SIZE, .at = RCTL(RCTL_READBPS),        .flags = ANY },
        { .name = "rctl.writebps",      .type = P_SIZE, .at = RCTL(RCTL_WRITEBPS),       .flags = ANY },
        { .name = "rctl.readiops",      .type = P_SIZE, .at = RCTL(RCTL_READIOPS),       .flags = ANY },
        { .name = "rctl.writeiops",     .type = P_SIZE, .at = RCTL(RCTL_WRITEIOPS),      .flags = ANY },
        { .name = "rctl.cputime",       .type = P_SIZE, .at = RCTL(RCTL_CPUTIME),        .flags = ANY },
        { .name = "rctl.datasize",      .type = P_SIZE, .at = RCTL(RCTL_DATASIZE),       .flags = ANY },
        { .name = "rctl.stacksize",     .type = P_SIZE, .at = RCTL(RCTL_STACKSIZE),      .flags = ANY },
        { .name = "rctl.coredumpsize",  .type = P_SIZE, .at = RCTL(RCTL_COREDUMPSIZE),   .flags = ANY },
        { .name = "rctl.memorylocked",  .type = P_SIZE, .at = RCTL(RCTL_MEMORYLOCKED),   .flags = ANY },
        { .name = "rctl.openfiles",     .type = P_SIZE, .at = RCTL(RCTL_OPENFILES),      .flags = ANY },
        { .name = "rctl.vmemoryuse",    .type = P_SIZE, .at = RCTL(RCTL_VMEMORYUSE),     .flags = ANY },
        { .name = "rctl.msgqsize",      .type = P_SIZE, .at = RCTL(RCTL_MSGQSIZE),       .flags = ANY },
        { .name = "rctl.nmsgq",         .type = P_SIZE, .at = RCTL(RCTL_NMSGQ),          .flags = ANY },
        { .name = "rctl.nsem",          .type = P_SIZE, .at = RCTL(RCTL_NSEM),           .flags = ANY },
        { .name = "rctl.nsemop",        .type = P_SIZE, .at = RCTL(RCTL_NSEMOP),         .flags = ANY },
        { .name = "rctl.nshm",          .type = P_SIZE, .at = RCTL(RCTL_NSHM),           .flags = ANY },
        { .name = "rctl.shmsize",       .type = P_SIZE, .at = RCTL(RCTL_SHMSIZE),        .flags = ANY },
        { .name = "rctl.pseudoterminals", .type = P_SIZE, .at = RCTL(RCTL_PSEUDOTERMINALS),
          .flags = P_CREATE | P_IN_DEV, .lack = "only with mount.devfs has the jail terminals" },
        { .name = "rctl.nthr",          .type = P_NONE, .flags = ANY,
          .refuse = "Linux counts threads as processes: see rctl.maxproc" },
        { .name = "rctl.msgqqueued",    .type = P_NONE, .flags = ANY,
          .refuse = "Linux does not count messages: see rctl.nmsgq" },
        { .name = "rctl.wallclock",     .type = P_NONE, .flags = ANY,
          .refuse = "Linux does not limit the time a process lives: see timeout(1)" },

        { .name = "exec.prepare",       .type = P_LIST,   .at = HOOK(HOOK_PREPARE),   .flags = PSEUDO },
        { .name = "exec.prestart",      .type = P_LIST,   .at = HOOK(HOOK_PRESTART),  .flags = PSEUDO },
        { .name = "exec.created",       .type = P_LIST,   .at = HOOK(HOOK_CREATED),   .flags = PSEUDO },
        { .name = "exec.start",         .type = P_LIST,   .at = HOOK(HOOK_START),     .flags = PSEUDO },
        { .name = "command",            .type = P_LIST,   .at = HOOK(HOOK_COMMAND),   .flags = PSEUDO },
        { .name = "exec.poststart",     .type = P_LIST,   .at = HOOK(HOOK_POSTSTART), .flags = PSEUDO },
        { .name = "exec.prestop",       .type = P_LIST,   .at = HOOK(HOOK_PRESTOP),   .flags = PSEUDO },
        { .name = "exec.stop",          .type = P_LIST,   .at = HOOK(HOOK_STOP),      .flags = PSEUDO },
        { .name = "exec.poststop",      .type = P_LIST,   .at = HOOK(HOOK_POSTSTOP),  .flags = PSEUDO },
        { .name = "exec.release",       .type = P_LIST,   .at = HOOK(HOOK_RELEASE),   .flags = PSEUDO },
        { .name = "exec.clean",         .type = P_BOOL,   .at = AT(exec_clean),       .flags = PSEUDO },
        { .name = "exec.jail_user",     .type = P_STRING, .at = AT(exec_jail_user),   .flags = PSEUDO },
        { .name = "exec.system_jail_user", .type = P_BOOL, .at = AT(exec_system_jail_user), .flags = PSEUDO },
        { .name = "exec.system_user",   .type = P_STRING, .at = AT(exec_system_user), .flags = PSEUDO },
        { .name = "exec.timeout",       .type = P_INT,    .at = AT(exec_timeout),     .flags = PSEUDO, .max = INT_MAX },
        { .name = "exec.consolelog",    .type = P_PATH,   .at = AT(exec_consolelog),  .flags = PSEUDO },
        { .name = "exec.fib",           .type = P_INT,    .at = AT(exec_fib),         .flags = PSEUDO, .max = INT_MAX,
          .check = check_fib },
        { .name = "stop.timeout",       .type = P_INT,    .at = AT(stop_timeout),     .flags = PSEUDO, .max = INT_MAX },
        { .name = "mount",              .type = P_LIST,   .at = AT(mount),            .flags = P_CREATE | P_PSEUDO },
        { .name = "mount.fstab",        .type = P_LIST,   .at = AT(mount_fstab),      .flags = P_CREATE | P_PSEUDO },
        { .name = "mount.devfs",        .type = P_BOOL,   .at = AT(mount_devfs),      .flags = P_CREATE | P_PSEUDO },
        { .name = "mount.fdescfs",      .type = P_BOOL,   .at = AT(mount_fdescfs),    .flags = P_CREATE | P_PSEUDO },
        { .name = "mount.procfs",       .type = P_BOOL,   .at = AT(mount_procfs),     .flags = P_CREATE | P_PSEUDO },
        { .name = "zfs.dataset",        .type = P_COMMA,  .at = AT(zfs_dataset),      .flags = P_CREATE | P_PSEUDO,
          .check = check_dataset },
        { .name = "depend",             .type = P_COMMA,  .at = AT(depend),           .flags = PSEUDO },
        { .name = "allow.dying",        .type = P_BOOL,   .at = ALLOW(ALLOW_DYING),   .flags = PSEUDO,
          .lack = "deprecated: jails that are dying are never changed" },
};

_Static_assert(COUNT(table) <= PARAM_MAX, "spec.h has room for fewer rows");

const struct param *param_table(size_t *ret_n)
{
        *ret_n = COUNT(table);
        return table;
}

/*
 * A perfect hash would be overkill: names differ early, the rows are few, and
 * the length test throws out nearly all of them before a byte is compared.
 */
static const struct param *find_exact(const char *name, size_t len)
{
        for (size_t i = 0; i < COUNT(table); i++)
                if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
                        return &table[i];
        return NULL;
}

/* "meta.KEY": a line of meta. The key may have dots of its own. */
static const struct param *find_keyed(const char *name)
{
        size_t len = strcspn(name, ".");
        const struct param *p = name[len] && name[len + 1] ? find_exact(name, len) : NULL;

        return p && p->type == P_KEYED ? p : NULL;
}

const struct param *param_find(const char *name, bool *ret_no)
{
        size_t len = strlen(name);
        const struct param *p = find_exact(name, len);
        const char *last = strrchr(name, '.');
        char positive[64];

        if (ret_no)
                *ret_no = false;
        if (p)
                return p;
        p = find_keyed(name);
        if (p)
                return p;
        last = last ? last + 1 : name;
        if (!str_starts(last, "no") || len >= sizeof positive)
                return NULL;
        memcpy(positive, name, (size_t)(last - name));
        strcpy(positive + (last - name), last + 2);
        p = find_exact(positive, len - 2);
        if (!p || p->type != P_BOOL)
                return NULL;
        if (ret_no)
                *ret_no = true;
        return p;
}
