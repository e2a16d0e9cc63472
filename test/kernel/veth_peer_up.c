/* A cable whose far end is to come up in the message that makes it is not made at all (netlink.c, nl_add_veth). */
#include "kernel.h"

#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

static struct {
        struct nlmsghdr h;
        struct ifinfomsg link;
        char attributes[256];
} m;

static struct rtattr *add(unsigned short type, const void *data, size_t size)
{
        struct rtattr *a = (void *)((char *)&m + NLMSG_ALIGN(m.h.nlmsg_len));

        a->rta_type = type;
        a->rta_len = (unsigned short)RTA_LENGTH(size);
        if (size)
                memcpy(RTA_DATA(a), data, size);
        m.h.nlmsg_len = (uint32_t)(NLMSG_ALIGN(m.h.nlmsg_len) + RTA_ALIGN(a->rta_len));
        return a;
}

static void end(struct rtattr *a)
{
        a->rta_len = (unsigned short)((char *)&m + m.h.nlmsg_len - (char *)a);
}

static int make(unsigned near, unsigned far)
{
        struct ifinfomsg peer = { .ifi_flags = far, .ifi_change = far };
        struct {
                struct nlmsghdr h;
                struct nlmsgerr e;
                char rest[512];
        } answer;
        struct rtattr *info, *data, *other;
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

        memset(&m, 0, sizeof m);
        m.h = (struct nlmsghdr){
                .nlmsg_len = NLMSG_LENGTH(sizeof m.link), .nlmsg_type = RTM_NEWLINK,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
        };
        m.link = (struct ifinfomsg){ .ifi_flags = near, .ifi_change = near };
        add(IFLA_IFNAME, "near", 5);
        info = add(IFLA_LINKINFO, NULL, 0);
        add(IFLA_INFO_KIND, "veth", 4);
        data = add(IFLA_INFO_DATA, NULL, 0);
        other = add(VETH_INFO_PEER, &peer, sizeof peer);
        add(IFLA_IFNAME, "far", 4);
        end(other);
        end(data);
        end(info);
        expect(fd >= 0 && send(fd, &m, m.h.nlmsg_len, 0) == (ssize_t)m.h.nlmsg_len);
        expect(recv(fd, &answer, sizeof answer, 0) >= (ssize_t)NLMSG_LENGTH(sizeof answer.e));
        close(fd);
        return answer.e.error;
}

int main(void)
{
        need_root();
        enter_new(CLONE_NEWNET);
        expect(make(0, IFF_UP) == -ENOTCONN);
        expect(if_nametoindex("near") == 0 && if_nametoindex("far") == 0);
        expect(make(IFF_UP, 0) == 0);
        expect(if_nametoindex("near") != 0 && if_nametoindex("far") != 0);
        return 0;
}
