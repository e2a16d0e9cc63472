/*
 * FreeBSD's C interface to jails, on Linux: jail_set(2) and its kin, libjail
 * (jail(3)) and jail descriptors, in one header and one library:
 *
 *     cc program.c $(pkg-config --cflags --libs gaol)
 *
 * The pages are jail_set(3), jail_getid(3) and jailparam(3); behind each
 * declaration stands where FreeBSD describes what it does. Where Linux cannot
 * do the same, the pages say so under "Differences from FreeBSD".
 *
 * Errors. Functions that return a number return -1, functions that return a
 * pointer NULL, and set errno; jail_errmsg then has one line that says what was
 * wrong, without a newline, and so has the buffer of an "errmsg" parameter
 * (below). On success both are left alone.
 *
 * Threads. Every function may be called by any thread at any time, all that is
 * kept is kept for the thread. The namespaces, root, directory, credentials and
 * signals of the caller stay as they are, except for jail_attach() and what is
 * said to be like it. Nothing is printed, the program is never ended, no child
 * of the program's is left for it to wait for.
 *
 * Everything here needs the rights of root, jail_get() too: the records of the
 * jails are root's.
 */
#ifndef GAOL_JAIL_H
#define GAOL_JAIL_H

#include <stddef.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Flags; jail(2) says what each means. */
#define JAIL_CREATE     0x01    /* make the jail, which must not be there */
#define JAIL_UPDATE     0x02    /* change the jail, which must be there; both: make it or change it */
#define JAIL_ATTACH     0x04    /* afterwards jail_attach() to it */
#define JAIL_DYING      0x08    /* jail_get: also a jail that is being removed; jail_set: means nothing any more */
#define JAIL_USE_DESC   0x10    /* "desc" is a descriptor: the jail meant is its jail */
#define JAIL_AT_DESC    0x20    /* "desc" is a descriptor: as if called in its jail, so names and jails are those below it */
#define JAIL_GET_DESC   0x40    /* a new descriptor of the jail is put into "desc" */
#define JAIL_OWN_DESC   0x80    /* the same, and with its last copy closed the jail is removed */

/* Values of parameters like "vnet", "host" and "ip4", jail(8). */
#define JAIL_SYS_DISABLE        0
#define JAIL_SYS_NEW            1
#define JAIL_SYS_INHERIT        2

/* ------------------------------------------------- the calls, jail(2) */

/*
 * Makes or changes a jail. iov: pairs of a parameter's name, NUL-terminated, and its value, niov of them counting both;
 * lengths in bytes and with the NUL. The parameters are those of jail(8) that are not its own, and mount, mount.*.
 * Forms of values, jailparam(3):
 *
 *     boolean             no value, length 0; the name itself says it, "persist" or "nopersist"
 *     number, jailsys     int (host.hostid and the amounts of rctl.*: unsigned long)
 *     ip4.addr, ip6.addr  array of struct in_addr, struct in6_addr
 *     string, path        string, NUL-terminated
 *     other lists         one string behind another, each NUL-terminated
 *
 * Besides: "errmsg", a buffer for the line of an error; "desc", an int, with one of the DESC flags.
 * Returns the jid. Nothing of iov is kept. errno: jail(2) "ERRORS".
 */
int jail_set(struct iovec *iov, unsigned int niov, int flags);

/*
 * Reads parameters of one jail into the caller's buffers. The jail is the one of "desc" (JAIL_USE_DESC), or the first
 * with a jid above "lastjid", or that of "jid", if that is not 0, or that of "name". A boolean is read as an int. Each
 * iov_len becomes the length of what was written, or, where iov_base is NULL, of what there would be to write.
 * EINVAL: a buffer is too small (a number's must be its size exactly). ENOENT: no such jail. Returns its jid.
 */
int jail_get(struct iovec *iov, unsigned int niov, int flags);

/*
 * Moves the calling process into a jail for good: its namespaces, root and "/" as directory, rights, filter, limits and
 * control groups; user and group ids stay the same numbers and become the jail's. The process must have one thread
 * (EBUSY) and no open directory (EPERM, as chroot(2) on FreeBSD). EINVAL: no such jail. When the jail is removed the
 * process gets SIGKILL; one open descriptor, of the number 64 or above, is kept for this.
 */
int jail_attach(int jid);

/* Kills every process of the jail, and of the jails below, and removes them. EINVAL: no such jail. */
int jail_remove(int jid);

/*
 * The same for the jail of a descriptor. EINVAL: not a jail's, or its jail is gone. Descriptors come from JAIL_GET_DESC
 * and JAIL_OWN_DESC, are closed by close(2), close-on-exec, and may be sent to other processes. poll(2) finds one
 * readable (POLLIN) when its jail is gone, and POLLHUP where it owns the jail.
 */
int jail_attach_jd(int fd);
int jail_remove_jd(int fd);

/* --------------------------------------------------- libjail, jail(3) */

#define JAIL_ERRMSGLEN  1024

/* The line of this thread's last error. */
extern __thread char jail_errmsg[JAIL_ERRMSGLEN];

/* The jid of a name; a number is looked up as a jid, "0" is 0. */
int jail_getid(const char *name);

/* The name of a jid, for free(3). */
char *jail_getname(int jid);

/*
 * jail_set() and jail_get() with values as text: name, value, name, value, ..., NULL. A value of NULL is no value: a
 * boolean that is true. With jail_getv() each value is a buffer the caller knows to be large enough, that of the key
 * (lastjid, jid not 0, name) holds the key; and so is "desc" with both when a descriptor is asked for, its number in decimal.
 */
int jail_setv(int flags, ...);
int jail_getv(int flags, ...);

/* One parameter and its value in the form of jail_set(). */
struct jailparam {
        char *jp_name;          /* the record's own */
        void *jp_value;         /* NULL: none; the record's own unless JP_RAWVALUE */
        size_t jp_valuelen;     /* bytes */
        size_t jp_elemlen;      /* of an array: bytes of one element; 0: no array */
        int jp_ctltype;         /* JP_INT, JP_ULONG, JP_STRING, JP_STRUCT */
        int jp_structtype;      /* of JP_STRUCT: JPS_* */
        unsigned jp_flags;      /* JP_* */
};

#define JP_RAWVALUE     0x01    /* jp_value is the caller's */
#define JP_BOOL         0x02
#define JP_NOBOOL       0x04    /* a boolean under its "no" name */
#define JP_JAILSYS      0x08
#define JP_RDONLY       0x100   /* nothing may set it (not FreeBSD's, where it is in jp_ctltype) */

#define JP_INT          2
#define JP_STRING       3
#define JP_STRUCT       5
#define JP_ULONG        8
#define JPS_IN_ADDR     1       /* struct in_addr */
#define JPS_IN6_ADDR    2       /* struct in6_addr */
#define JPS_STRINGS     3       /* strings, one behind another (not FreeBSD's) */

/* All parameters that can be read: how many. *jpp is for jailparam_free() and then free(3). */
int jailparam_all(struct jailparam **jpp);

/* Clears a record and gives it a name and type. jailparam_free(). ENOENT: "unknown parameter: NAME". */
int jailparam_init(struct jailparam *jp, const char *name);

/* Gives it a value, converted from text: numbers in decimal, lists with commas. EINVAL says what is wrong. NULL: none. */
int jailparam_import(struct jailparam *jp, const char *value);

/* Gives it a value as it is, which stays the caller's and must stay there. jailparam_get() writes into it. */
int jailparam_import_raw(struct jailparam *jp, void *value, size_t valuelen);

/* jail_set() with a list of records. */
int jailparam_set(struct jailparam *jp, unsigned njp, int flags);

/* jail_get() with a list of records, one of which, the key, has a value; the others get theirs. */
int jailparam_get(struct jailparam *jp, unsigned njp, int flags);

/* The value as text, "" if there is none, for free(3). */
char *jailparam_export(struct jailparam *jp);

/* Frees what records have; not the array itself. */
void jailparam_free(struct jailparam *jp, unsigned njp);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
