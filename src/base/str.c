#include "str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void str_free_p(char **s)
{
        free(*s);
}

int str_set(char **slot, const char *value)
{
        char *copy = NULL;

        if (value) {
                copy = strdup(value);
                if (!copy)
                        return -ENOMEM;
        }
        free(*slot);
        *slot = copy;
        return 0;
}

static int reserve(struct strbuf *b, size_t more)
{
        size_t want = b->len + more + 1, size = b->size ? b->size : 64;
        char *s;

        if (want <= b->size)
                return 0;
        while (size < want)
                size *= 2;
        s = realloc(b->s, size);
        if (!s)
                return -ENOMEM;
        b->s = s;
        b->size = size;
        return 0;
}

int strbuf_addn(struct strbuf *b, const char *s, size_t n)
{
        if (reserve(b, n) < 0)
                return -ENOMEM;
        memcpy(b->s + b->len, s, n);
        b->len += n;
        b->s[b->len] = '\0';
        return 0;
}

int strbuf_add(struct strbuf *b, const char *s)
{
        return strbuf_addn(b, s, strlen(s));
}

int strbuf_addc(struct strbuf *b, char c)
{
        return strbuf_addn(b, &c, 1);
}

int strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(NULL, 0, fmt, ap);
        va_end(ap);
        if (n < 0 || reserve(b, (size_t)n) < 0)
                return -ENOMEM;
        va_start(ap, fmt);
        vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
        va_end(ap);
        b->len += (size_t)n;
        return 0;
}

void strbuf_free(struct strbuf *b)
{
        free(b->s);
        *b = (struct strbuf){0};
}

int strv_give(struct strv *l, char *s)
{
        char **v;

        if (!s)
                return -ENOMEM;
        /* Grows at powers of two, and keeps a NULL at the end so that v serves as an argv. */
        if (l->n == 0 || ((l->n + 1) & l->n) == 0) {
                v = realloc(l->v, (l->n ? (l->n + 1) * 2 : 4) * sizeof *v);
                if (!v) {
                        free(s);
                        return -ENOMEM;
                }
                l->v = v;
        }
        l->v[l->n++] = s;
        l->v[l->n] = NULL;
        return 0;
}

int strv_push(struct strv *l, const char *s)
{
        return strv_give(l, strdup(s));
}

int strv_pushn(struct strv *l, const char *s, size_t n)
{
        return strv_give(l, strndup(s, n));
}

int strv_extend(struct strv *l, const struct strv *src)
{
        for (size_t i = 0; i < src->n; i++)
                if (strv_push(l, src->v[i]) < 0)
                        return -ENOMEM;
        return 0;
}

int strv_split(struct strv *l, const char *s, const char *seps)
{
        for (;;) {
                size_t n;

                s += strspn(s, seps);
                if (!*s)
                        return 0;
                n = strcspn(s, seps);
                if (strv_pushn(l, s, n) < 0)
                        return -ENOMEM;
                s += n;
        }
}

bool strv_has(const struct strv *l, const char *s)
{
        for (size_t i = 0; i < l->n; i++)
                if (str_eq(l->v[i], s))
                        return true;
        return false;
}

bool strv_eq(const struct strv *a, const struct strv *b)
{
        if (a->n != b->n)
                return false;
        for (size_t i = 0; i < a->n; i++)
                if (!str_eq(a->v[i], b->v[i]))
                        return false;
        return true;
}

void strv_free(struct strv *l)
{
        for (size_t i = 0; i < l->n; i++)
                free(l->v[i]);
        free(l->v);
        *l = (struct strv){0};
}
