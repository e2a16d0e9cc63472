/*
 * Single calls on sockets, for tests of what a jail may do with addresses:
 *
 *     sock make inet|inet6|packet stream|dgram|raw PROTOCOL
 *     sock bound tcp|udp ADDRESS PORT             bind, and what getsockname says
 *     sock both ADDRESS PORT                      [ADDRESS]:PORT of TCP with IPV6_V6ONLY off, the same
 *     sock names tcp|udp ADDRESS PORT [SOURCE]    connect, and both names: "LOCAL > PEER"
 *     sock again ADDRESS PORT ADDRESS PORT        one UDP socket connected twice: both names of the second
 *     sock listen inet|inet6 FILE TEXT            listen without bind, in the background; the port goes to FILE
 *     sock from SOURCE ADDRESS PORT TEXT          a datagram whose source a control message asks for
 *     sock connected-from SOURCE ADDRESS PORT TEXT    the same on a connected socket
 *     sock raw SOURCE ADDRESS                     an IPv4 header of our own making, SOURCE in it
 *     sock ping SOURCE ADDRESS                    an echo request, bound to SOURCE; prints "answer"
 *
 * Ports are left out of what is printed. What fails is said as "CALL: REASON", exit status 1.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct address {
        union {
                struct sockaddr sa;
                struct sockaddr_in v4;
                struct sockaddr_in6 v6;
        } u;
        socklen_t len;
};

static struct address address_of(const char *text, const char *port)
{
        struct address a = {0};

        if (inet_pton(AF_INET, text, &a.u.v4.sin_addr) == 1) {
                a.u.v4.sin_family = AF_INET;
                a.u.v4.sin_port = htons((unsigned short)atoi(port));
                a.len = sizeof a.u.v4;
        } else if (inet_pton(AF_INET6, text, &a.u.v6.sin6_addr) == 1) {
                a.u.v6.sin6_family = AF_INET6;
                a.u.v6.sin6_port = htons((unsigned short)atoi(port));
                a.len = sizeof a.u.v6;
        } else {
                errx(2, "not an address: %s", text);
        }
        return a;
}

static const char *text_of(const struct address *a, char *buf)
{
        const void *ip = a->u.sa.sa_family == AF_INET ? (const void *)&a->u.v4.sin_addr : &a->u.v6.sin6_addr;

        return inet_ntop(a->u.sa.sa_family, ip, buf, INET6_ADDRSTRLEN);
}

static int make(int family, int type, int protocol)
{
        int fd = socket(family, type | SOCK_CLOEXEC, protocol);

        if (fd < 0)
                err(1, "socket");
        return fd;
}

static int make_for(const char *protocol, const struct address *a)
{
        return make(a->u.sa.sa_family, strcmp(protocol, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM, 0);
}

static int bind_it(int fd, const struct address *a)
{
        int one = 1;

        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(fd, &a->u.sa, a->len) < 0)
                err(1, "bind");
        return fd;
}

static int connect_it(int fd, const struct address *a)
{
        if (connect(fd, &a->u.sa, a->len) < 0)
                err(1, "connect");
        return fd;
}

static void print_local(int fd)
{
        struct address a = { .len = sizeof a.u };
        char text[INET6_ADDRSTRLEN];

        if (getsockname(fd, &a.u.sa, &a.len) < 0)
                err(1, "getsockname");
        printf("%s", text_of(&a, text));
}

static void print_peer(int fd)
{
        struct address a = { .len = sizeof a.u };
        char text[INET6_ADDRSTRLEN];

        if (getpeername(fd, &a.u.sa, &a.len) < 0)
                err(1, "getpeername");
        printf(" > %s\n", text_of(&a, text));
}

static _Noreturn void listen_unbound(int family, const char *file, const char *text)
{
        struct address a = { .len = sizeof a.u };
        int fd = make(family, SOCK_STREAM, 0);
        FILE *f = fopen(file, "we");

        if (!f)
                err(1, "%s", file);
        if (listen(fd, 16) < 0)
                err(1, "listen");
        if (getsockname(fd, &a.u.sa, &a.len) < 0)
                err(1, "getsockname");
        if (daemon(1, 0) < 0)
                err(1, "daemon");
        fprintf(f, "%d\n", ntohs(family == AF_INET ? a.u.v4.sin_port : a.u.v6.sin6_port));
        fclose(f);
        for (;;) {
                int peer = accept(fd, NULL, NULL);

                if (peer >= 0 && write(peer, text, strlen(text)) < 0)
                        close(peer);
                if (peer >= 0)
                        close(peer);
        }
}

static void send_from(const struct address *source, const struct address *to, const char *text, int connected)
{
        union {
                struct cmsghdr h;
                char space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
        } control = {0};
        struct iovec iov = { .iov_base = (void *)(unsigned long)text, .iov_len = strlen(text) };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control };
        int fd = make(to->u.sa.sa_family, SOCK_DGRAM, 0);

        if (source->u.sa.sa_family == AF_INET) {
                struct in_pktinfo info = { .ipi_spec_dst = source->u.v4.sin_addr };

                control.h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO };
                memcpy(CMSG_DATA(&control.h), &info, sizeof info);
                m.msg_controllen = CMSG_SPACE(sizeof info);
        } else {
                struct in6_pktinfo info = { .ipi6_addr = source->u.v6.sin6_addr };

                control.h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO };
                memcpy(CMSG_DATA(&control.h), &info, sizeof info);
                m.msg_controllen = CMSG_SPACE(sizeof info);
        }
        if (connected) {
                connect_it(fd, to);
        } else {
                m.msg_name = (void *)(unsigned long)&to->u;
                m.msg_namelen = to->len;
        }
        if (sendmsg(fd, &m, 0) < 0)
                err(1, "sendmsg");
}

static unsigned short checksum(const void *data, size_t n)
{
        const unsigned char *p = data;
        unsigned long sum = 0;

        for (size_t i = 0; i < n; i += 2)
                sum += (unsigned long)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return htons((unsigned short)~sum);
}

static void send_raw(const struct address *source, const struct address *to)
{
        struct {
                struct iphdr ip;
                struct icmphdr icmp;
        } packet = {
                .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_ICMP, .tot_len = htons(sizeof packet),
                        .saddr = source->u.v4.sin_addr.s_addr, .daddr = to->u.v4.sin_addr.s_addr },
                .icmp = { .type = ICMP_ECHO },
        };
        int fd = make(AF_INET, SOCK_RAW, IPPROTO_RAW);

        packet.icmp.checksum = checksum(&packet.icmp, sizeof packet.icmp);
        if (sendto(fd, &packet, sizeof packet, 0, &to->u.sa, to->len) < 0)
                err(1, "sendto");
}

static void ping(const struct address *source, const struct address *to)
{
        struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.id = htons((unsigned short)getpid()) };
        int fd = bind_it(make(AF_INET, SOCK_RAW, IPPROTO_ICMP), source);
        struct pollfd p = { .fd = fd, .events = POLLIN };

        echo.checksum = checksum(&echo, sizeof echo);
        if (sendto(fd, &echo, sizeof echo, 0, &to->u.sa, to->len) < 0)
                err(1, "sendto");
        while (poll(&p, 1, 2000) > 0) {
                struct {
                        struct iphdr ip;
                        struct icmphdr icmp;
                } answer;

                if (recv(fd, &answer, sizeof answer, 0) < (ssize_t)sizeof answer || answer.icmp.type != ICMP_ECHOREPLY ||
                    answer.icmp.un.echo.id != echo.un.echo.id)
                        continue;
                puts("answer");
                return;
        }
        errx(1, "no answer");
}

static int family_of(const char *word)
{
        return strcmp(word, "inet6") == 0 ? AF_INET6 : strcmp(word, "packet") == 0 ? AF_PACKET : AF_INET;
}

static int type_of(const char *word)
{
        return strcmp(word, "raw") == 0 ? SOCK_RAW : strcmp(word, "dgram") == 0 ? SOCK_DGRAM : SOCK_STREAM;
}

int main(int argc, char **argv)
{
        const char *verb = argc > 1 ? argv[1] : "";
        int off = 0, fd;

        if (strcmp(verb, "make") == 0 && argc == 5) {
                make(family_of(argv[2]), type_of(argv[3]), atoi(argv[4]));
        } else if (strcmp(verb, "bound") == 0 && argc == 5) {
                struct address a = address_of(argv[3], argv[4]);

                print_local(bind_it(make_for(argv[2], &a), &a));
                puts("");
        } else if (strcmp(verb, "both") == 0 && argc == 4) {
                struct address a = address_of(argv[2], argv[3]);

                fd = make_for("tcp", &a);
                if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0)
                        err(1, "setsockopt");
                print_local(bind_it(fd, &a));
                puts("");
        } else if (strcmp(verb, "names") == 0 && argc >= 5) {
                struct address a = address_of(argv[3], argv[4]);

                fd = make_for(argv[2], &a);
                if (argc > 5) {
                        struct address source = address_of(argv[5], "0");

                        bind_it(fd, &source);
                }
                print_local(connect_it(fd, &a));
                print_peer(fd);
        } else if (strcmp(verb, "again") == 0 && argc == 6) {
                struct address a = address_of(argv[2], argv[3]), b = address_of(argv[4], argv[5]);

                fd = connect_it(connect_it(make_for("udp", &a), &a), &b);
                print_local(fd);
                print_peer(fd);
        } else if (strcmp(verb, "listen") == 0 && argc == 5) {
                listen_unbound(family_of(argv[2]), argv[3], argv[4]);
        } else if ((strcmp(verb, "from") == 0 || strcmp(verb, "connected-from") == 0) && argc == 6) {
                struct address source = address_of(argv[2], "0"), to = address_of(argv[3], argv[4]);

                send_from(&source, &to, argv[5], *verb == 'c');
        } else if (strcmp(verb, "raw") == 0 && argc == 4) {
                struct address source = address_of(argv[2], "0"), to = address_of(argv[3], "0");

                send_raw(&source, &to);
        } else if (strcmp(verb, "ping") == 0 && argc == 4) {
                struct address source = address_of(argv[2], "0"), to = address_of(argv[3], "0");

                ping(&source, &to);
        } else {
                errx(2, "see sock.c");
        }
        return 0;
}
