#include "cred.h"

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
