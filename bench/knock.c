/*
 * Counts connections: how many a second does one server take, and how many another?
 *
 *     bench/knock serve PORT                          answers at every address it may
 *     bench/knock LAPS MILLISECONDS ADDRESS:PORT ADDRESS:PORT
 *
 * The second connects to the one for so long, then to the other, by turns, twenty times in a lap, and writes a line for
 * each lap: the connections a second of the first, and of the second. Turns that short see the same machine. The server
 * reads until we go; we go by a reset, and nobody keeps a memory of the connection.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

static void serve(const char *port)
{
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
            bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 1024) < 0)
                err(1, "port %s", port);
        for (;;) {
                int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
                char c;

                if (one < 0) {
                        if (errno != ECONNABORTED)
                                err(1, "accept");
                        continue;
                }
                if (read(one, &c, 1) < 0 && errno != ECONNRESET)
                        err(1, "read");
                setsockopt(one, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
                close(one);
        }
}

static struct sockaddr_in parse(char *text)
{
        char *port = strchr(text, ':');
        struct sockaddr_in at = { .sin_family = AF_INET };

        if (!port)
                errx(2, "%s: not ADDRESS:PORT", text);
        *port++ = '\0';
        at.sin_port = htons((uint16_t)atoi(port));
        if (inet_pton(AF_INET, text, &at.sin_addr) != 1)
                errx(2, "%s: not an address", text);
        return at;
}

static double now(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

#define TURNS 20

struct count {
        unsigned long n;
        double ms;
};

static void knock(const struct sockaddr_in *at, double ms, struct count *c)
{
        double begun = now(), end;

        do {
                for (int i = 0; i < 16; i++) {
                        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

                        if (fd < 0 || connect(fd, (const struct sockaddr *)at, sizeof *at) < 0)
                                err(1, "connect");
                        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
                        close(fd);
                        c->n++;
                }
                end = now();
        } while (end - begun < ms);
        c->ms += end - begun;
}

int main(int argc, char **argv)
{
        struct sockaddr_in one, other;
        struct count scrap = {0};
        double ms;
        int laps;

        if (argc == 3 && strcmp(argv[1], "serve") == 0)
                serve(argv[2]);
        if (argc != 5 || (laps = atoi(argv[1])) < 1 || (ms = atof(argv[2])) <= 0) {
                fprintf(stderr, "usage: knock serve PORT\n       knock LAPS MILLISECONDS ADDRESS:PORT ADDRESS:PORT\n");
                return 2;
        }
        one = parse(argv[3]);
        other = parse(argv[4]);
        knock(&one, ms, &scrap);
        knock(&other, ms, &scrap);
        for (int i = 0; i < laps; i++) {
                struct count x = {0}, y = {0};

                for (int turn = 0; turn < TURNS; turn++) {
                        knock(&one, ms, &x);
                        knock(&other, ms, &y);
                }
                printf("%.1f\t%.1f\n", (double)x.n * 1e3 / x.ms, (double)y.n * 1e3 / y.ms);
        }
        return 0;
}
