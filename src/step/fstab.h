/* Lines of fstab(5) as mount and mount.fstab take them, jail(8) "MOUNTS". */
#ifndef STEP_FSTAB_H
#define STEP_FSTAB_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/mnt.h"

#define FSTAB_MAX (1 << 20)    /* bytes of a file of lines */

struct fstab {
        char *source, *target, *type;
        uint64_t set;
        bool noidmap;
        struct mnt_opt opts[16];
        size_t n_opts;
};

/* Takes a line apart, in place: *ret points into it. Returns 0 or -errno. */
int fstab_parse(char *line, struct fstab *ret, struct err *e);

/* The type as Linux calls it, FreeBSD's names translated; "bind" is a tree of the host. */
const char *fstab_linux_type(const char *type);

#endif
