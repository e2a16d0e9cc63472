/* For tests that walk the table: a value that each row takes and that is not its default. */
#ifndef SPEC_SAMPLE_H
#define SPEC_SAMPLE_H

#include "spec/spec.h"

static inline bool sample_is_default(const struct param *p, const char *value)
{
        struct jail_spec s;
        bool same;

        spec_init(&s);
        same = spec_set(&s, p->name, (char *[]){ (char *)(uintptr_t)value }, 1, &(struct err){0}) == 0 &&
               spec_is_default(&s, p);
        spec_finish(&s);
        return same;
}

/* NULL: the row takes none. */
static inline const char *param_sample(const struct param *p)
{
        static const char *const of_type[] = {
                [P_BOOL] = "true", [P_INT] = "1", [P_ULONG] = "77", [P_SIZE] = "1048576", [P_STRING] = "x",
                [P_PATH] = "/srv/x", [P_JAILSYS] = "inherit", [P_LIST] = "/", [P_COMMA] = "x",
                [P_KEYED] = "a=1", [P_NONE] = NULL,
        };
        static const struct {
                const char *name, *value;
        } others[] = {
                { "level", "os" }, { "cpuset.cpus", "0" }, { "devfs_ruleset", "5" }, { "children.max", "3" },
                { "vnet", "new" }, { "linux", "new" }, { "sysvmsg", "disable" }, { "sysvsem", "disable" },
                { "sysvshm", "disable" }, { "vnet.interface", "auto" }, { "vnet.ip4.addr", "192.0.2.1" },
                { "vnet.ip6.addr", "2001:db8::1" }, { "vnet.gateway", "none" }, { "publish", "8080:80" },
                { "ip4.addr", "192.0.2.1" }, { "ip6.addr", "2001:db8::1" }, { "interface", "lo" },
                { "exec.fib", "0" }, { "zfs.dataset", "tank/x" },
                { "path", "/tmp" }, { "root.layer", "/var/lib/gaol/x" }, { "rctl.memoryuse", "67108864" },
                { "rctl.pcpu", "50" }, { "rctl.maxproc", "100" }, { "rctl.cputime", "1000" },
                { "rctl.datasize", "1073741824" }, { "rctl.vmemoryuse", "1073741824" }, { "rctl.openfiles", "100" },
                { "rctl.nmsgq", "10" }, { "rctl.nsem", "10" }, { "rctl.nsemop", "10" }, { "rctl.nshm", "10" },
                { "rctl.pseudoterminals", "10" }, { "rctl.msgqsize", "100000" },
        };

        if (p->flags & P_RDONLY)
                return NULL;
        for (size_t i = 0; i < COUNT(others); i++)
                if (str_eq(others[i].name, p->name))
                        return others[i].value;
        if (p->type == P_BOOL && sample_is_default(p, "true"))
                return "false";
        return of_type[p->type];
}

#endif
