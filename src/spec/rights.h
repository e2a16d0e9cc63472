/*
 * What allow.* (and vnet, children.max) comes to on Linux: the capabilities of
 * the jail's root and the doors in its system call filter. Only arithmetic on
 * the spec; kern/caps.h and kern/seccomp.h carry it out.
 */
#ifndef SPEC_RIGHTS_H
#define SPEC_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec.h"

/* The bits of kern/seccomp.h, which this room may not see; step/rights_test.c holds the two together. */
enum {
        RIGHT_MOUNT = 1 << 0,
        RIGHT_NS = 1 << 1,
        RIGHT_SOCKET_AF = 1 << 2,
        RIGHT_PACKET = 1 << 3,
        RIGHT_SOCKETCALL = 1 << 4,
        RIGHT_HOSTNAME = 1 << 5,
        RIGHT_TIME = 1 << 6,
        RIGHT_QUOTA = 1 << 7,
        RIGHT_MSGBUF = 1 << 8,
        RIGHT_DEBUG = 1 << 9,
        RIGHT_SYSVMSG = 1 << 10,
        RIGHT_SYSVSEM = 1 << 11,
        RIGHT_SYSVSHM = 1 << 12,
        RIGHT_SYSV_ALL = 1 << 13,       /* with all three: i386 has one call for them */
};

struct rights {
        uint64_t caps;          /* for caps_limit() */
        unsigned classes;       /* for seccomp_install() */
        bool no_new_privs;
};

/*
 * The i-th parameter that is set and of which something cannot be had, in the order of the table: *ret_why says what,
 * without naming it. Where the row has needs, only on a machine without that file. NULL when there is no i-th.
 */
const struct param *rights_lacking(const struct jail_spec *s, size_t i, const char **ret_why);

/* spec: validated. Cannot fail. */
void rights_of(const struct jail_spec *s, struct rights *ret);

#endif
