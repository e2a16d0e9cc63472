#include "addr.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"
#include "kern/bpf.h"
/* Made by the build, and need the above. */
#include "addr_ancient_bpf.h"
#include "addr_bpf.h"

/*
 * In the order of attaching. Whoever finds the last of them knows that all are there; it is also the one without which
 * there is no socket to confine.
 */
static const struct hook {
        const char *name;
        enum bpf_prog_type type;
        enum bpf_attach_type attach;
} hooks[] = {
        { "bind4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND },
        { "bind6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND },
        { "connect4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT },
        { "connect6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT },
        { "sendmsg4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG },
        { "sendmsg6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG },
        { "getsockname4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETSOCKNAME },
        { "getsockname6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETSOCKNAME },
        { "setsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT },
        { "sock_ops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS },
        { "ingress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS },
        { "egress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS },
        { "sock_create", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE },
};
#define LAST (COUNT(hooks) - 1)

/* One that uses all maps. */
#define WITH_MAPS 9

static const struct hook hook_lookup = { "lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP };

#define MAP_JAILS "gaol" ADDR_ABI "_jails"
#define MAP_ADDRS "gaol" ADDR_ABI "_addrs"
#define MAP_PORTS "gaol" ADDR_ABI "_ports"
#define MAP_SOCKS "gaol" ADDR_ABI "_socks"

void addr_maps_close(struct addr_maps *m)
{
        fd_drop(&m->jails);
        fd_drop(&m->addrs);
        fd_drop(&m->ports);
        fd_drop(&m->socks);
}

int addr_group_id(int group, uint64_t *ret, struct err *e)
{
        union {
                struct file_handle h;
                char space[sizeof(struct file_handle) + sizeof(uint64_t)];
        } u = { .h.handle_bytes = sizeof(uint64_t) };
        int mount;

        if (name_to_handle_at(group, "", &u.h, &mount, AT_EMPTY_PATH) < 0)
                return err_sys(e, "number of control group");
        if (u.h.handle_bytes != sizeof *ret)
                return err_code(e, EPROTO, "number of control group");
        memcpy(ret, u.h.f_handle, sizeof *ret);
        return 0;
}

/* -------------------------------------------------------------- attaching */

static void shown_name(const struct hook *hook, char ret[BPF_OBJ_NAME_LEN])
{
        memset(ret, 0, BPF_OBJ_NAME_LEN);
        memcpy(ret, "gaol_", 5);
        memcpy(ret + 5, hook->name, strlen(hook->name) < BPF_OBJ_NAME_LEN - 6 ? strlen(hook->name) : BPF_OBJ_NAME_LEN - 6);
}

static const struct bpf_image *image_of(const struct bpf_image *images, size_t n, const char *name)
{
        for (size_t i = 0; i < n; i++)
                if (str_eq(images[i].name, name))
                        return &images[i];
        return NULL;
}

static int load(const struct hook *hook, bool ancient, const struct addr_maps *m, char *log, size_t log_size,
                struct err *e)
{
        const struct bpf_map maps[] = {
                { "jails", m->jails }, { "addrs", m->addrs }, { "ports", m->ports }, { "socks", m->socks },
        };
        const struct bpf_image *image = ancient ? image_of(addr_ancient_images, COUNT(addr_ancient_images), hook->name)
                                                : image_of(addr_images, COUNT(addr_images), hook->name);
        char name[BPF_OBJ_NAME_LEN];

        shown_name(hook, name);
        if (!image)
                return err_code(e, ENOENT, "bpf: load %s", name);
        return bpf_load(image, name, hook->type, hook->attach, maps, COUNT(maps), log, log_size, e);
}

static int make_maps(struct addr_maps *ret, struct err *e)
{
        ret->jails = bpf_map_create(MAP_JAILS, sizeof(uint64_t), sizeof(struct addr_jail), ADDR_JAILS, e);
        if (ret->jails < 0)
                return ret->jails;
        ret->addrs = bpf_map_create(MAP_ADDRS, sizeof(struct addr_key), sizeof(struct addr_ip), ADDR_ADDRS, e);
        if (ret->addrs < 0)
                return ret->addrs;
        ret->ports = bpf_map_create_sockets(MAP_PORTS, sizeof(struct addr_port), ADDR_PORTS, e);
        if (ret->ports < 0)
                return ret->ports;
        ret->socks = bpf_map_create_storage(MAP_SOCKS, sizeof(struct addr_sock), e);
        return ret->socks < 0 ? ret->socks : 0;
}

/* What somebody who was killed here has left: no jail has run under it. */
static int detach_rest(int directory, struct err *e)
{
        for (size_t i = 0; i < COUNT(hooks); i++) {
                char name[BPF_OBJ_NAME_LEN];
                autofd program = -EBADF;
                struct err mine = {0};

                shown_name(&hooks[i], name);
                program = bpf_attached(directory, hooks[i].attach, name, &mine);
                if (program == -ENOENT)
                        continue;
                if (program < 0 || bpf_detach(directory, program, hooks[i].attach, &mine) < 0) {
                        if (e)
                                *e = mine;
                        return -mine.code;
                }
        }
        return 0;
}

static int attach_all(int directory, bool ancient, const struct addr_maps *m, struct err *e)
{
        int programs[COUNT(hooks)], r = 0;
        size_t n;

        for (n = 0; n < COUNT(hooks) && r >= 0; n++)
                r = programs[n] = load(&hooks[n], ancient, m, NULL, 0, e);
        for (size_t i = 0; i < COUNT(hooks) && r >= 0; i++)
                r = bpf_attach(directory, programs[i], hooks[i].attach, e);
        while (n-- > 0)
                fd_close(programs[n]);
        return r < 0 ? r : 0;
}

int addr_open(int directory, struct addr_maps *ret, struct err *e)
{
        autoaddr m = ADDR_MAPS_CLOSED;
        autofd last = -EBADF, with_maps = -EBADF;
        char name[BPF_OBJ_NAME_LEN];
        struct err mine = {0};

        shown_name(&hooks[LAST], name);
        last = bpf_attached(directory, hooks[LAST].attach, name, &mine);
        if (last < 0) {
                if (e)
                        *e = mine;
                return last;
        }
        shown_name(&hooks[WITH_MAPS], name);
        with_maps = bpf_attached(directory, hooks[WITH_MAPS].attach, name, e);
        if (with_maps < 0)
                return with_maps;
        m.jails = bpf_map_of(with_maps, MAP_JAILS, sizeof(uint64_t), sizeof(struct addr_jail), e);
        m.addrs = m.jails < 0 ? -EBADF : bpf_map_of(with_maps, MAP_ADDRS, sizeof(struct addr_key), sizeof(struct addr_ip), e);
        m.ports = m.addrs < 0 ? -EBADF : bpf_map_of(with_maps, MAP_PORTS, sizeof(struct addr_port), sizeof(uint32_t), e);
        if (m.jails < 0 || m.addrs < 0 || m.ports < 0)
                return err_set(e, EBUSY, "jails made by another version of this program run: remove them first");
        *ret = m;
        m = ADDR_MAPS_CLOSED;
        return 0;
}

/* Its own open file description: the lock is not shared with whoever has a copy of the caller's. */
static int lock_directory(int directory, struct err *e)
{
        autofd lock = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (lock < 0)
                return err_sys(e, "open control group");
        while (flock(lock, LOCK_EX) < 0)
                if (errno != EINTR)
                        return err_sys(e, "lock control group");
        return fd_take(&lock);
}

int addr_prepare(int directory, struct addr_maps *ret, struct err *e)
{
        autoaddr m = ADDR_MAPS_CLOSED;
        autofd lock = -EBADF;
        struct err mine = {0};
        int r = addr_open(directory, ret, &mine);

        if (r < 0 && r != -ENOENT && e)
                *e = mine;
        if (r != -ENOENT)
                return r;
        lock = lock_directory(directory, e);
        if (lock < 0)
                return lock;
        r = addr_open(directory, ret, &mine);
        if (r < 0 && r != -ENOENT && e)
                *e = mine;
        if (r != -ENOENT)
                return r;
        if (detach_rest(directory, e) < 0 || make_maps(&m, e) < 0)
                return -e->code;
        r = attach_all(directory, false, &m, e);
        if (r == -EINVAL || r == -EACCES) {
                err_clear(e);
                r = detach_rest(directory, e) < 0 ? -e->code : attach_all(directory, true, &m, e);
        }
        if (r < 0)
                return r;
        *ret = m;
        m = ADDR_MAPS_CLOSED;
        return 0;
}

/* The program of one namespace: its number is written into a copy. */
static int load_lookup(const struct addr_maps *m, uint32_t netns, struct err *e)
{
        struct bpf_image image = *image_of(addr_images, COUNT(addr_images), hook_lookup.name);
        const struct bpf_map maps[] = { { "ports", m->ports } };
        struct bpf_insn *insns = malloc(image.n * sizeof *insns);
        char name[BPF_OBJ_NAME_LEN];
        int fd;

        if (!insns)
                return err_nomem(e);
        memcpy(insns, image.insns, image.n * sizeof *insns);
        for (size_t i = 0; i < image.n; i++)
                if (insns[i].imm == ADDR_NETNS_MARK)
                        insns[i].imm = (int32_t)netns;
        image.insns = insns;
        shown_name(&hook_lookup, name);
        fd = bpf_load(&image, name, hook_lookup.type, hook_lookup.attach, maps, COUNT(maps), NULL, 0, e);
        free(insns);
        return fd;
}

int addr_lead(int directory, const struct addr_maps *m, int netns, struct err *e)
{
        autofd lock = lock_directory(directory, e), program = -EBADF;
        struct err mine = {0};
        struct stat st;
        int fd;

        if (lock < 0)
                return lock;
        fd = bpf_link_netns_find(netns, m->ports, &mine);
        if (fd != -ENOENT) {
                if (fd < 0 && e)
                        *e = mine;
                return fd;
        }
        if (fstat(netns, &st) < 0)
                return err_sys(e, "network namespace");
        program = load_lookup(m, (uint32_t)st.st_ino, e);
        return program < 0 ? program : bpf_link_netns(program, netns, e);
}

int addr_try(bool ancient, char *log, size_t log_size, struct err *e)
{
        autoaddr m = ADDR_MAPS_CLOSED;
        int r = make_maps(&m, e);

        for (size_t i = 0; i < COUNT(hooks) && r >= 0; i++) {
                r = load(&hooks[i], ancient, &m, log, log_size, e);
                fd_close(r);
        }
        if (r >= 0) {
                r = load(&hook_lookup, ancient, &m, log, log_size, e);
                fd_close(r);
        }
        return r < 0 ? r : 0;
}

/* ------------------------------------------------------------------- jails */

static struct addr_key slot_key(uint64_t group, int family, unsigned i)
{
        return (struct addr_key){ .cgroup = group, .ip = { ADDR_SLOT, ADDR_SLOT, (uint32_t)family, i } };
}

static struct addr_key ip_key(uint64_t group, const struct addr_ip *ip)
{
        struct addr_key key = { .cgroup = group };

        memcpy(key.ip, ip->ip, sizeof key.ip);
        return key;
}

static bool listed(const struct addr_ip *list, unsigned n, const struct addr_ip *ip)
{
        for (unsigned i = 0; i < n; i++)
                if (memcmp(&list[i], ip, sizeof *ip) == 0)
                        return true;
        return false;
}

/* The list of a family the maps have beyond what is in the jail's own entry, up to ADDR_MAX. */
static unsigned read_list(const struct addr_maps *m, uint64_t group, int family, struct addr_ip *ret)
{
        unsigned n = 0;

        for (; n < ADDR_MAX; n++) {
                struct addr_key key = slot_key(group, family, n);

                if (bpf_map_get(m->addrs, &key, &ret[n], NULL) < 0)
                        break;
        }
        return n;
}

static int add_list(const struct addr_maps *m, uint64_t group, const struct addr_ip *list, unsigned n, struct err *e)
{
        for (unsigned i = 0; n > 1 && i < n; i++) {
                struct addr_key key = ip_key(group, &list[i]);

                if (bpf_map_put(m->addrs, &key, &list[i], e) < 0)
                        return -e->code;
        }
        return 0;
}

/* Positions are for choosing a source only; the last one is cut off by the absence of the next. */
static int number_list(const struct addr_maps *m, uint64_t group, int family, const struct addr_ip *list, unsigned n,
                       unsigned before, struct err *e)
{
        int r = 0;

        for (unsigned i = 0; n > 1 && i < n && r == 0; i++) {
                struct addr_key key = slot_key(group, family, i);

                r = bpf_map_put(m->addrs, &key, &list[i], e);
        }
        for (unsigned i = n > 1 ? n : 0; i < before && r == 0; i++) {
                struct addr_key key = slot_key(group, family, i);

                r = bpf_map_drop(m->addrs, &key, e);
        }
        return r;
}

static void forget_list(const struct addr_maps *m, uint64_t group, const struct addr_ip *old, unsigned n_old,
                        const struct addr_ip *list, unsigned n)
{
        for (unsigned i = 0; i < n_old; i++) {
                struct addr_key key = ip_key(group, &old[i]);

                if (n < 2 || !listed(list, n, &old[i]))
                        bpf_map_drop(m->addrs, &key, NULL);
        }
}

int addr_put(const struct addr_maps *m, uint64_t group, const struct addr_set *set, struct err *e)
{
        struct addr_ip old4[ADDR_MAX], old6[ADDR_MAX];
        struct addr_jail jail = set->jail, before;
        unsigned n4 = 0, n6 = 0;
        int r = bpf_map_get(m->jails, &group, &before, NULL);

        /* Alone a jail with one address has no entry in "addrs" at all. */
        if (r == 0 && before.n4 > 1)
                n4 = read_list(m, group, AF_INET, old4);
        if (r == 0 && before.n6 > 1)
                n6 = read_list(m, group, AF_INET6, old6);
        jail.n4 = (uint16_t)set->n4;
        jail.n6 = (uint16_t)set->n6;
        if (set->n4)
                jail.ip4 = set->ip4[0].ip[3];
        if (set->n6)
                memcpy(jail.ip6, set->ip6[0].ip, sizeof jail.ip6);
        if (add_list(m, group, set->ip4, set->n4, e) < 0 || add_list(m, group, set->ip6, set->n6, e) < 0 ||
            number_list(m, group, AF_INET, set->ip4, set->n4, n4, e) < 0 ||
            number_list(m, group, AF_INET6, set->ip6, set->n6, n6, e) < 0 || bpf_map_put(m->jails, &group, &jail, e) < 0) {
                number_list(m, group, AF_INET, old4, n4, set->n4, NULL);
                number_list(m, group, AF_INET6, old6, n6, set->n6, NULL);
                forget_list(m, group, set->ip4, set->n4, old4, n4);
                forget_list(m, group, set->ip6, set->n6, old6, n6);
                return e && e->code == E2BIG ? err_set(e, ENOSPC, "bpf: no room for more addresses") : -(e ? e->code : EIO);
        }
        forget_list(m, group, old4, n4, set->ip4, set->n4);
        forget_list(m, group, old6, n6, set->ip6, set->n6);
        return 0;
}

int addr_drop(const struct addr_maps *m, uint64_t group, struct err *e)
{
        struct addr_ip old[ADDR_MAX];
        struct addr_jail before;

        if (bpf_map_get(m->jails, &group, &before, NULL) < 0)
                return 0;
        /* Lists first: without the entry nobody would know of them. */
        for (int i = 0; i < 2; i++) {
                int family = i ? AF_INET6 : AF_INET;
                unsigned n = (i ? before.n6 : before.n4) > 1 ? read_list(m, group, family, old) : 0;

                forget_list(m, group, old, n, NULL, 0);
                if (number_list(m, group, family, NULL, 0, n, e) < 0)
                        return -e->code;
        }
        return bpf_map_drop(m->jails, &group, e);
}
