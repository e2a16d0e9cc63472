#include "kernel.h"

#include <stdio.h>
#include <sys/utsname.h>

/* As linux/version.h has it: 6.1.5 is 0x60105. */
static int version_code(const char *release, struct strv *ret)
{
        unsigned a = 0, b = 0, c = 0;
        char number[16];

        sscanf(release, "%u.%u.%u", &a, &b, &c);
        snprintf(number, sizeof number, "%u", a << 16 | b << 8 | (c > 255 ? 255 : c));
        return strv_push(ret, number);
}

static bool own_value(const char *name, const char *release, struct strv *ret)
{
        const bool number = str_eq(name, "osreldate"), system = str_eq(name, "linux.osname");
        struct utsname u;

        if (str_eq(name, "host.hostuuid"))
                return strv_push(ret, "00000000-0000-0000-0000-000000000000") == 0;
        if (!number && !system && !str_eq(name, "osrelease") && !str_eq(name, "linux.osrelease"))
                return false;
        if (uname(&u) < 0)
                return false;
        if (number)
                return version_code(u.release, ret) == 0;
        return strv_push(ret, system ? u.sysname : release ? release : u.release) == 0;
}

bool kernel_value(const struct jail_spec *s, const char *name, struct strv *ret)
{
        const struct param *p = param_find(name, NULL);

        /* linux.osrelease is osrelease, until it is set itself */
        return spec_is_default(s, p) &&
               own_value(name, str_eq(name, "linux.osrelease") ? spec_uname_release(s) : NULL, ret);
}

bool is_kernels_own(const struct jail_spec *s, const struct param *p)
{
        autostrv own = {0}, set = {0};

        return own_value(p->name, NULL, &own) && spec_get(s, p, &set) == 0 && set.n == 1 && str_eq(own.v[0], set.v[0]);
}
