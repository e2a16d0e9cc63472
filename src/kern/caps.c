#include "caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel says EINVAL for the first capability it does not know; there are 41 of them since 5.9. */
static bool in_set(int op, int sub, int cap, bool *ret_known)
{
        int r = op == PR_CAPBSET_READ ? prctl(op, cap, 0, 0, 0) : prctl(op, sub, cap, 0, 0);

        *ret_known = r >= 0;
        return r > 0;
}

static uint64_t read_set(int op, int sub)
{
        uint64_t set = 0;
        bool known = true;

        for (int cap = 0; cap < 64; cap++) {
                bool has = in_set(op, sub, cap, &known);

                if (!known)
                        break;
                if (has)
                        set |= CAP_BIT(cap);
        }
        return set;
}

static int capget_sets(struct caps *ret, struct err *e)
{
        struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2];

        if (syscall(SYS_capget, &head, data) < 0)
                return err_sys(e, "capget");
        ret->effective = data[0].effective | (uint64_t)data[1].effective << 32;
        ret->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
        ret->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
        return 0;
}

static int capset_sets(const struct caps *want, struct err *e)
{
        struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2];

        for (int i = 0; i < 2; i++)
                data[i] = (struct __user_cap_data_struct){
                        .effective = (uint32_t)(want->effective >> (32 * i)),
                        .permitted = (uint32_t)(want->permitted >> (32 * i)),
                        .inheritable = (uint32_t)(want->inheritable >> (32 * i)),
                };
        return syscall(SYS_capset, &head, data) < 0 ? err_sys(e, "capset") : 0;
}

int caps_get(struct caps *ret, struct err *e)
{
        int r = capget_sets(ret, e);

        if (r < 0)
                return r;
        ret->bounding = read_set(PR_CAPBSET_READ, 0);
        ret->ambient = read_set(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET);
        return 0;
}

/*
 * A drop copies the thread's credentials, a look does not: only what is there is dropped, and only what is to go is
 * looked at. A new user namespace has a full set, whatever its maker's was, so there is none to inherit.
 */
static int shrink_bounding(uint64_t want, struct err *e)
{
        bool known, has;

        for (int cap = 0; cap < 64; cap++) {
                if (want & CAP_BIT(cap))
                        continue;
                has = in_set(PR_CAPBSET_READ, 0, cap, &known);
                if (!known)
                        return 0;
                if (has && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
                        return err_sys(e, "bounding set: drop capability %d", cap);
        }
        return 0;
}

static int raise_ambient(uint64_t want, struct err *e)
{
        for (int cap = 0; cap < 64; cap++)
                if ((want & CAP_BIT(cap)) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
                        return err_sys(e, "ambient set: raise capability %d", cap);
        return 0;
}

int caps_set(const struct caps *want, struct err *e)
{
        struct caps have, set = *want, now;
        int r = capget_sets(&have, e);

        if (r < 0)
                return r;
        set.permitted &= have.permitted;
        set.effective &= set.permitted;
        /* What the kernel lets a thread without CAP_SETPCAP inherit, and what it lets be ambient. */
        set.inheritable &= have.inheritable | have.permitted;
        set.ambient &= set.permitted & set.inheritable;

        if (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) != SECUREBITS_DEFAULT &&
            prctl(PR_SET_SECUREBITS, SECUREBITS_DEFAULT, 0, 0, 0) < 0)
                return err_sys(e, "securebits");
        r = shrink_bounding(set.bounding, e);
        if (r < 0)
                return r;
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
                return err_sys(e, "ambient set: clear");
        r = capset_sets(&set, e);
        if (r == 0)
                r = raise_ambient(set.ambient, e);
        if (r == 0)
                r = capget_sets(&now, e);
        if (r < 0)
                return r;
        if (set.effective != now.effective || set.permitted != now.permitted || set.inheritable != now.inheritable)
                return err_set(e, EPERM, "capabilities: the kernel did not set what was asked");
        return 0;
}

int caps_limit(uint64_t caps, struct err *e)
{
        struct caps want = { .effective = caps, .permitted = caps, .bounding = caps };

        return caps_set(&want, e);
}

int caps_no_new_privs(struct err *e)
{
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? err_sys(e, "no_new_privs") : 0;
}
