#include "passwd.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "num.h"
#include "str.h"

/* Splits one line at ':' into exactly n fields, in place. */
static bool fields(char *line, char **ret, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                char *colon = strchr(line, ':');

                ret[i] = line;
                if (i + 1 == n)
                        return colon == NULL;
                if (!colon)
                        return false;
                *colon = '\0';
                line = colon + 1;
        }
        return false;
}

/* Copies the next line of *text into *slot and steps past it. false at the end. */
static bool next_line(const char **text, char **slot)
{
        size_t n = strcspn(*text, "\n");

        free(*slot);
        *slot = NULL;
        if (!**text)
                return false;
        *slot = strndup(*text, n);
        *text += n + ((*text)[n] == '\n');
        return *slot != NULL;
}

static bool id(const char *text, uint32_t *ret)
{
        uint64_t v;

        /* (uid_t)-1 is "no change" to setresuid(2), so it is nobody's id */
        if (num_u64(text, &v) < 0 || v >= UINT32_MAX)
                return false;
        *ret = (uint32_t)v;
        return true;
}

static void read_groups(const char *text, struct user *u)
{
        autostr line = NULL;
        char *f[4], *save, *member;

        while (next_line(&text, &line)) {
                gid_t gid;

                if (!fields(line, f, COUNT(f)) || !id(f[2], &gid))
                        continue;
                for (member = strtok_r(f[3], ",", &save); member; member = strtok_r(NULL, ",", &save))
                        if (str_eq(member, u->name) && u->n_groups < PASSWD_GROUPS_MAX && gid != u->gid)
                                u->groups[u->n_groups++] = gid;
        }
}

void user_finish(struct user *u)
{
        free(u->name);
        free(u->home);
        free(u->shell);
        *u = (struct user){0};
}

static int find(const char *passwd, const char *group, const char *name, uid_t uid, struct user *ret, struct err *e)
{
        autostr line = NULL;
        char *f[7];

        while (next_line(&passwd, &line)) {
                struct user u = {0};

                if (!fields(line, f, COUNT(f)) || !id(f[2], &u.uid) || !id(f[3], &u.gid))
                        continue;
                if (name ? !str_eq(f[0], name) : u.uid != uid)
                        continue;
                if (str_set(&u.name, f[0]) < 0 || str_set(&u.home, f[5]) < 0 || str_set(&u.shell, f[6]) < 0) {
                        user_finish(&u);
                        return err_nomem(e);
                }
                u.groups[u.n_groups++] = u.gid;
                if (group)
                        read_groups(group, &u);
                *ret = u;
                return 0;
        }
        return name ? err_set(e, ENOENT, "user %s: no such user", name)
                    : err_set(e, ENOENT, "uid %u: no such user", (unsigned)uid);
}

int passwd_find(const char *passwd, const char *group, const char *name, struct user *ret, struct err *e)
{
        if (!name[strspn(name, "0123456789")])
                return err_set(e, ENOENT, "user %s: no such user", name);
        return find(passwd, group, name, 0, ret, e);
}

int passwd_find_uid(const char *passwd, const char *group, uid_t uid, struct user *ret, struct err *e)
{
        return find(passwd, group, NULL, uid, ret, e);
}
