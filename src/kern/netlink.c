/*
 * Everything the kernel is asked goes through struct nlb: a flat buffer of
 * messages and, beside it, what each is about. The kernel works through one
 * sendmsg() before it returns, so all answers (but the later parts of a dump)
 * are waiting by then, and reading never blocks: a missing acknowledgement is
 * an error to report, not a reason to hang.
 */
#include "netlink.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/str.h"

/* Larger than any one answer, and than the pages a dump is cut into. */
#define ANSWER_SIZE 16384
/* The default send buffer takes a good deal more than this. */
#define SMALL_BATCH 65536

int nl_open(int protocol, struct nl *ret, struct err *e)
{
        autofd fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
        const int on = 1;

        if (fd < 0)
                return err_sys(e, "netlink socket");
        /* Errors come with a sentence, and without a copy of what we sent. */
        if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on) < 0 ||
            setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on) < 0)
                return err_sys(e, "netlink socket: set options");
        *ret = (struct nl){ .fd = fd_take(&fd), .filter = -EBADF };
        return 0;
}

int nl_open_in(int protocol, int netns, int home, struct nl *ret, struct err *e)
{
        struct nl nl = NL_CLOSED;
        int r;

        if (setns(netns, CLONE_NEWNET) < 0)
                return err_sys(e, "enter the jail's network");
        r = nl_open(protocol, &nl, e);
        if (setns(home, CLONE_NEWNET) < 0) {
                nl_close(&nl);
                return err_set(e, ENOTRECOVERABLE, "return from the jail's network: %s", err_text(errno));
        }
        if (r == 0)
                *ret = nl;
        return r;
}

int nl_open_filter(struct nl *nl, struct err *e)
{
        struct nl filter;
        int r = nl_open(NETLINK_NETFILTER, &filter, e);

        if (r == 0)
                nl->filter = filter.fd;
        return r;
}

void nl_close(struct nl *nl)
{
        fd_drop(&nl->fd);
        fd_drop(&nl->filter);
}

void nlb_free(struct nlb *b)
{
        free(b->buf);
        free(b->msg);
        *b = NLB(b->nl);
}

/* The next size bytes of the batch, zeroed and followed by padding, or NULL. */
static void *append(struct nlb *b, size_t size)
{
        size_t want = b->len + NLMSG_ALIGN(size), room = b->size ? b->size : 2048;
        void *p;

        if (b->broken)
                return NULL;
        if (want > b->size) {
                while (room < want)
                        room *= 2;
                p = realloc(b->buf, room);
                if (!p) {
                        b->broken = ENOMEM;
                        return NULL;
                }
                b->buf = p;
                b->size = room;
        }
        p = b->buf + b->len;
        memset(p, 0, want - b->len);
        b->len = want;
        return p;
}

static struct nlmsghdr *message(const struct nlb *b, size_t i)
{
        void *p = b->buf + b->msg[i].at;

        return p;
}

void nlb_msg(struct nlb *b, uint16_t type, uint16_t flags, const void *header, size_t size, const char *what)
{
        size_t at = b->len;
        struct nlmsghdr *h;

        if (b->n == b->room) {
                size_t room = b->room ? b->room * 2 : 16;
                struct nlb_msg *msg = b->broken ? NULL : realloc(b->msg, room * sizeof *msg);

                if (!msg) {
                        b->broken = ENOMEM;
                        return;
                }
                b->msg = msg;
                b->room = room;
        }
        h = append(b, sizeof *h + size);
        if (!h)
                return;
        b->msg[b->n++] = (struct nlb_msg){ .at = at, .what = what };
        h->nlmsg_type = type;
        h->nlmsg_flags = flags | NLM_F_REQUEST;
        h->nlmsg_seq = ++b->nl->seq;
        memcpy(h + 1, header, size);
}

void nlb_forgive(struct nlb *b, int code)
{
        if (!b->broken)
                b->msg[b->n - 1].forgiven = code;
}

void nlb_last(struct nlb *b)
{
        b->answered = b->n;
}

void nlb_put(struct nlb *b, uint16_t type, const void *data, size_t size)
{
        struct nlattr *a;

        if (size > UINT16_MAX - sizeof *a)
                b->broken = EMSGSIZE;
        a = append(b, sizeof *a + size);
        if (!a)
                return;
        a->nla_type = type;
        a->nla_len = (uint16_t)(sizeof *a + size);
        if (size)
                memcpy(a + 1, data, size);
}

void nlb_str(struct nlb *b, uint16_t type, const char *s)
{
        nlb_put(b, type, s, strlen(s) + 1);
}

void nlb_u8(struct nlb *b, uint16_t type, uint8_t v)
{
        nlb_put(b, type, &v, sizeof v);
}

void nlb_u16(struct nlb *b, uint16_t type, uint16_t v)
{
        nlb_put(b, type, &v, sizeof v);
}

void nlb_u32(struct nlb *b, uint16_t type, uint32_t v)
{
        nlb_put(b, type, &v, sizeof v);
}

size_t nlb_nest(struct nlb *b, uint16_t type, const void *raw, size_t size)
{
        size_t at = b->len;

        nlb_put(b, type | NLA_F_NESTED, raw, size);
        return at;
}

void nlb_end(struct nlb *b, size_t nest)
{
        void *p;
        struct nlattr *a;

        if (b->len - nest > UINT16_MAX)
                b->broken = EMSGSIZE;
        if (b->broken)
                return;
        p = b->buf + nest;
        a = p;
        a->nla_len = (uint16_t)(b->len - nest);
}

/* Fills in the lengths, which were not known before the end of each message, and asks for the answer to wait for. */
static void finish(struct nlb *b)
{
        struct nlmsghdr *last;

        if (b->answered == 0)
                b->answered = b->n;
        last = message(b, b->answered - 1);
        if ((last->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
                last->nlmsg_flags |= NLM_F_ACK;
        for (size_t i = 0; i < b->n; i++)
                message(b, i)->nlmsg_len = (uint32_t)((i + 1 < b->n ? b->msg[i + 1].at : b->len) - b->msg[i].at);
}

static int transmit(struct nlb *b, struct err *e)
{
        struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

        if (b->len > SMALL_BATCH) {
                const int room = (int)b->len * 2;

                /* Without the right to, the send below says that it does not fit. */
                setsockopt(b->nl->fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
        }
        if (sendto(b->nl->fd, b->buf, b->len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0)
                return err_sys(e, "netlink: send");
        return 0;
}

/* The sentence the kernel adds to an error, or NULL. */
static const char *sentence(const struct nlmsghdr *h)
{
        const struct nlmsgerr *m = NLMSG_DATA(h);
        size_t skip = sizeof *m, size = NLMSG_PAYLOAD(h, 0);
        const struct nlattr *tb[NLMSGERR_ATTR_MSG + 1];

        if (!(h->nlmsg_flags & NLM_F_CAPPED))
                skip += m->msg.nlmsg_len - sizeof m->msg;
        if (!(h->nlmsg_flags & NLM_F_ACK_TLVS) || skip > size)
                return NULL;
        nl_attrs((const char *)m + skip, size - skip, tb, NLMSGERR_ATTR_MSG);
        if (!tb[NLMSGERR_ATTR_MSG] || nl_size(tb[NLMSGERR_ATTR_MSG]) == 0)
                return NULL;
        return nl_data(tb[NLMSGERR_ATTR_MSG]);  /* NUL-terminated by nla_put_string() */
}

struct asking {
        nl_reader read;
        void *arg;
        int result;             /* of the first message that failed */
        int stopped;            /* what the reader returned, if negative */
        size_t failed;
};

static void note_error(struct nlb *b, struct asking *q, const struct nlmsghdr *h, size_t i, struct err *e)
{
        const struct nlmsgerr *m = NLMSG_DATA(h);
        const char *more;

        if (m->error == 0 || -m->error == b->msg[i].forgiven || q->result < 0)
                return;
        more = sentence(h);
        q->failed = i;
        if (more)
                q->result = err_set(e, -m->error, "%s: %s (%s)", b->msg[i].what, err_text(m->error), more);
        else
                q->result = err_code(e, m->error, "%s", b->msg[i].what);
}

/* One answer. Returns true after the last one. */
static bool take(struct nlb *b, struct asking *q, const struct nlmsghdr *h, struct err *e)
{
        size_t i = h->nlmsg_seq - message(b, 0)->nlmsg_seq;

        if (i >= b->n)
                return false;           /* left over from a batch that was cut short */
        if (h->nlmsg_type == NLMSG_ERROR) {
                note_error(b, q, h, i, e);
                return i == b->answered - 1;
        }
        if (h->nlmsg_type == NLMSG_DONE)
                return i == b->answered - 1;
        if (q->read && q->stopped == 0) {
                int r = q->read(h, q->arg);

                if (r < 0)
                        q->stopped = r;
        }
        return false;
}

static int collect(struct nlb *b, struct asking *q, struct err *e)
{
        _Alignas(struct nlmsghdr) char buf[ANSWER_SIZE];

        for (bool last = false; !last;) {
                struct sockaddr_nl from;
                socklen_t from_size = sizeof from;
                ssize_t n = recvfrom(b->nl->fd, buf, sizeof buf, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from,
                                     &from_size);
                const struct nlmsghdr *h;

                /* Anyone with the right in this namespace may send to us; only the kernel answers. */
                if (n >= 0 && (from_size != sizeof from || from.nl_pid != 0))
                        continue;

                /* More errors than the socket holds: the first are there, and they are the ones that count. */
                if (n < 0 && (errno == EINTR || errno == ENOBUFS))
                        continue;
                /* nfnetlink answers nothing more once it has refused the opening message. */
                if (n < 0 && errno == EAGAIN && q->result < 0)
                        break;
                if (n < 0 || (size_t)n > sizeof buf)
                        return err_code(e, n < 0 ? errno : EMSGSIZE, "netlink: receive");
                for (size_t at = 0; !last && at < (size_t)n; at += NLMSG_ALIGN(h->nlmsg_len)) {
                        h = (const void *)(buf + at);
                        if (!NLMSG_OK(h, (size_t)n - at))
                                break;
                        last = take(b, q, h, e);
                }
        }
        return q->result;
}

int nlb_ask(struct nlb *b, nl_reader read, void *arg, size_t *ret_failed, struct err *e)
{
        struct asking q = { .read = read, .arg = arg };
        int r = 0;

        if (b->broken) {
                r = err_code(e, b->broken, "netlink message");
        } else if (b->n > 0) {
                finish(b);
                r = transmit(b, e);
                if (r == 0)
                        r = collect(b, &q, e);
        }
        if (r < 0 && ret_failed)
                *ret_failed = q.failed;
        b->len = b->n = b->answered = 0;
        b->broken = 0;
        return r < 0 ? r : q.stopped;
}

int nlb_send(struct nlb *b, size_t *ret_failed, struct err *e)
{
        return nlb_ask(b, NULL, NULL, ret_failed, e);
}

void nl_attrs(const void *data, size_t size, const struct nlattr **tb, size_t max)
{
        const char *p = data;

        memset(tb, 0, (max + 1) * sizeof *tb);
        while (size >= sizeof(struct nlattr)) {
                const struct nlattr *a = (const void *)p;
                size_t step = NLA_ALIGN(a->nla_len), type = a->nla_type & NLA_TYPE_MASK;

                if (a->nla_len < sizeof *a || a->nla_len > size)
                        return;
                if (type <= max)
                        tb[type] = a;
                if (step >= size)
                        return;
                p += step;
                size -= step;
        }
}

uint32_t nl_u32(const struct nlattr *a)
{
        uint32_t v = 0;

        if (a && nl_size(a) >= sizeof v)
                memcpy(&v, nl_data(a), sizeof v);
        return v;
}

void nl_name(const struct nlattr *a, char ret[IFNAMSIZ])
{
        size_t n = a ? strnlen(nl_data(a), nl_size(a)) : 0;

        if (n >= IFNAMSIZ)
                n = IFNAMSIZ - 1;
        if (n > 0)
                memcpy(ret, nl_data(a), n);
        ret[n] = '\0';
}

/* A change to a link that exists, by number or, with index 0, by name. */
static void change_link(struct nlb *b, int index, const char *name, unsigned flags, unsigned mask, const char *what)
{
        struct ifinfomsg m = { .ifi_index = index, .ifi_flags = flags, .ifi_change = mask };

        nlb_msg(b, RTM_NEWLINK, 0, &m, sizeof m, what);
        if (name)
                nlb_str(b, IFLA_IFNAME, name);
}

/* The kernel would make a queue per processor, at some KiB each. */
static void one_queue(struct nlb *b)
{
        nlb_u32(b, IFLA_NUM_TX_QUEUES, 1);
        nlb_u32(b, IFLA_NUM_RX_QUEUES, 1);
}

void nl_add_veth(struct nlb *b, const struct nl_veth *v, const char *what)
{
        struct ifinfomsg m = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP }, peer = {0};
        size_t info, data, end;

        nlb_msg(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m, what);
        nlb_str(b, IFLA_IFNAME, v->name);
        nlb_put(b, IFLA_ADDRESS, v->mac, 6);
        nlb_u32(b, IFLA_GROUP, v->group);
        if (v->master)
                nlb_u32(b, IFLA_MASTER, (uint32_t)v->master);
        one_queue(b);
        info = nlb_nest(b, IFLA_LINKINFO, NULL, 0);
        nlb_str(b, IFLA_INFO_KIND, "veth");
        data = nlb_nest(b, IFLA_INFO_DATA, NULL, 0);
        end = nlb_nest(b, VETH_INFO_PEER, &peer, sizeof peer);
        nlb_str(b, IFLA_IFNAME, v->peer);
        nlb_put(b, IFLA_ADDRESS, v->peer_mac, 6);
        nlb_u32(b, IFLA_NET_NS_FD, (uint32_t)v->peer_netns);
        one_queue(b);
        nlb_end(b, end);
        nlb_end(b, data);
        nlb_end(b, info);
}

void nl_add_bridge(struct nlb *b, const char *name, const uint8_t *mac, uint32_t group, const char *what)
{
        struct ifinfomsg m = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
        size_t info;

        nlb_msg(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m, what);
        nlb_str(b, IFLA_IFNAME, name);
        nlb_put(b, IFLA_ADDRESS, mac, 6);
        nlb_u32(b, IFLA_GROUP, group);
        info = nlb_nest(b, IFLA_LINKINFO, NULL, 0);
        nlb_str(b, IFLA_INFO_KIND, "bridge");
        nlb_end(b, info);
}

void nl_del_link(struct nlb *b, int index, const char *what)
{
        struct ifinfomsg m = { .ifi_index = index };

        nlb_msg(b, RTM_DELLINK, 0, &m, sizeof m, what);
}

void nl_set_up(struct nlb *b, const char *name, bool up, const char *what)
{
        change_link(b, 0, name, up ? IFF_UP : 0, IFF_UP, what);
}

void nl_set_name(struct nlb *b, int index, const char *name, const char *what)
{
        change_link(b, index, NULL, 0, 0, what);
        nlb_str(b, IFLA_IFNAME, name);
}

void nl_set_master(struct nlb *b, const char *name, int master, const char *what)
{
        change_link(b, 0, name, 0, 0, what);
        nlb_u32(b, IFLA_MASTER, (uint32_t)master);
}

void nl_set_netns(struct nlb *b, int index, int netns, const char *name, const char *what)
{
        change_link(b, index, NULL, 0, 0, what);
        nlb_u32(b, IFLA_NET_NS_FD, (uint32_t)netns);
        nlb_str(b, IFLA_IFNAME, name);
}

void nl_set_netns_of(struct nlb *b, int index, int tid, const char *name, const char *what)
{
        change_link(b, index, NULL, 0, 0, what);
        nlb_u32(b, IFLA_NET_NS_PID, (uint32_t)tid);
        nlb_str(b, IFLA_IFNAME, name);
}

void nl_set_conf4(struct nlb *b, const char *name, const int (*conf)[2], size_t n, const char *what)
{
        size_t spec, inet, list;

        change_link(b, 0, name, 0, 0, what);
        spec = nlb_nest(b, IFLA_AF_SPEC, NULL, 0);
        inet = nlb_nest(b, AF_INET, NULL, 0);
        list = nlb_nest(b, IFLA_INET_CONF, NULL, 0);
        for (size_t i = 0; i < n; i++)
                nlb_u32(b, (uint16_t)conf[i][0], (uint32_t)conf[i][1]);
        nlb_end(b, list);
        nlb_end(b, inet);
        nlb_end(b, spec);
}

void nl_add_ingress(struct nlb *b, int index, const struct sock_filter *insns, size_t n, const char *what)
{
        struct tcmsg m = { .tcm_ifindex = index, .tcm_handle = TC_H_MAKE(TC_H_INGRESS, 0), .tcm_parent = TC_H_INGRESS };
        size_t options;

        nlb_msg(b, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m, what);
        nlb_str(b, TCA_KIND, "ingress");

        m.tcm_parent = m.tcm_handle;
        m.tcm_handle = 0;
        m.tcm_info = TC_H_MAKE(1u << 16, htons(ETH_P_ALL));     /* the first and only */
        nlb_msg(b, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m, what);
        nlb_str(b, TCA_KIND, "bpf");
        options = nlb_nest(b, TCA_OPTIONS, NULL, 0);
        nlb_u16(b, TCA_BPF_OPS_LEN, (uint16_t)n);
        nlb_put(b, TCA_BPF_OPS, insns, n * sizeof *insns);
        nlb_u32(b, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
        nlb_end(b, options);
}

void nl_set_no_ll6(struct nlb *b, const char *name, const char *what)
{
        size_t spec, inet6;

        change_link(b, 0, name, 0, 0, what);
        nlb_forgive(b, EAFNOSUPPORT);
        spec = nlb_nest(b, IFLA_AF_SPEC, NULL, 0);
        inet6 = nlb_nest(b, AF_INET6, NULL, 0);
        nlb_u8(b, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
        nlb_end(b, inet6);
        nlb_end(b, spec);
}

static size_t addr_size(int family)
{
        return family == AF_INET ? 4 : 16;
}

void nl_add_addr(struct nlb *b, int index, int family, const void *addr, unsigned len, uint32_t flags,
                 const char *what)
{
        struct ifaddrmsg m = {
                .ifa_family = (uint8_t)family,
                .ifa_prefixlen = (uint8_t)len,
                .ifa_index = (unsigned)index,
        };

        nlb_msg(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m, what);
        nlb_put(b, IFA_LOCAL, addr, addr_size(family));
        nlb_put(b, IFA_ADDRESS, addr, addr_size(family));
        nlb_u32(b, IFA_FLAGS, flags);
        if (family == AF_INET && len < 31) {
                uint8_t broadcast[4];

                memcpy(broadcast, addr, 4);
                for (unsigned i = len; i < 32; i++)
                        broadcast[i / 8] |= (uint8_t)(0x80 >> i % 8);
                nlb_put(b, IFA_BROADCAST, broadcast, 4);
        }
}

void nl_del_addr(struct nlb *b, int index, int family, const void *addr, unsigned len, const char *what)
{
        struct ifaddrmsg m = {
                .ifa_family = (uint8_t)family,
                .ifa_prefixlen = (uint8_t)len,
                .ifa_index = (unsigned)index,
        };

        nlb_msg(b, RTM_DELADDR, 0, &m, sizeof m, what);
        nlb_put(b, IFA_LOCAL, addr, addr_size(family));
}

void nl_add_neigh(struct nlb *b, int index, int family, const void *addr, const uint8_t *mac, const char *what)
{
        struct ndmsg m = { .ndm_family = (uint8_t)family, .ndm_ifindex = index, .ndm_state = NUD_PERMANENT };

        nlb_msg(b, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &m, sizeof m, what);
        nlb_put(b, NDA_DST, addr, addr_size(family));
        nlb_put(b, NDA_LLADDR, mac, 6);
}

static void route(struct nlb *b, uint16_t type, uint16_t flags, const struct nl_route *r, const char *what)
{
        struct rtmsg m = {
                .rtm_family = (uint8_t)r->family,
                .rtm_dst_len = (uint8_t)r->len,
                .rtm_table = r->table ? RT_TABLE_UNSPEC : RT_TABLE_MAIN,
        };

        if (type == RTM_DELROUTE) {
                m.rtm_scope = RT_SCOPE_NOWHERE;         /* any */
        } else {
                m.rtm_protocol = RTPROT_STATIC;
                m.rtm_type = RTN_UNICAST;
                m.rtm_scope = r->via || r->family == AF_INET6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
                m.rtm_flags = r->via ? RTNH_F_ONLINK : 0;
        }
        nlb_msg(b, type, flags, &m, sizeof m, what);
        if (r->table)
                nlb_u32(b, RTA_TABLE, r->table);
        if (r->len)
                nlb_put(b, RTA_DST, r->dst, addr_size(r->family));
        if (r->via)
                nlb_put(b, RTA_GATEWAY, r->via, addr_size(r->family));
        nlb_u32(b, RTA_OIF, (uint32_t)r->dev);
}

void nl_add_route(struct nlb *b, const struct nl_route *r, const char *what)
{
        route(b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, r, what);
}

void nl_del_route(struct nlb *b, const struct nl_route *r, const char *what)
{
        route(b, RTM_DELROUTE, 0, r, what);
}

void nl_add_rule(struct nlb *b, int family, const void *addr, uint32_t table, const char *what)
{
        struct fib_rule_hdr m = {
                .family = (uint8_t)family,
                .src_len = (uint8_t)(addr_size(family) * 8),
                .action = FR_ACT_TO_TBL,
        };

        nlb_msg(b, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m, what);
        nlb_put(b, FRA_SRC, addr, addr_size(family));
        nlb_u32(b, FRA_TABLE, table);
}

int nl_index(const struct nl *nl, const char *name)
{
        struct ifreq ifr = {0};
        size_t n = strlen(name);

        if (n >= sizeof ifr.ifr_name)
                return -ENODEV;
        memcpy(ifr.ifr_name, name, n);
        /* Any socket does, and answers for its own network namespace. */
        return ioctl(nl->fd, SIOCGIFINDEX, &ifr) < 0 ? -errno : ifr.ifr_ifindex;
}

static void parse_link(const struct nlmsghdr *h, struct nl_link *ret)
{
        const struct ifinfomsg *m = NLMSG_DATA(h);
        const struct nlattr *tb[IFLA_LINK_NETNSID + 1], *info[IFLA_INFO_KIND + 1];
        

        nl_attrs(m + 1, NLMSG_PAYLOAD(h, sizeof *m), tb, COUNT(tb) - 1);
        *ret = (struct nl_link){
                .index = m->ifi_index,
                .up = m->ifi_flags & IFF_UP,
                .master = (int)nl_u32(tb[IFLA_MASTER]),
                .group = nl_u32(tb[IFLA_GROUP]),
                .peer_netns = tb[IFLA_LINK_NETNSID] ? (int)nl_u32(tb[IFLA_LINK_NETNSID]) : -1,
        };
        nl_name(tb[IFLA_IFNAME], ret->name);
        if (tb[IFLA_LINKINFO]) {
                nl_attrs(nl_data(tb[IFLA_LINKINFO]), nl_size(tb[IFLA_LINKINFO]), info, IFLA_INFO_KIND);
                nl_name(info[IFLA_INFO_KIND], ret->kind);
        }
}

static int read_link(const struct nlmsghdr *h, void *arg)
{
        if (h->nlmsg_type == RTM_NEWLINK)
                parse_link(h, arg);
        return 0;
}

int nl_get_link(struct nl *nl, int index, const char *name, struct nl_link *ret, struct err *e)
{
        struct ifinfomsg m = { .ifi_index = index };
        autonlb b = NLB(nl);

        nlb_msg(&b, RTM_GETLINK, 0, &m, sizeof m, index ? "interface" : name);
        nlb_u32(&b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        if (index == 0)
                nlb_str(&b, IFLA_IFNAME, name);
        return nlb_ask(&b, read_link, ret, NULL, e);
}

int nl_netns_alive(struct nl *nl, int number, struct err *e)
{
        struct ifinfomsg m = { .ifi_index = 1 };        /* its lo */
        autonlb b = NLB(nl);
        int r;

        if (number < 0)
                return 0;
        nlb_msg(&b, RTM_GETLINK, 0, &m, sizeof m, "lo");
        nlb_u32(&b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        nlb_u32(&b, IFLA_TARGET_NETNSID, (uint32_t)number);
        r = nlb_send(&b, NULL, e);
        /* EINVAL: a number of none */
        return r == -EINVAL || r == -ENODEV ? 0 : r < 0 ? r : 1;
}

struct ports {
        int bridge;
        void (*each)(const struct nl_link *port, void *arg);
        void *arg;
};

static int read_port(const struct nlmsghdr *h, void *arg)
{
        const struct ports *p = arg;
        struct nl_link port;

        if (h->nlmsg_type != RTM_NEWLINK)
                return 0;
        parse_link(h, &port);
        /* Kernels that do not know the filter tell of every link. */
        if (port.master == p->bridge)
                p->each(&port, p->arg);
        return 0;
}

int nl_ports(struct nl *nl, int bridge, void (*each)(const struct nl_link *port, void *arg), void *arg, struct err *e)
{
        struct ports p = { .bridge = bridge, .each = each, .arg = arg };
        struct ifinfomsg m = {0};
        autonlb b = NLB(nl);

        nlb_msg(&b, RTM_GETLINK, NLM_F_DUMP, &m, sizeof m, "list interfaces");
        nlb_u32(&b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        nlb_u32(&b, IFLA_MASTER, (uint32_t)bridge);
        return nlb_ask(&b, read_port, &p, NULL, e);
}

static int read_route(const struct nlmsghdr *h, void *arg)
{
        const struct rtmsg *m = NLMSG_DATA(h);
        const struct nlattr *tb[RTA_TABLE + 1];
        struct nl_route *ret = arg;

        if (h->nlmsg_type != RTM_NEWROUTE)
                return 0;
        nl_attrs(m + 1, NLMSG_PAYLOAD(h, sizeof *m), tb, RTA_TABLE);
        ret->len = m->rtm_dst_len;
        ret->type = m->rtm_type;
        ret->dev = (int)nl_u32(tb[RTA_OIF]);
        ret->table = tb[RTA_TABLE] ? nl_u32(tb[RTA_TABLE]) : m->rtm_table;
        if (tb[RTA_DST] && nl_size(tb[RTA_DST]) <= sizeof ret->dst)
                memcpy(ret->dst, nl_data(tb[RTA_DST]), nl_size(tb[RTA_DST]));
        return 0;
}

int nl_get_route(struct nl *nl, int family, const void *addr, struct nl_route *ret, struct err *e)
{
        struct rtmsg m = {
                .rtm_family = (uint8_t)family,
                .rtm_dst_len = (uint8_t)(addr_size(family) * 8),
                .rtm_flags = RTM_F_FIB_MATCH,
        };
        autonlb b = NLB(nl);

        nlb_msg(&b, RTM_GETROUTE, 0, &m, sizeof m, "route");
        nlb_put(&b, RTA_DST, addr, addr_size(family));
        *ret = (struct nl_route){ .family = family };
        return nlb_ask(&b, read_route, ret, NULL, e);
}

bool nl_no_route(int r)
{
        /* The last three: routes of the types prohibit, blackhole and throw. */
        return r == -ENETUNREACH || r == -EHOSTUNREACH || r == -ESRCH || r == -ENOENT || r == -ENODEV ||
               r == -EAFNOSUPPORT || r == -EOPNOTSUPP || r == -EACCES || r == -EINVAL || r == -EAGAIN;
}

struct ra_links {
        int *links;
        size_t n, max;
};

static int read_ra_route(const struct nlmsghdr *h, void *arg)
{
        const struct rtmsg *m = NLMSG_DATA(h);
        const struct nlattr *tb[RTA_OIF + 1];
        struct ra_links *found = arg;
        int link;

        if (h->nlmsg_type != RTM_NEWROUTE || m->rtm_protocol != RTPROT_RA || m->rtm_dst_len != 0)
                return 0;
        nl_attrs(m + 1, NLMSG_PAYLOAD(h, sizeof *m), tb, RTA_OIF);
        link = (int)nl_u32(tb[RTA_OIF]);
        for (size_t i = 0; i < found->n; i++)
                if (found->links[i] == link)
                        return 0;
        if (link && found->n < found->max)
                found->links[found->n++] = link;
        return 0;
}

int nl_ra_links(struct nl *nl, int *ret, size_t max, size_t *ret_n, struct err *e)
{
        struct ra_links found = { .links = ret, .max = max };
        struct rtmsg m = { .rtm_family = AF_INET6 };
        autonlb b = NLB(nl);
        int r;

        nlb_msg(&b, RTM_GETROUTE, NLM_F_DUMP, &m, sizeof m, "list routes");
        r = nlb_ask(&b, read_ra_route, &found, NULL, e);
        if (r == 0)
                *ret_n = found.n;
        return r;
}
