/*
 * What the calls of <gaol/jail.h> have in common: lists of names and values, the
 * jail they mean, and how an error is told.
 */
#ifndef JAIL_CALL_H
#define JAIL_CALL_H

#include <stdbool.h>
#include <sys/uio.h>

#include "jail/engine.h"

/* A list as passed to jail_set() or jail_get(). The pointers lead to the values of those that were given, or are NULL. */
struct call {
        struct iovec *iov;
        size_t n;                       /* pairs */
        struct iovec *errmsg, *desc, *jid, *name, *lastjid;
};

/* Finds out what is what. errmsg is found, if it is there at all, even when the list is no good. 0 or -EINVAL. */
int call_parse(struct call *call, struct iovec *iov, unsigned niov, struct err *e);

static inline const char *call_name(const struct call *call, size_t i)
{
        return call->iov[2 * i].iov_base;
}

static inline struct iovec *call_value(const struct call *call, size_t i)
{
        return &call->iov[2 * i + 1];
}

/* Is it one of the names that are no row of the table: errmsg, desc, lastjid? */
bool call_is_special(const char *name);

/* An int passed as a value; 0 where there is none. -EINVAL: of another size. */
int call_int(const struct iovec *value, const char *name, int *ret, struct err *e);

/* A string passed as a value; "" where there is none. -EINVAL: not NUL-terminated. */
int call_string(const struct iovec *value, const char *name, const char **ret, struct err *e);

/* Do the flags that concern "desc" go together, and is there one of the right size? Returns 0 or -EINVAL. */
int call_check_desc(const struct call *call, int flags, struct err *e);

/* The descriptor passed, and the place for a new one. */
int call_desc(const struct call *call);
void call_put_desc(const struct call *call, int fd);

/*
 * The end of each function: r as it is, or, if it is negative, -1 with errno set, and the line of e in jail_errmsg and
 * in errmsg (may be NULL). An e without text is given one: "FUNCTION: Operation not permitted".
 */
int call_end(const char *function, const struct iovec *errmsg, int r, const struct err *e);

/* -EPERM unless the caller is root, of the machine or of the jail it is in. */
int call_may(struct err *e);

/* ------------------------------------------------------------------ jails */

/*
 * Opens the record of a jail that is alive. prefix: "" or "JAIL.", the jails below which alone are meant. dying: one
 * that is being removed will do. -ENOENT: 'jail "x" not found', 'jail 17 not found', 'no jail after 17'.
 */
struct where {
        const struct store *store;
        const char *prefix;
        bool dying;
};
int find_name(const struct where *where, const char *name, struct record *ret, struct err *e);
int find_jid(const struct where *where, int jid, struct record *ret, struct err *e);
int find_after(const struct where *where, int jid, struct record *ret, struct err *e);

/* JAIL_AT_DESC: the prefix of the names below the descriptor's jail, for free(3). Errors as find_desc(). */
int find_below(const struct store *store, int fd, char **ret, struct err *e);

/* The jail a descriptor stands for. -ENOENT "descriptor to dead jail", -EBADF "not a jail descriptor". */
int find_desc(const struct where *where, int fd, struct record *ret, struct err *e);

#endif
