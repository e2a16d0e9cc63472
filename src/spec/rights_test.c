#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rights.h"

#define BIT(cap) (UINT64_C(1) << (cap))

/* podman's and docker's; crun gives the same to a container that asks for nothing. */
#define PODMAN (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_KILL) | \
                BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SETFCAP) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP) | BIT(CAP_SETUID) | \
                BIT(CAP_SYS_CHROOT))

/* What jail(8) gives a jail that asks for nothing. */
static struct jail_spec defaults(void)
{
        struct jail_spec s;

        spec_init(&s);
        return s;
}

#define SYSV (RIGHT_SYSVMSG | RIGHT_SYSVSEM | RIGHT_SYSVSHM | RIGHT_SYSV_ALL)

static void expect(const struct jail_spec *s, uint64_t caps, unsigned classes)
{
        struct rights r;

        rights_of(s, &r);
        assert_int_equal(r.caps, caps);
        assert_int_equal(r.classes, classes | SYSV);
        assert_int_equal(r.no_new_privs, !s->allow[ALLOW_SUSER]);
}

static void test_default(void **state)
{
        struct jail_spec s = defaults();

        (void)state;
        expect(&s, PODMAN, RIGHT_DEBUG);
}

static void test_single_flags(void **state)
{
        static const struct {
                enum allow allow;
                uint64_t caps;
                unsigned classes;
        } rows[] = {
                { ALLOW_RAW_SOCKETS, BIT(CAP_NET_RAW), RIGHT_PACKET },
                { ALLOW_SOCKET_AF, 0, RIGHT_SOCKET_AF | RIGHT_SOCKETCALL },
                { ALLOW_SYSVIPC, 0, 0 },
                { ALLOW_CHFLAGS, BIT(CAP_LINUX_IMMUTABLE), 0 },
                { ALLOW_QUOTAS, 0, RIGHT_QUOTA },
                { ALLOW_MLOCK, BIT(CAP_IPC_LOCK), 0 },
                { ALLOW_READ_MSGBUF, BIT(CAP_SYSLOG), RIGHT_MSGBUF },
                { ALLOW_MOUNT, 0, 0 },
                { ALLOW_MOUNT_TMPFS, 0, 0 },
                { ALLOW_EXTATTR, 0, 0 },
                { ALLOW_ADJTIME, BIT(CAP_SYS_TIME), 0 },
                { ALLOW_SETTIME, BIT(CAP_SYS_TIME), RIGHT_TIME },
                { ALLOW_ROUTING, BIT(CAP_NET_ADMIN), 0 },
                { ALLOW_SETAUDIT, BIT(CAP_AUDIT_CONTROL), 0 },
                { ALLOW_NFSD, 0, 0 },
                { ALLOW_VMM, 0, 0 },
                { ALLOW_VMM_PPT, 0, 0 },
                { ALLOW_UNPRIVILEGED_PARENT_TAMPERING, 0, 0 },
                { ALLOW_DYING, 0, 0 },
        };

        (void)state;
        for (size_t i = 0; i < COUNT(rows); i++) {
                struct jail_spec s = defaults();

                s.allow[rows[i].allow] = true;
                expect(&s, PODMAN | rows[i].caps, RIGHT_DEBUG | rows[i].classes);
        }
}

static void test_taken_away(void **state)
{
        struct jail_spec s = defaults();

        (void)state;
        s.allow[ALLOW_RESERVED_PORTS] = false;
        expect(&s, PODMAN & ~BIT(CAP_NET_BIND_SERVICE), RIGHT_DEBUG);
        s.vnet = JAILSYS_NEW;
        expect(&s, (PODMAN & ~BIT(CAP_NET_BIND_SERVICE)) | BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW), RIGHT_DEBUG | RIGHT_PACKET);
        s = defaults();
        s.allow[ALLOW_UNPRIVILEGED_PROC_DEBUG] = false;
        expect(&s, PODMAN, 0);
}

/* No rights at all, whatever else would give some. */
static void test_no_suser(void **state)
{
        struct jail_spec s = defaults();

        (void)state;
        for (size_t i = 0; i < ALLOW_N; i++)
                s.allow[i] = true;
        s.allow[ALLOW_SUSER] = false;
        s.vnet = JAILSYS_NEW;
        s.children_max = 10;
        s.enforce_statfs = 0;
        expect(&s, 0, RIGHT_DEBUG | RIGHT_SOCKET_AF | RIGHT_SOCKETCALL);
}

static void test_mount(void **state)
{
        struct jail_spec s = defaults();

        (void)state;
        s.allow[ALLOW_MOUNT] = true;
        s.allow[ALLOW_MOUNT_TMPFS] = true;
        expect(&s, PODMAN, RIGHT_DEBUG);        /* enforce_statfs = 2 */
        s.enforce_statfs = 1;
        expect(&s, PODMAN | BIT(CAP_SYS_ADMIN), RIGHT_DEBUG | RIGHT_MOUNT | RIGHT_HOSTNAME);
        s.allow[ALLOW_SET_HOSTNAME] = false;
        expect(&s, PODMAN | BIT(CAP_SYS_ADMIN), RIGHT_DEBUG | RIGHT_MOUNT);
        s.allow[ALLOW_SET_HOSTNAME] = true;
        s.host = JAILSYS_INHERIT;
        expect(&s, PODMAN | BIT(CAP_SYS_ADMIN), RIGHT_DEBUG | RIGHT_MOUNT);
}

static void test_children(void **state)
{
        struct jail_spec s = defaults();

        (void)state;
        s.children_max = 1;
        s.vnet = JAILSYS_NEW;
        expect(&s, PODMAN | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_PTRACE) | BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW),
               RIGHT_DEBUG | RIGHT_NS | RIGHT_MOUNT | RIGHT_HOSTNAME | RIGHT_PACKET);
}

/* Where the kernel asks for the host's capability, only a jail with the host's ids can have it. */
static void test_host_ids(void **state)
{
        struct jail_spec s = defaults();

        (void)state;
        s.user = JAILSYS_INHERIT;
        expect(&s, PODMAN, RIGHT_DEBUG);
        s.allow[ALLOW_EXTATTR] = true;
        expect(&s, PODMAN | BIT(CAP_SYS_ADMIN), RIGHT_DEBUG | RIGHT_HOSTNAME);
        s.name = (char *)(uintptr_t)"above.below";
        expect(&s, PODMAN, RIGHT_DEBUG);
}

static void test_every_kind_of_mount_is_one(void **state)
{
        (void)state;
        for (int i = ALLOW_MOUNT_DEVFS; i <= ALLOW_MOUNT_ZFS; i++) {
                struct jail_spec s = defaults();

                s.enforce_statfs = 1;
                s.allow[i] = true;
                expect(&s, PODMAN, RIGHT_DEBUG);
                s.allow[ALLOW_MOUNT] = true;
                expect(&s, PODMAN | BIT(CAP_SYS_ADMIN), RIGHT_DEBUG | RIGHT_MOUNT | RIGHT_HOSTNAME);
        }
}

static void test_sysv(void **state)
{
        struct jail_spec s = defaults();
        struct rights r;

        (void)state;
        s.sysvmsg = JAILSYS_DISABLE;
        rights_of(&s, &r);
        assert_int_equal(r.classes, RIGHT_DEBUG | RIGHT_SYSVSEM | RIGHT_SYSVSHM);
        s.sysvsem = s.sysvshm = JAILSYS_DISABLE;
        s.allow[ALLOW_SUSER] = false;
        rights_of(&s, &r);
        assert_int_equal(r.classes, RIGHT_DEBUG);
}

/* A secure level takes what others give, and what a lower one took. */
static void test_securelevel(void **state)
{
        const uint64_t all = PODMAN | BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_SYS_TIME) | BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW);
        struct jail_spec s = defaults();

        (void)state;
        s.user = JAILSYS_INHERIT;
        s.vnet = JAILSYS_NEW;
        s.allow[ALLOW_CHFLAGS] = s.allow[ALLOW_SETTIME] = true;
        for (s.securelevel = -1; s.securelevel <= 0; s.securelevel++)
                expect(&s, all, RIGHT_DEBUG | RIGHT_PACKET | RIGHT_TIME);
        s.securelevel = 1;
        expect(&s, all & ~BIT(CAP_LINUX_IMMUTABLE), RIGHT_DEBUG | RIGHT_PACKET | RIGHT_TIME);
        s.securelevel = 2;
        expect(&s, all & ~(BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_SYS_TIME)), RIGHT_DEBUG | RIGHT_PACKET);
        s.securelevel = 3;
        expect(&s, all & ~(BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_SYS_TIME) | BIT(CAP_NET_ADMIN)), RIGHT_DEBUG | RIGHT_PACKET);
}

static void test_what_cannot_be_had_is_told(void **state)
{
        struct jail_spec s = defaults();
        const char *why;

        (void)state;
        assert_null(rights_lacking(&s, 0, &why));
        s.allow[ALLOW_SETTIME] = s.allow[ALLOW_NFSD] = true;
        s.hostid = 7;
        assert_string_equal(rights_lacking(&s, 0, &why)->name, "host.hostid");
        assert_string_equal(why, "Linux has no call that tells it; it is kept and shown");
        assert_string_equal(rights_lacking(&s, 1, &why)->name, "allow.settime");
        assert_string_equal(why, "only with user=inherit; the jail goes without");
        assert_string_equal(rights_lacking(&s, 2, &why)->name, "allow.nfsd");
        assert_null(rights_lacking(&s, 3, &why));
        s.user = JAILSYS_INHERIT;
        assert_string_equal(rights_lacking(&s, 1, &why)->name, "allow.nfsd");
        assert_null(rights_lacking(&s, 2, &why));
        s.name = (char *)(uintptr_t)"above.below";
        assert_string_equal(rights_lacking(&s, 1, &why)->name, "allow.settime");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_default),
                cmocka_unit_test(test_single_flags),
                cmocka_unit_test(test_taken_away),
                cmocka_unit_test(test_no_suser),
                cmocka_unit_test(test_mount),
                cmocka_unit_test(test_children),
                cmocka_unit_test(test_what_cannot_be_had_is_told),
                cmocka_unit_test(test_host_ids),
                cmocka_unit_test(test_every_kind_of_mount_is_one),
                cmocka_unit_test(test_sysv),
                cmocka_unit_test(test_securelevel),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
