/*
 * The forms in which the C interface passes values, jailparam(3), to and from
 * the text the parameter table understands. Knows rows and bytes, no jails.
 */
#ifndef JAIL_NATIVE_H
#define JAIL_NATIVE_H

#include "spec/spec.h"

enum native_form {
        NATIVE_FLAG,            /* nothing: the name says it; read as an int */
        NATIVE_INT,             /* int */
        NATIVE_JAILSYS,         /* int, JAIL_SYS_* */
        NATIVE_ULONG,           /* unsigned long */
        NATIVE_STRING,          /* NUL-terminated */
        NATIVE_STRINGS,         /* any number of them, one behind another */
        NATIVE_IN_ADDR,         /* array of struct in_addr */
        NATIVE_IN6_ADDR,        /* array of struct in6_addr */
};

enum native_form native_form(const struct param *p);

/* Bytes of one value, or of one element of an array of addresses; 0: of any length. */
size_t native_size(enum native_form form);

/* May the parameter be given to jail_set(): a property of the jail, or a mount in it? */
bool native_settable(const struct param *p);

/*
 * A value as passed to jail_set(): to text, one string for each value, none for a flag. -EINVAL: wrong size, no NUL at
 * the end, a jailsys that is none. Errors name the parameter. Returns 0 or -errno.
 */
int native_read(const struct param *p, const void *value, size_t len, struct strv *ret, struct err *e);

/* The other way: the bytes for a buffer of jail_get(). no: the parameter was asked for by its "no" name. 0 or -ENOMEM. */
int native_write(const struct param *p, const struct strv *values, bool no, struct strbuf *ret);

/*
 * Text as it is given to jailparam_import(): as passed to jail_set(), or a flag as an int. Lists of addresses and those
 * that jail(8) splits are split at commas; "" and "-" are empty lists. Errors as jail(8) words them. 0 or -errno.
 */
int native_import(const char *name, const struct param *p, const char *text, struct strbuf *ret, struct err *e);

/* And back, with commas between the elements of a list. 0 or -ENOMEM. */
int native_export(const struct param *p, const void *value, size_t len, struct strbuf *ret);

#endif
