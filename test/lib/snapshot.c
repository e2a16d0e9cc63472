#include "snapshot.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/net_namespace.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/fib_rules.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ------------------------------------------------------------------ lines */

struct lines {
        char **v;
        size_t n, room;
        size_t section;         /* first line of the kind that is being collected */
};

static struct lines lines;      /* nftw(3) passes no context */

__attribute__((format(printf, 1, 2)))
static void add(const char *fmt, ...)
{
        va_list ap;

        if (lines.n == lines.room) {
                lines.room = lines.room ? lines.room * 2 : 256;
                lines.v = realloc(lines.v, lines.room * sizeof *lines.v);
        }
        va_start(ap, fmt);
        if (!lines.v || vasprintf(&lines.v[lines.n], fmt, ap) < 0)
                errx(1, "out of memory");
        va_end(ap);
        lines.n++;
}

static int by_text(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static void end_section(void)
{
        if (lines.n > lines.section)
                qsort(lines.v + lines.section, lines.n - lines.section, sizeof *lines.v, by_text);
        lines.section = lines.n;
}

/* The same, each line once. */
static void end_section_once(void)
{
        size_t from = lines.section, kept = from;

        end_section();
        for (size_t i = from; i < lines.n; i++)
                if (i > from && strcmp(lines.v[i], lines.v[kept - 1]) == 0)
                        free(lines.v[i]);
                else
                        lines.v[kept++] = lines.v[i];
        lines.n = lines.section = kept;
}

static char *join(void)
{
        size_t size = 1;
        char *text, *end;

        for (size_t i = 0; i < lines.n; i++)
                size += strlen(lines.v[i]) + 1;
        text = end = malloc(size);
        if (!text)
                errx(1, "out of memory");
        *end = '\0';
        for (size_t i = 0; i < lines.n; i++) {
                end = stpcpy(stpcpy(end, lines.v[i]), "\n");
                free(lines.v[i]);
        }
        lines.n = lines.section = 0;
        return text;
}

/* The first line of a file; false: there is none. */
static bool read_line(const char *path, char *ret, size_t size)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
                return false;
        n = read(fd, ret, size - 1);
        close(fd);
        if (n < 0)
                return false;
        ret[n] = '\0';
        ret[strcspn(ret, "\n")] = '\0';
        return true;
}

/* ----------------------------------------------------- mounts, control groups */

static const char *cgroup_prefix;       /* for one_cgroup */

/* What is below gaol or gaol.CONTROLLERS; these two are everybody's. */
static int one_cgroup(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        const char *name = strstr(path, "/gaol");

        name = name ? strchr(name + 1, '/') : NULL;
        if (type == FTW_D && name &&
            (!cgroup_prefix || strncmp(name + 1, cgroup_prefix, strlen(cgroup_prefix)) == 0))
                add("cgroup %s", path);
        return 0;
}

static void groups_below(const char *mount)
{
        DIR *list = opendir(mount);
        struct dirent *d;

        while (list && (d = readdir(list))) {
                char path[512];

                snprintf(path, sizeof path, "%s/%s", mount, d->d_name);
                /* A directory that goes away meanwhile is another test's: ours stand still. */
                if (strcmp(d->d_name, "gaol") == 0 || strncmp(d->d_name, "gaol.", 5) == 0)
                        nftw(path, one_cgroup, 16, FTW_PHYS | FTW_MOUNT);
        }
        if (list)
                closedir(list);
}

static void mounts_and_cgroups(const char *prefix)
{
        FILE *f = fopen("/proc/self/mountinfo", "re");
        char *line = NULL, groups[64][256];
        size_t size = 0, n_groups = 0;

        if (!f)
                err(1, "/proc/self/mountinfo");
        while (getline(&line, &size, f) > 0) {
                char root[256], at[256], options[256], type[64], source[256];
                const char *rest = strstr(line, " - ");

                if (!rest || sscanf(line, "%*d %*d %*s %255s %255s %255s", root, at, options) != 3 ||
                    sscanf(rest + 3, "%63s %255s", type, source) != 2)
                        errx(1, "mountinfo: %s", line);
                add("mount %s %s %s %s %s", at, type, source, root, options);
                if (strncmp(type, "cgroup", 6) == 0 && n_groups < 64)
                        snprintf(groups[n_groups++], sizeof groups[0], "%s", at);
        }
        free(line);
        fclose(f);
        end_section();
        cgroup_prefix = prefix;
        for (size_t i = 0; i < n_groups; i++)
                groups_below(groups[i]);
        end_section();
}

/* ---------------------------------------------------------------- network */

typedef void message_fn(const struct nlmsghdr *h);

/* The kernel's own NLMSG_NEXT and RTA_NEXT cast to what needs more alignment, which clang minds. */
static const struct nlmsghdr *after_message(const struct nlmsghdr *h, ssize_t *left)
{
        *left -= NLMSG_ALIGN(h->nlmsg_len);
        return (const void *)((const char *)h + NLMSG_ALIGN(h->nlmsg_len));
}

static const struct rtattr *after_attr(const struct rtattr *a, int *left)
{
        *left -= (int)RTA_ALIGN(a->rta_len);
        return (const void *)((const char *)a + RTA_ALIGN(a->rta_len));
}

/* One dump request; what the kernel lacks (IPv6 rules, say) is empty. */
static bool dump(int protocol, int type, int family, size_t body, message_fn *each)
{
        struct {
                struct nlmsghdr h;
                char body[64];
        } ask = { .h = { .nlmsg_len = (unsigned)(NLMSG_HDRLEN + body), .nlmsg_type = (unsigned short)type,
                         .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
        static char buf[1 << 16] __attribute__((aligned(NLMSG_ALIGNTO)));
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
        bool any = false;

        ask.body[0] = (char)family;
        if (fd < 0 || send(fd, &ask, ask.h.nlmsg_len, 0) < 0)
                err(1, "netlink");
        for (;;) {
                ssize_t n = recv(fd, buf, sizeof buf, 0);

                if (n < 0)
                        err(1, "netlink");
                for (const struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = after_message(h, &n)) {
                        if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
                                close(fd);
                                return any;
                        }
                        any = true;
                        if (each)
                                each(h);
                }
        }
}

#define ATTRS 64

static void parse(const struct rtattr *ret[ATTRS], const struct nlmsghdr *h, size_t body)
{
        const struct rtattr *a = (const void *)((const char *)NLMSG_DATA(h) + NLMSG_ALIGN(body));
        int n = (int)NLMSG_PAYLOAD(h, body);

        memset(ret, 0, ATTRS * sizeof *ret);
        for (; RTA_OK(a, n); a = after_attr(a, &n))
                if ((a->rta_type & NLA_TYPE_MASK) < ATTRS)
                        ret[a->rta_type & NLA_TYPE_MASK] = a;
}

static const struct rtattr *nested(const struct rtattr *outer, int type)
{
        const struct rtattr *a = RTA_DATA(outer);
        int n = (int)RTA_PAYLOAD(outer);

        for (; RTA_OK(a, n); a = after_attr(a, &n))
                if (a->rta_type == type)
                        return a;
        return NULL;
}

static uint32_t number(const struct rtattr *a)
{
        uint32_t v = 0;

        if (a)
                memcpy(&v, RTA_DATA(a), RTA_PAYLOAD(a) < sizeof v ? RTA_PAYLOAD(a) : sizeof v);
        return v;
}

static const char *name_of(uint32_t index, char buf[IF_NAMESIZE])
{
        return index && if_indextoname(index, buf) ? buf : "-";
}

static const char *ip_of(int family, const struct rtattr *a, char buf[INET6_ADDRSTRLEN])
{
        return a && inet_ntop(family, RTA_DATA(a), buf, INET6_ADDRSTRLEN) ? buf : "-";
}

static const char *mac_of(const struct rtattr *a, char buf[64])
{
        const unsigned char *b = a ? RTA_DATA(a) : NULL;

        buf[0] = '\0';
        for (size_t i = 0; a && i < RTA_PAYLOAD(a) && i < 20; i++)
                sprintf(buf + 3 * i, "%02x:", b[i]);
        return buf;
}

static void one_link(const struct nlmsghdr *h)
{
        static const char *const conf[] = { "ipv4/conf/%s/forwarding", "ipv4/conf/%s/rp_filter",
                                            "ipv4/conf/%s/route_localnet", "ipv6/conf/%s/forwarding",
                                            "ipv6/conf/%s/accept_ra", "ipv6/conf/%s/disable_ipv6" };
        const struct ifinfomsg *m = NLMSG_DATA(h);
        const struct rtattr *a[ATTRS];
        const char *name, *kind = "-";
        char master[IF_NAMESIZE], mac[64];

        parse(a, h, sizeof *m);
        name = a[IFLA_IFNAME] ? RTA_DATA(a[IFLA_IFNAME]) : "?";
        if (a[IFLA_LINKINFO] && nested(a[IFLA_LINKINFO], IFLA_INFO_KIND))
                kind = RTA_DATA(nested(a[IFLA_LINKINFO], IFLA_INFO_KIND));
        add("link %s %s %s master %s group %u mtu %u %s%s", name, kind, m->ifi_flags & IFF_UP ? "up" : "down",
            name_of(number(a[IFLA_MASTER]), master), number(a[IFLA_GROUP]), number(a[IFLA_MTU]),
            mac_of(a[IFLA_ADDRESS], mac), m->ifi_flags & IFF_PROMISC ? " promisc" : "");
        for (size_t i = 0; i < sizeof conf / sizeof *conf; i++) {
                char file[96], path[128], value[32];

                snprintf(file, sizeof file, conf[i], name);
                snprintf(path, sizeof path, "/proc/sys/net/%s", file);
                if (read_line(path, value, sizeof value))
                        add("sysctl %s %s", file, value);
        }
}

static void one_address(const struct nlmsghdr *h)
{
        const struct ifaddrmsg *m = NLMSG_DATA(h);
        char name[IF_NAMESIZE], ip[INET6_ADDRSTRLEN];
        const struct rtattr *a[ATTRS];

        parse(a, h, sizeof *m);
        add("address %s %s/%u", name_of(m->ifa_index, name), ip_of(m->ifa_family, a[IFA_ADDRESS], ip), m->ifa_prefixlen);
}

static void one_neighbour(const struct nlmsghdr *h)
{
        const struct ndmsg *m = NLMSG_DATA(h);
        char name[IF_NAMESIZE], ip[INET6_ADDRSTRLEN], mac[64];
        const struct rtattr *a[ATTRS];

        parse(a, h, sizeof *m);
        if (m->ndm_state & NUD_PERMANENT)
                add("neighbour %s %s %s", name_of((uint32_t)m->ndm_ifindex, name), ip_of(m->ndm_family, a[NDA_DST], ip),
                    mac_of(a[NDA_LLADDR], mac));
}

static void one_route(const struct nlmsghdr *h)
{
        const struct rtmsg *m = NLMSG_DATA(h);
        char name[IF_NAMESIZE], ip[INET6_ADDRSTRLEN], via[INET6_ADDRSTRLEN];
        const struct rtattr *a[ATTRS];

        parse(a, h, sizeof *m);
        if (!(m->rtm_flags & RTM_F_CLONED))
                add("route %s/%u via %s dev %s table %u type %u", ip_of(m->rtm_family, a[RTA_DST], ip), m->rtm_dst_len,
                    ip_of(m->rtm_family, a[RTA_GATEWAY], via), name_of(number(a[RTA_OIF]), name), number(a[RTA_TABLE]),
                    m->rtm_type);
}

static void one_rule(const struct nlmsghdr *h)
{
        const struct fib_rule_hdr *m = NLMSG_DATA(h);
        const struct rtattr *a[ATTRS];
        char ip[INET6_ADDRSTRLEN];

        parse(a, h, sizeof *m);
        add("rule %u family %u from %s table %u", number(a[FRA_PRIORITY]), m->family, ip_of(m->family, a[FRA_SRC], ip),
            number(a[FRA_TABLE]));
}

/* A namespace at the other end of one of our links has a number here until it is gone. */
static void one_nsid(const struct nlmsghdr *h)
{
        add("namespace behind a link");
}

static void rules_of_nft(void)
{
        char *line = NULL;
        size_t size = 0;
        FILE *f;

        if (!dump(NETLINK_NETFILTER, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, AF_UNSPEC, sizeof(struct nfgenmsg), NULL))
                return;
        f = popen("nft list ruleset", "re");
        if (!f)
                err(1, "nft");
        while (getline(&line, &size, f) > 0) {
                line[strcspn(line, "\n")] = '\0';
                add("nft %s", line);
        }
        free(line);
        if (pclose(f) != 0)
                errx(1, "nft list ruleset failed");
        lines.section = lines.n;        /* in its own order */
}

static void network(void)
{
        static const char *const global[] = { "ipv4/ip_forward", "ipv4/conf/all/forwarding", "ipv4/conf/all/rp_filter",
                                              "ipv4/conf/all/route_localnet", "ipv4/conf/default/forwarding",
                                              "ipv6/conf/all/forwarding", "ipv6/conf/default/forwarding" };

        dump(NETLINK_ROUTE, RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg), one_link);
        end_section();
        dump(NETLINK_ROUTE, RTM_GETADDR, AF_UNSPEC, sizeof(struct ifaddrmsg), one_address);
        end_section();
        dump(NETLINK_ROUTE, RTM_GETNEIGH, AF_UNSPEC, sizeof(struct ndmsg), one_neighbour);
        end_section();
        dump(NETLINK_ROUTE, RTM_GETROUTE, AF_INET, sizeof(struct rtmsg), one_route);
        dump(NETLINK_ROUTE, RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg), one_route);
        end_section();
        dump(NETLINK_ROUTE, RTM_GETRULE, AF_INET, sizeof(struct fib_rule_hdr), one_rule);
        dump(NETLINK_ROUTE, RTM_GETRULE, AF_INET6, sizeof(struct fib_rule_hdr), one_rule);
        end_section();
        dump(NETLINK_ROUTE, RTM_GETNSID, AF_UNSPEC, sizeof(struct rtgenmsg), one_nsid);
        rules_of_nft();
        for (size_t i = 0; i < sizeof global / sizeof *global; i++) {
                char path[128], value[32];

                snprintf(path, sizeof path, "/proc/sys/net/%s", global[i]);
                if (read_line(path, value, sizeof value))
                        add("sysctl %s %s", global[i], value);
        }
        end_section();
}

/* ------------------------------------------------------------------ files */

static int one_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        static const char *const ours[] = { "/run/gaol", "/run/gaol/jails", "/run/gaol/index", "/var/lib/gaol" };

        /* What is made once and stays: the directory of records, the index, locks. */
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
                if (strcmp(path, ours[i]) == 0)
                        return 0;
        if (strncmp(path, "/run/gaol/lock.", 15) != 0 && type != FTW_NS)
                add("file %s mode %o owner %u", path, st->st_mode, (unsigned)st->st_uid);
        return 0;
}

static void files(const char *const *dirs)
{
        nftw("/run/gaol", one_file, 16, FTW_PHYS);
        nftw("/var/lib/gaol", one_file, 16, FTW_PHYS);
        for (; dirs && *dirs; dirs++)
                nftw(*dirs, one_file, 16, FTW_PHYS);
        end_section();
}

/* ---------------------------------------------------- processes, namespaces */

struct process {
        int pid, parent;
        char state, comm[64];
};

static struct process *find(struct process *all, size_t n, int pid)
{
        for (size_t i = 0; i < n; i++)
                if (all[i].pid == pid)
                        return &all[i];
        return NULL;
}

/* The process below PID 1 that pid descends from. */
static int top(struct process *all, size_t n, int pid)
{
        struct process *p = find(all, n, pid);

        while (p && p->parent > 1 && find(all, n, p->parent))
                p = find(all, n, p->parent);
        return p ? p->pid : 0;
}

static bool read_process(int pid, struct process *ret)
{
        char path[64], line[512], *comm, *end;

        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        if (!read_line(path, line, sizeof line))
                return false;
        comm = strchr(line, '(');
        end = strrchr(line, ')');
        *ret = (struct process){ .pid = pid };
        if (!comm || !end || sscanf(end, ") %c %d", &ret->state, &ret->parent) != 2)
                return false;
        *end = '\0';
        snprintf(ret->comm, sizeof ret->comm, "%s", comm + 1);
        return true;
}

static void namespaces_in(int pid, const char *dir)
{
        static const char *const kinds[] = { "cgroup:[", "ipc:[", "mnt:[", "net:[", "pid:[", "time:[", "user:[", "uts:[" };
        char path[64];
        struct dirent *d;
        DIR *list;

        /* Descriptors have them among sockets and pipes, "ns" has pid_for_children and time_for_children. */
        snprintf(path, sizeof path, "/proc/%d/%s", pid, dir);
        list = opendir(path);
        while (list && (d = readdir(list))) {
                char link[128];
                ssize_t n = readlinkat(dirfd(list), d->d_name, link, sizeof link - 1);

                link[n < 0 ? 0 : n] = '\0';
                for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
                        if (strncmp(link, kinds[i], strlen(kinds[i])) == 0 && !strstr(d->d_name, "_for_"))
                                add("namespace %s", link);
        }
        if (list)
                closedir(list);
}

/* Processes that are not the test's own, zombies, and every namespace that a process is in or holds. */
static void processes(void)
{
        struct process *all = NULL;
        size_t n = 0, room = 0;
        struct dirent *d;
        DIR *proc = opendir("/proc");
        int main_pid;

        if (!proc)
                err(1, "/proc");
        while ((d = readdir(proc))) {
                int pid = atoi(d->d_name);

                if (pid <= 0)
                        continue;
                if (n == room) {
                        room = room ? room * 2 : 64;
                        all = realloc(all, room * sizeof *all);
                        if (!all)
                                errx(1, "out of memory");
                }
                n += read_process(pid, &all[n]);
        }
        closedir(proc);
        main_pid = top(all, n, getpid());
        for (size_t i = 0; i < n; i++)
                if (all[i].pid != 1 && (all[i].state == 'Z' || top(all, n, all[i].pid) != main_pid))
                        add("process %s%s", all[i].comm, all[i].state == 'Z' ? " zombie" : "");
        end_section();
        for (size_t i = 0; i < n; i++) {
                namespaces_in(all[i].pid, "ns");
                namespaces_in(all[i].pid, "fd");
        }
        free(all);
        end_section_once();
}

char *snapshot_take(const struct snapshot_want *want)
{
        mounts_and_cgroups(want->cgroups);
        network();
        files(want->dirs);
        processes();
        return join();
}

/* ------------------------------------------------------------- comparison */

static bool has_line(const char *text, const char *line, size_t n)
{
        for (const char *at = text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
                if (strncmp(at, line, n) == 0 && (at[n] == '\n' || !at[n]))
                        return true;
        return false;
}

static bool goes_with_link(const char *line)
{
        static const char *const kinds[] = { "link ", "sysctl ", "address ", "neighbour ", "route ", "namespace behind " };

        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
                if (strncmp(line, kinds[i], strlen(kinds[i])) == 0)
                        return true;
        return false;
}

/* Lines of text that are not in another. Prints the first of them behind sign, unless that is 0. */
static size_t lacking(const char *in, const char *text, bool only_lasting, char sign)
{
        size_t n = 0;

        for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
                if (has_line(in, line, (size_t)(end - line)) || (only_lasting && goes_with_link(line)))
                        continue;
                if (sign && n < 40)
                        fprintf(stderr, "  %c %.*s\n", sign, (int)(end - line), line);
                n++;
        }
        if (sign && n > 40)
                fprintf(stderr, "  %c and %zu lines more\n", sign, n - 40);
        return n;
}

static double now(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool snapshot_settles(const struct snapshot_want *want, const char *before, int seconds, int seconds_for_links)
{
        struct timespec pause = { .tv_nsec = 1000 * 1000 };
        double start = now();

        for (;;) {
                char *after = snapshot_take(want);
                bool same = strcmp(before, after) == 0;
                double waited = now() - start;

                if (!same && waited > seconds &&
                    (waited > seconds_for_links || lacking(before, after, true, 0) || lacking(after, before, true, 0))) {
                        lacking(after, before, false, '-');
                        lacking(before, after, false, '+');
                        free(after);
                        return false;
                }
                free(after);
                if (same)
                        return true;
                nanosleep(&pause, NULL);
                if (pause.tv_nsec < 64 * 1000 * 1000)
                        pause.tv_nsec *= 2;
        }
}
