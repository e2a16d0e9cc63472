#include "fd.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(int fd)
{
        int saved = errno;

        if (fd >= 0)
                close(fd);
        errno = saved;
}

void fd_close_p(int *fd)
{
        fd_close(*fd);
}

void fd_drop(int *fd)
{
        fd_close(*fd);
        *fd = -EBADF;
}

int fd_write_all(int fd, const void *buf, size_t n)
{
        const char *p = buf;

        while (n > 0) {
                ssize_t w = write(fd, p, n);

                if (w < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                p += w;
                n -= (size_t)w;
        }
        return 0;
}

int fd_put(int dirfd, const char *path, const char *text, struct err *e)
{
        autofd fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

        if (fd < 0)
                return err_sys(e, "open %s", path);
        if (write(fd, text, strlen(text)) < 0)
                return err_sys(e, "write %s", path);
        return 0;
}

int fd_slurp(int dirfd, const char *path, size_t max, char **ret, size_t *ret_len, struct err *e)
{
        autofd fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        size_t size = 4096, used = 0;
        char *buf;

        if (fd < 0)
                return err_sys(e, "%s", path);
        buf = malloc(size + 1);
        if (!buf)
                return err_nomem(e);
        for (;;) {
                ssize_t n = read(fd, buf + used, size - used);

                if (n < 0 && errno == EINTR)
                        continue;
                /* A pipe whose writer has not written yet; opening it was not to wait for a writer, reading may. */
                if (n < 0 && errno == EAGAIN) {
                        poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1);
                        continue;
                }
                if (n < 0) {
                        int r = err_sys(e, "%s", path);

                        free(buf);
                        return r;
                }
                if (n == 0)
                        break;
                used += (size_t)n;
                if (used > max) {
                        free(buf);
                        return err_code(e, EFBIG, "%s", path);
                }
                if (used == size) {
                        char *bigger = realloc(buf, size * 2 + 1);

                        if (!bigger) {
                                free(buf);
                                return err_nomem(e);
                        }
                        buf = bigger;
                        size *= 2;
                }
        }
        buf[used] = '\0';
        *ret = buf;
        if (ret_len)
                *ret_len = used;
        return 0;
}

ssize_t fd_get(int dirfd, const char *path, char *buf, size_t size, struct err *e)
{
        autofd fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        ssize_t n;

        if (fd < 0)
                return err_sys(e, "open %s", path);
        n = read(fd, buf, size - 1);
        if (n < 0)
                return err_sys(e, "read %s", path);
        while (n > 0 && buf[n - 1] == '\n')
                n--;
        buf[n] = '\0';
        return n;
}
