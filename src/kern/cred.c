#include "cred.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

int cred_setuid(uid_t uid)
{
        return (int)syscall(SYS_setresuid, uid, uid, uid);
}

int cred_setgid(gid_t gid)
{
        return (int)syscall(SYS_setresgid, gid, gid, gid);
}

int cred_setgroups(size_t n, const gid_t *groups)
{
        return (int)syscall(SYS_setgroups, n, groups);
}

/* setfsuid(2) reports no failure; asking for an impossible id tells the present one. */
int cred_set_fs(uid_t uid, gid_t gid)
{
        struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2];

        syscall(SYS_setfsgid, gid);
        syscall(SYS_setfsuid, uid);
        if ((uid_t)syscall(SYS_setfsuid, (uid_t)-1) != uid || (gid_t)syscall(SYS_setfsgid, (gid_t)-1) != gid) {
                errno = EPERM;
                return -1;
        }
        /* A file system id other than 0 costs the capabilities over files, capabilities(7). */
        if (syscall(SYS_capget, &head, data) < 0)
                return -1;
        for (int i = 0; i < 2; i++)
                data[i].effective = data[i].permitted;
        return (int)syscall(SYS_capset, &head, data);
}
