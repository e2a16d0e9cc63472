/*
 * passwd(5) and group(5) files read as text. No NSS: a static program has none,
 * and a library chosen by a jail's nsswitch.conf must never run outside of it.
 */
#ifndef BASE_PASSWD_H
#define BASE_PASSWD_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define PASSWD_GROUPS_MAX 64

struct user {
        char *name, *home, *shell;
        uid_t uid;
        gid_t gid;
        gid_t groups[PASSWD_GROUPS_MAX];        /* supplementary ones, gid among them */
        size_t n_groups;
};

/*
 * Finds a user by name in the text of a passwd file, with its groups from the text of a group file (may be NULL).
 * Lines that are not well-formed are passed over; an id that is not a whole number is never guessed. Nobody has a name of
 * digits: who says a number must not get whatever id a line of the jail's gives to that name. -ENOENT: not there
 * ("user NAME: no such user"). The result is for user_finish().
 */
int passwd_find(const char *passwd, const char *group, const char *name, struct user *ret, struct err *e);
/* The same by number. */
int passwd_find_uid(const char *passwd, const char *group, uid_t uid, struct user *ret, struct err *e);
void user_finish(struct user *u);

#endif
