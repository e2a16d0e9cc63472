/*
 * Asks many web servers for a page and checks every answer: demo/fetch <LIST
 *
 * A line of the list is an address and the name that must come back as the
 * page. Up to 64 requests are under way at once. One line goes to standard
 * output, five numbers:
 *
 *     ASKED RIGHT MILLISECONDS MEDIAN SLOWEST
 *
 * the time for all, and of single answers in microseconds. Each wrong answer is
 * a line on standard error. Exits 0 if all were right, 1 if not, 2 if the list
 * could not be used.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE 64
#define PORT 80
#define PATIENCE_US (20 * 1000 * 1000)  /* for one answer */
#define SHOWN 5                         /* of what went wrong */

struct server {
        struct in_addr address;
        char name[256];
        long took;              /* microseconds, once answered */
};

struct request {
        struct server *server;  /* NULL: free */
        int fd;
        bool asked;
        long begun;
        size_t got;
        char answer[1024];
};

static long now_us(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static struct server *read_list(size_t *ret_n)
{
        struct server *list = NULL;
        size_t n = 0, room = 0, lines = 0;
        char *line = NULL;
        size_t size = 0;

        while (getline(&line, &size, stdin) >= 0) {
                char address[64];

                lines++;
                if (n == room) {
                        struct server *more = reallocarray(list, room = room * 2 + 64, sizeof *list);

                        if (!more)
                                goto fail;
                        list = more;
                }
                if (sscanf(line, "%63s %255s", address, list[n].name) != 2 ||
                    inet_pton(AF_INET, address, &list[n].address) != 1) {
                        fprintf(stderr, "fetch: line %zu is not an address and a name\n", lines);
                        goto fail;
                }
                list[n++].took = -1;
        }
        free(line);
        *ret_n = n;
        return list;
fail:
        free(line);
        free(list);
        return NULL;
}

/* Says what is wrong with an answer, NULL if nothing is. */
static const char *fault(const struct request *r)
{
        const char *page;
        size_t len = strlen(r->server->name);

        if (r->got == 0)
                return "closed without an answer";
        if (strncmp(r->answer, "HTTP/1.", 7) != 0 || strncmp(r->answer + 8, " 200 ", 5) != 0)
                return "not a page";
        page = strstr(r->answer, "\r\n\r\n");
        if (!page)
                return "half an answer";
        page += 4;
        if (strncmp(page, r->server->name, len) != 0 || strcmp(page + len, "\n") != 0)
                return "the page of somebody else";
        return NULL;
}

static void finish(struct request *r, const char *wrong, size_t *wrongs)
{
        char address[INET_ADDRSTRLEN];

        if (wrong) {
                if (++*wrongs <= SHOWN)
                        fprintf(stderr, "fetch: %s: %s: %s\n", r->server->name,
                                inet_ntop(AF_INET, &r->server->address, address, sizeof address), wrong);
        } else
                r->server->took = now_us() - r->begun;
        close(r->fd);
        r->server = NULL;
}

static void begin(struct request *r, struct server *server, size_t *wrongs)
{
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = server->address };

        *r = (struct request){ .server = server, .begun = now_us() };
        r->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (r->fd < 0 || (connect(r->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS))
                finish(r, strerror(errno), wrongs);
}

/* The connection is there, or has failed. */
static void ask(struct request *r, size_t *wrongs)
{
        char text[512];
        int error = 0, len;
        socklen_t size = sizeof error;

        if (getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
                error = errno;
        if (error) {
                finish(r, strerror(error), wrongs);
                return;
        }
        len = snprintf(text, sizeof text, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", r->server->name);
        if (send(r->fd, text, (size_t)len, MSG_NOSIGNAL) != len)
                finish(r, "the request was not taken", wrongs);
        else
                r->asked = true;
}

static void take(struct request *r, size_t *wrongs)
{
        ssize_t n = recv(r->fd, r->answer + r->got, sizeof r->answer - 1 - r->got, 0);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n < 0)
                finish(r, strerror(errno), wrongs);
        else if (n == 0)
                finish(r, fault(r), wrongs);
        else if ((r->got += (size_t)n) == sizeof r->answer - 1)
                finish(r, "a long page", wrongs);
}

static void fetch_all(struct server *list, size_t n, size_t *ret_wrongs)
{
        static struct request requests[AT_ONCE];
        struct pollfd fds[AT_ONCE];
        size_t next = 0, wrongs = 0, open;

        do {
                open = 0;
                for (size_t i = 0; i < AT_ONCE; i++) {
                        struct request *r = &requests[i];

                        if (r->server && now_us() - r->begun > PATIENCE_US)
                                finish(r, "no answer", &wrongs);
                        while (!r->server && next < n)
                                begin(r, &list[next++], &wrongs);
                        fds[i].fd = r->server ? r->fd : -1;
                        fds[i].events = r->asked ? POLLIN : POLLOUT;
                        open += r->server != NULL;
                }
                if (open == 0 || poll(fds, AT_ONCE, 1000) < 0)
                        continue;
                for (size_t i = 0; i < AT_ONCE; i++) {
                        if (fds[i].fd < 0 || !fds[i].revents)
                                continue;
                        if (requests[i].asked)
                                take(&requests[i], &wrongs);
                        else
                                ask(&requests[i], &wrongs);
                }
        } while (open > 0);
        *ret_wrongs = wrongs;
}

static int by_time(const void *a, const void *b)
{
        long x = ((const struct server *)a)->took, y = ((const struct server *)b)->took;

        return (x > y) - (x < y);
}

int main(void)
{
        size_t n = 0, wrongs, right;
        struct server *list = read_list(&n);
        long begun, took;

        if (!list || n == 0) {
                fprintf(stderr, "usage: fetch <LIST, lines of ADDRESS NAME\n");
                free(list);
                return 2;
        }
        begun = now_us();
        fetch_all(list, n, &wrongs);
        took = now_us() - begun;
        if (wrongs > SHOWN)
                fprintf(stderr, "fetch: and %zu more\n", wrongs - SHOWN);
        /* those that failed took -1 and come first */
        qsort(list, n, sizeof *list, by_time);
        right = n - wrongs;
        printf("%zu %zu %ld %ld %ld\n", n, right, took / 1000, right ? list[wrongs + right / 2].took : -1,
               list[n - 1].took);
        free(list);
        return wrongs > 0;
}
