#include "conf/expand.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <sys/stat.h>

/* A '[' nobody closes is itself, as for glob(3). */
static bool is_pattern(const char *s, size_t len)
{
        for (size_t i = 0; i < len; i++) {
                if (s[i] == '\\' && i + 1 < len)
                        i++;
                else if (s[i] == '*' || s[i] == '?' || (s[i] == '[' && memchr(s + i, ']', len - i)))
                        return true;
        }
        return false;
}

bool expand_is_pattern(const char *path)
{
        while (*path) {
                size_t len = strcspn(path, "/");

                if (is_pattern(path, len))
                        return true;
                path += len + (path[len] == '/');
        }
        return false;
}

/* A component that is no pattern, without its backslashes. */
static int add_plain(struct strbuf *b, const char *s, size_t len)
{
        for (size_t i = 0; i < len; i++) {
                if (s[i] == '\\' && i + 1 < len)
                        i++;
                if (strbuf_addc(b, s[i]) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int expand(const struct strbuf *dir, const char *rest, struct strv *ret, struct err *e);

/* Goes on below dir/name; slashes is how many stand behind the name in the pattern. */
static int descend(const struct strbuf *dir, const char *name, size_t slashes, const char *rest,
                   struct strv *ret, struct err *e)
{
        autobuf path = {0};

        if (strbuf_addn(&path, dir->s, dir->len) < 0 || strbuf_add(&path, name) < 0)
                return err_nomem(e);
        for (size_t i = 0; i < slashes; i++)
                if (strbuf_addc(&path, '/') < 0)
                        return err_nomem(e);
        return expand(&path, rest, ret, e);
}

static int expand_dir(const struct strbuf *dir, const char *component, size_t slashes, const char *rest,
                      struct strv *ret, struct err *e)
{
        DIR *d = opendir(dir->len ? dir->s : ".");
        struct dirent *entry;
        int r = 0;

        if (!d) {
                if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
                        return err_sys(e, "%s%s", dir->s, component);
                return 0;
        }
        while (r == 0 && (entry = readdir(d)))
                if (fnmatch(component, entry->d_name, FNM_PERIOD) == 0)
                        r = descend(dir, entry->d_name, slashes, rest, ret, e);
        closedir(d);
        return r;
}

/* dir: what has been made out, "" or with its slash at the end; rest: the components to come. */
static int expand(const struct strbuf *dir, const char *rest, struct strv *ret, struct err *e)
{
        size_t len = strcspn(rest, "/"), slashes = strspn(rest + len, "/");
        autobuf component = {0};
        struct stat st;

        if (!*rest) {
                if (lstat(dir->s, &st) == 0 && strv_push(ret, dir->s) < 0)
                        return err_nomem(e);
                return 0;
        }
        if (strbuf_addn(&component, "", 0) < 0)
                return err_nomem(e);
        if (is_pattern(rest, len)) {
                if (strbuf_addn(&component, rest, len) < 0)
                        return err_nomem(e);
                return expand_dir(dir, component.s, slashes, rest + len + slashes, ret, e);
        }
        if (add_plain(&component, rest, len) < 0)
                return err_nomem(e);
        return descend(dir, component.s, slashes, rest + len + slashes, ret, e);
}

static int by_bytes(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

int expand_pattern(const char *dir, const char *pattern, struct strv *ret, struct err *e)
{
        autobuf start = {0};
        size_t had = ret->n;
        int r;

        if (strbuf_add(&start, dir) < 0)
                return err_nomem(e);
        r = expand(&start, pattern, ret, e);
        if (r == 0 && ret->n > had)
                qsort(ret->v + had, ret->n - had, sizeof *ret->v, by_bytes);
        return r;
}
