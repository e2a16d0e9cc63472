/*
 * Capabilities of the calling thread, by the kernel's own calls. Numbers are
 * those of <linux/capability.h>, sets are 64 bits. Everything here is fit for
 * a child of a threaded process: no memory is allocated and no lock is taken.
 */
#ifndef KERN_CAPS_H
#define KERN_CAPS_H

#include <stdint.h>

#include "base/err.h"

#define CAP_BIT(cap) (UINT64_C(1) << (cap))

struct caps {
        uint64_t effective, permitted, inheritable, bounding, ambient;
};

/* What the thread has now. Returns 0 or -errno. */
int caps_get(struct caps *ret, struct err *e);

/*
 * Makes all five sets exactly these, less what the thread does not have itself: a capability that the host lacks is
 * simply not there, and that is no error. Sets the securebits back to the default as well. Needs CAP_SETPCAP where
 * the bounding set shrinks. Order of the rest: a change of user id from 0 comes before it and after
 * prctl(PR_SET_KEEPCAPS), for it clears what was set; a filter is installed before it, while CAP_SYS_ADMIN is there.
 * What capget(2) shows is read back and compared; of the other two each call that changes them has said that it did.
 * Returns 0 or -errno; afterwards only giving up is safe.
 */
int caps_set(const struct caps *want, struct err *e);

/* For a jail: effective, permitted and bounding = caps, inheritable and ambient empty. */
int caps_limit(uint64_t caps, struct err *e);

/* From here on no program gains rights by being executed. */
int caps_no_new_privs(struct err *e);

#endif
