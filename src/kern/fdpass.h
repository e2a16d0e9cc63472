/*
 * Descriptors handed from process to process over a UNIX socket (unix(7),
 * SCM_RIGHTS). Fit for a child of a threaded process: nothing is allocated.
 */
#ifndef KERN_FDPASS_H
#define KERN_FDPASS_H

#include <stddef.h>
#include <sys/types.h>

#define FDPASS_MAX 2

/* Sends one message of text[0..len) and n descriptors, which stay the caller's. Returns 0 or -errno. */
int fdpass_send(int sock, const void *text, size_t len, const int *fds, size_t n);

/*
 * Receives one message. Descriptors that came along are close-on-exec and the caller's, ret_fds[0..*ret_n) of at most
 * FDPASS_MAX. Returns the length of the text, 0 at the end, or -errno.
 */
ssize_t fdpass_recv(int sock, void *buf, size_t size, int flags, int *ret_fds, size_t *ret_n);

#endif
