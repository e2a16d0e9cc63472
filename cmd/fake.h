/*
 * A library of jails without jails, for the tests of the front ends: it has the
 * functions they use and answers from tables. A test may change the tables.
 */
#ifndef FAKE_H
#define FAKE_H

#include <gaol/engine.h>

#define FAKE_VALUES 4

struct fake_value {
        const char *param;
        const char *values[FAKE_VALUES];        /* to the first NULL */
};

/* What is not among its values is false, new, 0, the empty string or the empty list. */
struct fake_jail {
        int jid;
        const char *name;
        const struct fake_value *values;        /* to the first without a name */
};

struct fake {
        const struct fake_jail *jails;
        size_t n_jails;
        int open_error, list_error;             /* errno values */

        /* jail_exec(): what it shall do, and what it was asked to; strings are joined by '|'. */
        int exec_status;                        /* as of waitpid(2) */
        char exec[512];
};

extern struct fake fake;

/* The host without jails. */
void fake_reset(void);

#endif
