/*
 * Descriptors with one owner. An empty slot is -EBADF; 0 is a descriptor like
 * any other. Everything made here is close-on-exec.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <errno.h>
#include <stddef.h>
#include <sys/types.h>

#include "err.h"

/* Closes unless empty; keeps errno. Safe on any negative value. */
void fd_close(int fd);
void fd_close_p(int *fd);
#define autofd __attribute__((cleanup(fd_close_p))) int

/* Moves a descriptor out of its owner. */
static inline int fd_take(int *fd)
{
        int taken = *fd;

        *fd = -EBADF;
        return taken;
}

/* Closes what the slot held and empties it. */
void fd_drop(int *fd);

/* Writes all n bytes, through EINTR and short writes. Returns 0 or -errno. */
int fd_write_all(int fd, const void *buf, size_t n);

/*
 * Writes text to an existing file with one write(2), as kernel files want it.
 * dirfd and path as for openat(2). Returns 0 or -errno, err says "write PATH".
 */
int fd_put(int dirfd, const char *path, const char *text, struct err *e);

/*
 * Reads a whole file into a fresh NUL-terminated buffer the caller frees, at
 * most max bytes (EFBIG beyond). ret_len may be NULL. Returns 0 or -errno.
 */
int fd_slurp(int dirfd, const char *path, size_t max, char **ret, size_t *ret_len, struct err *e);

/* Reads a small kernel file into buf, NUL-terminated, trailing newline cut. Returns its length or -errno. */
ssize_t fd_get(int dirfd, const char *path, char *buf, size_t size, struct err *e);

#endif
