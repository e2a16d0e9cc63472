#include "addr.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/addr.h"
#include "kern/cgroup.h"
#include "kern/ns.h"
#include "spec/netspec.h"
#include "state/record.h"
#include "step/host.h"
#include "step/limit.h"

/* The two families, for what is done alike. */
static const struct family {
        int family;
        const char *param, *saddrsel;
} families[] = {
        { AF_INET, "ip4.addr", "ip4.saddrsel" }, { AF_INET6, "ip6.addr", "ip6.saddrsel" },
};

static const struct strv *list_of(const struct jail_spec *s, const struct family *f)
{
        return f->family == AF_INET ? &s->ip4_addr : &s->ip6_addr;
}

static int word_of(const struct jail_spec *s, const struct family *f)
{
        return f->family == AF_INET ? s->ip4 : s->ip6;
}

static bool same_ip(const struct net_ip *a, const struct net_ip *b)
{
        return a->family == b->family && memcmp(a->b, b->b, sizeof a->b) == 0;
}

static bool has_ip(const struct strv *list, const struct net_ip *ip)
{
        struct net_addr a;

        for (size_t i = 0; i < list->n; i++)
                if (netspec_alias(list->v[i], ip->family, &a, NULL) == 0 && same_ip(&a.ip, ip))
                        return true;
        return false;
}

/* Also without addresses: it may just have lost the last. */
static bool wanted(const struct jail_spec *s)
{
        return s->vnet != JAILSYS_NEW;
}

/* Programs are for who is root of the machine to load. */
static int check_host(const struct run *run, struct err *e)
{
        for (size_t i = 0; i < COUNT(families); i++)
                if (run->host->nested && list_of(run->spec, &families[i])->n)
                        return err_set(e, EPERM, "%s: cannot be given to a jail from inside another", families[i].param);
        return 0;
}

/* The network stack the jail is on: the host's, or one that a jail above has for itself. */
struct stack {
        int netns;
        uint32_t number;
        uint64_t cookie;        /* 0: the kernel does not tell (before 5.14) */
        bool host;
};

static void stack_close(struct stack *s)
{
        fd_drop(&s->netns);
}
#define autostack __attribute__((cleanup(stack_close))) struct stack
#define STACK_CLOSED ((struct stack){ .netns = -EBADF })

static int read_cookie(const struct run *run, struct stack *s, struct err *e)
{
        socklen_t size = sizeof s->cookie;
        autonl there = NL_CLOSED;

        if (!s->host && nl_open_in(NETLINK_ROUTE, s->netns, run->host->self.net, &there, e) < 0)
                return -e->code;
        if (getsockopt(s->host ? run->nl_host.fd : there.fd, SOL_SOCKET, SO_NETNS_COOKIE, &s->cookie, &size) < 0)
                s->cookie = 0;
        return 0;
}

static int stack_open(const struct run *run, struct stack *s, struct err *e)
{
        struct stat st, own;

        if (run->netns >= 0)
                s->netns = fcntl(run->netns, F_DUPFD_CLOEXEC, 3);
        else if (run->above >= 0)
                s->netns = ns_open(run->above, run->above_init, "net", e);
        else
                s->netns = fcntl(run->host->self.net, F_DUPFD_CLOEXEC, 3);
        if (s->netns < 0 || fstat(s->netns, &st) < 0 || fstat(run->host->self.net, &own) < 0)
                return err_sys(e, "network namespace");
        s->number = (uint32_t)st.st_ino;
        s->host = st.st_ino == own.st_ino && st.st_dev == own.st_dev;
        return read_cookie(run, s, e);
}

/* "KIND REST" of an entry of ours; NULL: of another kind. */
static const char *note_rest(const char *note, const char *kind)
{
        size_t n = strlen(kind);

        return strncmp(note, kind, n) == 0 && note[n] == ' ' ? note + n + 1 : NULL;
}

/* ----------------------------------------------------------------- aliases */

static void alias_object(const char *iface, const char *text, char *ret, size_t size)
{
        snprintf(ret, size, "alias.%s.%s", iface, text);
}

/* Is it an address of the host's already, on whatever interface? 1, 0, or -errno. */
static int is_local(struct run *run, const struct net_ip *ip, struct err *e)
{
        struct nl_route route;
        int r = nl_get_route(&run->nl_host, ip->family, ip->b, &route, e);

        if (r < 0)
                return nl_no_route(r) ? 0 : r;
        return route.type == RTN_LOCAL;
}

/*
 * Alone with their network, aliases go as they came. Where several are of one network the kernel takes those that came
 * later away with the first, unless promote_secondaries is on: so it is, for that moment.
 */
static int delete_alias(struct run *run, const char *iface, int index, const struct net_addr *a, const char *text,
                        struct err *e)
{
        static const int on[][2] = { { IPV4_DEVCONF_PROMOTE_SECONDARIES, 1 } };
        static const int off[][2] = { { IPV4_DEVCONF_PROMOTE_SECONDARIES, 0 } };
        bool promote = a->ip.family == AF_INET && a->len < 32;
        autonlb b = NLB(&run->nl_host);
        char path[64], was[8];

        snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/promote_secondaries", iface);
        promote = promote && fd_get(AT_FDCWD, path, was, sizeof was, NULL) > 0 && str_eq(was, "0");
        if (promote)
                nl_set_conf4(&b, iface, on, 1, iface);
        nl_del_addr(&b, index, a->ip.family, a->ip.b, a->len, text);
        nlb_forgive(&b, EADDRNOTAVAIL);
        if (promote)
                nl_set_conf4(&b, iface, off, 1, iface);
        return nlb_send(&b, NULL, e);
}

static int remove_alias(struct run *run, const char *note, struct err *e)
{
        char iface[IFNAMSIZ], text[NET_IP_TEXT + 8], object[80], was[64], *slash;
        const char *rest = note_rest(note, "alias");
        autofd lock = -EBADF;
        struct net_addr a;
        int index, r;

        if (!rest || sscanf(rest, "%15s %53s", iface, text) != 2 ||
            netspec_addr(text, strchr(text, ':') ? AF_INET6 : AF_INET, &a, NULL) < 0)
                return err_set(e, EINVAL, "not a note: %s", note);
        slash = strchr(text, '/');
        if (slash)
                *slash = '\0';
        alias_object(iface, text, object, sizeof object);
        lock = store_lock(&run->host->store, "addr", e);
        if (lock < 0)
                return lock;
        r = shared_leave(&run->host->store, object, run->jid, was, sizeof was, e);
        if (r <= 0)
                return r;
        index = nl_index(&run->nl_host, iface);
        if (index > 0)
                r = delete_alias(run, iface, index, &a, text, e);
        else if (index != -ENODEV)
                return err_code(e, index, "%s", iface);
        return r < 0 ? r : shared_forget(&run->host->store, object, e);
}

/* done: write that it is done, too: for a change, which nobody else does it for. */
static int add_alias(struct run *run, const struct net_addr *a, const char *iface, bool done, struct err *e)
{
        autostack stack = STACK_CLOSED;
        char text[NET_IP_TEXT], object[80], note[96];
        autofd lock = -EBADF;
        autonlb b = NLB(&run->nl_host);
        int *members = NULL, index, r;
        size_t n;

        net_ip_text(&a->ip, text);
        alias_object(iface, text, object, sizeof object);
        snprintf(note, sizeof note, "alias %s %s/%u", iface, text, a->len);
        if (stack_open(run, &stack, e) < 0)
                return -e->code;
        if (!stack.host)
                return err_set(e, EOPNOTSUPP, "%s: not on the stack of a jail above", iface);
        index = nl_index(&run->nl_host, iface);
        if (index < 0)
                return err_code(e, index, "%s", iface);
        lock = store_lock(&run->host->store, "addr", e);
        if (lock < 0)
                return lock;
        r = shared_members(&run->host->store, object, &members, &n, e);
        free(members);
        if (r < 0)
                return r;
        /* The administrator's own: it stays when the jail goes. */
        r = n == 0 ? is_local(run, &a->ip, e) : 0;
        if (r != 0)
                return r < 0 ? r : 0;
        if (step_note(run, &step_alias, e, "%s", note) < 0 || shared_join(&run->host->store, object, run->jid, NULL, e) < 0)
                return -e->code;
        nl_add_addr(&b, index, a->ip.family, a->ip.b, a->len, a->ip.family == AF_INET6 ? IFA_F_NODAD : 0, text);
        nlb_forgive(&b, EEXIST);
        if (nlb_send(&b, NULL, e) < 0)
                return err_wrap(e, "%s", iface);
        return done ? record_done(run->record, step_alias.name, note, e) : 0;
}

/* Every address of the spec that is to be an alias and is not in old. */
static int add_aliases(struct run *run, const struct jail_spec *old, struct err *e)
{
        for (size_t i = 0; i < COUNT(families); i++) {
                const struct strv *list = list_of(run->spec, &families[i]);

                for (size_t k = 0; k < list->n; k++) {
                        struct net_addr a;
                        const char *iface;

                        if (netspec_alias(list->v[k], families[i].family, &a, e) < 0)
                                return err_wrap(e, "%s", families[i].param);
                        iface = a.iface[0] ? a.iface : run->spec->interface;
                        if (!iface || !*iface || (old && has_ip(list_of(old, &families[i]), &a.ip)))
                                continue;
                        if (add_alias(run, &a, iface, old, e) < 0)
                                return err_wrap(e, "%s", a.iface[0] ? families[i].param : "interface");
                }
        }
        return 0;
}

static int enact_alias(struct run *run, struct err *e)
{
        return check_host(run, e) < 0 ? -e->code : add_aliases(run, NULL, e);
}

const struct step step_alias = { .name = "alias", .wanted = wanted, .enact = enact_alias, .undo = remove_alias };

/* -------------------------------------------------------------- hierarchy */

/* What a jail may have of one family, once those above it have been asked. */
struct share {
        enum addr_mode mode;
        struct addr_ip *list;
        unsigned n;
};

static void share_free(struct share *s)
{
        free(s->list);
}
#define autoshare __attribute__((cleanup(share_free))) struct share

static struct addr_ip ip_of(const struct net_ip *ip)
{
        struct addr_ip v = {0};

        if (ip->family == AF_INET) {
                v.ip[2] = htonl(0xffff);
                memcpy(&v.ip[3], ip->b, 4);
        } else {
                memcpy(v.ip, ip->b, sizeof v.ip);
        }
        return v;
}

static int share_of_spec(const struct jail_spec *s, const struct family *f, struct share *ret, struct err *e)
{
        const struct strv *list = list_of(s, f);
        struct net_addr a;

        ret->mode = s->vnet == JAILSYS_NEW ? ADDR_ALL : word_of(s, f) == JAILSYS_INHERIT ? ADDR_ALL :
                    list->n ? ADDR_LIST : ADDR_NONE;
        if (ret->mode != ADDR_LIST)
                return 0;
        ret->list = calloc(list->n, sizeof *ret->list);
        if (!ret->list)
                return err_nomem(e);
        for (size_t i = 0; i < list->n; i++) {
                if (netspec_alias(list->v[i], f->family, &a, e) < 0)
                        return err_wrap(e, "%s", f->param);
                ret->list[ret->n++] = ip_of(&a.ip);
        }
        return 0;
}

static bool share_has(const struct share *s, const struct addr_ip *ip)
{
        for (unsigned i = 0; i < s->n; i++)
                if (memcmp(&s->list[i], ip, sizeof *ip) == 0)
                        return true;
        return s->mode == ADDR_ALL;
}

static int share_of(const struct run *run, const char *name, const struct jail_spec *s, const struct family *f,
                    struct share *ret, struct err *e);

/* The jail above, by the name; mode ADDR_ALL if there is none. */
static int share_above(const struct run *run, const char *name, const struct family *f, struct share *ret, struct err *e)
{
        const char *dot = strrchr(name, '.');
        autostr above = dot ? strndup(name, (size_t)(dot - name)) : NULL;
        struct record rec;
        int r = 0;

        ret->mode = ADDR_ALL;
        if (!dot)
                return 0;
        if (!above)
                return err_nomem(e);
        r = record_open(&run->host->store, above, false, &rec, e);
        if (r < 0)
                return r == -ENOENT ? share_above(run, above, f, ret, e) : r;
        if (record_live(&rec))
                r = share_of(run, above, &rec.spec, f, ret, e);
        record_close(&rec);
        return r;
}

/* FreeBSD's rule: never more than the jail above has; "inherit" is what it has. */
static int share_of(const struct run *run, const char *name, const struct jail_spec *s, const struct family *f,
                    struct share *ret, struct err *e)
{
        autoshare above = {0};
        int r = share_of_spec(s, f, ret, e);

        if (r == 0 && ret->mode != ADDR_NONE)
                r = share_above(run, name, f, &above, e);
        if (r < 0 || ret->mode == ADDR_NONE)
                return r;
        if (ret->mode == ADDR_ALL) {
                share_free(ret);
                *ret = above;
                above = (struct share){0};
                return 0;
        }
        for (unsigned i = 0; i < ret->n; i++)
                if (!share_has(&above, &ret->list[i]))
                        return err_set(e, EPERM, "%s: %s: the jail above does not have it", f->param, list_of(s, f)->v[i]);
        return 0;
}

/* ------------------------------------------------------------------ claims */

static void claim_object(const char *text, char *ret, size_t size)
{
        snprintf(ret, size, "addr.%s", text);
}

static bool is_below(const char *name, const char *above)
{
        size_t n = strlen(above);

        return strncmp(name, above, n) == 0 && name[n] == '.';
}

/* Finds a jail that lives: 1, 0: there is none, or -errno. Only asked where two want the same. */
static int find_jail(const struct run *run, int jid, struct record *ret, struct err *e)
{
        autostrv names = {0};

        if (store_names(&run->host->store, &names, e) < 0)
                return -e->code;
        for (size_t i = 0; i < names.n; i++) {
                int r = record_open(&run->host->store, names.v[i], false, ret, e);

                if (r == -ENOENT)
                        continue;
                if (r < 0)
                        return r;
                if (ret->jid == jid && record_live(ret))
                        return 1;
                record_close(ret);
        }
        return 0;
}

/*
 * Two jails may have the same address if it is all that each has of the family. Those above and below a jail share
 * theirs with it.
 */
static int check_clash(struct run *run, const struct family *f, const char *object, struct err *e)
{
        int *jids = NULL, r;
        size_t n;

        r = shared_members(&run->host->store, object, &jids, &n, e);
        for (size_t i = 0; i < n && r == 0; i++) {
                struct record other;

                if (jids[i] == run->jid)
                        continue;
                r = find_jail(run, jids[i], &other, e);
                if (r <= 0)
                        continue;
                r = 0;
                if (!is_below(run->name, other.name) && !is_below(other.name, run->name) &&
                    (list_of(run->spec, f)->n > 1 || list_of(&other.spec, f)->n > 1))
                        r = err_set(e, EADDRINUSE, "IPv%d addresses clash", f->family == AF_INET ? 4 : 6);
                record_close(&other);
        }
        free(jids);
        return r;
}

static int release(struct run *run, const char *text, struct err *e)
{
        char object[64], was[64];
        autofd lock = store_lock(&run->host->store, "addr", e);
        int r;

        if (lock < 0)
                return lock;
        claim_object(text, object, sizeof object);
        r = shared_leave(&run->host->store, object, run->jid, was, sizeof was, e);
        return r <= 0 ? r : shared_forget(&run->host->store, object, e);
}

static bool is_noted(const struct run *run, const struct step *step, const char *note)
{
        for (size_t i = 0; i < run->record->n_entries; i++)
                if (str_eq(run->record->entries[i].step, step->name) && str_eq(run->record->entries[i].note, note))
                        return true;
        return false;
}

/* The note counts, not what an earlier configuration said: what is noted already is only looked at for clashes. */
static int claim(struct run *run, const struct family *f, const struct net_ip *ip, bool done, struct err *e)
{
        char text[NET_IP_TEXT], object[64], note[64];
        autofd lock = store_lock(&run->host->store, "addr", e);

        if (lock < 0)
                return lock;
        net_ip_text(ip, text);
        claim_object(text, object, sizeof object);
        snprintf(note, sizeof note, "claim %s", text);
        if (check_clash(run, f, object, e) < 0)
                return -e->code;
        if (is_noted(run, &step_addr, note))
                return 0;
        if (step_note(run, &step_addr, e, "%s", note) < 0 || shared_join(&run->host->store, object, run->jid, NULL, e) < 0)
                return -e->code;
        return done ? record_done(run->record, step_addr.name, note, e) : 0;
}

static int claim_all(struct run *run, bool done, struct err *e)
{
        autostack stack = STACK_CLOSED;

        if (stack_open(run, &stack, e) < 0)
                return -e->code;
        /* The addresses of another stack have nothing to do with these. */
        if (!stack.host)
                return 0;
        for (size_t i = 0; i < COUNT(families); i++) {
                const struct strv *list = list_of(run->spec, &families[i]);
                struct net_addr a;

                for (size_t k = 0; k < list->n; k++)
                        if (netspec_alias(list->v[k], families[i].family, &a, e) < 0 ||
                            claim(run, &families[i], &a.ip, done, e) < 0)
                                return -e->code;
        }
        return 0;
}

/* Gives back what is noted and not in the spec (any more): aliases and claims. */
static int release_rest(struct run *run, struct err *e)
{
        for (size_t i = run->record->n_entries; i-- > 0;) {
                const struct entry *entry = &run->record->entries[i];
                const struct step *step = str_eq(entry->step, step_addr.name) ? &step_addr :
                                          str_eq(entry->step, step_alias.name) ? &step_alias : NULL;
                const char *rest = !step ? NULL : step == &step_alias ? note_rest(entry->note, "alias")
                                                                     : note_rest(entry->note, "claim");
                autostr note = NULL;
                struct net_addr a;

                if (rest && step == &step_alias)
                        rest = strchr(rest, ' ') ? strchr(rest, ' ') + 1 : NULL;
                if (!rest || netspec_addr(rest, strchr(rest, ':') ? AF_INET6 : AF_INET, &a, NULL) < 0 ||
                    has_ip(a.ip.family == AF_INET ? &run->spec->ip4_addr : &run->spec->ip6_addr, &a.ip))
                        continue;
                note = strdup(entry->note);
                if (!note)
                        return err_nomem(e);
                if (step->undo(run, note, e) < 0)
                        return -e->code;
                record_undone(run->record, step->name, note, NULL);
        }
        return 0;
}

/* -------------------------------------------------------------------- maps */

/* The topmost directory of such groups that the group is in: the programs of that are those of jails below as well. */
static int open_directory(const struct cgroup_tree *tree, const char *path, struct err *e)
{
        const char *at = str_starts(path, LIMIT_NET) ? path : strstr(path, "/" LIMIT_NET);
        autostr directory = NULL;

        if (!at)
                return err_set(e, EINVAL, "not a control group of such jails: %s", path);
        at += *at == '/';
        directory = strndup(path, (size_t)(at - path) + strcspn(at, "/"));
        return directory ? cgroup_open(tree, directory, e) : err_nomem(e);
}

static const char *map_note(const struct run *run)
{
        for (size_t i = 0; i < run->record->n_entries; i++)
                if (str_eq(run->record->entries[i].step, step_addr.name) && note_rest(run->record->entries[i].note, "map"))
                        return run->record->entries[i].note;
        return NULL;
}

static bool bind_v6only(void)
{
        char text[8];

        return fd_get(AT_FDCWD, "/proc/sys/net/ipv6/bindv6only", text, sizeof text, NULL) > 0 && str_eq(text, "1");
}

/* What the programs are to know, out of the spec. */
static int fill_set(const struct run *run, struct share share[2], struct addr_set *ret, struct err *e)
{
        const struct jail_spec *s = run->spec;
        autostack stack = STACK_CLOSED;

        if (stack_open(run, &stack, e) < 0)
                return -e->code;

        for (size_t i = 0; i < COUNT(families); i++)
                if (share_of(run, run->name, s, &families[i], &share[i], e) < 0)
                        return -e->code;
        *ret = (struct addr_set){
                .jail = {
                        .root = run->uid_base, .netns = stack.number, .stack = stack.cookie, .mode4 = share[0].mode, .mode6 = share[1].mode,
                        .flags = (uint8_t)((s->allow[ALLOW_RAW_SOCKETS] ? ADDR_RAW : 0) |
                                           (s->allow[ALLOW_RESERVED_PORTS] && run->uid_count ? ADDR_RESERVED : 0) |
                                           (bind_v6only() ? ADDR_V6ONLY : 0) | (s->ip4_saddrsel ? ADDR_SELECT4 : 0) | (s->ip6_saddrsel ? ADDR_SELECT6 : 0)),
                },
                .ip4 = share[0].list, .n4 = share[0].n, .ip6 = share[1].list, .n6 = share[1].n,
        };
        return 0;
}

static int tell(const struct run *run, const struct addr_maps *maps, uint64_t id, struct err *e)
{
        struct share share[2] = {0};
        struct addr_set set;
        int r = fill_set(run, share, &set, e);

        if (r == 0)
                r = addr_put(maps, id, &set, e) < 0 ? err_wrap(e, "%s", set.n4 || !set.n6 ? "ip4.addr" : "ip6.addr") : 0;
        share_free(&share[0]);
        share_free(&share[1]);
        return r;
}

static int enact_addr(struct run *run, struct err *e)
{
        const struct cgroup_tree *tree;
        autoaddr maps = ADDR_MAPS_CLOSED;
        autofd directory = -EBADF;
        const char *path;
        uint64_t id;

        if (!limit_confines(run))
                return check_host(run, e);
        if (claim_all(run, false, e) < 0)
                return -e->code;
        tree = limit_v2(run, &path, e);
        if (!tree)
                return err_wrap(e, "ip4.addr");
        directory = open_directory(tree, path, e);
        if (directory < 0 || addr_group_id(run->cgroup, &id, e) < 0 || addr_prepare(directory, &maps, e) < 0)
                return err_wrap(e, "ip4.addr");
        if (step_note(run, &step_addr, e, "map %" PRIu64 " %s", id, path) < 0)
                return -e->code;
        return tell(run, &maps, id, e);
}

/* The maps that a note is about; -ENOENT: they are gone, and with them all they knew. */
static int open_maps(const char *note, uint64_t *ret_id, struct addr_maps *ret, int *ret_directory, struct err *e)
{
        const struct cgroup_layout *layout;
        const struct cgroup_tree *tree;
        autofd directory = -EBADF;
        const char *rest = note_rest(note, "map"), *path = rest ? strchr(rest, ' ') : NULL;
        int r;

        if (!path || sscanf(rest, "%" SCNu64, ret_id) != 1)
                return err_set(e, EINVAL, "not a note: %s", note);
        if (cgroup_layout_get(&layout, e) < 0)
                return -e->code;
        tree = cgroup_v2(layout, e);
        if (!tree)
                return -ENOENT;
        directory = open_directory(tree, path + 1, e);
        if (directory < 0)
                return directory;
        r = addr_open(directory, ret, e);
        if (r == 0)
                *ret_directory = fd_take(&directory);
        return r;
}

static int undo_addr(struct run *run, const char *note, struct err *e)
{
        autoaddr maps = ADDR_MAPS_CLOSED;
        autofd directory = -EBADF;
        struct err mine = {0};
        uint64_t id;
        int r;

        if (note_rest(note, "claim"))
                return release(run, note_rest(note, "claim"), e);
        r = open_maps(note, &id, &maps, &directory, &mine);
        if (r == -ENOENT)
                return 0;
        if (r == 0)
                r = addr_drop(&maps, id, &mine);
        if (r < 0 && e)
                *e = mine;
        return r;
}

/* --------------------------------------------------------------- listeners */

/* Not noted: it ends with PID 1, which holds it. */
static int enact_lead(struct run *run, struct err *e)
{
        autoaddr maps = ADDR_MAPS_CLOSED;
        autostack stack = STACK_CLOSED;
        autofd directory = -EBADF;
        uint64_t id;

        if (!map_note(run))
                return 0;
        if (open_maps(map_note(run), &id, &maps, &directory, e) == 0 && stack_open(run, &stack, e) == 0)
                run->lead = addr_lead(directory, &maps, stack.netns, e);
        return run->lead < 0 ? err_wrap(e, "ip4.addr") : 0;
}

const struct step step_lead = { .name = "lead", .boot = true, .wanted = wanted, .enact = enact_lead };

/* ------------------------------------------------------------------ change */

static bool same_set(const struct jail_spec *a, const struct jail_spec *b)
{
        return strv_eq(&a->ip4_addr, &b->ip4_addr) && strv_eq(&a->ip6_addr, &b->ip6_addr) &&
               a->ip4_saddrsel == b->ip4_saddrsel && a->ip6_saddrsel == b->ip6_saddrsel &&
               a->allow[ALLOW_RAW_SOCKETS] == b->allow[ALLOW_RAW_SOCKETS] &&
               a->allow[ALLOW_RESERVED_PORTS] == b->allow[ALLOW_RESERVED_PORTS];
}

static int change_addr(struct run *run, const struct jail_spec *old, struct err *e)
{
        autoaddr maps = ADDR_MAPS_CLOSED;
        autofd directory = -EBADF;
        const struct jail_spec *new = run->spec;
        const char *note = map_note(run);
        uint64_t id;
        int r;

        /* What the jails above have may have changed. */
        if (same_set(new, old) && !strchr(run->name, '.'))
                return 0;
        if (!note) {
                bool ip4 = !strv_eq(&new->ip4_addr, &old->ip4_addr);

                /* Its network stack is not the host's, and there is no changing that. */
                if (ip4 || !strv_eq(&new->ip6_addr, &old->ip6_addr))
                        return err_set(e, EBUSY, "%s cannot be changed after creation: the jail was made without",
                                       ip4 ? "ip4.addr" : "ip6.addr");
                return 0;
        }
        r = open_maps(note, &id, &maps, &directory, e);
        if (r < 0)
                return err_wrap(e, "ip4.addr");
        r = claim_all(run, true, e);
        if (r == 0)
                r = add_aliases(run, old, e);
        if (r == 0)
                r = tell(run, &maps, id, e);
        if (r == 0)
                return release_rest(run, e);
        run->spec = old;
        release_rest(run, NULL);
        run->spec = new;
        return r;
}

const struct step step_addr = {
        .name = "addr", .wanted = wanted, .enact = enact_addr, .undo = undo_addr, .change = change_addr,
};
