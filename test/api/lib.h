/* Short words for the tests of the C interface. */
#ifndef API_LIB_H
#define API_LIB_H

#include <string.h>
#include <sys/uio.h>

#include <gaol/jail.h>

#include "tap.h"

/* One pair of a list: a name and a string, a variable, bytes, nothing. */
#define NAME(n) { (char *)(n), sizeof(n) }
#define STRING(n, s) NAME(n), { (char *)(s), strlen(s) + 1 }
#define VARIABLE(n, v) NAME(n), { &(v), sizeof(v) }
#define BUFFER(n, b) NAME(n), { (b), sizeof(b) }
#define BYTES(n, b, len) NAME(n), { (void *)(b), (len) }
#define FLAG(n) NAME(n), { NULL, 0 }

#define LIST(...) (struct iovec[]){ __VA_ARGS__ }, sizeof (struct iovec[]){ __VA_ARGS__ } / sizeof(struct iovec)

/* A jail of the host's own tree that persists, and whatever else. */
#define MAKE(name, ...) jail_set(LIST(STRING("name", name), FLAG("persist"), ##__VA_ARGS__), JAIL_CREATE)

/* How many descriptors the process has open. */
int open_descriptors(void);

/* Runs a command with the shell; its exit status. */
int shell(const char *command);

#endif
