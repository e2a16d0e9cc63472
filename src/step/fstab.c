#include "fstab.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

static const struct {
        const char *word;
        uint64_t set, clear;
} mount_words[] = {
        { "rw", 0, MOUNT_ATTR_RDONLY }, { "ro", MOUNT_ATTR_RDONLY, 0 }, { "rq", 0, 0 }, { "defaults", 0, 0 },
        { "nosuid", MOUNT_ATTR_NOSUID, 0 }, { "suid", 0, MOUNT_ATTR_NOSUID },
        { "nodev", MOUNT_ATTR_NODEV, 0 }, { "noexec", MOUNT_ATTR_NOEXEC, 0 }, { "exec", 0, MOUNT_ATTR_NOEXEC },
        { "noatime", MOUNT_ATTR_NOATIME, 0 }, { "nodiratime", MOUNT_ATTR_NODIRATIME, 0 },
        { "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0 }, { "noauto", 0, 0 }, { "late", 0, 0 }, { "bind", 0, 0 },
        { "rbind", 0, 0 }, { "noidmap", 0, 0 },
};

/* vis(3) as fstab(5) uses it: \040 for a blank. */
static bool unvis(char *s)
{
        char *out = s;

        while (*s) {
                if (*s != '\\') {
                        *out++ = *s++;
                        continue;
                }
                if (s[1] < '0' || s[1] > '3' || s[2] < '0' || s[2] > '7' || s[3] < '0' || s[3] > '7')
                        return false;
                *out++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
                s += 4;
        }
        *out = '\0';
        return true;
}

int fstab_parse(char *line, struct fstab *ret, struct err *e)
{
        char *save, *options, *word, *next;

        *ret = (struct fstab){ .source = strtok_r(line, " \t\n", &save) };
        ret->target = strtok_r(NULL, " \t\n", &save);
        ret->type = strtok_r(NULL, " \t\n", &save);
        options = strtok_r(NULL, " \t\n", &save);
        if (!ret->type)
                return err_set(e, EINVAL, "missing information");
        if (!unvis(ret->source) || !unvis(ret->target))
                return err_set(e, EINVAL, "fstab parse error");
        if (ret->target[0] != '/')
                return err_set(e, EINVAL, "%s: not an absolute pathname", ret->target);
        ret->set = MOUNT_ATTR_NODEV;
        for (word = options ? strtok_r(options, ",", &next) : NULL; word; word = strtok_r(NULL, ",", &next)) {
                char *value = strchr(word, '=');
                size_t i;

                for (i = 0; i < COUNT(mount_words) && !str_eq(mount_words[i].word, word); i++)
                        ;
                if (i < COUNT(mount_words)) {
                        ret->set = (ret->set | mount_words[i].set) & ~mount_words[i].clear;
                        ret->noidmap |= str_eq(word, "noidmap");
                        continue;
                }
                if (ret->n_opts == COUNT(ret->opts))
                        return err_code(e, E2BIG, "%s", ret->target);
                if (value)
                        *value++ = '\0';
                ret->opts[ret->n_opts++] = (struct mnt_opt){ .key = word, .value = value, .fd = -1 };
        }
        return 0;
}

/* FreeBSD's names for what Linux has under another. */
const char *fstab_linux_type(const char *type)
{
        static const struct {
                const char *freebsd, *linux_name;
        } names[] = {
                { "linprocfs", "proc" }, { "procfs", "proc" }, { "linsysfs", "sysfs" }, { "nullfs", "bind" },
                { "none", "bind" },
        };

        for (size_t i = 0; i < COUNT(names); i++)
                if (str_eq(type, names[i].freebsd))
                        return names[i].linux_name;
        return type;
}
