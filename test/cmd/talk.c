/*
 * The two ends of a conversation for tests of networks.
 *
 *     talk serve tcp|udp ADDRESS PORT TEXT
 *     talk ask tcp|udp ADDRESS PORT [SOURCE]
 *     talk hear udp ADDRESS PORT FILE
 *     talk say udp ADDRESS PORT TEXT [SOURCE]
 *
 * serve goes to the background once it listens and answers everybody with
 * "TEXT from ADDRESS", ADDRESS being whom it sees. ask prints the answer, or why
 * there is none within $TALK_PATIENCE milliseconds, by default 5000, and exits 1.
 * hear goes to the background too, answers nothing, and writes "TEXT from ADDRESS"
 * to the file for each datagram; say sends one and waits for nothing.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int patience = 5000;     /* ms */

struct address {
        struct sockaddr_storage ss;
        socklen_t len;
};

static struct address address_of(const char *text, const char *port)
{
        struct address a = {0};
        struct sockaddr_in *v4 = (struct sockaddr_in *)&a.ss;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a.ss;

        if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
                v4->sin_family = AF_INET;
                v4->sin_port = htons((unsigned short)atoi(port));
                a.len = sizeof *v4;
        } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
                v6->sin6_family = AF_INET6;
                v6->sin6_port = htons((unsigned short)atoi(port));
                a.len = sizeof *v6;
        } else {
                errx(2, "not an address: %s", text);
        }
        return a;
}

static void text_of(const struct address *a, char *ret, size_t size)
{
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->ss;

        if (a->ss.ss_family == AF_INET)
                inet_ntop(AF_INET, &((const struct sockaddr_in *)&a->ss)->sin_addr, ret, (socklen_t)size);
        else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
                inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], ret, (socklen_t)size);
        else
                inet_ntop(AF_INET6, &v6->sin6_addr, ret, (socklen_t)size);
}

static int make_socket(bool udp, const struct address *a)
{
        int fd = socket(a->ss.ss_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);

        if (fd < 0)
                err(1, "socket");
        return fd;
}

static _Noreturn void serve(bool udp, const struct address *at, const char *text)
{
        int fd = make_socket(udp, at), one = 1;

        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(fd, (const struct sockaddr *)&at->ss, at->len) < 0)
                err(1, "bind");
        if (!udp && listen(fd, 16) < 0)
                err(1, "listen");
        if (daemon(0, 0) < 0)
                err(1, "daemon");
        for (;;) {
                struct address peer = { .len = sizeof peer.ss };
                char who[INET6_ADDRSTRLEN] = "?", answer[512], question[512];
                int n, talk = fd;

                if (udp)
                        n = (int)recvfrom(fd, question, sizeof question, 0, (struct sockaddr *)&peer.ss, &peer.len);
                else
                        n = talk = accept(fd, (struct sockaddr *)&peer.ss, &peer.len);
                if (n < 0)
                        continue;
                text_of(&peer, who, sizeof who);
                n = snprintf(answer, sizeof answer, "%s from %s\n", text, who);
                if (sendto(talk, answer, (size_t)n, MSG_NOSIGNAL, udp ? (struct sockaddr *)&peer.ss : NULL,
                           udp ? peer.len : 0) < 0 && udp)
                        continue;
                if (!udp)
                        close(talk);
        }
}

static _Noreturn void hear(const struct address *at, const char *file)
{
        int fd = make_socket(true, at);
        FILE *log = fopen(file, "ae");

        if (!log)
                err(1, "%s", file);
        setvbuf(log, NULL, _IOLBF, 0);
        if (bind(fd, (const struct sockaddr *)&at->ss, at->len) < 0)
                err(1, "bind");
        if (daemon(0, 0) < 0)
                err(1, "daemon");
        for (;;) {
                struct address peer = { .len = sizeof peer.ss };
                char who[INET6_ADDRSTRLEN] = "?", text[512];
                ssize_t n = recvfrom(fd, text, sizeof text, 0, (struct sockaddr *)&peer.ss, &peer.len);

                if (n < 0)
                        continue;
                text_of(&peer, who, sizeof who);
                fprintf(log, "%.*s from %s\n", (int)n, text, who);
        }
}

static void bind_to(int fd, const char *source)
{
        struct address mine = address_of(source, "0");

        if (bind(fd, (const struct sockaddr *)&mine.ss, mine.len) < 0)
                err(1, "bind");
}

static int say(const struct address *at, const char *text, const char *source)
{
        int fd = make_socket(true, at);

        if (source)
                bind_to(fd, source);
        if (sendto(fd, text, strlen(text), 0, (const struct sockaddr *)&at->ss, at->len) < 0)
                err(1, "send");
        return 0;
}

static void wait_for(int fd, short events)
{
        struct pollfd p = { .fd = fd, .events = events };
        int error = 0;
        socklen_t len = sizeof error;

        if (poll(&p, 1, patience) == 0)
                errx(1, "no answer");
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error) {
                errno = error;
                err(1, "connect");
        }
}

static int ask(bool udp, const struct address *at, const char *source)
{
        int fd = make_socket(udp, at);
        char answer[512];
        ssize_t n;

        if (source)
                bind_to(fd, source);
        if (udp) {
                if (connect(fd, (const struct sockaddr *)&at->ss, at->len) < 0)
                        err(1, "connect");
                if (send(fd, "?", 1, 0) < 0)
                        err(1, "send");
        } else {
                struct timeval time = { .tv_sec = patience / 1000, .tv_usec = patience % 1000 * 1000 };

                setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
                if (connect(fd, (const struct sockaddr *)&at->ss, at->len) < 0) {
                        if (errno == EINPROGRESS || errno == EAGAIN)
                                errx(1, "no answer");
                        err(1, "connect");
                }
        }
        wait_for(fd, POLLIN);
        n = recv(fd, answer, sizeof answer, 0);
        if (n < 0)
                err(1, "recv");
        return fwrite(answer, 1, (size_t)n, stdout) == (size_t)n ? 0 : 1;
}

int main(int argc, char **argv)
{
        struct address at;
        bool udp;

        if (argc < 5)
                errx(2, "usage: talk serve|ask|hear|say tcp|udp address port [text | file] [source]");
        if (getenv("TALK_PATIENCE"))
                patience = atoi(getenv("TALK_PATIENCE"));
        udp = strcmp(argv[2], "udp") == 0;
        at = address_of(argv[3], argv[4]);
        if (strcmp(argv[1], "serve") == 0)
                serve(udp, &at, argc > 5 ? argv[5] : "hello");
        if (strcmp(argv[1], "hear") == 0 && argc == 6)
                hear(&at, argv[5]);
        if (strcmp(argv[1], "say") == 0 && argc > 5)
                return say(&at, argv[5], argc > 6 ? argv[6] : NULL);
        return ask(udp, &at, argc > 5 ? argv[5] : NULL);
}
